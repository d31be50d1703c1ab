"""Attempts without an answer to connect a device anew: what is there of before looks alike, and is not taken."""

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.intake.reconnection import reconnect
from onboarding.models import OnboardingRequest
from onboarding.platform_api import connection
from sandbox.models import SandboxRequest
from sandbox.rules import Consent
from sandbox.transport import SandboxTransport
from tests.customers import Customer, let_time_pass, work
from tests.onboarding.delivery.test_alike import LOST

pytestmark = pytest.mark.django_db
TRANSPORTS = {
    "tells the return address": f"{__name__}.Lossy",
    "tells the answers alone": "tests.onboarding.delivery.test_alike.Forgetful",
}


class Lossy(SandboxTransport):
    """The sandbox, some of whose answers never come."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "POST" and request.url.path.endswith("/onboarding/entities") and LOST and LOST.pop(0):
            raise httpx.ReadTimeout("lost", request=request)
        return response


@pytest.fixture(autouse=True)
def nothing_is_lost_yet() -> None:
    LOST.clear()


def let_connect(request: OnboardingRequest) -> OnboardingRequest:
    for _round in range(20):
        work()
        row = OnboardingRequest.objects.get(pk=request.pk)
        if row.state == "connected":
            return row
        for at in SandboxRequest.objects.filter(answered_at=None):
            at.answer_consent(Consent.ALLOWED, timezone.now())
        let_time_pass(row)
    raise AssertionError(f"It stays {row.state}.")


@pytest.mark.parametrize("told", TRANSPORTS)
@pytest.mark.parametrize("kind", [("PV", "Huawei"), ("EV", "Audi")], ids=["needs nothing", "needs a number"])
@pytest.mark.parametrize("has_arrived", [True, False], ids=["arrived", "lost"])
def test_finds_its_own_or_none(
    customer: Customer, settings: Settings, kind: tuple[str, str], told: str, has_arrived: bool
) -> None:
    old = let_connect(customer.submit(*kind).request)
    settings.SANDBOX_TRANSPORT = TRANSPORTS[told]
    connection.reset()
    new = reconnect(old)
    LOST.append(True)
    work()
    assert OnboardingRequest.objects.get(pk=new.pk).state == "unknown"
    if not has_arrived:
        SandboxRequest.objects.exclude(pk=old.platform_id).delete()
    new = let_connect(new)
    assert (new.needs_staff, new.attempt) == ("", 1 if has_arrived else 2)
    assert new.platform_id == str(SandboxRequest.objects.exclude(pk=old.platform_id).get().pk)
