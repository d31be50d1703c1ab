"""A file of invitations whose customers are invited at the moment at which one of them is erased."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.intake import invitations
from onboarding.models import BulkJob, Mail, OnboardingRequest
from onboarding.privacy import erasure
from onboarding.support import invitation_rows
from tests import racing
from tests.customers import do
from tests.desk import sign_in
from tests.onboarding.desk.test_invitation_files import ANN, checked, invite, outcomes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("platform")]


def erase_amid(job: BulkJob, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Erase a customer while a worker is at their row, right after it did this."""
    begun, whole = threading.Event(), getattr(module, name)

    def stopped(*args: Any, **how: Any) -> Any:
        answer = whole(*args, **how)
        begun.set()
        erased.wait(0.5)  # in vain, where an erasure waits for the row
        return answer

    erased = threading.Event()

    def erase() -> None:
        assert begun.wait(10)
        erasure.ask_for_address("ann@example.org", by="sue", reason="Asked.")
        erased.set()

    monkeypatch.setattr(module, name, stopped)
    operations: list[Callable[[], object]] = [lambda: do(job), erase]
    racing.at_once(operations)


@pytest.mark.parametrize(("module", "name"), [(invitation_rows, "_form_of"), (invitations, "mail_invitation")])
def test_invites_nobody_who_is_erased(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    desk = sign_in("agent")
    file = checked(desk, ANN)
    invite(desk, file)
    erase_amid(BulkJob.objects.latest("pk"), monkeypatch, module, name)
    assert not OnboardingRequest.objects.exists()
    assert not Mail.objects.exists()


def test_checks_nobody_who_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = sign_in("agent")
    file = checked(desk, ANN)
    file.rows.update(outcome="waiting")
    job = BulkJob.objects.get()
    BulkJob.objects.update(keys=[file.rows.get().pk], done=0, finished_at=None, due_at=job.created_at)
    erase_amid(job, monkeypatch, invitation_rows, "_form_of")
    assert outcomes(file) == ["left_out"]
