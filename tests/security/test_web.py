"""What a browser can be talked into: redirects elsewhere, foreign hosts, other methods, odd paths, false reports."""

import csv
import io
import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import strategies
from PIL import Image
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import CspReport, Logo, OnboardingRequest
from onboarding.portal import csp_reports
from onboarding.retention import keeper
from tests.customers import Customer
from tests.desk import sign_in

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, "PNG")
    return file.getvalue()


PNG = _png()
EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "\\\\evil.example/",
    "/\\evil.example/",
    "https:evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "javascript:alert(1)",
    "\thttps://evil.example/",
    "https://testserver:80@evil.example/",
]


def leads_away(location: str) -> bool:
    """Tell whether a browser at http://testserver/ would go elsewhere."""
    cleaned = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    away = re.match(r"(?:[a-z][a-z0-9+.-]*:|//)", cleaned, re.IGNORECASE)
    return bool(away) and not re.match(r"https?://testserver(?:/|$)", cleaned)


class TestRedirects:
    @pytest.mark.parametrize("where", EVIL)
    def test_after_choosing_a_language_stay_here(self, client: Client, where: str) -> None:
        own = {"Origin": "http://testserver", "Referer": where}
        response = client.post("/language/", {"language": "nl", "next": where}, headers=own)
        assert response.status_code == 302
        assert not leads_away(response.headers["Location"])

    @pytest.mark.parametrize("where", EVIL)
    def test_after_signing_in_stay_here(self, client: Client, where: str) -> None:
        User.objects.create_superuser("ann", password="a long one")
        data = {"username": "ann", "password": "a long one", "next": where}
        response = client.post("/admin/login/", data, query_params={"next": where})
        assert not leads_away(response.headers.get("Location", ""))
        client.force_login(User.objects.get())
        response = client.get("/admin/login/", {"next": where})
        assert not leads_away(response.headers.get("Location", ""))

    @pytest.mark.parametrize(
        "path", ["//evil.example/%2e%2e", "//evil.example", "/%2f%2fevil.example", "/\\evil.example"]
    )
    def test_that_add_a_slash_stay_here(self, client: Client, path: str) -> None:
        response = client.get("/", PATH_INFO=path)
        assert not leads_away(response.headers.get("Location", ""))

    @pytest.mark.parametrize(
        "path", ["/static/../manage.py", "/static/%2e%2e/.env", "/static//etc/passwd", "/.env", "/.git/config"]
    )
    def test_and_odd_paths_reach_no_file(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_to_return_addresses_are_links_that_are_pressed(self, customer: Customer, settings: Settings) -> None:
        settings.RETURN_HOSTS = ["www.example.org"]
        customer.submit()
        OnboardingRequest.objects.update(return_address="https://evil.example/")
        assert "evil.example" not in customer.get("status").content.decode()


class TestHosts:
    @pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b", ""])
    def test_that_are_not_ours_are_refused(self, client: Client, settings: Settings, host: str) -> None:
        settings.ALLOWED_HOSTS = ["testserver"]
        assert client.get("/", headers={"Host": host}).status_code == 400

    def test_named_by_a_proxy_are_not_believed(self, customer: Customer, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        forged = {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "Forwarded": "host=evil.example"}
        customer.start()
        for path in ("/", "/admin/", customer.url("elsewhere"), "/nowhere"):
            response = customer.client.get(path, headers=forged)
            assert b"evil.example" not in response.content
            assert "evil.example" not in response.headers.get("Location", "")

    def test_do_not_reach_links_that_are_shown(self, customer: Customer, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        customer.submit()
        for page in ("send-step", "elsewhere", "status"):
            assert b"evil.example" not in customer.get(page, Host="evil.example").content


class TestMethods:
    @pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
    def test_cannot_be_named_by_a_header(self, customer: Customer, name: str) -> None:
        customer.submit()
        before = customer.request.state
        response = customer.get("stop", **{name: "POST"})
        assert (response.status_code, customer.request.state) == (200, before)

    def test_cannot_be_named_by_a_field(self, customer: Customer) -> None:
        customer.submit()
        before = customer.request.state
        customer.client.get(customer.url("stop"), {"_method": "POST"})
        assert customer.request.state == before

    @pytest.mark.parametrize("method", ["TRACE", "DELETE", "PUT", "PATCH"])
    def test_that_no_page_knows_are_refused(self, customer: Customer, method: str) -> None:
        customer.submit()
        for page in ("status", "stop", "device"):
            response = customer.client.generic(method, customer.url(page), headers={"X-Secret": "echo-me"})
            assert response.status_code == 405
            assert b"echo-me" not in response.content


class TestFiles:
    def test_that_are_downloaded_are_named_and_not_guessed(self, customer: Customer) -> None:
        customer.submit()
        record = customer.request.consents.get()
        self.check(customer.client.get(customer.url(f"receipts/{record.record_id}.pdf").rstrip("/")), "application/pdf")
        figures = sign_in("supervisor").post("/admin/figures/csv/", {"table": "steps"})
        self.check(figures, "text/csv; charset=utf-8")
        evidence = {"reason": "Asked by an authority."}
        url = f"/admin/onboarding/onboardingrequest/{customer.request.pk}/evidence/"
        packed = Client()
        packed.force_login(User.objects.create_superuser("root"))
        response = packed.post(url, evidence)
        self.check(response, "application/zip")

    def check(self, response: Any, media_type: str) -> None:
        assert response.headers["Content-Type"] == media_type
        assert re.fullmatch(r'attachment; filename="[\w.-]+"', response.headers["Content-Disposition"])
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response.headers["Cache-Control"]

    @pytest.mark.parametrize("media_type", ["image/svg+xml", "image/png"])
    def test_with_a_script_in_it_is_served_to_nobody(self, client: Client, media_type: str) -> None:
        """However it got into the table."""
        content = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>'
        Logo.objects.create(sha256="a" * 64, content=content, media_type=media_type, ratio=1)
        assert client.get(f"/brand/logo/{'a' * 64}/").status_code == 404

    @pytest.mark.parametrize(("media_type", "content"), [("image/svg+xml", SVG), ("image/png", PNG)])
    def test_that_staff_upload_run_nothing(self, client: Client, media_type: str, content: bytes) -> None:
        logo = Logo.objects.create(sha256=sha256(content).hexdigest(), content=content, media_type=media_type, ratio=1)
        response = client.get(logo.url)
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert response.headers["Content-Type"] == media_type
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert {"default-src 'none'", "sandbox"} <= set(policy)
        assert not any(part.startswith("script-src") for part in policy)

    @pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
    def test_of_figures_hold_no_formula(self, platform: Catalogue, first: str) -> None:
        maker = f"{first}HYPERLINK(1)"
        OnboardingRequest.objects.create(type="EV", manufacturer=maker, state="connected", consented_at=timezone.now())
        response = sign_in("supervisor").post("/admin/figures/csv/", {"table": "manufacturers"})
        cells = [cell for row in csv.reader(io.StringIO(response.content.decode("utf-8-sig"))) for cell in row]
        assert any("HYPERLINK" in cell for cell in cells)
        assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []


KEYS = ["csp-report", "blocked-uri", "effective-directive", "type", "body", "blockedURL", "effectiveDirective"]
OLD, NEW = "application/csp-report", "application/reports+json"


def old(blocked: Any, directive: Any = "script-src-elem") -> dict[str, Any]:
    reference = "https://connect.example.org/onboarding/a-secret-reference/status/?email=jan@mail.example"
    return {"csp-report": {"document-uri": reference, "effective-directive": directive, "blocked-uri": blocked}}


def new(blocked: Any, directive: Any = "script-src-elem") -> list[dict[str, Any]]:
    return [
        {
            "type": "csp-violation",
            "url": "https://x/secret",
            "body": {"effectiveDirective": directive, "blockedURL": blocked},
        }
    ]


def csp_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def report(client: Client, data: Any, content_type: str = OLD, **more: Any) -> HttpResponse:
    return client.post("/csp-reports/", data, content_type=content_type, **more)


def rows() -> list[tuple[str, str, int]]:
    return list(CspReport.objects.order_by("pk").values_list("directive", "blocked", "times"))


class TestCspReports:
    @pytest.mark.parametrize(
        ("data", "content_type"), [(old("https://evil.example/a?b=c"), OLD), (new("https://evil.example:8443/a"), NEW)]
    )
    def test_are_counted_by_directive_and_host(self, client: Client, data: Any, content_type: str) -> None:
        for _time in range(3):
            response = report(client, csp_json(data), content_type)
            assert (response.status_code, response.content, dict(response.cookies)) == (204, b"", {})
        assert rows() == [("script-src-elem", "evil.example", 3)]

    def test_need_neither_token_nor_session(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        assert report(browser, csp_json(old("inline"))).status_code == 204
        assert rows() == [("script-src-elem", "inline", 1)]
        assert not browser.cookies

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"", OLD),
            (b"{", OLD),
            (b"[" * 8000, NEW),
            (b"\xff\xfe", OLD),
            (b"null", OLD),
            (b"[[], 1, null, {}]", NEW),
            (b'{"csp-report": []}', OLD),
            (b'{"csp-report": {"blocked-uri": "https://evil.example/"}}', "application/json"),
            (b'{"csp-report": {"blocked-uri": "https://evil.example/"}}', "text/plain"),
            (b'{"csp-report": {"blocked-uri": "https://evil.example/' + b"a" * 8192 + b'"}}', OLD),
            (b'{"csp-report": {"blocked-uri": "chrome-extension://abc/x.js"}}', OLD),
        ],
    )
    def test_that_are_none_get_the_same_answer(self, client: Client, body: bytes, content_type: str) -> None:
        response = report(client, body, content_type)
        assert (response.status_code, response.content) == (204, b"")
        assert rows() == []

    @pytest.mark.parametrize(
        "blocked",
        [
            "\x00",
            "https://evil\x00.example/",
            "https://[",
            "\ud800",
            "https://müller.example/",
            7,
            None,
            "x" * 500,
            "https://" + "a" * 300,
        ],
    )
    def test_store_no_word_that_a_stranger_chose(self, client: Client, blocked: Any) -> None:
        assert report(client, csp_json(old(blocked, directive="<script>"))).status_code == 204
        assert rows() == [("other", "other", 1)]

    def test_keep_no_address_of_a_page(self, client: Client) -> None:
        report(client, csp_json(old("https://evil.example/onboarding/a-secret-reference/?email=jan@mail.example")))
        assert rows() == [("script-src-elem", "evil.example", 1)]

    def test_fill_no_table(self, client: Client) -> None:
        for number in range(0, 500, 10):
            hosts = [new(f"https://host-{number + more}.example/")[0] for more in range(12)]
            report(client, csp_json(hosts), NEW)
        assert CspReport.objects.count() == 50
        with transaction.atomic(), pytest.raises(IntegrityError):
            CspReport.objects.create(day=timezone.localdate(), directive="x", blocked="x", slot=50)

    def test_count_only_so_far(self, client: Client) -> None:
        report(client, csp_json(old("inline")))
        CspReport.objects.update(times=CspReport.MOST_TIMES)
        report(client, csp_json(old("inline")))
        assert rows() == [("script-src-elem", "inline", CspReport.MOST_TIMES)]

    def test_are_forgotten_after_thirty_days(self) -> None:
        today = timezone.localdate()
        CspReport.objects.create(day=today, directive="img-src", blocked="inline", slot=0)
        CspReport.objects.create(day=today - timedelta(days=31), directive="img-src", blocked="a", slot=0)
        keeper.keep()
        assert CspReport.objects.get().day == today

    def test_are_a_sign_at_the_desk_once_they_are_many(self) -> None:
        words = "They kept our pages from loading something, 40 times since yesterday."
        row = CspReport.objects.create(day=timezone.localdate(), directive="img-src", blocked="ads.example", slot=0)
        colleague = sign_in("viewer")
        assert words not in colleague.get("/admin/").content.decode()
        CspReport.objects.filter(pk=row.pk).update(times=40)
        assert words in colleague.get("/admin/").content.decode()
        assert "ads.example" in colleague.get("/admin/onboarding/cspreport/").content.decode()

    @hypothesis.given(
        strategies.binary(max_size=200)
        | strategies.recursive(
            strategies.none() | strategies.text() | strategies.integers(),
            lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.sampled_from(KEYS), inner),
        ).map(lambda value: csp_json(value))
    )
    @hypothesis.settings(max_examples=300, deadline=None)
    def test_of_any_kind_are_read(self, body: bytes) -> None:
        for content_type in (OLD, NEW, ""):
            for directive, blocked in csp_reports.read(content_type, body):
                assert re.fullmatch(r"[a-z-]{1,32}", directive)
                assert re.fullmatch(r"[a-z0-9.-]{1,100}", blocked)
