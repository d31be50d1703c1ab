"""What every answer tells a browser, whoever makes it: views, middleware, WhiteNoise, Django's errors, gunicorn."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import Logo
from tests.customers import GUIDES_VIN, Customer, work
from tests.realto_portal import failing_urls
from tests.realto_portal.conftest import Project
from tests.realto_portal.conftest import project as project  # a fixture
from tests.security.production import PASSWORD, STAFF, VARIABLES, Production, Visitor

SAME = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
ALWAYS = {"default-src": "'none'", "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}
DENIED = ("camera", "microphone", "geolocation", "payment", "usb", "serial", "display-capture")
TELLING = ("Server", "X-Powered-By", "Via", "Access-Control-Allow-Origin")


def answer_with(status: int) -> Any:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("no", status=status)

    return view


STATUSES = (204, 304, 400, 403, 404, 405, 409, 410, 413, 414, 429, 500, 503)
urlpatterns = [*[path(f"answers/{status}/", answer_with(status)) for status in STATUSES], *failing_urls.urlpatterns]


def directives(policy: str) -> dict[str, str]:
    return {name: sources for name, _space, sources in (part.partition(" ") for part in policy.split("; "))}


def lacking(headers: Mapping[str, str]) -> list[str]:
    """Say what an answer does not tell a browser, or tells too much."""
    wrong = [name for name, value in SAME.items() if headers.get(name) != value]
    policy = directives(headers.get("Content-Security-Policy", ""))
    wrong += [name for name, value in ALWAYS.items() if policy.get(name) != value]
    wrong += [] if policy.get("form-action") in {"'self'", "'none'"} else ["form-action"]
    wrong += [] if policy.get("script-src", "'self'") == "'self'" else ["script-src"]
    features = headers.get("Permissions-Policy", "").split(", ")
    wrong += [name for name in DENIED if f"{name}=()" not in features]
    wrong += [] if "publickey-credentials-get=(self)" in features else ["passkeys"]
    return wrong + [name for name in TELLING if name in headers]


@pytest.fixture
def as_in_production(settings: Settings) -> Settings:
    settings.ROOT_URLCONF = "tests.security.test_headers"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.WHITENOISE_USE_FINDERS = True  # as after collectstatic
    return settings


class SecureClient(Client):
    def generic(self, *args: Any, **more: Any) -> Any:
        return super().generic(*args, **(more | {"secure": True}))


@pytest.fixture
def answers(as_in_production: Settings, platform: Catalogue) -> dict[str, Any]:
    """Every kind of answer there is, by what was asked."""
    browser, found = SecureClient(raise_request_exception=False), {}
    customer = Customer(browser).submit(vin=GUIDES_VIN)
    work()
    record = customer.request.consents.get()
    logo = Logo.objects.create(sha256="a" * 64, content=b"<svg/>", media_type="image/svg+xml", ratio=1)
    desk = SecureClient(raise_request_exception=False)
    desk.force_login(User.objects.create_superuser("ann"))
    pages = (
        "/",
        "/devices/",
        "/code/",
        "/accessibility/",
        "/healthz/",
        "/readyz/",
        "/metrics",
        "/status/",
        "/status.json",
        "/return/x/",
        "/start/?type=EV",
        "/sandbox/",
    )
    mine = f"/onboarding/{customer.reference}"
    pages += (f"{mine}/", f"{mine}/status/", f"{mine}/device/", f"{mine}/receipts/{record.record_id}/")
    pages += (f"{mine}/receipts/{record.record_id}.pdf", "/static/nowhere.css", "/nowhere")
    pages += ("/brand/0a5546-8fd3bf.css", logo.url, "/.well-known/security.txt", "/admin/", "/admin/nowhere/", "/%00/")
    pages += (
        "/static/css/portal.css",
        "/static/img/logo.svg",
        "/static/js/portal.js",
        "/static/nowhere.css",
        "/nowhere",
    )
    pages += ("/breaks/", "/no-database/", "/no-connection/", *(f"/answers/{status}/" for status in STATUSES))
    found |= {page: browser.get(page) for page in pages}
    found["a fragment"] = browser.get("/devices/", headers={"HX-Request": "true"})
    found["an unchanged fragment"] = browser.get(
        f"{mine}/status/panel/", {"v": customer.request.shown_version}, headers={"HX-Request": "true"}
    )
    found["a range of a file"] = browser.get("/static/css/portal.css", headers={"Range": "bytes=0-9"})
    found["a range that is not there"] = browser.get("/static/css/portal.css", headers={"Range": "bytes=9999999-"})
    found["a file by POST"] = browser.post("/static/css/portal.css")
    found["a head"] = browser.head("/")
    found["a method that is not there"] = browser.delete("/")
    found["a report"] = browser.post("/csp-reports/", b"{}", content_type="application/csp-report")
    found["a forged form"] = SecureClient(enforce_csrf_checks=True).post("/start/")
    found["too many fields"] = browser.post("/code/", {f"f{number}": "x" for number in range(1001)})
    found["too large a form"] = browser.post(
        "/code/", "code=" + "x" * 2_700_000, content_type="application/x-www-form-urlencoded"
    )
    found["a foreign host"] = browser.get("/", headers={"Host": "evil.example"})
    found["a foreign host, a file"] = browser.get("/static/css/portal.css", headers={"Host": "evil.example"})
    found |= {
        f"the desk: {page}": desk.get(page)
        for page in ("/admin/", "/admin/onboarding/mail/", "/admin/jsi18n/", "/admin/figures/")
    }
    found["a table"] = desk.post("/admin/figures/csv/", {"table": "steps"})
    found["the desk's preview of a mail"] = desk.get("/admin/onboarding/mail/previews/receipt/")
    found["somebody else's"] = SecureClient().get(f"{mine}/status/")
    for response in found.values():
        response.close()
    return found


@pytest.mark.django_db
class TestEveryAnswer:
    def test_is_of_every_kind(self, answers: dict[str, Any]) -> None:
        statuses = {response.status_code for response in answers.values()}
        assert statuses >= {200, 204, 206, 302, 304, 400, 403, 404, 405, 413, 416, 429, 500, 503}
        types = {response.headers.get("Content-Type", "").partition(";")[0] for response in answers.values()}
        assert types >= {"text/html", "text/css", "text/plain", "text/csv", "application/pdf", "image/svg+xml"}
        assert len(answers) >= 60

    def test_tells_a_browser_all_of_it(self, answers: dict[str, Any]) -> None:
        print(f"{len(answers)} answers")  # noqa: T201  for docs/security.md: pytest -s
        assert {what: wrong for what, response in answers.items() if (wrong := lacking(response.headers))} == {}

    def test_in_plain_http_is_led_to_https(self, as_in_production: Settings, client: Client) -> None:
        response = client.get("/code/?next=//evil.example")
        assert (response.status_code, response.headers["Location"]) == (
            301,
            "https://testserver/code/?next=//evil.example",
        )
        assert lacking(response.headers) == ["Strict-Transport-Security"]  # browsers would not believe it here


@pytest.mark.django_db
class TestFrames:
    def test_of_companies_show_customers_pages_only(self, as_in_production: Settings, platform: Catalogue) -> None:
        as_in_production.FRAME_ANCESTORS = ["https://www.example.org", "https://example.org"]
        browser = SecureClient(raise_request_exception=False)
        customer = Customer(browser).start()
        for page in ("/", "/code/", customer.url("type"), "/onboarding/unknown/status/"):
            headers = browser.get(page).headers
            policy = directives(headers["Content-Security-Policy"])
            assert policy["frame-ancestors"] == "'self' https://www.example.org https://example.org"
            assert "X-Frame-Options" not in headers
        for page in ("/admin/login/", "/admin/", "/static/css/portal.css", "/nowhere/", "/sandbox/"):
            response = browser.get(page)
            response.close()
            assert lacking(response.headers) == []

    def test_and_forms_lead_where_settings_say(self, project: Project) -> None:
        sign_on = {"OIDC_SERVER_URL": "https://id.example.org/realms/desk/", "OIDC_CLIENT_ID": "desk"}
        known = project.settings("SECURE_CSP", **VARIABLES, **sign_on, OIDC_CLIENT_SECRET="x")["SECURE_CSP"]
        assert known["form-action"] == ["'self'", "https://id.example.org"]
        found = project.settings("SECURE_CSP", **VARIABLES, FORM_ACTION="https://login.example.org")["SECURE_CSP"]
        assert found["form-action"] == ["'self'", "https://login.example.org"]
        assert found["frame-ancestors"] == ["'none'"]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Walk all the way through a real server with settings of production; keep every answer and cookie."""
    with Production(tmp_path_factory.mktemp("production")) as production:
        visitor = Visitor(production)
        walk(visitor)
        yield visitor


