"""A consent text as people read it: sections of paragraphs under headings, and the sentence beside the box. Pure.

What is stored, hashed and proved are the exact words, as flat text. Pages, receipts and evidence show the sections.
These are found again by the shape of the text that the words were made of; nothing is guessed from how a line looks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

# Between headings, paragraphs and the last sentence of the exact words. No paragraph holds it.
BREAK = "\n\n"


@dataclass(frozen=True)
class Section:
    heading: str | None
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return BREAK.join(self.paragraphs)


@dataclass(frozen=True)
class Document:
    sections: tuple[Section, ...]
    statement: str | None = None

    @cached_property
    def words(self) -> str:
        """The exact words, as plain text: headings, paragraphs and the sentence beside the box."""
        return BREAK.join(self.blocks)

    @property
    def blocks(self) -> Iterator[str]:
        """Every heading, paragraph and sentence, in the order in which they are read."""
        for section in self.sections:
            yield from (text for text in (section.heading, *section.paragraphs) if text is not None)
        if self.statement is not None:
            yield self.statement


def paragraphs_of(text: str) -> tuple[str, ...]:
    return tuple(paragraph.strip() for paragraph in text.split(BREAK))


def read(words: str, lengths: Sequence[int]) -> Document:
    """Find the sections in exact words: each is a heading and so many paragraphs, and one sentence is left in the end.

    Words of another shape are one section without a heading, whose paragraphs are all of them.
    """
    blocks = words.split(BREAK)
    if len(blocks) != sum(lengths) + len(lengths) + 1:
        return Document((Section(None, tuple(blocks)),))
    left = iter(blocks)
    sections = tuple(Section(next(left), tuple(islice(left, length))) for length in lengths)
    return Document(sections, statement=next(left))
