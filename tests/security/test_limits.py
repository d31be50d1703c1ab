"""Too often, too many, too long: whoever tries meets a limit, and nobody else does."""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections import Counter
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import F
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from django.utils import timezone
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from pytest_django import Settings

from onboarding.catalogue import refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import contact, draft, invitations
from onboarding.limits import limit_table, rate_limits
from onboarding.limits.limit_storage import DatabaseStorage, Use, delete_ended
from onboarding.limits.limit_table import Limit
from onboarding.mail.outbox import queue_mail
from onboarding.models import AccessLink, Mail, OnboardingRequest, RateLimitCount, RateLimitTally
from onboarding.portal.views import wizard
from onboarding.retention import keeper
from onboarding.support import operations
from onboarding.urls import urlpatterns as onboarding_patterns
from realto_portal.urls import urlpatterns as portal_patterns
from sandbox import bench
from tests.customers import Customer, do
from tests.racing import copy_database

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
KNOCKS = Limit(
    pair="2 per minute", address="3 per minute; 5 per hour", subject="4 per minute", overall="6 per 10 minutes"
)


class Clock:
    """A time of day that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the counts follow a clock of ours."""
    clock = Clock()
    monkeypatch.setattr(rate_limits.storage(), "clock", clock)
    return clock


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limit_table.LIMITS, "knock", KNOCKS)


