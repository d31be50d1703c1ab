"""Our client against the sandbox: both were written from the same document.

In-process and over real HTTP, in either generation of the API: what the client says and hears is alike.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.platform_api import connection
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import (
    Conflict,
    InvalidAnswers,
    NotAuthorized,
    NotFound,
    PlatformUnavailable,
    RateLimited,
    RequestRejected,
)
from sandbox import bench, magic
from sandbox.models import SandboxRequest
from tests.contract.conftest import BASES, sandbox_server

GUIDES_VIN = "WA1DMAFE0D0000000"
RETURN_URL = "https://connect.example.org/return/unguessable/"


@pytest.fixture
def client(way: str, generation: str, transactional_db: None, settings: Settings) -> Iterator[Client]:
    settings.REALTO_API_GENERATION = generation
    settings.SANDBOX_STEP_SECONDS = 60.0
    settings.REALTO_TIMEOUT_SECONDS = 1.5
    settings.SANDBOX_LONGEST_WAIT = 2.5
    connection.reset()
    if way == "in-process":
        yield connection.get_client()
        return
    with sandbox_server() as url:
        settings.USES_EMBEDDED_SANDBOX, settings.REALTO_API_URL = False, url + BASES[generation]
        yield connection.get_client()
        connection.reset()


def onboard(client: Client, ending: str = "0803", **more: str) -> object:
    vin = magic.BY_ENDING[ending].vin
    return client.create_onboarding(type="EV", manufacturer="Audi", attributes={"vin": vin}, **more)


class TestClient:
    def test_creates_and_reads_an_onboarding_request(self, client: Client) -> None:
        created = client.create_onboarding(
            type="EV", manufacturer="Audi", attributes={"vin": GUIDES_VIN}, return_url=RETURN_URL
        )
        assert created.status == "Pending"
        assert [(item.type, item.status) for item in created.transactions] == [
            ("CreateEntity", "Pending"),
            ("CreatePermissions", "Pending"),
            ("Connect", "Pending"),
        ]
        assert created.information["vin"] == GUIDES_VIN
        read = client.get_onboarding(id=created.id)
        assert (read.id, read.return_url, read.manufacturer) == (created.id, RETURN_URL, "Audi")
        assert read.created

    def test_reads_the_action_that_appears_later(self, client: Client) -> None:
        created = onboard(client, "0800")
        assert created.action is None  # type: ignore[attr-defined]
        bench.let_steps_pass(1)
        action = client.get_onboarding(id=created.id).action  # type: ignore[attr-defined]
        assert action
        assert action.type == "Redirect"
        assert action.redirect_link.startswith("http")

    def test_reads_all_pages_and_only_what_was_asked_for(self, client: Client) -> None:
        wanted = {onboard(client).id for _number in range(30)}  # type: ignore[attr-defined]
        client.create_onboarding(type="PV", manufacturer="Huawei", attributes={})
        first = client.list_onboardings(type="EV", manufacturer="Audi")
        assert len(first.items) == 25
        assert first.continuation_token
        listed = [item.id for item in client.iter_onboardings(type="EV", manufacturer="Audi")]
        assert set(listed) == wanted
        assert len(listed) == 30

    def test_cancels_what_is_pending(self, client: Client) -> None:
        created = onboard(client)
        canceled = client.cancel_onboarding(id=created.id)  # type: ignore[attr-defined]
        assert canceled
        assert canceled.status == "Canceled"

    def test_offboards_what_is_connected(self, client: Client) -> None:
        created = onboard(client)
        bench.let_steps_pass(10)
        entity = client.get_onboarding(id=created.id).entity_id  # type: ignore[attr-defined]
        offboarding = client.create_offboarding(entity_id=entity)
        assert (offboarding.status, offboarding.entity_id) == ("Pending", entity)

    def test_reads_the_types_with_what_they_need(self, client: Client) -> None:
        offers = {(offer.type, offer.manufacturer): offer.attributes for offer in client.list_types()}
        assert offers["PV", "Huawei"] == ()
        assert [attribute.name for attribute in offers["SmartMeter", "Fluvius"] or ()] == ["ean", "properties.flow"]
        assert {kind for kind, _maker in offers} == {
            *("Battery", "Boiler", "ChargePole", "EV"),
            *("HeatPump", "PV", "RetrofitMeter", "SmartMeter"),
        }

    @pytest.mark.parametrize(
        ("kind", "maker", "answers"),
        [
            ("PV", "SMA", {"reference": "4711", "email": "ann@example.org", "model": "STP"}),
            ("SmartMeter", "Fluvius", {"ean": "541448820000000008", "properties.flow": "B2C"}),
            ("SmartMeter", "re.alto", {"code": "HX7K2M"}),
            ("RetrofitMeter", "Xenn", {"reference": "P1000000000", "code": "123456"}),
            ("ChargePole", "Alfen", {"reference": "ACE0001"}),
            ("Boiler", "Inventum", {"uuid": "Zolder_7"}),
        ],
    )
    def test_is_told_again_what_it_said(self, client: Client, kind: str, maker: str, answers: dict[str, str]) -> None:
        created = client.create_onboarding(type=kind, manufacturer=maker, attributes=answers)
        read = client.get_onboarding(id=created.id)
        assert (read.type, read.manufacturer, read.information) == (kind, maker, answers)
        assert [item.id for item in client.iter_onboardings(type=kind, manufacturer=maker)] == [created.id]

    def test_renews_a_token_that_the_platform_refuses(self, client: Client) -> None:
        onboard(client)
        bench.revoke_tokens()
        assert onboard(client)
        assert SandboxRequest.objects.count() == 2


class TestWhatIsConnected:
    def connect(self, client: Client, ending: str) -> str:
        """Onboard a meter that needs nobody; half a minute after it was connected."""
        answers = {"reference": "P1000000000", "code": f"12{ending}"}
        created = client.create_onboarding(type="RetrofitMeter", manufacturer="Xenn", attributes=answers)
        bench.let_steps_pass(4.5)
        return client.get_onboarding(id=created.id).entity_id

    def test_is_read_with_when_it_was_seen(self, client: Client) -> None:
        entity_id = self.connect(client, "0000")
        before = client.get_entity(id=entity_id)
        assert (before.is_online, before.last_seen) == (False, None)
        with pytest.raises(NotFound):
            client.last_reading(entity_id=entity_id)

        bench.let_steps_pass(3)
        entity = client.get_entity(id=entity_id)
        assert (entity.id, entity.type, entity.manufacturer) == (entity_id, "RetrofitMeter", "Xenn")
        assert (entity.is_online, entity.valid_until) == (True, None)
        assert entity.last_seen
        assert timedelta(minutes=1) < timezone.now() - entity.last_seen < timedelta(minutes=2)
        assert client.last_reading(entity_id=entity_id).at == entity.last_seen

    def test_may_not_tell_when_it_was_seen(self, client: Client) -> None:
        entity_id = self.connect(client, "0000")
        bench.let_steps_pass(3)
        bench.tell_less(tells_online=False)
        entity = client.get_entity(id=entity_id)
        assert (entity.is_online, entity.last_seen) == (None, None)
        assert client.last_reading(entity_id=entity_id).at

    def test_says_until_when_its_mandate_holds(self, client: Client) -> None:
        entity = client.get_entity(id=self.connect(client, "0907"))
        assert entity.valid_until
        assert timedelta(days=44) < entity.valid_until - timezone.now() < timedelta(days=45)

    def test_is_listed_in_pages(self, client: Client) -> None:
        ids = {self.connect(client, "0000") for _number in range(3)}
        onboard(client)
        bench.let_steps_pass(9)
        first = client.list_entities(type="RetrofitMeter", manufacturer="Xenn", page_size=2)
        token = first.continuation_token
        second = client.list_entities(type="RetrofitMeter", manufacturer="Xenn", page_size=2, continuation_token=token)
        assert {entity.id for entity in (*first.items, *second.items)} == ids
        assert (len(first.items), len(second.items), second.continuation_token) == (2, 1, "")

    def test_may_have_no_list(self, client: Client) -> None:
        bench.tell_less(lists_entities=False)
        with pytest.raises(RequestRejected) as caught:
            client.list_entities()
        assert caught.value.status == 405

    def test_is_told_apart_when_gone_and_when_revoked(self, client: Client) -> None:
        gone, revoked = self.connect(client, "0903"), self.connect(client, "0904")
        bench.let_steps_pass(10)
        with pytest.raises(NotFound):
            client.get_entity(id=gone)
        with pytest.raises(NotAuthorized) as caught:
            client.get_entity(id=revoked)
        assert caught.value.status == 403
        assert client.create_offboarding(entity_id=revoked).entity_id == revoked

    def test_may_slip_once(self, client: Client) -> None:
        entity_id = self.connect(client, "0905")
        for _number in range(2):
            client.get_entity(id=entity_id)
        with pytest.raises(NotFound):
            client.get_entity(id=entity_id)
        assert client.get_entity(id=entity_id).id == entity_id


class TestErrors:
    @pytest.mark.parametrize(
        ("ending", "error"),
        [("0400", InvalidAnswers), ("0422", InvalidAnswers), ("0409", Conflict), ("0403", NotAuthorized)],
    )
    def test_refusals_are_told_apart(self, client: Client, ending: str, error: type[Exception]) -> None:
        with pytest.raises(error) as caught:
            onboard(client, ending)
        if not isinstance(caught.value, NotAuthorized):
            assert list(caught.value.fields) == ["vin"]  # type: ignore[attr-defined]
        assert not SandboxRequest.objects.exists()

    def test_waiting_time_is_told(self, client: Client) -> None:
        with pytest.raises(RateLimited) as caught:
            onboard(client, "0429")
        assert caught.value.retry_after == 3
        assert caught.value.may_have_taken_effect is False

    @pytest.mark.parametrize(("ending", "arrived"), [("0500", 0), ("0502", 1), ("0503", 1), ("0504", 1), ("0411", 0)])
    def test_no_usable_answer_is_never_taken_for_a_no(self, client: Client, ending: str, arrived: int) -> None:
        with pytest.raises(PlatformUnavailable) as caught:
            onboard(client, ending)
        assert caught.value.may_have_taken_effect is True
        assert SandboxRequest.objects.count() == arrived

    @pytest.mark.parametrize(
        ("kind", "maker", "named"),
        [("Sauna", "Audi", "type"), ("EV", "Trabant", "manufacturer"), ("EV", "Audi", "vin")],
    )
    def test_name_a_choice_or_an_answer(self, client: Client, kind: str, maker: str, named: str) -> None:
        with pytest.raises(InvalidAnswers) as caught:
            client.create_onboarding(type=kind, manufacturer=maker, attributes={})
        assert list(caught.value.fields) == [named]

    def test_an_unknown_request_is_not_found(self, client: Client) -> None:
        with pytest.raises(NotFound):
            client.get_onboarding(id="5b0c9a52-1111-4222-8333-444455556666")

    def test_a_collective_that_is_none_is_for_us_to_put_right(self, client: Client) -> None:
        with pytest.raises(NotAuthorized):
            onboard(client, collective_id="not-a-uuid")

    def test_wrong_credentials_are_ours_to_put_right(self, client: Client, settings: Settings) -> None:
        settings.SANDBOX_CLIENT_SECRET = "another"
        with pytest.raises(NotAuthorized):
            onboard(client)
