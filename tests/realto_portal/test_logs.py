"""No address that opens something gets into the logs."""

import logging

import pytest
from django.conf import settings
from django.test import Client

from realto_portal.logs import WithoutSecrets

TOKEN = "Vb3kT0p9xQ2mZ8nL4rS6wA"


def as_logged(message: str, *args: object) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)
    assert WithoutSecrets().filter(record)
    return record.getMessage()


@pytest.mark.parametrize("place", ["continue", "step", "onboarding", "return"])
def test_addresses_lose_what_opens_them(place: str) -> None:
    assert as_logged("Not Found: %s", f"/{place}/{TOKEN}/status/") == f"Not Found: /{place}/…/status/"


def test_links_of_companies_lose_their_token() -> None:
    assert as_logged("Gone: /start/?k=%s", "eyJhIjoxfQ:1v:abc_DEF-1") == "Gone: /start/?k=…"


def test_other_words_stay_as_they_are() -> None:
    assert as_logged("Request %s needs a colleague: %s", "ACDE-FHJK", "not-let-go").endswith(
        "ACDE-FHJK needs a colleague: not-let-go"
    )


def test_is_what_the_console_does() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["without_secrets"]


def test_a_page_that_is_not_there_is_logged_without_its_token(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(WithoutSecrets())
    Client().get(f"/continue/{TOKEN}/")
    assert "/continue/…/" in caplog.text
    assert TOKEN not in caplog.text
