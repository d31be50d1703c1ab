"""What we know about types and attributes: plain names, help texts, and who needs what.

Pure. Names are the platform's own (`vin`, `properties.flow`); an unknown one gets a plain label derived from
it, so that nothing the platform adds can break a page. Drawings and icons are files in `static/img/`.
"""

import re
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from onboarding.lib.folding import searchable

from .help_words import AttributeHelp, Drawing, TypeHelp
from .shipped_makers import MAKERS
from .shipped_meters import METERS


def help_for(type: str, manufacturer: str, name: str) -> AttributeHelp:
    """Return the most specific help: of type, manufacturer and name; of type and name; of the name."""
    kind = type.strip()
    for key in ((kind, _maker(manufacturer), name), (kind, "", name), ("", "", name)):
        if key in _HELP:
            return _HELP[key]
    return AttributeHelp(plain_name(name))


def missing_words(name: str) -> str:
    """Return what to say when an attribute was left empty, whatever it is of; nothing where nothing is known."""
    return str(help_for("", "", name).missing)


def written(type: str, manufacturer: str, name: str, value: str) -> str:
    """Write a value as the customer chose or typed it."""
    return str(dict(help_for(type, manufacturer, name).choices).get(value, value))


def type_help(type: str) -> TypeHelp:
    """Return how to speak of a type; an unknown one keeps its own name, in plain writing."""
    return TYPE_HELP.get(type.strip()) or TypeHelp(plain_name(type))


def default_attributes(type: str, manufacturer: str) -> tuple[tuple[str, bool], ...]:
    """Return (name, is required) of what to ask when the types endpoint gives no list at all."""
    kind = type.strip()
    by_type = _NEEDED_BY_TYPE.get(kind, (("reference", False),))
    return _NEEDED.get((kind, _maker(manufacturer)), by_type)


def plain_name(name: str) -> str:
    """Write a name of the platform's in plain words: "properties.gridOperatorId" is "Grid operator id"."""
    last = name.rstrip(".").rpartition(".")[2]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", last)
    words = re.sub(r"[\W_]+", " ", spaced).split()
    text = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def same_maker(one: str, other: str) -> bool:
    """Tell whether two names are of one manufacturer: "re.alto P1 dongle" and "re.alto" are."""
    return _maker(one) == _maker(other)


def _maker(manufacturer: str) -> str:
    """Fold a maker's name into a key: "re.alto P1 dongle" and "re.alto" are the same."""
    return searchable(manufacturer).removesuffix("dongle").removesuffix("p1")


# Not the address of a page, which such codes often are.
_ANY_CODE = r"^\s*(?!https?:|www\.)(\S(?:.{0,98}\S)?)\s*$"
# Some begin with an I, which no VIN has.
_VIN_CODE = r"(?:^|[^A-Z0-9]|I)([A-HJ-NPR-Z0-9]{17})(?![A-Z0-9])"
_PAIRING_CODE = r"(?:^|[^0-9])([0-9]{6})(?![0-9])"

_VIN = AttributeHelp(
    label=_("Vehicle identification number (VIN)"),
    missing=_("Enter the VIN."),
    hint=_("17 letters and digits. Spaces, dashes and small letters are fine."),
    example="XY1AB23C45D678901",  # as on the drawing; of no maker that there is,
    where=_("The car's app often shows it too, among the details of the car."),
    drawing=Drawing(
        "find-vin.svg",
        292,
        (
            _("Behind the windscreen, at the bottom on the driver's side"),
            _("On a sticker in the frame of the driver's door"),
            _("On the registration certificate, next to the letter E"),
        ),
    ),
    autocapitalize="characters",
    max_length=40,
    scan=_VIN_CODE,
)
_CODE = AttributeHelp(
    label=_("Code of your device"),
    missing=_("Enter the code."),
    hint=_("Capital and small letters count. Spaces are fine."),
    where=_("On the sticker of the device, on its box, or in the letter or app that came with it."),
    drawing=Drawing("find-code.svg", 220),
    max_length=100,
    scan=_ANY_CODE,
)
_DONGLE_CODE = replace(
    _CODE,
    label=_("Code of your dongle"),
    missing=_("Enter the code of the dongle."),
    where=_("Printed on the sticker of the dongle, the small device that is plugged into your meter."),
)
_REFERENCE = AttributeHelp(
    label=_("Reference of your device"),
    missing=_("Enter the reference."),
    hint=_("The number or name under which {manufacturer} knows your device."),
    where=_("On the type plate of the device, in the {manufacturer} app, or on your invoice."),
    drawing=Drawing("find-reference.svg", 212),
    scan=_ANY_CODE,
)
_SERIAL = replace(
    _REFERENCE,
    label=_("Serial number"),
    missing=_("Enter the serial number."),
    hint=_("Often marked S/N. Type it as it is printed."),
    where=_("On the type plate or sticker of the device, or in the {manufacturer} app."),
)
_EMAIL = AttributeHelp(
    label=_("E-mail address of your account"),
    missing=_("Enter the e-mail address."),
    hint=_("The one with which you sign in at {manufacturer}."),
    example="name@example.org",
    where=_("In the {manufacturer} app or portal, under your profile or settings."),
    input_mode="email",
    autocomplete="email",
    max_length=320,
)

