"""One request after the other: how many wait stands on every page, and each leads to the next of its queue."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.models import Device, OnboardingRequest
from tests.desk import sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/onboarding/onboardingrequest/"
NOW = timezone.now()


@pytest.fixture
def agent() -> Client:
    return sign_in("agent")


def waiting(days: int, **columns: object) -> OnboardingRequest:
    shown = {"state": "rejected", "type": "EV", "manufacturer": "Audi"}
    return OnboardingRequest.objects.create(turn_since=NOW - timedelta(days=days), **(shown | columns))


def opened(client: Client, row: OnboardingRequest, queue: str = "customer") -> str:
    """Open a request as its queue's list leads to it."""
    page = client.get(f"{LIST}?queue={queue}").content.decode()
    (link,) = re.findall(rf'href="({LIST}{row.pk}/change/[^"]*)"', page)
    return client.get(link).content.decode()


def next_of(page: str) -> str:
    return re.findall(r'href="([^"]+)" rel="next"', page)[0]


class TestNextInQueue:
    def test_is_what_has_waited_longest_after_this_one(self, agent: Client) -> None:
        newest, oldest, middle = waiting(1), waiting(9), waiting(5)
        assert f"/{middle.pk}/" in next_of(opened(agent, oldest))
        assert f"/{newest.pk}/" in next_of(opened(agent, middle))

    def test_begins_anew_after_the_last(self, agent: Client) -> None:
        oldest, newest = waiting(9), waiting(1)
        assert f"/{oldest.pk}/" in next_of(opened(agent, newest))

    def test_leads_on_from_page_to_page(self, agent: Client) -> None:
        rows = [waiting(days) for days in (9, 5, 1)]
        page = opened(agent, rows[0])
        for row in (rows[1], rows[2], rows[0]):
            link = next_of(page)
            assert f"/{row.pk}/" in link
            page = agent.get(link).content.decode()

    def test_is_of_devices_what_has_been_silent_longest_after_this_one(self, agent: Client) -> None:
        """Whatever waits longest otherwise: it is over since long ago that they were connected."""
        first, second, third = (waiting(days, state="connected") for days in (1, 9, 5))
        for row, days in ((first, 9), (second, 5), (third, 1)):
            Device.objects.create(request=row, health="quiet", health_since=NOW - timedelta(days=days))
        assert f"/{second.pk}/" in next_of(opened(agent, first, "quiet"))
        assert f"/{first.pk}/" in next_of(opened(agent, third, "quiet"))

    def test_is_still_there_after_something_was_done(self, agent: Client) -> None:
        first, second = waiting(9, contact_email="a@mail.example"), waiting(1)
        page = opened(agent, first)
        (link,) = re.findall(r'href="([^"]+add-note/[^"]*)"', page)
        done = agent.post(link, {"note": "Called."}, follow=True).content.decode()
        assert "The note is on the timeline." in done
        assert f"/{second.pk}/" in next_of(done)

    def test_is_not_there_alone_or_from_elsewhere(self, agent: Client) -> None:
        row = waiting(1)
        assert 'rel="next"' not in opened(agent, row)
        waiting(2)
        assert 'rel="next"' not in agent.get(f"{LIST}{row.pk}/change/").content.decode()
        assert (
            'rel="next"' not in agent.get(f"{LIST}{row.pk}/change/?_changelist_filters=queue%3Dnone").content.decode()
        )


class TestCountsInNavigation:
    def counts(self, page: str) -> dict[str, str]:
        side = page.split('<nav class="desk-nav"')[1].split("</nav>")[0]
        found = re.findall(r"\?queue=(\w+)\"[^>]*>[^<]*(?:<span class=\"desk-nav__count\">([^<]+))?", side)
        return dict(found)

    def test_stand_on_every_page(self, agent: Client) -> None:
        waiting(1), waiting(2)
        page = agent.get("/admin/onboarding/mail/").content.decode()
        nobody = dict.fromkeys(("us", "manufacturer", "withdrawing", "failed", "quiet"), "")
        assert self.counts(page) == nobody | {"customer": "2"}

    def test_end_where_a_glance_does(self, agent: Client) -> None:
        OnboardingRequest.objects.bulk_create(
            OnboardingRequest(browser="b", state="rejected", type="EV", manufacturer="Audi") for _number in range(101)
        )
        assert self.counts(agent.get("/admin/onboarding/mail/").content.decode())["customer"] == "99+"

    def test_are_counted_once_for_some_seconds_and_read_no_more_than_they_show(self, agent: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            for _time in range(3):
                agent.get("/admin/onboarding/mail/")
        counted = [query["sql"] for query in queries if "COUNT" in query["sql"] and "onboardingrequest" in query["sql"]]
        assert len(counted) == 6
        assert all("LIMIT 100" in sql for sql in counted)

    def test_are_for_who_may_see_requests(self) -> None:
        assert self.counts(sign_in("nobody").get("/admin/").content.decode()) == {}


class TestLoudestButton:
    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"state": "following", "needs_staff": "too-old"}, "Let the workers go on"),
            ({"state": "following", "due_at": NOW + timedelta(hours=1)}, "Check now"),
            (
                {"state": "following", "action_type": "Redirect", "due_at": NOW + timedelta(hours=1)},
                "Send a mail or a link",
            ),
            ({"state": "connected", "needs_staff": "several"}, "Mark as handled"),
            ({"state": "connected"}, "Add a note"),
        ],
    )
    def test_is_what_a_colleague_most_likely_came_for(
        self, agent: Client, columns: dict[str, object], words: str
    ) -> None:
        row = waiting(1, **({"contact_email": "a@mail.example", "platform_id": "p"} | columns))
        page = agent.get(f"{LIST}{row.pk}/change/").content.decode()
        assert re.findall(r'operation--likeliest" href="[^"]+">([^<]+)<', page) == [words]

    def test_is_never_one_that_cannot_be_undone_while_something_runs(self) -> None:
        row = waiting(1, state="following", due_at=NOW)
        page = sign_in("supervisor").get(f"{LIST}{row.pk}/change/").content.decode()
        more = page[page.index('class="desk-more"') :]
        for words in ("Take consent back", "Erase it for the customer", "Change the e-mail address"):
            assert f">{words}<" in more[: more.index("</details>")]
            assert f">{words}<" not in page[: page.index('class="desk-more"')]
