"""The consent text, versioned: what is shown, hashed and stored are the same words.

Change a word below and you change what people agree to: give it a new VERSION.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

VERSION = "2026-11-23"


@dataclass(frozen=True)
class Section:
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ConsentText:
    version: str
    language: str
    sections: tuple[Section, ...]
    statement: str

    @cached_property
    def words(self) -> str:
        """The exact words, as plain text: headings, paragraphs and the sentence beside the box."""
        parts = [line for section in self.sections for line in (section.heading, *section.paragraphs)]
        return "\n\n".join([*parts, self.statement])

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest()


def consent_text(*, device: str, manufacturer: str) -> ConsentText:
    """Write the consent text for one device in the active language. `device`: its plain name, e.g. "Electric car"."""
    company = settings.CONTROLLER_NAME or _("your energy company")
    names = {"device": device, "manufacturer": manufacturer, "company": company}
    sections = (
        Section(_("Which device"), (_("%(device)s, %(manufacturer)s.") % names,)),
        Section(
            _("What is accessed"),
            (
                _("The readings and the status of this device, as %(manufacturer)s makes them available.") % names,
                _("The details that you entered here, to find the right device."),
            ),
        ),
        Section(
            _("What is not"),
            (
                _("Never your password: if %(manufacturer)s asks for it, you enter it on their own page.") % names,
                _("Nothing about other devices or other people."),
            ),
        ),
        Section(
            _("Why, and for whom"),
            (
                _("For the energy service that you have with %(company)s.") % names,
                _("The re.alto platform makes the connection and passes the data on to %(company)s.") % names,
            ),
        ),
        Section(
            _("How to stop"),
            (
                _("At any time, free of charge and without giving a reason: tell %(company)s.") % names,
                _("From then on nothing new is read. What happened before stays lawful."),
            ),
        ),
    )
    statement = _("I agree that this device is connected and that its data is used as described here.")
    return ConsentText(VERSION, get_language() or "en", sections, statement)
