"""How the desk says where a request stands: its state as a chip, and whose turn it is since when."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue.help_texts import type_help
from onboarding.request.lifecycle import Actor
from onboarding.request.models import OnboardingRequest

TURNS = {
    Actor.CUSTOMER: gettext_lazy("the customer's"),
    Actor.MANUFACTURER: gettext_lazy("the manufacturer's"),
    Actor.US: gettext_lazy("ours"),
    Actor.NOBODY: gettext_lazy("nobody's: it is over"),
}


def state_chip(request: OnboardingRequest) -> SafeString:
    """Show the state in words, with a colour that adds nothing to them."""
    return format_html('<span class="chip chip--{}">{}</span>', request.state, request.get_state_display())


def device_name(request: OnboardingRequest) -> str:
    """Name the device as its owner knows it, as far as it is chosen."""
    kind = str(type_help(request.type).name) if request.type else ""
    return ", ".join(filter(None, (kind, request.manufacturer)))


def whose_turn(request: OnboardingRequest) -> str:
    said = _("Whose turn: %(turn)s, for %(time)s")
    if request.is_final:
        is_theirs = request.actor == Actor.CUSTOMER
        said = _("Over for %(time)s; the customer may try again") if is_theirs else _("Over for %(time)s")
    return said % {"turn": TURNS[request.actor], "time": timesince(request.turn_since, timezone.now(), depth=1)}
