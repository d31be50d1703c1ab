"""A platform with so many manufacturers of cars: `python -m benchmarks.many_makers COUNT` puts them into our copy."""

import os
import random
import sys
from collections.abc import Iterator
from itertools import islice

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.utils import timezone

from onboarding.models import CatalogueSnapshot

SYLLABLES = ["ba", "cor", "da", "el", "fi", "gra", "hu", "ion", "ka", "lé", "mo", "nü", "or", "pa", "rö", "ta", "vi"]
PATTERN = "[A-HJ-NPR-Z0-9]{17}"


def fill(count: int) -> None:
    """Replace what can be connected by so many manufacturers, the first of them Audi."""
    names = sorted(islice(unique(words(random.Random(count))), count - 1))
    vin = [{"name": "vin", "description": "Vehicle identification number, 17 characters.", "pattern": PATTERN}]
    offers = [{"type": "EV", "manufacturer": name, "attributes": vin} for name in ("Audi", *names)]
    CatalogueSnapshot.objects.update(offers=offers, fetched_at=timezone.now())


def words(chance: random.Random) -> Iterator[str]:
    """Give names of four to fifteen letters, some of them again and again."""
    while True:
        yield "".join(chance.choices(SYLLABLES, k=chance.randint(2, 5))).title()


def unique(names: Iterator[str]) -> Iterator[str]:
    seen = set[str]()
    for name in names:
        if name not in seen:
            seen.add(name)
            yield name


if __name__ == "__main__":
    fill(int(sys.argv[1]))
