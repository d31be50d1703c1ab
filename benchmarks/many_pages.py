"""Requests that the platform works on, sent evenly over the last hour: `python -m benchmarks.many_pages COUNT`.

Prints, as JSON, what the browser of each needs to watch it: the reference, the version that its page shows, and its
cookie, the newest last.
"""

import json
import os
import random
import sys
from datetime import datetime, timedelta
from uuid import UUID, uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

import hashlib

from django.conf import settings
from django.core.signing import TimestampSigner
from django.db import transaction
from django.utils import timezone

from onboarding.access.browsers import SALT
from onboarding.models import OnboardingRequest, Transaction
from onboarding.request import schedule
from sandbox.models import SandboxRequest
from sandbox.tokens import DEFAULT_TENANT_ID, Caller

HOUR = timedelta(hours=1)
STEPS = ("CreateEntity", "CreatePermissions", "Connect")
CALLER = Caller(settings.SANDBOX_CLIENT_ID)


def fill(count: int) -> list[tuple[str, str, str]]:
    """Make so many requests, their twins at the platform, and return what their browsers know."""
    now, keys = timezone.now(), [f"browser-{number}" for number in range(count)]
    requests = [sent(key, now, age=HOUR * (count - number) / count) for number, key in enumerate(keys)]
    with transaction.atomic():
        OnboardingRequest.objects.bulk_create(requests)
        SandboxRequest.objects.bulk_create(map(twin, requests))
        Transaction.objects.bulk_create(step for request in requests for step in steps(request))
    sign = TimestampSigner(salt=SALT).sign
    cookies = [f"{settings.BROWSER_COOKIE_NAME}={sign(key)}" for key in keys]
    return [(row.reference, row.shown_version, cookie) for row, cookie in zip(requests, cookies, strict=True)]


def sent(key: str, now: datetime, *, age: timedelta) -> OnboardingRequest:
    """Make a request that was sent that long ago, watched ever since, and is looked at again at some time soon."""
    wait = schedule.until_next_check(age=age, quiet=age, is_watched=True, chance=0)
    return OnboardingRequest(
        browser=hashlib.sha256(key.encode()).hexdigest(),
        type="EV",
        manufacturer="Audi",
        attributes={"vin": f"WA1DMAFE{random.randrange(10**9):09}"},
        state="following",
        status="Pending",
        platform_id=str(uuid4()),
        entity_id=str(uuid4()),
        consented_at=now - age,
        sent_at=now - age,
        attended_at=now - age,
        checked_at=now,
        seen_at=now,
        due_at=now + wait * random.random(),
    )


def twin(request: OnboardingRequest) -> SandboxRequest:
    return SandboxRequest(
        id=UUID(request.platform_id),
        entity_id=UUID(request.entity_id),
        client_id=CALLER.client_id,
        principal_id=CALLER.principal_id,
        type=request.type,
        manufacturer=request.manufacturer,
        tenant_id=DEFAULT_TENANT_ID,
        payload=request.attributes,
        behaviour="direct",
        created_at=request.sent_at,
    )


def steps(request: OnboardingRequest) -> list[Transaction]:
    return [
        Transaction(request=request, position=place, type=name, status="Pending") for place, name in enumerate(STEPS)
    ]


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))
