"""Attacks on the desk's door, and on the keys of those who are in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import hashers
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.management.commands.worker import forget_sessions
from onboarding.models import Consent, Disclosure, Event, Holder, OnboardingRequest, StaffSignIn
from tests.customers import Customer
from tests.desk import address, fill, knock, prepare

from .colleagues import APP, CODE, CODES, ENROL, LOGIN, NAME, PASSWORD, Clock, Colleague, found, without_what_differs

pytestmark = pytest.mark.django_db

CONFIRM = "/admin/account/confirm/"
CONFIRM_CODE = "/admin/account/confirm/code/"
ACCOUNT = "/admin/account/"
OUTCOMES = ("outcome", "name", "how")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def strict(settings: Settings, clock: Clock) -> None:
    """Have it as in production."""
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def ann(strict: None, clock: Clock) -> Colleague:
    """A colleague who has set up an app, and is not signed in."""
    ann = Colleague()
    ann.sign_in()
    ann.enrol()
    ann.client = Client()
    clock.move(hours=2)
    return ann


def record() -> list[tuple[str, ...]]:
    return list(StaffSignIn.objects.order_by("pk").values_list(*OUTCOMES))


class TestSignIn:
    @pytest.fixture
    def people(self) -> None:
        Colleague()
        Colleague("bob", is_staff=False)
        Colleague("cleo", is_active=False)

    WRONG = {
        "a wrong name": ("nobody", PASSWORD),
        "a wrong password": (NAME, "wrong horse battery"),
        "somebody who is no colleague": ("bob", PASSWORD),
        "a colleague who left": ("cleo", PASSWORD),
    }

    def test_answers_whatever_is_wrong_by_the_same_words(self, people: None) -> None:
        answers = {}
        for what, (name, password) in self.WRONG.items():
            answer = Client().post(LOGIN, {"username": name, "password": password})
            answers[what] = (answer.status_code, without_what_differs(answer.content.decode(), f'value="{name}"'))
        assert {status for status, _page in answers.values()} == {200}
        assert len(set(answers.values())) == 1
        assert "do not belong together" in answers["a wrong name"][1]

    @pytest.mark.parametrize("what", [*WRONG, "no password"])
    def test_works_out_one_hash_whatever_is_wrong(
        self, settings: Settings, people: None, what: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        User.objects.update(password=make_password(PASSWORD))
        User.objects.filter(username=NAME).update(password="!") if what == "no password" else None
        name, password = self.WRONG.get(what, (NAME, PASSWORD))
        worked_out = []
        pbkdf2 = hashers.pbkdf2
        monkeypatch.setattr(hashers, "pbkdf2", lambda *args, **more: worked_out.append(1) or pbkdf2(*args, **more))
        Client().post(LOGIN, {"username": name, "password": password})
        assert len(worked_out) == 1

    @pytest.mark.parametrize(
        "wanted",
        [
            *("//evil.example", "https://evil.example/admin/", "/\\evil.example", "///evil.example/admin/"),
            *(
                "https:evil.example",
                "javascript:alert(1)",
                "/admin/../../evil",
                "http://testserver@evil.example/admin/",
            ),
            *("/", "/devices/", "\t//evil.example", "/admin\\@evil.example"),
        ],
    )
    def test_leads_nowhere_but_to_the_desk(self, wanted: str) -> None:
        for send in ("query", "form"):
            ann = Colleague(f"ann-{send}")
            data = {"username": ann.user.username, "password": PASSWORD}
            if send == "form":
                answer = ann.client.post(LOGIN, data | {"next": wanted})
            else:
                answer = ann.client.post(LOGIN, data, query_params={"next": wanted})
            assert answer.status_code == 302
            assert re.fullmatch(r"/admin/(\.\./\.\./evil)?", answer.url), answer.url

    def test_leads_to_the_page_that_was_asked_for(self) -> None:
        ann = Colleague()
        page = "/admin/onboarding/onboardingrequest/?queue=customer"
        ask = ann.client.get(page)
        assert ask.url.startswith(LOGIN)
        form = ann.client.get(ask.url).content.decode()
        assert found(r'name="next" value="([^"]+)"', form) == page
        assert ann.sign_in(next=page).url == page

    def test_takes_no_session_that_somebody_else_laid_there(self) -> None:
        thief, ann = Client(), Colleague()
        thief.get("/admin/login/passkey/", headers={"accept": "application/json"})
        laid = thief.cookies["desk"].value
        ann.client.cookies["desk"] = laid
        ann.sign_in()
        assert ann.client.cookies["desk"].value != laid
        assert ann.client.get("/admin/").status_code == 200
        assert thief.get("/admin/").status_code == 302
        assert not Session.objects.filter(pk=laid).exists()

    def test_cookie_lasts_twelve_hours_at_most_and_is_out_of_reach(self) -> None:
        ann = Colleague()
        ann.sign_in()
        cookie = ann.client.cookies["desk"]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (43200, True, "Lax")

    def test_has_no_sign_up_and_nothing_by_mail(self) -> None:
        ann = Colleague()
        ann.sign_in()
        tried = ("signup/", "password/reset/", "email/", "confirm-email/", "login/code/confirm/", "account/signup/")
        assert {Client().get(f"/admin/{path}").status_code for path in tried} <= {302, 404}
        assert {ann.client.get(f"/admin/{path}").status_code for path in tried} == {404}
        assert mail.outbox == []

    def test_offers_no_list_of_factors_or_sessions_of_others(self) -> None:
        boss = Colleague(is_superuser=True)
        boss.sign_in()
        lists = ("mfa/authenticator/", "usersessions/usersession/", "account/emailaddress/")
        assert {boss.client.get(f"/admin/{path}").status_code for path in lists} == {404}

    def test_is_over_at_once_for_who_is_no_colleague_any_more(self) -> None:
        ann = Colleague()
        ann.sign_in()
        assert ann.client.get("/admin/").status_code == 200
        User.objects.update(is_staff=False)
        assert ann.client.get("/admin/").status_code == 302

    @pytest.mark.parametrize("password", ["short1", "password1234", "839174650218", "ann.supervisor"])
    def test_takes_no_weak_password(self, password: str) -> None:
        ann = Colleague(last_name="ann.supervisor")
        ann.sign_in()
        data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
        assert ann.client.post("/admin/password_change/", data).status_code == 200
        ann.user.refresh_from_db()
        assert ann.user.check_password(PASSWORD)


def every_address(patterns: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Walk the whole URL conf; give each address, with something in its gaps, and its name."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from every_address(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            plain = re.sub(r"\(\?P<\w+>[^)]*\)\$?", "auth/", re.sub(r"<(\w+:)?\w+>", "1", route))
            yield "/" + re.sub(r"[\^$]|\\Z", "", plain), str(pattern.name)


DESK = sorted({pair for pair in every_address(get_resolver().url_patterns) if pair[0].startswith("/admin/")})
# Where somebody with a password alone may be, to get further or to leave.
DOORSTEP = {
    *(LOGIN, CODE, "/admin/login/passkey/", "/admin/logout/"),
    *(ENROL, APP, "/admin/account/passkeys/add/", CONFIRM),
}


class TestWithoutSecondFactor:
    def test_there_is_a_desk_to_keep_closed(self) -> None:
        assert len(DESK) > 100
        assert {path for path, _name in DESK} >= DOORSTEP

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("way", ["by the form", "by force"])
    def test_every_page_leads_to_setting_one_up(self, strict: None, way: str, method: str) -> None:
        boss = Colleague(is_superuser=True)
        boss.sign_in() if way == "by the form" else boss.client.force_login(boss.user)
        wrong = []
        for path, _name in DESK:
            if path not in DOORSTEP:
                answer = getattr(boss.client, method)(path)
                if (answer.status_code, answer.headers.get("Location")) != (302, ENROL):
                    wrong.append((path, answer.status_code, answer.headers.get("Location")))
        assert wrong == []

    def test_a_part_of_a_page_leads_there_as_a_whole(self, strict: None) -> None:
        boss = Colleague(is_superuser=True)
        boss.sign_in()
        answer = boss.client.get("/admin/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == ENROL
        assert answer.content == b""

    def test_first_sign_in_leads_through_it_to_the_desk(self, strict: None) -> None:
        ann = Colleague()
        assert ann.sign_in().url == "/admin/"
        assert ann.client.get("/admin/").url == ENROL
        page = ann.client.get(ENROL).content.decode()
        assert APP in page
        assert "/admin/onboarding/" not in page
        ann.enrol()
        assert len(set(ann.codes)) == 10
        assert ann.client.get("/admin/").status_code == 200

    def test_setting_it_up_changes_the_sessions_key(self, strict: None) -> None:
        ann, thief = Colleague(), Client()
        ann.sign_in()
        thief.cookies["desk"] = ann.client.cookies["desk"].value
        ann.enrol()
        assert thief.get("/admin/").url.startswith(LOGIN)
        assert ann.client.get("/admin/").status_code == 200

    def test_a_password_alone_opens_nothing_once_there_is_one(self, ann: Colleague) -> None:
        assert ann.sign_in().url == CODE
        wrong = [path for path, _name in DESK if ann.client.get(path).status_code == 200]
        assert set(wrong) <= {LOGIN, CODE}

    def test_a_session_of_before_shows_the_factor_and_adds_none(self, ann: Colleague) -> None:
        """One that was begun before another set the factor up, or before one was asked for."""
        ann.client.force_login(ann.user)
        assert ann.client.get("/admin/").url == f"{CONFIRM_CODE}?next=/admin/"
        for path in (APP, "/admin/account/passkeys/add/", "/admin/account/app/remove/", CONFIRM):
            assert ann.client.get(path).url.startswith(CONFIRM_CODE)
            assert ann.client.post(path, {"password": PASSWORD}).url.startswith(CONFIRM_CODE)
        assert ann.client.post(f"{CONFIRM_CODE}?next=/admin/", {"code": ann.code()}).url == "/admin/"
        assert ann.client.get("/admin/").status_code == 200

    def test_nobody_is_asked_on_their_own_machine(self) -> None:
        ann = Colleague()
        assert ann.sign_in().url == "/admin/"
        assert ann.client.get("/admin/").status_code == 200


class TestHalfASignIn:
    """Somebody gave a password and is asked for the code."""

    def test_is_over_when_the_password_changes(self, ann: Colleague) -> None:
        ann.sign_in()
        ann.user.set_password("another horse battery")
        ann.user.save()
        assert ann.client.post(CODE, {"code": ann.code()}).url == LOGIN
        assert ann.client.get("/admin/").status_code == 302

    def test_is_over_when_the_account_is_closed(self, ann: Colleague) -> None:
        ann.sign_in()
        User.objects.filter(pk=ann.user.pk).update(is_staff=False)
        assert ann.client.post(CODE, {"code": ann.code()}).url == LOGIN
        assert record()[-1][0] == "failed"


class TestDemoPassword:
    def test_opens_nothing_but_the_sandbox_on_ones_own_machine(self, settings: Settings) -> None:
        User.objects.create_superuser("demo", password="sandbox-demo")
        guess = {"username": "demo", "password": "sandbox-demo"}
        assert Client().post(LOGIN, guess).url == "/admin/"
        settings.LOCAL = False
        assert "do not belong together" in Client().post(LOGIN, guess).content.decode()
        settings.LOCAL, settings.USES_EMBEDDED_SANDBOX = True, False
        assert "do not belong together" in Client().post(LOGIN, guess).content.decode()


class TestCode:
    def test_opens_the_desk(self, ann: Colleague) -> None:
        ann.come_in()
        assert ann.client.get("/admin/").status_code == 200

    def test_is_good_once_in_all_processes(self, ann: Colleague) -> None:
        ann.come_in()
        thief = Client()
        ann.sign_in(thief)
        cache.clear()  # another process knows nothing of what this one saw
        assert thief.post(CODE, {"code": ann.code()}).status_code == 200
        assert thief.get("/admin/").status_code == 302

    def test_before_one_that_was_used_is_good_no_more(self, ann: Colleague, clock: Clock) -> None:
        old = ann.code()
        clock.move(seconds=30)
        ann.come_in()
        thief = Client()
        ann.sign_in(thief)
        cache.clear()
        assert thief.post(CODE, {"code": old}).status_code == 200

    def test_that_set_it_up_signs_nobody_in(self, strict: None) -> None:
        ann = Colleague()
        ann.sign_in()
        ann.enrol()
        thief = Client()
        ann.sign_in(thief)
        cache.clear()
        assert thief.post(CODE, {"code": ann.code()}).status_code == 200

    def test_of_last_time_is_good_no_more(self, ann: Colleague, clock: Clock) -> None:
        old = ann.code()
        clock.move(minutes=2)
        ann.sign_in()
        assert ann.client.post(CODE, {"code": old}).status_code == 200

    def test_cannot_be_guessed(self, ann: Colleague, clock: Clock) -> None:
        ann.sign_in()
        right = ann.code()
        guesses = [f"{(int(right) + 1 + number) % 10**6:06}" for number in range(8)]
        answers = [ann.client.post(CODE, {"code": guess}).content.decode() for guess in guesses]
        assert ["is not right" in answer for answer in answers] == [True] * 5 + [False] * 3
        assert "Try again at 12:05" in answers[5]
        assert "Try again at 12:05" in ann.client.post(CODE, {"code": right}).content.decode()
        assert ann.client.get("/admin/").status_code == 302
        assert [line[0] for line in record()][-6:] == ["code-failed"] * 5 + ["locked"]

    def test_cannot_be_guessed_by_whoever_is_in(self, ann: Colleague) -> None:
        ann.come_in()
        answers = [ann.client.post(CONFIRM_CODE, {"code": "000000"}).content.decode() for _try in range(6)]
        assert "Try again at" in answers[5]

    def test_of_the_list_lets_in_once(self, ann: Colleague) -> None:
        ann.sign_in()
        assert ann.client.post(CODE, {"code": ann.codes[3]}).url == "/admin/"
        thief = Client()
        ann.sign_in(thief)
        assert thief.post(CODE, {"code": ann.codes[3]}).status_code == 200
        assert thief.post(CODE, {"code": ann.codes[4]}).url == "/admin/"

    def test_list_is_shown_once(self, ann: Colleague) -> None:
        ann.come_in()
        ann.client.post(CONFIRM, {"password": PASSWORD})
        page = ann.client.get(CODES).content.decode()
        assert [code for code in ann.codes if code in page] == []
        assert ann.client.get("/admin/account/codes/download/").status_code == 404

    def test_new_list_voids_the_old(self, ann: Colleague) -> None:
        ann.come_in()
        assert ann.client.post("/admin/account/codes/renew/").url == CODES
        page = ann.client.get(CODES).content.decode()
        assert len(set(re.findall(r"\b\d{10}\b", page.split("</textarea>")[0]))) == 10
        other = Client()
        ann.sign_in(other)
        assert other.post(CODE, {"code": ann.codes[0]}).status_code == 200


class TestPassword:
    def test_cannot_be_guessed(self, clock: Clock) -> None:
        ann = Colleague()
        guess = {"username": NAME, "password": "wrong horse battery"}
        answers = [Client().post(LOGIN, guess).content.decode() for _try in range(6)]
        assert ["do not belong together" in answer for answer in answers] == [True] * 5 + [False]
        assert "Try again at 10:05" in answers[5]
        assert ann.sign_in().status_code == 200
        assert record().count(("locked", NAME, "")) == 1

    def test_cannot_be_guessed_in_other_letters_or_with_spaces(self) -> None:
        names = ["ann", "ANN", "Ann", " ann", "ann "]
        for name in names:
            Client().post(LOGIN, {"username": name, "password": "wrong horse battery"})
        assert Colleague().sign_in().status_code == 200

    def test_of_many_cannot_be_guessed_from_one_address(self) -> None:
        for number in range(30):
            Client().post(LOGIN, {"username": f"name{number}", "password": PASSWORD})
        assert "Too many tries" in Colleague().sign_in().content.decode()

    def test_is_free_again_after_a_burst_as_the_page_says(self, clock: Clock) -> None:
        """A hundred tries within seconds lock an address for the ten minutes, not for the day."""
        ann = Colleague()
        for number in range(101):
            Client().post(LOGIN, {"username": f"name{number}", "password": PASSWORD})
        assert "Try again at 10:10" in ann.sign_in().content.decode()
        clock.move(minutes=10)
        assert ann.sign_in().url == "/admin/"

    def test_is_not_locked_by_a_stranger_elsewhere(self) -> None:
        ann, stranger = Colleague(), Client(REMOTE_ADDR="198.51.100.7")
        for _try in range(9):
            stranger.post(LOGIN, {"username": NAME, "password": "wrong horse battery"})
        assert ann.sign_in().url == "/admin/"

    def test_is_not_locked_by_strangers_where_it_was_good_before(self, ann: Colleague, clock: Clock) -> None:
        """Ten lines use up what a name has from anywhere: whoever is in goes on, and comes in from where they were."""
        ann.come_in()
        clock.move(minutes=20)
        for line in range(10):
            for _try in range(5):
                stranger = Client(REMOTE_ADDR=f"198.51.{line}.7")
                stranger.post(LOGIN, {"username": NAME, "password": "wrong horse battery"})
        assert ann.client.post(f"{CONFIRM}?next=/admin/", {"password": PASSWORD}).url == "/admin/"
        assert ann.sign_in(Client()).url == CODE
        assert "Too many tries" in ann.sign_in(Client(REMOTE_ADDR="203.0.113.9")).content.decode()

    def test_is_not_locked_by_one_line_with_many_networks(self) -> None:
        for number in range(60):
            stranger = Client(REMOTE_ADDR=f"601:db8:1:{number:x}::1")
            stranger.post(LOGIN, {"username": NAME, "password": "wrong horse battery"})
        assert Colleague().sign_in(Client(REMOTE_ADDR="203.0.113.9")).url == "/admin/"

    @pytest.mark.parametrize("page", [CONFIRM, "/admin/password_change/"])
    def test_cannot_be_guessed_by_whoever_is_in(self, page: str) -> None:
        ann = Colleague()
        ann.sign_in()
        guess = {"password": "wrong", "oldpassword": "wrong", "password1": "x" * 20, "password2": "x" * 20}
        answers = [ann.client.post(page, guess).content.decode() for _try in range(6)]
        assert ["Too many tries" in answer for answer in answers] == [False] * 5 + [True]

    def test_that_changed_ends_every_other_session(self) -> None:
        ann, thief = Colleague(), Client()
        ann.sign_in()
        ann.sign_in(thief)
        before = ann.client.cookies["desk"].value
        new = "another horse battery"
        ann.client.post("/admin/password_change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert thief.get("/admin/").status_code == 302
        assert ann.client.get("/admin/").status_code == 200
        assert ann.client.cookies["desk"].value != before
        assert record()[-1] == ("password-changed", NAME, "")


class TestSession:
    def test_ends_after_an_hour_of_silence(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        clock.move(minutes=59)
        assert ann.client.get("/admin/").status_code == 200
        clock.move(minutes=60)
        answer = ann.client.get("/admin/onboarding/event/?q=1")
        assert answer.url == f"{LOGIN}?next=/admin/onboarding/event/%3Fq%3D1"
        assert ann.client.get("/admin/").url.startswith(LOGIN)
        assert record()[-1] == ("expired", NAME, "")

    def test_ends_after_twelve_hours_however_active(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        for _turn in range(23):
            clock.move(minutes=30)
            assert ann.client.get("/admin/").status_code == 200
        clock.move(minutes=30)
        assert ann.client.get("/admin/").status_code == 302

    def test_that_ended_does_nothing_more(self, ann: Colleague, clock: Clock, platform: Catalogue) -> None:
        fill()
        ann.come_in()
        row, notes = OnboardingRequest.objects.first(), Event.objects.filter(name="note-added")
        clock.move(hours=1)
        page = f"/admin/onboarding/onboardingrequest/{row.pk}/add-note/"
        answer = ann.client.post(page, {"note": "Called."}, headers={"referer": f"http://testserver{page}"})
        assert answer.url == f"{LOGIN}?next={page}"
        assert not notes.exists()

    def test_is_not_kept_alive_by_a_page_that_asks_by_itself(
        self, ann: Colleague, clock: Clock, platform: Catalogue
    ) -> None:
        fill()
        ann.come_in()
        for _turn in range(2):
            clock.move(minutes=30)
            answer = ann.client.get("/admin/onboarding/bulkjob/1/progress/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"].startswith(LOGIN)

    def test_copy_of_the_cookie_ends_with_it(self, ann: Colleague) -> None:
        ann.come_in()
        thief = Client()
        thief.cookies["desk"] = ann.client.cookies["desk"].value
        assert thief.get("/admin/").status_code == 200
        ann.client.post("/admin/logout/")
        assert thief.get("/admin/").status_code == 302
        assert record()[-1] == ("signed-out", NAME, "")

    def test_elsewhere_ends_at_once(self, ann: Colleague, clock: Clock) -> None:
        UserSession.objects.update(last_seen_at=clock.at - timedelta(hours=2))
        thief = ann.come_in(Client())
        clock.move(minutes=1)
        ann.come_in()
        assert thief.get("/admin/").status_code == 200
        assert ann.client.post("/admin/account/sign-out-elsewhere/").url == ACCOUNT
        assert thief.get("/admin/").status_code == 302
        assert ann.client.get(ACCOUNT).status_code == 200
        assert record()[-1] == ("sessions-ended", NAME, "1")

    def test_is_listed_with_where_and_since_when(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in(Client(HTTP_USER_AGENT="Lynx on a train", REMOTE_ADDR="203.0.113.9"))
        clock.move(minutes=5)
        page = ann.come_in().get(ACCOUNT).content.decode()
        assert "Lynx on a train" in page
        assert re.search(
            r"from 203\.0\.113\.9, since \d+ \w+ \d{4}, \d\d:\d\d, last seen \d+ \w+ \d{4}, \d\d:\d\d", page
        )

    def test_of_others_is_out_of_reach(self, ann: Colleague, clock: Clock) -> None:
        bob = Colleague("bob")
        bob.sign_in()
        ann.come_in().post("/admin/account/sign-out-elsewhere/")
        assert bob.client.get("/admin/").url == ENROL

    def test_ends_when_rights_change(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        boss = Colleague("boss", is_superuser=True)
        boss.sign_in()
        boss.enrol()
        form = boss.client.get(f"/admin/auth/user/{ann.user.pk}/change/").context["adminform"].form
        data = {name: value for name, value in form.initial.items() if isinstance(value, str)}
        data |= {"is_active": "on", "is_staff": "on", "groups": [Group.objects.get(name="agent").pk]}
        data |= {"date_joined_0": "2026-11-23", "date_joined_1": "09:00:00"}
        assert boss.client.post(f"/admin/auth/user/{ann.user.pk}/change/", data).status_code == 302
        assert ann.client.get("/admin/").status_code == 302
        line = StaffSignIn.objects.order_by("-pk")[0]
        assert (line.outcome, line.name, line.by, line.how) == ("access-changed", NAME, "boss", "groups")

    def test_is_forgotten_when_its_time_is_over(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        UserSession.objects.update(last_seen_at=clock.at)
        clock.move(hours=13)
        forget_sessions()
        assert not UserSession.objects.exists()
        assert not Session.objects.exists()

    def test_pages_are_kept_nowhere(self, ann: Colleague) -> None:
        ann.come_in()
        pages = (
            "/admin/",
            ACCOUNT,
            "/admin/figures/",
            "/admin/jsi18n/",
            "/admin/nowhere/",
            "/admin/auth/user/",
            CONFIRM,
        )
        assert [page for page in pages if "no-store" not in ann.client.get(page).headers["Cache-Control"]] == []
        assert "no-store" in Client().get(LOGIN).headers["Cache-Control"]


class TestPasswordOfAColleague:
    def test_is_set_by_an_administrator_on_the_record(self, ann: Colleague) -> None:
        ann.come_in()
        boss = Colleague("boss", is_superuser=True)
        boss.sign_in()
        boss.enrol()
        new = "another horse battery"
        data = {"password1": new, "password2": new, "usable_password": "true", "set-password": "Change"}
        assert boss.client.post(f"/admin/auth/user/{ann.user.pk}/password/", data).status_code == 302
        assert ann.client.get("/admin/").status_code == 302
        line = StaffSignIn.objects.order_by("-pk")[0]
        assert (line.outcome, line.name, line.by) == ("password-changed", NAME, "boss")


class TestFactorOfAColleague:
    def test_is_taken_away_by_an_administrator_and_nobody_else(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        page = f"/admin/auth/user/{ann.user.pk}/second-factor/"
        assert ann.client.post(page).status_code == 403
        boss = Colleague("boss", is_superuser=True)
        boss.sign_in()
        boss.enrol()
        assert boss.client.get(page).status_code == 200
        assert Authenticator.objects.filter(user=ann.user).count() == 2
        assert boss.client.post(page).status_code == 302
        assert not Authenticator.objects.filter(user=ann.user).exists()
        assert ann.client.get("/admin/").status_code == 302
        lines = StaffSignIn.objects.filter(outcome="factor-removed", by="boss", user=ann.user)
        assert {line.how for line in lines} == {"totp", "recovery_codes"}
        ann.sign_in()
        assert ann.client.get("/admin/").url == ENROL

    def test_of_a_superuser_is_a_superusers_matter(self, strict: None) -> None:
        boss = Colleague("boss", is_superuser=True)
        boss.sign_in()
        boss.enrol()
        helper = Colleague("helper")
        helper.user.user_permissions.add(*permissions("change_user", "view_user"))
        helper.sign_in()
        helper.enrol()
        assert helper.client.post(f"/admin/auth/user/{boss.user.pk}/second-factor/").status_code == 403

    def test_of_oneself_needs_a_fresh_proof(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        clock.move(minutes=31)
        assert ann.client.post("/admin/account/app/remove/").url.startswith(CONFIRM)
        assert Authenticator.objects.filter(user=ann.user, type="totp").exists()


# What needs a fresh proof, and what shows that it was done.
SENSITIVE = {
    "onboarding_onboardingrequest_reveal": Disclosure,
    "onboarding_consent_reveal": Disclosure,
    "onboarding_mail_reveal": Disclosure,
    "onboarding_wish_reveal": Disclosure,
    "onboarding_request_link": Disclosure,
    "onboarding_request_evidence": Disclosure,
    "onboarding_request_export_data": Disclosure,
    "copy_person": Disclosure,
    "onboardingrequest.evidence": Disclosure,
    "figures_csv": Disclosure,
    "onboarding_request_erase_identifiers": Event,
}


class TestFreshProof:
    @pytest.fixture(autouse=True)
    def full(self, platform: Catalogue) -> None:
        fill()

    @pytest.mark.parametrize("door", SENSITIVE)
    def test_is_asked_for_and_leads_back(self, ann: Colleague, clock: Clock, door: str) -> None:
        ann.user.groups.add(Group.objects.get(name="agent"))
        prepare(door)
        ann.come_in()
        clock.move(minutes=31)
        before = SENSITIVE[door].objects.count(), Consent.objects.exclude(erased_at=None).count()
        back = "/admin/onboarding/onboardingrequest/?q=x"
        ann.client.defaults["HTTP_REFERER"] = f"http://testserver{back}"
        answer = knock(ann.client, door)
        assert answer.status_code == 302
        assert answer.url.startswith(f"{CONFIRM}?next=/admin/onboarding/onboardingrequest/")
        assert (SENSITIVE[door].objects.count(), Consent.objects.exclude(erased_at=None).count()) == before
        assert ann.client.post(answer.url, {"password": PASSWORD}).url == back
        assert knock(ann.client, door).status_code in {200, 302}
        assert SENSITIVE[door].objects.count() > before[0]

    @pytest.mark.parametrize("door", SENSITIVE)
    def test_of_a_moment_ago_will_do(self, ann: Colleague, clock: Clock, door: str) -> None:
        prepare(door)
        ann.come_in()
        clock.move(minutes=14)
        before = SENSITIVE[door].objects.count()
        knock(ann.client, door)
        assert SENSITIVE[door].objects.count() > before

    def test_is_asked_for_as_a_whole_page_when_a_part_was_wanted(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        clock.move(minutes=31)
        url = address("onboarding_onboardingrequest_reveal")
        headers = {"HX-Request": "true", "referer": "http://testserver/admin/onboarding/onboardingrequest/1/change/"}
        answer = ann.client.post(url, {"secret": "vin"}, headers=headers)
        assert answer.headers["HX-Redirect"] == f"{CONFIRM}?next=/admin/onboarding/onboardingrequest/1/change/"

    def test_leads_back_to_the_desk_whoever_says_where_from(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        clock.move(minutes=31)
        for before in ("https://evil.example/admin/", "http://testserver/devices/", "//evil.example/admin/"):
            answer = ann.client.post("/admin/figures/csv/", {"table": "steps"}, headers={"referer": before})
            assert answer.url == f"{CONFIRM}?next=/admin/"

    @pytest.mark.parametrize(
        "path", ["auth/user/add/", "auth/user/{}/change/", "auth/user/{}/password/", "auth/group/1/change/"]
    )
    def test_stands_before_users_and_groups(self, strict: None, clock: Clock, path: str) -> None:
        boss = Colleague("boss", is_superuser=True)
        boss.sign_in()
        boss.enrol()
        page = f"/admin/{path.format(boss.user.pk)}"
        assert boss.client.get(page).status_code == 200
        clock.move(minutes=16)
        assert boss.client.get(page).url == f"{CONFIRM}?next={page}"
        assert boss.client.post(page, {"username": "evil"}).status_code == 200  # the page was opened in time
        clock.move(minutes=16)
        assert boss.client.post(page, {"username": "evil"}).url.startswith(CONFIRM)

    def test_is_on_the_record(self, ann: Colleague, clock: Clock) -> None:
        ann.come_in()
        ann.client.post(CONFIRM, {"password": PASSWORD})
        assert record()[-1] == ("confirmed", NAME, "password")

    def test_is_not_asked_for_on_ones_own_machine(self) -> None:
        ann = Colleague()
        ann.client.force_login(ann.user)
        assert knock(ann.client, "figures_csv").status_code == 200


class TestRecord:
    def test_tells_who_came_in_and_how(self, ann: Colleague) -> None:
        StaffSignIn.objects.all().delete()
        ann.come_in()
        assert record() == [("signed-in", NAME, "password, totp")]

    def test_tells_of_factors(self, ann: Colleague, django_capture_on_commit_callbacks: Any) -> None:
        ann.come_in()
        with django_capture_on_commit_callbacks(execute=True):
            ann.client.post("/admin/account/codes/renew/")
            ann.client.post("/admin/account/app/remove/")
            ann.enrol()
        assert {line[::2] for line in record()[-5:]} == {
            ("codes-renewed", ""),
            ("factor-removed", "totp"),
            ("factor-removed", "recovery_codes"),
            ("factor-added", "totp"),
            ("factor-added", "recovery_codes"),
        }

    def test_shows_nothing_that_was_typed_in_the_wrong_place(self) -> None:
        Client().post(LOGIN, {"username": "my secret password", "password": "ann"})
        line = StaffSignIn.objects.get()
        assert (line.outcome, line.user, line.how) == ("failed", None, "password")
        assert line.name == "–"

    def test_has_one_line_for_an_address_that_is_locked_whatever_it_types(self, clock: Clock) -> None:
        for number in range(60):
            Client().post(LOGIN, {"username": f"name{number}", "password": "x"})
        assert [outcome for outcome, *_more in record()].count("locked") == 1

    def test_keeps_the_network_and_not_the_machine(self) -> None:
        for client in ("203.0.113.77", "2001:db8:1:2:3:4:5:6"):
            Client(REMOTE_ADDR=client).post(LOGIN, {"username": NAME, "password": "x"})
        kept = set(StaffSignIn.objects.values_list("address", flat=True))
        assert kept == {"203.0.113.0/24", "2001:db8:1::/48"}

    def test_is_written_once(self) -> None:
        line = StaffSignIn.objects.create(name=NAME, outcome="signed-in")
        line.name = "bob"
        with pytest.raises(TypeError):
            line.save()
        with pytest.raises(TypeError):
            line.delete()

    def test_outlives_who_is_in_it(self) -> None:
        ann = Colleague()
        ann.sign_in()
        ann.user.delete()
        assert StaffSignIn.objects.get(outcome="signed-in").name == NAME

    def test_takes_a_name_of_any_kind(self) -> None:
        for name in ("\0", "x" * 151, "x" * 5000, "🦊", "'; drop table", "%s"):
            assert Client().post(LOGIN, {"username": name, "password": "\0"}).status_code == 200

    def test_is_shown_to_auditors(self) -> None:
        StaffSignIn.objects.create(name="cleo", outcome="locked", address="203.0.113.0/24")
        auditor = Colleague(role="auditor")
        auditor.client.force_login(auditor.user)
        page = auditor.client.get("/admin/onboarding/staffsignin/").content.decode()
        assert "cleo" in page
        assert "203.0.113.0/24" in page


class TestCustomersKey:
    def test_that_was_copied_opens_nothing_after_leaving(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        thief = Client()
        thief.cookies["portal"] = customer.client.cookies["portal"].value
        assert thief.get(customer.url("identify")).status_code == 200
        before = OnboardingRequest.objects.values().get()
        customer.client.post("/leave/")
        assert customer.client.cookies["portal"].value == ""
        assert thief.get(customer.url("identify")).status_code == 404
        assert b"In this browser" not in thief.get("/").content
        after = OnboardingRequest.objects.values().get()
        assert {name for name in after if after[name] != before[name]} == {"browser"}

    def test_that_was_given_by_a_link_opens_nothing_after_leaving(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.client.post(customer.url("phone") + "new/")
        code = found(r">([A-Z0-9]{4}[ -][A-Z0-9]{4})<", customer.get("phone").content.decode())
        phone = Client()
        phone.post("/code/", {"code": code})
        assert phone.get(customer.url("identify")).status_code == 200
        copied = phone.cookies["portal"].value
        phone.post("/leave/")
        phone.cookies["portal"] = copied
        assert phone.get(customer.url("identify")).status_code == 404
        assert not Holder.objects.exists()
        assert customer.get("identify").status_code == 200

    @pytest.mark.parametrize("change", ["forged", "unsigned", "of another purpose", "too old"])
    def test_is_taken_only_as_it_was_given(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        customer.start().choose("EV", "Audi")
        key, stamp, _signature = (value := customer.client.cookies["portal"].value).split(":")
        forged = {
            "forged": value[:-1] + ("a" if value[-1] != "a" else "b"),
            "unsigned": key,
            "of another purpose": TimestampSigner(salt="desk").sign(key),
            "too old": value,
        }
        if change == "too old":
            Clock(monkeypatch).at = timezone.datetime.now(timezone.get_current_timezone()) + timedelta(days=401)
        customer.client.cookies["portal"] = forged[change]
        assert customer.get("type").status_code == 404
        assert stamp

    def test_signed_with_the_key_of_before_is_good(self, customer: Customer, settings: Settings) -> None:
        customer.start().choose("EV", "Audi")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "k" * 50, [settings.SECRET_KEY]
        before = customer.client.cookies["portal"].value
        assert customer.get("identify").status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        customer.client.cookies["portal"] = before
        assert customer.get("identify").status_code == 404

    def test_moves_to_the_new_key_of_the_portal(self, customer: Customer, settings: Settings, clock: Clock) -> None:
        """Whoever was here while both keys were good keeps the device when the old one is dropped."""
        old, new = "the-old-key-of-the-portal-x8Kq2vTn5bRw9z", "the-new-key-of-the-portal-6aUe1oXi0BtNvQ"
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
        customer.start().choose("EV", "Audi")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = new, [old]
        clock.move(minutes=5)
        assert customer.get("identify").status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        assert customer.get("identify").status_code == 200

    def test_lasts_for_those_who_come_back(self, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
        customer.start().choose("EV", "Audi")
        clock = Clock(monkeypatch)
        clock.at = timezone.datetime.now(timezone.get_current_timezone())
        for _month in range(20):
            clock.move(days=31)
            assert customer.get("type").status_code == 200

    def test_is_written_once_a_day(self, customer: Customer, clock: Clock) -> None:
        customer.start().choose("EV", "Audi")
        clock.move(hours=23)
        assert "portal" not in customer.get("identify").cookies
        clock.move(hours=2)
        assert "portal" in customer.get("identify").cookies
        assert "portal" not in customer.get("identify").cookies

    def test_makes_no_session(self, customer: Customer) -> None:
        customer.submit()
        customer.client.get("/devices/")
        customer.client.post("/leave/")
        assert not Session.objects.exists()
        assert "desk" not in customer.client.cookies

    def test_stays_when_staff_sign_out_or_change_their_password(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        ann = Colleague()
        ann.sign_in(customer.client)
        new = "another horse battery"
        change = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        customer.client.post("/admin/password_change/", change)
        assert customer.get("type").status_code == 200
        customer.client.post("/admin/logout/")
        assert customer.client.get("/admin/").status_code == 302
        assert customer.get("type").status_code == 200

    def test_goes_by_itself_and_leaves_staff_signed_in(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        ann = Colleague()
        ann.sign_in(customer.client)
        customer.client.post("/leave/")
        assert customer.get("type").status_code == 404
        assert customer.client.get("/admin/").status_code == 200


def permissions(*names: str) -> Any:
    return Permission.objects.filter(codename__in=names)
