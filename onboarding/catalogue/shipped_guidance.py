"""What somebody must do at a manufacturer or grid operator, and how long things usually take, in plain words. Pure.

`%(manufacturer)s` stands for its name. The most particular entry wins: type and manufacturer, then type, then all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Guidance:
    """One step for a person: the headline, what to do there, and how long it takes."""

    headline: StrOrPromise
    sentence: StrOrPromise
    duration: StrOrPromise = ""


_REDIRECT = Guidance(
    _("One step for you at %(manufacturer)s"),
    _("Sign in there and allow the connection. Afterwards you come back here by yourself."),
    _("It takes about two minutes."),
)
_CONSENT = Guidance(
    _("Please say yes to %(manufacturer)s"),
    _("They ask you to approve the connection: look in their app or in your e-mail."),
    _("This page moves on by itself once you have."),
)
_OTHER = Guidance(
    _("One step for you at %(manufacturer)s"),
    _("Please follow the link below and do what it asks."),
    _("This page moves on by itself."),
)

ACTIONS = {
    # What it takes, a point on each line. Nothing, where nobody knows of anything.
    ("Before", "", ""): Guidance("", ""),
    ("Before", "EV", ""): Guidance(
        "",
        _(
            "You have an account in the %(manufacturer)s app, with this car in it.\n"
            "You are the car's main user there.\n"
            "Nobody else is signed in at %(manufacturer)s in this browser."
        ),
    ),
    ("Before", "PV", "Huawei"): Guidance(
        "",
        _(
            "You have the FusionSolar account of the plant's owner, not the installer's.\n"
            "Nobody else is signed in at FusionSolar in this browser."
        ),
    ),
    ("Before", "PV", "SMA"): Guidance(
        "", _("The plant's owner can read their e-mail: SMA writes to them, and waits until they approve.")
    ),
    ("Before", "SmartMeter", "Fluvius"): Guidance(
        "", _("You have a Mijn Fluvius account to which this meter is linked.\nYou have your eID or itsme at hand.")
    ),
    ("Redirect", "", ""): _REDIRECT,
    ("Redirect", "EV", ""): Guidance(
        _REDIRECT.headline,
        _(
            "Sign in with the account that you use in the %(manufacturer)s app, and allow the connection. Afterwards "
            "you come back here by yourself."
        ),
        _REDIRECT.duration,
    ),
    ("Redirect", "PV", "Huawei"): Guidance(
        _("One step for you at FusionSolar"),
        _(
            "Sign in with the FusionSolar account of the plant's owner, choose the plant, and allow the connection. "
            "Afterwards you come back here by yourself."
        ),
        _("It takes about three minutes."),
    ),
    ("Redirect", "SmartMeter", "Fluvius"): Guidance(
        _("One step for you at Mijn Fluvius"),
        _(
            "Sign in and allow access to your meter's readings. The meter has to be linked to your Mijn Fluvius "
            "account already. Afterwards you come back here by yourself."
        ),
        _("It takes about five minutes; keep your eID or itsme at hand."),
    ),
    ("Consent", "", ""): _CONSENT,
    ("Consent", "PV", "SMA"): Guidance(
        _("Look for an e-mail from SMA"),
        _(
            "SMA writes to the owner of the plant, at the address that was entered. Open that e-mail and approve the "
            "request. If it is not there, look in your spam folder."
        ),
        _("The e-mail usually comes within a few minutes. This page moves on by itself once it is approved."),
    ),
}

WAITS = {
    "": _("This can take from a minute to a few days."),
    "EV": _("This usually takes a few minutes. The car may have to be within reach of its network."),
    "PV": _("This usually takes a few minutes."),
    "SmartMeter": _("This can take until tomorrow: the grid operator works through requests in turn."),
    "RetrofitMeter": _("This usually takes a few minutes. Your reader has to be online."),
}


def action_guidance(action: str, type: str, manufacturer: str) -> Guidance:
    """Say what the platform's action asks of a person; an unknown kind of action asks to follow its link."""
    kind = type.strip()
    for key in ((action, kind, manufacturer.strip()), (action, kind, ""), (action, "", "")):
        if key in ACTIONS:
            return ACTIONS[key]
    return _OTHER


def usual_wait(type: str) -> StrOrPromise:
    """Say how long the manufacturer usually takes when nobody has to do anything."""
    return WAITS.get(type.strip(), WAITS[""])
