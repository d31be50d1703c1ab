import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from pytest_django import Settings

from sandbox import bench
from sandbox.entities import find_entity
from sandbox.magic import MAGIC_INPUTS
from sandbox.models import SandboxRequest, SandboxWeather

ENTITIES = "/v1/onboarding/entities"
BACK = "http://testserver/back/?a=1"


@pytest.fixture(autouse=True)
def sandbox_alone(settings: Settings) -> None:
    settings.ROOT_URLCONF = "sandbox.site_urls"
    settings.SANDBOX_PAGES_URL = "http://testserver/sandbox"


def onboard(platform: httpx.Client, **more: Any) -> dict[str, Any]:
    body = {"type": "EV", "manufacturer": "BMW", "vin": "WBA00000000000001", "returnUrl": BACK, **more}
    request_id = platform.post(ENTITIES, json=body).json()["id"]
    bench.let_steps_pass(1)
    found: dict[str, Any] = platform.get(f"{ENTITIES}/{request_id}").json()
    return found


@pytest.fixture
def waiting(platform: httpx.Client) -> dict[str, Any]:
    """A request that waits for the customer."""
    return onboard(platform)


@pytest.fixture
def page(waiting: dict[str, Any]) -> str:
    return str(waiting["action"]["redirectLink"]).removeprefix("http://testserver")


def status_of(platform: httpx.Client, request: dict[str, Any]) -> str:
    return str(platform.get(f"{ENTITIES}/{request['id']}").json()["status"])


@pytest.mark.django_db
class TestHome:
    def test_shows_every_magic_input_with_examples(self, client: Client) -> None:
        text = client.get("/sandbox/").content.decode()

        for row in MAGIC_INPUTS:
            assert str(row.title) in text
            assert all(example in text for example in (row.vin, row.ean, row.code, row.reference))

    def test_needs_neither_scripts_nor_inline_styles_nor_other_sites(self, client: Client) -> None:
        text = client.get("/sandbox/").content.decode()

        assert "<script" not in text
        assert "style=" not in text
        assert "<style" not in text
        assert "//" not in text
        assert '<html lang="en">' in text
        assert 'name="viewport"' in text

    def test_lists_the_latest_requests_without_identifiers(
        self, client: Client, waiting: dict[str, Any], page: str
    ) -> None:
        text = client.get("/sandbox/").content.decode()

        assert page in text
        assert "WBA00000000000001" not in text

    def test_links_to_the_portal(self, client: Client) -> None:
        assert 'href="/"' in client.get("/sandbox/").content.decode()

    def test_is_found_at_the_root_when_running_alone(self, client: Client) -> None:
        assert client.get("/").headers["Location"] == "/sandbox/"

    def test_cannot_be_read_under_a_foreign_name(self, client: Client) -> None:
        answer = client.get("/sandbox/", headers={"host": "elsewhere.example"})

        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain")


@pytest.mark.django_db
class TestSwitches:
    def test_send_the_platform_away_and_bring_it_back(self, client: Client) -> None:
        client.post("/sandbox/weather/", {"is_away": "yes"})
        assert SandboxWeather.now().is_away
        assert "is away" in client.get("/sandbox/").content.decode()

        client.post("/sandbox/weather/", {"is_away": "no"})
        assert not SandboxWeather.now().is_away

    @pytest.mark.parametrize("name", ["tells_online", "lists_entities"])
    def test_let_the_platform_tell_less(self, client: Client, name: str) -> None:
        client.post("/sandbox/weather/", {name: "no"})
        assert not getattr(SandboxWeather.now(), name)
        assert f'name="{name}" value="yes"' in client.get("/sandbox/").content.decode()

        client.post("/sandbox/weather/", {name: "yes"})
        assert getattr(SandboxWeather.now(), name)

    def test_leave_each_other_alone(self, client: Client) -> None:
        client.post("/sandbox/weather/", {"is_away": "yes"})
        client.post("/sandbox/weather/", {"lists_entities": "no"})
        client.post("/sandbox/weather/", {"tokens_valid_from": "no"})

        weather = SandboxWeather.now()
        assert (weather.is_away, weather.tells_online, weather.lists_entities) == (True, True, False)
        assert weather.tokens_valid_from is None

    def test_revoke_every_token(self, client: Client, platform: httpx.Client) -> None:
        client.post("/sandbox/tokens/")

        assert platform.get(ENTITIES).status_code == 401

    @pytest.mark.parametrize("path", ["weather", "tokens", "makers"])
    def test_are_left_alone_by_a_get(self, client: Client, path: str) -> None:
        assert client.get(f"/sandbox/{path}/").status_code == 405

    @pytest.mark.parametrize("path", ["weather", "tokens", "makers"])
    def test_need_a_csrf_token(self, path: str, settings: Settings) -> None:
        settings.CSRF_FAILURE_VIEW = "sandbox.pages.csrf_failure"

        assert Client(enforce_csrf_checks=True).post(f"/sandbox/{path}/").status_code == 403


