"""Evidence of consent, as a ZIP that a grid operator or an authority can read without us.

A folder per request: every consent record as JSON, its exact words as text, its receipt as PDF, and the timeline.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from onboarding.branding import brand
from onboarding.lib.sealed_fields import readable
from onboarding.request.events import CALL
from onboarding.request.masking import CANNOT_BE_READ
from onboarding.request.models import OnboardingRequest

from .models import COVERED, ERASABLE, Consent
from .receipt_pdf import receipt_pdf
from .receipts import receipt_for

GUIDE = (
    _("Evidence of consent, made on %(made)s by %(by)s."),
    _("One folder per onboarding request, named by its support code. In each:"),
    _(
        "record-N-KIND.json: a consent record: who agreed to what, when, how. “hashes” says whether it is as it was "
        "stored."
    ),
    _("words-N.txt: the exact words. Their SHA-256 is “sha256” in the record."),
    _("receipt-N.pdf: the receipt that the customer can see."),
    _("timeline.csv: everything that happened to the request, in order. Times are UTC."),
    _("checksums.txt holds the SHA-256 of every file."),
    _(
        "How to compute the hashes again, in any programming language, from a record's own fields (UTF-8, SHA-256, "
        "hexadecimal): “sha256” is of words-N.txt. “attributes_sha256” is of “salt” followed by the JSON of "
        "[attributes, reason]. “record_sha256” is of the JSON of an object with these fields: %(covered)s. JSON here "
        "is Python's json.dumps(value, sort_keys=True). “previous_sha256” is the “record_sha256” of the record before."
    ),
)


def build_evidence(requests: Iterable[OnboardingRequest], *, by: str) -> bytes:
    """Pack what proves the consents of these requests. `by`: the colleague who asked for it."""
    file = io.BytesIO()
    checksums = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(requests, by):
            archive.writestr(name, content)
            checksums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        archive.writestr("checksums.txt", "".join(checksums))
    return file.getvalue()


def _files(requests: Iterable[OnboardingRequest], by: str) -> Iterator[tuple[str, bytes]]:
    made = timezone.now().isoformat(timespec="seconds")
    facts = {"made": made, "by": by, "covered": ", ".join(sorted(COVERED))}
    yield "README.txt", "".join(f"{paragraph % facts}\n\n" for paragraph in GUIDE).encode()
    for request in requests:
        folder = request.spoken_support_code
        for number, record in enumerate(request.consents.select_related("request").order_by("pk"), start=1):
            yield f"{folder}/record-{number}-{record.kind}.json", _record(record)
            yield f"{folder}/words-{number}.txt", record.words.encode()
            with translation.override(record.language):
                yield f"{folder}/receipt-{number}.pdf", receipt_pdf(receipt_for(record), look=brand.current())
        yield f"{folder}/timeline.csv", _timeline(request)


def _record(record: Consent) -> bytes:
    kept = {name: readable(record, name, str(CANNOT_BE_READ)) for name in (*ERASABLE, "record_sha256")}
    told = record.covered() | kept
    told |= {"support_code": record.request.spoken_support_code, "words": record.words}
    told["hashes"] = record.problems() or "as stored"
    return json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode()


def _timeline(request: OnboardingRequest) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["time", "who", "what", "state", "detail"])
    for event in request.events.order_by("at", "pk"):
        kept = readable(event, "detail", {"": str(CANNOT_BE_READ)})
        told = {name: value for name, value in kept.items() if name != CALL}  # proves no consent
        detail = json.dumps(told, ensure_ascii=False) if told else ""
        rows.writerow([event.at.isoformat(timespec="milliseconds"), event.actor, event.name, event.state, detail])
    return out.getvalue().encode()
