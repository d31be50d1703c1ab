"""The list's actions: one page to confirm, then workers, and a page that shows how far they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import BulkJob, Event, OnboardingRequest
from onboarding.support import bulk
from tests.customers import work
from tests.desk import ROLES, colleague_with, sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/onboarding/onboardingrequest/"
JOBS = "/admin/onboarding/bulkjob/"
ADDRESS = "ann@example.org"
LATER = timezone.now() + timedelta(hours=1)
HTMX = {"HX-Request": "true"}
ACTIONS = [action for action in BulkJob.Action.values if action not in BulkJob.OF_ROWS]


def make(count: int = 1, **columns: Any) -> list[int]:
    known: dict[str, Any] = {"browser": "b", "state": "following", "type": "EV", "manufacturer": "Audi"}
    rows = [OnboardingRequest(**known | columns) for _number in range(count)]
    return [row.pk for row in OnboardingRequest.objects.bulk_create(rows)]


def choose(client: Client, action: str, keys: list[int], where: str = LIST, **form: str) -> Any:
    return client.post(where, {"action": action, "_selected_action": keys} | form)


def confirm(client: Client, action: str, keys: list[int], where: str = LIST, **form: str) -> Any:
    return choose(client, action, keys, where, **({"confirmed": str(len(keys))} | form))


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


@pytest.fixture
def agent() -> Client:
    return sign_in("agent")


class TestChoosing:
    @pytest.mark.parametrize("action", ACTIONS)
    def test_says_for_how_many_and_begins_nothing(self, agent: Client, action: str) -> None:
        page = words(choose(agent, action, make(2)))
        assert "For 2 requests:" in page
        assert f'<input type="hidden" name="action" value="{action}">' in page
        assert not BulkJob.objects.exists()

    def test_asks_again_when_they_became_more_meanwhile(self, agent: Client) -> None:
        page = words(confirm(agent, "add_note", make(3), note="Called.", confirmed="2"))
        assert "It was for 2 requests, and is for 3 now. Nothing is done yet." in page
        assert not BulkJob.objects.exists()

    def test_is_one_job_however_often_the_page_is_sent(self, agent: Client) -> None:
        keys = make()
        for _time in range(2):
            confirm(agent, "add_note", keys, note="Called.", page="p")
        assert BulkJob.objects.count() == 1

    def test_asks_for_a_reason_where_one_is_needed(self, agent: Client) -> None:
        page = words(confirm(agent, "mark_handled", make(), reason=""))
        assert "This field is required." in page
        assert not BulkJob.objects.exists()

    def test_is_for_those_who_may(self) -> None:
        keys = make()
        for role in set(ROLES) - {"agent", "supervisor"}:
            client = sign_in(role)
            for action in ACTIONS:
                assert confirm(client, action, keys, reason="x", note="x", what="link").status_code == 403
        assert not BulkJob.objects.exists()

    def test_offers_what_somebody_may_and_no_more(self) -> None:
        client = colleague_with("view_onboardingrequest", "check_now")
        make()
        page = client.get(LIST).content.decode()
        assert '<option value="check_now"' in page
        assert '<option value="resume"' not in page
        assert '<option value="evidence"' not in page

    def test_of_too_many_says_so(self, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("onboarding.desk.bulk.MOST_IN_BULK", 2)
        answer = choose(agent, "check_now", make(3), select_across="1")
        assert "These are more than 2 requests." in words(agent.get(answer.headers["Location"]))
        assert not BulkJob.objects.exists()


class TestConfirming:
    def test_leaves_the_work_to_workers(self, agent: Client, platform: Catalogue) -> None:
        keys = make(2, due_at=LATER)
        answer = confirm(agent, "check_now", keys, reason="The maker is back.")
        job = BulkJob.objects.get()
        assert answer.headers["Location"] == f"{JOBS}{job.pk}/change/"
        assert (job.action, job.by, job.keys, job.total) == ("check_now", "agent-ann", keys, 2)
        assert not Event.objects.exists()
        work()
        told = {"by": "agent-ann", "reason": "The maker is back."}
        assert [event.detail for event in Event.objects.filter(name="hurried")] == [told, told]

    def test_takes_all_that_the_list_shows_and_no_others(self, agent: Client) -> None:
        stopped = make(60, state="queued", needs_staff="unanswered")
        make(5)
        where = f"{LIST}?queue=us"
        page = words(choose(agent, "resume", stopped[:25], where, select_across="1"))
        assert "For 60 requests:" in page
        assert '<input type="hidden" name="select_across" value="1">' in page
        confirm(agent, "resume", stopped[:25], where, select_across="1", confirmed="60", reason="")
        assert BulkJob.objects.get().keys == stopped

    def test_costs_the_same_for_thousands(
        self, agent: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        keys = make(3000)
        with django_assert_max_num_queries(16):
            confirm(agent, "add_note", keys[:1], select_across="1", confirmed="3000", note="Called.")
        assert BulkJob.objects.get().total == 3000

    def test_sends_mails_of_the_chosen_kind(self, agent: Client) -> None:
        confirm(agent, "resend_mail", make(contact_email=ADDRESS), what="link", reason="")
        work()
        assert Event.objects.get(name="mail-sent-again").detail == {"by": "agent-ann", "kind": "link"}

    def test_leads_back_to_the_list_who_may_not_see_jobs(self) -> None:
        client = colleague_with("view_onboardingrequest", "add_note")
        answer = confirm(client, "add_note", make(), note="Called.")
        assert answer.headers["Location"] == LIST
        assert "Workers have begun." in words(client.get(LIST))
        assert BulkJob.objects.exists()


class TestProgress:
    @pytest.fixture
    def job(self) -> BulkJob:
        return bulk.start_bulk("add_note", [*make(2), 10**9], by="ann", page="p", detail={"note": "Called."})

    def test_is_shown_without_scripts(self, agent: Client, job: BulkJob) -> None:
        page = words(agent.get(f"{JOBS}{job.pk}/change/"))
        assert "<strong>Waiting for a worker.</strong> 0 of 3 requests are through." in page
        assert f'<a href="{JOBS}{job.pk}/change/">Look again</a>' in page
        work()
        page = words(agent.get(f"{JOBS}{job.pk}/change/"))
        assert "3 of 3 requests are through." in page
        assert "Done: 2" in page
        assert "Skipped, because it did not apply: 1" in page
        assert "Look again" not in page

    def test_is_polled_until_it_is_finished(self, agent: Client, job: BulkJob) -> None:
        page = words(agent.get(f"{JOBS}{job.pk}/change/"))
        poll = f"{JOBS}{job.pk}/progress/?v=0"
        assert f'hx-get="{poll}"' in page
        assert agent.get(poll, headers=HTMX).status_code == 204
        work()
        answer = agent.get(poll, headers=HTMX)
        assert "Finished on " in words(answer)
        assert "hx-get" not in words(answer)
        assert "<html" not in words(answer)
        assert agent.get(f"{JOBS}{job.pk}/progress/?v=3-finished", headers=HTMX).status_code == 204

    def test_leads_a_plain_browser_to_the_page(self, agent: Client, job: BulkJob) -> None:
        assert agent.get(f"{JOBS}{job.pk}/progress/").headers["Location"] == f"{JOBS}{job.pk}/change/"

    def test_is_not_for_viewers(self, job: BulkJob) -> None:
        assert sign_in("viewer").get(f"{JOBS}{job.pk}/progress/", headers=HTMX).status_code == 403

    def test_of_a_job_that_is_not_there_is_not_found(self, agent: Client) -> None:
        assert agent.get(f"{JOBS}4711/progress/", headers=HTMX).status_code == 404

    def test_is_listed_with_who_and_what(self, agent: Client, job: BulkJob) -> None:
        page = words(agent.get(JOBS))
        assert "Add a note" in page
        assert ">ann<" in page
