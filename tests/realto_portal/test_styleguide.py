"""The style guide shows every component that the style sheet knows."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

# What shows only while something happens, or when a company has its own logo.
ELSEWHERE = {"htmx-request", "site-header__logo"}
SHEET = (Path(settings.BASE_DIR) / "static" / "css" / "portal.css").read_text()
COMPONENTS = re.sub(r"/\*.*?\*/", "", SHEET[SHEET.index("@layer components {") :], flags=re.DOTALL)


def classes_of_the_sheet() -> set[str]:
    selectors = re.findall(r"([^{};]+)\{", COMPONENTS)
    return {name for selector in selectors for name in re.findall(r"\.([a-z][\w-]*)", selector)}


@pytest.mark.django_db
class TestStyleguide:
    @pytest.fixture
    def shown(self, client: Client) -> set[str]:
        answer = client.get("/styleguide/")
        assert answer.status_code == 200
        groups = re.findall(r'class="([^"]*)"', answer.content.decode())
        return {name for group in groups for name in group.split()}

    def test_shows_every_class_of_the_style_sheet(self, shown: set[str]) -> None:
        assert len(classes_of_the_sheet()) > 50
        assert classes_of_the_sheet() - shown - ELSEWHERE == set()

    def test_shows_every_drawing(self, client: Client) -> None:
        page = client.get("/styleguide/").content.decode()
        images = Path(settings.BASE_DIR) / "static" / "img"
        drawings = {path.stem for path in images.glob("status-*.svg")}
        types = re.findall(r'<view id="(\w+)"', (images / "types.svg").read_text())
        assert len(drawings) + len(types) > 10
        assert {name for name in drawings if name not in page} == set()
        assert {name for name in types if f".svg#{name}" not in page} == set()