# (type, manufacturer as `_maker` writes it, name); an empty text stands for any.
_HELP: dict[tuple[str, str, str], AttributeHelp] = {
    **MAKERS,
    **METERS,
    ("", "", "vin"): _VIN,
    ("", "", "code"): _CODE,
    ("RetrofitMeter", "realto", "code"): _DONGLE_CODE,
    ("SmartMeter", "realto", "code"): _DONGLE_CODE,
    ("RetrofitMeter", "xenn", "code"): replace(
        _CODE,
        label=_("Pairing code"),
        missing=_("Enter the pairing code."),
        hint=_("6 digits. Spaces are fine."),
        example="123456",
        where=_("On the sticker of the reader, or on the card that came with it."),
        input_mode="numeric",
        max_length=20,
        scan=_PAIRING_CODE,
    ),
    ("", "", "reference"): _REFERENCE,
    ("Battery", "", "reference"): _SERIAL,
    ("Boiler", "", "reference"): _SERIAL,
    ("ChargePole", "", "reference"): _SERIAL,
    ("HeatPump", "", "reference"): _SERIAL,
    ("PV", "sma", "reference"): replace(
        _REFERENCE,
        label=_("Plant id"),
        missing=_("Enter the plant id."),
        hint=_("The number of your plant in the SMA portal."),
        where=_(
            "Sign in to the SMA portal in a browser and open your plant. The id is part of the address in "
            "the bar at the top of the browser; the page itself does not show it."
        ),
        scan="",
    ),
    ("RetrofitMeter", "xenn", "reference"): replace(
        _REFERENCE,
        label=_("Serial number"),
        missing=_("Enter the serial number."),
        hint=_("The letter P and digits. Spaces at the ends are fine."),
        example="P1000000000",
        where=_("On the sticker of the reader that was added to your meter for gas or electricity."),
        autocapitalize="characters",
    ),
    ("", "", "email"): _EMAIL,
    ("PV", "sma", "email"): replace(
        _EMAIL,
        label=_("E-mail address of the plant's owner"),
        hint=_("SMA sends a message to this address and asks for approval."),
        where=_("In the SMA portal, with the plant's owner. It is the address that the owner signs in with."),
    ),
    ("", "", "uuid"): AttributeHelp(
        label=_("Device identifier"),
        missing=_("Enter the device identifier."),
        hint=_("Type it as you see it there, with dashes if it has any."),
        where=_("In the {manufacturer} app or portal, in the details or settings of your device."),
    ),
    ("", "", "model"): AttributeHelp(
        label=_("Model"),
        missing=_("Enter the model."),
        hint=_("As {manufacturer} calls it."),
        where=_("On the type plate of the device, in its manual, or on your invoice."),
        autocapitalize="words",
    ),
    ("", "", "track"): AttributeHelp(
        label=_("What {manufacturer} calls “track”"),
        hint=_("A short text that you were given for your device. Enter it as it was written."),
        where=_("In a message from {manufacturer}, your installer or your energy company. If you have none, ask them."),
    ),
    ("SmartMeter", "fluvius", "properties.flow"): AttributeHelp(
        label=_("Do you use this meter privately or for a business?"),
        missing=_("Choose one of the answers."),
        hint=_("Choose what your contract with the energy company says."),
        choices=(("B2C", _("Privately")), ("B2B", _("For a business"))),
    ),
}

Needed = tuple[tuple[str, bool], ...]
_NEEDED_BY_TYPE: dict[str, Needed] = {"EV": (("vin", True),), "SmartMeter": (("ean", True),)}
_NEEDED: dict[tuple[str, str], Needed] = {
    ("PV", "huawei"): (),
    ("PV", "sma"): (("reference", True), ("email", True)),
    ("SmartMeter", "fluvius"): (("ean", True), ("properties.flow", True)),
    ("RetrofitMeter", "xenn"): (("reference", True), ("code", True)),
    ("RetrofitMeter", "realto"): (("code", True),),
    ("SmartMeter", "realto"): (("code", True),),
}

# In the order in which people are asked: what most have first.
TYPE_HELP = {
    "EV": TypeHelp(_("Electric car"), _("Fully electric or hybrid."), "ev"),
    "PV": TypeHelp(_("Solar panels"), _("The panels on your roof and their inverter."), "pv"),
    "SmartMeter": TypeHelp(
        _("Smart meter"), _("The digital meter of your grid operator, for electricity or gas."), "smartmeter"
    ),
    "RetrofitMeter": TypeHelp(
        _("Meter with a reader"), _("A meter, often for gas, to which a small reader was added."), "retrofitmeter"
    ),
    "Battery": TypeHelp(_("Home battery"), _("Stores your own electricity for later."), "battery"),
    "ChargePole": TypeHelp(_("Charging point"), _("Charges your car at home or at work."), "chargepole"),
    "HeatPump": TypeHelp(_("Heat pump"), _("Heats or cools your home with electricity."), "heatpump"),
    "Boiler": TypeHelp(_("Boiler"), _("Heats your water with electricity."), "boiler"),
}
