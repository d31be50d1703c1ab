"""Campaigns at the desk: made, looked at, started, paused and ended; figures, who has not answered, and the file."""

import csv
import html
import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.consent.records import ConsentAct
from onboarding.desk import campaigns as pages
from onboarding.intake import draft
from onboarding.models import Campaign, CampaignMember, Event, Mail
from onboarding.support import campaigns
from tests.customers import work
from tests.desk import sign_in
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.support.test_campaigns import connected, new_text, words

pytestmark = pytest.mark.django_db
LIST, NEW = "/admin/onboarding/campaign/", "/admin/onboarding/campaign/new/"


@pytest.fixture
def ann() -> Client:
    return sign_in("supervisor")


def text_of(answer: Any) -> str:
    return html.unescape(" ".join(answer.content.decode().split()))


def make(ann: Client, **wanted: str) -> str:
    """Fill in the form, and let workers look. Returns the address of the campaign."""
    form = ann.get(NEW).context["form"]
    chosen = {"text": form.fields["text"].choices[0][0], "per_day": "1000", "key": form.initial["key"]}
    answer = ann.post(NEW, chosen | wanted)
    assert answer.status_code == 302, text_of(answer)
    work()
    return str(answer.headers["Location"])


def press(ann: Client, step: str, **more: str) -> None:
    ann.post(f"{LIST}{Campaign.objects.get().pk}/steer/", {"step": step, "per_day": "1000"} | more)
    work()


class TestMaking:
    def test_needs_a_text_that_asks_again(self, ann: Client) -> None:
        assert "No published text asks people to agree again." in text_of(ann.get(NEW))
        publish(accessed="Other words.")
        assert "No published text asks people to agree again." in text_of(ann.get(NEW))

    def test_offers_one_text_for_each_kind_of_device(self, ann: Client) -> None:
        new_text()
        new_text(language="nl")
        new_text(type="PV")
        choices = [label for _value, label in ann.get(NEW).context["form"].fields["text"].choices]
        assert [label.partition(":")[0] for label in choices] == ["PV", "Every device"]
        assert "(en)" in choices[1]
        assert "(nl)" in choices[1]

    def test_says_for_how_many_it_is_and_mails_nothing(self, ann: Client) -> None:
        connected(3)
        new_text()
        page = ann.get(make(ann, type="EV", per_day="2"))
        assert page.context["total"] == 3
        assert "Ready. Nobody is asked yet." in text_of(page)
        assert "all are asked within 2 days" in text_of(page)
        assert "EV. New text of version" in text_of(page)
        assert not Mail.objects.filter(kind="asked-again").exists()

    def test_refuses_a_day_or_a_pace_that_makes_no_sense(self, ann: Client) -> None:
        new_text()
        answer = ann.post(NEW, {"text": "0", "per_day": "0", "agreed_before": "soon"})
        assert {*answer.context["form"].errors} == {"text", "per_day", "agreed_before"}
        assert not Campaign.objects.exists()

    def test_twice_by_one_page_is_one(self, ann: Client) -> None:
        new_text()
        key = "a" * 32
        assert make(ann, key=key) == make(ann, key=key)

    def test_shows_how_far_workers_are(self, ann: Client) -> None:
        connected()
        new_text()
        url = make(ann)
        Campaign.objects.update(stage="gathering")
        panel = f"{url.removesuffix('change/')}progress/"
        poll = {"HX-Request": "true", "HX-Target": "campaign-panel"}
        version = ann.get(url).context["version"]
        assert ann.get(panel, {"v": version}, headers=poll).status_code == 204
        Campaign.objects.update(stage="ready")
        assert "Nobody is asked yet." in text_of(ann.get(panel, {"v": version}, headers=poll))


