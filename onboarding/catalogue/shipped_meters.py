"""How the number of a connection to the grid is asked for, and where people find it in each country. Pure."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from .help_words import AttributeHelp, Drawing

_BILL = _("On your bill for electricity or gas")
_WEBSITE = _("On the website of your grid operator, when you are signed in")

# A code of GS1 says 8018 before the number.
_EAN_CODE = r"(?:^|[^0-9]|8018)([0-9]{18})(?![0-9])"

_EAN = AttributeHelp(
    label=_("EAN code of your connection"),
    missing=_("Enter the EAN."),
    hint=_("18 digits. Spaces and dashes are fine."),
    where=_("Electricity and gas each have their own: take the one of the meter that you want to connect."),
    drawing=Drawing("find-ean.svg", 308, (_BILL, _WEBSITE)),
    input_mode="numeric",
    max_length=40,
    scan=_EAN_CODE,
)
# Only Belgian meters show it.
_BELGIAN = replace(
    _EAN,
    example="541448820000000008",
    drawing=Drawing(
        "find-ean-belgium.svg",
        308,
        (_BILL, _("On the display of a digital meter: press its button until 18 digits appear"), _WEBSITE),
    ),
)
_DUTCH = replace(
    _EAN,
    example="871685900000000004",
    where=_(
        "Electricity and gas each have their own: take the one of the meter that you want to connect. On "
        "www.eancodeboek.nl you can look it up by your address."
    ),
)
_BELGIAN_OPERATORS = ("aieg", "aiesh", "ores", "resa", "rew", "sibelga")
_DUTCH_OPERATORS = ("coteq", "enexis", "liander", "rendo", "stedin", "westlandinfra")

METERS = {
    ("", "", "ean"): _EAN,
    **{("SmartMeter", operator, "ean"): _BELGIAN for operator in _BELGIAN_OPERATORS},
    **{("SmartMeter", operator, "ean"): _DUTCH for operator in _DUTCH_OPERATORS},
    ("SmartMeter", "fluvius", "ean"): replace(
        _BELGIAN,
        where=_(
            "Electricity and gas each have their own: take the one of the meter that you want to connect. The website "
            "is Mijn Fluvius, where the meter must already be linked to your account."
        ),
    ),
}
