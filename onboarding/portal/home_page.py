"""What "My devices" shows: each device of this browser, how it is, and the one thing to do for it, if there is any."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import type_help
from onboarding.catalogue.help_words import TypeHelp
from onboarding.consent import texts
from onboarding.consent.models import Consent
from onboarding.devices.health_words import HealthWords, Makers, device_of, health_words, makers_of
from onboarding.lib.masks import mask
from onboarding.lib.moments import full_day, on_day
from onboarding.lib.sealed_fields import readable
from onboarding.mail.renewal import what_ends
from onboarding.request import lifecycle
from onboarding.request.ending import Ends
from onboarding.request.family import was_connected
from onboarding.request.lifecycle import Actor, State
from onboarding.request.models import OnboardingRequest
from onboarding.request.work_queues import MAY_TRY_AGAIN
from onboarding.status.view import show_status

from .device_page import reconnect_url
from .renewal_page import near_end

# What a record needs to be asked again about.
OF_RECORDS = ("request_id", "kind", "at", "text_id", "version", "type", "manufacturer", "language")
# Who must act, the most urgent first.
ORDER = (Actor.CUSTOMER, Actor.US, Actor.MANUFACTURER, Actor.NOBODY)


@dataclass(frozen=True)
class Errand:
    """What its owner can do for a device now."""

    words: str
    url: str


@dataclass(frozen=True)
class DeviceCard:
    device: TypeHelp
    manufacturer: str
    url: str
    state: str
    tone: str
    actor: Actor = Actor.NOBODY
    lines: tuple[str, ...] = ()
    errand: Errand | None = None
    number: str = ""


def home_context(mine: QuerySet[OnboardingRequest], most: int) -> dict[str, Any]:
    """Collect the devices, those that need somebody first; unfinished drafts and ended ones apart. In three queries."""
    rows = _current(list(listed(mine)[:most]))
    devices = [row for row in rows if not (row.state == State.DRAFT or _is_over(row))]
    makers, records = makers_of(row for row in devices if device_of(row)), _newest_records(devices)
    twins = _twins(rows)
    cards = [_told_apart(_device_card(row, makers, records.get(row.pk)), row, twins) for row in devices]
    return {
        "title": _("My devices"),
        "devices": sorted(cards, key=lambda card: ORDER.index(card.actor)),
        "drafts": [_told_apart(_draft_card(row), row, twins) for row in rows if row.state == State.DRAFT],
        "ended": [_told_apart(_ended_card(row), row, twins) for row in rows if _is_over(row)],
        "has_any": bool(rows),
    }


def newest(mine: QuerySet[OnboardingRequest], most: int) -> list[OnboardingRequest]:
    """Read the first of a list, each device once: a try that follows another stands for both."""
    return _current(list(listed(mine)[: 2 * most]))[:most]


def listed(mine: QuerySet[OnboardingRequest]) -> QuerySet[OnboardingRequest]:
    """Leave out what nobody has begun to answer, and what another connection replaced; what ended comes last."""
    shown = mine.exclude(type="").exclude(ended_as="replaced").select_related("device")
    return shown.order_by(F("withdrawn_at").desc(nulls_first=True), "-updated_at")


def state_of(request: OnboardingRequest) -> str:
    """Say in a few words how a request is, for lists that are about more than that."""
    if request.state == State.DRAFT:
        return _("Not finished yet")
    device = device_of(request)
    return health_words(device, {}).state if device else show_status(request, []).headline


def _current(rows: Sequence[OnboardingRequest]) -> list[OnboardingRequest]:
    """Leave out what is tried again: its next try says how it goes; and tries to connect anew that are long past."""
    tried = {row.retry_of_id for row in rows if _is_next_try(row)}
    return [row for row in rows if row.pk not in tried and not _came_to_nothing(row)]


def _came_to_nothing(row: OnboardingRequest) -> bool:
    """Tell whether a reconnection is over that never took the place of the device before it, which is listed."""
    return row.is_reconnection and _is_over(row) and not was_connected(row)


def _is_next_try(row: OnboardingRequest) -> bool:
    """A reconnection that came to nothing leaves the device before it as it was."""
    return not row.is_reconnection or not (row.withdrawn_at or State(row.state) in lifecycle.WENT_WRONG)


def _is_over(row: OnboardingRequest) -> bool:
    """What went wrong lately is its owner's turn; after some days they do not want to try again."""
    has_failed = State(row.state) in lifecycle.WENT_WRONG
    is_old = has_failed and (row.finished_at is None or timezone.now() - row.finished_at > MAY_TRY_AGAIN)
    return is_old or row.withdrawn_at is not None


