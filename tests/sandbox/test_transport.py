import logging
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.urls import get_urlconf, set_urlconf
from pytest_django import Settings

from sandbox import bench
from sandbox.models import SandboxRequest
from sandbox.transport import SandboxTransport

AUDI = {"type": "EV", "manufacturer": "Audi"}
ENTITIES = "/v1/onboarding/entities"


class Naps(list[float]):
    """Stands for sleeping, and remembers how long."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps(platform: httpx.Client) -> Naps:
    return Naps()


@pytest.fixture
def patient(platform: httpx.Client, naps: Naps) -> httpx.Client:
    """A client with ten seconds of patience, which pass at once."""
    transport = SandboxTransport(sleep=naps)
    return httpx.Client(transport=transport, base_url=platform.base_url, headers=platform.headers, timeout=10.0)


def post(client: httpx.Client, ending: str) -> httpx.Response:
    return client.post(ENTITIES, json={**AUDI, "vin": f"WA1DMAFE0D000{ending}"})


class TestTransport:
    def test_answers_like_the_platform(self, platform: httpx.Client) -> None:
        answer = post(platform, "0000")

        assert answer.status_code == 201
        assert answer.headers["Content-Type"] == "application/json"
        assert SandboxRequest.objects.get().id == UUID(answer.json()["id"])

    def test_passes_the_query_on(self, platform: httpx.Client) -> None:
        answer = platform.get(ENTITIES, params={"manufacturer": "Škoda", "pageSize": 7})

        assert answer.json()["meta"]["pageSize"] == 7

    def test_hides_how_late_an_answer_is(self, patient: httpx.Client) -> None:
        assert not [name for name in post(patient, "0410").headers if name.startswith("x-sandbox")]

    def test_answers_404_to_a_path_outside(self, platform: httpx.Client) -> None:
        assert platform.get("/v2/anything").json()["errors"][0]["code"] == "NotFound"

    def test_works_without_any_time_out(self, platform: httpx.Client, naps: Naps) -> None:
        client = httpx.Client(
            transport=SandboxTransport(sleep=naps),
            base_url=platform.base_url,
            headers=platform.headers,
            timeout=None,  # noqa: S113
        )

        assert post(client, "0504").status_code == 201
        assert naps == [30.0]


class TestCallerOfTheTransport:
    def test_keeps_its_urlconf_and_its_connection(self, platform: httpx.Client) -> None:
        heard: list[Any] = []
        before = connection.connection

        def hear(**kwargs: Any) -> None:
            heard.append(kwargs)

        set_urlconf("sandbox.site_urls")
        request_started.connect(hear)
        request_finished.connect(hear)
        try:
            post(platform, "0000")
            assert get_urlconf() == "sandbox.site_urls"
        finally:
            set_urlconf(None)
            request_started.disconnect(hear)
            request_finished.disconnect(hear)

        assert heard == []
        assert connection.connection is before

    def test_sees_no_identifier_in_the_log(self, platform: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG, logger="django"):
            post(platform, "0400")

        assert "WA1DMAFE" not in caplog.text


class TestTrouble:
    def test_is_a_refused_connection_while_away(self, platform: httpx.Client) -> None:
        bench.go_away()
        with pytest.raises(httpx.ConnectError):
            platform.get(ENTITIES)

        bench.come_back()
        assert platform.get(ENTITIES).status_code == 200

    def test_waits_for_a_slow_answer(self, patient: httpx.Client, naps: Naps) -> None:
        assert post(patient, "0410").status_code == 201
        assert naps == [2.0]

    def test_gives_up_after_the_read_time_out(self, patient: httpx.Client, naps: Naps) -> None:
        with pytest.raises(httpx.ReadTimeout):
            post(patient, "0504")

        assert naps == [10.0]
        assert SandboxRequest.objects.count() == 1

    def test_hangs_twice_without_effect(self, patient: httpx.Client) -> None:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                post(patient, "0411")
        assert not SandboxRequest.objects.exists()

        assert post(patient, "0411").status_code == 201
        assert SandboxRequest.objects.count() == 1

    def test_takes_effect_late(self, platform: httpx.Client, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 5.0
        assert post(platform, "0505").status_code == 502
        assert platform.get(ENTITIES).json()["data"] == []

        bench.let_steps_pass(1)
        assert len(platform.get(ENTITIES).json()["data"]) == 1
