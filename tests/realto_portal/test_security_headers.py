"""What every page tells the browser: run nothing but our own files, keep nothing, show it in no frame."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, work

STEPS = ("type", "manufacturer", "not-listed", "identify", "check")
ONLY_OURS = {"'self'", "'none'", "data:"}


def visited(browser: Client, url: str) -> tuple[str, HttpResponse]:
    return url, browser.get(url)


@pytest.fixture
def pages(customer: Customer, settings: Settings) -> dict[str, HttpResponse]:
    """Every kind of page, as it is served."""
    settings.ROOT_URLCONF = "tests.realto_portal.failing_urls"
    browser = Client(raise_request_exception=False)
    customer.client = browser
    found = [visited(browser, url) for url in ("/", "/nowhere/", "/breaks/", "/no-database/", "/sandbox/")]
    customer.start().choose("EV", "Audi")
    customer.post("identify", vin=GUIDES_VIN)
    found += [visited(browser, customer.url(step)) for step in STEPS]
    request = Customer(browser).submit().request
    work()
    found += [visited(browser, f"/onboarding/{request.reference}/status/")]
    found += [visited(Client(), f"/return/{request.reference}/")]
    there = SandboxRequest.objects.get()
    found += [visited(browser, f"/sandbox/{page}/{there.id}/") for page in ("consent", "documentation")]
    found += [("a fragment", browser.get("/", headers={"HX-Request": "true"}))]
    browser.force_login(get_user_model().objects.create_superuser("staff"))
    found += [visited(browser, url) for url in ("/admin/", "/admin/onboarding/onboardingrequest/")]
    found += [visited(browser, f"/admin/onboarding/onboardingrequest/{request.pk}/change/")]
    found += [visited(Client(), "/admin/login/")]
    found += [("a forged form", Client(enforce_csrf_checks=True).post("/start/"))]
    return dict(found)


class TestEveryPage:
    def test_is_among_these(self, pages: dict[str, HttpResponse]) -> None:
        statuses = {url: response.status_code for url, response in pages.items()}
        failing = {"/nowhere/": 404, "/breaks/": 500, "/no-database/": 503, "a forged form": 403}
        assert statuses == dict.fromkeys(pages, 200) | failing

    def test_runs_and_loads_only_our_own_files(self, pages: dict[str, HttpResponse]) -> None:
        for url, response in pages.items():
            policy = directives(response.headers["Content-Security-Policy"])
            assert policy["default-src"] == ["'none'"], url
            assert policy["script-src"] == policy["style-src"] == ["'self'"], url
            assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"], url
            assert policy.pop("report-uri") == ["/csp-reports/"], url
            assert policy.pop("report-to") == ["csp"], url
            assert {source for sources in policy.values() for source in sources} <= ONLY_OURS, url

    def test_is_kept_by_no_cache(self, pages: dict[str, HttpResponse]) -> None:
        assert {url for url, response in pages.items() if "no-store" not in response.headers["Cache-Control"]} == set()

    def test_says_where_it_came_from_to_nobody_else(self, pages: dict[str, HttpResponse]) -> None:
        for response in pages.values():
            assert response.headers["Referrer-Policy"] == "same-origin"
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"

    def test_needs_no_exception_from_the_policy(self, pages: dict[str, HttpResponse]) -> None:
        for url, response in pages.items():
            page = response.content.decode()
            assert re.findall(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=", page) == [], url
            assert re.findall(r"\son[a-z]+=[\"']", page) == [], url


class TestCookies:
    def test_are_out_of_reach_of_scripts_and_other_sites(self, client: Client, platform: Catalogue) -> None:
        client.get("/")
        client.post("/start/type/", {"type": "EV"})
        assert set(client.cookies) == {"csrftoken", "portal"}
        for cookie in client.cookies.values():
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (directive.split() for directive in policy.split(";"))}
