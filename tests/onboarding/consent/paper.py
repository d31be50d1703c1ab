"""What is on a PDF: every text with its place in the structure, as a screen reader finds it, and every sign drawn.

A text is told from the left to the right, line by line. That is the order in which most alphabets are read; where one
is read from the right, a test says what it expects from the left.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

SAME_LINE = 5  # points; a mark above its letter is drawn that much higher at most
# Elements that say how a text looks or which languages it has; those around them say what it is.
INLINE = {"/Span", "/Strong", "/Em", "/Lang"}


@dataclass(frozen=True)
class Sign:
    """One sign drawn: the letters it stands for, and where."""

    page: int
    mark: int | None
    x: float
    y: float
    text: str
    font: str
    is_missing: bool


@dataclass
class Block:
    """One element of the structure that holds text."""

    role: str
    language: str
    signs: list[Sign] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(sign.text for line in self.lines for sign in line)

    @property
    def lines(self) -> list[list[Sign]]:
        found: list[list[Sign]] = []
        for sign in sorted(self.signs, key=lambda sign: (sign.page, -sign.y)):
            last = found[-1][0] if found else None
            if last and last.page == sign.page and last.y - sign.y < SAME_LINE:
                found[-1].append(sign)
            else:
                found.append([sign])
        return [sorted(line, key=lambda sign: sign.x) for line in found]


class Paper:
    def __init__(self, file: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(file))
        self.root: Any = self.reader.trailer["/Root"]

    @cached_property
    def signs(self) -> list[Sign]:
        return [sign for number in range(len(self.reader.pages)) for sign in self._signs_on(number)]

    @cached_property
    def _marked(self) -> dict[tuple[int, int | None], list[Sign]]:
        found: dict[tuple[int, int | None], list[Sign]] = {}
        for sign in self.signs:
            found.setdefault((sign.page, sign.mark), []).append(sign)
        return found

    @cached_property
    def blocks(self) -> list[Block]:
        """Every element that holds text, in the order in which it is read."""
        found: list[Block] = []
        self._walk(self.root["/StructTreeRoot"], self.root["/Lang"], found)
        return [block for block in found if block.signs]

    def texts(self, role: str) -> list[str]:
        return [block.text for block in self.blocks if block.role == role]

    @property
    def facts(self) -> dict[str, str]:
        """What its lists say: names and values."""
        return dict(zip(self.texts("/Lbl"), self.texts("/LBody"), strict=True))

    @property
    def words(self) -> str:
        """The words that were agreed to: what stands between their title and the proof."""
        roles = [block.role for block in self.blocks]
        first = roles.index("/H1") + 1
        return "\n\n".join(block.text for block in self.blocks[first : roles.index("/Lbl", first)])

    def _walk(self, element: Any, language: str, found: list[Block]) -> None:
        language = element.get("/Lang", language)
        if element.get("/S", "/StructTreeRoot") not in INLINE:
            found.append(Block(element.get("/S", "/StructTreeRoot"), language))
        block = found[-1]
        for kid in _listed(element.get("/K", [])):
            if isinstance(kid, DictionaryObject) and "/MCID" not in kid:
                self._walk(kid, language, found)
            else:
                mark, page = (kid["/MCID"], kid.get("/Pg")) if isinstance(kid, DictionaryObject) else (kid, None)
                number = self.reader.get_page_number(page or element["/Pg"])
                block.signs += self._marked.get((number, mark), [])

    def _signs_on(self, number: int) -> Iterator[Sign]:
        page: Any = self.reader.pages[number]
        fonts = {name: Font(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
        pen = Pen(number, fonts)
        for operands, operator in ContentStream(page["/Contents"], self.reader).operations:
            pen.do(operator.decode(), operands)
        # Letters that were given to several signs at once stand where the first of them does.
        for actual, group in groupby(pen.drawn, key=lambda drawn: drawn[0]):
            signs = [sign for _actual, sign in group]
            yield from signs if actual is None else _spoken(actual[1], signs)


class Pen:
    """Follows what a page draws, as far as it is text."""

    def __init__(self, page: int, fonts: dict[str, Font]) -> None:
        self.page, self.fonts = page, fonts
        self.marks: list[tuple[int | None, tuple[int, str] | None]] = [(None, None)]
        self.places: list[tuple[float, float]] = [(0, 0)]
        self.font: Font | None = None
        self.x = self.y = 0.0
        self.drawn: list[tuple[tuple[int, str] | None, Sign]] = []

    def do(self, operator: str, operands: list[Any]) -> None:
        match operator:
            case "BDC" | "BMC":
                self._mark(operands[1] if len(operands) > 1 else {})
            case "EMC":
                self.marks.pop()
            case "q" | "Q" | "cm":
                self._move(operator, operands)
            case "Tm":
                self.x, self.y = float(operands[4]), float(operands[5])
            case "Tf":
                self.font = self.fonts[operands[0]]
            case "Tj" | "TJ":
                self._draw(operands[0] if operator == "TJ" else operands)

    def _move(self, operator: str, operands: list[Any]) -> None:
        x, y = self.places.pop()
        if operator == "q":
            self.places += [(x, y), (x, y)]
        if operator == "cm":
            self.places.append((x + float(operands[4]), y + float(operands[5])))

    def _mark(self, said: Any) -> None:
        mark, actual = self.marks[-1]
        if "/ActualText" in said:
            actual = (len(self.drawn), said["/ActualText"])
        self.marks.append((said.get("/MCID", mark), actual))

    def _draw(self, strings: list[Any]) -> None:
        assert self.font, "a font comes first"
        (mark, actual), (left, bottom) = self.marks[-1], self.places[-1]
        codes = [code for string in strings if hasattr(string, "original_bytes") for code in _codes(string)]
        for place, code in enumerate(codes):
            # Signs of one string stand one after the other, whatever their widths.
            x, y = left + self.x + place / 1000, bottom - self.y
            self.drawn.append(
                (actual, Sign(self.page, mark, x, y, self.font.letters.get(code, ""), self.font.name, code == 0))
            )


class Font:
    """A font in a PDF, and the letters that its signs stand for."""

    def __init__(self, font: Any) -> None:
        self.name = str(font["/BaseFont"]).split("+")[-1]
        said = font["/ToUnicode"].get_data().decode()
        pairs = re.findall(r"^<([0-9A-F]{4})> <([0-9A-F]+)>$", said, re.MULTILINE)
        self.letters = {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


def _spoken(text: str, signs: list[Sign]) -> list[Sign]:
    return [replace(signs[0], text=text, is_missing=any(sign.is_missing for sign in signs))]


def _codes(string: Any) -> list[int]:
    data = string.original_bytes
    return [int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2)]


def _listed(kids: Any) -> list[Any]:
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    return [kid.get_object() for kid in kids] if isinstance(kids, list) else [kids]
