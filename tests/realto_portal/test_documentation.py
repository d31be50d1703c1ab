"""What is written about the portal keeps up with the portal."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text().splitlines()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

ROOMS = ("benchmarks", "onboarding", "realto_portal", "sandbox", "static", "templates", "tests")

ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
VARIABLE = re.compile(r"# ([A-Z_]+)=(.*)")


def variables_read() -> dict[str, ast.expr]:
    """Every variable that settings read, in order, with the expression of its default."""
    tree = ast.parse((ROOT / "realto_portal" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    reads = [call for call in calls if re.fullmatch(r"env\.[a-z]+|number", ast.unparse(call.func))]
    named = [call for call in reads if isinstance(call.args[0], ast.Constant) and ast.unparse(call.args[0]).isupper()]
    in_order = sorted(named, key=lambda call: call.lineno)
    return {ast.literal_eval(call.args[0]): default_of(call) for call in in_order}


def default_of(call: ast.Call) -> ast.expr:
    return call.keywords[0].value if call.keywords else call.args[1]


def as_written(default: object) -> str:
    if default in ("", []):
        return "empty"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def without_links(text: str) -> str:
    return re.sub(r"\]\([^)]*\)", "]", text)


def literal_defaults() -> dict[str, object]:
    constant = (ast.Constant, ast.List)
    return {name: ast.literal_eval(value) for name, value in variables_read().items() if isinstance(value, constant)}


class TestSettingsTable:
    def test_lists_every_variable_in_the_order_of_settings(self) -> None:
        assert [name for name, _default, _meaning in ROW.findall(SETTINGS)] == list(variables_read())

    @pytest.mark.parametrize(("name", "default"), literal_defaults().items())
    def test_names_the_default(self, name: str, default: object) -> None:
        shown = {row[0]: row[1] for row in ROW.findall(SETTINGS)}
        assert shown[name] == as_written(default)

    def test_says_what_each_is_for(self) -> None:
        assert [name for name, _default, meaning in ROW.findall(SETTINGS) if not meaning.endswith((".", '."'))] == []

    def test_says_of_the_six_in_the_readme_what_it_says_itself(self) -> None:
        in_full = {name: (default, without_links(meaning)) for name, default, meaning in ROW.findall(SETTINGS)}
        short = {name: (default, without_links(meaning)) for name, default, meaning in ROW.findall(README)}
        assert len(short) == 6
        assert short.items() <= in_full.items()


class TestEnvExample:
    def test_lists_every_variable_in_the_order_of_settings(self) -> None:
        assert [match[1] for line in EXAMPLE if (match := VARIABLE.fullmatch(line))] == list(variables_read())

    def test_sets_nothing(self) -> None:
        assert [line for line in EXAMPLE if line and not line.startswith("#")] == []

    def test_says_directly_above_what_each_is_for(self) -> None:
        above = [EXAMPLE[number - 1] for number, line in enumerate(EXAMPLE) if VARIABLE.fullmatch(line)]
        assert [line for line in above if not re.fullmatch(r"# [A-Z][^=]*\.", line)] == []


class TestLinks:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_lead_somewhere(self, document: Path) -> None:
        targets = re.findall(r"(?<!!)\[[^]]+\]\(([^)#]+)[^)]*\)", document.read_text())
        local = [target for target in targets if "://" not in target and "screenshots" not in target]
        assert [target for target in local if not (document.parent / target).exists()] == []

    def test_of_pictures_follow_their_naming(self) -> None:
        pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
        assert len(pictures) >= 3
        assert all(
            re.fullmatch(r"docs/screenshots/(phone|desktop)-(light|dark)/[a-z-]+\.png", name) for name in pictures
        )


class TestNames:
    """A file that is named in passing is there: `intake/draft.py`, or `draft.py` alone."""

    FILES = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.*")}
    FILES |= {path.name for path in ROOT.glob("*.py")}

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_are_of_files_that_exist(self, document: Path) -> None:
        named = re.findall(r"`((?:[a-z_.-]+/)*[a-z_]+\.(?:py|html|css|js))(?:::\w+)*`", document.read_text())
        assert [name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in self.FILES)] == []


class TestDecisions:
    def test_are_numbered_without_gaps(self) -> None:
        notes = sorted((ROOT / "docs" / "decisions").glob("*.md"))
        assert [int(note.name[:4]) for note in notes] == list(range(1, len(notes) + 1))

    @pytest.mark.parametrize("note", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
    def test_say_what_why_and_how_to_undo_it(self, note: Path) -> None:
        text = note.read_text()
        assert text.startswith(f"# {int(note.name[:4])}. ")
        assert all(part in text for part in ("**Decision.**", "**Why.**", "**To undo it**"))