class TestSteering:
    @pytest.fixture
    def url(self, ann: Client) -> str:
        connected(3)
        new_text()
        return make(ann)

    def test_starts_pauses_goes_on_and_ends(self, ann: Client, url: str) -> None:
        press(ann, "start")
        assert "Workers ask the customers." in text_of(ann.get(url))
        assert Mail.objects.filter(kind="asked-again").count() == 3
        press(ann, "pause")
        assert "Paused. Nobody is asked meanwhile." in text_of(ann.get(url))
        press(ann, "resume", per_day="7")
        assert Campaign.objects.get().per_day == 7
        press(ann, "end")
        assert "Answers still count." in text_of(ann.get(url))

    def test_is_on_the_record(self, ann: Client, url: str) -> None:
        for step in ("start", "start", "pause", "resume", "end"):
            press(ann, step)
        events = Event.objects.filter(request=None).order_by("pk").values_list("name", "actor", "by")
        steps = ["campaign-start", "campaign-pause", "campaign-resume", "campaign-end"]
        assert list(events) == [(step, "staff", "supervisor-ann") for step in steps]
        assert "supervisor-ann started the campaign for the text" in text_of(ann.get("/admin/onboarding/event/"))

    def test_needs_a_pace(self, ann: Client, url: str) -> None:
        press(ann, "start", per_day="0")
        assert Campaign.objects.get().stage == "ready"
        assert "say how many mails a day" in text_of(ann.get(url))

    @pytest.mark.parametrize("step", ["resume", "pause", "delete"])
    def test_does_nothing_that_makes_no_sense(self, ann: Client, url: str, step: str) -> None:
        press(ann, step)
        assert Campaign.objects.get().stage == "ready"
        assert "Nothing was done" in text_of(ann.get(url))

    def test_is_not_for_agents(self, url: str) -> None:
        agent = sign_in("agent")
        page = text_of(agent.get(url))
        assert "Customers' devices" in page
        assert "Start: ask them" not in page
        assert agent.post(f"{LIST}{Campaign.objects.get().pk}/steer/", {"step": "start"}).status_code == 403
        assert agent.get(NEW).status_code == 403


class TestFigures:
    @pytest.fixture
    def url(self, ann: Client) -> str:
        self.agreed, self.silent = connected(2)
        new_text()
        url = make(ann)
        press(ann, "start")
        draft.renew_consent(self.agreed, words(self.agreed), ConsentAct("agreed"))
        return url

    def test_say_what_came_of_it_and_name_who_has_not_answered(self, ann: Client, url: str) -> None:
        page = ann.get(url)
        assert [(words, count) for _one, words, count in page.context["summary"]] == [
            ("no answer yet", 1),
            ("agreed", 1),
        ]
        shown = text_of(page)
        assert self.silent.spoken_support_code in shown
        assert self.agreed.spoken_support_code not in shown
        assert self.silent.contact_email not in shown

    def test_can_be_downloaded_by_support_code(self, ann: Client, url: str) -> None:
        answer = ann.get(f"{LIST}{Campaign.objects.get().pk}/answers.csv")
        head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head[0] == "support_code"
        today = f"{timezone.now():%Y-%m-%d}"
        assert sorted((row[0], row[4], row[5]) for row in rows) == sorted(
            [(self.agreed.spoken_support_code, "agreed", today), (self.silent.spoken_support_code, "asked", today)]
        )
        assert Event.objects.get(name="figures-exported").by == "supervisor-ann"

    def test_show_no_more_than_somebody_reads(self, ann: Client, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "MOST_SHOWN", 1)
        assert "The first who have not answered" in text_of(ann.get(url))

    def test_are_in_a_list_of_all_campaigns(self, ann: Client, url: str) -> None:
        shown = text_of(ann.get(LIST))
        assert "New campaign" in shown
        assert "Every device" in shown

    def test_cost_the_same_for_many(self, ann: Client, url: str, django_assert_max_num_queries: Any) -> None:
        campaign = Campaign.objects.get()
        members = [CampaignMember(campaign=campaign, request=row, outcome="asked") for row in connected(20)]
        CampaignMember.objects.bulk_create(members)
        with django_assert_max_num_queries(25):
            ann.get(url)
        assert campaigns.count_members(campaign)["asked"] == 21
