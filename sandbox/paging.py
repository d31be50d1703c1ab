"""Pages of onboarding requests: newest first, 25 unless asked, continued by an opaque token."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.db.models import Q
from django.http import QueryDict

from sandbox.intake import Problem, invalid
from sandbox.models import SandboxRequest, SandboxRequestQuerySet
from sandbox.shapes import request_json

PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
SALT = "sandbox.continuation"
FILTERS = ("type", "manufacturer")


class BadPage(Exception):
    """The caller asked for a page that cannot be; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def page_json(query: QueryDict, now: datetime, path: str) -> dict[str, Any]:
    """Read one page. Raises: BadPage."""
    size = page_size(query)
    wanted = {name: query[name] for name in FILTERS if query.get(name)}
    requests = SandboxRequest.objects.visible(now).filter(**wanted).newest_first()
    found = list(after(requests, query.get("continuationToken", ""))[: size + 1])
    shown = found[:size]
    token = token_after(shown[-1]) if len(found) > size else None
    link = f"{path}?{urlencode({**wanted, 'pageSize': size, 'continuationToken': token})}" if token else None
    return {
        "data": [request_json(row, now) for row in shown],
        "links": {"next": link},
        "meta": {"continuationToken": token, "pageSize": size},
    }


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
    moment = datetime.fromisoformat(created_at)
    return requests.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=UUID(last_id)))
