"""Lists of mails, webhooks, disclosures and wishes find by whole keys, as the list of requests does, by an index."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone

from onboarding.models import Event, Mail, OnboardingRequest, WebhookDelivery, Wish
from tests.desk import sign_in
from tests.receiver import endpoint

pytestmark = pytest.mark.django_db

VIN = "WA1DMAFE0D0000417"
EMAIL, EARLIER, WISHER = "jan.peeters@mail.example", "jan.peters@mail.example", "lise.wens@mail.example"
PLATFORM_ID = "123e4567-e89b-42d3-a456-426614174000"
OTHER_ID = "00000000-0000-4000-8000-000000000000"
OF_REQUEST = ("mail", "webhookdelivery", "disclosure", "event", "transaction", "consent")


@pytest.fixture
def car() -> OnboardingRequest:
    """A car with a mail, a webhook and a line of who looked; and the same of somebody else."""
    rows = [
        OnboardingRequest.objects.create(contact_email=EMAIL, attributes={"vin": VIN}, platform_id=PLATFORM_ID),
        OnboardingRequest.objects.create(contact_email="other@mail.example", attributes={"vin": "WVWZZZ1KZAW000001"}),
    ]
    for row in rows:
        Mail.objects.create(request=row, kind="receipt", key=row.reference, to=row.contact_email)
        WebhookDelivery.objects.create(
            endpoint=endpoint(), request=row, kind="request.created", occurrence=0, gave_up_at=timezone.now()
        )
        Event.record(row, Event.Actor.STAFF, "revealed", by="ann", field="vin")
    return rows[0]


@pytest.fixture
def desk() -> Client:
    return sign_in("superuser")


def found(desk: Client, model: str, term: str) -> list[Model]:
    response = desk.get(f"/admin/onboarding/{model}/", {"q": term})
    assert response.status_code == 200, response
    return list(response.context["cl"].result_list)


class TestWhatBelongsToARequest:
    @pytest.mark.parametrize("model", ["mail", "webhookdelivery", "disclosure", "event"])
    @pytest.mark.parametrize("term", [VIN, "wa1 dmafe 0d0-000417", VIN[-6:], EMAIL, EMAIL.upper(), PLATFORM_ID])
    def test_is_found_by_what_finds_the_request(
        self, desk: Client, car: OnboardingRequest, model: str, term: str
    ) -> None:
        (row,) = found(desk, model, term)
        assert row.request_id == car.pk  # type: ignore[attr-defined]

    @pytest.mark.parametrize("model", ["mail", "webhookdelivery", "disclosure", "event"])
    def test_is_found_by_the_support_code(self, desk: Client, car: OnboardingRequest, model: str) -> None:
        (row,) = found(desk, model, car.spoken_support_code.lower())
        assert row.request_id == car.pk  # type: ignore[attr-defined]

    @pytest.mark.parametrize("model", ["mail", "webhookdelivery", "disclosure"])
    @pytest.mark.parametrize("term", ["WA1", VIN[:-1], "00417", "jan", "mail.example", "@"])
    def test_is_not_found_by_a_piece(self, desk: Client, car: OnboardingRequest, model: str, term: str) -> None:
        assert found(desk, model, term) == []

    @pytest.mark.parametrize("model", ["mail", "webhookdelivery", "disclosure"])
    def test_is_not_found_by_a_piece_of_a_support_code(self, desk: Client, car: OnboardingRequest, model: str) -> None:
        assert found(desk, model, car.support_code[:4]) == []


class TestMails:
    def test_are_found_by_an_address_that_is_no_longer_on_file(self, desk: Client, car: OnboardingRequest) -> None:
        mail = Mail.objects.create(request=car, kind="link", key="old", to=EARLIER)
        assert found(desk, "mail", EARLIER.upper()) == [mail]
        assert len(found(desk, "mail", EMAIL)) == 2

    def test_to_who_only_wished_are_found_by_the_address(self, desk: Client, car: OnboardingRequest) -> None:
        wish = Wish.objects.create(type="EV", manufacturer="Lada", contact_email=WISHER, language="en")
        mail = Mail.objects.create(wish=wish, kind="available", key="w", to=WISHER)
        assert found(desk, "mail", WISHER) == [mail]


class TestWebhooks:
    def test_are_found_by_their_own_id(self, desk: Client, car: OnboardingRequest) -> None:
        webhook = car.webhooks.get()
        assert found(desk, "webhookdelivery", f" {str(webhook.delivery_id).upper()} ") == [webhook]
        assert found(desk, "webhookdelivery", str(webhook.delivery_id)[:8]) == []
        assert found(desk, "webhookdelivery", OTHER_ID) == []


class TestWishes:
    @pytest.mark.parametrize("term", ["LADA", WISHER, WISHER.upper()])
    def test_are_found_by_a_whole_name_or_address(self, desk: Client, term: str) -> None:
        wish = Wish.objects.create(type="EV", manufacturer="Lada", contact_email=WISHER, language="en")
        Wish.objects.create(type="EV", manufacturer="Trabant", contact_email="other@mail.example", language="en")
        assert found(desk, "wish", term) == [wish]

    @pytest.mark.parametrize("term", ["lad", "lise", "mail.example"])
    def test_are_not_found_by_a_piece(self, desk: Client, term: str) -> None:
        Wish.objects.create(type="EV", manufacturer="Lada", contact_email=WISHER, language="en")
        assert found(desk, "wish", term) == []


@pytest.mark.parametrize("model", [*OF_REQUEST, "wish"])
@pytest.mark.parametrize("term", [VIN, EMAIL, PLATFORM_ID, OTHER_ID, "Lada"])
def test_no_search_reads_a_whole_table(model: str, term: str, car: OnboardingRequest) -> None:
    site = {str(registered._meta.model_name): registered for registered in admin.site._registry}
    pages, request = admin.site.get_model_admin(site[model]), RequestFactory().get("/")
    rows, _doubled = pages.get_search_results(request, pages.get_queryset(request).order_by(), term)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which reads so few rows one by one otherwise
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert re.search(r"SEARCH|Index", plan), plan
    assert not re.search(r"\bSCAN onboarding|Seq Scan", plan), plan
