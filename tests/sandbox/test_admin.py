import httpx
import pytest
from django.test import Client
from django.urls import reverse

from sandbox import bench
from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest, SandboxSilence

XENN = {"type": "RetrofitMeter", "manufacturer": "Xenn", "reference": "P1000000000", "code": "123456"}


class TestAdmin:
    @pytest.mark.parametrize(
        "model", ["sandboxrequest", "sandboxoffboarding", "sandboxoffering", "sandboxweather", "sandboxsilence"]
    )
    def test_lists_every_kind_of_row(self, admin_client: Client, platform: httpx.Client, model: str) -> None:
        platform.post("/v1/onboarding/entities", json=XENN)
        SandboxOffboarding.objects.create(request=SandboxRequest.objects.get(), principal_id=SandboxRequest().id)
        bench.offer("Sauna", "Harvia")
        bench.quieten_maker("EV", "Audi")
        bench.quieten(SandboxRequest.objects.get().entity_id)
        bench.go_away()

        assert admin_client.get(reverse(f"admin:sandbox_{model}_changelist")).status_code == 200

    def test_shows_a_request_but_does_not_change_it(self, admin_client: Client, platform: httpx.Client) -> None:
        request_id = platform.post("/v1/onboarding/entities", json=XENN).json()["id"]
        url = reverse("admin:sandbox_sandboxrequest_change", args=[request_id])

        assert admin_client.get(url).status_code == 200
        assert admin_client.post(url, {"behaviour": "failing"}).status_code == 403

    def test_adds_an_offering(self, admin_client: Client) -> None:
        form = {"type": "Sauna", "manufacturer": "Harvia", "properties": '["code"]', "behaviour": "redirect"}
        admin_client.post(reverse("admin:sandbox_sandboxoffering_add"), form)

        assert SandboxOffering.objects.get().as_offering().properties[0].name == "code"

    @pytest.mark.parametrize(
        ("actions", "status", "has_data"),
        [
            (["end_access"], 403, None),
            (["stop_readings"], 200, False),
            (["stop_readings", "start_readings"], 200, True),
        ],
    )
    def test_ends_access_and_stops_readings(
        self, admin_client: Client, platform: httpx.Client, actions: list[str], status: int, has_data: bool | None
    ) -> None:
        created = platform.post("/v1/onboarding/entities", json=XENN).json()
        bench.let_steps_pass(9)
        for action in actions:
            form = {"action": action, "_selected_action": created["id"]}
            admin_client.post(reverse("admin:sandbox_sandboxrequest_changelist"), form)

        bench.let_steps_pass(2)
        answer = platform.get(f"/v1/entities/{created['data']['entity']['id']}")
        assert (answer.status_code, answer.json().get("isOnline")) == (status, has_data)

    def test_silences_a_maker_and_ends_that(self, admin_client: Client, platform: httpx.Client) -> None:
        created = platform.post("/v1/onboarding/entities", json=XENN).json()
        bench.let_steps_pass(9)
        since = {"since_0": "2020-01-01", "since_1": "00:00:00"}
        form = {"type": "RetrofitMeter", "manufacturer": "Xenn", **since, "until_0": "", "until_1": ""}
        admin_client.post(reverse("admin:sandbox_sandboxsilence_add"), form)
        entity = f"/v1/entities/{created['data']['entity']['id']}"
        assert platform.get(entity).json()["lastSeen"] is None

        form |= {"until_0": "2020-01-02", "until_1": "00:00:00"}
        url = reverse("admin:sandbox_sandboxsilence_change", args=[SandboxSilence.objects.get().pk])
        admin_client.post(url, form)
        assert platform.get(entity).json()["isOnline"] is True
