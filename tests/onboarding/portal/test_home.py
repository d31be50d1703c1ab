""" "My devices": how each device is, in plain words, and the one thing to do for it, if there is any."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from onboarding.lib.moments import at_last, on_day
from onboarding.models import Device, MakerHealth, OnboardingRequest
from tests.customers import Customer, work_until
from tests.onboarding.portal.test_wizard import text_of

NOW = timezone.now()
LONG_AGO = datetime(2024, 11, 3, 13, 3, tzinfo=UTC)


@pytest.fixture
def home(customer: Customer) -> Customer:
    """A customer whose browser is known; the request that made it so is out of the way."""
    customer.submit()
    OnboardingRequest.objects.update(type="")
    return customer


def connect(home: Customer, health: str = "flowing", manufacturer: str = "Audi", **facts: object) -> OnboardingRequest:
    row = make(home, "connected", manufacturer=manufacturer, consented_at=NOW, finished_at=NOW)
    Device.objects.create(request=row, health=health, **facts)
    return row


def make(home: Customer, state: str, **columns: object) -> OnboardingRequest:
    known = {"type": "EV", "manufacturer": "Audi"} | columns
    return OnboardingRequest.objects.create(browser=home.request.browser, state=state, **known)


def page(home: Customer) -> str:
    return text_of(home.client.get("/devices/"))


def cards(home: Customer, section: str = "devices") -> list[object]:
    found: list[object] = home.client.get("/devices/").context[section]
    return found


class TestDevice:
    @pytest.mark.parametrize(
        ("health", "facts", "words"),
        [
            ("waiting", {}, "No data yet The first data usually comes by tomorrow, after the first drive."),
            ("flowing", {"last_data_at": LONG_AGO}, "Data flows The last data came on 3 November 2024."),
            ("quiet", {"last_data_at": LONG_AGO}, "No data since 3 November 2024 Connecting it again usually helps"),
            ("quiet", {}, "No data from your device Connecting it again usually helps"),
            ("gone", {}, "Being checked The platform does not find your device right now."),
        ],
    )
    def test_is_told_in_plain_words(self, home: Customer, health: str, facts: dict[str, object], words: str) -> None:
        connect(home, health, **facts)
        assert words in page(home)

    def test_that_is_quiet_can_be_connected_again(self, home: Customer) -> None:
        connect(home, "quiet", last_data_at=LONG_AGO)
        [card] = cards(home)
        assert card.errand.words == "Connect it again"

    def test_of_a_silent_manufacturer_is_nobody_s_to_mend(self, home: Customer) -> None:
        connect(home, "quiet", last_data_at=LONG_AGO)
        MakerHealth.objects.create(type="EV", manufacturer="Audi", silent_since=NOW)
        assert "Many devices of Audi send nothing at the moment." in page(home)
        assert cards(home)[0].errand is None

    def test_says_until_when_its_consent_holds(self, home: Customer) -> None:
        endless, ending = connect(home), connect(home)
        OnboardingRequest.objects.filter(pk=ending.pk).update(consent_ends_at=datetime(2031, 5, 1, tzinfo=UTC))
        words = page(home)
        assert "Consent until you stop it." in words
        assert "Consent until 1 May 2031." in words
        assert endless.consent_ends_at is None

    def test_says_until_when_its_manufacturer_allows_it(self, home: Customer) -> None:
        connect(home, valid_until=datetime(2031, 5, 1, tzinfo=UTC))
        assert "Allowed at Audi until 1 May 2031." in page(home)

    def test_whose_consent_ends_soon_needs_its_owner(self, customer: Customer) -> None:
        customer.submit()
        row = work_until(customer.request, "connected")
        OnboardingRequest.objects.filter(pk=row.pk).update(consent_ends_at=NOW + timedelta(days=5))
        [card] = cards(customer)
        assert (card.errand.words, card.errand.url) == ("Keep it connected", customer.url("consent"))
        assert "Your consent ends on" in page(customer)

    @pytest.mark.parametrize(
        ("state", "columns", "errand"),
        [
            ("following", {"action_type": "Redirect"}, "Allow the step"),
            ("rejected", {}, "Correct it"),
            ("failed", {"finished_at": NOW - timedelta(days=1)}, "See what you can do"),
        ],
    )
    def test_on_its_way_says_what_to_do(
        self, home: Customer, state: str, columns: dict[str, object], errand: str
    ) -> None:
        make(home, state, consented_at=NOW, **columns)
        assert cards(home)[0].errand.words == errand

    def test_on_its_way_that_needs_nobody_has_no_button(self, home: Customer) -> None:
        make(home, "queued", consented_at=NOW)
        assert cards(home)[0].errand is None


class TestOrder:
    def test_begins_with_those_that_need_somebody(self, home: Customer) -> None:
        connect(home, "quiet", "BMW", last_data_at=LONG_AGO)
        connect(home, "gone", "Volvo")
        connect(home, "waiting", "Kia")
        connect(home, "flowing", "Audi")
        assert [card.manufacturer for card in cards(home)] == ["BMW", "Volvo", "Kia", "Audi"]

    def test_has_drafts_and_what_ended_apart(self, home: Customer) -> None:
        make(home, "draft", manufacturer="BMW")
        make(home, "withdrawn", manufacturer="Kia", consented_at=NOW, withdrawn_at=NOW, ended_as="withdrawn")
        make(home, "failed", manufacturer="Volvo", consented_at=NOW, finished_at=NOW - timedelta(days=8))
        found = {name: [card.manufacturer for card in cards(home, name)] for name in ("devices", "drafts", "ended")}
        assert found == {"devices": [], "drafts": ["BMW"], "ended": ["Volvo", "Kia"]}

    def test_leaves_out_what_another_connection_replaced(self, home: Customer) -> None:
        make(home, "withdrawing", consented_at=NOW, withdrawn_at=NOW, ended_as="replaced")
        assert not home.client.get("/devices/").context["has_any"]

    def test_leaves_out_what_is_being_connected_again(self, home: Customer) -> None:
        old = connect(home, "quiet", last_data_at=LONG_AGO)
        another = make(home, "following", consented_at=NOW, retry_of=old, is_reconnection=True)
        assert "Your device is being connected" in page(home)
        assert "No data since" not in page(home)
        OnboardingRequest.objects.filter(pk=another.pk).update(state="failed", finished_at=NOW)
        assert "No data since" in page(home)

    @pytest.mark.parametrize(
        "over",
        [
            {"state": "failed", "finished_at": NOW - timedelta(days=8)},
            {"state": "withdrawn", "finished_at": NOW, "withdrawn_at": NOW, "ended_as": "timed-out"},
        ],
    )
    def test_says_of_what_stays_connected_nothing_of_tries_long_past(
        self, home: Customer, over: dict[str, object]
    ) -> None:
        old = connect(home, "flowing", last_data_at=LONG_AGO)
        make(home, consented_at=NOW, retry_of=old, is_reconnection=True, **over)
        assert len(cards(home)) == 1
        assert "Not connected any more" not in page(home)

    def test_leaves_out_what_is_tried_again(self, home: Customer) -> None:
        failed = make(home, "failed", consented_at=NOW, finished_at=NOW)
        make(home, "queued", consented_at=NOW, retry_of=failed)
        assert len(cards(home)) == 1


class TestEnd:
    @pytest.mark.parametrize(
        ("ended_as", "words"),
        [
            ("withdrawn", "Ended on 3 November 2024, by you"),
            ("expired", "Ended on 3 November 2024: its time was over"),
            ("elsewhere", "Ended on 3 November 2024, at Audi"),
            ("timed-out", "Ended on 3 November 2024: not allowed in time"),
        ],
    )
    def test_is_told_by_where_and_when(self, home: Customer, ended_as: str, words: str) -> None:
        make(home, "withdrawn", consented_at=NOW, withdrawn_at=LONG_AGO, ended_as=ended_as)
        assert words in page(home)


class TestCost:
    def test_is_the_same_for_many_devices(self, home: Customer) -> None:
        for health in ("waiting", "flowing", "quiet", "gone") * 3:
            connect(home, health, last_data_at=LONG_AGO)
        home.client.get("/devices/")
        with CaptureQueriesContext(connection) as asked:
            home.client.get("/devices/")
        assert len(asked) <= 4


class TestFirstData:
    @pytest.mark.parametrize(
        ("type", "words"),
        [
            ("EV", "The first data usually comes by tomorrow, after the first drive."),
            ("SmartMeter", "The first data usually comes by tomorrow."),
            ("PV", "The first data usually comes as soon as the sun shines."),
            ("HeatPump", "The first data usually comes within a day."),
        ],
    )
    def test_is_expected_by_the_type_while_few_are_known(self, home: Customer, type: str, words: str) -> None:
        row = connect(home, "waiting")
        OnboardingRequest.objects.filter(pk=row.pk).update(type=type)
        assert words in page(home)

    def test_is_expected_by_our_own_figures_once_there_are_some(self, home: Customer) -> None:
        connect(home, "waiting")
        MakerHealth.objects.create(type="EV", manufacturer="Audi", first_data_seconds=4 * 3600 + 60)
        words = page(home)
        assert "A car has something to tell after a drive. This usually takes up to 5 hours." in words


class TestTwins:
    def have(self, home: Customer, manufacturer: str = "Audi", **answers: str) -> None:
        make(home, "queued", manufacturer=manufacturer, consented_at=NOW, attributes=answers)

    def test_are_told_apart_by_how_their_numbers_end(self, home: Customer) -> None:
        self.have(home, vin="WA1DMAFE0D0000803")
        self.have(home, vin="WA1DMAFE0D0000811")
        words = page(home)
        assert "Electric car, Audi Its number ends in 0803." in words
        assert "Electric car, Audi Its number ends in 0811." in words

    def test_alone_show_no_number(self, home: Customer) -> None:
        self.have(home, vin="WA1DMAFE0D0000803")
        self.have(home, "BMW", vin="WBA00000000000003")
        assert "ends in" not in page(home)

    def test_of_short_numbers_show_nothing_of_them(self, home: Customer) -> None:
        self.have(home, code="123")
        self.have(home, code="124")
        assert "ends in" not in page(home)


class TestStatusPage:
    @pytest.fixture
    def connected(self, customer: Customer) -> Customer:
        customer.submit()
        work_until(customer.request, "connected")
        return customer

    def test_waits_for_first_data_slowly(self, connected: Customer) -> None:
        shown = connected.get("status").content.decode()
        assert re.search(r'data-poll="slowly"\s+hx-get="[^"]+/status/panel/', shown)
        assert "No data yet" in shown

    def test_asks_no_more_once_data_came(self, connected: Customer) -> None:
        poll = f"{connected.url('status')}panel/?v={connected.request.shown_version}"
        headers = {"HX-Request": "true", "HX-Target": "live"}
        assert connected.client.get(poll, headers=headers).status_code == 204
        Device.objects.update(health="flowing", first_data_at=NOW, last_data_at=NOW)
        OnboardingRequest.objects.filter(pk=connected.request.pk).update(version=connected.request.version + 1)
        answer = connected.client.get(poll, headers=headers)
        assert "The first data arrived today at" in text_of(answer)
        assert b"data-poll" not in answer.content

    def test_does_not_celebrate_silence(self, connected: Customer) -> None:
        Device.objects.update(health="quiet", last_data_at=LONG_AGO)
        shown = connected.get("status").content.decode()
        assert "celebration" not in shown
        assert "all done" not in shown
        assert '<h1 class="title">No data since 3 November 2024</h1>' in shown
        assert 'id="reconnect-button"' in shown
        assert "Your turn, if you like" in shown

    def test_says_what_ends_soon_and_whose_turn_that_is(self, connected: Customer) -> None:
        OnboardingRequest.objects.update(consent_ends_at=NOW + timedelta(days=5))
        shown = text_of(connected.get("status"))
        assert "Your consent ends on" in shown
        assert "Your turn, if you like" in shown
        assert "Nobody needs to do anything" not in shown

    def test_lets_who_may_renew_do_so_while_the_manufacturer_is_silent(self, connected: Customer) -> None:
        OnboardingRequest.objects.update(consent_ends_at=NOW + timedelta(days=5))
        Device.objects.update(health="quiet", last_data_at=LONG_AGO)
        MakerHealth.objects.update(silent_since=NOW)
        shown = text_of(connected.get("status"))
        assert "Your turn, if you like" in shown
        assert "Nobody needs to do anything" not in shown

    def test_of_a_request_without_a_device_is_as_before(self, connected: Customer) -> None:
        Device.objects.all().delete()
        shown = connected.get("status").content.decode()
        assert "data-poll" not in shown
        assert "celebration" in shown

    def test_and_the_device_s_own_say_the_same(self, connected: Customer) -> None:
        Device.objects.update(health="flowing", last_data_at=LONG_AGO)
        words = "Data flows The last data came on 3 November 2024."
        assert words in text_of(connected.get("status"))
        assert words in text_of(connected.get("device"))


class TestStartPage:
    def test_leads_to_them_and_says_how_they_are(self, home: Customer) -> None:
        connect(home, "quiet", last_data_at=LONG_AGO)
        words = text_of(home.client.get("/"))
        assert "No data since 3 November 2024" in words
        assert "All my devices" in words

    def test_lists_what_is_being_connected_again_once(self, home: Customer) -> None:
        old = connect(home, "quiet", last_data_at=LONG_AGO)
        new = make(home, "following", consented_at=NOW, retry_of=old, is_reconnection=True)
        shown = home.client.get("/").content.decode()
        assert (new.reference in shown, old.reference in shown) == (True, False)


class TestMoments:
    @pytest.fixture(autouse=True)
    def afternoon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is 15:00 in Brussels."""
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 28, 14, 0, tzinfo=UTC))

    @pytest.mark.parametrize(
        ("at", "words"),
        [
            (datetime(2026, 11, 28, 13, 3, tzinfo=UTC), "today at 14:03"),
            (datetime(2026, 11, 27, 23, 30, tzinfo=UTC), "today at 00:30"),
            (datetime(2026, 11, 27, 22, 30, tzinfo=UTC), "yesterday at 23:30"),
            (datetime(2026, 11, 3, 13, 3, tzinfo=UTC), "on 3 November"),
            (datetime(2025, 11, 3, 13, 3, tzinfo=UTC), "on 3 November 2025"),
        ],
    )
    def test_are_said_as_people_do(self, at: datetime, words: str) -> None:
        with translation.override("en"):
            assert at_last(at) == words

    @pytest.mark.parametrize(("language", "words"), [("nl", "3 november"), ("fr", "3 novembre"), ("de", "3. November")])
    def test_are_dates_of_the_language(self, language: str, words: str) -> None:
        with translation.override(language):
            assert on_day(datetime(2026, 11, 3, tzinfo=UTC)) == words
