"""What somebody must do at a manufacturer or grid operator, what helps when it failed, and how long things take. Pure.

In plain words; `%(manufacturer)s` stands for its name. The most particular entry wins: type and manufacturer, then
type, then all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from .causes import Cause

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

ACTIONS: dict[tuple[str, str, str], Guidance] = {
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

# A failure needs no duration.
FAILURES: dict[tuple[str, str, str], Guidance] = {
    (Cause.DENIED, "", ""): Guidance(
        _("The connection was not allowed"),
        _(
            "%(manufacturer)s tells us that somebody said no there. Nothing is connected. If that is not what you "
            "wanted, try again with the same answers and allow it."
        ),
    ),
    (Cause.EXPIRED, "", ""): Guidance(
        _("The step at %(manufacturer)s was not finished in time"),
        _("That happens, and nothing is lost. Try again with the same answers, and finish the step there."),
    ),
    (Cause.EXPIRED, "PV", "SMA"): Guidance(
        _("Nobody approved the e-mail from SMA in time"),
        _(
            "SMA writes to the owner of the plant. Try again with the same answers, and open that e-mail when it "
            "comes. If it is not there, look in your spam folder."
        ),
    ),
    (Cause.TAKEN, "", ""): Guidance(
        _("This device is connected already"),
        _(
            "Somebody connected it before: perhaps you, at another energy company, or its owner before you. That "
            "connection has to end first. If you do not know about one, ask us for help."
        ),
    ),
    (Cause.UNSUPPORTED, "", ""): Guidance(
        _("%(manufacturer)s cannot connect this device"),
        _(
            "This model may be too old for it, or need a subscription at %(manufacturer)s. Ask them, and try again "
            "when that has changed."
        ),
    ),
    (Cause.ACCOUNT, "", ""): Guidance(
        _("Your account at %(manufacturer)s did not work"),
        _(
            "Sign in on their own site or in their app first, and see whether it asks you for something: new terms, a "
            "new password, or to confirm that you are the main user. Then try again."
        ),
    ),
    (Cause.UNREACHABLE, "", ""): Guidance(
        _("%(manufacturer)s could not reach your device"),
        _("Check in their app that it is switched on and online. Then try again with the same answers."),
    ),
    (Cause.UNREACHABLE, "EV", ""): Guidance(
        _("%(manufacturer)s could not reach your car"),
        _(
            "Park it where your phone has reception, and wake it up: open it, or open the %(manufacturer)s app. Then "
            "try again with the same answers."
        ),
    ),
    (Cause.UNREACHABLE, "PV", ""): Guidance(
        _("%(manufacturer)s could not reach your inverter"),
        _(
            "Check in their app that it is online. Many inverters sleep in the dark: then try again by day, with the "
            "same answers."
        ),
    ),
    (Cause.UNREACHABLE, "RetrofitMeter", ""): Guidance(
        _("%(manufacturer)s could not reach your reader"),
        _("Check that it has power, and that it is connected to the internet. Then try again with the same answers."),
    ),
    (Cause.UNKNOWN, "", ""): Guidance(
        _("%(manufacturer)s does not know this device"),
        _(
            "Compare what you entered with what stands on your device, and check that it is in your account at "
            "%(manufacturer)s. Then correct it and try again."
        ),
    ),
    (Cause.UNKNOWN, "PV", "Huawei"): Guidance(
        _("FusionSolar does not show your plant"),
        _(
            "Sign in there with the account of the plant's owner: that of an installer is not enough. If you have "
            "none, ask your installer to make you the owner. Then try again."
        ),
    ),
    (Cause.UNKNOWN, "PV", "SMA"): Guidance(
        _("SMA does not know this plant"),
        _(
            "Compare the plant id with the one in the address of the SMA portal, and the e-mail address with that of "
            "the plant's owner there. Then correct it and try again."
        ),
    ),
    (Cause.UNKNOWN, "EV", ""): Guidance(
        _("%(manufacturer)s does not know this car"),
        _(
            "Compare the number with your registration certificate, and check that the car is in your "
            "%(manufacturer)s account. Then correct it and try again."
        ),
    ),
    (Cause.UNKNOWN, "SmartMeter", ""): Guidance(
        _("%(manufacturer)s does not know this meter"),
        _("Compare the number with the one on your bill. Then correct it and try again."),
    ),
    (Cause.UNKNOWN, "SmartMeter", "Fluvius"): Guidance(
        _("Fluvius does not find this meter"),
        _(
            "Compare the number with the one on your bill, and link the meter to your Mijn Fluvius account if it is "
            "not there. Then try again."
        ),
    ),
    (Cause.AWAY, "", ""): Guidance(
        _("%(manufacturer)s had a problem"),
        _("Their service did not work at that moment. It is nothing that you did. Try again in an hour, or tomorrow."),
    ),
    (Cause.OTHER, "", ""): Guidance(
        _("This did not work"),
        _(
            "Your device could not be connected, and we do not know why. Try again with the same answers. If that does "
            "not work either, ask us for help."
        ),
    ),
}

_ALL = ACTIONS | FAILURES

WAITS = {
    "": _("This can take from a minute to a few days."),
    "EV": _("This usually takes a few minutes."),
    "PV": _("This usually takes a few minutes."),
    "SmartMeter": _("This can take until tomorrow: the grid operator works through requests in turn."),
    "RetrofitMeter": _("This usually takes a few minutes."),
}
# After how many days a permission ends at a manufacturer's, where the platform does not say so. Likely.
MANDATES = {("SmartMeter", "fluvius"): 365}
# What may hold it up, however long it usually takes.
NEEDS = {
    "EV": _("The car may have to be within reach of its network."),
    "RetrofitMeter": _("Your reader has to be online."),
}


def action_guidance(action: str, type: str, manufacturer: str) -> Guidance:
    """Say what the platform's action asks of a person, or, for a `Cause`, what helps when it failed.

    An unknown kind of action asks to follow its link.
    """
    kind = type.strip()
    for key in ((action, kind, manufacturer.strip()), (action, kind, ""), (action, "", "")):
        if key in _ALL:
            return _ALL[key]
    return _OTHER


def usual_wait(type: str) -> str:
    """Say how long the manufacturer usually takes when nobody has to do anything, and what may hold it up."""
    return f"{WAITS.get(type.strip(), WAITS[''])} {needs(type)}".strip()


def needs(type: str) -> str:
    """Say what may hold a connection up; nothing where nothing is known to."""
    return str(NEEDS.get(type.strip(), ""))


def mandate_days(type: str, manufacturer: str) -> int:
    """Say after how many days a permission ends at a manufacturer's; 0 where it is not known to end."""
    return MANDATES.get((type.strip(), manufacturer.strip().casefold()), 0)
