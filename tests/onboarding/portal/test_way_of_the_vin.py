"""How many files a VIN passes on its way from the form to the platform: whoever looks for it opens no more.

A file counts when one of its functions has the VIN in hand (alone, among answers, in a form or in a call) while it is
judged, stored, or sent. Rows carry it between those moments.
"""

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from django.forms import BaseForm
from pytest_django import Settings

from onboarding.catalogue import identifiers
from onboarding.lib import sealed
from onboarding.platform_api import connection as platform_connection
from sandbox.transport import SandboxTransport
from tests.customers import Customer, work

pytestmark = pytest.mark.django_db(transaction=True)

PORTAL = Path(__file__).resolve().parents[3] / "onboarding"
VIN = "WAUZZZ8K9DA123456"
# Every value that is stored passes there, and none is looked at.
SEALING = {"lib/sealed.py", "lib/sealed_fields.py"}


class WatchingTransport(SandboxTransport):
    """The platform, which looks back at who called."""

    passed: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if VIN.encode() in request.content:
            WatchingTransport.passed |= files_in_hand(sys._getframe())
        return super().handle_request(request)


def holds(value: Any, depth: int = 3) -> bool:
    """Tell whether a value is the VIN, or a form, answers or a call with it."""
    if isinstance(value, str | bytes):
        return VIN in value if isinstance(value, str) else VIN.encode() in value
    if depth == 0:
        return False
    if isinstance(value, BaseForm):
        return holds(value.data, depth)
    if isinstance(value, Mapping):
        return any(holds(item, depth - 1) for item in value.values())
    if isinstance(value, list | tuple):
        return any(holds(item, depth - 1) for item in value)
    if is_dataclass(value):
        return any(holds(getattr(value, field.name, None), depth - 1) for field in fields(value))
    return False


def files_in_hand(frame: FrameType | None) -> set[str]:
    """List the files of the portal that stand on the stack with the VIN in hand."""
    found = set()
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PORTAL) and any(holds(value) for value in frame.f_locals.values()):
            found.add(path.relative_to(PORTAL).as_posix())
        frame = frame.f_back
    return found


def watched(monkeypatch: pytest.MonkeyPatch, passed: set[str]) -> set[str]:
    """Look at who is on the stack when the VIN is judged, and when it is stored."""
    judge, seal = identifiers.check_vin, sealed.seal

    def judged(*args: Any, **options: Any) -> Any:
        passed.update(files_in_hand(sys._getframe()))
        return judge(*args, **options)

    def stored(text: str, *place: Any, **options: Any) -> str:
        passed.update(files_in_hand(sys._getframe()) - SEALING)
        return seal(text, *place, **options)

    monkeypatch.setattr(identifiers, "check_vin", judged)
    monkeypatch.setattr(sealed, "seal", stored)
    return passed


class TestVin:
    def test_passes_at_most_eight_files_from_the_form_to_the_platform(
        self, customer: Customer, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SANDBOX_TRANSPORT = f"{__name__}.WatchingTransport"
        platform_connection.reset()
        passed = WatchingTransport.passed = set()
        customer.start().choose("EV", "Audi")
        watched(monkeypatch, passed)
        customer.post("identify", vin=VIN)
        customer.consent()
        work()
        passed |= WatchingTransport.passed
        assert {"portal/views/wizard.py", "intake/draft.py", "platform_api/client.py"} <= passed
        assert len(passed) <= 8, sorted(passed)
