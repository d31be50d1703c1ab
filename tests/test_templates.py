"""Rules for all templates, whoever renders them."""

from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[1] / "templates"
FILES = sorted(file for file in TEMPLATES.rglob("*") if file.is_file())
LONGEST_LINE = 160


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(TEMPLATES)) for file in FILES])
def test_no_line_is_longer_than_an_editor_shows(file: Path) -> None:
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    too_long = {number: len(line) for number, line in lines if len(line) > LONGEST_LINE}
    assert not too_long
