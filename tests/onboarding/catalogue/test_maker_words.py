"""What people are asked for when the platform asks for a manufacturer, and examples that fit what they have."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from onboarding.catalogue import help_texts
from onboarding.catalogue.help_texts import help_for, maker_help
from onboarding.catalogue.identifiers import check
from onboarding.models import HelpText
from sandbox.catalogue import OFFERINGS
from tests.customers import Customer
from tests.desk import sign_in
from tests.onboarding.portal.test_wizard import text_of

ASKED = {
    "EV": ("Brand", "Which brand is your car?"),
    "PV": ("Brand", "Which brand is your inverter?"),
    "SmartMeter": ("Grid operator", "Who is your grid operator?"),
    "RetrofitMeter": ("Maker of the reader", "Who made the reader on your meter?"),
    "Battery": ("Brand", "Which brand is your home battery?"),
    "ChargePole": ("Brand", "Which brand is your charging point?"),
    "HeatPump": ("Brand", "Which brand is your heat pump?"),
    "Boiler": ("Brand", "Which brand is your boiler?"),
    "WindTurbine": ("Brand", "Which brand is your device?"),
}
METER = {
    "nl": ("Netbeheerder", "Wie is uw netbeheerder?"),
    "fr": ("Gestionnaire de réseau", "Quel est votre gestionnaire de réseau\N{NO-BREAK SPACE}?"),
    "de": ("Netzbetreiber", "Wer ist Ihr Netzbetreiber?"),
}
EXAMPLES = [
    (offering.type, offering.manufacturer, asked.name, asked.pattern)
    for offering in OFFERINGS
    for asked in offering.properties
]


@pytest.fixture
def own_words(db: None) -> Iterator[None]:
    words = {"label": "Network company", "question": "Whose network is it?", "missing": "Say whose network it is."}
    HelpText.objects.create(attribute="manufacturer", type="SmartMeter", **words)
    help_texts.forget()
    yield
    help_texts.forget()


@pytest.mark.django_db
class TestMakerHelp:
    @pytest.mark.parametrize("kind", ASKED)
    def test_asks_for_what_people_call_it(self, kind: str) -> None:
        words = maker_help(kind)
        assert (str(words.label), str(words.question)) == ASKED[kind]

    @pytest.mark.parametrize("language", METER)
    def test_says_grid_operator_in_every_language(self, language: str) -> None:
        with translation.override(language):
            words = maker_help("SmartMeter")
            assert (str(words.label), str(words.question)) == METER[language]

    def test_is_staffs_where_they_wrote(self, own_words: None) -> None:
        assert maker_help("SmartMeter").question == "Whose network is it?"
        assert str(maker_help("EV").question) == "Which brand is your car?"


class TestWay:
    def test_of_a_meter_speaks_of_its_grid_operator_and_of_no_manufacturer(self, customer: Customer) -> None:
        customer.start().choose("SmartMeter", "Fluvius")
        pages = [text_of(customer.get(step)) for step in ("manufacturer", "not-listed", "identify")]
        pages.append(text_of(customer.post("manufacturer")))
        customer.post("identify", ean="541448820000000008", **{"properties.flow": "B2C"})
        pages.append(text_of(customer.get("check")))
        assert "Who is your grid operator?" in pages[0]
        assert "Choose your grid operator, or say that yours is not listed." in pages[3]
        assert "Change : Grid operator" in pages[4]
        assert [page for page in pages if "manufacturer" in page.lower()] == []

    def test_of_a_car_speaks_of_its_brand(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = text_of(customer.get("manufacturer"))
        assert "Which brand is your car?" in page
        assert "manufacturer" not in page.lower()

    def test_takes_the_words_of_staff(self, customer: Customer, own_words: None) -> None:
        customer.start().post("type", type="SmartMeter")
        assert "Whose network is it?" in text_of(customer.get("manufacturer"))
        assert "Say whose network it is." in text_of(customer.post("manufacturer"))

    def test_of_a_link_names_it_too(self, client: Client, platform: object) -> None:
        page = text_of(client.get("/start/", {"type": "SmartMeter", "manufacturer": "Fluvius"}))
        assert "Grid operator Fluvius" in page


class TestDesk:
    def test_writes_and_previews_it(self, customer: Customer) -> None:
        desk = sign_in("supervisor")
        said = {"attribute": "manufacturer", "type": "SmartMeter", "question": "Whose network is it?"}
        assert "Whose network is it?" in text_of(desk.post("/admin/onboarding/helptext/preview/", said))
        desk.post("/admin/onboarding/helptext/add/", said)
        customer.start().post("type", type="SmartMeter")
        assert "Whose network is it?" in text_of(customer.get("manufacturer"))

    def test_puts_names_in_and_refuses_other_braces(self, customer: Customer) -> None:
        desk = sign_in("supervisor")
        said = {"attribute": "uuid", "hint": "As {manufacturer} writes it."}
        desk.post("/admin/onboarding/helptext/add/", said)
        assert help_for("PV", "Fronius", "uuid").hint == "As Fronius writes it."
        page = desk.post("/admin/onboarding/helptext/add/", {"attribute": "vin", "hint": "At {maker}"})
        assert "Nothing is known to stand for {maker}" in page.content.decode()


@pytest.mark.django_db
class TestHelp:
    @pytest.mark.parametrize(("kind", "maker", "name", "pattern"), EXAMPLES)
    def test_gives_an_example_that_raises_no_question(self, kind: str, maker: str, name: str, pattern: str) -> None:
        words = help_for(kind, maker, name)
        assert not words.example or not check(name, words.example, manufacturer=maker, pattern=pattern).warning

    @pytest.mark.parametrize(("kind", "maker", "name", "_pattern"), EXAMPLES)
    def test_names_the_maker_and_says_what_is_missing(self, kind: str, maker: str, name: str, _pattern: str) -> None:
        words = help_for(kind, maker, name)
        assert "manufacturer" not in " ".join(map(str, (words.label, words.missing, words.hint, words.where))).lower()
        assert words.missing

    @pytest.mark.parametrize("maker", ["Enexis", "Liander", "Stedin"])
    def test_of_a_dutch_meter_has_nothing_belgian(self, maker: str) -> None:
        words = help_for("SmartMeter", maker, "ean")
        assert words.example.startswith("87")
        assert "eancodeboek.nl" in str(words.where)
        assert words.drawing is not None
        assert not [place for place in words.drawing.places if "display" in str(place)]

    @pytest.mark.parametrize("maker", ["Fluvius", "ORES", "RESA", "Sibelga"])
    def test_of_a_belgian_meter_shows_its_display(self, maker: str) -> None:
        words = help_for("SmartMeter", maker, "ean")
        assert words.example.startswith("5414")
        assert words.drawing is not None
        assert [place for place in words.drawing.places if "display" in str(place)]

    def test_of_an_operator_that_we_do_not_know_gives_no_countrys_example(self) -> None:
        assert help_for("SmartMeter", "Netz Beispiel", "ean").example == ""
