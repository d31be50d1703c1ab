"""The newer generation of the platform's API, all the way: nothing but the calls differs."""

import pytest
from pytest_django import Settings

from onboarding.catalogue import catalogue, refresh
from onboarding.models import OnboardingRequest
from onboarding.platform_api import connection
from sandbox import magic
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, let_time_pass, work, work_until

EAN = magic.BY_ENDING["0803"].ean


@pytest.fixture(autouse=True)
def newer(platform: object, settings: Settings) -> None:
    settings.REALTO_API_GENERATION = "der-connect"
    connection.reset()


class TestNewerGeneration:
    @pytest.mark.parametrize(
        ("kind", "maker", "answers"),
        [
            ("EV", "Audi", {"vin": GUIDES_VIN}),
            ("PV", "SMA", {"reference": "4711", "email": "ann@example.org"}),
            ("SmartMeter", "re.alto", {"code": "HX7K2M"}),
            ("RetrofitMeter", "Xenn", {"reference": "P1000000803", "code": "120803"}),
            ("Boiler", "Inventum", {"uuid": "Zolder_7"}),
        ],
    )
    def test_connects(self, customer: Customer, kind: str, maker: str, answers: dict[str, str]) -> None:
        customer.submit(kind, maker, **answers)
        work_until(customer.request, "connected")
        sent = SandboxRequest.objects.get().payload
        assert answers.items() <= sent.items()
        assert (sent["type"], sent["manufacturer"]) == (kind, maker)

    def test_offers_what_the_older_one_offers(self, customer: Customer, settings: Settings) -> None:
        assert refresh.refresh_catalogue()
        newer = catalogue.load().offers
        settings.REALTO_API_GENERATION = "realto"
        connection.reset()
        assert refresh.refresh_catalogue()
        assert newer == catalogue.load().offers

    def test_leads_back_to_a_refused_answer_by_our_name(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0400"].vin)
        assert list(work_until(customer.request, "rejected").rejections) == ["vin"]

    def test_finds_what_arrived_without_an_answer(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0502"].vin)
        work()
        assert customer.request.state == "unknown"
        let_time_pass(customer.request, seconds=60)
        assert work_until(customer.request, "connected").attempt == 1
        assert SandboxRequest.objects.count() == 1

    def test_lets_go(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0803"].vin)
        work_until(customer.request, "connected")
        customer.post("stop")
        work_until(customer.request, "withdrawn")

    def test_tells_the_desk_in_our_words(self, customer: Customer) -> None:
        customer.submit()
        work()
        sent = customer.request.events.get(name="accepted").detail["exchange"]["sent"]
        assert '"manufacturer": "Audi"' in sent
        assert "identifier" not in sent

    def test_keeps_no_tenant_where_there_is_none(self, customer: Customer, settings: Settings) -> None:
        settings.REALTO_TENANT_ID = "not-a-uuid"
        customer.submit()
        work()
        row = OnboardingRequest.objects.get(pk=customer.request.pk)
        assert (row.state, row.platform_tenant_id) == ("following", "")
        assert row.platform_principal_id
