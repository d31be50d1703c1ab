"""Devices that are not offered yet: what is planned or paused, who waits for what, and when it is there."""

import pytest
from django.contrib.auth.models import User
from django.core import mail as outgoing
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue import catalogue, refresh, wishes
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import draft
from onboarding.mail.wishes import tell_wishers
from onboarding.models import CatalogueSnapshot, Mail, PlannedOffer, Wish
from sandbox import bench
from tests.customers import Customer
from tests.onboarding.mail.test_outbox import send_mails
from tests.onboarding.portal.test_wizard import text_of
from tests.sealing import keyed


@pytest.fixture
def choosing(customer: Customer) -> Customer:
    """Asked for the make of a car, while one is planned and one is paused."""
    trabant = PlannedOffer.objects.create(type="EV", manufacturer="Trabant")
    trabant.notes.create(language="en", words="From spring on.")
    trabant.notes.create(language="nl", words="Vanaf de lente.")
    PlannedOffer.objects.create(type="EV", manufacturer="Škyline", kind=PlannedOffer.Kind.PAUSED)
    PlannedOffer.objects.create(type="PV", manufacturer="Sunworks")
    catalogue.forget()
    customer.start().post("type", type="EV")
    return customer


def search(customer: Customer, query: str) -> str:
    return customer.client.get(customer.url("manufacturer/list"), {"q": query}).content.decode()


class TestPlannedMakers:
    def test_are_shown_with_their_note_and_cannot_be_chosen(self, choosing: Customer) -> None:
        page = choosing.get("manufacturer")
        assert "From spring on." in text_of(page)
        assert "Not possible at the moment" in text_of(page)
        assert "Sunworks" not in text_of(page)
        assert b'value="Trabant"' not in page.content
        assert choosing.post("manufacturer", manufacturer="Trabant").status_code == 200
        assert choosing.request.manufacturer == ""

    @pytest.mark.parametrize(("language", "note"), [("nl", "Vanaf de lente."), ("fr", "From spring on.")])
    def test_are_shown_with_the_note_in_the_customers_language(
        self, choosing: Customer, language: str, note: str
    ) -> None:
        page = choosing.get("manufacturer", **{"Accept-Language": language})
        assert note in text_of(page)

    def test_are_found_by_the_search(self, choosing: Customer) -> None:
        assert "Trabant" in search(choosing, "traba")
        assert "We cannot find" not in search(choosing, "traba")
        assert "Škyline" in search(choosing, "skyl")
        assert "Trabant" not in search(choosing, "audi")
        assert "We cannot find" in search(choosing, "zzz")

    def test_are_found_under_a_mistyped_name(self, choosing: Customer) -> None:
        page = search(choosing, "trabent")
        assert "Did you mean" in page
        assert "From spring on." in page

    def test_come_before_what_only_comes_near(self, choosing: Customer) -> None:
        PlannedOffer.objects.create(type="EV", manufacturer="Tesle")
        catalogue.forget()
        page = search(choosing, "tesle")
        assert "Did you mean" not in page
        assert 'value="Tesla"' not in page

    def test_lead_to_a_wish_that_is_filled_in(self, choosing: Customer) -> None:
        url = choosing.url("not-listed") + "?manufacturer=Trabant"
        assert f'href="{url}"' in choosing.get("manufacturer").content.decode()
        assert b'value="Trabant"' in choosing.client.get(url).content
        assert not Wish.objects.exists()

    def test_are_no_longer_shown_once_they_are_offered(self, choosing: Customer) -> None:
        bench.offer("EV", "TRABANT", ["vin"])
        refresh.refresh_catalogue()
        page = choosing.get("manufacturer").content.decode()
        assert 'value="TRABANT"' in page
        assert "From spring on." not in page


