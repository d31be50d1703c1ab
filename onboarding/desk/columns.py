"""What the desk calls the columns of our tables, in the languages of the portal.

Django makes a name out of the code's word where a column has none, and that is English everywhere. The words stand here
and not in the models: customers never read them, and one table of words is easier to keep alike.
"""

from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# By the name of the column, or "model.column" where one of them means something else.
COLUMNS: dict[str, "StrOrPromise"] = {
    "act": _("what they did"),
    "action_type": _("what it asks for"),
    "actor": _("who"),
    "after": pgettext_lazy("the list of devices", "after"),
    "announced_at": _("told on"),
    "asks_again": _("asks again"),
    "at": _("when"),
    "attempt": _("attempt"),
    "attempted_at": _("last sent"),
    "attributes_sha256": _("SHA-256 of the answers"),
    "away_since": _("away since"),
    "before": pgettext_lazy("the list of devices", "before"),
    "by": _("colleague"),
    "channel": _("how they agreed"),
    "checked_at": _("last checked"),
    "consented_at": _("agreed on"),
    "controller": _("company"),
    "controller_contact": _("contact of the company"),
    "created_at": _("begun on"),
    "invitation.created_at": _("invited on"),
    "webhookdelivery.created_at": _("made on"),
    "wish.created_at": _("asked for on"),
    "delivered_at": _("delivered on"),
    "webhookdelivery.endpoint": _("endpoint"),
    "webhookdelivery.ended": _("why it was given up"),
    "delivery_id": _("id of the webhook"),
    "devices": pgettext_lazy("of a manufacturer", "devices"),
    "due_at": _("next turn"),
    "entity_id": _("id of the entity"),
    "erased_at": _("erased on"),
    "expires_at": _("ends on"),
    "failures": _("failures in a row"),
    "fetched_at": _("fetched on"),
    "first_data_seconds": _("first data"),
    "finished_at": _("over since"),
    "flowing": pgettext_lazy("devices", "data flows"),
    "gave_up_at": _("given up on"),
    "gone": pgettext_lazy("devices", "not found"),
    "hour": _("hour"),
    "kind": _("kind"),
    "language": _("language"),
    "lease_expires_at": _("with a worker until"),
    "lost_threads": _("threads that hung"),
    "manufacturer": _("manufacturer"),
    "measured_at": _("counted on"),
    "name": _("name"),
    "event.name": _("name of the event"),
    "needs_staff": _("reason"),
    "next_call_at": _("next call"),
    "next_probe_at": _("next try"),
    "opened_at": _("opened on"),
    "others": _("how many more"),
    "platform_id": _("the platform's id"),
    "position": _("step"),
    "previous_sha256": _("SHA-256 of the record before"),
    "published_at": _("published on"),
    "published_by": _("published by"),
    "queued_at": _("queued on"),
    "quiet": pgettext_lazy("devices", "no data any more"),
    "record_id": _("id of the record"),
    "record_sha256": _("SHA-256 of the record"),
    "request": _("request"),
    "schema": _("form of the record"),
    "scope": _("counted by"),
    "seconds": _("seconds"),
    "seen_at": _("seen on"),
    "sent_at": _("sent on"),
    "sha256": _("SHA-256 of the words"),
    "silent_since": _("silent since"),
    "started_at": _("started on"),
    "state": _("state"),
    "status": _("the platform's status"),
    "webhookattempt.status": _("HTTP status"),
    "mail.step": _("reminder"),
    "thread_lost_at": _("last hung"),
    "times": _("how often"),
    "trouble": _("trouble"),
    "type": _("type"),
    "transaction.type": _("the platform's word"),
    "updated_at": _("changed on"),
    "usual_silence_seconds": _("usual silence"),
    "valid_days": _("days that it holds"),
    "version": _("version"),
    "words": _("words"),
}


def name_columns() -> None:
    """Give every column of ours its words, unless its model has named it."""
    for model in apps.get_app_config("onboarding").get_models():
        for field in model._meta.local_fields:
            words = COLUMNS.get(f"{model._meta.model_name}.{field.name}") or COLUMNS.get(field.name)
            is_unnamed = field.verbose_name == field.name.replace("_", " ")
            if words and is_unnamed:
                field.verbose_name = words  # and not what migrations compare
