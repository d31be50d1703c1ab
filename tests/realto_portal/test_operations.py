"""What docs/operations.md and docs/alerts.yml say is what there is."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings as portal
from django.test import Client
from pytest_django import Settings

from tests.customers import Customer

pytestmark = pytest.mark.django_db

OPERATIONS = (Path(portal.BASE_DIR) / "docs" / "operations.md").read_text()
ALERTS = (Path(portal.BASE_DIR) / "docs" / "alerts.yml").read_text()
# What Prometheus adds to the name of a histogram.
PARTS = re.compile(r"_(?:bucket|sum|count)$")
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


class TestAlarms:
    def test_are_rules_as_prometheus_reads_them(self) -> None:
        [group] = yaml.safe_load(ALERTS)["groups"]
        for rule in group["rules"]:
            assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert rule["expr"].count("(") == rule["expr"].count(")")

    def test_name_only_figures_that_there_are(self, metrics: set[str]) -> None:
        named = {PARTS.sub("", name) for name in re.findall(r"\bportal_\w+", ALERTS)}
        assert named - metrics == set()
        assert len(named) >= 10

    def test_name_only_labels_that_figures_have(self) -> None:
        sets = re.findall(r"\{(\w[^}]*)\}", ALERTS)
        used = {label for labels in sets for label in re.findall(r"(\w+)(?:=~?|!=|!~)\"", labels)}
        assert used <= {"job", "view", "status", "kind", "outcome", "state", "scope"}

    def test_say_what_to_do(self) -> None:
        told = dict(re.findall(r"^\| `(\w+)` \((page|ticket)\) \|", OPERATIONS, re.MULTILINE))
        [group] = yaml.safe_load(ALERTS)["groups"]
        assert told == {rule["alert"]: rule["labels"]["severity"] for rule in group["rules"]}
