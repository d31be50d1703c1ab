"""The desk's page of erasures that wait, and erasing all that is held of an address."""

import html

import pytest
from django.test import Client

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import Consent, Erasure, OnboardingRequest, Tombstone, Wish
from onboarding.privacy import erasure
from tests.customers import Customer, work_until
from tests.desk import colleague_with, sign_in

pytestmark = pytest.mark.django_db

PAGE, FORM = "/admin/erasures/", "/admin/erasures/person/"
JAN = "jan.peeters@mail.example"


@pytest.fixture
def desk(db: None) -> Client:
    return sign_in("supervisor")


@pytest.fixture
def connected(customer: Customer, platform: Catalogue) -> OnboardingRequest:
    """A device of a customer who reads Dutch."""
    request = work_until(customer.submit().request, "connected")
    OnboardingRequest.objects.update(contact_email=JAN, language="nl")
    return request


def words(client: Client, page: str = PAGE) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


class TestWaiting:
    def test_is_told_with_who_asked_and_what_it_waits_for(self, desk: Client, connected: OnboardingRequest) -> None:
        assert "None waits." in words(desk)
        erasure.ask(connected, erasure.act_of_staff(connected, by="ann", reason="Asked."))
        page = words(desk)
        assert connected.spoken_support_code in page
        assert "a colleague, for the customer (ann)" in page
        assert "it runs, or is being disconnected" in page

    def test_says_that_a_colleague_is_needed(self, desk: Client, connected: OnboardingRequest) -> None:
        erasure.ask(connected, erasure.act_of_staff(connected, by="ann", reason="Asked."))
        OnboardingRequest.objects.update(needs_staff="not-let-go", due_at=None)
        assert "a colleague is to look at it first" in words(desk)

    def test_is_told_on_the_request_before_and_after(self, desk: Client, connected: OnboardingRequest) -> None:
        page = f"/admin/onboarding/onboardingrequest/{connected.pk}/change/"
        assert "Erasure was asked for:" not in words(desk, page)
        erasure.ask(connected, erasure.act_of_staff(connected, by="ann", reason="Asked."))
        assert "Erasure was asked for:" in words(desk, page)
        Erasure.objects.update(done_at=connected.created_at)
        assert "It was erased:" in words(desk, page)

    def test_is_for_auditors_to_see_and_not_to_ask_for(self, connected: OnboardingRequest) -> None:
        auditor = sign_in("auditor")
        assert "Erase a person" not in words(auditor)
        assert auditor.get(FORM).status_code == 403
        assert sign_in("agent").get(PAGE).status_code == 403


class TestPerson:
    def test_is_erased_by_an_address_with_a_reason(self, desk: Client, connected: OnboardingRequest) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="nl")
        answer = desk.post(FORM, {"address": f" {JAN} ", "reason": f"{JAN} wrote."}, follow=True)
        assert "1 request is to be erased." in answer.content.decode()
        assert not Wish.objects.exists()
        asked = Erasure.objects.get()
        assert (asked.request, asked.by, asked.reason) == (connected, "supervisor-ann", "j•••@mail.example wrote.")

    def test_reads_on_the_receipt_what_was_asked_for(self, desk: Client, connected: OnboardingRequest) -> None:
        desk.post(FORM, {"address": JAN, "reason": "Wrote."})
        record = Consent.objects.get(kind="withdrawn")
        assert record.act == "U hebt ons gevraagd om alles te wissen."
        assert (record.channel, record.by) == ("assisted", "supervisor-ann")

    @pytest.mark.parametrize("form", [{"address": "jan@", "reason": "Wrote."}, {"address": JAN, "reason": " "}])
    def test_is_not_erased_without_an_address_and_a_reason(
        self, desk: Client, connected: OnboardingRequest, form: dict[str, str]
    ) -> None:
        assert desk.post(FORM, form).status_code == 200
        assert not Erasure.objects.exists()
        assert not Tombstone.objects.exists()

    def test_is_erased_only_by_those_who_may(self, connected: OnboardingRequest) -> None:
        for client in (colleague_with("erase_identifiers"), sign_in("viewer")):
            assert client.post(FORM, {"address": JAN, "reason": "Wrote."}).status_code == 403
        assert not Erasure.objects.exists()
