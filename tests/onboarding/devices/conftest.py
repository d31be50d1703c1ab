"""A platform with entities, and a clock that goes on when told."""

import pytest
from pytest_django import Settings

from onboarding.platform_api import connection
from tests.connected import PLATFORM, EntityPlatform
from tests.onboarding.retention.test_two_years import Clock
from tests.receiver import endpoint


@pytest.fixture
def entities(db: None, settings: Settings, caplog: pytest.LogCaptureFixture) -> EntityPlatform:
    caplog.set_level("CRITICAL", logger="onboarding.platform_api")
    settings.SANDBOX_TRANSPORT = "tests.connected.Transport"
    settings.REALTO_MAX_CALLS_PER_SECOND = 0
    endpoint()
    connection.reset()
    PLATFORM.__init__()  # type: ignore[misc]
    return PLATFORM


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, entities: EntityPlatform) -> Clock:
    return Clock(monkeypatch)
