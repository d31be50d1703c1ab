"""A receipt as PDF: one document that can be kept, printed and sent, with its fonts in it."""

import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from onboarding.branding.brand import Look

from .document import Document
from .receipts import Receipt

INK, MUTED, LINE = HexColor("#17231f"), HexColor("#404f4a"), HexColor("#e0dbce")
FONTS = Path(reportlab.__file__).parent / "fonts"
TEXT = ParagraphStyle("text", fontName="Vera", fontSize=9, leading=13, textColor=INK, spaceAfter=3)
SMALL = ParagraphStyle("small", TEXT, fontSize=7.5, leading=11.5, textColor=MUTED, spaceAfter=0)
STRONG = ParagraphStyle("strong", TEXT, fontName="VeraBd", spaceAfter=0)
HEADING = ParagraphStyle("heading", TEXT, fontName="VeraBd", spaceBefore=6, spaceAfter=1)
SECTION = ParagraphStyle("section", TEXT, fontName="VeraBd", fontSize=12, leading=16, spaceBefore=14, spaceAfter=6)
TITLE = ParagraphStyle("title", TEXT, fontName="VeraBd", fontSize=20, leading=25, spaceAfter=6)
TABLE = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


def receipt_pdf(receipt: Receipt, *, look: Look) -> bytes:
    """Lay a receipt out on A4. The same receipt and brand give the same bytes."""
    load_fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=16 * mm,
        bottomMargin=14 * mm,
        title=receipt.title,
        author=look.name,
        lang=receipt.language,
        invariant=True,
    )
    document.build(flowables(receipt, look))
    return file.getvalue()


def flowables(receipt: Receipt, look: Look) -> list[Flowable]:
    return [
        Paragraph(plain(look.name), SMALL),
        Spacer(1, 6),
        Paragraph(plain(receipt.title), ParagraphStyle("titled", TITLE, textColor=HexColor(look.accent))),
        Paragraph(plain(receipt.sentence), TEXT),
        Spacer(1, 8),
        table(receipt.facts, STRONG),
        Paragraph(plain(receipt.words_title), SECTION),
        *paragraphs(receipt.words),
        Spacer(1, 12),
        HRFlowable(width="100%", color=LINE),
        Spacer(1, 6),
        KeepTogether(table(receipt.proof, SMALL)),
    ]


def paragraphs(words: Document) -> Iterator[Paragraph]:
    for section in words.sections:
        if section.heading is not None:
            yield Paragraph(plain(section.heading), HEADING)
        yield from (Paragraph(plain(text), TEXT) for text in section.paragraphs)
    if words.statement is not None:
        yield Paragraph(plain(words.statement), TEXT)


def table(rows: list[tuple[str, str]], style: ParagraphStyle) -> Table:
    cells = [[Paragraph(plain(name), SMALL), Paragraph(plain(value), style)] for name, value in rows]
    return Table(cells, colWidths=[56 * mm, None], style=TABLE, hAlign="LEFT")


def plain(text: str) -> str:
    """Make text safe for a paragraph; a letter that the font lacks loses its accent rather than its place."""
    known = pdfmetrics.getFont("Vera").face.charToGlyph
    letters = [letter if ord(letter) in known or letter == "\n" else _without_accent(letter) for letter in text]
    return escape("".join(letters)).replace("\n", "<br/>")


def _without_accent(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter)[0]


@cache
def load_fonts() -> None:
    pdfmetrics.registerFont(TTFont("Vera", FONTS / "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("VeraBd", FONTS / "VeraBd.ttf"))
