"""The two generations of the API: the rest of the sandbox has the words of the older one, and here is the newer one's.

Written from the platform's public pages alone. Below `/connect` only the newer words count: an older one is a field
that nobody knows.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, QueryDict

from sandbox.models import offerings

FIELDS = {"brand": "manufacturer", "pairingCode": "code", "associatedEmail": "email", "name": "model"}
TYPES = {"SolarPlant": "PV", "Meter": "SmartMeter", "ChargePoint": "ChargePole"}
IDENTIFYING = ("vin", "ean", "reference")
TENANT = ("tenantId", "tenant")

NEWER_FIELDS = {older: newer for newer, older in FIELDS.items()} | dict.fromkeys(IDENTIFYING, "identifier")
NEWER_TYPES = {older: newer for newer, older in TYPES.items()}


class Older:
    """The generation whose words the sandbox has."""

    def heard(self, body: dict[str, Any]) -> dict[str, Any]:
        """Put what was sent into the sandbox's words."""
        return body

    def asked(self, query: QueryDict) -> QueryDict:
        """Put the filters of a list into the sandbox's words."""
        return query

    def said(self, content: dict[str, Any]) -> dict[str, Any]:
        """Put an answer into the words of the generation."""
        return content


class Newer(Older):
    """The generation with brands and identifiers, and without tenants."""

    def heard(self, body: dict[str, Any]) -> dict[str, Any]:
        known = {FIELDS.get(name, name): value for name, value in body.items() if name not in (*NEWER_FIELDS, *TENANT)}
        known = with_type(known)
        identifier = known.pop("identifier", None)
        return known | ({} if identifier is None else {identifying(known): identifier})

    def asked(self, query: QueryDict) -> QueryDict:
        known = {FIELDS.get(name, name): value for name, value in query.items() if name not in NEWER_FIELDS}
        return QueryDict(urlencode(with_type(known)))

    def said(self, content: dict[str, Any]) -> dict[str, Any]:
        data = content.get("data")
        if isinstance(data, list):
            link = content.get("links", {}).get("next")
            links = {"links": {"next": said_link(link) if link else None}} if "links" in content else {}
            return {**content, "data": [said_item(item) for item in data], **links}
        return said_problem(content) if "errors" in content and "data" not in content else said_item(content)


OLDER, NEWER = Older(), Newer()


def of(request: HttpRequest) -> Older:
    """Tell which generation was called."""
    return NEWER if request.path.startswith("/connect/") else OLDER


def with_type(known: dict[str, Any]) -> dict[str, Any]:
    """Put a type into the sandbox's words; an older one is none here."""
    kind = known.get("type")
    if not isinstance(kind, str):
        return known
    return known | {"type": "" if kind in NEWER_TYPES else TYPES.get(kind, kind)}


def identifying(known: dict[str, Any]) -> str:
    """Name what identifies a device of this type and manufacturer."""
    chosen = (known.get("type"), known.get("manufacturer"))
    wanted = [item.name for row in offerings() if (row.type, row.manufacturer) == chosen for item in row.properties]
    return next((name for name in wanted if name in IDENTIFYING), "reference")


def said_item(item: dict[str, Any]) -> dict[str, Any]:
    """Say an onboarding request, an offboarding, an entity, a reading or an offering."""
    data = item.get("data")
    if "information" in item:
        return said_entity(item)
    if "values" in item:
        return item
    if data is None:
        properties = [{**found, "name": newer_name(found["name"])} for found in item["properties"]]
        return {"type": newer_type(item["type"]), "brand": item["manufacturer"], "properties": properties}
    kept = {name: value for name, value in data.items() if name not in TENANT}
    if "entity" in data:
        return {**item, "data": kept | {"entity": said_entity(data["entity"])}}
    return {**item, "data": kept | {"id": kept.pop("entityId")}}


def said_entity(entity: dict[str, Any]) -> dict[str, Any]:
    told = entity["information"]
    information = {newer_name(name): told[name] for name in told if name not in IDENTIFYING}
    information["type"] = newer_type(told["type"])
    information["identifier"] = next((told[name] for name in IDENTIFYING if told[name]), None)
    kept = {name: value for name, value in entity.items() if name not in TENANT}
    return kept | {"type": newer_type(entity["type"]), "information": information}


def said_problem(content: dict[str, Any]) -> dict[str, Any]:
    """Say why something is refused, in either format."""
    errors = content["errors"]
    if isinstance(errors, dict):
        fields = {newer_name(name): [newer_words(word) for word in words] for name, words in errors.items()}
        return {**content, "errors": fields, "detail": newer_words(content["detail"])}
    listed = [
        {**error, "description": newer_name(error["description"]), "message": newer_words(error["message"])}
        for error in errors
    ]
    return {**content, "errors": listed}


def said_link(link: str) -> str:
    path, _, query = link.partition("?")
    pairs = [(newer_name(name), newer_type(value) if name == "type" else value) for name, value in parse_qsl(query)]
    return f"{path}?{urlencode(pairs)}"


def newer_name(name: str) -> str:
    return NEWER_FIELDS.get(name, name)


def newer_type(kind: str) -> str:
    return NEWER_TYPES.get(kind, kind)


def newer_words(message: str) -> str:
    """Name fields within a sentence, where they stand in quotes."""
    for older, newer in NEWER_FIELDS.items():
        message = message.replace(f"'{older}'", f"'{newer}'")
    return message
