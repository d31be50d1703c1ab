"""What looks mistyped is asked about once, with what was probably meant one press away."""

import pytest

from onboarding.models import Consent, Wish
from tests.customers import GUIDES_VIN, Customer

CYRILLIC_VIN = GUIDES_VIN.replace("A", "\u0410")
INSTEAD = "instead.vin"


class TestLookalikes:
    def test_of_a_vin_are_corrected_by_one_press(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        page = customer.post("identify", vin=CYRILLIC_VIN).content.decode()
        assert f"Did you mean {GUIDES_VIN}?" in page
        assert f'name="{INSTEAD}" value="{GUIDES_VIN}"' in page
        response = customer.post("identify", vin=CYRILLIC_VIN, **{INSTEAD: GUIDES_VIN})
        assert response.headers["Location"] == customer.url("check")
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_that_are_pressed_are_judged_like_what_is_typed(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        page = customer.post("identify", vin=CYRILLIC_VIN, **{INSTEAD: "WA1"}).content.decode()
        assert "This has 3 characters" in page
        assert 'value="WA1"' in page
        assert customer.request.attributes == {}

    def test_that_are_pressed_say_nothing_about_another_question(self, customer: Customer) -> None:
        customer.start().choose("PV", "SMA")
        given = {"reference": "4711-\u0416A", "email": "jan@gmial.com"}
        page = customer.post("identify", **given).content.decode()
        assert "more than one alphabet" in page
        again = {"confirmed": ["4711-\u0416A", "jan@gmial.com"], "instead.email": "jan@gmail.com"}
        page = customer.post("identify", **given, **again).content.decode()
        assert "more than one alphabet" in page
        assert customer.request.attributes == {}

    def test_are_never_pressed_by_enter(self, customer: Customer) -> None:
        """Enter presses the first button of a form."""
        customer.start().choose("EV", "Audi")
        page = customer.post("identify", vin=CYRILLIC_VIN).content.decode()
        form = page[page.index('name="vin"') :]
        assert form.index("Continue</button>") < form.index(INSTEAD)


class TestAddress:
    @pytest.fixture
    def at_check(self, customer: Customer) -> Customer:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        return customer

    def seal(self, customer: Customer) -> str:
        return str(customer.get("check").context["page_sha256"])

    def test_of_a_receipt_is_asked_about_and_the_box_stays_ticked(self, at_check: Customer) -> None:
        given = {"consent": "on", "page_sha256": self.seal(at_check), "contact_email": "jan@gmial.com"}
        page = at_check.post("check", **given).content.decode()
        assert "Did you mean jan@gmail.com?" in page
        assert 'name="consent" checked' in page
        assert not Consent.objects.exists()
        at_check.post("check", **given, confirmed="jan@gmial.com")
        assert at_check.request.contact_email == "jan@gmial.com"
        assert Consent.objects.count() == 1

    def test_of_a_receipt_is_replaced_by_one_press(self, at_check: Customer) -> None:
        given = {"consent": "on", "page_sha256": self.seal(at_check), "contact_email": "jan@gmial.com"}
        page = at_check.post("check", **given, **{"instead.contact_email": "jan@gmail.com"}).content.decode()
        assert not Consent.objects.exists(), "it is no button that agrees"
        assert 'value="jan@gmail.com"' in page
        assert 'name="consent" checked' in page
        at_check.post("check", **given | {"contact_email": "jan@gmail.com"})
        assert at_check.request.contact_email == "jan@gmail.com"
        assert Consent.objects.count() == 1

    def test_leaves_the_box_empty_where_the_words_changed(self, at_check: Customer) -> None:
        given = {"consent": "on", "page_sha256": "of other words", "contact_email": "jan@gmial.com"}
        page = at_check.post("check", **given).content.decode()
        assert "read it again" in page
        assert 'name="consent" checked' not in page

    def test_of_a_link_is_asked_about_once(self, at_check: Customer) -> None:
        page = at_check.post("elsewhere", contact_email="jan@hotmal.com").content.decode()
        assert "Did you mean jan@hotmail.com?" in page
        assert at_check.request.contact_email == ""
        at_check.post("elsewhere", contact_email="jan@hotmal.com", confirmed="jan@hotmal.com")
        assert at_check.request.contact_email == "jan@hotmal.com"
        assert "Did you mean" not in at_check.post("elsewhere", contact_email="jan@hotmal.com").content.decode()

    def test_of_a_wish_is_asked_about_once(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        told = {"manufacturer": "Rivian", "contact_email": "jan@outlok.com"}
        assert "Did you mean jan@outlook.com?" in customer.post("not-listed", **told).content.decode()
        assert not Wish.objects.exists()
        customer.post("not-listed", **told, **{"instead.contact_email": "jan@outlook.com"})
        assert Wish.objects.get().contact_email == "jan@outlook.com"
