"""The pins: exact, complete down to what they pull in, nothing stale, and each direct one with its reason."""

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
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
    return [line for line in lines[: lines.index(PULLED_IN)] if "==" in line]


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
        assert not set(pins(FILES[0])) & set(pins(FILES[1]))

    @pytest.mark.parametrize("python", PYTHONS)
    def test_of_the_product_include_all_that_they_pull_in(self, python: str) -> None:
        own = pins("requirements.txt")
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
    @pytest.mark.parametrize(("file", "line"), [(file, line) for file in FILES for line in direct(file)])
    def test_say_why_directly_above(self, file: str, line: str) -> None:
        lines = lines_of(file)
        above = lines[lines.index(line) - 1]
        assert above.startswith("# ")
        assert above.endswith(".")
