"""How the desk says where a request stands: its state as a chip, and whose turn it is since when."""

from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.devices.models import Device
from onboarding.request.lifecycle import Actor, Progress, State
from onboarding.request.masking import LABELS
from onboarding.request.models import STATE_LABELS, OnboardingRequest

from .silence import silent_device, who_cares_for
from .timeline_words import TROUBLES

TURNS = {
    Actor.CUSTOMER: gettext_lazy("the customer's"),
    Actor.MANUFACTURER: gettext_lazy("the manufacturer's"),
    Actor.US: gettext_lazy("ours"),
    Actor.NOBODY: gettext_lazy("nobody's: it is over"),
}
# The customer's answers that are no attribute.
ANSWERS = {"type": gettext_lazy("type"), "manufacturer": gettext_lazy("manufacturer")}
# What is over without its owner having taken the consent back.
ENDED = {
    "expired": gettext_lazy("Disconnected, its time was over"),
    "elsewhere": gettext_lazy("Disconnected, ended elsewhere"),
    "timed-out": gettext_lazy("Not allowed in time"),
    "replaced": gettext_lazy("Replaced by a new connection"),
}
STANDS = {
    Progress.PENDING: gettext_lazy("Pending"),
    Progress.ACTIVE: gettext_lazy("In progress"),
    Progress.DONE: gettext_lazy("Done"),
    Progress.FAILED: gettext_lazy("Did not work"),
}


def state_chip(request: OnboardingRequest) -> SafeString:
    """Show the state in words, with a colour that adds nothing to them."""
    return format_html('<span class="chip chip--{}">{}</span>', request.state, state_words(request))


def state_words(request: OnboardingRequest) -> str:
    """Say the state of a request; of what is over, also how it ended: not everybody took their consent back."""
    ended = ENDED.get(request.ended_as) if request.state == State.WITHDRAWN else None
    return str(ended or request.get_state_display())


def device_name(request: OnboardingRequest) -> str:
    """Name the device as its owner knows it, as far as it is chosen."""
    kind = str(type_help(request.type).name) if request.type else ""
    return ", ".join(filter(None, (kind, request.manufacturer)))


def whose_turn(request: OnboardingRequest) -> str:
    said = _("Whose turn: %(turn)s, for %(time)s")
    if device := silent_device(request):
        return said % _turn_of(device)
    if request.is_final:
        is_theirs = request.actor == Actor.CUSTOMER
        said = _("Over for %(time)s; the customer may try again") if is_theirs else _("Over for %(time)s")
    return said % {"turn": TURNS[request.actor], "time": timesince(request.turn_since, timezone.now(), depth=1)}


def whose(request: OnboardingRequest) -> Actor:
    """Return who must act, as `whose_turn` says it."""
    device = silent_device(request)
    return who_cares_for(device) if device else request.actor


def turn_and_wait(request: OnboardingRequest) -> str:
    """Say in a list whose turn it is, and for how long it has been."""
    if device := silent_device(request):
        return _("%(turn)s, for %(time)s") % _turn_of(device)
    said = _("over for %(time)s") if request.is_final else _("%(turn)s, for %(time)s")
    return said % {"turn": TURNS[request.actor], "time": timesince(request.turn_since, timezone.now(), depth=1)}


def _turn_of(device: Device) -> dict[str, object]:
    time = timesince(device.health_since, timezone.now(), depth=1)
    return {"turn": TURNS[who_cares_for(device)], "time": time}


def obstacle(request: OnboardingRequest) -> str:
    """Say why a request waits for us, or that no data comes, or else what went wrong with the last call for it."""
    device = silent_device(request)
    silence = device.get_health_display() if device else ""
    return str(request.get_needs_staff_display() or silence or TROUBLES.get(request.trouble, request.trouble))


def question_label(name: str, request: OnboardingRequest | None) -> str:
    """Name an answer as customers know it, and anything else that is masked by our own words."""
    if name in ANSWERS:
        return str(ANSWERS[name])
    if name in LABELS:
        return str(LABELS[name])
    kind, maker = (request.type, request.manufacturer) if request else ("", "")
    return str(help_for(kind, maker, name).label)


def request_of(row: Model | None) -> OnboardingRequest | None:
    """Return the request that a row is, or belongs to."""
    return row if isinstance(row, OnboardingRequest) else getattr(row, "request", None)


def state_label(state: str) -> str:
    return str({known.value: label for known, label in STATE_LABELS.items()}.get(state, state))


def language_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
