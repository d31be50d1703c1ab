"""The main job, from the start page to connected, three ways: scripts off, htmx, and a real browser."""

from .customers import Customer

GUIDES_VIN = "WA1DMAFE0D0000000"
BMW_VIN = "WBA00000000000001"
REJECTED_VIN = "WA1DMAFE0D0000400"
CONNECTED = "Your device is connected"


def assert_connected(customer: Customer, **body: object) -> None:
    """All is done, and the platform got exactly this, exactly once."""
    customer.wait_for_heading(CONNECTED)
    assert customer.step == "status"
    assert customer.transactions == ["Done", "Done", "Done"]
    assert customer.received == [body]


class TestConnect:
    def test_a_car_as_in_the_guide(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin=GUIDES_VIN)

        assert_connected(customer, type="EV", manufacturer="Audi", vin=GUIDES_VIN)

    def test_solar_panels_that_need_two_answers(self, customer: Customer) -> None:
        customer.submit("PV", "SMA", reference="4711", email="owner@example.org")

        assert_connected(customer, type="PV", manufacturer="SMA", reference="4711", email="owner@example.org")

    def test_solar_panels_that_need_no_answer(self, customer: Customer) -> None:
        customer.choose("PV", "Huawei")
        assert customer.step == "check"

        customer.agree()
        customer.answer_at_manufacturer("Huawei", "Allow", site="FusionSolar")

        assert_connected(customer, type="PV", manufacturer="Huawei")

    def test_a_smart_meter_for_a_person(self, customer: Customer) -> None:
        customer.submit("SmartMeter", "Fluvius", ean="5414 4882 0000 0000 08", properties__flow="B2C")
        customer.answer_at_manufacturer("Fluvius", "Allow", site="Mijn Fluvius")

        assert_connected(
            customer,
            type="SmartMeter",
            manufacturer="Fluvius",
            ean="541448820000000008",
            properties={"flow": "B2C"},
        )

    def test_a_meter_with_a_reader(self, customer: Customer) -> None:
        customer.submit("RetrofitMeter", "Xenn", reference="P1000000000", code="123 456")

        assert_connected(customer, type="RetrofitMeter", manufacturer="Xenn", reference="P1000000000", code="123456")

    def test_something_nobody_has_heard_of(self, customer: Customer) -> None:
        customer.choose("WindTurbine", "Zephyr")
        assert "Tower height" in customer.labels
        assert "Grid zone" in customer.labels

        customer.answer(towerHeight="98", properties__gridZone="North")
        customer.agree()

        assert_connected(
            customer,
            type="WindTurbine",
            manufacturer="Zephyr",
            towerHeight="98",
            properties={"gridZone": "North"},
        )


class TestRejectedIdentifier:
    def test_is_corrected_and_sent_again(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin=REJECTED_VIN)
        customer.wait_for_heading("One answer needs another look")
        assert customer.received == []

        customer.follow("Correct it")
        assert customer.step == "identify"
        assert "Support code:" not in customer.text  # nothing of the page before is left
        assert customer.value("vin") == REJECTED_VIN
        assert "Audi did not accept this" in customer.text

        customer.answer(vin=GUIDES_VIN)
        customer.agree()

        assert_connected(customer, type="EV", manufacturer="Audi", vin=GUIDES_VIN)


class TestRedirect:
    def test_leads_back_to_connected_when_allowed(self, customer: Customer) -> None:
        customer.submit("EV", "BMW", vin=BMW_VIN)
        status_page = customer.path
        customer.answer_at_manufacturer("BMW", "Allow")

        assert customer.path == status_page
        assert_connected(customer, type="EV", manufacturer="BMW", vin=BMW_VIN)

    def test_says_plainly_that_it_was_denied_and_offers_another_try(self, customer: Customer) -> None:
        customer.submit("EV", "BMW", vin=BMW_VIN)
        denied = customer.reference
        customer.answer_at_manufacturer("BMW", "Deny")
        customer.wait_for_heading("The connection was not allowed")
        assert "BMW tells us that somebody said no there." in customer.text
        assert customer.received == [{"type": "EV", "manufacturer": "BMW", "vin": BMW_VIN}]

        customer.press("Try again with the same answers")
        assert customer.step == "check"
        assert "Support code:" not in customer.text
        assert customer.reference != denied
        assert all(answer in customer.text for answer in ("Electric car", "BMW", BMW_VIN))


class TestPlatformAway:
    def test_keeps_the_consent_and_sends_when_the_platform_is_back(self, customer: Customer) -> None:
        customer.choose("RetrofitMeter", "Xenn")
        customer.answer(reference="P1000000007", code="654321")

        with customer.portal.platform_away():
            customer.agree()
            customer.wait_for_heading("We have your request")
            assert "We cannot reach the platform right now." in customer.text
            assert customer.received == []

        assert_connected(customer, type="RetrofitMeter", manufacturer="Xenn", reference="P1000000007", code="654321")
