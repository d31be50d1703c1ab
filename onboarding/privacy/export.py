"""Everything that we hold of a person, as a ZIP: for people and for programs.

What staff wrote about a person is theirs to read: reasons and notes, masked as they are stored. Who of the colleagues
wrote it is not: that is the colleague's own.
"""

import io
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from onboarding.branding import brand
from onboarding.catalogue.wish_models import Wish
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import receipt_for
from onboarding.consent.texts import controller
from onboarding.lib.sealed_fields import readable
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest

from .holdings import CUSTOMERS
from .machine_receipt import machine_receipt

A_COLLEAGUE, UNREADABLE = "a colleague", "cannot be read"
# Where staff's own words stand, in which a name may be.
WORDS = frozenset({"reason", "note", "message"})
# What belongs to a request, by the plain name under which it is told.
BELONGINGS = {
    "steps": "transactions",
    "timeline": "events",
    "mails": "mails",
    "links": "links",
    "other_browsers": "holders",
    "browsers_that_are_told": "pushes",
    "told_to_company_systems": "webhooks",
    "asked_to_agree_again": "campaigns",
}


def build_export(requests: Iterable[OnboardingRequest], wishes: Iterable[Wish]) -> bytes:
    """Pack what we hold of these requests and wishes, which are one person's."""
    file, rows = io.BytesIO(), list(requests)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(rows, wishes):
            archive.writestr(name, content)
    return file.getvalue()


def everything(requests: Iterable[OnboardingRequest], wishes: Iterable[Wish]) -> dict[str, Any]:
    """Tell in plain names what we hold of these requests and wishes."""
    return {
        "made_at": plain(timezone.now()),
        "controller": controller(),
        "controller_contact": brand.current().support_contact,
        "requests": [of_request(row) for row in requests],
        "wishes": [told(wish) | {"mails": [told(mail) for mail in wish.mails.order_by("pk")]} for wish in wishes],
    }


def of_request(row: OnboardingRequest) -> dict[str, Any]:
    """Tell a request with all that belongs to it, without the names of colleagues."""
    found = told(row) | {
        name: [told(one) for one in getattr(row, of).order_by("pk")] for name, of in BELONGINGS.items()
    }
    found["consents"] = [told(record) for record in row.consents.order_by("pk")]
    for name in ("invitation", "erasure", "device"):
        if one := getattr(row, name, None):
            found[name] = told(one)
    hidden: dict[str, Any] = without_colleagues(found, _colleagues(row))
    return hidden


def told(row: Model) -> dict[str, Any]:
    """Tell the columns of a row that its person is told, but for those that are empty."""
    values = {name: plain(readable(row, name, UNREADABLE)) for name in CUSTOMERS[row._meta.label].told}
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def plain(value: Any) -> Any:
    """Write a value as JSON has it; times by ISO 8601, in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return str(value) if isinstance(value, UUID) else value


def without_colleagues(value: Any, names: Collection[str], key: str = "") -> Any:
    """Take names of colleagues out, where they signed and where they are in staff's words."""
    if isinstance(value, dict):
        return {name: without_colleagues(item, names, name) for name, item in value.items()}
    if isinstance(value, list):
        return [without_colleagues(item, names, key) for item in value]
    if not isinstance(value, str) or not names:
        return value
    if key == "by" and value in names:
        return A_COLLEAGUE
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", A_COLLEAGUE, value) if key in WORDS else value


def _colleagues(row: OnboardingRequest) -> set[str]:
    """Return the names of the colleagues who had to do with a request."""
    signed = set(row.events.filter(actor=Event.Actor.STAFF).values_list("by", flat=True))
    for name in ("invitation", "erasure"):
        signed.add(getattr(getattr(row, name, None), "by", ""))
    return (signed | set(row.consents.values_list("by", flat=True))) - {""}


def _files(rows: list[OnboardingRequest], wishes: Iterable[Wish]) -> Iterator[tuple[str, str | bytes]]:
    yield "README.txt", "\n\n".join(_guide())
    yield "data.json", _json(everything(rows, wishes))
    look = brand.current()
    for row in rows:
        records = row.consents.select_related("request").order_by("pk")
        for number, record in enumerate(records, start=1):
            folder = row.spoken_support_code
            yield f"{folder}/consent-{number}-{record.kind}.json", _json(machine_receipt(record, row))
            with translation.override(record.language):
                yield f"{folder}/receipt-{number}.pdf", receipt_pdf(receipt_for(record), look=look)


def _guide() -> list[str]:
    return [
        _("This is everything that %(company)s holds about you in this portal.") % {"company": controller()},
        _("data.json has it for people and programs: your devices, answers, consents, mails, and what happened."),
        _("In a folder for each device: your receipts as PDF, and for programs as JSON by ISO/IEC TS 27560."),
        _("Times are in UTC. What staff wrote about you is in it; which of them wrote it is not."),
        _("What is empty is left out, and so is what opens something for whoever has it, e.g. the links in mails."),
    ]


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)
