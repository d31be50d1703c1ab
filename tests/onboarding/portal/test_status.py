"""The status page, its poll, and the way back from the manufacturer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries

from onboarding.lib.safe_links import safe_link
from onboarding.models import Device, OnboardingRequest
from sandbox import bench, magic
from tests.customers import GUIDES_VIN, Customer, work, work_until
from tests.onboarding.portal.test_wizard import text_of

HTMX = {"HX-Request": "true"}


def poll(customer: Customer, version: int | None = None) -> object:
    shown = customer.request.version if version is None else version
    return customer.client.get(customer.url("status/panel"), {"v": shown}, headers=HTMX)


class TestStatusPage:
    @pytest.mark.parametrize(
        ("ending", "words"),
        [
            ("0800", "One step for you at Audi"),
            ("0801", "Please say yes to Audi"),
            ("0602", "One step for you at Audi"),
            ("0803", "Your device is being connected"),
        ],
    )
    def test_says_who_must_act(self, customer: Customer, settings: Settings, ending: str, words: str) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit(vin=magic.BY_ENDING[ending].vin)
        work()
        bench.let_steps_pass(1)
        OnboardingRequest.objects.update(due_at=timezone.now())
        work()
        assert words in text_of(customer.get("status"))

    @pytest.mark.parametrize(
        ("ending", "state", "words"),
        [
            ("0803", "connected", "Your device is connected"),
            ("0700", "failed", "Audi could not reach your car"),
            ("0701", "canceled", "This request was canceled"),
            ("0400", "rejected", "One answer needs another look"),
        ],
    )
    def test_tells_the_outcome(self, customer: Customer, ending: str, state: str, words: str) -> None:
        customer.submit(vin=magic.BY_ENDING[ending].vin)
        work_until(customer.request, state)
        Device.objects.update(health="flowing", first_data_at=timezone.now())
        page = customer.get("status").content.decode()
        assert words in page
        assert "data-poll" not in page

    def test_links_to_the_manufacturers_page_in_the_same_window(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0800"].vin)
        for _round in range(3):
            OnboardingRequest.objects.update(due_at=timezone.now())
            work()
        page = customer.get("status").content.decode()
        link = customer.request.redirect_link
        assert f'href="{link}"' in page
        assert " target=" not in page

    def test_says_that_the_platform_is_away(self, customer: Customer) -> None:
        bench.go_away()
        customer.submit()
        work()
        assert "We cannot reach the platform right now" in text_of(customer.get("status"))

    def test_shows_the_support_code(self, customer: Customer) -> None:
        customer.submit()
        assert customer.request.spoken_support_code in text_of(customer.get("status"))

    def test_says_of_each_step_what_came_of_it_or_from_whom_it_is_awaited(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0803"].vin)
        row = work_until(customer.request, "following")
        row.transactions.all().delete()
        for position, (kind, status) in enumerate((("CreateEntity", "Done"), ("CreatePermissions", "Pending"))):
            row.transactions.create(position=position, type=kind, status=status)
        page = text_of(customer.get("status"))
        assert "Your device is known to the platform." in page
        assert "The platform waits for Audi to say that it is allowed." in page
        OnboardingRequest.objects.update(action_type="Redirect")
        assert "This waits for you: allow the connection at Audi." in text_of(customer.get("status"))

    def test_shows_one_step_when_the_platform_lists_none(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0603"].vin)
        work_until(customer.request, "connected")
        assert customer.get("status").content.count(b"transaction--done") == 1

    def test_escapes_what_the_platform_says(self, customer: Customer) -> None:
        customer.submit()
        work()
        OnboardingRequest.objects.update(state="failed", errors=[{"code": "x", "message": "<script>alert(1)</script>"}])
        page = customer.get("status").content.decode()
        assert "<script>alert" not in page
        assert escape("<script>alert(1)</script>") in page

    def test_survives_a_type_that_is_not_offered_any_more(self, customer: Customer) -> None:
        customer.submit()
        OnboardingRequest.objects.update(type="Hovercraft", manufacturer="Nobody", state="following", status="???")
        assert "Hovercraft, Nobody" in text_of(customer.get("status"))


class TestPoll:
    def test_is_answered_with_nothing_while_nothing_changed(self, customer: Customer) -> None:
        customer.submit()
        response = poll(customer)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["Cache-Control"] == "no-store"

    def test_brings_the_panel_alone_when_something_changed(self, customer: Customer) -> None:
        customer.submit()
        version = customer.request.version
        work()
        response = poll(customer, version)
        content = response.content.decode()
        assert content.strip().startswith('<div id="live"')
        assert "<html" not in content
        assert f"?v={customer.request.version}" in content
        assert "HX-Push-Url" not in response.headers

    def test_announces_the_change_outside_the_panel(self, customer: Customer) -> None:
        customer.submit()
        work_until(customer.request, "connected")
        content = poll(customer, 1).content.decode()
        assert 'id="announcement" hx-swap-oob="innerHTML">Your device is connected. 3 of 3 steps done.' in content
        assert "hx-swap-oob" not in customer.get("status").content.decode()

    def test_stops_by_leaving_out_the_trigger(self, customer: Customer) -> None:
        customer.submit()
        work_until(customer.request, "connected")
        Device.objects.update(health="flowing", first_data_at=timezone.now())
        assert "hx-trigger" not in poll(customer, 1).content.decode()

    def test_costs_one_read_while_nothing_changed(
        self, customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer.submit()
        poll(customer)
        version = customer.request.version
        with django_assert_num_queries(1):
            poll(customer, version)

    def test_writes_that_it_was_seen_at_most_every_ten_seconds(self, customer: Customer) -> None:
        customer.submit()
        poll(customer)
        first = customer.request.seen_at
        poll(customer)
        assert customer.request.seen_at == first
        OnboardingRequest.objects.update(seen_at=timezone.now() - timedelta(seconds=11))
        poll(customer)
        assert customer.request.seen_at > first

    def test_wakes_the_worker_for_somebody_who_came_back(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        later = timezone.now() + timedelta(hours=1)
        OnboardingRequest.objects.update(due_at=later, seen_at=timezone.now() - timedelta(hours=1))
        poll(customer)
        assert customer.request.due_at < later

    @pytest.mark.parametrize(("headers", "is_hastened"), [({}, False), ({"Came-Back": "1"}, True)])
    def test_a_minute_after_the_last_wakes_the_worker_only_for_somebody_who_looks_again(
        self, customer: Customer, settings: Settings, headers: dict[str, str], is_hastened: bool
    ) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        later = timezone.now() + timedelta(minutes=5)
        OnboardingRequest.objects.update(due_at=later, seen_at=timezone.now() - timedelta(seconds=61))
        customer.client.get(customer.url("status/panel"), {"v": "1"}, headers=HTMX | headers)
        assert (customer.request.due_at < later) is is_hastened

    @pytest.mark.parametrize("tabs", [1, 100])
    def test_of_many_tabs_asks_the_platform_no_more_often(
        self, customer: Customer, settings: Settings, tabs: int
    ) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        customer.get("status")
        work()
        due = customer.request.due_at
        for _tab in range(tabs):
            poll(customer)
        assert customer.request.due_at == due

    def test_never_calls_the_platform(self, customer: Customer) -> None:
        customer.submit()
        bench.go_away()
        assert poll(customer, 1).status_code == 200

    def test_leads_a_plain_browser_to_the_page(self, customer: Customer) -> None:
        customer.submit()
        response = customer.get("status/panel")
        assert response.headers["Location"] == customer.url("status")


class TestTryAgain:
    def test_begins_a_new_draft_with_the_same_answers(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0700"].vin)
        failed = work_until(customer.request, "failed")
        response = customer.post("again")
        assert response.headers["Location"].endswith("/check/")
        draft = OnboardingRequest.objects.exclude(pk=failed.pk).get()
        assert (draft.type, draft.manufacturer, draft.attributes) == ("EV", "Audi", failed.attributes)
        assert draft.state == "draft"

    def test_is_not_offered_while_the_first_is_alive(self, customer: Customer) -> None:
        customer.submit()
        customer.post("again")
        assert OnboardingRequest.objects.count() == 1

    def test_opens_the_same_new_draft_when_pressed_twice(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0700"].vin)
        work_until(customer.request, "failed")
        places = {customer.post("again").headers["Location"] for _click in range(2)}
        assert len(places) == 1


class TestComingBack:
    def test_leads_the_browser_that_began_to_its_status(self, customer: Customer) -> None:
        customer.submit()
        response = customer.client.get(f"/return/{customer.reference}/?status=ok")
        assert response.headers["Location"] == customer.url("status")

    def test_by_a_form_leads_to_the_same_page_and_reads_nothing(self, customer: Customer) -> None:
        """As browsers send it: from another site, so without a cookie and without a token."""
        customer.submit()
        from_afar = Client(enforce_csrf_checks=True)
        response = from_afar.post(f"/return/{customer.reference}/?state=x", {"status": "Succeeded"})
        assert response.headers["Location"] == f"/return/{customer.reference}/"
        assert not from_afar.cookies
        response = customer.client.get(response.headers["Location"])
        assert response.headers["Location"] == customer.url("status")

    def test_without_an_answer_there_is_their_turn_as_soon_as_the_platform_was_asked(self, customer: Customer) -> None:
        """Who pressed "Come back later" there, or went back by themselves."""
        customer.submit(vin=magic.BY_ENDING["0800"].vin)
        for _round in range(3):
            OnboardingRequest.objects.update(due_at=timezone.now())
            work()
        customer.client.get(f"/return/{customer.reference}/?status=later")
        assert "Checking with Audi" in text_of(customer.get("status"))
        shown = customer.request.shown_version
        work()
        page = text_of(customer.get("status"))
        assert "Your turn" in page
        assert "You were there, and they have not told us yet" in page
        assert "Continue to Audi" in page
        assert poll(customer, shown).status_code == 200

    def test_shows_nothing_private_to_any_other(self, customer: Customer) -> None:
        customer.submit()
        pages = [Client().get(f"/return/{reference}/").content for reference in (customer.reference, "unknown")]
        assert b"You are back" in pages[0]
        assert pages[0] == pages[1]
        for private in (GUIDES_VIN, "Audi", customer.request.support_code):
            assert private.encode() not in pages[0]

    def test_believes_no_word_of_the_address(self, customer: Customer) -> None:
        customer.submit()
        customer.client.get(f"/return/{customer.reference}/?status=Succeeded&state=connected")
        assert customer.request.state == "queued"


class TestSafeLink:
    @pytest.mark.parametrize("link", ["https://login.example.org/consent?id=1", "https://example.org"])
    def test_passes_https(self, link: str) -> None:
        assert safe_link(link) == link

    def test_passes_our_own_sandbox(self, settings: Settings) -> None:
        link = f"{settings.SANDBOX_PAGES_URL}/consent/1/"
        assert safe_link(link) == link

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "http://example.org",
            "javascript:alert(1)",
            "//example.org/x",
            "https:example.org",
            "https:///path",
            "https://exa mple.org",
            "https://example.org\\@evil.example",
            "https://example.org/\nx",
            "data:text/html,x",
            "/sandbox/consent/1/",
        ],
    )
    def test_drops_everything_else(self, link: str) -> None:
        assert safe_link(link) == ""

    def test_passes_a_sandbox_served_on_this_machine(self, settings: Settings) -> None:
        settings.USES_EMBEDDED_SANDBOX = False
        settings.REALTO_API_URL = "http://127.0.0.1:9000/api"
        assert safe_link("http://127.0.0.1:9000/sandbox/consent/1/")
        assert not safe_link("http://example.org/sandbox/consent/1/")
        settings.REALTO_API_URL = "https://platform.example.org/api"
        assert not safe_link("http://127.0.0.1:9000/sandbox/consent/1/")

    def test_does_not_know_the_sandbox_when_the_platform_is_real(self, settings: Settings) -> None:
        settings.USES_EMBEDDED_SANDBOX = False
        assert safe_link(f"{settings.SANDBOX_PAGES_URL}/consent/1/") == ""
