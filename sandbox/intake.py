"""What the platform checks before it accepts an onboarding request. Pure; unknown fields are ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sandbox.catalogue import EAN_PATTERN, VIN_PATTERN, Offering

INFORMATION = ("type", "manufacturer", "model", "vin", "ean", "code", "reference", "email", "uuid", "track")
TEXTS = (*INFORMATION, "tenantId", "collectiveId", "owner", "returnUrl")
# The first of these that a request carries decides about magic; a Xenn meter's is its pairing code.
IDENTIFYING = ("vin", "ean", "code", "reference", "uuid")
UUIDS = ("tenantId", "collectiveId", "owner")
FORMATS = {
    "vin": (VIN_PATTERN, "must have 17 characters: digits and capital letters without I, O and Q."),
    "ean": (EAN_PATTERN, "must have 8, 12, 13, 14 or 18 digits."),
    "email": (r"[^@\s]+@[^@\s]+", "must be an e-mail address."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something is refused; `field` is its name on the wire, or empty."""

    code: str
    field: str
    message: str


def missing(field: str) -> Problem:
    return Problem("MissingValue", field, f"'{field}' is required.")


def invalid(field: str, why: str) -> Problem:
    return Problem("InvalidValue", field, f"'{field}' {why}")


def identifier_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """Name the first identifying field that the request carries, and its value; two empty texts if none."""
    return next(((field, str(body[field])) for field in IDENTIFYING if body.get(field)), ("", ""))


def shape_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Check what can be checked without the catalogue: kinds of values, identifiers, UUIDs."""
    wrong_kind = [field for field in TEXTS if body.get(field) is not None and not isinstance(body[field], str)]
    problems = [invalid(field, "must be a text.") for field in wrong_kind]
    if body.get("properties") is not None and not isinstance(body["properties"], Mapping):
        problems.append(invalid("properties", "must be an object."))
    if problems:
        return problems
    problems += [
        invalid(field, why)
        for field, (pattern, why) in FORMATS.items()
        if body.get(field) and not re.fullmatch(pattern, body[field])
    ]
    problems += [invalid(field, "must be a UUID.") for field in UUIDS if body.get(field) and not is_uuid(body[field])]
    return problems


def choice_problems(body: Mapping[str, Any], known_types: set[str]) -> list[Problem]:
    """Say why the catalogue has nothing for this type and manufacturer."""
    problems = [missing(field) for field in ("type", "manufacturer") if not body.get(field)]
    if problems:
        return problems
    if body["type"] not in known_types:
        return [Problem("UnknownType", "type", f"'type' {body['type']} cannot be onboarded.")]
    why = f"'manufacturer' {body['manufacturer']} is not available for {body['type']}."
    return [Problem("UnknownManufacturer", "manufacturer", why)]


def attribute_problems(body: Mapping[str, Any], offering: Offering) -> list[Problem]:
    """Check the attributes that this type and manufacturer need."""
    problems = []
    for item in offering.properties:
        value = value_of(body, item.name)
        if value in (None, ""):
            problems += [missing(item.name)] if item.is_required else []
        elif not item.matches(str(value)):
            problems.append(invalid(item.name, f"does not match {item.pattern}."))
    return problems


def tenant_problems(body: Mapping[str, Any], default_tenant: UUID | None) -> list[Problem]:
    """Check that the request belongs to a tenant or to a collective, or that the caller implies a tenant."""
    if body.get("tenantId") or body.get("collectiveId") or default_tenant:
        return []
    return [Problem("MissingValue", "tenantId", "'tenantId' is required when 'collectiveId' is not set.")]


def value_of(body: Mapping[str, Any], name: str) -> object:
    """Look up `vin`, or `flow` inside `properties` for `properties.flow`."""
    value: object = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID with its dashes."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
