"""What docs/operations.md and docs/alerts.yml say is what there is."""

import re
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.test import Client
from pytest_django import Settings

from tests.customers import Customer

pytestmark = pytest.mark.django_db

OPERATIONS = (Path(portal.BASE_DIR) / "docs" / "operations.md").read_text()
TOKEN = "a-token-for-prometheus-of-a-good-length"


@pytest.fixture
def metrics(customer: Customer, settings: Settings) -> set[str]:
    """The names of all figures, with those of a histogram under its own."""
    settings.METRICS_TOKEN = TOKEN
    response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    return {
        f"{name}_total" if kind == "counter" else name
        for name, kind in re.findall(
            r"^# TYPE (portal_\w+?)(?:_total)? (\w+)$", response.content.decode(), re.MULTILINE
        )
        if not name.endswith("_created")
    }


class TestFigures:
    def test_are_all_described_and_none_else_is(self, metrics: set[str]) -> None:
        section = OPERATIONS.partition("## Figures")[2].partition("\n## ")[0]
        rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
        assert {name for row in rows for name in re.findall(r"`(portal_\w+)`", row)} == metrics
