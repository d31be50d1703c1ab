"""Every address of the portal with every kind of nonsense, by hypothesis: no answer is a crash.

A short run with the suite; `FUZZ_EXAMPLES=20000 pytest tests/security/test_fuzz.py -s` is a long one, and says how
many it tried.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import CharField
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.desk.health import read_signs
from onboarding.jobs import heartbeat
from onboarding.models import Fault, OnboardingRequest, Wish
from realto_portal import urls
from tests import desk
from tests.customers import Customer
from tests.security.browsers import Browser, Nonsense, Route, forms_of, routes, stay_signed_in, tries

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "120"))
IDENTITIES = ("anybody", "holder", "superuser")
ROUTES = routes()
# Who may not look at the desk gets no further than its door: a tenth is enough of that.
DESK = [route for route in ROUTES if route.template.startswith("/admin/")]
OUTSIDE = [route for route in ROUTES if route not in DESK]
limits = budget(
    max_examples=EXAMPLES,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # what a request leaves behind makes it hard to repeat by itself
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(params=IDENTITIES)
def browser(request: pytest.FixtureRequest, platform: Catalogue) -> Browser:
    desk.fill()
    heartbeat.beat()  # else /readyz/ says that no worker lives
    client = Client(raise_request_exception=False)
    browser = Browser(request.param, client)
    if browser.who == "holder":
        Customer(client).submit()
        Customer(client).start().choose("EV", "Audi")
    return browser


class TestEveryAddress:
    def test_answers_nonsense_without_a_crash(self, browser: Browser) -> None:
        @limits
        @given(routes_for(browser), st.sampled_from(["get", "get", "post", "post", "head"]), tries)
        def send_one(route: Route, method: str, nonsense: Nonsense) -> None:
            keep_signed_in(browser)
            browser.send(method, nonsense.address(route), **nonsense.options(browser.client, method))

        send_one()
        report(browser)

    def test_takes_its_own_forms_back_with_nonsense_in_them(self, browser: Browser) -> None:
        @limits
        @given(routes_for(browser), tries)
        def send_one(route: Route, nonsense: Nonsense) -> None:
            keep_signed_in(browser)
            url = nonsense.real_address(route)
            for action, fields in forms_of(browser.send("get", url)):
                if "logout" not in action:
                    browser.send("post", action if action.startswith("/") else url, **nonsense.body(fields))

        send_one()
        report(browser)


def routes_for(browser: Browser) -> st.SearchStrategy[Route]:
    at_desk, outside = st.sampled_from(DESK), st.sampled_from(OUTSIDE)
    return at_desk if browser.who == "superuser" else st.one_of(outside, outside, outside, outside, at_desk)


def keep_signed_in(browser: Browser) -> None:
    if browser.who == "superuser":
        stay_signed_in(browser.client)


def report(browser: Browser) -> None:
    caught = list(Fault.objects.filter(room="input").values_list("error", "times"))
    print(f"\n{browser.who}: {browser.tried} requests, {sorted(browser.statuses.items())}")  # noqa: T201
    print(f"stopped by the net: {caught}; slowest: {browser.slowest}")  # noqa: T201
    assert not browser.faults, "\n\n".join(browser.faults.values())


def subclasses(form: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for kind in form.__subclasses__():
        if kind.__module__.startswith("onboarding"):
            yield kind
        yield from subclasses(kind)


FORMS = sorted(set(subclasses(forms.BaseForm)), key=lambda form: f"{form.__module__}.{form.__name__}")
COLUMNS = {
    field.name: field.max_length
    for model in (Wish, OnboardingRequest)
    for field in model._meta.concrete_fields
    if isinstance(field, CharField) and field.name != "contact_email"
}
# Named like a column, and meant for something else; choices have no length.
TEXT_FIELDS = [
    (form, name, field)
    for form in FORMS
    for name, field in getattr(form, "base_fields", {}).items()
    if isinstance(field, forms.CharField)
]


class TestFormField:
    @pytest.mark.parametrize(
        ("form", "name", "field"),
        TEXT_FIELDS,
        ids=lambda part: part if isinstance(part, str) else getattr(part, "__name__", ""),
    )
    def test_refuses_what_no_column_holds(self, form: type[forms.BaseForm], name: str, field: forms.CharField) -> None:
        with pytest.raises(ValidationError, match=r"Null characters|valid UUID"):
            field.clean("a\0b")
        if name in COLUMNS and not isinstance(field.widget, forms.Select) and not isinstance(field, forms.UUIDField):
            assert field.max_length == COLUMNS[name]

    def test_of_a_form_for_a_row_has_the_length_of_its_column(self) -> None:
        for form in FORMS:
            model = getattr(getattr(form, "Meta", None), "model", None) or getattr(
                getattr(form, "_meta", None), "model", None
            )
            for name, field in getattr(form, "base_fields", {}).items() if model else ():
                column = {column.name: column for column in model._meta.concrete_fields}.get(name)
                if isinstance(field, forms.CharField) and isinstance(column, CharField):
                    assert field.max_length == column.max_length, f"{form.__name__}.{name}"


class TestNul:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("url", "status"),
        [
            ("/return/%00/", 404),
            ("/onboarding/%00/", 404),
            ("/onboarding/a%00b/status/", 404),
            ("/continue/%00/", 404),
            ("/step/%00/", 404),
            ("/brand/logo/%00/", 404),
            ("/admin/onboarding/onboardingrequest/%00/change/", 404),
            ("/admin/onboarding/onboardingrequest/?created_at__gte=%00", 400),
            ("/admin/onboarding/onboardingrequest/?q=%00", 400),
            ("/admin/onboarding/onboardingrequest/?%00=1", 400),
            ("/admin/onboarding/onboardingrequest/?e=%00", 400),
            ("/admin/onboarding/onboardingrequest/?_changelist_filters=q%3D%00", 400),
            ("/admin/onboarding/onboardingrequest/?queue=%00", 400),
            ("/?language=%00", 400),
            ("/start/?type=%00", 400),
        ],
    )
    def test_in_an_address_is_answered_by_a_page(self, admin_client: Client, url: str, status: int) -> None:
        admin_client.raise_request_exception = False
        response = admin_client.get(url)
        assert response.status_code == status
        assert 'class="site-header"' in response.content.decode()
        assert "Content-Security-Policy" in response.headers

    def test_in_a_cookie_makes_it_none(self, client: Client) -> None:
        client.raise_request_exception = False
        response = client.get("/devices/", headers={"Cookie": 'portal="\\000abcdefghij"'})
        assert response.status_code == 200

    def test_that_slips_through_is_400_and_told_to_staff(self, client: Client, settings: Settings) -> None:
        settings.ROOT_URLCONF = __name__
        client.raise_request_exception = False
        for url in ("/too-long/", "/too-large/", "/surrogate/"):
            response = client.get(url)
            assert (url, response.status_code) == (url, 400)
        assert client.get("/our-own-bug/").status_code == 500
        told = next(sign.trouble for sign in read_signs(timezone.now()) if str(sign.title) == "The portal itself")
        assert "what a browser sent" in told


def store_too_long(_request: HttpRequest) -> HttpResponse:
    raise DataError("value too long for type character varying(32)")


def store_too_large(_request: HttpRequest) -> HttpResponse:
    raise OverflowError("Python int too large to convert to SQLite INTEGER")


def store_surrogate(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("\ud800".encode())


def fail(_request: HttpRequest) -> HttpResponse:
    raise ValueError("no")


urlpatterns = [
    path("too-long/", store_too_long),
    path("too-large/", store_too_large),
    path("surrogate/", store_surrogate),
    path("our-own-bug/", fail),
    *urls.urlpatterns,
]
handler500 = urls.handler500
