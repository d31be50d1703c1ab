"""Nothing on the desk tells whose it is, until somebody who may presses a button; and that is on the record."""

import html
import time

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent.records import IDENTIFYING
from onboarding.models import Consent, Disclosure, Event, Mail, OnboardingRequest, Wish
from onboarding.request.masking import scrub, scrub_words, secrets_of
from onboarding.request.work_queues import QUEUES
from tests.desk import (
    ANSWERS,
    CLEAR,
    CLEAR_IN_GOSSIP,
    OWN,
    WISHER,
    address,
    doors,
    fill,
    knock,
    models_of_the_desk,
    sign_in,
)

# What is there to show or to take out, and notes it.
SHOWING = {door for door in doors() if door.endswith(("evidence", "_export_data", "copy_person", "_reveal"))}
# Every value that can be shown: the model, how its row is found, the name of the value, and the value.
SHOWN = [
    *(("onboardingrequest", {}, name, value) for name, value in (ANSWERS | OWN).items()),
    *(("consent", {}, name, value) for name, value in ANSWERS.items()),
    ("mail", {"kind": "receipt"}, "to", OWN["contact_email"]),
    ("mail", {"kind": "available"}, "to", WISHER),
    ("wish", {}, "contact_email", WISHER),
]
LIST = "/admin/onboarding"


@pytest.fixture(autouse=True)
def full(db: None) -> None:
    fill()


@pytest.fixture
def agent() -> Client:
    return sign_in("agent")


def text(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query, follow=True)
    assert response.status_code == 200, url
    return html.unescape(response.content.decode())


def reveal_url(model: str, **found: str) -> str:
    return f"{LIST}/{model}/{models_of_the_desk()[model].objects.filter(**found).latest('pk').pk}/reveal/"


def clear_in(page: str) -> list[str]:
    return [value for value in CLEAR + CLEAR_IN_GOSSIP if value.lower() in page.lower()]


def reveals() -> list[Event]:
    return list(Event.objects.filter(name="revealed"))


class TestPages:
    @pytest.mark.parametrize("name", sorted(models_of_the_desk()))
    def test_show_no_secret_unasked(self, name: str) -> None:
        pages = admin.site.get_model_admin(models_of_the_desk()[name])
        desk, rows = sign_in("superuser"), pages.get_queryset(RequestFactory().get("/")).values_list("pk", flat=True)
        assert rows, "store one in tests/desk.py"
        seen = [text(desk, f"{LIST}/{name}/")]
        seen += [text(desk, f"{LIST}/{name}/{pk}/{page}/") for pk in rows for page in ("change", "history")]
        assert [value for page in seen for value in clear_in(page)] == []
        assert reveals() == []

    def test_of_no_model_show_none_either(self, platform: Catalogue, settings: Settings) -> None:
        settings.CONSENT_BY_PHONE = True
        desk, lists = sign_in("superuser"), [f"{LIST}/onboardingrequest/?queue={queue.name}" for queue in QUEUES]
        pages = {
            url: text(desk, url) for url in ("/admin/", f"{LIST}/helptext/add/", f"{LIST}/actiontext/add/", *lists)
        }
        for door in sorted(doors() - SHOWING):
            pages[f"link to {door}"] = desk.get(address(door), follow=True).content.decode()
            pages[f"button of {door}"] = knock(desk, door).content.decode()
        assert {where: found for where, page in pages.items() if (found := clear_in(html.unescape(page)))} == {}

    def test_show_enough_to_compare_with_what_a_caller_says(self, agent: Client) -> None:
        page = text(agent, f"{LIST}/onboardingrequest/{OnboardingRequest.objects.get(state='following').pk}/change/")
        for masked in ("•0417", "j•••@mail.example", "https://maker.example/…"):
            assert masked in page

    @pytest.mark.parametrize("role", ["viewer", "auditor"])
    def test_offer_no_button_to_who_may_not(self, role: str) -> None:
        page = text(sign_in(role), f"{LIST}/wish/{Wish.objects.get().pk}/change/")
        assert "l•••@mail.example" in page
        assert "/reveal/" not in page

    def test_tell_in_words_who_did_what(self, agent: Client) -> None:
        page = text(agent, f"{LIST}/onboardingrequest/{OnboardingRequest.objects.get(state='following').pk}/change/")
        assert "ann took the consent back, because the customer asked for it." in page
        assert "ann downloaded the evidence of consent." in page