class TestConsentPage:
    def test_is_where_the_action_sends_the_customer(self, page: str) -> None:
        assert resolve(page).view_name == "sandbox:consent"

    def test_names_the_maker_and_asks(self, client: Client, page: str) -> None:
        text = client.get(page).content.decode()

        assert "BMW" in text
        assert [f'value="{answer}"' in text for answer in ("allow", "deny", "later")] == [True] * 3

    def test_changes_nothing_when_read(self, client: Client, page: str) -> None:
        client.get(page)

        assert SandboxRequest.objects.get().consent_answer == ""

    def test_lets_the_request_go_on_when_allowed(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str
    ) -> None:
        answer = client.post(page, {"answer": "allow"})

        assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}done/?status=ok")
        assert status_of(platform, waiting) == "InProgress"

    def test_fails_the_request_when_denied(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str
    ) -> None:
        answer = client.post(page, {"answer": "deny"})

        assert answer.headers["Location"] == f"{page}done/?status=denied"
        assert status_of(platform, waiting) == "Failed"

    def test_leaves_the_request_waiting_when_later(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str
    ) -> None:
        answer = client.post(page, {"answer": "later"})

        assert answer.headers["Location"] == f"{page}done/?status=later"
        assert status_of(platform, waiting) == "Pending"

    def test_takes_only_the_first_answer(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str
    ) -> None:
        client.post(page, {"answer": "allow"})

        assert client.post(page, {"answer": "deny"}).status_code == 409
        assert status_of(platform, waiting) == "InProgress"

    def test_asks_again_when_the_answer_is_none(self, client: Client, page: str) -> None:
        assert client.post(page, {"answer": "perhaps"}).status_code == 409

    def test_has_nothing_to_ask_once_the_request_is_canceled(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str
    ) -> None:
        platform.patch(f"{ENTITIES}/{waiting['id']}/cancel")

        assert "nothing to decide" in client.get(page).content.decode()

    def test_needs_a_csrf_token(self, page: str, settings: Settings) -> None:
        settings.CSRF_FAILURE_VIEW = "sandbox.pages.csrf_failure"

        assert Client(enforce_csrf_checks=True).post(page, {"answer": "allow"}).status_code == 403

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["consent/{}/", "consent/{}/done/", "documentation/{}/"])
    def test_of_an_unknown_request_is_404(self, client: Client, path: str) -> None:
        assert client.get(f"/sandbox/{path.format(uuid4())}").status_code == 404


