"""Words of staff's own for what customers are asked: which one wins, where it shows, and how staff write it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from onboarding.catalogue import help_texts, shipped_guidance, shipped_help
from onboarding.catalogue.help_texts import action_guidance, help_for, type_help, usual_wait
from onboarding.models import ActionText, HelpText, Logo
from tests.customers import GUIDES_VIN, Customer
from tests.desk import sign_in
from tests.onboarding.portal.test_wizard import text_of

ADD = "/admin/onboarding/helptext/add/"
ADD_ACTION = "/admin/onboarding/actiontext/add/"
PREVIEW = "/admin/onboarding/helptext/preview/"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 18"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def write(**texts: str) -> HelpText:
    help_texts.forget()
    return HelpText.objects.create(**texts)


def of(scope: str = "", **texts: object) -> dict[str, object]:
    """Fill in the form: scope is "attribute type manufacturer language", a dash for every one."""
    parts = dict(zip(("attribute", "type", "manufacturer", "language"), scope.split(), strict=False))
    return {name: "" if part == "-" else part for name, part in parts.items()} | texts


def picture(content: bytes = SVG) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.svg", content, "image/svg+xml")


@pytest.mark.django_db
class TestHelpFor:
    @pytest.fixture(autouse=True)
    def nothing_remembered(self) -> Iterator[None]:
        yield
        help_texts.forget()

    def test_is_the_portals_own_while_staff_wrote_nothing(self) -> None:
        assert help_for("EV", "Audi", "vin") == shipped_help.help_for("EV", "Audi", "vin")

    def test_is_staffs_whatever_blanks_the_platform_has_around_its_names(self) -> None:
        write(attribute="vin", type="EV", manufacturer="Audi", label="Chassis number")
        assert help_for("EV ", " Audi", "vin").label == "Chassis number"

    def test_is_staffs_where_they_wrote_and_the_portals_elsewhere(self) -> None:
        write(attribute="vin", label="Chassis number")
        shown, shipped = help_for("EV", "Audi", "vin"), shipped_help.help_for("EV", "Audi", "vin")
        assert (shown.label, shown.hint, shown.drawing) == ("Chassis number", shipped.hint, shipped.drawing)

    def test_takes_the_most_particular_text_for_each_field(self) -> None:
        write(attribute="vin", label="every", hint="every", example="every")
        write(attribute="vin", type="EV", label="type", hint="type")
        write(attribute="vin", type="EV", manufacturer="AUDI", label="maker")
        shown = help_for("EV", "Audi", "vin")
        assert (shown.label, shown.hint, shown.example) == ("maker", "type", "every")
        assert help_for("EV", "Tesla", "vin").label == "type"

    def test_speaks_the_customers_language_before_every_language(self) -> None:
        write(attribute="vin", label="every")
        write(attribute="vin", language="nl", label="Chassisnummer")
        with translation.override("nl"):
            assert help_for("EV", "Audi", "vin").label == "Chassisnummer"
        assert help_for("EV", "Audi", "vin").label == "every"

    def test_keeps_what_the_portal_says_of_a_manufacturer_alone(self) -> None:
        """A new label for every reference must not hide that SMA wants the plant's id."""
        write(attribute="reference", label="Number of the device")
        assert help_for("PV", "Fronius", "reference").label == "Number of the device"
        assert str(help_for("PV", "SMA", "reference").label) == "Plant id"

    def test_changes_what_a_particular_entry_took_over(self) -> None:
        write(attribute="ean", label="EAN of your meter", where="On your bill.")
        fluvius = help_for("SmartMeter", "Fluvius", "ean")
        assert fluvius.label == "EAN of your meter"
        assert "Mijn Fluvius" in str(fluvius.where)

    def test_names_what_the_portal_does_not_know(self) -> None:
        write(attribute="towerHeight", label="How high is it?")
        assert help_for("WindTurbine", "Zephyr", "towerHeight").label == "How high is it?"