class TestGuessing:
    """A value that is masked must not come out by asking whether it begins with a, b, c."""

    @pytest.mark.parametrize(
        ("model", "lookup", "value"),
        [
            ("onboardingrequest", "contact_email__startswith", "j"),
            ("onboardingrequest", "attributes__vin__startswith", "WA1"),
            ("consent", "attributes__vin__startswith", "WA1"),
            ("consent", "request__contact_email__startswith", "j"),
            ("mail", "to__startswith", "j"),
            ("wish", "contact_email__startswith", "l"),
            ("event", "detail__reason__contains", "wa1"),
        ],
    )
    def test_by_the_address_of_a_list_is_refused(self, agent: Client, model: str, lookup: str, value: str) -> None:
        assert agent.get(f"{LIST}/{model}/", {lookup: value}).status_code == 400

    def test_by_the_search_finds_a_mail_by_the_whole_address_only(self, agent: Client) -> None:
        assert "1 mail" in text(agent, f"{LIST}/mail/", q=OWN["contact_email"].upper())
        assert "Nothing fits." in text(agent, f"{LIST}/mail/", q="jan.")

    def test_filters_that_a_list_offers_work(self, agent: Client) -> None:
        assert "1 mail" in text(agent, f"{LIST}/mail/", kind__exact="receipt")


