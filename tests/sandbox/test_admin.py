import httpx
import pytest
from django.test import Client
from django.urls import reverse

from sandbox import bench
from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest

XENN = {"type": "RetrofitMeter", "manufacturer": "Xenn", "reference": "P1000000000", "code": "123456"}


class TestAdmin:
    @pytest.mark.parametrize("model", ["sandboxrequest", "sandboxoffboarding", "sandboxoffering", "sandboxweather"])
    def test_lists_every_kind_of_row(self, admin_client: Client, platform: httpx.Client, model: str) -> None:
        platform.post("/v1/onboarding/entities", json=XENN)
        SandboxOffboarding.objects.create(request=SandboxRequest.objects.get(), principal_id=SandboxRequest().id)
        bench.offer("Sauna", "Harvia")
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
