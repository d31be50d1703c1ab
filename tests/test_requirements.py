"""The pins: exact, complete, nothing stale, each direct one with its reason; and the locks, with hashes of files."""

import json
import re
import runpy
from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-observability.txt", "requirements-dev.txt")
AUDIT = "requirements-audit.txt"
PULLED_IN = "# Pulled in by the above."
# What is pinned has to be enough for each of these, on this kind of machine.
PYTHONS = ("3.12", "3.13", "3.14")


def lines_of(file: str) -> list[str]:
    return (ROOT / file).read_text().splitlines()


def pins(file: str) -> dict[str, Requirement]:
    lines = (line for line in lines_of(file) if line and not line.startswith(("#", "-r ")))
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def direct(file: str) -> list[str]:
    lines = lines_of(file)
    end = lines.index(PULLED_IN) if PULLED_IN in lines else len(lines)
    return [line for line in lines[:end] if "==" in line]


def needs_of(name: str, extras: frozenset[str], python: str) -> Iterator[Requirement]:
    """Name what an installed distribution requires, with these extras, on this Python."""
    for text in metadata.requires(name) or []:
        need = Requirement(text)
        environments = [{**default_environment(), "python_version": python, "extra": extra} for extra in {"", *extras}]
        if need.marker is None or any(need.marker.evaluate(environment) for environment in environments):
            yield need


def closure(requirements: list[Requirement], python: str) -> set[str]:
    """Follow what these pull in, and what that pulls in."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            waiting += needs_of(*key, python)
    return {name for name, _extras in seen}


PINNED = {name: pin for file in FILES for name, pin in pins(file).items()}


class TestPins:
    @pytest.mark.parametrize("file", FILES)
    def test_are_exact(self, file: str) -> None:
        inexact = [
            str(pin)
            for pin in pins(file).values()
            if [specifier.operator for specifier in pin.specifier] != ["=="] or "*" in str(pin.specifier)
        ]
        assert inexact == []

    @pytest.mark.parametrize("file", FILES)
    def test_stand_in_one_place_only(self, file: str) -> None:
        names = [canonicalize_name(Requirement(line).name) for line in lines_of(file) if "==" in line]
        assert len(names) == len(set(names))
        assert [name for other in set(FILES) - {file} for name in pins(other) if name in pins(file)] == []

    @pytest.mark.parametrize("python", PYTHONS)
    def test_of_the_product_include_all_that_they_pull_in(self, python: str) -> None:
        own = pins("requirements.txt")
        assert closure(list(own.values()), python) - set(own) == set()

    @pytest.mark.parametrize("python", PYTHONS)
    def test_of_what_reports_include_all_that_they_pull_in(self, python: str) -> None:
        own = pins(FILES[0]) | pins(FILES[1])
        assert closure(list(own.values()), python) - set(own) == set()

    @pytest.mark.parametrize("python", PYTHONS)
    def test_of_the_tests_include_all_that_they_pull_in(self, python: str) -> None:
        assert closure(list(PINNED.values()), python) - set(PINNED) == set()

    @pytest.mark.parametrize("file", FILES)
    def test_hold_nothing_that_nobody_needs(self, file: str) -> None:
        chosen = [Requirement(line) for line in direct(file)]
        needed = {name for python in PYTHONS for name in closure(chosen, python)}
        assert set(pins(file)) - needed == set()

    @pytest.mark.parametrize("name", sorted(PINNED))
    def test_are_what_is_installed(self, name: str) -> None:
        assert metadata.version(name) in PINNED[name].specifier


class TestDirectPins:
    @pytest.mark.parametrize(("file", "line"), [(file, line) for file in (*FILES, AUDIT) for line in direct(file)])
    def test_say_why_directly_above(self, file: str, line: str) -> None:
        lines = lines_of(file)
        above = lines[lines.index(line) - 1]
        assert above.startswith("# ")
        assert above.endswith(".")


def locked(file: str) -> dict[str, Requirement]:
    """Return what the lock beside a file pins. It is a list of requirements, each with the hashes of its files."""
    text = (ROOT / file).with_suffix(".lock").read_text()
    entries = [Requirement(line) for line in re.findall(r"^(\w.*?) \\$", text, re.MULTILINE)]
    return {canonicalize_name(entry.name): entry for entry in entries}


def included(file: str) -> dict[str, Requirement]:
    """Return the pins of a file and of those that it includes."""
    others = [line.removeprefix("-r ") for line in lines_of(file) if line.startswith("-r ")]
    return {name: pin for other in others for name, pin in included(other).items()} | pins(file)


class TestLocks:
    @pytest.mark.parametrize("file", FILES)
    def test_pin_what_the_requirements_do(self, file: str) -> None:
        lock = locked(file)
        assert {name: str(pin.specifier) for name, pin in included(file).items()} == {
            name: str(pin.specifier) for name, pin in lock.items() if pin.marker is None or pin.marker.evaluate()
        }, "Run `make lock`."

    def test_pin_the_tools_that_are_asked_for(self) -> None:
        assert {name: str(pin.specifier) for name, pin in pins(AUDIT).items()}.items() <= {
            name: str(pin.specifier) for name, pin in locked(AUDIT).items()
        }.items()

    @pytest.mark.parametrize("file", [*FILES, AUDIT])
    def test_have_hashes_for_every_entry_and_nothing_else(self, file: str) -> None:
        text = (ROOT / file).with_suffix(".lock").read_text()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        entry, hashed = r"[\w.-]+==\S+( ; .+)? \\", r"    --hash=sha256:[0-9a-f]{64}( \\)?"
        assert [line for line in lines if not re.fullmatch(f"{entry}|{hashed}", line)] == []
        follows = [after.startswith("    --hash") for line, after in pairwise(lines) if not line.startswith(" ")]
        assert follows
        assert all(follows)

    @pytest.mark.parametrize("name", ["pillow", "psycopg-binary", "rapidfuzz", "typst", "google-re2"])
    def test_know_the_files_for_other_machines(self, name: str) -> None:
        """What has compiled files has one for each of several machines and versions of Python."""
        text = (ROOT / "requirements.lock").read_text()
        hashes = text.partition(f"\n{name}==")[2].partition("==")[0].count("--hash=")
        assert hashes >= 6


class TestAudit:
    """`bin/audit`, by what pip-audit says."""

    AUDIT: dict[str, Any] = runpy.run_path(str(ROOT / "bin" / "audit"))

    def test_finds_weaknesses_and_says_how_they_are_mended(self) -> None:
        weak = {"id": "PYSEC-2026-1", "fix_versions": ["1.1", "2.0"]}
        report = {
            "dependencies": [
                {"name": "a", "version": "1.0", "vulns": [weak]},
                {"name": "b", "version": "1", "vulns": []},
            ]
        }
        assert self.AUDIT["read_report"](json.dumps(report)) == (
            ["a 1.0: PYSEC-2026-1, mended in 1.1 or 2.0."],
            "2 of 2",
        )

    def test_takes_nobody_to_ask_for_no_finding(self) -> None:
        report = {"dependencies": [{"name": "a", "skip_reason": "not found"}]}
        assert self.AUDIT["read_report"](json.dumps(report)) == ([], "0 of 1")
        with pytest.raises(ValueError, match="Expecting value"):
            self.AUDIT["read_report"]("")

    def test_audits_every_lock(self) -> None:
        assert set(self.AUDIT["LOCKS"]) == {path.name for path in ROOT.glob("*.lock")}
