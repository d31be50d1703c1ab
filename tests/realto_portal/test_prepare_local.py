"""What `make run` does before it starts the processes."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue.catalogue import load
from onboarding.models import CatalogueSnapshot
from realto_portal.management.commands.prepare_local import DEMO_PASSWORD, DEMO_STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def local(settings: Settings, tmp_path: Path) -> Settings:
    settings.LOCAL = True
    settings.PUBLIC_URL = "http://127.0.0.1:8123"
    settings.STATIC_ROOT = tmp_path
    return settings


@pytest.fixture
def platform_elsewhere(local: Settings) -> None:
    """A platform that does not answer: what listens on port 1 of this machine is nothing."""
    local.USES_EMBEDDED_SANDBOX = False
    local.REALTO_API_URL = "http://127.0.0.1:1/api"
    local.REALTO_TIMEOUT_SECONDS = 0.05


def prepare() -> str:
    out = StringIO()
    call_command("prepare_local", stdout=out)
    return out.getvalue()


class TestPrepareLocal:
    def test_prints_the_address_and_the_demo_staff_login(self) -> None:
        printed = prepare()
        assert "http://127.0.0.1:8123/\n" in printed
        assert "http://127.0.0.1:8123/admin/\n" in printed
        assert f"sign in as {DEMO_STAFF} with {DEMO_PASSWORD}" in printed
        assert "http://127.0.0.1:8123/sandbox/" in printed

    def test_makes_a_login_that_works(self, client: Client) -> None:
        prepare()
        assert client.login(username=DEMO_STAFF, password=DEMO_PASSWORD)
        assert "admin" in client.get("/admin/").content.decode()

    @pytest.mark.parametrize("role", ["viewer", "agent", "supervisor", "auditor"])
    def test_makes_a_login_for_each_role(self, client: Client, role: str) -> None:
        assert role in prepare()
        assert client.login(username=role, password=DEMO_PASSWORD)
        assert client.get("/admin/onboarding/onboardingrequest/").status_code == 200
        assert client.get("/admin/auth/user/").status_code == 403

    def test_knows_what_can_be_connected_afterwards(self) -> None:
        prepare()
        assert "EV" in load().types

    def test_collects_the_static_files(self, local: Settings) -> None:
        prepare()
        assert (Path(local.STATIC_ROOT) / "css" / "portal.css").exists()

    def test_can_be_repeated(self) -> None:
        first = prepare()
        users = get_user_model().objects
        staff, before = users.get(username=DEMO_STAFF), users.count()
        staff.set_password("changed-since")
        staff.save()
        assert prepare() == first
        assert (users.count(), CatalogueSnapshot.objects.count()) == (before, 1)
        assert authenticate(username=DEMO_STAFF, password="changed-since")

    def test_refuses_without_the_local_profile(self, local: Settings) -> None:
        local.LOCAL = False
        with pytest.raises(CommandError, match="LOCAL=true"):
            prepare()
        assert not get_user_model().objects.exists()


@pytest.mark.usefixtures("platform_elsewhere")
class TestPrepareLocalWithAPlatform:
    def test_makes_no_demo_staff_and_names_no_sandbox(self) -> None:
        printed = prepare()
        assert not get_user_model().objects.exists()
        assert DEMO_PASSWORD not in printed
        assert "sandbox" not in printed

    def test_goes_on_when_the_platform_is_away(self) -> None:
        assert "could not be fetched" in prepare()
