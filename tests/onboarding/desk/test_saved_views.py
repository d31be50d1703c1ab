"""Views that a colleague keeps: under a name, one press away, and nobody else's business."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from onboarding.desk.saved_views import MOST_VIEWS
from onboarding.models import OnboardingRequest, SavedView
from tests.desk import colleague_with, sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/onboarding/onboardingrequest/"


@pytest.fixture
def ann() -> Client:
    return sign_in("viewer")


def keep(client: Client, name: str, query: str, **more: str) -> str:
    response = client.post("/admin/views/", {"name": name, "query": query, **more}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def navigation(page: str) -> dict[str, str]:
    side = page.split('<nav class="desk-nav"')[1].split("</nav>")[0]
    return {title: url for url, title in re.findall(r'href="([^"]+)"[^>]*>([^<\n]+)', side)}


class TestKeptView:
    def test_is_on_every_page_of_its_colleague(self, ann: Client) -> None:
        keep(ann, "Refused", "state__exact=rejected")
        assert navigation(ann.get("/admin/").content.decode())["Refused"] == f"{LIST}?state__exact=rejected"
        other = colleague_with("view_onboardingrequest")
        assert "Refused" not in navigation(other.get("/admin/").content.decode())

    def test_shows_what_was_shown_when_it_was_kept(self, ann: Client) -> None:
        refused = OnboardingRequest.objects.create(state="rejected")
        OnboardingRequest.objects.create(state="connected")
        keep(ann, "Refused", "state__exact=rejected")
        url = navigation(ann.get("/admin/").content.decode())["Refused"]
        assert list(ann.get(url).context["cl"].result_list) == [refused]

    def test_keeps_nothing_that_was_searched(self, ann: Client) -> None:
        keep(ann, "Odd", "q=jan%40mail.example&state__exact=failed&p=3")
        assert SavedView.objects.get().query == "state__exact=failed"

    def test_takes_the_place_of_another_of_its_name(self, ann: Client) -> None:
        keep(ann, "Mine", "queue=us")
        keep(ann, "Mine", "queue=failed")
        assert SavedView.objects.get().query == "queue=failed"

    def test_can_be_forgotten(self, ann: Client) -> None:
        page = keep(ann, "Mine", "queue=us")
        assert "Remove “Mine” from your views" in page
        assert "Mine" not in navigation(keep(ann, "Mine", "queue=us", forget="1"))
        assert not SavedView.objects.exists()

    def test_is_nobody_elses_to_forget(self, ann: Client) -> None:
        keep(ann, "Mine", "queue=us")
        keep(colleague_with("view_onboardingrequest"), "Mine", "queue=us", forget="1")
        assert SavedView.objects.get().user == User.objects.get(username="viewer-ann")

    def test_is_one_of_a_few(self, ann: Client) -> None:
        for number in range(MOST_VIEWS):
            keep(ann, f"View {number}", f"state__exact=s{number}")
        assert "Remove one before you keep another." in keep(ann, "One more", "queue=us")
        assert SavedView.objects.count() == MOST_VIEWS

    @pytest.mark.parametrize(
        ("name", "query"),
        [
            *(("", "queue=us"), ("x" * 61, "queue=us"), ("All", "q=jan"), ("All", "")),
            *(("Long", "a=" + "b" * 300), ("Accents", "a=" + "é" * 150)),
        ],
    )
    def test_has_a_name_and_a_bound(self, ann: Client, name: str, query: str) -> None:
        keep(ann, name, query)
        assert not SavedView.objects.exists()

    def test_goes_with_its_colleague(self, ann: Client) -> None:
        keep(ann, "Mine", "queue=us")
        User.objects.get(username="viewer-ann").delete()
        assert not SavedView.objects.exists()


class TestListOfRequests:
    @pytest.mark.parametrize("query", ["queue=us", "state__exact=failed", "begun=week"])
    def test_offers_to_keep_what_is_narrowed_down(self, ann: Client, query: str) -> None:
        assert "Keep this view" in ann.get(f"{LIST}?{query}").content.decode()

    @pytest.mark.parametrize("query", ["", "q=jan%40mail.example"])
    def test_offers_nothing_for_all_of_it_and_for_a_search(self, ann: Client, query: str) -> None:
        assert "Keep this view" not in ann.get(f"{LIST}?{query}").content.decode()
