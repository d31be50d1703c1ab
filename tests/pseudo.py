"""A language that only tests speak: each message in brackets, in letters with accents, and 40 % longer.

What is on a page without brackets does not come from a catalogue; what does not fit would not fit in German either.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

# It takes the place of this one, so that nothing else has to know about it.
LANGUAGE = "nl"
KEPT = re.compile(r"(%\(\w+\)[a-z]|%[a-z]|%%|\{\w+\}|<[^>]+>|&\w+;)")
PLAIN = "AaBbCcDdEeGgIiLlNnOoRrSsTtUuYyZz"
ACCENTED = "ÅåßƀÇçÐðÉéĞğÎîĻļÑñÖöŔŕŠšŢţÛûÝýŽž"
LETTERS = str.maketrans(PLAIN, ACCENTED)
LONGER = 0.4


def pseudo(text: str) -> str:
    """Write a message in that language; placeholders, tags and the spaces at its ends stay."""
    core = text.strip()
    parts = KEPT.split(core)
    spoken = "".join(part if number % 2 else part.translate(LETTERS) for number, part in enumerate(parts))
    visible = sum(len(part) for part in parts[::2])
    start = text.index(core)
    return f"{text[:start]}[{spoken}{padding(math.ceil(LONGER * visible))}]{text[start + len(core) :]}"


def padding(count: int) -> str:
    """Fill up with words of at most eight dots, the first of them as the end of the last word."""
    dots = "·" * count
    return " ".join(dots[start : start + 8] for start in range(0, count, 8))


def for_customers(message: Message) -> bool:
    """Tell whether customers read a message, by the files that `locale/customers` names."""
    patterns = (Path(settings.BASE_DIR) / "locale" / "customers").read_text().split()
    return any(PurePosixPath(file).full_match(pattern) for file, _line in message.locations for pattern in patterns)


def write_catalogue(folder: Path, *, is_wanted: Callable[[Message], bool] = bool) -> Path:
    """Write the compiled catalogue of that language. Returns the folder that LOCALE_PATHS has to name."""
    source = Path(settings.BASE_DIR) / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
    with source.open("rb") as file:
        known = read_po(file, locale=LANGUAGE)
    spoken = Catalog(locale=LANGUAGE)
    for message in filter(is_wanted, known):
        if isinstance(message.id, tuple):
            spoken.add(message.id, tuple(map(pseudo, message.id)), context=message.context)
        elif message.id:
            spoken.add(message.id, pseudo(message.id), context=message.context)
    target = folder / LANGUAGE / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, spoken)
    return folder