class TestMakersSiteOnceConnected:
    @pytest.fixture
    def connected(self, waiting: dict[str, Any]) -> dict[str, Any]:
        bench.allow(waiting["id"])
        bench.let_steps_pass(3)
        return waiting

    def entity(self, platform: httpx.Client, request: dict[str, Any]) -> int:
        return platform.get(f"/v1/entities/{request['data']['entity']['id']}").status_code

    def test_lets_the_customer_end_access(
        self, client: Client, platform: httpx.Client, connected: dict[str, Any], page: str
    ) -> None:
        assert 'value="revoke"' in client.get(page).content.decode()
        assert self.entity(platform, connected) == 200

        answer = client.post(page, {"answer": "revoke"})
        assert (answer.status_code, answer.headers["Location"]) == (303, page)
        assert self.entity(platform, connected) == 403
        assert "nothing to decide" in client.get(page).content.decode()

    @pytest.mark.usefixtures("waiting")
    def test_cannot_end_what_has_not_begun(self, client: Client, page: str) -> None:
        assert client.post(page, {"answer": "revoke"}).status_code == 409
        assert SandboxRequest.objects.get().revoked_at is None


class TestConnectedDevices:
    @pytest.fixture
    def connected(self, waiting: dict[str, Any]) -> dict[str, Any]:
        bench.allow(waiting["id"])
        bench.let_steps_pass(9)
        return waiting

    def read(self, client: Client) -> str:
        return client.get("/sandbox/entities/").content.decode()

    def press(self, client: Client, page: str, **form: str) -> None:
        assert client.post(f"/sandbox/{page}/", form).headers["Location"] == "/sandbox/entities/"

    @pytest.mark.django_db
    def test_are_none_at_first(self, client: Client) -> None:
        assert "None yet." in self.read(client)

    @pytest.mark.usefixtures("connected")
    def test_are_shown_without_identifiers(self, client: Client, page: str) -> None:
        text = self.read(client)

        assert "Last reading:" in text
        assert f'href="{page}"' in text
        assert "WBA00000000000001" not in text

    @pytest.mark.usefixtures("waiting")
    def test_do_not_have_what_waits(self, client: Client) -> None:
        assert "BMW" not in self.read(client)

    def test_can_be_ended(self, client: Client, connected: dict[str, Any]) -> None:
        self.press(client, f"entities/{connected['id']}", do="revoke")

        assert SandboxRequest.objects.get().revoked_at
        assert "Access has ended" in self.read(client)
        assert 'value="revoke"' not in self.read(client)

    def test_can_be_quiet_for_a_while(self, client: Client, connected: dict[str, Any]) -> None:
        for do, online in (("quieten", False), ("wake", True)):
            assert f'value="{do}"' in self.read(client)
            self.press(client, f"entities/{connected['id']}", do=do)
            bench.let_steps_pass(2)
            assert online_of(connected) is online

    def test_can_be_quiet_as_all_of_their_maker(self, client: Client, connected: dict[str, Any]) -> None:
        for do, online in (("quieten", False), ("wake", True)):
            self.press(client, "makers", do=do, type="EV", manufacturer="BMW")
            bench.let_steps_pass(2)
            assert online_of(connected) is online
            assert ("<strong>silent</strong>" in self.read(client)) is not online

    def test_are_left_alone_by_anything_else(self, client: Client, connected: dict[str, Any]) -> None:
        self.press(client, f"entities/{connected['id']}", do="delete")
        self.press(client, "makers", do="quieten", type="EV")
        self.press(client, "makers", do="?", type="EV", manufacturer="BMW")
        bench.let_steps_pass(2)

        assert online_of(connected) is True
        assert client.get(f"/sandbox/entities/{connected['id']}/").status_code == 405

    @pytest.mark.django_db
    def test_that_are_unknown_are_404(self, client: Client) -> None:
        assert client.post(f"/sandbox/entities/{uuid4()}/", {"do": "revoke"}).status_code == 404


def online_of(request: dict[str, Any]) -> bool:
    entity = find_entity(UUID(request["data"]["entity"]["id"]), timezone.now())
    assert entity
    return entity.is_online