def walk(visitor: Visitor) -> None:
    visitor.get("/")
    style = re.search(r'href="(/static/css/portal[^"]+)"', visitor.page)
    assert style
    visitor.get(style[1], Accept_Encoding="gzip")
    visitor.post("/start/")
    visitor.get("/start/type/")
    reference = visitor.post("/start/type/", type="EV").headers["Location"].split("/")[2]
    base = f"/onboarding/{reference}"
    visitor.post(f"{base}/manufacturer/", manufacturer="Audi")
    visitor.post(f"{base}/identify/", vin=GUIDES_VIN)
    visitor.post(f"{base}/check/", consent="on", contact_email="jan@mail.example")
    visitor.get(f"{base}/status/")
    visitor.get(f"{base}/elsewhere/")
    visitor.post(f"{base}/elsewhere/", contact_email="jan@mail.example")  # a message for the next page
    visitor.get(f"{base}/elsewhere/")
    visitor.post(f"{base}/phone/new/")
    visitor.post("/language/", language="nl")
    visitor.get("/devices/")
    visitor.post("/leave/")
    visitor.get("/admin/login/")
    visitor.post("/admin/login/", username=STAFF, password=PASSWORD)
    visitor.get("/admin/")
    visitor.get("/admin/account/second-factor/")
    visitor.post("/admin/logout/")
    for path_ in (
        "/nowhere/",
        "/static/nowhere.css",
        "/healthz/",
        "/leave/",
        "/.well-known/security.txt",
        "/styleguide/",
    ):
        visitor.get(path_)
    visitor.get("/", Host="evil.example")
    visitor.ask("POST", "/start/", Origin="https://evil.example")


