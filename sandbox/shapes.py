"""Rows as the JSON that the platform's reference documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from sandbox import links, rules
from sandbox.entities import Entity
from sandbox.intake import INFORMATION
from sandbox.models import SandboxOffboarding, SandboxRequest


def request_json(row: SandboxRequest, now: datetime) -> dict[str, Any]:
    """Show an onboarding request as it stands at `now`."""
    progress = row.progress(now)
    shape: dict[str, Any] = {
        "id": str(row.id),
        "principalId": str(row.principal_id),
        "requestType": "Entity",
        "created": timestamp(row.created_at),
        "returnUrl": row.payload.get("returnUrl"),
        "data": data_json(row, now),
        "status": progress.status,
        "errors": [{"code": code, "message": message} for code, message in progress.errors],
    }
    if progress.transactions is not None:
        shape["transactions"] = [{"type": name, "status": word} for name, word in progress.transactions]
    if progress.action:
        shape["action"] = action_json(row, progress.action, now)
    return bare(shape) if rules.find_behaviour(row.behaviour).is_bare else shape


def bare(shape: dict[str, Any]) -> dict[str, Any]:
    """Say as little as the guide's example does."""
    information = shape["data"]["entity"]["information"]
    information["model"] = information["model"] or ""
    return {name: value for name, value in shape.items() if name != "created"}


def data_json(row: SandboxRequest, now: datetime) -> dict[str, Any]:
    client = {"id": str(uuid5(NAMESPACE_URL, f"sandbox:client:{row.client_id}")), "name": row.client_id}
    return {
        "entity": onboarded_json(row, row.valid_until(now)),
        "collective": {"id": str(row.collective_id)} if row.collective_id else None,
        "tenant": {"id": str(row.tenant_id), "name": "Sandbox tenant"} if row.tenant_id else None,
        "user": None,
        "client": client,
    }


def onboarded_json(row: SandboxRequest, valid_until: datetime | None) -> dict[str, Any]:
    """Show the entity that is onboarded; how a mandate's end is spelled is a guess."""
    properties = row.payload.get("properties")
    if valid_until:
        properties = {**(properties or {}), "validUntil": timestamp(valid_until)}
    return {
        "id": str(row.entity_id),
        "owner": row.payload.get("owner") or str(row.principal_id),
        "type": row.type,
        "tenantId": text(row.tenant_id),
        "collectiveId": text(row.collective_id),
        "properties": properties,
        "information": {name: row.payload.get(name) for name in INFORMATION},
    }


def entity_json(entity: Entity, *, tells_online: bool) -> dict[str, Any]:
    """Show a connected entity; the guide's example knows nothing of when it was seen."""
    shape = onboarded_json(entity.row, entity.row.valid_until(entity.now))
    if not tells_online or rules.find_behaviour(entity.row.behaviour).is_bare:
        return shape
    last = entity.last_seen
    return shape | {"isOnline": entity.is_online, "lastSeen": timestamp(last) if last else None}


def action_json(row: SandboxRequest, action: str, now: datetime) -> dict[str, Any]:
    """Show what somebody must do; a plain redirect needs no documentation."""
    documentation = None if action == "Redirect" else page_url("documentation", row.id)
    return {
        "type": action,
        "redirectLink": page_url("consent", row.id) + links.query(row, now),
        "documentationLink": documentation,
    }


def offboarding_json(row: SandboxOffboarding, now: datetime) -> dict[str, Any]:
    """Show an offboarding as it stands at `now`."""
    return {
        "id": str(row.id),
        "principalId": str(row.principal_id),
        "requestType": "Entity",
        "created": timestamp(row.created_at),
        "status": row.status(now),
        "data": {
            "collectiveId": text(row.request.collective_id),
            "entityId": str(row.request.entity_id),
            "tenantId": text(row.request.tenant_id),
            "userId": None,
        },
        "errors": [],
    }


def page_url(page: str, request_id: UUID) -> str:
    """Where a browser finds a page of the sandbox; `page` is the first part of its path in `page_urls`."""
    return f"{settings.SANDBOX_PAGES_URL}/{page}/{request_id}/"


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text(value: UUID | None) -> str | None:
    return str(value) if value else None
