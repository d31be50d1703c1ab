"""Finds makers by what people type. Pure: names in, names out.

What is called so comes first, and alone. Only when nothing is, names that come near are found, and marked as that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from onboarding.lib.folding import LONGEST_NAME, searchable

from .makers import ALIASES, SISTERS

NOWHERE = 4
MOST_NEAR = 5
MOST_WORDS = 8
# A whole alias may be short ("VW"); the beginning of one says too little before.
ENOUGH_TO_BEGIN = 3
ENOUGH_FOR_MISTAKES = 3
# Of ten letters, three may be wrong; of three, one. Measured: tests/onboarding/catalogue/test_maker_search.py.
NEAR = 0.66


@dataclass(frozen=True)
class Found:
    names: list[str]
    is_near: bool = False


def search(names: Iterable[str], query: str) -> Found:
    """Find what is called as somebody typed, in words, part or alias, or else what comes near; all, for no letters."""
    typed = query[:LONGEST_NAME]
    wanted = searchable(typed)
    if not wanted:
        return Found(list(names))
    called = {name: _called(name) for name in names}
    found = _called_so(called, wanted) or _spoken_of(called, typed)
    near = [] if found else _near(called, typed)
    return Found(found or near, is_near=bool(near))


# What makers are called, by the platform's name for them: its own spelling first, all searchable.
type _Called = dict[str, tuple[str, ...]]


def _called(name: str) -> tuple[str, ...]:
    own = searchable(name)
    return (own, *(alias for alias in ALIASES.get(own, ()) if alias != own))


def _called_so(called: _Called, wanted: str) -> list[str]:
    places = {name: _place(spellings, wanted) for name, spellings in called.items()}
    return sorted((name for name in called if places[name] < NOWHERE), key=lambda name: places[name])


def _place(spellings: tuple[str, ...], wanted: str) -> int:
    """Say how far up a maker belongs, 0 on top, or NOWHERE when it is not called so at all."""
    own, *aliases = spellings
    begins = len(wanted) >= ENOUGH_TO_BEGIN and any(alias.startswith(wanted) for alias in aliases)
    return (wanted in spellings, own.startswith(wanted), begins, wanted in own, True).index(True)


def _spoken_of(called: _Called, typed: str) -> list[str]:
    """List the makers of which a whole name stands among the words: "SMA solar", "my VW Golf"."""
    words = _words(typed)
    runs = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    return [name for name, spellings in called.items() if not runs.isdisjoint(spellings)]


def _near(called: _Called, typed: str) -> list[str]:
    """List the makers that a typing mistake, or a sister that is not offered, leads to; the nearest first."""
    offered = {spellings[0] for spellings in called.values()}
    choices = {
        (name, spelling): spelling
        for name, (own, *aliases) in called.items()
        for spelling in (own, *aliases, *(set(SISTERS.get(own, ())) - offered))
        if len(spelling) >= ENOUGH_FOR_MISTAKES
    }
    words = [word for word in (searchable(typed), *_words(typed)[:1]) if len(word) >= ENOUGH_FOR_MISTAKES]
    score = OSA.normalized_similarity
    near = [hit for word in words for hit in extract(word, choices, scorer=score, score_cutoff=NEAR, limit=MOST_NEAR)]
    return list(dict.fromkeys(name for _spelling, _score, (name, _same) in sorted(near, key=lambda hit: -hit[1])))


def _words(typed: str) -> list[str]:
    return [word for part in re.split(r"[\s,/-]+", typed) if (word := searchable(part))][:MOST_WORDS]
