"""The list of what can be connected: how it is read, kept, and used while the platform is away."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue import catalogue, refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import CatalogueSnapshot
from onboarding.platform_api import connection
from sandbox import bench
from tests.customers import Customer


class TestCatalogue:
    def test_offers_all_eight_types_and_many_makers(self, platform: Catalogue) -> None:
        assert set(platform.types) == {
            "EV",
            "PV",
            "SmartMeter",
            "RetrofitMeter",
            "Battery",
            "ChargePole",
            "HeatPump",
            "Boiler",
        }
        assert len({offer.manufacturer for offer in platform.offers}) >= 40

    def test_puts_what_most_people_have_first(self, platform: Catalogue) -> None:
        assert platform.types[:2] == ("EV", "PV")

    def test_knows_what_a_maker_needs(self, platform: Catalogue) -> None:
        fluvius = platform.find("SmartMeter", "Fluvius")
        assert fluvius
        assert [attribute.name for attribute in fluvius.attributes] == ["ean", "properties.flow"]

    def test_asks_our_own_table_when_the_platform_lists_nothing(self) -> None:
        stored = [{"type": "PV", "manufacturer": "SMA", "attributes": None}]
        offer = catalogue.from_json(stored).find("PV", "SMA")
        assert offer
        assert [attribute.name for attribute in offer.attributes] == ["reference", "email"]

    def test_tells_an_empty_list_from_none(self) -> None:
        stored = [{"type": "EV", "manufacturer": "Audi", "attributes": []}]
        offer = catalogue.from_json(stored).find("EV", "Audi")
        assert offer
        assert offer.attributes == ()


class TestNewThings:
    """A type, a manufacturer or an attribute that nobody has heard of needs no code."""

    @pytest.fixture
    def unheard_of(self, platform: Catalogue) -> None:
        needs = [{"name": "towerHeight", "required": True, "description": "In metres.", "pattern": "[0-9]+"}]
        bench.offer("WindTurbine", "Zephyr", [*needs, "properties.gridZone"])
        refresh.refresh_catalogue()

    def test_appear_with_plain_labels(self, unheard_of: None, customer: Customer) -> None:
        customer.start()
        assert "Wind turbine" in customer.get("type").content.decode()
        customer.choose("WindTurbine", "Zephyr")
        page = customer.get("identify").content.decode()
        for words in ("Tower height", "In metres.", "Grid zone", 'name="towerHeight"', 'name="properties.gridZone"'):
            assert words in page

    def test_ask_for_a_choice_where_there_is_one(self, platform: Catalogue, customer: Customer) -> None:
        page = customer.start().choose("SmartMeter", "Fluvius").post("identify", ean="541448860000000018").content
        assert "Choose one of the answers." in page.decode()

    def test_are_required_and_follow_the_platforms_pattern(self, unheard_of: None, customer: Customer) -> None:
        customer.start().choose("WindTurbine", "Zephyr")
        assert "Please fill in: Grid zone." in customer.post("identify", towerHeight="80").content.decode()
        response = customer.post("identify", towerHeight="high", properties__gridZone="N")
        assert response.status_code == 200
        response = customer.post("identify", towerHeight="80", properties__gridZone="N")
        assert response.headers["Location"] == customer.url("check")


class TestKeeping:
    def test_uses_the_last_good_copy_while_the_platform_is_away(self, customer: Customer) -> None:
        bench.go_away()
        assert not refresh.refresh_catalogue()
        assert CatalogueSnapshot.objects.get().trouble == "PlatformUnavailable"
        catalogue.forget()
        assert customer.start().get("type").status_code == 200

    def test_never_replaces_a_good_copy_by_nothing(self, platform: Catalogue, settings: Settings) -> None:
        settings.SANDBOX_TRANSPORT = "tests.platforms.NothingOnOffer"
        connection.reset()
        assert not refresh.refresh_catalogue()
        assert CatalogueSnapshot.objects.get().trouble == "Empty"
        assert CatalogueSnapshot.objects.get().offers

    def test_is_refreshed_in_the_background_when_old(self, platform: Catalogue, settings: Settings) -> None:
        assert not refresh.refresh_if_due()
        old = timezone.now() - timedelta(seconds=settings.CATALOGUE_REFRESH_SECONDS + 1)
        CatalogueSnapshot.objects.update(fetched_at=old)
        assert refresh.refresh_if_due()
        assert not refresh.refresh_if_due()
        assert CatalogueSnapshot.objects.get().fetched_at > old

    def test_is_refreshed_for_staff_as_soon_as_the_platform_is_back(self, platform: Catalogue) -> None:
        assert refresh.want_refresh()
        bench.go_away()
        assert not refresh.refresh_if_due()
        bench.come_back()
        before = timezone.now()
        CatalogueSnapshot.objects.update(busy_until=None)
        assert refresh.refresh_if_due()
        assert CatalogueSnapshot.objects.get().fetched_at > before
        assert not refresh.refresh_if_due()

    def test_page_without_any_copy_says_so_and_tries_again(self, db: None) -> None:
        browser = Client()
        location = browser.post("/start/").headers["Location"]
        response = browser.get(location)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert "tries again by itself" in response.content.decode()
