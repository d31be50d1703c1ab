"""What production is made of: image, services, containers. `make test-production` tries them; what must agree."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.realto_portal.conftest import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
UNITS = {name: (DEPLOY / f"realto-portal-{name}.service").read_text() for name in ("web", "worker@")}
MADE = ("secret_key", "data_keys", "index_key", "owner_password", "app_password", "owner_url", "app_url")


def gunicorn_of(text: str) -> list[str]:
    """Return the options of gunicorn that say how many processes and threads serve."""
    return re.findall(r"--(?:workers|threads)\W+\d+", text.replace('", "', " "))


class TestWebServer:
    @pytest.mark.parametrize("file", ["Dockerfile", "deploy/realto-portal-web.service"])
    def test_is_started_alike_everywhere(self, file: str) -> None:
        assert gunicorn_of((ROOT / file).read_text()) == gunicorn_of((ROOT / "Procfile").read_text()) != []


class TestCompose:
    def test_is_what_compose_understands(self) -> None:
        check = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]
        done = subprocess.run([sys.executable, *check], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, "ok -- validation done"), done.stdout

    @pytest.mark.parametrize("name", ["web", "worker", "migrate"])
    def test_lets_our_containers_write_nothing_and_become_nobody_else(self, name: str) -> None:
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]

    def test_has_a_file_for_each_secret_that_a_service_reads(self) -> None:
        for service in COMPOSE["services"].values():
            given = set(service.get("secrets", []))
            variables = (service.get("environment") or {}).values()
            read = {str(value).rpartition("/")[2] for value in variables if str(value).startswith("/run/secrets/")}
            assert read <= given <= set(COMPOSE["secrets"])

    def test_gives_the_owner_of_the_database_to_nobody_who_serves(self) -> None:
        serving = [COMPOSE["services"][name] for name in ("web", "worker", "proxy")]
        assert not any(secret.startswith("owner") for service in serving for secret in service["secrets"])


class TestUnits:
    @pytest.mark.parametrize("text", UNITS.values(), ids=UNITS)
    def test_read_the_secrets_that_they_load(self, text: str) -> None:
        loaded = set(re.findall(r"^LoadCredential=(\w+):/etc/realto-portal/secrets/\1$", text, re.MULTILINE))
        assert loaded == set(re.findall(r"=%d/(\w+)$", text, re.MULTILINE)) != set()
        assert not any(name.startswith("owner") for name in loaded)


class TestSecrets:
    def test_are_made_once_and_never_anew(self, tmp_path: Path) -> None:
        make = [ROOT / "bin/make-secrets", tmp_path / "secrets", "db.example.org/portal?sslmode=verify-full"]
        subprocess.run(make, check=True, capture_output=True)
        first = {name: (tmp_path / "secrets" / name).read_text() for name in MADE}
        done = subprocess.run(make, check=True, capture_output=True, text=True)
        assert {name: (tmp_path / "secrets" / name).read_text() for name in MADE} == first
        assert [line for line in done.stdout.splitlines() if line.startswith("made")] == []
        assert len(set(first.values())) == len(MADE)
        assert min(map(len, first.values())) >= 44
        password, url = first["app_password"], first["app_url"]
        assert url == f"postgres://portal_app:{password}@db.example.org/portal?sslmode=verify-full"

    def test_are_for_nobody_else_on_the_machine(self, tmp_path: Path) -> None:
        subprocess.run([ROOT / "bin/make-secrets", tmp_path / "secrets"], check=True, capture_output=True)
        assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
