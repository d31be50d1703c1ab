"""The rows of the table of magic inputs that are about what comes after the connection. Counts are those of `lives`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sandbox.magic_input import MagicInput

LIFE_INPUTS: tuple[MagicInput, ...] = (
    MagicInput(
        "0900",
        _("Never any data"),
        _("Is connected, and no reading ever comes."),
        life="without-data",
    ),
    MagicInput(
        "0901",
        _("Quiet for ever"),
        _("Readings come until ten steps after the connection, and then no more."),
        life="quiet",
    ),
    MagicInput(
        "0902",
        _("Quiet for a while"),
        _("No readings come from ten to forty steps after the connection; then they go on by themselves."),
        life="quiet-for-a-while",
    ),
    MagicInput(
        "0903",
        _("Gone after a while"),
        _("Ten steps after the connection the entity is not found any more: 404."),
        life="gone",
    ),
    MagicInput(
        "0904",
        _("Revoked elsewhere"),
        _("Ten steps after the connection the entity may not be read any more: 403. It can still be offboarded."),
        life="revoked",
    ),
    MagicInput(
        "0905",
        _("Slips that pass"),
        _("Every third call about the entity is answered by 404; the next one finds it."),
        life="slipping",
    ),
    MagicInput(
        "0906",
        _("Mandate that ends soon"),
        _("Its properties say validUntil: twenty steps after the connection. No readings come after that."),
        life="short-mandate",
    ),
    MagicInput(
        "0907",
        _("Mandate that ends in 45 days"),
        _("Its properties say validUntil: 45 days after the connection. No readings come after that."),
        life="mandate",
    ),
    MagicInput(
        "0908",
        _("Same entity again"),
        _("However often the device is onboarded, it is the same entity, with the same id."),
        keeps_entity=True,
    ),
    MagicInput(
        "0909",
        _("Quiet until it is connected again"),
        _(
            "Waits for an answer on the manufacturer's page. Readings stop ten steps after the connection; "
            "onboard the device again meanwhile, and those of the new entity go on."
        ),
        behaviour="redirect",
        life="quiet",
        flows_anew=True,
    ),
)
