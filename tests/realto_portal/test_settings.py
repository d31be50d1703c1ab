"""Starting with an environment: what stops with a sentence, what wins, and what production switches on."""

import ast
from pathlib import Path

import pytest

from tests.realto_portal.conftest import ROOT, Project

LOCAL = {"LOCAL": "true"}
PLATFORM = {
    "REALTO_API_URL": "https://platform.example.org/api",
    "REALTO_CLIENT_ID": "somebody",
    "REALTO_CLIENT_SECRET": "something",
}
PRODUCTION = {
    "SECRET_KEY": "x8Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe1oXi0BtNvQrZkWyM",
    "DATA_KEYS": "TTF2ZcR0tQxFhP6rX3bqk1sT8m0vYd2nG5jW7eA9uCo=",
    "INDEX_KEY": "q1Vn3oHk8bR5yXw2dL7sT0mJ4eG9aF6cU1pZiQxNvBM=",
    "PUBLIC_URL": "https://connect.example.org",
    "ALLOWED_HOSTS": "connect.example.org",
    "EMAIL_URL": "smtp+tls://mail.example.org",
    "MAIL_FROM": "connect@example.org",
}
OIDC = {
    "OIDC_SERVER_URL": "https://login.example.org",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "something",
}

# What is set, and what the sentence must name.
STOPS = {
    "nothing at all": ({}, "SECRET_KEY"),
    "a platform, but no secret key": (PLATFORM | PRODUCTION | {"SECRET_KEY": ""}, "SECRET_KEY"),
    "no platform and no word about the sandbox": (PRODUCTION, "REALTO_API_URL"),
    "the sandbox switched off on this machine": (LOCAL | {"SANDBOX": "false"}, "SANDBOX=true"),
    "a platform without client": (PRODUCTION | {"REALTO_API_URL": PLATFORM["REALTO_API_URL"]}, "REALTO_CLIENT_ID"),
    "a platform without secret": (LOCAL | PLATFORM | {"REALTO_CLIENT_SECRET": ""}, "REALTO_CLIENT_SECRET"),
    "a client without platform": (LOCAL | {"REALTO_CLIENT_ID": "somebody"}, "REALTO_API_URL"),
    "a platform over plain HTTP": (LOCAL | PLATFORM | {"REALTO_API_URL": "http://platform.example.org"}, "https://"),
    "a generation that nobody knows": (LOCAL | {"REALTO_API_GENERATION": "newest"}, "realto or der-connect"),
    "a host that begins like this machine": (
        LOCAL | PLATFORM | {"REALTO_API_URL": "http://127.0.0.1.example.org"},
        "https://",
    ),
    "a public address over plain HTTP": (
        PRODUCTION | PLATFORM | {"PUBLIC_URL": "http://connect.example.org"},
        "PUBLIC_URL",
    ),
    "a public address on this machine's terms": (LOCAL | {"PUBLIC_URL": "https://connect.example.org"}, "LOCAL=true"),
    "a port that is no number": (LOCAL | {"PORT": "abc"}, "PORT"),
    "a time-out that is no number": (LOCAL | {"REALTO_TIMEOUT_SECONDS": "ten"}, "REALTO_TIMEOUT_SECONDS"),
    "a log level that nobody knows": (LOCAL | {"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    "a database that is none": (LOCAL | {"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    "no way to send mails": (PRODUCTION | PLATFORM | {"EMAIL_URL": ""}, "EMAIL_URL"),
    "mails sent in no known way": (LOCAL | {"EMAIL_URL": "pigeon://roof"}, "EMAIL_URL"),
    "staff without a second factor": (PRODUCTION | PLATFORM | {"STAFF_SECOND_FACTOR": "false"}, "STAFF_SECOND_FACTOR"),
    "a provider over plain HTTP": (LOCAL | OIDC | {"OIDC_SERVER_URL": "http://login.example.org"}, "OIDC_SERVER_URL"),
    "a provider without secret": (LOCAL | OIDC | {"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
    "a provider's group without a role of ours": (LOCAL | OIDC | {"OIDC_GROUPS": "desk=boss"}, "desk=boss"),
    "no key for data": (PRODUCTION | PLATFORM | {"DATA_KEYS": ""}, "DATA_KEYS"),
    "a key for data that is too short": (PRODUCTION | PLATFORM | {"DATA_KEYS": "c2hvcnQ="}, "DATA_KEYS"),
    "a key for data that can be guessed": (PRODUCTION | PLATFORM | {"DATA_KEYS": "A" * 43 + "="}, "DATA_KEYS"),
    "a file of keys that is not there": (PRODUCTION | PLATFORM | {"DATA_KEYS_FILE": "/nowhere"}, "DATA_KEYS_FILE"),
    "no key for indexes": (PRODUCTION | PLATFORM | {"INDEX_KEY": ""}, "INDEX_KEY"),
    "one key for both": (PRODUCTION | PLATFORM | {"INDEX_KEY": PRODUCTION["DATA_KEYS"]}, "INDEX_KEY"),
    "no host names": (PRODUCTION | PLATFORM | {"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
}
STARTS = {
    "this machine": LOCAL,
    "this machine with debugging": LOCAL | {"DEBUG": "true"},
    "an empty database address": LOCAL | {"DATABASE_URL": ""},
    "a platform on this machine": LOCAL | PLATFORM | {"REALTO_API_URL": "http://127.0.0.1:9000/api"},
    "the newer generation": LOCAL | PLATFORM | {"REALTO_API_GENERATION": "der-connect"},
    "a provider": LOCAL | OIDC | {"OIDC_GROUPS": "desk-agents=agent,cn=leads=supervisor"},
    "production": PRODUCTION | PLATFORM,
    "production with the sandbox on purpose": PRODUCTION | {"SANDBOX": "true"},
}


class TestStart:
    @pytest.mark.parametrize(("variables", "named"), STOPS.values(), ids=STOPS)
    def test_stops_with_a_sentence(self, project: Project, variables: dict[str, str], named: str) -> None:
        done = project.check(**variables)
        assert done.returncode == 1
        assert named in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("variables", STARTS.values(), ids=STARTS)
    def test_goes_well(self, project: Project, variables: dict[str, str]) -> None:
        done = project.check(**variables)
        assert (done.returncode, done.stderr) == (0, "")

    def test_without_secret_key_says_one_line_only(self, project: Project) -> None:
        assert project.check().stderr.splitlines() == [
            "realto-portal cannot start: Set SECRET_KEY to a long random text "
            "(or LOCAL=true to try the portal on your own machine)."
        ]

    def test_tells_no_secret(self, project: Project) -> None:
        done = project.check(**LOCAL, REALTO_CLIENT_ID="somebody", REALTO_CLIENT_SECRET="very-private")
        assert "very-private" not in done.stdout + done.stderr

    @pytest.mark.parametrize("entry", ["wsgi", "asgi"])
    @pytest.mark.parametrize("case", ["nothing at all", "no platform and no word about the sandbox"])
    def test_of_the_web_server_stops_too(self, project: Project, entry: str, case: str) -> None:
        variables, named = STOPS[case]
        done = project.python("-c", f"import realto_portal.{entry}", **variables)
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
        assert named in last

    @pytest.mark.parametrize("entry", ["wsgi", "asgi"])
    def test_of_the_web_server_goes_well(self, project: Project, entry: str) -> None:
        done = project.python("-c", f"import realto_portal.{entry}", **PRODUCTION, **PLATFORM)
        assert (done.returncode, done.stderr) == (0, "")


class TestEnvFile:
    def test_is_read(self, project: Project) -> None:
        project.write_env("LOCAL=true\nBRAND_NAME=From the file\n")
        assert project.settings("BRAND_NAME") == {"BRAND_NAME": "From the file"}

    def test_loses_against_the_environment(self, project: Project) -> None:
        project.write_env("LOCAL=true\nBRAND_NAME=From the file\nPORT=8001\n")
        found = project.settings("BRAND_NAME", "PORT", BRAND_NAME="From the environment")
        assert found == {"BRAND_NAME": "From the environment", "PORT": 8001}

    def test_copied_from_the_example_changes_nothing(self, project: Project) -> None:
        names = ("PORT", "PUBLIC_URL", "ALLOWED_HOSTS", "SANDBOX", "REALTO_API_URL", "BRAND_NAME", "DATABASES")
        before = project.settings(*names, **LOCAL)
        project.write_env((ROOT / ".env.example").read_text())
        assert project.settings(*names, **LOCAL) == before

    def test_does_not_reach_other_tests(self, project: Project) -> None:
        assert not (project.folder / ".env").exists()


class TestFileOfAVariable:
    def test_is_read_without_the_end_of_its_last_line(self, project: Project, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("of a file\n")
        found = project.settings("REALTO_CLIENT_SECRET", REALTO_CLIENT_SECRET_FILE=str(secret), **LOCAL)
        assert found == {"REALTO_CLIENT_SECRET": "of a file"}

    def test_may_be_named_in_the_env_file(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("of a file")
        project.write_env(f"LOCAL=true\nMETRICS_TOKEN_FILE={tmp_path / 'secret'}\n")
        assert project.settings("METRICS_TOKEN") == {"METRICS_TOKEN": "of a file"}

    @pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "no text"])
    def test_that_cannot_be_read_stops_with_its_name(
        self, project: Project, tmp_path: Path, content: bytes | None
    ) -> None:
        secret = tmp_path / "secret"
        if content is not None:
            secret.write_bytes(content)
        done = project.check(**LOCAL, SECRET_KEY_FILE=str(secret))
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert f"SECRET_KEY_FILE names {secret}, which cannot be read" in done.stderr

    def test_that_is_the_secret_itself_is_not_printed(self, project: Project) -> None:
        done = project.check(**LOCAL, SECRET_KEY_FILE="x8Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe")
        assert "SECRET_KEY_FILE names what is no path" in done.stderr
        assert "x8Kq2vTn5bRw9" not in done.stderr


class TestDatabase:
    def test_is_sqlite_that_web_and_worker_can_share(self, project: Project) -> None:
        default = project.settings("DATABASES", **LOCAL)["DATABASES"]["default"]
        assert default["NAME"] == str(project.folder / "var" / "portal.sqlite3")
        assert default["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
        assert default["OPTIONS"]["timeout"] >= 20
        assert "journal_mode=WAL" in default["OPTIONS"]["init_command"]

    def test_of_sqlite_really_runs_with_a_write_ahead_log(self, project: Project) -> None:
        code = "import django; django.setup(); from django.db import connection as c; k = c.cursor(); "
        code += "print(k.execute('PRAGMA journal_mode').fetchone()[0], k.execute('PRAGMA busy_timeout').fetchone()[0])"
        done = project.python("-c", code, DJANGO_SETTINGS_MODULE="realto_portal.settings", **LOCAL)
        assert done.stdout.split() == ["wal", "20000"]

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
    def test_on_postgresql_keeps_its_connections(self, project: Project, scheme: str) -> None:
        url = f"{scheme}://portal:secret@db.example.org:5433/portal"
        default = project.settings("DATABASES", DATABASE_URL=url, **LOCAL)["DATABASES"]["default"]
        assert default["ENGINE"] == "django.db.backends.postgresql"
        assert (default["HOST"], default["PORT"], default["NAME"]) == ("db.example.org", 5433, "portal")
        assert default["CONN_MAX_AGE"] > 60
        assert default["CONN_HEALTH_CHECKS"] is True
        assert "OPTIONS" not in default or "transaction_mode" not in default["OPTIONS"]

    def test_behind_pgbouncer_keeps_no_cursor_on_the_server(self, project: Project) -> None:
        url = "postgres://portal:secret@pgbouncer:6432/portal?DISABLE_SERVER_SIDE_CURSORS=True"
        default = project.settings("DATABASES", DATABASE_URL=url, **LOCAL)["DATABASES"]["default"]
        assert default["DISABLE_SERVER_SIDE_CURSORS"] is True
        own = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count"}
        assert set(default["OPTIONS"]) - own == {"options"}  # what goes to the server

    def test_that_is_gone_without_a_word_is_given_up(self, project: Project) -> None:
        url = "postgres://portal:secret@db.example.org/portal"
        options = project.settings("DATABASES", DATABASE_URL=url, **LOCAL)["DATABASES"]["default"]["OPTIONS"]
        assert 1_000 <= options["tcp_user_timeout"] <= 30_000  # ms
        assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] <= 60


class TestProduction:
    def test_speaks_https_only(self, project: Project) -> None:
        flags = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY")
        found = project.settings(*flags, "SECURE_HSTS_SECONDS", "DEBUG", **PRODUCTION, **PLATFORM)
        assert found == {**dict.fromkeys(flags, True), "SECURE_HSTS_SECONDS": 365 * 24 * 3600, "DEBUG": False}

    def test_asks_staff_for_a_second_factor(self, project: Project) -> None:
        name = "STAFF_SECOND_FACTOR"
        assert project.settings(name, **PRODUCTION, **PLATFORM)[name] is True
        assert project.settings(name, **LOCAL)[name] is False
        assert project.settings(name, **LOCAL, STAFF_SECOND_FACTOR="true")[name] is True

    def test_gives_customers_and_staff_cookies_of_this_host_alone(self, project: Project) -> None:
        names = ("BROWSER_COOKIE_NAME", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_AGE")
        assert list(project.settings(*names, **PRODUCTION, **PLATFORM).values()) == [
            *("__Host-portal", "__Host-desk", True, 12 * 3600)
        ]

    def test_believes_a_proxy_only_when_there_is_one(self, project: Project) -> None:
        name = "SECURE_PROXY_SSL_HEADER"
        assert project.settings(name, **PRODUCTION, **PLATFORM)[name] is None
        behind = project.settings(name, **PRODUCTION, **PLATFORM, BEHIND_PROXY="true")
        assert behind[name] == ["HTTP_X_FORWARDED_PROTO", "https"]

    def test_answers_to_no_other_host_and_has_no_sandbox(self, project: Project) -> None:
        found = project.settings("ALLOWED_HOSTS", "SANDBOX", "INSTALLED_APPS", **PRODUCTION, **PLATFORM)
        assert found["ALLOWED_HOSTS"] == ["connect.example.org"]
        assert found["SANDBOX"] is False
        assert "sandbox" not in found["INSTALLED_APPS"]

    def test_uses_its_own_secret_key(self, project: Project) -> None:
        assert project.settings("SECRET_KEY", **PRODUCTION, **PLATFORM)["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]


class TestLocalProfile:
    def test_is_plain_http_on_this_machine(self, project: Project) -> None:
        names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "PUBLIC_URL")
        assert project.settings(*names, PORT="8123", **LOCAL) == {
            "SECURE_SSL_REDIRECT": False,
            "SESSION_COOKIE_SECURE": False,
            "SECURE_HSTS_SECONDS": 0,
            "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
            "PUBLIC_URL": "http://127.0.0.1:8123",
        }

    def test_shows_what_production_shows(self, project: Project) -> None:
        local = project.settings("DEBUG", "SECURE_CSP", "MIDDLEWARE", "STORAGES", **LOCAL)
        assert local == project.settings("DEBUG", "SECURE_CSP", "MIDDLEWARE", "STORAGES", **PRODUCTION, **PLATFORM)


class TestOldPython:
    AS_OLD = (
        "import runpy, sys; sys.version_info = (3, 11, 9, 'final', 0); runpy.run_path('manage.py', run_name='__main__')"
    )

    def test_gets_one_clear_sentence(self, project: Project) -> None:
        done = project.python("-c", self.AS_OLD, **LOCAL)
        assert done.returncode == 1
        assert done.stderr == "realto-portal needs Python 3.12 or newer; this is Python 3.11.\n"

    def test_can_read_manage_py_that_far(self) -> None:
        assert ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))

    def test_is_what_make_looks_for_too(self) -> None:
        assert "sys.version_info < (3, 12)" in (ROOT / "manage.py").read_text()
        assert "sys.version_info < (3, 12)" in (ROOT / "Makefile").read_text()
        assert 'requires-python = ">=3.12"' in (ROOT / "pyproject.toml").read_text()
