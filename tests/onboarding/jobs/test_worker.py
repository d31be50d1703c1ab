"""`manage.py worker` as a process: it takes what is queued, and stops when told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.receiver import Receiver

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LOCAL": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'worker.sqlite3'}",
        "SANDBOX_STEP_SECONDS": "0.01",
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def wait_for(environment: dict[str, str], question: str, answer: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (said := manage(environment, "shell", "-v0", "-c", question).strip()) != answer:
        assert time.monotonic() < deadline, f"still {said!r}"


CONSENT = """
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import consent_words
from onboarding.intake import draft
request = draft.start(browser="b", language="en")
type(request).objects.filter(pk=request.pk).update(type="PV", manufacturer="Huawei")
words = consent_words(type="PV", device="Solar panels", manufacturer="Huawei")
draft.give_consent(type(request).objects.get(pk=request.pk), words, ConsentAct("said yes"))
"""
# Requests that the platform got while the first call to the receiver of webhooks was still waiting for its answer.
SENT_MEANWHILE = """
from datetime import timedelta
from onboarding.models import *
for first in WebhookAttempt.objects.order_by("pk")[:1]:
    print(OnboardingRequest.objects.filter(sent_at__lt=first.started_at + timedelta(seconds=10)).count())
"""


class TestWorker:
    def test_fetches_the_catalogue_and_stops_within_ten_seconds(self, environment: dict[str, str]) -> None:
        manage(environment, "migrate", "-v0")
        worker = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "worker"], env=environment, cwd=ROOT)
        try:
            ask = "from onboarding.models import *; print(CatalogueSnapshot.objects.exclude(fetched_at=None).count())"
            wait_for(environment, ask, "1")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=10) == 0
        finally:
            worker.kill()
            worker.wait()

    def test_goes_on_while_the_receiver_of_webhooks_hangs(self, environment: dict[str, str]) -> None:
        with Receiver() as receiver:
            receiver.always = receiver.hang
            environment |= {"WORKER_THREADS": "1"}
            manage(environment, "migrate", "-v0")
            add = f"from onboarding.models import *; WebhookEndpoint.objects.create(name='CRM', url='{receiver.url}')"
            manage(environment, "shell", "-v0", "-c", add)
            worker = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "worker"], env=environment, cwd=ROOT)
            try:
                manage(environment, "shell", "-v0", "-c", CONSENT)
                wait_for(environment, "from onboarding.models import *; print(WebhookAttempt.objects.count())", "1")
                manage(environment, "shell", "-v0", "-c", CONSENT)
                wait_for(environment, SENT_MEANWHILE, "2")
                under_way = (
                    "from onboarding.models import *; print(WebhookAttempt.objects.filter(seconds=None).count())"
                )
                wait_for(environment, under_way, "1")
            finally:
                worker.kill()
                worker.wait()
