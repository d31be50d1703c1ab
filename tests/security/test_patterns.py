"""Patterns and texts that are made to keep us busy: what they cost grows with their length, and no faster."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.catalogue import maker_search, shipped_help
from onboarding.catalogue.identifiers import InvalidIdentifier, check
from onboarding.lib.masks import mask
from onboarding.lib.patterns import compile_pattern
from onboarding.models import OnboardingRequest
from onboarding.platform_api import offers, problems, resources, responses
from onboarding.request.masking import scrub, scrub_json, scrub_words
from realto_portal.logs import WithoutSecrets

# Each hangs, or takes minutes, in an engine that goes back and tries again.
EXPENSIVE = [
    "a*a*a*b",
    "a*a*a*a*a*a*a*a*a*a*b",
    "(a+)+$",
    "(a|a)*b",
    "(a|aa)+$",
    "([a-z]+)*1",
    "(.*)*x",
    "(.*a){20}x",
    "(a?){60}a{60}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "(a*)*(a*)*(a*)*b",
    "(?:(?:(?:a*)*)*)*b",
    ".*.*.*.*.*.*.*.*.*=.*",
    "(a{0,30}){0,30}b",
    "(?i)(a|A)*b",
    "(" * 60 + "a" + "*)" * 60,
    "|".join(["a*"] * 66),
]
# Each takes much memory, or is none.
REFUSED = [
    "(a{1000}){1000}",
    "((a{100}){100}){100}",
    "a{100000}",
    "(",
    ")",
    "[a",
    "*",
    "(?=a)a",
    "(?<!a)a",
    r"(a)\1",
    "(?P<",
    "\\",
]

LENGTH = 10_000
TEXTS = {
    "one letter": "a" * LENGTH,
    "a letter and a stop": "a." * (LENGTH // 2),
    "digits": "1" * LENGTH,
    "digits apart": "1 " * (LENGTH // 2),
    "digits far apart": ("1" + " " * 99) * (LENGTH // 100),
    "dots": "." * LENGTH,
    "spaces": " " * LENGTH,
    "dashes": "-" * LENGTH,
    "mails": "a@" * (LENGTH // 2),
    "a mail without end": "a" * 64 + "@" + "b" * LENGTH,
    "a mail of dots": "a" * 64 + "@" + "b." * (LENGTH // 2) + "@",
    "halves of mails": ("a" * 64 + "@" + "b" * 255) * (LENGTH // 320),
    "links": "a://" * (LENGTH // 4),
    "a link without end": "https://" + "b" * LENGTH,
    "links with names": "https://a@" * (LENGTH // 10),
    "schemes": ("a" * 20 + ":/") * (LENGTH // 22),
    "almost tokens": ("a" * 39 + " ") * (LENGTH // 40),
    "almost VINs": ("WA1DMAFE0D000000" + " ") * (LENGTH // 17),
    "long VINs": "WA1DMAFE0D0000000" * (LENGTH // 17),
    "quotes": "'" * LENGTH,
    "braces": "{" * LENGTH,
    "slashes": "/onboarding/" * (LENGTH // 12),
    "secrets in part": "P1000000" * (LENGTH // 8),
    "properties": "properties." * (LENGTH // 11),
    "commas": "," * LENGTH,
    "line breaks": "\n" * LENGTH,
    "accents": "e\u0301" * (LENGTH // 2),
    "camels": "aA" * (LENGTH // 2),
}
ROW = OnboardingRequest(
    contact_email="a@b.example",
    own_reference="1" * 100,
    attributes={"vin": "WA1DMAFE0D0000000", "reference": "P1000000000", "code": "1" * 199 + "2", "x": "a" * 199 + "b"},
)


def checked(name: str) -> Callable[[str], Any]:
    def ask(text: str) -> Any:
        try:
            return check(name, text, manufacturer="Audi")
        except InvalidIdentifier as problem:
            return problem

    return ask


def answer(status: int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        return problems.read_problem({"errors": [{"code": text, "message": text, "field": text}] * 3, "title": text})

    return read


READERS: dict[str, Callable[[str], Any]] = {
    "scrub": lambda text: scrub(text, ROW),
    "scrub_words": lambda text: scrub_words(text, ROW),
    "scrub_json": lambda text: scrub_json({"message": text, text[:300]: [text]}, ROW),
    "logs": lambda text: WithoutSecrets().filter(_record(text)),
    **{name: checked(name) for name in ("vin", "ean", "email", "uuid", "code", "reference", "other")},
    "plain_name": shipped_help.plain_name,
    "search": lambda text: maker_search.search(["Audi", "Tesla"], text),
    "mask": mask,
    "problems": answer(400),
    "resources": lambda text: resources.OnboardingRequest.from_json(
        {"id": "1", "status": text, "created": text, "action": {"redirectLink": text}, "errors": [{"message": text}]}
    ),
    "next page": lambda text: resources.continuation_token({"links": {"next": "?" + text[:3000]}}),
    "offers": lambda text: offers.read_offers([{"type": "EV", "manufacturer": text, "properties": [text]}]),
    "Retry-After": lambda text: responses.retry_after(text, now=0),
}


def _record(text: str) -> Any:
    import logging

    return logging.LogRecord("x", logging.INFO, "", 1, text, (), None)


def seconds_of(do: Callable[[], Any]) -> float:
    """Return the processor time of a call, the best of three: others use this machine too."""

    def once() -> float:
        started = time.thread_time()
        do()
        return time.thread_time() - started

    return min(once() for _try in range(3))


class TestPatternOfThePlatform:
    @pytest.mark.parametrize("pattern", EXPENSIVE)
    def test_decides_at_once_about_the_longest_value(self, pattern: str) -> None:
        expression = compile_pattern(pattern)
        if expression is None:  # too much memory is a way out, too
            return
        assert seconds_of(lambda: expression.fullmatch("a" * 200 + "!")) < 0.05

    @pytest.mark.parametrize("pattern", EXPENSIVE)
    def test_costs_in_proportion_to_the_text(self, pattern: str) -> None:
        expression = compile_pattern(pattern)
        if expression is None:
            return
        short = seconds_of(lambda: expression.fullmatch("a" * 10_000 + "!"))
        long = seconds_of(lambda: expression.fullmatch("a" * 100_000 + "!"))
        assert long < 30 * short + 0.05

    @pytest.mark.parametrize("pattern", REFUSED)
    def test_that_cannot_be_used_is_ignored(self, pattern: str) -> None:
        assert compile_pattern(pattern) is None
        assert check("reference", "P1", pattern=pattern).value == "P1"

    @pytest.mark.parametrize(
        ("pattern", "fits", "does_not"),
        [
            (r"^\d{18}$", "541448820000000008", "54144882000000000"),
            ("[A-HJ-NPR-Z0-9]{17}", "WA1DMAFE0D0000000", "WA1DMAFE0D000000O"),
            ("B2C|B2B", "B2B", "B2BX"),
            (r"P1\d+", "P1000000000", "p1000000000"),
            (r"(?i)p1\d+", "P1000000000", "P2"),
            (r"[^@\s]+@[^@\s]+\.[a-z]{2,}", "a@b.example", "a@b"),
            (r"\w{3}-\w{3}", "abc-123", "abc123"),
        ],
    )
    def test_means_what_it_always_meant(self, pattern: str, fits: str, does_not: str) -> None:
        expression = compile_pattern(pattern)
        assert expression is not None
        assert expression.fullmatch(fits)
        assert not expression.fullmatch(does_not)

    @pytest.mark.parametrize(
        ("pattern", "value"),
        [
            (r"^[\w\s.'-]{2,60}$", "Jörg Müller"),
            (r"^\w+ \w+$", "Zoë Süß"),
            (r"^\bÉ\w+", "Éric"),
            (r"^[^\W\d]+$", "Łódź"),
        ],
    )
    def test_lets_a_name_pass_about_which_engines_differ(self, pattern: str, value: str) -> None:
        assert check("owner", value, pattern=pattern).value == value

    @pytest.mark.parametrize(("pattern", "value"), [(r"^[a-z]+$", "jörg"), (r"^\\w+$", "jörg"), (r"^\d+$", "a")])
    def test_still_refuses_what_no_engine_takes(self, pattern: str, value: str) -> None:
        with pytest.raises(InvalidIdentifier):
            check("owner", value, pattern=pattern)

    def test_takes_little_memory_however_many_there_are(self) -> None:
        compile_pattern.cache_clear()
        for number in range(2000):
            compile_pattern(f"(a{{1,50}}b?){{1,10}}{number}")
        assert compile_pattern.cache_info().currsize <= 128


class TestOurOwnPatterns:
    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    @pytest.mark.parametrize("read", READERS.values(), ids=READERS)
    def test_cost_in_proportion_to_a_foreign_text(self, read: Callable[[str], Any], text: str) -> None:
        """Compare with a tenth of the text: twice quadratic would be 100 times as long."""
        whole = seconds_of(lambda: read(text))
        assert whole < 0.5
        if whole > 0.02:
            assert whole < 30 * seconds_of(lambda: read(text[: len(text) // 10]))