def _twins(rows: Iterable[OnboardingRequest]) -> set[tuple[str, str]]:
    """Return the types and manufacturers of which there are several: their names alone do not tell them apart."""
    return {kind for kind, count in Counter((row.type, row.manufacturer) for row in rows).items() if count > 1}


def _told_apart(card: DeviceCard, row: OnboardingRequest, twins: Collection[tuple[str, str]]) -> DeviceCard:
    """Say of one of several that are alike how its number ends."""
    if (row.type, row.manufacturer) not in twins:
        return card
    answers = readable(row, "attributes", {})
    number = next((value for name, value in answers.items() if value and "." not in name), "")
    end = mask(number).lstrip("•")
    return replace(card, number=_("Its number ends in %(end)s.") % {"end": end}) if end else card


def _newest_records(rows: Sequence[OnboardingRequest]) -> dict[int, Consent]:
    of_these = Consent.objects.filter(request__in=[row.pk for row in rows]) if rows else Consent.objects.none()
    return {record.request_id: record for record in of_these.only(*OF_RECORDS).order_by("pk")}


def _device_card(row: OnboardingRequest, makers: Makers, newest: Consent | None) -> DeviceCard:
    device = device_of(row)
    if row.state == State.CONNECTED and device:
        return _connected_card(row, health_words(device, makers), newest)
    shown = show_status(row, [])
    errand = _errand_under_way(row)
    tone = "attention" if errand else "waiting"
    return _card(row, "status", state=shown.headline, tone=tone, actor=shown.actor, errand=errand)


def _connected_card(row: OnboardingRequest, health: HealthWords, newest: Consent | None) -> DeviceCard:
    renewal = _renewal_words(row, newest)
    errand = None
    if health.is_up_to_customer:
        errand = Errand(_("Connect it again"), reconnect_url(row))
    elif renewal:  # its page leads through whatever it is that ends
        errand = Errand(_("Keep it connected"), reverse("onboarding:renew", args=[row.reference]))
    return _card(
        row,
        "device",
        state=health.state,
        tone=health.tone,
        actor=Actor.CUSTOMER if errand else health.actor,
        lines=(health.sentence, renewal or _consent_words(row)),
        errand=errand,
    )


def _errand_under_way(row: OnboardingRequest) -> Errand | None:
    status = reverse("onboarding:status", args=[row.reference])
    if row.shown_actor != Actor.CUSTOMER:
        return None
    match State(row.state):
        case State.FOLLOWING:
            return Errand(_("Allow the step"), status)
        case State.REJECTED:
            return Errand(_("Correct it"), row.get_absolute_url())
        case _:
            return Errand(_("See what you can do"), status)


def _renewal_words(row: OnboardingRequest, newest: Consent | None) -> str:
    """Say what its owner is asked to renew; nothing, when there is nothing yet."""
    if end := near_end(row):
        return what_ends(end, row.manufacturer)
    if newest and newest.is_standing and texts.is_asked_again(newest):
        return _("The text that you agreed to has changed.")
    return ""


def _consent_words(row: OnboardingRequest) -> str:
    end = row.coming_end
    if end is None:
        return _("Consent until you stop it.")
    told = {"date": full_day(end.at), "manufacturer": row.manufacturer}
    if end.of == Ends.MANDATE:
        return _("Allowed at %(manufacturer)s until %(date)s.") % told
    return _("Consent until %(date)s.") % told


def _draft_card(row: OnboardingRequest) -> DeviceCard:
    errand = Errand(_("Continue"), row.get_absolute_url())
    return _card(row, "resume", state="", tone="waiting", errand=errand)


def _ended_card(row: OnboardingRequest) -> DeviceCard:
    page = "device" if row.consented_at else "status"
    return _card(row, page, state=_ended_words(row), tone="over")


def _ended_words(row: OnboardingRequest) -> str:
    """Say where a connection ended, and when."""
    if row.withdrawn_at is None:
        return show_status(row, []).headline
    told = {"date": on_day(row.withdrawn_at), "manufacturer": row.manufacturer}
    match row.ended_as:
        case "expired":
            return _("Ended on %(date)s: its time was over") % told
        case "elsewhere":
            return _("Ended on %(date)s, at %(manufacturer)s") % told
        case "timed-out":
            return _("Ended on %(date)s: not allowed in time") % told
        case _:
            return _("Ended on %(date)s, by you") % told


def _card(row: OnboardingRequest, page: str, *, state: str, tone: str, **more: Any) -> DeviceCard:
    url = reverse(f"onboarding:{page}", args=[row.reference])
    return DeviceCard(type_help(row.type), row.manufacturer, url, state, tone, **more)