class TestWishes:
    def wish(self, type: str, manufacturer: str, contact_email: str = "ann@example.org") -> Wish:
        draft.wish_for(type=type, manufacturer=manufacturer, contact_email=contact_email, language="en")
        return Wish.objects.get(type=type, manufacturer=manufacturer, contact_key=keyed(contact_email.lower()))

    def test_come_true_when_the_platform_offers_them(self, platform: Catalogue) -> None:
        trabant, _wartburg = self.wish("EV", "trabant"), self.wish("EV", "Wartburg")
        assert wishes.wishes_come_true() == []
        bench.offer("EV", "TRABANT", ["vin"])
        refresh.refresh_catalogue()
        assert wishes.wishes_come_true() == [trabant]

    def test_forgive_case_and_accents_and_mind_the_type(self, platform: Catalogue) -> None:
        skoda, any_type = self.wish("ev", "SKODA"), self.wish("", "audi")
        self.wish("PV", "Audi")
        assert wishes.wishes_come_true() == [skoda, any_type]

    def test_are_told_once(self, platform: Catalogue) -> None:
        wish = self.wish("EV", "Audi")
        Wish.objects.filter(pk=wish.pk).update(announced_at=timezone.now())
        assert wishes.wishes_come_true() == []

    def test_may_be_made_again_after_that(self, platform: Catalogue) -> None:
        wish = self.wish("EV", "Audi")
        Wish.objects.filter(pk=wish.pk).update(announced_at=timezone.now())
        assert self.wish("EV", "Audi") == wish
        assert wishes.wishes_come_true() == [wish]

    def test_wait_while_no_list_was_ever_fetched(self, db: None) -> None:
        self.wish("EV", "Audi")
        CatalogueSnapshot.objects.all().delete()
        assert wishes.wishes_come_true() == []

    def test_are_kept_once_by_the_database(self, db: None) -> None:
        self.wish("EV", "Audi")
        with pytest.raises(IntegrityError):
            Wish.objects.create(type="EV", manufacturer="Audi", contact_email="ann@example.org", language="en")

    def test_asked_again_after_its_mail_was_refused_is_told_again_and_once(
        self, platform: object, settings: Settings
    ) -> None:
        works = settings.MAILERS
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Refusing"}}
        self.wish("EV", "Audi")
        for _sweep in range(2):
            tell_wishers()
            send_mails()
        assert Mail.objects.get().ended == "refused"
        settings.MAILERS = works
        self.wish("EV", "Audi")
        for _sweep in range(2):
            tell_wishers()
            send_mails()
        assert [letter.to for letter in outgoing.outbox] == [["ann@example.org"]]


class TestDesk:
    @pytest.fixture
    def desk(self, db: None) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("staff"))
        return client

    def test_counts_who_wants_what(self, desk: Client) -> None:
        answers = [("EV", "Trabant", "ann"), ("EV", "trabant", "bob"), ("PV", "Trabant", "cem"), ("EV", "Lada", "dan")]
        for kind, maker, person in answers:
            draft.wish_for(type=kind, manufacturer=maker, contact_email=f"{person}@example.org", language="en")
        Wish.objects.filter(contact_key=keyed("ann@example.org")).update(announced_at=timezone.now())
        shown = desk.get("/admin/onboarding/demand/").context["cl"].result_list
        assert [(row.type, row.manufacturer, row.people, row.waiting) for row in shown] == [
            ("EV", "Trabant", 2, 1),
            ("EV", "Lada", 1, 1),
            ("PV", "Trabant", 1, 1),
        ]

    def test_counts_the_same_while_it_searches(self, desk: Client) -> None:
        for person in ("ann", "bob"):
            draft.wish_for(type="EV", manufacturer="Lada", contact_email=f"{person}@example.org", language="en")
        shown = desk.get("/admin/onboarding/demand/", {"q": "lad", "o": "3"}).context["cl"].result_list
        assert [row.people for row in shown] == [2]

    def test_changes_no_wish(self, desk: Client) -> None:
        assert desk.get("/admin/onboarding/demand/add/").status_code == 403

    def test_manages_what_is_planned(self, desk: Client) -> None:
        answers = {
            "type": "EV",
            "manufacturer": "Trabant",
            "kind": "paused",
            "notes-TOTAL_FORMS": "1",
            "notes-INITIAL_FORMS": "0",
            "notes-0-language": "de",
            "notes-0-words": "Wird repariert.",
        }
        desk.post("/admin/onboarding/plannedoffer/add/", answers)
        row = PlannedOffer.objects.get()
        assert (row.kind, row.note_in("de"), row.note_in("fr")) == ("paused", "Wird repariert.", "")
        assert "Trabant" in desk.get("/admin/onboarding/plannedoffer/").content.decode()
