"""What a worker costs and how fast it is: `python -m benchmarks.worker`, also below `bin/with-postgres`.

One worker with its threads in this process, the embedded sandbox: statements a second while nothing is due; the time
from consent to the platform, one customer after the other; and how many requests and mails a second it gets through.
"""

import itertools
import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

folder = tempfile.mkdtemp()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
os.environ |= {
    "LOCAL": "true",
    "LOG_LEVEL": "ERROR",
    "REALTO_MAX_CALLS_PER_SECOND": "0",
    "SANDBOX_STEP_SECONDS": "600",
    "EMAIL_URL": "dummymail://",
}
os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/worker.sqlite3")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import timezone

from onboarding.consent import records
from onboarding.consent.texts import consent_words
from onboarding.intake import draft
from onboarding.models import CatalogueSnapshot, Mail, OnboardingRequest
from sandbox.models import SandboxRequest

IDLE_SECONDS, CUSTOMERS, BACKLOG = 20, 30, 200
statements = itertools.count()


def count(execute: Callable[..., Any], *given: Any) -> Any:
    next(statements)
    return execute(*given)


@receiver(connection_created)
def count_all(connection: Any, **_more: object) -> None:
    if count not in connection.execute_wrappers:  # a connection that is opened anew has it already
        connection.execute_wrappers.append(count)


def consent() -> int:
    """Agree to a request of one maker among several, as a customer would."""
    request = draft.start(browser="b", language="en")
    row = OnboardingRequest.objects.filter(pk=request.pk)
    row.update(type="PV", manufacturer="Huawei")
    words = consent_words(type="PV", device="Solar panels", manufacturer="Huawei")
    draft.give_consent(row.get(), words, records.ConsentAct("said yes"))
    return request.pk


def wait_until(is_so: Callable[[], bool], *, every: float = 0.2) -> float:
    started = time.monotonic()
    while not is_so():
        time.sleep(every)
    return time.monotonic() - started


def idle() -> str:
    time.sleep(3)
    before, began = next(statements), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return f"{(next(statements) - before) / (time.monotonic() - began):.1f} statements a second while nothing is due"


def latency() -> str:
    waits = []
    for number in range(CUSTOMERS):
        row = OnboardingRequest.objects.get(pk=consent())
        wait_until(lambda number=number: SandboxRequest.objects.count() > number, every=0.01)
        arrived = SandboxRequest.objects.order_by("-created_at").values_list("created_at", flat=True)[0]
        waits.append((arrived - row.consented_at).total_seconds())
        time.sleep(0.37)
    return f"median {statistics.median(waits):.3f} s, longest {max(waits):.3f} s from consent to the platform"


def requests_a_second() -> str:
    paused = timezone.now() + timedelta(hours=1)
    keys = []
    for _number in range(BACKLOG):
        keys.append(consent())
        postpone(OnboardingRequest, keys[-1:], paused)
    rows = OnboardingRequest.objects.filter(pk__in=keys)
    postpone(OnboardingRequest, keys, timezone.now())
    took = wait_until(lambda: not rows.filter(sent_at=None).exists())
    return f"{len(keys) / took:.0f} requests a second sent"


def postpone(model: type, keys: list[int], at: Any) -> None:
    fresh = {"state": "queued", "platform_id": "", "sent_at": None} if model is OnboardingRequest else {}
    model.objects.filter(pk__in=keys).update(due_at=at, **fresh)


def mails_a_second() -> str:
    now = timezone.now()
    some = [Mail(kind="link", key=f"bench-{n}", to=f"a{n}@example.org", due_at=now) for n in range(BACKLOG)]
    request = OnboardingRequest.objects.order_by("pk").first()
    for mail in some:
        mail.request = request
    OnboardingRequest.objects.filter(pk=request.pk).update(contact_email="a@example.org")
    Mail.objects.bulk_create(some)
    took = wait_until(lambda: not Mail.objects.filter(key__startswith="bench-", due_at__isnull=False).exists())
    return f"{BACKLOG / took:.0f} mails a second through"


def measure() -> None:
    try:
        wait_until(lambda: CatalogueSnapshot.objects.exclude(fetched_at=None).exists())
        for part in (idle, latency, mails_a_second, requests_a_second):
            print(part(), flush=True)
    finally:
        connection.close()
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    call_command("migrate", verbosity=0)
    print(f"on {connection.vendor}, {settings.WORKER_THREADS} threads")
    threading.Thread(target=measure).start()
    call_command("worker")


if __name__ == "__main__":
    main()
