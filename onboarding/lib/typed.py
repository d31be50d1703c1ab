"""What people type and paste, read as it was meant: from PDF bills, apps and chats, with any keyboard. Pure.

Everything is `clean`ed; what was read off a device or a bill is `read_off`, its letters as they are usually written and
nothing around it; a number is found behind its words by `number_in`.
"""

import re
import unicodedata

from .folding import ascii_upper

# So many words of a bill are looked behind.
MOST_WORDS = 8
# What bills, apps and keyboards write for a dash; what nobody sees (Unicode's Default_Ignorable_Code_Point, and the
# empty cell of Braille); what stands around a value that was copied with its sentence, a bracket with its partner.
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
BRACKETS = ("()", "[]", "{}", "<>")
QUOTES = "\"'`\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
# Cyrillic and Greek letters that are drawn like Latin ones.
LATIN_TWINS = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXo",
)
ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")


def clean(value: str) -> str:
    """Trim; write digits as 0-9, dashes as "-", a run of spaces as one; drop control characters and what is unseen."""
    seen = DASHES.sub("-", UNSEEN.sub("", unicodedata.normalize("NFC", value)))
    text = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C").split())


def read_off(value: str) -> str:
    """Clean what was read off a device or a bill: letters as they are usually written, without what stands around."""
    text = _as_usual(clean(value))
    while (bare := _without_sign(text.strip().rstrip(".,; "))) != text:
        text = bare
    return text


def compact(value: str) -> str:
    """Drop the spaces, dashes and dots between groups, and write ASCII letters in capitals."""
    text = _as_usual(clean(value))
    return ascii_upper("".join(c for c in text if c not in " .\N{MINUS SIGN}" and unicodedata.category(c) != "Pd"))


def number_in(value: str, form: str) -> str:
    """Find a number of this form between the words that it was copied with, compact; else all of what was typed.

    Words have no digits. What a bar code has around it, asterisks and an I, is no part of a number.
    """
    text = read_off(value).strip("*")
    words = re.split(r"[\s:#]+", text)
    numbers = [at for at, word in enumerate(words) if any(c.isdecimal() for c in word)]
    if not numbers:
        return compact(text)
    starts, ends = range(min(numbers[0], MOST_WORDS) + 1), {len(words): None, numbers[-1] + 1: None}
    candidates = (compact(" ".join(words[start:end])) for end in ends for start in starts)
    return next((found for found in candidates if re.fullmatch(form, found)), compact(text))


def _as_usual(text: str) -> str:
    """Write letters as they usually are (NFKC), but not those that would become others: a small raised 2 is no 2."""
    return unicodedata.normalize(
        "NFC", "".join(c if _is_its_own(c) else unicodedata.normalize("NFKC", c) for c in text)
    )


def _is_its_own(letter: str) -> bool:
    """Tell whether it is raised, lowered, a fraction, or an accent by itself, which would go to the letter before."""
    kind, _space, form = unicodedata.decomposition(letter).partition(" ")
    return kind in {"<super>", "<sub>", "<fraction>"} or (kind == "<compat>" and form.startswith("0020 "))


def _without_sign(text: str) -> str:
    """Take off a bracket or a quote at an end, or the pair around it all, but no part of a pair that is inside."""
    first, last = _alike(text[:1]), _alike(text[-1:])
    if len(text) > 1 and first and first == last and not any(c in first for c in text[1:-1]):
        return text[1:-1]
    if first and not any(c in first for c in text[1:]):
        return text[1:]
    return text[:-1] if last and not any(c in last for c in text[:-1]) else text


def _alike(sign: str) -> str:
    """Return the kind of bracket or quote that a sign is of; nothing for any other."""
    return next((kind for kind in (*BRACKETS, QUOTES) if sign and sign in kind), "")


def as_latin(text: str) -> str:
    """Write Cyrillic and Greek letters as the Latin ones that look the same; others stay."""
    return text.translate(LATIN_TWINS)


def as_latin_capitals(text: str) -> str:
    """Do so for a text in capitals, small Cyrillic and Greek letters included."""
    return "".join(c if as_latin(c.upper()) == c.upper() else as_latin(c.upper()) for c in text)


def alphabets_in(text: str) -> set[str]:
    """Return which of Latin, Cyrillic and Greek the letters of a text are of."""
    return {name for c in text if c.isalpha() and (name := unicodedata.name(c, "").partition(" ")[0]) in ALPHABETS}
