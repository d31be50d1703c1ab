"""Figures: numbers that were counted by hand, and who may see and take them."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import AnswerTally, Disclosure, OnboardingRequest
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.onboarding.portal.test_wizard import text_of

PAGE, DOWNLOAD = "/admin/figures/", "/admin/figures/csv/"
LIST = "/admin/onboarding/onboardingrequest/"
NOW = timezone.now()
REFUSED_VIN = "WA1DMAFE0D0000400"


def desk(*permissions: str) -> Client:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader(db: None) -> Client:
    return desk("view_onboardingrequest")


@pytest.fixture
def exporter(db: None) -> Client:
    return desk("view_onboardingrequest", "export_figures")


def begin(type: str = "", manufacturer: str = "", **more: Any) -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", type=type, manufacturer=manufacturer, **more)


def sent(manufacturer: str, state: str = "following", type: str = "EV", **more: Any) -> OnboardingRequest:
    times = {"consented_at": NOW, "sent_at": NOW}
    return begin(type, manufacturer, state=state, attributes={"vin": "x"}, **(times | more))


def connected(manufacturer: str, seconds: int, **more: Any) -> OnboardingRequest:
    return sent(manufacturer, **({"state": "connected", "finished_at": NOW + timedelta(seconds=seconds)} | more))


@pytest.fixture
def counted_by_hand(platform: Catalogue) -> None:
    """Fifteen: 1 without type, 1 without maker, 2 not identified, 1 not agreed, 10 agreed; of those 8 were accepted."""
    begin()
    begin("EV")
    begin("EV", "Audi")
    begin("EV", "Audi")
    begin("PV", "Huawei")  # asks nothing: this one stopped at consent
    begin("EV", "BMW", state="queued", attributes={"vin": "x"}, consented_at=NOW)
    begin("EV", "BMW", state="failed", consented_at=NOW, finished_at=NOW)
    sent("BMW", action_type="Redirect")
    sent("BMW")
    connected("BMW", 30)
    for seconds in (60, 120, 7200):
        connected("Audi", seconds, tenant_id="t-1")
    # Taken back: one after it was connected, one on the way.
    connected("Audi", 180, state="withdrawn", withdrawn_at=NOW + timedelta(days=1))
    sent("BMW", "withdrawn", withdrawn_at=NOW, finished_at=NOW)


def lines(client: Client, table: str, **wanted: str) -> list[dict[str, str]]:
    response = client.post(DOWNLOAD, {"table": table, **wanted})
    assert response.headers["Content-Type"].startswith("text/csv")
    text = response.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def column(client: Client, table: str, name: str, **wanted: str) -> list[str]:
    return [line[name] for line in lines(client, table, **wanted)]


@pytest.mark.usefixtures("counted_by_hand")
class TestFunnel:
    def test_counts_how_far_people_come(self, exporter: Client) -> None:
        assert column(exporter, "steps", "requests") == ["15", "14", "13", "11", "10", "8", "5"]

    def test_tells_where_people_stop(self, exporter: Client) -> None:
        assert column(exporter, "steps", "no_further") == ["1", "1", "2", "1", "2", "3", ""]
        assert column(exporter, "steps", "no_further_percent")[-2] == "37.5"
        assert column(exporter, "steps", "percent_of_start")[-1] == "33.3"

    def test_tells_whose_turn_it_is(self, exporter: Client) -> None:
        turns = {line["turn"]: line["requests"] for line in lines(exporter, "turns")}
        assert turns == {
            "The customer's": "7",
            "The manufacturer's": "1",
            "Ours": "1",
            "Nobody's: it is over": "6",
        }

    def test_counts_what_waits_for_a_colleague_as_ours(self, exporter: Client) -> None:
        OnboardingRequest.objects.filter(state="following").update(needs_staff="too-old", due_at=None)
        assert column(exporter, "turns", "requests") == ["6", "0", "3", "6"]


@pytest.mark.usefixtures("counted_by_hand")
class TestOutcomes:
    def test_are_told_by_manufacturer(self, exporter: Client) -> None:
        bmw, audi = lines(exporter, "manufacturers")
        assert [bmw["manufacturer"], *list(bmw.values())[2:]] == ["BMW", "6", "1", "16.7", "1", "1", "3", "30", "30"]
        assert [audi["manufacturer"], *list(audi.values())[2:8]] == ["Audi", "4", "4", "100.0", "0", "0", "0"]

    def test_are_told_by_type(self, exporter: Client) -> None:
        (cars,) = lines(exporter, "types")
        assert [cars["consented"], cars["connected"], cars["connected_percent"]] == ["10", "5", "50.0"]

    def test_tell_the_median_and_the_ninth_decile(self, exporter: Client) -> None:
        """Of 30, 60, 120, 180 and 7200 seconds."""
        (cars,) = lines(exporter, "types")
        assert [cars["median_seconds"], cars["p90_seconds"]] == ["120", "7200"]
        audi = lines(exporter, "manufacturers")[1]
        assert [audi["median_seconds"], audi["p90_seconds"]] == ["120", "7200"]

    def test_are_shown_in_words(self, reader: Client) -> None:
        page = reader.get(PAGE).content.decode()
        cells = {cell.strip() for cell in re.findall(r"<td[^>]*>([^<]+)</td>", page)}
        assert cells >= {"2\xa0minutes", "2\xa0hours", "50.0%"}
        assert '<rect class="bar-part" width="500" height="8"/>' in page


@pytest.mark.usefixtures("counted_by_hand")
class TestFilter:
    @pytest.mark.parametrize(
        ("wanted", "started"),
        [
            ({"type": "EV"}, "13"),
            ({"manufacturer": "Audi"}, "6"),
            ({"type": "PV", "manufacturer": "Audi"}, "0"),
            ({"tenant": "t-1"}, "3"),
            ({"tenant": "own"}, "12"),
            ({"tenant": "nobody"}, "0"),
        ],
    )
    def test_narrows_the_figures(self, exporter: Client, wanted: dict[str, str], started: str) -> None:
        assert column(exporter, "steps", "requests", **wanted)[0] == started

    def test_narrows_the_times(self, exporter: Client) -> None:
        assert column(exporter, "types", "p90_seconds", manufacturer="BMW") == ["30"]
        assert column(exporter, "types", "median_seconds", tenant="own") == ["30"]

    def test_offers_what_there_is(self, reader: Client) -> None:
        page = reader.get(PAGE, {"type": "EV"}).content.decode()
        assert '<option value="EV" selected>Electric car</option>' in page
        assert all(f'<option value="{name}"' in page for name in ("PV", "Huawei", "BMW", "t-1"))

    def test_shows_thirty_days(self, exporter: Client) -> None:
        OnboardingRequest.objects.filter(type="").update(created_at=NOW - timedelta(days=30))
        OnboardingRequest.objects.filter(manufacturer="", type="EV").update(created_at=NOW - timedelta(days=29))
        assert column(exporter, "steps", "requests")[0] == "14"

    def test_counts_days_as_they_are_here(self, exporter: Client) -> None:
        """In Brussels it is the first of July already."""
        OnboardingRequest.objects.filter(type="").update(created_at=datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
        assert column(exporter, "steps", "requests", first="2026-07-01", last="2026-07-01")[0] == "1"
        assert column(exporter, "steps", "requests", first="2026-06-30", last="2026-06-30")[0] == "0"

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"first": "soon"}, "Write the day as year-month-day"),
            ({"first": ""}, "Choose a day."),
            ({"first": "2026-02-02", "last": "2026-02-01"}, "The first day comes after the last one."),
            ({"first": "0001-01-01"}, "Choose a day after the year 1999."),
            ({"last": "9999-12-31"}, "Choose a day before the year 2100."),
        ],
    )
    def test_says_what_is_wrong_with_a_day(self, reader: Client, wanted: dict[str, str], words: str) -> None:
        response = reader.get(PAGE, wanted)
        assert response.status_code == 200
        assert words in response.content.decode()
        assert 'class="figures"' not in response.content.decode()

    def test_shows_a_page_without_any_request(self, reader: Client) -> None:
        assert "Nothing yet." in reader.get(PAGE, {"last": "2001-01-01", "first": "2001-01-01"}).content.decode()

    def test_counts_once_in_five_minutes(self, exporter: Client) -> None:
        assert column(exporter, "steps", "requests")[0] == "15"
        begin("EV", "Audi")
        assert column(exporter, "steps", "requests")[0] == "15"
        cache.clear()
        assert column(exporter, "steps", "requests")[0] == "16"


class TestAnswers:
    def refused(self, client: Client) -> dict[str, str]:
        (line,) = lines(client, "answers")
        return line

    def test_are_counted_by_kind_of_error(self, customer: Customer, exporter: Client) -> None:
        customer.start().choose("EV", "Audi")
        for vin in ("", "WA1", "WA1D", "WA1DMAFE0D000000Ö", "WA1DMAFEOD0000000"):
            assert customer.post("identify", vin=vin).status_code == 200
        customer.post("identify", vin=GUIDES_VIN)
        line = self.refused(exporter)
        assert [line["type"], line["manufacturer"], line["field"]] == ["EV", "Audi", "vin"]
        assert [line["answers"], line["refused"], line["refused_percent"]] == ["6", "5", "83.3"]
        assert line["kinds"].startswith("wrong length: 2 · ")
        for kind in ("nothing entered: 1", "wrong characters: 1", "I, O or Q in a VIN: 1"):
            assert kind in line["kinds"]

    def test_that_are_asked_back_are_not_refused(self, customer: Customer, exporter: Client) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin="WVWZZZ1KZAW000001")
        customer.post("identify", vin="WVWZZZ1KZAW000001", confirmed="WVWZZZ1KZAW000001")
        line = self.refused(exporter)
        assert [line["answers"], line["refused"], line["asked_back"]] == ["2", "0", "1"]

    def test_that_the_platform_refuses_are_counted(self, customer: Customer, exporter: Client) -> None:
        customer.submit(vin=REFUSED_VIN)
        work_until(customer.request, "rejected")
        line = self.refused(exporter)
        assert [line["refused"], line["refused_by_platform"]] == ["0", "1"]
        assert line["refused_by_platform_percent"] == "100.0"

    def test_that_nobody_gave_are_not_counted(self, customer: Customer) -> None:
        customer.start().choose("HeatPump", "Bosch")
        customer.post("identify", reference="")
        assert not AnswerTally.objects.exists()

    def test_keep_nothing_that_was_typed(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin="WA1SECRET")
        assert "SECRET" not in str(AnswerTally.objects.values_list())

    def test_are_told_by_tenant(self, customer: Customer, exporter: Client) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin="WA1")
        assert column(exporter, "answers", "refused", tenant="own") == ["1"]
        assert column(exporter, "answers", "refused", tenant="t-1") == []

    def test_are_stored_even_when_they_cannot_be_counted(self, customer: Customer, caplog: Any) -> None:
        customer.start().choose("EV", "Audi")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE onboarding_answertally RENAME TO gone")
        assert customer.post("identify", vin="WA1").status_code == 200
        assert customer.post("identify", vin=GUIDES_VIN).status_code == 302
        assert customer.request.attributes == {"vin": GUIDES_VIN}
        assert "Answers were not counted." in caplog.text


class TestDownload:
    def test_is_on_the_record(self, exporter: Client) -> None:
        lines(exporter, "steps", first="2026-06-01", last="2026-06-30", type="EV")
        disclosure = Disclosure.objects.get()
        assert (disclosure.name, disclosure.request) == ("figures-exported", None)
        told = {"by": "reader", "table": "steps", "first": "2026-06-01", "last": "2026-06-30", "type": "EV"}
        assert disclosure.detail == told

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_defuses_formulas(self, exporter: Client, name: str) -> None:
        connected(name, 30)
        assert column(exporter, "manufacturers", "manufacturer") == [f"'{name}"]

    def test_of_an_unknown_table_is_not_found(self, exporter: Client) -> None:
        assert exporter.post(DOWNLOAD, {"table": "people"}).status_code == 404
        assert not Disclosure.objects.exists()

    def test_needs_a_press_of_a_button(self, exporter: Client) -> None:
        assert exporter.get(DOWNLOAD, {"table": "steps"}).status_code == 405

    def test_of_bad_days_says_so(self, exporter: Client) -> None:
        response = exporter.post(DOWNLOAD, {"table": "steps", "first": "soon"})
        assert "Write the day as year-month-day" in response.content.decode()
        assert not Disclosure.objects.exists()

    def test_is_kept_from_those_who_only_read(self, reader: Client) -> None:
        assert reader.post(DOWNLOAD, {"table": "steps"}).status_code == 403
        assert "Download as CSV" not in reader.get(PAGE).content.decode()

    @pytest.mark.usefixtures("counted_by_hand")
    def test_is_offered_to_those_who_may(self, exporter: Client) -> None:
        assert exporter.get(PAGE).content.decode().count("Download as CSV") == 5


class TestTrend:
    @pytest.fixture
    def over_weeks(self, platform: Catalogue) -> None:
        """Monday 2 March: two, one of them connected; Sunday 8: one; Monday 9: one; and one on 1 March, before."""
        self.on(2, begin("EV", "Audi"), connected("Audi", 30))
        self.on(8, begin("PV", "Huawei"))
        self.on(9, sent("BMW", "failed", finished_at=NOW))
        self.on(1, begin("EV", "Audi"))

    DAYS: ClassVar = {"first": "2026-03-02", "last": "2026-03-09"}

    @staticmethod
    def on(day: int, *requests: OnboardingRequest) -> None:
        keys = [request.pk for request in requests]
        OnboardingRequest.objects.filter(pk__in=keys).update(created_at=datetime(2026, 3, day, 9, tzinfo=UTC))

    @pytest.mark.usefixtures("over_weeks")
    def test_counts_day_by_day_with_the_days_between(self, exporter: Client) -> None:
        found = {line["first_day"]: line for line in lines(exporter, "trend", **self.DAYS)}
        assert list(found) == [f"2026-03-0{day}" for day in range(9, 1, -1)]
        assert [line["started"] for line in found.values()] == ["1", "1", "0", "0", "0", "0", "0", "2"]
        assert found["2026-03-02"]["connected"] == found["2026-03-09"]["failed"] == "1"

    @pytest.mark.usefixtures("over_weeks")
    def test_counts_week_by_week(self, exporter: Client) -> None:
        found = lines(exporter, "trend", **self.DAYS, by="week")
        assert [(line["first_day"], line["started"]) for line in found] == [("2026-03-09", "1"), ("2026-03-02", "3")]

    @pytest.mark.usefixtures("over_weeks")
    def test_shows_weeks_for_many_days(self, exporter: Client) -> None:
        assert len(lines(exporter, "trend", first="2026-01-05", last="2026-03-15")) == 10
        assert len(lines(exporter, "trend", first="2020-01-06", last="2026-03-15", by="day")) < 340

    @pytest.mark.usefixtures("over_weeks")
    def test_sets_each_number_beside_the_days_before(self, reader: Client) -> None:
        page = text_of(reader.get(PAGE, self.DAYS))
        assert "Started 4 3 more than before (1)" in page
        assert "Connected 1 1 more than before (0)" in page
        assert "“Before” is as many days: 22 Feb 2026 – 1 Mar 2026." in page
        assert "4 fewer than before (4)" in text_of(reader.get(PAGE, {"first": "2026-03-10", "last": "2026-03-17"}))

    @pytest.mark.usefixtures("over_weeks")
    def test_is_narrowed_like_everything_else(self, exporter: Client) -> None:
        assert column(exporter, "trend", "started", **self.DAYS, manufacturer="BMW") == ["1", *["0"] * 7]

    @pytest.mark.usefixtures("over_weeks")
    def test_is_drawn_without_any_style_inline(self, reader: Client) -> None:
        page = reader.get(PAGE, self.DAYS).content.decode()
        assert page.count('<rect class="trend__started"') == 8
        assert '<rect class="trend__connected" x="7" width="86" y="500" height="500"/>' in page
        assert "style=" not in page

    def test_of_days_without_any_request_is_flat(self, reader: Client, db: None) -> None:
        page = text_of(reader.get(PAGE, {"first": "2001-01-01", "last": "2001-01-02"}))
        assert "Started 0 as many as before" in page


class TestLists:
    """Each number leads to the list of just so many requests."""

    def numbers(self, page: str) -> list[tuple[str, int]]:
        found = re.findall(r'<a href="([^"]*figure=[^"]*)">([^<]*)</a>', page)
        return [(unescape(url), int(words.rpartition(":")[2].replace(",", ""))) for url, words in found]

    @pytest.mark.usefixtures("counted_by_hand")
    @pytest.mark.parametrize("wanted", [{}, {"type": "EV"}, {"manufacturer": "Audi"}, {"tenant": "own"}])
    def test_have_as_many_rows_as_the_number_says(self, reader: Client, wanted: dict[str, str]) -> None:
        numbers = self.numbers(reader.get(PAGE, wanted).content.decode())
        assert len(numbers) > 15
        wrong = []
        for url, number in numbers:
            listed = reader.get(url)
            count = listed.context["cl"].result_count
            if count != number or listed.status_code != 200:
                wrong.append((url, number, count))
        assert wrong == []

    @pytest.mark.usefixtures("counted_by_hand")
    def test_say_what_they_list_and_can_be_filtered_further(self, reader: Client) -> None:
        today = timezone.localdate().isoformat()
        said = {"figure": "consented", "first": today, "last": today, "manufacturer": "BMW"}
        page = reader.get(LIST, said)
        assert "<h1>Consent given · BMW · " in page.content.decode()
        assert reader.get(LIST, said | {"state__exact": "failed"}).context["cl"].result_count == 1

    @pytest.mark.usefixtures("counted_by_hand")
    @pytest.mark.parametrize(
        "said",
        [
            {"figure": "people"},
            {"figure": "turn.moon"},
            {"figure": "turn.us.moon"},
            {"figure": "no_further.connected"},
            {"figure": "no_further.x"},
            {"figure": "started", "first": "soon"},
            {"figure": "started", "last": "9999-12-31"},
        ],
    )
    def test_of_no_figure_are_refused(self, reader: Client, said: dict[str, str]) -> None:
        assert reader.get(LIST, {"first": "2026-01-01", "last": "2026-12-31"} | said).status_code == 400

    def test_are_kept_from_those_who_may_not_see_requests(self, db: None) -> None:
        said = {"figure": "started", "first": "2026-01-01", "last": "2026-12-31"}
        assert desk("view_mail").get(LIST, said).status_code == 403


class TestPage:
    def test_is_kept_from_staff_without_permission(self, db: None) -> None:
        client = desk("view_mail")
        assert client.get(PAGE).status_code == 403
        assert "Figures" not in client.get("/admin/").content.decode()

    def test_asks_strangers_to_sign_in(self, client: Client, db: None) -> None:
        assert client.get(PAGE).status_code == 302

    def test_is_linked_from_the_desk(self, reader: Client) -> None:
        assert f'href="{PAGE}"' in reader.get("/admin/").content.decode()
