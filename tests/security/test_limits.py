"""Too often, too many, too long: whoever tries meets a limit, and nobody else does."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from pytest_django import Settings

from onboarding import limit_table, rate_limits
from onboarding.limit_storage import DatabaseStorage, Use, delete_ended
from onboarding.limit_table import Limit
from onboarding.models import RateLimitCount, RateLimitTally

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

    def test_waits_for_the_longest_of_all_full_windows(self) -> None:
        verdicts = [rate_limits.hit("knock", address="192.0.2.1") for _try in range(9)]
        assert 3590 <= verdicts[-1].seconds <= 3600

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
        assert threads.run("hit('start', address='192.0.2.1')") == {"": 60, "address": 340}

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
from onboarding import rate_limits
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
        threads = Threads(f"sqlite:///{tmp_path / 'limits.sqlite3'}")
        threads.python("manage.py", "migrate", "-v0")
        return threads
    known = connection.get_connection_params()
    host, port = known.get("host", ""), known.get("port", "")
    user, password = known.get("user", ""), known.get("password", "")
    return Threads(f"postgres://{user}:{password}@{host}:{port}/{known['dbname']}".replace(":@", "@"))
