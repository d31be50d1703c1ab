"""Readings as JSON. Their shape is not public: this is a guess, and stands here alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import QueryDict

from sandbox import paging
from sandbox.entities import Entity
from sandbox.intake import invalid, missing
from sandbox.shapes import timestamp

SALT = "sandbox.readings"
# What a device of each type measures: where it begins, by how much it goes on, and where it begins anew.
MEASURES: Mapping[str, tuple[str, int, int, int]] = {
    "Battery": ("stateOfCharge", 50, 7, 101),
    "Boiler": ("temperature", 45, 1, 65),
    "ChargePole": ("energyImported", 1000, 3, 1_000_000),
    "EV": ("stateOfCharge", 60, 11, 101),
    "HeatPump": ("energyImported", 2000, 2, 1_000_000),
    "PV": ("energyExported", 5000, 4, 1_000_000),
}
METERED = ("energyImported", 10_000, 1, 1_000_000)


def reading_json(entity: Entity, moment: datetime) -> dict[str, Any]:
    """Show one reading; the same one says the same whenever it is asked for."""
    name, begin, each, end = MEASURES.get(entity.row.type, METERED)
    value = (begin + each * entity.flow.number(moment)) % end
    return {"timestamp": timestamp(moment), "values": {name: value}}


def page_json(query: QueryDict, entity: Entity) -> dict[str, Any]:
    """Read one page of readings, the oldest first. Raises: BadPage."""
    start, size = asked_start(query), paging.page_size(query)
    begin = read_token(query.get("continuationToken", "")) or start
    found = list(islice(entity.flow.between(begin, entity.now), size + 1))
    token = signing.dumps(found[size].isoformat(), salt=SALT) if len(found) > size else None
    asked = {"start": timestamp(start), "pageSize": size, "continuationToken": token}
    path = f"/v1/entities/{entity.row.entity_id}/readings"
    return {
        "data": [reading_json(entity, moment) for moment in found[:size]],
        "links": {"next": f"{path}?{urlencode(asked)}" if token else None},
        "meta": {"continuationToken": token, "pageSize": size},
    }


def asked_start(query: QueryDict) -> datetime:
    """Read from when on readings are wanted; a time without a zone is UTC."""
    asked = query.get("start", "")
    if not asked:
        raise paging.BadPage(missing("start"))
    try:
        moment = datetime.fromisoformat(asked)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise paging.BadPage(invalid("start", "must be a date and time.")) from problem


def read_token(token: str) -> datetime | None:
    try:
        return datetime.fromisoformat(str(signing.loads(token, salt=SALT))) if token else None
    except signing.BadSignature as problem:
        raise paging.BadPage(invalid("continuationToken", "is not one of ours.")) from problem