class TestExpiredLink:
    @pytest.fixture
    def waiting(self, platform: httpx.Client) -> dict[str, Any]:
        return onboard(platform, vin="WBA00000000000804")

    @pytest.mark.parametrize(("age", "status"), [(60, 200), (100, 200), (120, 200), (160, 200), (180, 410), (999, 410)])
    def test_opens_in_its_minute_and_the_next(
        self, client: Client, waiting: dict[str, Any], page: str, age: float, status: int
    ) -> None:
        SandboxRequest.objects.update(created_at=timezone.now() - timedelta(seconds=age))

        assert client.get(page).status_code == status

    def test_says_what_to_do_and_leads_back(self, client: Client, page: str) -> None:
        bench.let_seconds_pass(120)
        text = client.get(page).content.decode()

        assert "This link has expired" in text
        assert "take the new link from the portal" in text
        assert f'href="{BACK}"' in text
        assert 'name="answer"' not in text

    def test_leads_nowhere_without_a_web_address(self, client: Client, platform: httpx.Client) -> None:
        request = onboard(platform, vin="WBA00000000000804", returnUrl=None)

        text = client.get(f"/sandbox/consent/{request['id']}/").content.decode()
        assert "where you came from" not in text

    @pytest.mark.parametrize("answer", ["allow", "deny", "later", ""])
    def test_takes_no_answer(
        self, client: Client, platform: httpx.Client, waiting: dict[str, Any], page: str, answer: str
    ) -> None:
        bench.let_seconds_pass(120)

        assert client.post(page, {"answer": answer}).status_code == 410
        assert SandboxRequest.objects.get().consent_answer == ""
        assert status_of(platform, waiting) == "Pending"

    @pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=made-up", "?ticket=%C3%A9", "?other=1"])
    @pytest.mark.parametrize("method", ["get", "head", "post"])
    def test_is_one_without_a_ticket_of_ours(self, client: Client, page: str, query: str, method: str) -> None:
        bare = page.partition("?")[0]

        assert client.generic(method.upper(), f"{bare}{query}").status_code == 410

    def test_is_one_with_the_ticket_of_another_request(self, client: Client, platform: httpx.Client, page: str) -> None:
        other = onboard(platform, vin="WBA00000000000804")["action"]["redirectLink"]
        ticket = other.partition("?")[2]

        assert client.get(f"{page.partition('?')[0]}?{ticket}").status_code == 410

    def test_is_not_what_the_form_posts_to(self, client: Client, platform: httpx.Client, page: str) -> None:
        found = re.search(r'<form method="post" action="([^"]+)"', client.get(page).content.decode())
        assert found

        answer = client.post(unescape(found[1]), {"answer": "allow"})
        assert answer.status_code == 303
        assert client.get(answer.headers["Location"]).status_code == 200

    def test_is_not_what_the_sandbox_lists(self, client: Client, page: str) -> None:
        bench.let_seconds_pass(600)
        found = re.search(r'href="(/sandbox/consent/[^"]+)"', client.get("/sandbox/").content.decode())
        assert found

        assert client.get(unescape(found[1])).status_code == 200


class TestDonePage:
    def test_leads_back_by_link_and_refresh(self, client: Client, page: str) -> None:
        text = client.get(f"{page}done/?status=ok").content.decode()

        assert '<meta http-equiv="refresh" content="0;url=http://testserver/back/?a=1&amp;status=ok">' in text
        assert 'href="http://testserver/back/?a=1&amp;status=ok"' in text

    def test_passes_on_no_other_word(self, client: Client, page: str) -> None:
        assert "evil" not in client.get(f"{page}done/?status=evil").content.decode()

    @pytest.mark.parametrize("target", [None, "javascript:alert(1)", "data:text/html,x", "/relative", "http:x"])
    def test_leads_nowhere_without_a_web_address(
        self, client: Client, platform: httpx.Client, target: str | None
    ) -> None:
        request = onboard(platform, returnUrl=target)

        text = client.get(f"/sandbox/consent/{request['id']}/done/").content.decode()
        assert "refresh" not in text
        assert "may close this page" in text


class TestDocumentation:
    def test_explains_consent_elsewhere(self, client: Client, platform: httpx.Client) -> None:
        request = onboard(platform, manufacturer="Audi")
        link = request["action"]["documentationLink"].removeprefix("http://testserver")

        assert resolve(link).view_name == "sandbox:documentation"
        assert "Audi" in client.get(link).content.decode()
