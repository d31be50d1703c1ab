"""Who the data is for, in the texts of every language: by the name that is set, as it is written, or in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import pytest
from django.core import mail as post
from django.test import Client, override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as some
from pytest_django import Settings

from onboarding.branding.models import Brand
from onboarding.catalogue import refresh
from onboarding.consent import texts
from onboarding.consent.receipts import receipt_for
from onboarding.consent.texts import ConsentWords
from onboarding.mail.content import letter_for
from onboarding.models import Consent, Mail, OnboardingRequest
from onboarding.portal.device_page import send_step_context
from sandbox import bench
from tests.customers import Customer, work

LANGUAGES = ("en", "nl", "fr", "de", "es")
# What the sections from "why, and for whom" on say where no company is set.
UNNAMED = {
    "en": [
        "For the energy service that you have with your energy company.",
        "The re.alto platform makes the connection and passes the data on to your energy company.",
        "Until you stop it, or until your energy service with your energy company ends.",
        "At any time, free of charge and without giving a reason: on the page of this device here, or by telling your "
        "energy company.",
        "From then on nothing new is read. What happened before stays lawful.",
        "Ask your energy company first. You can also complain to the data protection authority of your country.",
    ],
    "nl": [
        "Voor de energiedienst die u hebt bij uw energieleverancier.",
        "Het re.alto-platform maakt de koppeling en geeft de gegevens door aan uw energieleverancier.",
        "Tot u ermee stopt, of tot uw energiedienst bij uw energieleverancier eindigt.",
        "Op elk moment, gratis en zonder een reden te geven: op de pagina van dit apparaat hier, of door het te melden "
        "aan uw energieleverancier.",
        "Vanaf dan wordt er niets nieuws meer gelezen. Wat eerder is gebeurd, blijft rechtmatig.",
        "Vraag het eerst aan uw energieleverancier. U kunt ook een klacht indienen bij de "
        "gegevensbeschermingsautoriteit van uw land.",
    ],
    "fr": [
        "Pour le service énergétique que vous avez chez votre fournisseur d’énergie.",
        "La plateforme re.alto établit la connexion et transmet les données à votre fournisseur d’énergie.",
        "Jusqu’à ce que vous y mettiez fin, ou jusqu’à la fin de votre service énergétique chez votre fournisseur "
        "d’énergie.",
        "À tout moment, gratuitement et sans donner de raison\u00a0: ici, sur la page de cet appareil, ou en informant "
        "votre fournisseur d’énergie.",
        "À partir de ce moment, plus rien de nouveau n’est lu. Ce qui s’est passé avant reste licite.",
        "Adressez-vous d’abord à votre fournisseur d’énergie. Vous pouvez aussi porter plainte auprès de l’autorité de "
        "protection des données de votre pays.",
    ],
    "es": [
        "Para el servicio de energía que tiene con su compañía de energía.",
        "La plataforma re.alto hace la conexión y transmite los datos a su compañía de energía.",
        "Hasta que usted la detenga, o hasta que termine su servicio de energía con su compañía de energía.",
        "En cualquier momento, gratis y sin dar ninguna razón: aquí, en la página de este dispositivo, o diciéndoselo "
        "a su compañía de energía.",
        "Desde entonces no se lee nada nuevo. Lo que ocurrió antes sigue siendo lícito.",
        "Pregunte primero a su compañía de energía. También puede reclamar ante la autoridad de protección de datos de "
        "su país.",
    ],
    "de": [
        "Für den Energiedienst, den Sie bei Ihrem Energieversorger haben.",
        "Die re.alto-Plattform stellt die Verbindung her und gibt die Daten an Ihren Energieversorger weiter.",
        "Bis Sie die Verbindung beenden oder bis Ihr Energiedienst bei Ihrem Energieversorger endet.",
        "Jederzeit, kostenlos und ohne Angabe von Gründen: hier auf der Seite dieses Geräts oder durch eine Mitteilung "
        "an Ihren Energieversorger.",
        "Ab dann werden keine neuen Daten mehr abgerufen. Was vorher geschah, bleibt rechtmäßig.",
        "Wenden Sie sich zuerst an Ihren Energieversorger. Sie können sich auch bei der Datenschutzbehörde Ihres "
        "Landes beschweren.",
    ],
}
NAMES = ("N.V.", "Bright Energy B.V.", "Co.", "GmbH", "Energie & Co. KG.", "{device|x}", "re.alto", "…", "A|B}")
names = some.sampled_from(NAMES) | some.text(min_size=1).map(str.strip).filter(
    lambda name: name and ".." not in name and "#" not in name
)


@contextmanager
def company(name: str) -> Iterator[None]:
    with override_settings(CONTROLLER_NAME=name):
        yield


def shipped(language: str, name: str, manufacturer: str = "Audi") -> ConsentWords:
    [text] = [text for text in texts._shipped() if text.language == language]
    with company(name):
        return texts.words_for(text, device="Car", manufacturer=manufacturer)


class TestSentence:
    @pytest.mark.parametrize("language", LANGUAGES)
    @given(name=names)
    def test_ends_in_one_full_stop(self, language: str, name: str) -> None:
        words = shipped(language, "#").words
        once = name.removesuffix(".")
        expected = words.replace("#.", f"{once}.") if name.endswith(".") else words
        assert shipped(language, name).words == expected.replace("#", name)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", ["", *NAMES[:5]])
    def test_has_no_two_full_stops(self, language: str, name: str) -> None:
        assert ".." not in shipped(language, name, manufacturer="Foo Inc.").words

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_natural_where_no_company_is_set(self, language: str) -> None:
        sections = shipped(language, "").sections[texts.PARTS.index("purpose") :]
        assert [paragraph for section in sections for paragraph in section.paragraphs] == UNNAMED[language]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_shows_no_braces(self, language: str) -> None:
        assert not set("{|}") & set(shipped(language, "").words + shipped(language, "Bright").words)

    def test_of_staff_may_have_words_of_its_own_for_no_company(self) -> None:
        text = "{company|Your supplier} and {company}, {firm}."
        assert texts.fill_in(text, {"company": "Bright"}) == "Bright and Bright, {firm}."
        assert texts.fill_in(text, {"company": ""}) == "Your supplier and your energy company, {firm}."
        assert texts.unknown_placeholders(text + "{firm|x} {device|y}") == ["firm"]


class TestName:
    @pytest.mark.parametrize("name", ["e.on", "ığdır", "Żółw & <b>Co.</b>"])
    def test_is_shown_as_it_is_written(self, customer: Customer, settings: Settings, name: str) -> None:
        settings.CONTROLLER_NAME = name
        record = Consent.objects.get(request=customer.submit().request)
        assert dict(receipt_for(record).facts)["For whom"] == name
        for page in (f"receipts/{record.record_id}", "device"):
            shown = f'<dt>For whom</dt> <dd><bdi translate="no">{escape(name)}</bdi></dd>'
            assert shown in customer.get(page).content.decode()

    @pytest.mark.parametrize("name", ["", "e.on", "B.V."])
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_invites(self, customer: Customer, settings: Settings, name: str, language: str) -> None:
        settings.CONTROLLER_NAME = name
        request = customer.start().choose("EV", "Audi").request
        with translation.override(language):
            letter = letter_for(Mail(kind=Mail.Kind.INVITATION, request=request), "https://x.invalid/")
        named = {"en": "Your energy company", "nl": "Uw energieleverancier", "fr": "Votre fournisseur d’énergie"}
        named["es"] = "Su compañía de energía"
        assert letter.paragraphs[0].startswith(name or named.get(language, "Ihr Energieversorger"))

    def test_of_a_maker_that_ends_in_a_full_stop_gives_one_in_a_mail(self, db: None) -> None:
        request = OnboardingRequest(type="EV", manufacturer="Foo Inc.", state="following")
        letter = letter_for(Mail(kind=Mail.Kind.NEEDS_YOU, request=request), "https://x.invalid/")
        assert letter.paragraphs[0] == "Electric car, Foo Inc."

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("", "Jemand möchte dieses Gerät mit einem Energiedienst verbinden: Elektroauto, Audi."),
            ("N.V.", "Jemand möchte dieses Gerät mit dem Energiedienst von N.V. verbinden: Elektroauto, Audi."),
        ],
    )
    def test_is_told_to_the_owner_of_a_device(
        self, customer: Customer, settings: Settings, name: str, said: str
    ) -> None:
        settings.CONTROLLER_NAME = name
        request = customer.submit().request
        OnboardingRequest.objects.filter(pk=request.pk).update(
            state="following", action_type="Redirect", redirect_link="https://maker.invalid/"
        )
        url = send_step_context(customer.request)["url"]
        page = Client(headers={"Accept-Language": "de"}).get(url.removeprefix(settings.PUBLIC_URL) + "?language=de")
        assert said in " ".join(page.content.decode().split())


class TestDirection:
    """A name stands by itself, so that what is written from the right does not pull its surroundings along."""

    OWN = "שרה <b> Łódź"

    def test_of_an_answer(self, customer: Customer) -> None:
        bench.offer("PV", "Kept", ["siteName"])
        refresh.refresh_catalogue()
        customer.start().choose("PV", "Kept").post("identify", siteName=self.OWN)
        assert f'<bdi translate="no">{escape(self.OWN)}</bdi>' in customer.get("check").content.decode()
        assert 'dir="auto"' in customer.get("identify").content.decode()

    def test_of_a_brand_in_pages_and_mails(self, customer: Customer, settings: Settings) -> None:
        Brand.objects.create(name=self.OWN)
        assert f'<bdi translate="no">{escape(self.OWN)}</bdi>' in customer.client.get("/").content.decode()
        customer.submit()
        customer.post("email", contact_email="ann@example.org")
        work()
        for letter in post.outbox:
            assert f'<bdi translate="no">{escape(self.OWN)}</bdi>' in letter.alternatives[0].content
