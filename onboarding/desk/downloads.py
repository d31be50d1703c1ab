"""What colleagues take out about requests, as files; that they did is on the record of each."""

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils import timezone

from onboarding.consent.evidence import build_evidence
from onboarding.privacy import own_data
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest
from onboarding.support import disclosures

ZIP, CSV = "application/zip", "text/csv; charset=utf-8"


def evidence_for(rows: Iterable[OnboardingRequest], *, by: str, reason: str = "") -> HttpResponse:
    """Give a ZIP with the evidence of consent, and put that on the record of each."""
    rows = list(rows)
    name = rows[0].spoken_support_code if len(rows) == 1 else timezone.localdate().isoformat()
    response = as_file(build_evidence(rows, by=by), f"evidence-{name}.zip", ZIP)
    for row in rows:
        disclosures.note_export(row, by=by, **({"reason": scrub(reason, row)} if reason else {}))
    return response


def own_data_for(row: OnboardingRequest, *, by: str, reason: str) -> HttpResponse:
    """Give a ZIP with everything that the customer of a request may ask for."""
    return as_file(own_data.copy_for_staff(row, by=by, reason=reason), f"data-{row.spoken_support_code}.zip", ZIP)


def person_data(address: str, *, by: str, reason: str) -> HttpResponse:
    """Give a ZIP with everything that whoever has an address may ask for."""
    content = own_data.copy_of_address(address, by=by, reason=reason)
    return as_file(content, f"data-{timezone.localdate().isoformat()}.zip", ZIP)


def as_file(content: bytes | str, name: str, kind: str) -> HttpResponse:
    """Give something to be stored under a name, and by nobody on the way. `kind`: its content type."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
