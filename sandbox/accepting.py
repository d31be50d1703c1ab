"""What a POST of an onboarding request does: check it, work the magic of its identifier, create the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.http import HttpResponse, JsonResponse

from sandbox import answers, intake
from sandbox.catalogue import Offering
from sandbox.entities import is_connected
from sandbox.lives import FLOWING
from sandbox.magic import find_magic
from sandbox.magic_input import RETRY_AFTER_SECONDS, Answer, MagicInput
from sandbox.models import SandboxAttempt, SandboxRequest, offerings
from sandbox.shapes import request_json
from sandbox.tokens import Caller


@dataclass(frozen=True, slots=True)
class Submission:
    """A POST that passed every check."""

    body: dict[str, Any]
    caller: Caller
    offering: Offering
    now: datetime

    @property
    def tenant_id(self) -> UUID | None:
        return find_uuid(self.body, "tenantId") or self.caller.default_tenant

    @property
    def device_id(self) -> UUID:
        """Tell a device by who onboards it and its identifier; without one, each is a device of its own."""
        _field, identifier = intake.identifier_of(self.body)
        known = [str(self.caller.principal_id), self.offering.type, self.offering.manufacturer, identifier]
        return uuid5(NAMESPACE_URL, f"sandbox:device:{json.dumps(known)}") if identifier else uuid4()

    def create(self, magic: MagicInput | None = None) -> SandboxRequest:
        """Create the row; it takes effect after the `effect_delay` of the magic."""
        device_id = self.device_id
        return SandboxRequest.objects.create(
            entity_id=device_id if magic and magic.keeps_entity else uuid4(),
            device_id=device_id,
            client_id=self.caller.client_id,
            principal_id=self.caller.principal_id,
            type=self.offering.type,
            manufacturer=self.offering.manufacturer,
            tenant_id=self.tenant_id,
            collective_id=find_uuid(self.body, "collectiveId"),
            payload=self.body,
            behaviour=(magic.behaviour if magic else "") or self.offering.behaviour,
            life=self.life(magic, device_id),
            created_at=self.now + timedelta(seconds=magic.effect_delay if magic else 0.0),
        )

    def life(self, magic: MagicInput | None, device_id: UUID) -> str:
        """Choose how the entity will go on."""
        if magic is None or (magic.flows_anew and is_connected(device_id, self.now)):
            return FLOWING
        return magic.life


def accept(body: dict[str, Any], caller: Caller, now: datetime) -> HttpResponse:
    """Answer a POST; a second one with the same identifier creates a second request."""
    problems = intake.shape_problems(body)
    if problems:
        return answers.errors(400, problems)
    available = {(row.type, row.manufacturer): row for row in offerings()}
    offering = available.get((body.get("type") or "", body.get("manufacturer") or ""))
    problems = intake.tenant_problems(body, caller.default_tenant)
    if offering is None:
        problems += intake.choice_problems(body, {type_ for type_, _ in available})
        return answers.errors(400, problems)
    problems += intake.attribute_problems(body, offering)
    if problems:
        return answers.errors(400, problems)
    return answer(Submission(body, caller, offering, now))


def answer(submission: Submission) -> HttpResponse:
    """Create the request, unless its identifier is a magic one that prevents or disguises it."""
    field, identifier = intake.identifier_of(submission.body)
    magic = find_magic(identifier)
    if magic is None:
        return created(submission.create(), submission.now)
    if magic.only_first and is_past(magic, f"{submission.offering.type}:{identifier}"):
        return created(submission.create(magic), submission.now)
    row = submission.create(magic) if magic.is_accepted else None
    if row is not None and magic.answer is Answer.CREATED:
        return answers.delayed(created(row, submission.now), magic.delay)
    return answers.delayed(trouble(magic.answer, field), magic.delay)


def is_past(magic: MagicInput, identifier: str) -> bool:
    """Tell whether the trouble of the first few POSTs is over, and start anew for the next time if it is."""
    if SandboxAttempt.add(identifier) <= magic.only_first:
        return False
    SandboxAttempt.objects.filter(identifier=identifier).delete()
    return True


def trouble(kind: Answer, field: str) -> HttpResponse:
    """Build the answer that takes the place of the created request."""
    unknown = f"'{field}' is not known to the manufacturer."
    taken = f"An entity with this '{field}' is already onboarded."
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    error = answers.error
    builders: dict[Answer, Callable[[], HttpResponse]] = {
        Answer.REJECTED: lambda: error(400, "InvalidValue", unknown, field=field),
        Answer.PROBLEM: lambda: answers.problem_json(field, unknown),
        Answer.EXPIRED: lambda: answers.unauthorized("The token has expired."),
        Answer.FORBIDDEN: lambda: error(403, "Forbidden", "This client may not onboard entities."),
        Answer.CONFLICT: lambda: error(409, "AlreadyOnboarded", taken, field=field),
        Answer.RATE_LIMITED: lambda: error(429, "TooManyRequests", "Please wait.", headers=retry),
        Answer.BROKEN: lambda: error(500, "InternalError", "Something went wrong."),
        Answer.UNREADABLE: lambda: HttpResponse("<!doctype html><title>OK</title>", status=201),
    }
    return builders.get(kind, lambda: answers.proxy_page(502))()


def created(row: SandboxRequest, now: datetime) -> JsonResponse:
    return JsonResponse(request_json(row, now), status=201)


def find_uuid(body: dict[str, Any], name: str) -> UUID | None:
    return UUID(body[name]) if body.get(name) else None
