"""Handles for tests: let time pass, answer for the customer, change the weather, offer more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest, SandboxWeather
from sandbox.rules import Consent


def go_away() -> None:
    """Let every call fail: refused in-process, 503 with an HTML page over HTTP."""
    SandboxWeather.change(is_away=True)


def come_back() -> None:
    SandboxWeather.change(is_away=False)


def revoke_tokens() -> None:
    """Make every token that was handed out so far worthless."""
    SandboxWeather.change(tokens_valid_from=timezone.now())


def let_steps_pass(steps: float) -> None:
    """Make everything that was ever sent `steps` transitions older."""
    let_seconds_pass(steps * settings.SANDBOX_STEP_SECONDS)


def let_seconds_pass(seconds: float) -> None:
    """Make everything that was ever sent so many seconds older; for what is not counted in steps."""
    by = timedelta(seconds=seconds)
    SandboxRequest.objects.update(
        created_at=F("created_at") - by, answered_at=F("answered_at") - by, canceled_at=F("canceled_at") - by
    )
    SandboxOffboarding.objects.update(created_at=F("created_at") - by)


def allow(request_id: str | UUID) -> None:
    """Answer the manufacturer's consent page for the customer: yes."""
    SandboxRequest.objects.get(pk=request_id).answer_consent(Consent.ALLOWED, timezone.now())


def deny(request_id: str | UUID) -> None:
    """Answer the manufacturer's consent page for the customer: no."""
    SandboxRequest.objects.get(pk=request_id).answer_consent(Consent.DENIED, timezone.now())


def offer(
    type_: str, manufacturer: str, properties: Iterable[object] = (), *, behaviour: str = "direct"
) -> SandboxOffering:
    """Add a row to the types endpoint, or replace one."""
    offering, _ = SandboxOffering.objects.update_or_create(
        type=type_,
        manufacturer=manufacturer,
        defaults={"properties": list(properties), "behaviour": behaviour},
    )
    return offering
