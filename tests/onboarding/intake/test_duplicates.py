"""The same device a second time: its customer is told, kindly, and nobody else."""

import re

import pytest

from onboarding.models import Consent, OnboardingRequest
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.onboarding.portal.test_wizard import text_of

TOLD = "You have this device already"
EAN = "541448820000000008"


def begin(customer: Customer, type: str = "EV", manufacturer: str = "Audi", **attributes: str) -> Customer:
    """Go up to the check page with another device, or the same, in the same browser."""
    another = Customer(customer.client).start().choose(type, manufacturer)
    if attributes := attributes or {"vin": GUIDES_VIN}:
        another.post("identify", **attributes)
    return another


def told(customer: Customer) -> bool:
    response = customer.get("check")
    assert response.status_code == 200
    return TOLD in text_of(response)


def become(customer: Customer, state: str) -> OnboardingRequest:
    OnboardingRequest.objects.filter(reference=customer.reference).update(state=state, due_at=None)
    return customer.request


class TestNotice:
    def test_is_shown_while_the_first_is_under_way(self, customer: Customer) -> None:
        first = customer.submit()
        page = begin(customer).get("check")
        assert TOLD in text_of(page)
        assert f'href="/onboarding/{first.reference}/"' in page.content.decode()
        assert "Repair it" not in text_of(page)

    def test_offers_to_open_and_to_connect_again_what_is_connected(self, customer: Customer) -> None:
        work_until(customer.submit().request, "connected")
        page = begin(customer).get("check").content.decode()
        assert f'href="{customer.url("device")}"' in page
        assert f'action="{customer.url("reconnect")}"' in page

    @pytest.mark.parametrize("state", ["failed", "canceled"])
    def test_offers_to_try_again_what_failed(self, customer: Customer, state: str) -> None:
        become(customer.submit(), state)
        another = begin(customer)
        assert f'action="{customer.url("again")}"' in another.get("check").content.decode()
        customer.client.post(customer.url("again"))
        assert OnboardingRequest.objects.get(retry_of=customer.request).attributes == {"vin": GUIDES_VIN}

    def test_speaks_of_what_is_alive_before_what_failed(self, customer: Customer) -> None:
        alive = customer.submit()
        become(begin(customer), "failed")
        assert f'href="/onboarding/{alive.reference}/"' in begin(customer).get("check").content.decode()

    def test_compares_what_was_typed_in_any_way(self, customer: Customer) -> None:
        customer.submit()
        assert told(begin(customer, vin=" wa1-dmafe 0d0000000 "))

    def test_knows_a_car_by_its_vin_whoever_made_it(self, customer: Customer) -> None:
        customer.submit()
        assert told(begin(customer, "EV", "Tesla", vin=GUIDES_VIN, confirmed=GUIDES_VIN))

    def test_knows_a_meter_by_its_ean(self, customer: Customer) -> None:
        answers = {"ean": EAN, "properties__flow": "B2C"}
        become(begin(customer, "SmartMeter", "Fluvius", **answers), "following")
        assert told(begin(customer, "SmartMeter", "Fluvius", **answers | {"properties__flow": "B2B"}))

    def test_knows_a_device_by_whatever_its_maker_calls_a_uuid(self, customer: Customer) -> None:
        become(begin(customer, "Boiler", "Inventum", uuid="Zolder_7"), "connected")
        assert told(begin(customer, "Boiler", "Inventum", uuid=" Zolder_7 "))
        assert not told(begin(customer, "Boiler", "Inventum", uuid="Zolder_8"))

    def test_needs_every_identifier_to_agree(self, customer: Customer) -> None:
        reader = {"reference": "P1000000000", "code": "123456"}
        become(begin(customer, "RetrofitMeter", "Xenn", **reader), "connected")
        assert not told(begin(customer, "RetrofitMeter", "Xenn", reference="P1000000001", code="123456"))
        assert told(begin(customer, "RetrofitMeter", "Xenn", **reader))

    def test_names_no_device_by_an_address(self, customer: Customer) -> None:
        plant = {"reference": "4711", "email": "ann@example.org"}
        become(begin(customer, "PV", "SMA", **plant), "connected")
        assert not told(begin(customer, "PV", "SMA", **plant | {"reference": "4712"}))

    def test_is_shown_again_beside_an_error(self, customer: Customer) -> None:
        customer.submit()
        assert TOLD in text_of(begin(customer).post("check"))


class TestNoNotice:
    def test_for_another_device(self, customer: Customer) -> None:
        customer.submit()
        assert not told(begin(customer, vin="WA1DMAFE0D0000001"))

    def test_for_what_nobody_agreed_to_yet(self, customer: Customer) -> None:
        begin(customer)
        assert not told(begin(customer))

    @pytest.mark.parametrize("state", ["withdrawing", "withdrawn"])
    def test_for_what_was_stopped(self, customer: Customer, state: str) -> None:
        become(customer.submit(), state)
        assert not told(begin(customer))

    def test_for_a_maker_that_needs_nothing(self, customer: Customer) -> None:
        customer.submit("PV", "Huawei")
        another = Customer(customer.client).start().choose("PV", "Huawei")
        assert not told(another)

    def test_for_another_try(self, customer: Customer) -> None:
        become(customer.submit(), "failed")
        another = Customer(customer.client)
        another.reference = customer.post("again").headers["Location"].split("/")[2]
        assert not told(another)

    def test_about_other_customers(self, customer: Customer, stranger: Customer) -> None:
        mine = begin(stranger)
        before = without_tokens(mine)
        work_until(customer.submit().request, "connected")
        assert without_tokens(mine) == before
        become(customer, "failed")
        assert without_tokens(mine) == before


class TestGoingOn:
    def test_is_simply_to_agree(self, customer: Customer) -> None:
        customer.submit()
        another = begin(customer)
        assert another.consent().headers["Location"] == another.url("status")
        assert Consent.objects.filter(request=another.request).count() == 1


def without_tokens(customer: Customer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", customer.get("check").content.decode())
