"""The platform's endpoints about what is connected. Paths are in `urls`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from sandbox import answers, generations, paging, readings
from sandbox.endpoints import View, authenticated
from sandbox.entities import Entity, find_entity
from sandbox.intake import is_uuid
from sandbox.lives import Standing
from sandbox.models import SandboxAttempt, SandboxWeather
from sandbox.shapes import entity_json
from sandbox.tokens import Caller


def of_entity(answer: Callable[[HttpRequest, Entity], HttpResponse]) -> View[[str]]:
    """Make a function an endpoint about one entity; 404 for what is not connected."""

    @authenticated("GET")
    @wraps(answer)
    def call(request: HttpRequest, caller: Caller, entity_id: str) -> HttpResponse:
        found = find_entity(UUID(entity_id), timezone.now()) if is_uuid(entity_id) else None
        if found is None or found.standing == Standing.GONE or slips(found):
            return answers.not_found("entity")
        if found.standing == Standing.REVOKED:
            return answers.error(403, "Forbidden", "Access to this entity was withdrawn at the manufacturer.")
        return answer(request, found)

    return call


def slips(found: Entity) -> bool:
    """Count a call about an entity, and tell whether it is one of those that do not find it."""
    every = found.life.slips_every
    return bool(every) and SandboxAttempt.add(f"call:{found.row.entity_id}") % every == 0


@authenticated("GET")
def entities(request: HttpRequest, caller: Caller) -> HttpResponse:
    if not SandboxWeather.now().lists_entities:
        return answers.not_allowed(())
    asked = generations.of(request).asked(request.GET)
    return JsonResponse(paging.entities_json(asked, timezone.now(), "/v1/entities"))


@of_entity
def entity(request: HttpRequest, found: Entity) -> HttpResponse:
    return JsonResponse(entity_json(found, tells_online=SandboxWeather.now().tells_online))


@of_entity
def last_reading(request: HttpRequest, found: Entity) -> HttpResponse:
    last = found.last_seen
    return JsonResponse(readings.reading_json(found, last)) if last else answers.not_found("reading")


@of_entity
def all_readings(request: HttpRequest, found: Entity) -> HttpResponse:
    return JsonResponse(readings.page_json(request.GET, found))
