"""What has to fit together, as a table: settings that differ from sound ones, and the numbers of what is wrong."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from realto_portal.checks import check_settings, problems, stop_on_problems

KEY, ANOTHER_KEY = "TTF2ZcR0tQxFhP6rX3bqk1sT8m0vYd2nG5jW7eA9uCo=", "b3Vn8oHk9bR5yXw2dL7sT0mJ4eG9aF6cU1pZiQxNvBM="
SOUND = {
    "LOCAL": False,
    "IS_PRODUCTION": True,
    "SANDBOX": False,
    "USES_EMBEDDED_SANDBOX": False,
    "REALTO_API_URL": "https://platform.example.org/api",
    "REALTO_API_GENERATION": "realto",
    "REALTO_CLIENT_ID": "somebody",
    "REALTO_CLIENT_SECRET": "very-private",
    "REALTO_CREDENTIALS_SET": True,
    "PUBLIC_URL": "https://connect.example.org",
    "ALLOWED_HOSTS": ["connect.example.org"],
    "EMAIL_URL": "smtp+tls://mail.example.org",
    "MAIL_FROM": "connect@example.org",
    "PUSH_KEY": "",
    "SECRET_KEY": "x8Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe1oXi0BtNvQrZkWyM",
    "SECRET_KEY_FALLBACKS": [],
    "DATA_KEYS": [KEY],
    "INDEX_KEY": "q1Vn3oHk8bR5yXw2dL7sT0mJ4eG9aF6cU1pZiQxNvBM=",
    "FORM_ACTION": [],
    "FRAME_ANCESTORS": [],
    "SECURITY_CONTACT": "",
    "BRAND_ACCENT": "",
    "PRIVACY_URL": "",
    "LEGAL_NOTICE_URL": "",
    "TERMS_URL": "",
    "RATE_LIMIT_STORAGE": "",
    "STAFF_SECOND_FACTOR": True,
    "OIDC_SERVER_URL": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "OIDC_GROUPS": [],
}
PROVIDER = {"OIDC_SERVER_URL": "https://id.example.org", "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "very-private"}
LOCAL = {"LOCAL": True, "IS_PRODUCTION": False, "PUBLIC_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": []}
EMBEDDED = {"USES_EMBEDDED_SANDBOX": True, "REALTO_API_URL": "", "REALTO_CREDENTIALS_SET": False}

TABLE = [
    ({}, []),
    (LOCAL, []),
    (EMBEDDED | {"SANDBOX": True}, []),
    (LOCAL | EMBEDDED | {"SANDBOX": True}, []),
    (EMBEDDED, ["E001"]),
    (LOCAL | EMBEDDED, ["E001"]),
    (EMBEDDED | {"SANDBOX": True, "REALTO_CREDENTIALS_SET": True}, ["E002"]),
    (EMBEDDED | {"REALTO_CREDENTIALS_SET": True}, ["E001", "E002"]),
    ({"REALTO_API_GENERATION": "der-connect"}, []),
    ({"REALTO_API_GENERATION": ""}, ["E034"]),
    ({"REALTO_API_GENERATION": "DER-Connect"}, ["E034"]),
    (LOCAL | EMBEDDED | {"SANDBOX": True, "REALTO_API_GENERATION": "newest"}, ["E034"]),
    ({"REALTO_API_URL": "http://127.0.0.1:9000/api"}, []),
    ({"REALTO_API_URL": "http://localhost:9000/api"}, []),
    ({"REALTO_API_URL": "http://[::1]:9000/api"}, []),
    ({"REALTO_API_URL": "http://platform.example.org/api"}, ["E003"]),
    ({"REALTO_API_URL": "http://localhost.example.org/api"}, ["E003"]),
    ({"REALTO_API_URL": "http://127.0.0.1@example.org/api"}, ["E003"]),
    ({"REALTO_API_URL": "ftp://127.0.0.1/api"}, ["E003"]),
    ({"REALTO_API_URL": "platform.example.org/api"}, ["E003"]),
    ({"REALTO_API_URL": "https://"}, ["E003"]),
    ({"REALTO_API_URL": "https://["}, ["E003"]),
    ({"REALTO_CLIENT_ID": ""}, ["E004"]),
    ({"REALTO_CLIENT_SECRET": ""}, ["E004"]),
    ({"REALTO_CLIENT_ID": "", "REALTO_CLIENT_SECRET": ""}, ["E004"]),
    (LOCAL | {"PUBLIC_URL": "connect.example.org"}, ["E005"]),
    (LOCAL | {"PUBLIC_URL": "http://"}, ["E005"]),
    (LOCAL | {"PUBLIC_URL": "http://["}, ["E005"]),
    ({"PUBLIC_URL": ""}, ["E005", "E006"]),
    ({"PUBLIC_URL": "http://connect.example.org"}, ["E006"]),
    ({"ALLOWED_HOSTS": []}, ["E007"]),
    ({"EMAIL_URL": ""}, ["E012"]),
    ({"MAIL_FROM": ""}, ["E012"]),
    (LOCAL | {"EMAIL_URL": "", "MAIL_FROM": ""}, []),
    (LOCAL | {"ALLOWED_HOSTS": ["localhost", "[::1]"]}, []),
    (LOCAL | {"ALLOWED_HOSTS": ["connect.example.org"]}, ["E008"]),
    (LOCAL | {"LOCAL": False, "DEBUG": True, "PUBLIC_URL": "https://connect.example.org"}, ["E008"]),
    ({"PUSH_KEY": KEY}, []),
    ({"PUSH_KEY": "very-private"}, ["E040"]),
    ({"PUSH_KEY": base64.b64encode(b"very-private").decode()}, ["E040"]),
    ({"PUSH_KEY": base64.b64encode(bytes(32)).decode()}, ["E040"]),
    ({"SECRET_KEY": "very-private"}, ["E030"]),
    ({"SECRET_KEY": "ababababababababababababababababab"}, ["E030"]),
    ({"SECRET_KEY": "django-insecure-x8Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe1oXi0BtNvQrZ"}, ["E030"]),
    (LOCAL | {"SECRET_KEY": "short"}, []),
    ({"SECRET_KEY_FALLBACKS": ["x9Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe1oXi0BtNvQrZkWyM"]}, []),
    ({"SECRET_KEY_FALLBACKS": ["very-private"]}, ["E031"]),
    ({"DATA_KEYS": [KEY, ANOTHER_KEY]}, []),
    ({"DATA_KEYS": []}, ["E037"]),
    ({"DATA_KEYS": [KEY, "very-private"]}, ["E037"]),
    ({"DATA_KEYS": [KEY[:-4]]}, ["E037"]),
    ({"DATA_KEYS": ["A" * 43 + "="]}, ["E037"]),
    ({"INDEX_KEY": ""}, ["E038"]),
    ({"INDEX_KEY": KEY, "DATA_KEYS": [KEY]}, ["E039"]),
    ({"FRAME_ANCESTORS": ["https://www.example.org", "https://example.org:8443"]}, []),
    ({"FRAME_ANCESTORS": ["http://www.example.org"]}, ["E032"]),
    ({"FRAME_ANCESTORS": ["https://www.example.org/"]}, ["E032"]),
    ({"FRAME_ANCESTORS": ["https://*.example.org"]}, ["E032"]),
    ({"FRAME_ANCESTORS": ["*"]}, ["E032"]),
    ({"FRAME_ANCESTORS": ["https://a.example.org; script-src *"]}, ["E032"]),
    ({"FRAME_ANCESTORS": ["https://a.example.org https://b.example.org"]}, ["E032"]),
    ({"FORM_ACTION": ["https://login.example.org"]}, []),
    ({"FORM_ACTION": ["login.example.org"]}, ["E032"]),
    ({"FORM_ACTION": ["https://login.example.org\nX: y"]}, ["E032"]),
    ({"SECURITY_CONTACT": "mailto:security@example.org"}, []),
    ({"SECURITY_CONTACT": "https://www.example.org/security"}, []),
    ({"SECURITY_CONTACT": "security@example.org"}, ["E033"]),
    ({"SECURITY_CONTACT": "mailto:a@example.org\nX: y"}, ["E033"]),
    ({"BRAND_ACCENT": "#B84A03", "PRIVACY_URL": "https://www.example.org/privacy"}, []),
    ({"BRAND_ACCENT": "orange"}, ["E013"]),
    ({"BRAND_ACCENT": "#e85d04"}, ["E014"]),
    ({"PRIVACY_URL": "http://www.example.org/privacy"}, ["E015"]),
    ({"TERMS_URL": "http://127.0.0.1/terms", "LEGAL_NOTICE_URL": "javascript:alert()"}, ["E015", "E015"]),
    ({"STAFF_SECOND_FACTOR": False}, ["E016"]),
    (LOCAL | {"STAFF_SECOND_FACTOR": False}, []),
    (PROVIDER, []),
    (PROVIDER | {"OIDC_SERVER_URL": "http://id.example.org"}, ["E017"]),
    (PROVIDER | {"OIDC_CLIENT_SECRET": ""}, ["E018"]),
    (PROVIDER | {"OIDC_GROUPS": ["desk-agents=agent"]}, []),
    (PROVIDER | {"OIDC_GROUPS": ["desk-agents=boss", "agent"]}, ["E019"]),
    ({"RATE_LIMIT_STORAGE": "memory://"}, []),
    ({"RATE_LIMIT_STORAGE": "redis://localhost:6379/0"}, ["E024"]),
    ({"RATE_LIMIT_STORAGE": "rediss://localhost:6379/0"}, ["E024"]),
    ({"RATE_LIMIT_STORAGE": "async+memory://"}, ["E024"]),
    ({"RATE_LIMIT_STORAGE": "nonsense://localhost"}, ["E024"]),
    ({"RATE_LIMIT_STORAGE": "localhost"}, ["E024"]),
    ({"RATE_LIMIT_STORAGE": "redis://["}, ["E024"]),
]

NAMED = (
    "REALTO_",
    "ALLOWED_HOSTS",
    "PUSH_KEY",
    "BRAND_ACCENT",
    "_URL",
    "SECRET_KEY",
    "DATA_KEYS",
    "INDEX_KEY",
    "FORM_",
    "FRAME_",
    "SECURITY_",
    "RATE_LIMIT",
    "STAFF_",
    "OIDC_",
    "MAIL_FROM",
)


def configure(settings: Settings, changes: dict[str, object]) -> None:
    for name, value in (SOUND | changes).items():
        setattr(settings, name, value)


class TestProblems:
    @pytest.mark.parametrize(("changes", "numbers"), TABLE)
    def test_are_found(self, settings: Settings, changes: dict[str, object], numbers: list[str]) -> None:
        configure(settings, changes)
        assert [number for number, _sentence in problems()] == numbers

    @pytest.mark.parametrize(("changes", "numbers"), [row for row in TABLE if row[1]])
    def test_are_sentences_that_name_a_variable_and_no_secret(
        self, settings: Settings, changes: dict[str, object], numbers: list[str]
    ) -> None:
        configure(settings, changes)
        for _number, sentence in problems():
            assert sentence.endswith(".")
            assert any(name in sentence for name in NAMED)
            assert "very-private" not in sentence

    def test_of_the_accent_name_the_nearest_that_works(self, settings: Settings) -> None:
        configure(settings, {"BRAND_ACCENT": "#e85d04"})
        assert list(problems()) == [
            (
                "E014",
                "BRAND_ACCENT cannot be read well: its contrast is 3.0, needed is 4.5. "
                "The nearest colour that works is #b84a03.",
            )
        ]

    def test_of_a_storage_whose_client_is_missing_say_what_to_install(self, settings: Settings) -> None:
        configure(settings, {"RATE_LIMIT_STORAGE": "rediss://:very-private@localhost"})
        [(_number, sentence)] = problems()
        assert sentence.endswith("pip install limits[redis].")

    def test_names_only_what_is_missing(self, settings: Settings) -> None:
        configure(settings, {"REALTO_CLIENT_SECRET": ""})
        assert list(problems()) == [("E004", "REALTO_API_URL is set: set REALTO_CLIENT_SECRET too.")]


class TestStart:
    def test_goes_on_without_problems(self, settings: Settings) -> None:
        configure(settings, {})
        stop_on_problems()
        assert check_settings() == []

    def test_stops_with_every_sentence(self, settings: Settings) -> None:
        configure(settings, {"REALTO_CLIENT_ID": "", "ALLOWED_HOSTS": []})
        with pytest.raises(ImproperlyConfigured, match=r"set REALTO_CLIENT_ID too\. Set ALLOWED_HOSTS"):
            stop_on_problems()

    def test_of_a_command_reports_them_as_errors(self, settings: Settings) -> None:
        configure(settings, {"REALTO_CLIENT_ID": "", "ALLOWED_HOSTS": []})
        assert [(message.id, message.is_serious()) for message in check_settings()] == [
            ("realto.E004", True),
            ("realto.E007", True),
        ]
