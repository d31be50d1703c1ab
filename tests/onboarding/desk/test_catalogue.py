"""The catalogue's page in the desk: what is on offer, what changed, fetching, pausing and resuming."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from django.utils import timezone

from onboarding.catalogue import catalogue, refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import draft
from onboarding.models import CatalogueChange, CatalogueSnapshot, PlannedOffer, Wish
from sandbox import bench
from tests.customers import GUIDES_VIN, Customer, work
from tests.onboarding.portal.test_wizard import text_of

PAGE = "/admin/onboarding/cataloguesnapshot/"
PAUSE = f"{PAGE}pause/?type=EV&manufacturer=Audi"
AUDI = {"type": "EV", "manufacturer": "Audi"}


def staff(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def supervisor(platform: Catalogue) -> Client:
    return staff("sue", "view_cataloguesnapshot", "change_catalogue", "add_helptext", "view_cataloguechange")


@pytest.fixture
def reader(platform: Catalogue) -> Client:
    return staff("ray", "view_cataloguesnapshot")


class TestCataloguePage:
    def test_shows_what_each_manufacturer_asks_for(self, reader: Client) -> None:
        page = text_of(reader.get(PAGE))
        for words in ("Audi", "Electric car (EV)", "[A-HJ-NPR-Z0-9]{17}", "Vehicle identification number (VIN)"):
            assert words in page

    def test_is_searched_and_filtered(self, reader: Client) -> None:
        def found(**query: str) -> set[str]:
            return {line.offer.manufacturer for line in reader.get(PAGE, query).context["lines"]}

        assert found(q="skod") == {"Škoda"}
        assert "Fluvius" in found(type="SmartMeter")
        assert "Audi" not in found(type="SmartMeter")
        assert found(q="properties.flow", type="SmartMeter") == {"Fluvius"}
        assert found(q="zzz") == set()
        assert "Audi" in found(type="Nonsense")

    def test_says_how_old_the_copy_is_and_why(self, reader: Client) -> None:
        assert "Fetching fails" not in text_of(reader.get(PAGE))
        CatalogueSnapshot.objects.update(fetched_at=timezone.now() - timedelta(hours=2))
        assert "was fetched 2\xa0hours ago" in reader.get(PAGE).content.decode()
        assert "Look whether the worker runs" in text_of(reader.get(PAGE))
        bench.go_away()
        refresh.refresh_catalogue()
        assert "Fetching fails (PlatformUnavailable)" in text_of(reader.get(PAGE))

    def test_opens_before_there_is_any_copy(self, db: None) -> None:
        assert "No list was ever fetched." in text_of(staff("ray", "view_cataloguesnapshot").get(PAGE))

    def test_is_not_for_everybody(self, platform: Catalogue) -> None:
        assert staff("new").get(PAGE).status_code == 403

    def test_fetches_the_list_now(self, supervisor: Client) -> None:
        bench.offer("EV", "Trabant", ["vin"])
        page = supervisor.post(f"{PAGE}fetch/", follow=True)
        assert "It is being fetched." in text_of(page)
        refresh.refresh_if_due()
        catalogue.forget()
        assert "Trabant" in text_of(supervisor.get(PAGE))

    def test_fetches_only_on_a_button_and_by_who_may(self, supervisor: Client, reader: Client) -> None:
        assert supervisor.get(f"{PAGE}fetch/").status_code == 405
        assert reader.post(f"{PAGE}fetch/").status_code == 403
        assert "Fetch it now" not in reader.get(PAGE).content.decode()
        assert not CatalogueSnapshot.objects.get().is_wanted


class TestChanges:
    def test_are_written_when_the_new_copy_differs(self, supervisor: Client) -> None:
        assert not CatalogueChange.objects.exists()
        bench.offer("EV", "Trabant", ["vin"])
        refresh.refresh_catalogue()
        refresh.refresh_catalogue()
        assert [(row.kind, row.manufacturer) for row in CatalogueChange.objects.all()] == [("added", "Trabant")]
        bench.offer("EV", "Trabant", [{"name": "vin", "required": False}, "colour"])
        refresh.refresh_catalogue()
        page = text_of(supervisor.get(PAGE))
        assert "EV Trabant – changed" in page
        assert "asks for colour" in page
        assert "vin: required was “yes” and is “no”" in page
        assert "Trabant" in text_of(supervisor.get("/admin/onboarding/cataloguechange/"))

    def test_tell_what_is_gone(self, platform: Catalogue) -> None:
        snapshot = CatalogueSnapshot.objects.get()
        snapshot.offers.append({"type": "EV", "manufacturer": "Lada", "attributes": None})
        snapshot.save()
        refresh.refresh_catalogue()
        gone = CatalogueChange.objects.get()
        assert (gone.kind, gone.manufacturer, gone.before, gone.after) == ("removed", "Lada", None, None)


class TestPausing:
    @pytest.fixture
    def paused(self, supervisor: Client) -> Client:
        notes = {"en": "Audi repairs its service.", "nl": "Audi herstelt zijn dienst.", "fr": "", "de": ""}
        assert "Audi is paused" in text_of(supervisor.post(PAUSE, notes, follow=True))
        return supervisor

    def test_keeps_it_from_being_chosen_and_says_why(self, paused: Client, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = customer.get("manufacturer")
        assert "Audi repairs its service." in text_of(page)
        assert b'value="Audi"' not in page.content
        assert "Audi herstelt zijn dienst." in text_of(customer.get("manufacturer", **{"Accept-Language": "nl"}))
        assert "cannot be connected at the moment" in text_of(customer.post("manufacturer", manufacturer="Audi"))
        assert customer.request.manufacturer == ""

    def test_keeps_what_a_draft_has_and_tells_kindly(self, supervisor: Client, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=GUIDES_VIN)
        supervisor.post(PAUSE, {"en": "Until Thursday."})
        for page in ("identify", "check"):
            assert "Audi cannot be connected at the moment" in text_of(customer.get(page))
            assert "Until Thursday." in text_of(customer.get(page))
        assert customer.consent().status_code == 200
        assert (customer.request.state, customer.request.attributes) == ("draft", {"vin": GUIDES_VIN})
        supervisor.post(f"{PAGE}resume/", AUDI)
        customer.consent()
        assert customer.request.state == "queued"

    def test_still_takes_the_answers_of_a_draft(self, paused: Client, customer: Customer) -> None:
        customer.client.post("/start/", {**AUDI, "vin": GUIDES_VIN})
        location = customer.client.get("/").context["cards"][0].url
        customer.reference = location.split("/")[2]
        assert customer.request.attributes == {"vin": GUIDES_VIN}
        assert "Audi cannot be connected at the moment" in text_of(customer.get("check"))

    def test_leaves_what_has_consent_alone(self, supervisor: Client, customer: Customer) -> None:
        customer.submit()
        supervisor.post(PAUSE, {})
        work()
        assert customer.request.state == "following"

    def test_is_on_the_record_with_who_did_it(self, paused: Client) -> None:
        paused.post(f"{PAGE}resume/", AUDI)
        paused.post(f"{PAGE}resume/", AUDI)
        told = [(entry.user.get_username(), entry.change_message) for entry in LogEntry.objects.order_by("pk")]
        assert told == [
            ("sue", "Paused EV Audi. en: Audi repairs its service.; nl: Audi herstelt zijn dienst."),
            ("sue", "Resumed EV Audi"),
        ]
        assert "Resumed EV Audi" in text_of(paused.get(f"{PAGE}1/history/"))

    def test_changes_the_message_of_one_that_is_paused(self, paused: Client) -> None:
        assert "Audi repairs its service." in paused.get(PAUSE).content.decode()
        paused.post(PAUSE, {"en": "Until Friday."})
        assert [note.words for note in PlannedOffer.objects.get().notes.all()] == ["Until Friday."]
        assert "Change the message" in paused.get(PAGE).content.decode()

    def test_writes_to_those_who_wait_when_it_is_resumed(self, paused: Client, customer: Customer) -> None:
        draft.wish_for(**AUDI, contact_email="ann@example.org", language="en")
        refresh.refresh_catalogue()
        work()
        assert not mail.outbox
        paused.post(f"{PAGE}resume/", AUDI)
        work()
        assert [letter.to for letter in mail.outbox] == [["ann@example.org"]]
        assert Wish.objects.get().announced_at

    def test_needs_the_permission_and_something_on_offer(self, supervisor: Client, reader: Client) -> None:
        assert reader.get(PAUSE).status_code == 403
        assert reader.post(PAUSE, {}).status_code == 403
        assert reader.post(f"{PAGE}resume/", AUDI).status_code == 403
        assert supervisor.get(f"{PAGE}pause/?type=EV&manufacturer=Lada").status_code == 404
        assert supervisor.get(f"{PAGE}resume/").status_code == 405
        assert not PlannedOffer.objects.exists()

    def test_follows_what_staff_write_among_the_planned(self, platform: Catalogue, customer: Customer) -> None:
        boss = Client()
        boss.force_login(User.objects.create_superuser("boss"))
        customer.start().post("type", type="EV")
        forms = {"notes-TOTAL_FORMS": "0", "notes-INITIAL_FORMS": "0"}
        boss.post(
            "/admin/onboarding/plannedoffer/add/", {"type": "EV", "manufacturer": "AUDI", "kind": "paused"} | forms
        )
        assert b'value="Audi"' not in customer.get("manufacturer").content
        boss.post(f"{PAGE}resume/", AUDI)
        assert b'value="Audi"' in customer.get("manufacturer").content
