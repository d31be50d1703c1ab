"""`docs/security.md` answers the whole standard, and names only what is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|not met|not applicable) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(DOCUMENT)
# OWASP ASVS 5.0.0: the level of each requirement by section, in order; a dash is one of level 3.
STANDARD = {
    "1.1": "2 2",
    "1.2": "1 1 1 1 1 2 2 2 2",
    "1.3": "1 1 2 2 2 2 2 2 2 2 2",
    "1.4": "2 2 2",
    "1.5": "1 2",
    "2.1": "1 2 2",
    "2.2": "1 1 2",
    "2.3": "1 2 2 2",
    "2.4": "2",
    "3.2": "1 1",
    "3.3": "1 2 2 2",
    "3.4": "1 1 2 2 2 2",
    "3.5": "1 1 1 2 2",
    "3.7": "2 2",
    "4.1": "1 2 2",
    "4.2": "2",
    "4.3": "2 2",
    "4.4": "1 2 2 2",
    "5.1": "2",
    "5.2": "1 1 2",
    "5.3": "1 1",
    "5.4": "2 2 2",
    "6.1": "1 2 2",
    "6.2": "1 1 1 1 1 1 1 1 2 2 2 2",
    "6.3": "1 1 2 2",
    "6.4": "1 1 2 2",
    "6.5": "2 2 2 2 2",
    "6.6": "2 2 2",
    "6.8": "2 2 2 2",
    "7.1": "2 2 2",
    "7.2": "1 1 1 1",
    "7.3": "2 2",
    "7.4": "1 1 2 2 2",
    "7.5": "2 2",
    "7.6": "2 2",
    "8.1": "1 2",
    "8.2": "1 1 2",
    "8.3": "1",
    "8.4": "2",
    "9.1": "1 1 1",
    "9.2": "1 2 2 2",
    "10.1": "2 2",
    "10.2": "2 2",
    "10.3": "2 2 2 2",
    "10.4": "1 1 1 1 1 2 2 2 2 2 2",
    "10.5": "2 2 2 2 2",
    "10.6": "2 2",
    "10.7": "2 2 2",
    "11.1": "2 2",
    "11.2": "2 2 2",
    "11.3": "1 1 2",
    "11.4": "1 2 2 2",
    "11.5": "2",
    "11.6": "2",
    "12.1": "1 2 2",
    "12.2": "1 1",
    "12.3": "2 2 2 2",
    "13.1": "2",
    "13.2": "2 2 2 2 2",
    "13.3": "2 2",
    "13.4": "1 2 2 2 2",
    "14.1": "2 2",
    "14.2": "1 2 2 2",
    "14.3": "1 2 2",
    "15.1": "1 2 2",
    "15.2": "1 2 2",
    "15.3": "1 2 2 2 2 2 2",
    "16.1": "2",
    "16.2": "2 2 2 2 2",
    "16.3": "2 2 2 2",
    "16.4": "2 2 2",
    "16.5": "2 2 2",
    "17.1": "2",
    "17.2": "2 2 2 2",
    "17.3": "2 2",
}


def requirements() -> list[tuple[str, str]]:
    return [
        (f"{section}.{number}", level)
        for section, levels in STANDARD.items()
        for number, level in enumerate(levels.split(), start=1)
        if level != "-"
    ]


class TestStandard:
    def test_has_every_requirement_of_levels_1_and_2_once(self) -> None:
        assert len(requirements()) == 253
        assert [(number, level) for number, level, *_rest in ROWS] == requirements()

    def test_says_why_of_each(self) -> None:
        assert [number for number, _level, what, _state, why in ROWS if not (what.strip() and why.strip())] == []

    def test_is_counted_right(self) -> None:
        states = [row[3] for row in ROWS]
        met, not_met, other = (states.count(state) for state in ("met", "not met", "not applicable"))
        words = f"{met} are met, {not_met} are not met, or not wholly, and {other} do not apply, of {len(ROWS)}."
        assert words in DOCUMENT.replace("\n", " ")


class TestPlaces:
    @pytest.mark.parametrize(
        "name", sorted(set(re.findall(r"`((?:tests|docs|onboarding|realto_portal|static)/[\w./-]+)`", DOCUMENT)))
    )
    def test_are_there(self, name: str) -> None:
        assert (ROOT / name).exists()