class TestReveal:
    @pytest.mark.parametrize(("model", "found", "name", "value"), SHOWN)
    def test_shows_one_value_and_notes_it_once(
        self, agent: Client, model: str, found: dict[str, str], name: str, value: str
    ) -> None:
        response = agent.post(reveal_url(model, **found), {"secret": name})
        page = html.unescape(response.content.decode())
        others = [clear for clear in CLEAR if clear not in value and value not in clear]
        assert value in page
        assert [clear for clear in others if clear in page] == []
        assert "no-store" in response.headers["Cache-Control"]
        (event,) = reveals()
        assert (event.actor, event.detail["by"], event.detail["field"]) == ("staff", "agent-ann", name)
        assert value not in str(event.detail)
        row = models_of_the_desk()[model].objects.filter(**found).latest("pk")
        assert event.request == (row if model == "onboardingrequest" else getattr(row, "request", None))

    def test_lasts_for_one_answer(self, agent: Client) -> None:
        url = reveal_url("wish")
        agent.post(url, {"secret": "contact_email"})
        assert WISHER not in text(agent, url.replace("reveal", "change"))
        assert WISHER not in str(dict(agent.session))

    def test_gives_htmx_the_line_only(self, agent: Client) -> None:
        response = agent.post(reveal_url("wish"), {"secret": "contact_email"}, headers={"HX-Request": "true"})
        page = response.content.decode()
        assert WISHER in page
        assert "<h1" not in page
        assert "no-store" in response.headers["Cache-Control"]
        assert len(reveals()) == 1

    def test_stands_on_the_timeline(self, agent: Client) -> None:
        agent.post(reveal_url("consent"), {"secret": "vin"})
        page = text(agent, f"{LIST}/onboardingrequest/{OnboardingRequest.objects.get(state='following').pk}/change/")
        assert "agent-ann looked at: Chassis number." in page
        assert f"on: consent {Consent.objects.get().pk}" in page

    @pytest.mark.parametrize("role", ["viewer", "auditor", "nobody"])
    def test_is_refused_without_the_permission(self, role: str) -> None:
        assert sign_in(role).post(reveal_url("onboardingrequest"), {"secret": "vin"}).status_code == 403
        assert reveals() == []

    def test_is_refused_to_who_may_not_see_the_row(self, agent: Client) -> None:
        agent_group = agent_user(agent).groups.get()
        agent_group.permissions.remove(*agent_group.permissions.filter(codename="view_wish"))
        assert agent.post(reveal_url("wish"), {"secret": "contact_email"}).status_code == 403
        assert reveals() == []

    @pytest.mark.parametrize("name", ["", "browser", "reference", "pk", "state"])
    def test_knows_nothing_else(self, agent: Client, name: str) -> None:
        assert agent.post(reveal_url("onboardingrequest"), {"secret": name}).status_code == 404
        assert reveals() == []

    def test_is_a_press_of_a_button(self, agent: Client) -> None:
        assert agent.get(reveal_url("wish"), {"secret": "contact_email"}).status_code == 405
        assert reveals() == []

    def test_needs_the_token_of_the_page(self, agent: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = agent.cookies
        assert strict.post(reveal_url("wish"), {"secret": "contact_email"}).status_code == 403
        assert reveals() == []


class TestDisclosures:
    @pytest.fixture
    def auditor(self, agent: Client) -> Client:
        agent.post(reveal_url("wish"), {"secret": "contact_email"})
        agent.post(reveal_url("mail", kind="receipt"), {"secret": "to"})
        return sign_in("auditor")

    def test_tell_an_auditor_who_looked_at_what(self, auditor: Client) -> None:
        page = text(auditor, f"{LIST}/disclosure/")
        assert page.count("agent-ann looked at: e-mail address.") == 2
        assert f"on: wish {Wish.objects.get().pk}" in page
        assert f"on: mail {Mail.objects.get(kind='receipt').pk}" in page
        assert "ann downloaded the evidence of consent." in page
        assert "took the consent back" not in page

    @pytest.mark.parametrize(
        ("query", "count"),
        [({"by": "agent-ann"}, 2), ({"by": "ann"}, 1), ({"kind": "revealed"}, 2), ({"at__year": "1999"}, 0)],
    )
    def test_are_filtered_by_colleague_kind_and_time(self, auditor: Client, query: dict[str, str], count: int) -> None:
        response = auditor.get(f"{LIST}/disclosure/", query)
        assert len(response.context["cl"].result_list) == count

    def test_are_for_auditors(self, agent: Client) -> None:
        assert Disclosure.objects.exists()
        assert agent.get(f"{LIST}/disclosure/").status_code == 403


class TestSecrets:
    def test_cover_what_an_erasure_empties(self) -> None:
        """Ids of the platform are for talking to it, and a browser's hash is shown nowhere."""
        shown = {"browser", "platform_id", "entity_id", "offboarding_id"}
        assert set(OnboardingRequest.SECRET_FIELDS) == set(IDENTIFYING) - shown

    def test_of_a_row_leave_out_what_is_empty(self) -> None:
        assert secrets_of(OnboardingRequest(attributes={"vin": ""})) == []


class TestScrub:
    @pytest.mark.parametrize("long", ["x" * 200_000, "1a" * 100_000, "a@" * 100_000, "a." * 100_000, "://" * 60_000])
    def test_is_quick_with_whatever_others_wrote(self, long: str) -> None:
        began = time.process_time()
        scrub_words(long, OnboardingRequest(attributes={"vin": "WA1DMAFE0D0000417"}))
        assert time.process_time() - began < 5

    def test_cuts_links_and_what_could_be_a_token(self) -> None:
        said = f"see https://ann:secret@maker.example/a?ticket=kx81 and {'a1B2' * 12}, or ask us"
        assert scrub_words(said, None) == "see https://maker.example/… and …, or ask us"

    @pytest.mark.parametrize(
        ("said", "masked"),
        [
            ("VIN WA1DMAFE0D0000417.", "VIN •••••••••••••0417."),
            ("wa1 dmafe 0d0 000417", "•••••••••••••0417"),
            ("Write to j.d@x.example, please", "Write to j•••@x.example, please"),
            ("WVWZZZ1KZAW000001 is another car", "•••••••••••••0001 is another car"),
            ("meter 541448920700000008", "meter ••••••••••••••0008"),
            ("7f1e7f1e-0c0c-4a4a-9b9b-123456789012", "7f1e7f1e-0c0c-4a4a-9b9b-123456789012"),
            ("Unavailable: try again", "Unavailable: try again"),
        ],
    )
    def test_masks_what_it_knows_and_what_looks_like_it(self, said: str, masked: str) -> None:
        assert scrub(said, OnboardingRequest(attributes={"vin": "WA1DMAFE0D0000417"})) == masked

    def test_leaves_words_alone_when_an_answer_is_very_short(self) -> None:
        assert scrub("a car", OnboardingRequest(attributes={"phase": "a"})) == "a car"


def agent_user(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])