@pytest.fixture(params=["", "memory://"])
def places(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Count in the database, and in a storage of the library's own."""
    settings.RATE_LIMIT_STORAGE = request.param
    rate_limits.storage().reset()
    return str(request.param)


def knock(address: str = "192.0.2.1", subject: str = "anna") -> str:
    """Return whose count is full; empty for one that is let through."""
    return rate_limits.hit("knock", address=address, subject=subject).scope


@pytest.mark.usefixtures("knocks", "places")
class TestLimit:
    def test_counts_one_name_from_one_address(self) -> None:
        assert [knock() for _try in range(3)] == ["", "", "pair"]

    def test_counts_one_address_with_many_names(self) -> None:
        assert [knock(subject=f"name {turn}") for turn in range(5)] == ["", "", "", "address", "address"]

    def test_counts_a_line_with_many_networks_as_three_addresses(self) -> None:
        found = [rate_limits.hit("code", address=f"2001:db8:1:{turn:x}::/64").scope for turn in range(100)]
        assert found == [""] * 60 + ["network"] * 40
        assert rate_limits.hit("code", address="2001:db8:2:1::/64").scope == ""

    def test_counts_one_name_from_many_addresses(self) -> None:
        assert [knock(address=f"192.0.2.{turn}") for turn in range(5)] == ["", "", "", "", "subject"]

    def test_counts_everybody(self) -> None:
        found = [knock(address=f"192.0.2.{turn}", subject=f"name {turn}") for turn in range(7)]
        assert found == [""] * 6 + ["overall"]

    def test_lets_one_machine_use_up_nothing_of_all_others(self) -> None:
        """However often it tries, only what it was allowed counts for its victim, and for everybody."""
        for _try in range(100):
            knock()
        assert [knock(address=f"198.51.100.{turn}") for turn in range(3)] == ["", "", "subject"]
        assert [knock(address=f"203.0.113.{turn}", subject=f"name {turn}") for turn in range(3)] == ["", "", "overall"]

    def test_gives_back_what_went_well(self) -> None:
        for _try in range(20):
            assert knock() == ""
            rate_limits.give_back("knock", address="192.0.2.1", subject="anna")
        assert [knock(), knock(), knock()] == ["", "", "pair"]

    def test_can_be_looked_at_without_being_used(self) -> None:
        def look() -> str:
            return rate_limits.look("knock", address="192.0.2.1", subject="anna").scope

        assert [look() for _try in range(9)] == [""] * 9
        assert [knock(), look(), knock(), look()] == ["", "", "", "pair"]

    def test_says_when_it_is_over(self) -> None:
        verdicts = [rate_limits.hit("knock", address="192.0.2.1") for _try in range(4)]
        assert (verdicts[-1].is_over, verdicts[-1].scope) == (True, "address")
        assert 55 <= verdicts[-1].seconds <= 60

    def test_names_the_end_of_the_window_that_stopped_it(self) -> None:
        """What a minute's rule refuses does not count for the hour."""
        verdicts = [rate_limits.hit("knock", address="192.0.2.1") for _try in range(99)]
        assert 55 <= verdicts[-1].seconds <= 60

    @pytest.mark.parametrize("odd", ["\0", "a" * 100_000, "\ud800", "'; DROP TABLE x", "ä\u202e", "/", "%s %(a)s"])
    def test_takes_any_subject_and_address(self, odd: str) -> None:
        assert [knock(odd, odd) for _try in range(3)] == ["", "", "pair"]
        assert [knock(odd + "x", odd + "x") for _try in range(3)] == ["", "", "pair"]

    def test_tells_similar_subjects_apart(self) -> None:
        assert [knock("a", "b\0c"), knock("a", "b\0c")] == ["", ""]
        assert knock("c\0a", "b") == ""


@pytest.mark.usefixtures("knocks")
class TestWindow:
    def test_ends_when_it_is_over_and_not_before(self, clock: Clock) -> None:
        assert [knock() for _try in range(3)] == ["", "", "pair"]
        clock.now += 59
        assert knock() == "pair"
        clock.now += 1
        assert [knock() for _try in range(3)] == ["", "", "pair"]

    def test_is_not_prolonged_by_trying(self, clock: Clock) -> None:
        for _second in range(59):
            knock()
            clock.now += 1
        clock.now += 1
        assert knock() == ""

    def test_of_a_day_outlasts_that_of_a_minute(self, clock: Clock) -> None:
        scopes = Counter[str]()
        for turn in range(30):
            scopes[knock(subject=f"name {turn}")] += 1
            clock.now += 60
        assert scopes == {"": 5, "address": 25}


class TestStorage:
    """One table, and one statement for each hit."""

    @pytest.mark.usefixtures("knocks")
    def test_takes_one_statement_for_everything_that_is_counted(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            knock()
        assert [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]] == ["INSERT"]

    @pytest.mark.usefixtures("knocks")
    def test_keeps_nobody_in_plain_text(self) -> None:
        knock("192.0.2.77", "anna@example.org")
        stored = " ".join(RateLimitCount.objects.values_list("key", flat=True))
        assert "knock/pair/" in stored
        assert not [plain for plain in ("192.0", "anna", "example") if plain in stored]
        assert max(map(len, RateLimitCount.objects.values_list("key", flat=True))) <= 120

    def test_is_one_that_the_library_can_use(self) -> None:
        limiter = FixedWindowRateLimiter(DatabaseStorage())
        item = parse("2 per minute")
        assert [limiter.test(item, "a"), limiter.hit(item, "a"), limiter.hit(item, "a")] == [True, True, True]
        assert [limiter.test(item, "a"), limiter.hit(item, "a"), limiter.hit(item, "b")] == [False, False, True]
        assert limiter.get_window_stats(item, "a").remaining == 0
        assert 55 <= limiter.get_window_stats(item, "a").reset_time - time.time() <= 60
        limiter.clear(item, "a")
        assert limiter.hit(item, "a")
        assert limiter.storage.check()
        assert limiter.storage.reset() == 2

    def test_is_kept_small(self, clock: Clock) -> None:
        kept = DatabaseStorage(clock=clock)
        for turn in range(500):
            kept.use([Use(f"minute {turn}", 60, 1), Use(f"day {turn}", 86400, 1)])
        assert (delete_ended(clock.now), delete_ended(clock.now + 3600)) == (0, 0)
        assert delete_ended(clock.now + 3661) == 500
        assert set(RateLimitCount.objects.values_list("count", flat=True)) == {1}

    @pytest.mark.django_db(transaction=True)
    def test_loses_no_hit_of_eight_threads(self, threads: "Threads") -> None:
        assert threads.run("hit('start', address='192.0.2.1')") == {"": 100, "address": 300}

    @pytest.mark.django_db(transaction=True)
    def test_loses_none_of_many_keys_in_any_order(self, threads: "Threads") -> None:
        """No deadlock, and no lost hit, where each names other subjects and all share what is overall."""
        found = threads.run("hit('identify', address=f'192.0.2.{number}', subject=f'{turn % 5}')")
        assert found == {"": 200, "subject": 200}


@pytest.mark.usefixtures("knocks")
class TestSickStorage:
    def test_lets_through_and_says_so(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(rate_limits, "storage", SickStorage)
            assert [knock() for _try in range(9)] == [""] * 9
            assert not rate_limits.look("knock", address="192.0.2.1").is_over
            rate_limits.give_back("knock", address="192.0.2.1")
        assert "everything is let through" in caplog.text
        assert knock() == ""

    def test_spoils_no_transaction(self) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE onboarding_ratelimitcount RENAME TO away")
            assert knock() == ""
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE away RENAME TO onboarding_ratelimitcount")
        assert [knock() for _try in range(3)] == ["", "", "pair"]


class SickStorage(DatabaseStorage):
    """One whose database is away."""

    def __init__(self) -> None:
        super().__init__(wrap_exceptions=True)

    def use(self, *_arguments: object, **_more: object) -> dict[str, object]:  # type: ignore[override]
        raise OperationalError("no such host")

    read = give_back = use  # type: ignore[assignment]


@pytest.mark.usefixtures("knocks")
class TestTally:
    def test_says_how_often_and_never_who(self) -> None:
        for _try in range(5):
            knock()
        knock(subject="berta")
        [row] = RateLimitTally.objects.values()
        assert (row["name"], row["scope"], row["times"]) == ("knock", "pair", 3)
        assert (row["hour"].minute, row["hour"].second, row["hour"].microsecond) == (0, 0, 0)
        assert row.keys() == {"id", "hour", "name", "scope", "times"}


class TestAddress:
    """Whose count it is."""

    @pytest.mark.parametrize(
        ("told", "counted"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
            ("2001:DB8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("unknown", "unknown"),
            ("", ""),
        ],
    )
    def test_is_an_ipv4_address_or_a_network(self, told: str, counted: str) -> None:
        assert rate_limits.network_of(told) == counted

    def test_is_not_what_a_client_says_of_itself(self) -> None:
        assert self.seen({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}) == "192.0.2.1"

    def test_behind_a_proxy_is_what_the_proxy_says(self, settings: Settings) -> None:
        settings.BEHIND_PROXY = True
        assert self.seen({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}) == "203.0.113.9"
        for made_up in ("198.51.100.1", "198.51.100.2, 10.0.0.1", "nonsense", ",,,", "198.51.100.3,"):
            assert self.seen({"HTTP_X_FORWARDED_FOR": f"{made_up}, 203.0.113.9"}) == "203.0.113.9"

    def test_behind_a_silent_proxy_is_that_of_the_proxy(self, settings: Settings) -> None:
        settings.BEHIND_PROXY = True
        assert self.seen({}) == self.seen({"HTTP_X_FORWARDED_FOR": ""}) == "192.0.2.1"

    @staticmethod
    def seen(meta: dict[str, str]) -> str:
        return rate_limits.address_of(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **meta))  # type: ignore[arg-type]


class Threads:
    """Eight threads of another process, each with a connection of its own, on a database in a file or a server."""

    SCRIPT = """
import collections, concurrent.futures, django
django.setup()
from django.db import connection
from onboarding.limits import rate_limits
def run(number):
    scopes = [rate_limits.{call}.scope for turn in range(50)]
    connection.close()
    return scopes
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(dict(collections.Counter(scope for scopes in pool.map(run, range(8)) for scope in scopes)))
"""

    def __init__(self, url: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        settings = {"DJANGO_SETTINGS_MODULE": "realto_portal.settings", "LOCAL": "true", "DATABASE_URL": url}
        self.environment = kept | settings

    def run(self, call: str) -> dict[str, int]:
        found: dict[str, int] = eval(self.python("-c", self.SCRIPT.format(call=call)))  # noqa: S307
        return found

    def python(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True)
        assert "let through" not in done.stderr
        return done.stdout


@pytest.fixture
def threads(tmp_path: Path) -> Threads:
    if connection.vendor == "sqlite":
        copy_database(tmp_path / "limits.sqlite3")
        return Threads(f"sqlite:///{tmp_path / 'limits.sqlite3'}")
    known = connection.get_connection_params()
    host, port = known.get("host", ""), known.get("port", "")
    user, password = known.get("user", ""), known.get("password", "")
    return Threads(f"postgres://{user}:{password}@{host}:{port}/{known['dbname']}".replace(":@", "@"))


# --- What a stranger with a browser, a list of addresses and a mailbox tries ---------------------------------------

# Views that answer a POST without a limit, each with its reason.
UNLIMITED = {
    "onboarding:return": "reads nothing of it, and leads to the same page",
    "onboarding:csp_reports": "the table itself takes only so many rows a day",
}
VICTIM = "victim@example.org"


def from_address(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"198.51.{number // 250}.{number % 250 + 1}"}


def visitor(number: int) -> Customer:
    """A new browser at an address of its own."""
    return Customer(Client(**from_address(number)))  # type: ignore[arg-type]


def as_if_used(key: str, times: int) -> None:
    """Let one count stand where so many uses within its window, begun by real ones, would have brought it."""
    assert RateLimitCount.objects.filter(key__contains=f"/{key}").update(count=times) == 1


def an_hour_passes() -> None:
    for column in ("queued_at", "due_at", "sent_at"):
        Mail.objects.update(**{column: F(column) - timedelta(minutes=61)})


class TestSearch:
    def test_by_a_program_is_stopped_and_begins_again_later(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        customer.start().post("type", type="EV")
        monkeypatch.setitem(limit_table.LIMITS, "search", Limit(address="3 per 10 minutes"))
        pages = [
            f"/onboarding/{customer.reference}/manufacturer/",
            f"/onboarding/{customer.reference}/manufacturer/list/",
        ]
        answers = [customer.client.get(pages[number % 2], {"q": "vo"}).status_code for number in range(5)]
        assert answers == [200] * 3 + [429] * 2
        assert customer.get("manufacturer").status_code == 200  # without words to look for

    def test_by_hand_is_never_stopped(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        words = [word[:length] for word in ("volkswagen", "volvo", "renault") for length in range(1, len(word) + 1)]
        answers = {
            customer.client.get(f"/onboarding/{customer.reference}/manufacturer/list/", {"q": word}).status_code
            for word in words
        }
        assert answers == {200}


class TestEveryView:
    """Nothing that somebody may send to is without a limit, unless a reason is given."""

    @staticmethod
    def views() -> list[tuple[str, URLPattern]]:
        patterns = [("", pattern) for pattern in portal_patterns if isinstance(pattern, URLPattern)]
        patterns += [("onboarding:", pattern) for pattern in onboarding_patterns]
        return [(f"{space}{pattern.name}", pattern) for space, pattern in patterns]

    def test_that_takes_a_post_has_a_limit(self, platform: Catalogue, settings: Settings) -> None:
        wild = {"reference": "A" * 22, "step": "type", "token": "x", "record_id": uuid.UUID(int=1), "name": "vin"}
        wild |= {"light": "0a5546", "dark": "0a5546", "sha256": "0" * 64}
        unlimited, limited = [], []
        for name, pattern in self.views():
            if "admin/" in str(pattern.pattern) or name == "styleguide":
                continue
            parts = {part: wild[part] for part in pattern.pattern.converters}
            takes_post = Client().post(reverse(name, kwargs=parts)).status_code != HTTPStatus.METHOD_NOT_ALLOWED
            if takes_post:
                (limited if hasattr(pattern.callback, "limit") else unlimited).append(name)
        assert unlimited == list(UNLIMITED)
        assert len(limited) >= 15

    def test_of_the_desk_and_the_sandbox_is_behind_a_sign_in_or_away(self) -> None:
        included = [str(pattern.pattern) for pattern in portal_patterns if not isinstance(pattern, URLPattern)]
        assert set(included) <= {"admin/", "", "sandbox/"}

    def test_names_a_limit_that_there_is(self) -> None:
        named = [getattr(pattern.callback, "limit", None) for _name, pattern in self.views()]
        words = {name for name in named if isinstance(name, str)} | set(wizard.STEP_LIMITS.values())
        assert words <= set(limit_table.LIMITS)
        assert set(limit_table.LIMITS) - words == {"search", "sign-in"}  # asked elsewhere

    def test_counts_what_no_notation_gets_wrong(self) -> None:
        for limit in limit_table.LIMITS.values():
            first = dict(reversed(limit.items))
            assert first["overall"].amount >= 10 * first["address"].amount, limit
            assert len({item.get_expiry() for item in (first["overall"], first["address"])}) == 1
            assert str(limit.title)


class TestCallCentre:
    STEPS = ("begin", "start", "mail-link", "open-link", "show-code")

    def test_serves_four_customers_a_minute_for_ten_hours_from_one_address(self, clock: Clock) -> None:
        """The first hour and the last; in between, what is counted by the day stands still but for its number."""
        stopped = self.stopped_within_an_hour(clock, "morning")
        days = RateLimitCount.objects.filter(key__contains="/address/", key__endswith="/day")
        assert set(days.values_list("count", flat=True)) == {4 * 60}
        days.update(count=4 * 60 * 9)
        clock.now += 8 * 3600
        assert stopped + self.stopped_within_an_hour(clock, "evening") == []

    def stopped_within_an_hour(self, clock: Clock, when: str) -> list[str]:
        stopped = []
        for turn in range(4 * 60):
            hits = {step: rate_limits.hit(step, address="192.0.2.1", subject=f"{when} {turn}") for step in self.STEPS}
            stopped += [step for step, verdict in hits.items() if verdict.is_over]
            clock.now += 15
        return stopped


class TestStart:
    """Cookieless POSTs, and many of them."""

    def test_makes_nothing_before_the_first_answer(self, platform: Catalogue) -> None:
        browser = Client(enforce_csrf_checks=True)
        answers = [browser.post("/start/", headers={"Origin": "http://testserver"}) for _press in range(50)]
        assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, "/start/type/")}
        assert browser.get("/start/type/").status_code == HTTPStatus.OK
        assert not OnboardingRequest.objects.exists()
        assert not Session.objects.exists()
        assert set(browser.cookies) == {"csrftoken"}

    def test_makes_nothing_of_a_first_answer_without_its_page(self, platform: Catalogue) -> None:
        browser = Client(enforce_csrf_checks=True)
        assert browser.post("/start/type/", {"type": "EV"}).status_code == HTTPStatus.FORBIDDEN
        assert browser.post("/start/type/", {"type": "EV"}, headers={"Origin": "http://testserver"}).status_code == 403
        assert not OnboardingRequest.objects.exists()

    def test_makes_at_most_a_hundred_rows_from_one_address(self, platform: Catalogue) -> None:
        answers = [Client().post("/start/type/", {"type": "EV"}).status_code for _try in range(120)]
        assert answers == [302] * 100 + [429] * 20
        assert (OnboardingRequest.objects.count(), Session.objects.count()) == (100, 0)
        assert visitor(1).post("type", type="EV").status_code == 302

    def test_begins_one_draft_by_a_double_click_of_a_new_browser(self, platform: Catalogue) -> None:
        """Neither request carries a cookie of the portal yet; whichever the browser keeps, it has its draft."""
        page = hidden_of(Client().get("/start/type/"))
        browsers = [Client(), Client()]
        found = {browser.post("/start/type/", {"type": "EV", **page}).headers["Location"] for browser in browsers}
        assert len(found) == OnboardingRequest.objects.count() == 1
        assert [browser.get(found.copy().pop()).status_code for browser in browsers] == [200, 200]

    def test_gives_nobody_a_draft_that_went_on(self, platform: Catalogue) -> None:
        """A page that is sent much later, or after more was answered, begins anew."""
        page = hidden_of(Client().get("/start/type/"))
        first = Client()
        step = first.post("/start/type/", {"type": "EV", **page}).headers["Location"]
        first.post(step, {"manufacturer": "Audi"})
        late = Client()
        assert late.post("/start/type/", {"type": "EV", **page}).headers["Location"] != step
        assert late.get(step).status_code == HTTPStatus.NOT_FOUND
        assert OnboardingRequest.objects.count() == 2

    def test_changes_the_type_for_who_goes_back(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        assert b'value="EV" checked' in customer.client.get("/start/type/").content
        assert customer.client.post("/start/type/", {"type": "PV"}).headers["Location"] == customer.url("manufacturer")
        assert (OnboardingRequest.objects.count(), customer.request.type) == (1, "PV")

    def test_begins_another_once_more_was_answered(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.start().choose("PV", "Huawei")
        assert sorted(OnboardingRequest.objects.values_list("type", flat=True)) == ["EV", "PV"]

    def test_leaves_alone_what_was_not_finished_long_ago(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        OnboardingRequest.objects.update(created_at=timezone.now() - timedelta(days=1))
        customer.start().post("type", type="PV")
        assert sorted(OnboardingRequest.objects.values_list("type", flat=True)) == ["EV", "PV"]

    def test_goes_on_with_an_unanswered_draft_of_earlier_days(self, customer: Customer) -> None:
        customer.start_unanswered()
        OnboardingRequest.objects.update(created_at=timezone.now() - timedelta(days=90))
        assert customer.get("type").status_code == HTTPStatus.OK
        Customer(customer.client).start().post("type", type="PV")
        assert (OnboardingRequest.objects.count(), customer.request.type) == (1, "PV")


class TestCodes:
    """Short codes, guessed."""

    @pytest.fixture
    def code(self, customer: Customer) -> str:
        customer.start().choose("EV", "Audi")
        customer.client.post(customer.url("phone/new"))
        return str(AccessLink.objects.get().code)

    def test_can_be_tried_twenty_times_from_one_address(self, code: str) -> None:
        tries = [Client().post("/code/", {"code": f"ACDE{turn:04}"}).status_code for turn in range(30)]
        assert tries == [200] * 20 + [429] * 10
        assert Client().post("/code/", {"code": code}).status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert Client(REMOTE_ADDR="192.0.2.9").post("/code/", {"code": code}).status_code == HTTPStatus.FOUND

    def test_are_free_an_hour_after_a_burst(self, code: str, clock: Clock) -> None:
        for _try in range(61):
            Client().post("/code/", {"code": "ACDEACDE"})
        clock.now += 3600
        assert Client().post("/code/", {"code": code}).status_code == HTTPStatus.FOUND

    def test_cannot_be_tried_more_often_under_made_up_addresses(self, code: str, settings: Settings) -> None:
        settings.BEHIND_PROXY = True
        spoofed = [{"X-Forwarded-For": f"10.0.{turn}.1, 203.0.113.9"} for turn in range(30)]
        tries = [Client().post("/code/", {"code": "ACDEACDE"}, headers=told).status_code for told in spoofed]
        assert Counter(tries) == {200: 20, 429: 10}

    def test_cannot_be_tried_more_often_within_one_ipv6_network(self, code: str) -> None:
        tries = [
            Client(REMOTE_ADDR=f"2001:db8:1:2::{turn:x}").post("/code/", {"code": "ACDEACDE"}).status_code
            for turn in range(30)
        ]
        assert Counter(tries) == {200: 20, 429: 10}

    def test_can_be_tried_a_thousand_times_by_all_machines_together(self, code: str) -> None:
        def guess(number: int) -> int:
            return visitor(number).client.post("/code/", {"code": "ACDEACDE"}).status_code

        assert [guess(number) for number in range(3)] == [200] * 3
        as_if_used("code/overall", 990)
        assert [guess(number) for number in range(3, 33)] == [200] * 10 + [429] * 20

    def test_count_nothing_where_they_are_right(self, customer: Customer, code: str) -> None:
        for _try in range(25):
            assert Client().post("/code/", {"code": code}).status_code in {200, 302}
            AccessLink.objects.update(taken_at=None)
        assert not RateLimitTally.objects.exists()


class TestMailbox:
    """Somebody else's, typed in."""

    @staticmethod
    def links() -> int:
        return Mail.objects.filter(kind="link").count()

    def test_gets_three_links_an_hour_whoever_asks(self, platform: Catalogue) -> None:
        pages = set()
        for number in range(12):
            stranger = visitor(number)
            stranger.start().choose("EV", "Audi")
            spelling = ("victim@example.org", "Victim@Example.org", "victim+tag@example.org")[number % 3]
            answer = stranger.client.post(stranger.url("elsewhere"), {"contact_email": spelling}, follow=True)
            shown = answer.content.decode().replace(stranger.reference, "").replace(spelling.split("@")[0], "")
            pages.add(re.sub(r'value="[^"]*"|[A-Z0-9]{4}-[A-Z0-9]{4}|@[Ee]xample.org', "", shown))
        assert self.links() == 3
        assert len(pages) == 1

    def test_gets_three_reminders_an_hour_however_many_are_due(self, platform: Catalogue) -> None:
        """With a link each, to whoever's address was typed in twelve browsers."""
        for number in range(12):
            stranger = visitor(number)
            stranger.start().choose("EV", "Audi")
            stranger.client.post(stranger.url("elsewhere"), {"contact_email": VICTIM})
        assert Mail.objects.filter(kind="reminder").count() == 12
        Mail.objects.filter(kind="link").delete()
        Mail.objects.update(due_at=timezone.now())
        for mail in Mail.objects.all():
            do(mail)
        assert Mail.objects.exclude(sent_at=None).count() == 3
        waiting = Mail.objects.filter(sent_at=None, step=1)
        assert waiting.count() == 9
        assert not waiting.filter(due_at__lt=timezone.now() + timedelta(minutes=50)).exists()

    def test_gets_no_more_because_one_asks_again(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        for _try in range(9):
            assert customer.post("elsewhere", contact_email=VICTIM).status_code == 302
        assert self.links() == 3

    @pytest.mark.parametrize("sent", [True, False])
    def test_gets_three_within_any_hour_and_not_from_clock_to_clock(self, customer: Customer, sent: bool) -> None:
        customer.start().choose("EV", "Audi")
        queued = timezone.now() - timedelta(minutes=59)
        for _try in range(3):
            customer.post("elsewhere", contact_email=VICTIM)
        done = {"sent_at": queued, "due_at": None} if sent else {}
        Mail.objects.update(queued_at=queued, **done)
        customer.post("elsewhere", contact_email=VICTIM)
        assert self.links() == 3
        later = queued - timedelta(minutes=2)
        Mail.objects.update(queued_at=later, **({"sent_at": later} if sent else {}))
        customer.post("elsewhere", contact_email=VICTIM)
        assert self.links() == (4 if sent else 3)  # what waits for a mail server is on its way

    def test_gets_no_more_from_the_page_of_a_link_that_expired(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("elsewhere", contact_email=VICTIM)
        link = AccessLink(request=customer.request, kind="email", nonce="n", expires_at=timezone.now())
        link.seal()
        link.save()
        pages = [visitor(number).client.post(f"/continue/{link.token}/") for number in range(9)]
        assert self.links() == 3
        assert {page.status_code for page in pages} == {200}
        assert len({re.sub(r'value="[^"]*"', "", page.content.decode()) for page in pages}) == 1

    def test_gets_ten_an_hour_with_those_that_colleagues_send(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        for _try in range(5):
            customer.post("elsewhere", contact_email=VICTIM)
        sent = []
        for _try in range(12):
            sent.append(operations.resend_mail(customer.request, by="ann"))
            Mail.objects.filter(due_at__isnull=False).update(sent_at=timezone.now(), due_at=None)
        assert sent == [True] * 7 + [False] * 5
        assert self.links() == 10
        assert not invitations.mail_invitation(customer.request, by="ann")

    def test_gets_twenty_other_mails_an_hour(self, db: None) -> None:
        self.queue_news(25)
        assert [self.sent_by_now(), self.sent_by_now()] == [20, 20]
        an_hour_passes()
        assert self.sent_by_now() == 25

    def test_gets_a_hundred_other_mails_a_day(self, db: None) -> None:
        self.queue_news(110)
        earlier = list(Mail.objects.values_list("pk", flat=True)[:97])
        Mail.objects.filter(pk__in=earlier).update(sent_at=timezone.now(), due_at=None)
        an_hour_passes()
        assert self.sent_by_now() == 100
        assert set(Mail.objects.filter(sent_at=None).values_list("ended", flat=True)) == {"too many mails"}

    @staticmethod
    def queue_news(count: int) -> None:
        for _device in range(count):
            row = OnboardingRequest.objects.create(contact_email=VICTIM, browser="b")
            queue_mail(row, Mail.Kind.FAILED, occasion="failed")

    @staticmethod
    def sent_by_now() -> int:
        for mail in Mail.objects.filter(due_at__isnull=False):
            do(mail)
        return Mail.objects.exclude(sent_at=None).count()

    def test_hears_once_of_one_wish_in_many_spellings(self, platform: Catalogue) -> None:
        for maker in ("Trabant", "trabant", "TRABANT", "Trabant."):
            draft.wish_for(type="EV", manufacturer=maker, contact_email=VICTIM, language="en")
        bench.offer("EV", "Trabant", ["vin"])
        refresh.refresh_catalogue()
        refresh.refresh_catalogue()
        assert Mail.objects.filter(kind="available").count() == 1

    def test_gets_nothing_by_a_wish_for_what_is_on_offer(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        for _try in range(5):
            customer.post("not-listed", manufacturer="Lada", contact_email=VICTIM)
        assert not Mail.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_gets_three_when_eight_ask_at_the_same_moment(self, threads: Threads) -> None:
        script = """
import concurrent.futures, django
django.setup()
from django.db import connection
from onboarding.intake import contact
from onboarding.models import Mail, OnboardingRequest
def ask(number):
    for turn in range(10):
        row = OnboardingRequest.objects.create(browser=f"b{number}-{turn}")
        contact.send_link(row, "Victim@example.org" if turn % 2 else "victim+a@example.org")
    connection.close()
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    list(pool.map(ask, range(8)))
print(Mail.objects.filter(kind="link").count(), OnboardingRequest.objects.count())
"""
        assert threads.python("-c", script).split() == ["3", "80"]


class TestNothingCanBeToldApart:
    """By status, words, headers, or how much was asked of the database."""

    def test_of_codes_and_links_that_are_unknown_or_over(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.client.post(customer.url("phone/new"))
        link = AccessLink.objects.get()
        AccessLink.objects.update(expires_at=timezone.now())
        assert seen("/code/", code="ACDEACDE") == seen("/code/", code=link.code)
        AccessLink.objects.update(revoked_at=timezone.now())
        assert seen(f"/continue/{'A' * 22}/") == seen(f"/continue/{link.token}/")

    @pytest.mark.parametrize("page", ["type", "manufacturer", "identify", "check", "elsewhere", "again", "stop"])
    def test_of_references_that_are_unknown_or_somebody_elses(self, customer: Customer, page: str) -> None:
        customer.start().choose("EV", "Audi")
        assert seen(f"/onboarding/{'A' * 22}/{page}/") == seen(customer.url(page))

    def test_of_addresses_that_are_known_or_not(self, customer: Customer, stranger: Customer) -> None:
        customer.submit()
        contact.send_link(customer.request, "known@example.org")
        costs = []
        for address in ("known@example.org", "unheard@example.org", "known@example.org"):
            stranger.start().choose("EV", "Audi")
            with CaptureQueriesContext(connection) as queries:
                answer = stranger.post("elsewhere", contact_email=address)
            costs.append((answer.status_code, answer.headers["Location"] == stranger.url("elsewhere"), len(queries)))
        assert {cost[:2] for cost in costs} == {(302, True)}
        counts = [cost[2] for cost in costs]
        assert max(counts) <= 1.5 * min(counts)

    def test_of_a_mailbox_that_is_full_or_not(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        contact.send_link(customer.request, VICTIM)
        counts = []
        for _try in range(4):
            with CaptureQueriesContext(connection) as queries:
                customer.post("elsewhere", contact_email=VICTIM)
            counts.append(len(queries))
        assert max(counts) <= 2 * min(counts)


class TestRefusal:
    """The page that says when to go on."""

    @pytest.fixture
    def full(self, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> Customer:
        customer.start().choose("EV", "Audi")
        monkeypatch.setitem(limit_table.LIMITS, "identify", Limit("identifiers", address="1 per 10 minutes"))
        customer.post("identify", vin="WA1")
        return customer

    def test_is_a_429_in_the_portals_design_with_the_time(self, full: Customer) -> None:
        before = timezone.localtime()
        page = full.post("identify", vin="WA1DMAFE0D0000417")
        assert page.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert 590 <= int(page.headers["Retry-After"]) <= 600
        assert page.headers["Cache-Control"] == "no-store"
        assert 'class="site-header"' in page.content.decode()
        told = re.search(r"Please wait until (\d\d):(\d\d)", page.content.decode())
        assert told
        minutes = (int(told[1]) * 60 + int(told[2]) - before.hour * 60 - before.minute) % (24 * 60)
        assert minutes in {10, 11}

    def test_keeps_what_was_typed_and_can_send_it_again(self, full: Customer) -> None:
        page = full.post("identify", vin='WA1DMAFE0D0000000"><b>', confirmed="x")
        assert "<b>" not in page.content.decode()
        RateLimitCount.objects.all().delete()
        page = full.post("identify", vin="WA1")
        page = full.post("identify", vin="WA1DMAFE0D0000000")
        again = hidden_of(page)
        assert again.pop("csrfmiddlewaretoken")
        assert again == {"vin": "WA1DMAFE0D0000000"}
        assert f'action="{full.url("identify")}"' in page.content.decode()
        RateLimitCount.objects.all().delete()
        assert full.client.post(full.url("identify"), again).headers["Location"] == full.url("check")

    def test_repeats_no_secret_and_nothing_that_is_too_long(self, full: Customer) -> None:
        page = full.post("identify", password="hunter2", vin="WA1")
        assert "hunter2" not in page.content.decode()
        long = full.post("identify", vin="A" * 30_000)
        assert len(long.content) < 20_000
        assert long.status_code == HTTPStatus.TOO_MANY_REQUESTS

    def test_is_a_fragment_for_htmx_which_puts_it_into_the_page(self, full: Customer) -> None:
        htmx = {"HX-Request": "true", "HX-Target": "makers"}
        page = full.client.post(full.url("identify"), {"vin": "WA1"}, headers=htmx)
        assert page.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert "<html" not in page.content.decode()
        assert "Please wait until" in page.content.decode()
        config = re.search(r'name="htmx-config" content=\'([^\']+)\'', full.client.get("/").content.decode())
        assert config
        handling = json.loads(config[1])["responseHandling"]
        first = next(row for row in handling if re.search(row["code"], "429"))
        assert (first["swap"], first["target"], first.get("error", False)) == (True, "#main", False)

    def test_is_in_the_readers_language(self, full: Customer) -> None:
        page = full.client.post(full.url("identify"), {"vin": "W"}, headers={"Accept-Language": "de"})
        assert b'<html lang="de">' in page.content

    def test_shows_on_the_desk_how_often(self, full: Customer, admin_client: Client) -> None:
        assert "Rate limits" in admin_client.get("/admin/").content.decode()
        assert "tries were too many" not in admin_client.get("/admin/").content.decode()
        for _try in range(3):
            full.post("identify", vin="WA1")
        RateLimitTally.objects.create(hour=timezone.now() - timedelta(days=2), name="code", scope="overall", times=99)
        assert "3 tries were too many today: identifiers 3." in admin_client.get("/admin/").content.decode()
        table = admin_client.get("/admin/onboarding/ratelimittally/").content.decode()
        assert "identifiers" in table
        assert "wrong codes" in table


class TestOrdinaryPeople:
    """Nobody who connects devices meets a limit."""

    def test_in_a_call_centre_connect_fifty_cars_from_one_address(self, platform: Catalogue) -> None:
        """Each of them counts as the first does."""
        assert self.connect(vin="WA1DMAFE0D0000000") == "queued"
        RateLimitCount.objects.update(count=F("count") * 49)
        assert self.connect(vin="WA1DMAFE0D0000050") == "queued"
        assert not RateLimitTally.objects.exists()

    @staticmethod
    def connect(vin: str) -> str:
        return str(Customer(Client()).submit(vin=vin).request.state)


class TestWorker:
    def test_clears_counts_and_old_numbers_away(self, db: None) -> None:
        RateLimitCount.objects.create(key="over", ends_at=int(time.time()) - 4000, count=1)
        RateLimitCount.objects.create(key="open", ends_at=int(time.time()) + 4000, count=1)
        for days in (1, 100):
            hour = timezone.now() - timedelta(days=days)
            RateLimitTally.objects.create(hour=hour, name="code", scope="address", times=1)
        delete_ended()
        keeper.keep()
        assert list(RateLimitCount.objects.values_list("key", flat=True)) == ["open"]
        assert RateLimitTally.objects.count() == 1


def hidden_of(page: HttpResponse) -> dict[str, str]:
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', main))


def seen(url: str, **sent: str) -> tuple[object, ...]:
    """Return all that a browser that was never here can see of an answer, and how much was asked of the database."""
    Client().get("/")  # what a process reads once in a while is read
    with CaptureQueriesContext(connection) as queries:
        page = Client().post(url, sent)
    words = re.sub(r'value="[^"]*"', "", page.content.decode())
    told = {name: value for name, value in page.headers.items() if name not in {"Content-Length", "X-Request-ID"}}
    return page.status_code, words, tuple(told.items()), set(page.cookies), len(queries)
