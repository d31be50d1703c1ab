"""What the page of a device and its neighbours show."""

from dataclasses import dataclass, replace
from typing import Any

import segno
from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import type_help
from onboarding.consent import acts, texts
from onboarding.consent.models import Consent
from onboarding.consent.receipts import labelled, moment, title_of
from onboarding.consent.records import ConsentAct
from onboarding.devices.health_words import HealthWords, device_of, health_words, makers_of
from onboarding.lib.moments import full_day
from onboarding.request import family, lifecycle
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.status.view import show_status

from . import renewal_page

OWNER_SALT = "onboarding.owner-step"
OWNER_LINK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class ListedReceipt:
    title: str
    moment: str
    url: str


def act_of_stopping() -> ConsentAct:
    return ConsentAct(str(acts.READ_STOPPING) % {"button": _("Stop and disconnect")})


def overview_context(request: OnboardingRequest, mine: QuerySet[OnboardingRequest]) -> dict[str, Any]:
    """Collect what runs, what was agreed to, and what can be done about it. `mine`: what this browser may see."""
    return (
        _about(request)
        | health_context(request)
        | renewal_page.notice_context(request)
        | {
            "title": f"{type_help(request.type).name}, {request.manufacturer}",
            "status": show_status(request, []),
            "facts": _facts(request),
            "names": {texts.controller(), *request.attributes.values()},
            "receipts": [_listed(record) for record in _records(request, mine)],
        }
    )


def health_context(request: OnboardingRequest) -> dict[str, Any]:
    """Say how a connected device is, and how to connect it again: where it is its owner's turn, or is done just now."""
    health = health_of(request)
    newer = family.under_way(request) if health else None
    return {
        "health": _meanwhile(health, newer) if health and newer else health,
        "is_under_way": newer is not None,
        "reconnect_url": reconnect_url(request) if health and (newer or health.is_up_to_customer) else "",
    }


def health_of(request: OnboardingRequest) -> HealthWords | None:
    """Say how the device of a request is; None before it was connected, and when it is over."""
    device = device_of(request)
    return health_words(device, makers_of([request])) if device else None


def _meanwhile(health: HealthWords, newer: OnboardingRequest) -> HealthWords:
    """Say of a device what its owner knows to be happening: nobody is asked to begin it once more."""
    begun = _("It is being connected again")
    words = (f"{begun}.", _("Until the new connection works, the present one stays as it is."))
    if not health.is_silent:
        return replace(health, sentence=" ".join((health.sentence, *words)))
    shown = show_status(newer, [])
    return replace(health, sentence=" ".join(words), actor=shown.actor, turn=shown.actor_words)


def _records(request: OnboardingRequest, mine: QuerySet[OnboardingRequest]) -> QuerySet[Consent]:
    """List what was agreed to for a device, the newest first: also before it was connected anew."""
    rows = mine.filter(pk__in=family.family_of(request.pk)) if request.is_reconnection else [request]
    records = Consent.objects.filter(request__in=rows).exclude(kind=Consent.Kind.REPLACED)
    return records.select_related("request").order_by("-pk")


def reconnect_url(request: OnboardingRequest) -> str:
    """Return the page that connects a device anew."""
    return reverse("onboarding:reconnect", args=[request.reference])


def stop_context(request: OnboardingRequest) -> dict[str, Any]:
    is_running = request.state == State.CONNECTED or request.is_reconnection
    return _about(request) | {"title": _("Stop this connection?"), "is_running": is_running}


def send_step_context(request: OnboardingRequest) -> dict[str, Any]:
    token = signing.dumps(request.reference, salt=OWNER_SALT)
    url = settings.PUBLIC_URL + reverse("onboarding:owner_step", args=[token])
    return _about(request) | {
        "title": _("Send this step to somebody"),
        "url": url,
        "share_text": _allow_words(request),
        "code": segno.make(url, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff"),
    }


def find_by_owner_token(token: str) -> OnboardingRequest | None:
    """Return the request whose step a link shows; None for a link that is made up or too old."""
    try:
        reference = signing.loads(token, salt=OWNER_SALT, max_age=OWNER_LINK_SECONDS)
    except signing.BadSignature:
        return None
    return OnboardingRequest.objects.filter(reference=reference).first()


def owner_step_context(request: OnboardingRequest, token: str) -> dict[str, Any]:
    shown = show_status(request, [])
    return {
        "title": _allow_words(request),
        "device": type_help(request.type),
        "manufacturer": request.manufacturer,
        "company": settings.CONTROLLER_NAME,
        "status": shown,
        "is_open": request.has_action and request.state == State.FOLLOWING,
        "is_done": lifecycle.is_final(State(request.state)) or request.withdrawn_at,
        "url": reverse("onboarding:owner_step", args=[token]),
        "version": request.shown_version,
    }


def _allow_words(request: OnboardingRequest) -> str:
    return _("Allow a connection at %(manufacturer)s") % {"manufacturer": request.manufacturer}


def _about(request: OnboardingRequest) -> dict[str, Any]:
    return {
        "request_row": request,
        "device": type_help(request.type),
        "back_url": reverse("onboarding:device", args=[request.reference]),
        "status_url": reverse("onboarding:status", args=[request.reference]),
    }


def _facts(request: OnboardingRequest) -> list[tuple[str, str]]:
    facts = labelled(request)
    if request.state == State.CONNECTED and request.finished_at:
        facts.append((_("Connected since"), full_day(request.finished_at)))
    if request.withdrawn_at:
        facts.append((_("Consent ended"), full_day(request.withdrawn_at)))
    elif request.consent_ends_at:
        facts.append((_("Consent ends on"), full_day(request.consent_ends_at)))
    if request.mandate_ends_at and not request.withdrawn_at:
        words = _("Permission at %(manufacturer)s ends on") % {"manufacturer": request.manufacturer}
        facts.append((words, full_day(request.mandate_ends_at)))
    facts.append((_("For whom"), texts.controller()))
    return facts


def _listed(record: Consent) -> ListedReceipt:
    url = reverse("onboarding:receipt", args=[record.request.reference, record.record_id])
    return ListedReceipt(title_of(record), moment(record), url)