class TestRealServer:
    def test_was_walked_through(self, journey: Visitor) -> None:
        assert any(re.fullmatch(r"GET /onboarding/[^/]+/status/ 200", what) for what in journey.answers)
        assert {
            "GET /admin/ 302",
            "GET /admin/account/second-factor/ 200",
            "POST /start/ 403",
            "GET /styleguide/ 404",
        } <= journey.answers.keys()

    def test_tells_a_browser_all_of_it_and_not_what_it_is(self, journey: Visitor) -> None:
        print(f"{len(journey.answers)} answers of a real server")  # noqa: T201
        assert {what: wrong for what, answer in journey.answers.items() if (wrong := lacking(answer.headers))} == {}


class TestCookies:
    """Of a whole journey, in production."""

    def test_belong_to_this_host_alone(self, journey: Visitor) -> None:
        names = {line.partition("=")[0] for line in journey.set_cookies}
        mine = {"__Host-csrftoken", "__Host-language", "__Host-messages", "__Host-portal", "__Host-desk"}
        assert mine <= names
        assert {name for name in names if not name.startswith("__Host-")} == set()

    def test_are_out_of_reach_of_scripts_other_sites_and_plain_http(self, journey: Visitor) -> None:
        for line in journey.set_cookies:
            attributes = {part.strip().lower() for part in line.split(";")[1:]}
            if "max-age=0" in attributes:  # taken back: there is nothing in it
                continue
            assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, line
            assert not any(attribute.startswith("domain") for attribute in attributes), line


@pytest.mark.django_db
class TestSecurityTxt:
    def test_says_where_to_report(self, client: Client, settings: Settings) -> None:
        settings.SECURITY_CONTACT, settings.PUBLIC_URL = "mailto:security@example.org", "https://connect.example.org"
        response = client.get("/.well-known/security.txt")
        lines = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert lines["Contact"] == "mailto:security@example.org"
        assert lines["Canonical"] == "https://connect.example.org/.well-known/security.txt"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines["Expires"])

    def test_is_not_there_without_a_contact(self, client: Client) -> None:
        assert client.get("/.well-known/security.txt").status_code == 404
