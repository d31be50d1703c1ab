"""Finds makers by what people type. Pure: names in, names out.

What is called so comes first, and alone. Only when nothing is, names that come near are found, and marked as that.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from math import ceil

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from onboarding.lib.folding import LONGEST_NAME, searchable

from .makers import ALIASES, SISTERS

MOST_NEAR = 5
MOST_WORDS = 8
# A whole alias may be short ("VW"); the beginning of one says too little before.
ENOUGH_TO_BEGIN = 3
ENOUGH_FOR_MISTAKES = 3
# Of ten letters, three may be wrong; of three, one. Measured: tests/onboarding/catalogue/test_maker_search.py.
NEAR = 0.66
# A list for each type, for as long as the platform's copy stays the same.
MOST_LISTS = 16

# Makers by a spelling, as their places in a list of names.
type _Places = dict[str, list[int]]


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
    called, words = _called(tuple(names)), _words(typed)
    found = called.so(wanted) or called.in_words(words)
    near = [] if found else called.nearly([wanted, *words[:1]])
    return Found(found or near, is_near=bool(near))


class _Called:
    """What makers are called, made ready once for each list, which may be very long and is asked by each keystroke."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names, self.own = names, [searchable(name) for name in names]
        self.aliases = {place: found for place, own in enumerate(self.own) if (found := ALIASES.get(own))}
        self.places = self._places()
        self.sisters = self._sisters()
        self.by_length = defaultdict[int, list[str]](list)
        for name in {**self.places, **self.sisters}:
            self.by_length[len(name)].append(name)
        # All names in one text: to look into that takes a tenth of looking into each.
        self.text = "\n".join(self.own)
        self.ends = list(accumulate(len(own) + 1 for own in self.own))

    def so(self, wanted: str) -> list[str]:
        """List who is called exactly so, then who begins so, whose alias does, and who has it inside."""
        inside = list(self._inside(wanted))
        begin = [place for place in inside if self.own[place].startswith(wanted)]
        return self._at(self.places.get(wanted, ()), begin, self._by_alias(wanted), inside)

    def in_words(self, words: list[str]) -> list[str]:
        """List of whom a whole name stands among the words: "SMA solar", "my VW Golf"."""
        runs = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
        return self._at(sorted(place for run in runs for place in self.places.get(run, ())))

    def nearly(self, words: list[str]) -> list[str]:
        """List to whom a typing mistake, or a sister that is not offered, leads; the nearest first."""
        typed = dict.fromkeys(word for word in words if len(word) >= ENOUGH_FOR_MISTAKES)
        hits = sorted(chain(*map(self._near, typed)), key=lambda hit: -hit[1])
        return self._at(*(self.places.get(name) or self.sisters[name] for name, _score, _index in hits))

    def _near(self, word: str) -> list[tuple[str, float, int]]:
        """Find what a word comes near; what is too short or too long for that is not even looked at."""
        lengths = range(max(ENOUGH_FOR_MISTAKES, ceil(len(word) * NEAR)), int(len(word) / NEAR) + 1)
        names = list(chain(*(self.by_length.get(length, ()) for length in lengths)))
        return extract(word, names, scorer=OSA.normalized_similarity, score_cutoff=NEAR, limit=MOST_NEAR)

    def _inside(self, wanted: str) -> Iterator[int]:
        at = self.text.find(wanted)
        while at >= 0:
            place = bisect_right(self.ends, at)
            yield place
            at = self.text.find(wanted, self.ends[place])

    def _at(self, *places: Iterable[int]) -> list[str]:
        return [self.names[place] for place in dict.fromkeys(chain(*places))]

    def _by_alias(self, wanted: str) -> list[int]:
        if len(wanted) < ENOUGH_TO_BEGIN:
            return []
        return [place for place, names in self.aliases.items() if any(name.startswith(wanted) for name in names)]

    def _places(self) -> _Places:
        places = defaultdict[str, list[int]](list)
        for place, own in enumerate(self.own):
            for name in {own, *self.aliases.get(place, ())}:
                places[name].append(place)
        return dict(places)

    def _sisters(self) -> _Places:
        """Give for the makers that are not offered their sisters that are."""
        sisters = defaultdict[str, list[int]](list)
        for place, own in enumerate(self.own):
            for name in SISTERS.get(own, ()):
                if name not in self.places:
                    sisters[name].append(place)
        return dict(sisters)


_called = lru_cache(maxsize=MOST_LISTS)(_Called)


def _words(typed: str) -> list[str]:
    return [word for part in re.split(r"[\s,/-]+", typed) if (word := searchable(part))][:MOST_WORDS]