@pytest.mark.django_db
class TestOtherWords:
    def test_name_a_type_and_its_line(self) -> None:
        write(type="EV", label="Car with a plug")
        write(type="EV", language="de", hint="Mit Stecker.")
        with translation.override("de"):
            assert (type_help("EV").name, type_help("EV").line) == ("Car with a plug", "Mit Stecker.")
        assert type_help("EV").line == shipped_help.type_help("EV").line
        assert type_help("PV") == shipped_help.type_help("PV")

    def test_say_what_to_do_at_the_manufacturers(self) -> None:
        ActionText.objects.create(action="Redirect", type="EV", sentence="Sign in at {manufacturer}: 100 % safe.")
        shown = action_guidance("Redirect", "EV", "Audi")
        assert str(shown.sentence) % {"manufacturer": "Audi"} == "Sign in at Audi: 100 % safe."
        assert shown.headline == shipped_guidance.action_guidance("Redirect", "EV", "Audi").headline

    def test_say_how_long_it_takes(self) -> None:
        ActionText.objects.create(type="PV", manufacturer="SMA", duration="About an hour.")
        assert usual_wait("PV", "SMA") == "About an hour."
        assert usual_wait("PV", "Huawei") == str(shipped_guidance.usual_wait("PV"))


class TestPages:
    @pytest.fixture(autouse=True)
    def own_words(self, db: None) -> None:
        write(attribute="vin", label="Chassis number", hint="17 signs <b>")
        write(type="EV", label="Car with a plug")

    def test_show_them_on_the_way(self, customer: Customer) -> None:
        customer.start()
        assert "Car with a plug" in text_of(customer.get("type"))
        customer.choose("EV", "Audi")
        page = customer.get("identify").content.decode()
        assert "Chassis number" in page
        assert "17 signs &lt;b&gt;" in page
        customer.post("identify", vin=GUIDES_VIN)
        assert "Chassis number" in text_of(customer.get("check"))

    def test_show_them_afterwards_but_not_in_what_was_agreed_to(self, customer: Customer) -> None:
        customer.submit()
        agreed = customer.request.consents.get()
        HelpText.objects.filter(type="EV").update(label="Something else")
        help_texts.forget()
        assert "Something else" in text_of(customer.get("status"))
        receipt = text_of(customer.client.get(customer.url("receipts") + f"{agreed.record_id}/"))
        assert "Chassis number" in receipt
        agreed.refresh_from_db()
        assert agreed.is_intact
        assert "Car with a plug" in agreed.words

    def test_show_them_to_who_comes_by_a_link(self, customer: Customer) -> None:
        page = text_of(customer.client.get("/start/", {"type": "EV", "vin": GUIDES_VIN}))
        assert "Car with a plug" in page


class TestDesk:
    def test_writes_one_that_is_live_at_once(self, desk: Client, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        assert "Chassis number" not in text_of(customer.get("identify"))
        desk.post(ADD, of("vin EV Audi -", label="Chassis number"))
        assert "Chassis number" in text_of(customer.get("identify"))

    def test_takes_one_back_at_once(self, desk: Client, customer: Customer) -> None:
        row = write(attribute="vin", label="Chassis number")
        customer.start().choose("EV", "Audi")
        assert "Chassis number" in text_of(customer.get("identify"))
        desk.post(f"/admin/onboarding/helptext/{row.pk}/delete/", {"post": "yes"})
        assert "Chassis number" not in text_of(customer.get("identify"))

    def test_shows_in_grey_what_it_replaces(self, desk: Client, customer: Customer) -> None:
        page = desk.get(ADD, {"type": "EV", "manufacturer": "Audi", "attribute": "vin"}).content.decode()
        assert 'placeholder="XY1AB23C45D678901"' in page
        assert '<option value="Audi" selected>' in page

    def test_serves_a_picture_under_its_hash(self, desk: Client, customer: Customer) -> None:
        desk.post(ADD, of("vin EV Audi -", where="On the door.", picture_file=picture()))
        stored = Logo.objects.get()
        customer.start().choose("EV", "Audi")
        page = customer.get("identify").content.decode()
        assert f'src="{stored.url}" alt="" width="360" height="180"' in page
        assert "On the door." in page
        response = customer.client.get(stored.url)
        assert response.content == SVG
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            (of("vin - - -"), "Write at least one text"),
            (of("vin - - -", picture_file=picture()), "Say in words what the picture shows"),
            (of("vin - - -", where="x", picture_file=picture(SVG.replace(b"path", b"script"))), "contains “script”"),
            (of("vin - - -", where="x", picture_file=picture(SVG.replace(b"36", b"3"))), "twice as high as wide"),
            (of("vin EV Audi -", example="12"), "Customers could not enter this example"),
            (of("- - - -", label="x"), "Choose an attribute, or a type to name"),
            (of("- EV Audi -", label="x"), "A type has one name"),
            (of("- EV - -", label="x", where="y"), "a name and one line, and nothing else"),
            (of("- EV - -", label="{manufacturer} car"), "A type has one name, whoever the manufacturer is"),
            (of("- EV - -", hint="As {manufacturer} has it."), "A type has one name, whoever the manufacturer is"),
            (of("vin - - -", label="again"), "There is a help text for exactly this already"),
        ],
    )
    def test_refuses_what_would_not_help(
        self, desk: Client, customer: Customer, said: dict[str, Any], why: str
    ) -> None:
        write(attribute="vin", label="Chassis number")
        if upload := said.get("picture_file"):
            upload.seek(0)
        assert why in desk.post(ADD, said).content.decode()
        assert HelpText.objects.count() == 1

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"action": "Redirect", "headline": "Go to {maker}"}, "Nothing is known to stand for {maker}"),
            ({"action": "", "headline": "Wait"}, "customers only read how long it takes"),
            ({"action": "Before", "sentence": "A key.", "headline": "Ready?"}, "customers only read what to do"),
            ({"action": "Before", "sentence": "A key.", "duration": "An hour."}, "customers only read what to do"),
            ({"action": "Redirect"}, "Write at least one text"),
        ],
    )
    def test_refuses_a_step_that_says_nothing(
        self, desk: Client, customer: Customer, said: dict[str, str], why: str
    ) -> None:
        assert why in desk.post(ADD_ACTION, said).content.decode()
        assert not ActionText.objects.exists()


