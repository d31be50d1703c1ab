"""A consent record for programs, with the names and sections of ISO/IEC TS 27560."""

from datetime import timedelta
from typing import Any

from onboarding.consent.models import Consent
from onboarding.lib.sealed_fields import readable
from onboarding.request.models import OnboardingRequest

CONTROLLER = "controller"
WITHDRAW = "In the portal, on the page of the device: “Stop this connection”. Or by asking the controller."


def machine_receipt(record: Consent, request: OnboardingRequest) -> dict[str, Any]:
    """Tell a record: its header, what may be processed, by whom, and the event that it is."""
    return {
        "schema_version": record.schema,
        "record_id": str(record.record_id),
        "pii_principal_id": request.spoken_support_code,
        "pii_processing": _processing(record),
        "party_identification": [
            {
                "party_id": CONTROLLER,
                "party_name": record.controller,
                "party_contact": record.controller_contact,
                "party_role": "PII controller",
            }
        ],
        "event": [_event(record, request)],
    }


def _processing(record: Consent) -> dict[str, Any]:
    return {
        "privacy_notice": f"text {record.version} ({record.language}), SHA-256 {record.sha256}",
        "language": record.language,
        "purposes": [
            {
                "purpose": record.purpose,
                "lawful_basis": "consent",
                "pii_information": [{"pii_type": name} for name in sorted(readable(record, "attributes", {}))],
                "pii_controllers": [CONTROLLER],
                "collection_method": record.act,
                "withdrawal_method": WITHDRAW,
            }
        ],
    }


def _event(record: Consent, request: OnboardingRequest) -> dict[str, Any]:
    lasts = record.expires_at - record.at if record.expires_at and record.is_standing else None
    return {
        "event_time": record.at.isoformat(timespec="milliseconds"),
        "validity_duration": _duration(lasts),
        "entity_id": request.spoken_support_code,
        "event_type": "explicit",
        "event_state": str(record.kind),
    }


def _duration(lasts: timedelta | None) -> str:
    """Write a time as ISO 8601 does."""
    return f"P{lasts.days}D" if lasts else "until withdrawn"
