"""What happens to a file of invitations, and to saved views, at the same moment."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from onboarding.desk.saved_views import MOST_VIEWS
from onboarding.intake import invitations
from onboarding.models import BulkJob, InvitationFile, Mail, OnboardingRequest, SavedView
from onboarding.privacy import erasure
from onboarding.support import invitation_rows
from tests import racing
from tests.customers import do, work
from tests.desk import sign_in
from tests.onboarding.desk.test_invitation_files import ANN, checked, invite, outcomes, page_of, upload

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


def test_is_invited_or_forgotten_when_both_are_pressed() -> None:
    ann, sue = sign_in("agent"), sign_in("supervisor")
    for number in range(4):
        file = checked(ann, ANN.replace("K-17", f"K-{number}"))
        pages = [(desk, page) for desk in (ann, sue) for page in ("discard/", "invite/")]
        answers = racing.at_once([partial(desk.post, page_of(file, page)) for desk, page in pages])
        assert {answer.status_code for answer in answers} <= {302, 404}
        is_left = InvitationFile.objects.filter(pk=file.pk).exists()
        assert BulkJob.objects.filter(action="invite_rows", finished_at=None).exists() == is_left
        work()


def test_is_one_file_for_each_colleague_however_often_a_page_is_sent() -> None:
    desks = [sign_in("agent")] * 4 + [sign_in("supervisor")]
    answers = racing.at_once([partial(upload, desk, ANN, key="k") for desk in desks])
    assert {answer.status_code for answer in answers} == {302}
    assert InvitationFile.objects.count() == BulkJob.objects.count() == 2


def test_keeps_no_more_views_than_the_menu_shows() -> None:
    desk = sign_in("viewer")
    user = User.objects.get(pk=desk.session["_auth_user_id"])
    SavedView.objects.bulk_create(SavedView(user=user, name=f"v{n}", query="queue=us") for n in range(MOST_VIEWS - 1))
    pages = [{"name": f"w{n}", "query": "queue=us"} for n in range(4)]
    racing.at_once([partial(desk.post, "/admin/views/", page) for page in pages])
    assert SavedView.objects.count() == MOST_VIEWS
