"""The built-in roles: groups of staff, and what each may do. `docs/roles.md` has the same as a table for people.

They are given out by `migrate`, once: what a deployment changes in its groups afterwards stays as it is.
"""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, transaction

_VIEWER = (
    *("view_onboardingrequest", "view_transaction", "view_event", "view_consent", "view_consenttext", "view_mail"),
    *("view_cataloguesnapshot", "view_cataloguechange", "view_helptext", "view_actiontext", "view_brand"),
    *("view_platformhealth", "view_plannedoffer", "view_plannednote", "view_wish", "view_demand"),
    *("view_ratelimittally", "view_cspreport", "view_strayonboarding", "view_makerhealth", "view_campaign"),
)
_WEBHOOKS = ("view_webhookdelivery", "view_webhookattempt")
_AGENT = (
    *_VIEWER,
    *("reveal_identifiers", "check_now", "resume", "resend_mail", "reassign_email", "mark_handled", "add_note"),
    *("make_entry_link", "assist_onboardingrequest", "view_bulkjob"),
)
_SUPERVISOR = (
    *_AGENT,
    *_WEBHOOKS,
    *("withdraw_onboardingrequest", "erase_identifiers", "export_evidence", "export_figures", "change_catalogue"),
    *("add_consenttext", "change_consenttext", "delete_consenttext", "publish_consenttext"),
    "run_campaign",
    *("add_plannedoffer", "change_plannedoffer", "delete_plannedoffer", "replay_webhookdelivery"),
    *("add_plannednote", "change_plannednote", "delete_plannednote"),
    *("add_helptext", "change_helptext", "delete_helptext", "change_brand"),
    *("add_actiontext", "change_actiontext", "delete_actiontext", "view_departure", "view_erasure"),
)
_AUDITOR = (
    *_VIEWER,
    *_WEBHOOKS,
    *("view_bulkjob", "view_disclosure", "view_staffsignin", "view_departure", "view_erasure", "verify_consent"),
)

# The codenames of the app's permissions, by the name of the group.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "viewer": _VIEWER,
    "agent": _AGENT,
    "supervisor": _SUPERVISOR,
    "auditor": _AUDITOR,
}
ROLES = tuple(PERMISSIONS)


def give_out(app_config: AppConfig, *, using: str = DEFAULT_DB_ALIAS, apps: Apps = installed, **options: Any) -> None:
    """Make the app's missing permissions, and give each to its roles; the roles themselves the first time.

    A permission is given in the transaction that makes it, and never again. So this has to run before Django makes
    the permissions, and what staff took from a group, or a group that they deleted, does not come back.
    """
    try:
        permissions = apps.get_model("auth", "Permission").objects.using(using)
    except LookupError:  # `migrate` was told to stop before that table, or to take it away
        return
    ours = permissions.filter(content_type__app_label=app_config.label)
    with transaction.atomic(using):
        known = set(ours.values_list("codename", flat=True))
        create_permissions(app_config, using=using, apps=apps, **options)
        made = {permission.codename: permission for permission in ours.exclude(codename__in=known)}
        groups = apps.get_model("auth", "Group").objects.using(using)
        for name, codenames in PERMISSIONS.items():
            group = groups.filter(name=name).first() if known else _make_group(groups, name)
            if group:
                group.permissions.add(*(made[codename] for codename in codenames if codename in made))


def _make_group(groups: Any, name: str) -> Any:
    """Returns the group, or None when somebody made one with that name before us: it is theirs."""
    group, is_new = groups.get_or_create(name=name)
    return group if is_new else None