class TestPreview:
    def test_shows_the_field_as_customers_see_it_and_saves_nothing(self, desk: Client, customer: Customer) -> None:
        said = of("vin EV Audi nl", label="Chassisnummer", where="Aan de deur.", picture_file=picture())
        response = desk.post(PREVIEW, said)
        page = response.content.decode()
        assert '<label class="field__label" for="field-vin">Chassisnummer' in page
        assert 'src="data:image/svg+xml;base64,' in page
        assert '<html lang="nl">' in page
        assert "css/portal.css" in page
        assert not HelpText.objects.exists()
        assert not Logo.objects.exists()

    def test_shows_a_change_in_place_of_what_is_saved(self, desk: Client, customer: Customer) -> None:
        row = write(attribute="vin", label="Chassis number", hint="17 signs.")
        page = text_of(desk.post(f"{PREVIEW}?of={row.pk}", of("vin - - -", label="Number of the car")))
        assert "Number of the car" in page
        assert "17 signs." not in page
        row.refresh_from_db()
        assert row.label == "Chassis number"

    def test_shows_a_type(self, desk: Client, customer: Customer) -> None:
        page = text_of(desk.post(PREVIEW, of("- EV - -", label="Car with a plug")))
        assert "Car with a plug" in page
        assert "Fully electric or hybrid." in page

    def test_shows_the_manufacturers_step(self, desk: Client, customer: Customer) -> None:
        url = "/admin/onboarding/actiontext/preview/"
        said = {"action": "Redirect", "type": "EV", "manufacturer": "Audi", "headline": "Off to {manufacturer}"}
        assert "Off to Audi" in text_of(desk.post(url, said))
        assert "About an hour." in text_of(desk.post(url, {"action": "", "duration": "About an hour."}))

    def test_shows_what_to_have_at_hand(self, desk: Client, customer: Customer) -> None:
        said = {
            "action": "Before",
            "type": "EV",
            "manufacturer": "Audi",
            "sentence": "A card of {manufacturer}.\nA pen.",
        }
        page = text_of(desk.post("/admin/onboarding/actiontext/preview/", said))
        assert "Please check before you start A card of Audi. A pen." in page

    def test_shows_what_helps_when_it_failed(self, desk: Client, customer: Customer) -> None:
        said = {"action": "failed-unreachable", "type": "EV", "manufacturer": "Audi", "sentence": "Wake it."}
        response = desk.post("/admin/onboarding/actiontext/preview/", said)
        assert "Audi could not reach your car Wake it." in text_of(response)
        assert b"img/status-problem" in response.content

    def test_says_what_to_correct(self, desk: Client, customer: Customer) -> None:
        assert "Write at least one text" in text_of(desk.post(PREVIEW, of("vin - - -")))

    def test_is_not_for_those_who_only_look(self, desk: Client, customer: Customer) -> None:
        desk.post(ADD, of("vin - - -", where="On the door.", picture_file=picture()))
        client, row = sign_in("viewer"), HelpText.objects.get()
        page = client.get(f"/admin/onboarding/helptext/{row.pk}/change/").content.decode()
        assert f'<a href="{Logo.objects.get().url}">' in page
        assert PREVIEW not in page
        assert client.post(PREVIEW, of("vin - - -", label="x")).status_code == 403
        assert client.post(f"{PREVIEW}?of={row.pk}", of("vin - - -", label="x")).status_code == 403
