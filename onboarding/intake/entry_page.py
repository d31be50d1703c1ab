"""What the page of a company's link shows."""

from typing import Any

from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import type_help
from onboarding.catalogue.help_words import TypeHelp
from onboarding.catalogue.shipped_help import written
from onboarding.lib.languages import PARAMETER
from onboarding.lib.masks import mask

from . import entry_links
from .entry_links import Fitted, Link


def entry_context(link: Link, fitted: Fitted) -> dict[str, Any]:
    """Collect what the page of a company's link shows: what it fills in, and for whom."""
    kind, maker = fitted.answers.get("type", ""), fitted.answers.get("manufacturer", "")
    device = type_help(kind) if kind else None
    shown = {**fitted.answers} | ({"type": str(device.name)} if device else {})
    facts = [(entry_links.label(kind, maker, name), written(kind, maker, name, value)) for name, value in shown.items()]
    if link.origin.contact_email:
        facts.append((_("We write to"), mask(link.origin.contact_email)))
    if host := entry_links.return_host(link.origin.return_address):
        facts.append((_("Afterwards"), _("Back to %(host)s") % {"host": host}))
    repeated = {name: value for name, value in link.typed.items() if name in fitted.given}
    said = {entry_links.TOKEN: link.token, PARAMETER: link.language}
    return {
        "title": _title(device, maker),
        "device": device,
        "facts": facts,
        "names": set(fitted.answers.values()),
        "dropped": dropped_words(fitted) if fitted.dropped else "",
        "values": repeated | {name: value for name, value in said.items() if value},
    }


def dropped_words(fitted: Fitted) -> str:
    words = _("Some of what the link fills in does not fit here, so we left it out: %(names)s.")
    return words % {"names": ", ".join(fitted.dropped)}


def _title(device: TypeHelp | None, maker: str) -> str:
    if device is None:
        return _("Connect your device")
    name = f"{device.name}, {maker}" if maker else str(device.name)
    return _("Connect: %(device)s") % {"device": name}
