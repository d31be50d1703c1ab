"""Pages of onboarding requests and of entities: newest first, 25 unless asked, continued by an opaque token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.db.models import Q
from django.http import QueryDict

from sandbox.entities import connected, entity_of, maker_silences
from sandbox.intake import Problem, invalid
from sandbox.models import SandboxRequest, SandboxRequestQuerySet, SandboxWeather
from sandbox.shapes import entity_json, request_json

PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
SALT = "sandbox.continuation"
FILTERS = ("type", "manufacturer")

# Shows a row; None leaves it out.
type Show = Callable[[SandboxRequest], dict[str, Any] | None]


class BadPage(Exception):
    """The caller asked for a page that cannot be; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def requests_json(query: QueryDict, now: datetime, path: str) -> dict[str, Any]:
    """Read one page of onboarding requests. Raises: BadPage."""
    rows = SandboxRequest.objects.visible(now)
    return page_json(query, path, rows, lambda row: request_json(row, now))


def entities_json(query: QueryDict, now: datetime, path: str) -> dict[str, Any]:
    """Read one page of what is connected. Raises: BadPage."""
    makers, tells_online = maker_silences(), SandboxWeather.now().tells_online

    def show(row: SandboxRequest) -> dict[str, Any] | None:
        found = entity_of(row, now, makers)
        return entity_json(found, tells_online=tells_online) if found and found.is_live else None

    return page_json(query, path, connected(SandboxRequest.objects.visible(now)), show)


def page_json(query: QueryDict, path: str, rows: SandboxRequestQuerySet, show: Show) -> dict[str, Any]:
    """Read one page of what there is to `show`."""
    size = page_size(query)
    wanted = {name: query[name] for name in FILTERS if query.get(name)}
    found = shown(after(rows.filter(**wanted).newest_first(), query.get("continuationToken", "")), size + 1, show)
    token = token_after(found[size - 1][0]) if len(found) > size else None
    link = f"{path}?{urlencode({**wanted, 'pageSize': size, 'continuationToken': token})}" if token else None
    return {
        "data": [shape for _row, shape in found[:size]],
        "links": {"next": link},
        "meta": {"continuationToken": token, "pageSize": size},
    }


def shown(rows: SandboxRequestQuerySet, wanted: int, show: Show) -> list[tuple[SandboxRequest, dict[str, Any]]]:
    """Read on until there are as many to show as are wanted."""
    found: list[tuple[SandboxRequest, dict[str, Any]]] = []
    rest = rows
    while len(found) < wanted:
        read = list(rest[:wanted])
        found += [(row, shape) for row in read if (shape := show(row)) is not None]
        if len(read) < wanted:
            break
        rest = below(rows, read[-1].created_at, read[-1].id)
    return found[:wanted]


def page_size(query: QueryDict) -> int:
    asked = query.get("pageSize", str(PAGE_SIZE))
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= MAX_PAGE_SIZE:
        raise BadPage(invalid("pageSize", f"must be a number from 1 to {MAX_PAGE_SIZE}."))
    return int(asked)


def token_after(row: SandboxRequest) -> str:
    return signing.dumps([row.created_at.isoformat(), str(row.id)], salt=SALT)


def after(requests: SandboxRequestQuerySet, token: str) -> SandboxRequestQuerySet:
    """Continue below the last row of the page before; rows that come in between shift nothing."""
    if not token:
        return requests
    try:
        created_at, last_id = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise BadPage(invalid("continuationToken", "is not one of ours.")) from problem
    return below(requests, datetime.fromisoformat(created_at), UUID(last_id))


def below(requests: SandboxRequestQuerySet, moment: datetime, last_id: UUID) -> SandboxRequestQuerySet:
    return requests.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=last_id))
