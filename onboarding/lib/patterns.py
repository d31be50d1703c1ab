"""Patterns that the platform gives: whatever they are, no value takes long to be matched. Pure."""

import re
from functools import lru_cache
from typing import Protocol, cast

import re2

MAX_PATTERN = 200
MAX_PATTERN_BYTES = 256 * 1024  # of memory, for the program that it becomes


class Pattern(Protocol):
    """A pattern that is met or not."""

    def fullmatch(self, text: str) -> object | None: ...


# In RE2 these know ASCII alone; elsewhere \w has an umlaut, too. Digits are written as 0-9 before they are matched.
ASCII_CLASSES = re.compile(r"(?<!\\)(?:\\\\)*\\[wsbWSB]")


def is_met(pattern: str, value: str) -> bool:
    """Tell whether all of a value fits a pattern from the platform; also if there is none that could tell for sure."""
    expression = compile_pattern(pattern)
    if expression is None or (not value.isascii() and ASCII_CLASSES.search(pattern)):
        return True
    return expression.fullmatch(value) is not None


@lru_cache(maxsize=128)
def compile_pattern(pattern: str) -> Pattern | None:
    """Compile a pattern from the platform, or return None: empty, too long, unreadable, or too much work.

    RE2 decides in a time that grows with the text alone, so it knows no look-arounds and no back-references.
    """
    if not pattern or len(pattern) > MAX_PATTERN:
        return None
    options = re2.Options()
    options.max_mem, options.log_errors = MAX_PATTERN_BYTES, False
    try:
        return cast(Pattern, re2.compile(pattern, options))
    except (re2.error, ValueError):
        return None
