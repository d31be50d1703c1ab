"""How `onboarding/consent/fonts/UnknownLetter.ttf` is made: one sign, a question mark in a frame, for every letter.

It comes last, so that a letter of an alphabet that no other font has is a sign that says so, and still a letter when
the text is copied or read aloud. Run it after a change: `python -m tests.onboarding.consent.unknown_letter`.
"""

from io import BytesIO
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

FILE = Path("onboarding/consent/fonts/UnknownLetter.ttf")
NAME = "Unknown Letter"
EVERY_LETTER = (*range(0xD800), *range(0xE000, 0x110000))
WIDTH, ASCENT, DESCENT = 620, 1069, 293  # beside Noto Sans
# Left, bottom, right and top of the bars that it is drawn with: the frame, the hook of the question mark, its dot.
BARS = [
    *((60, 0, 560, 45), (60, 669, 560, 714), (60, 45, 105, 669), (515, 45, 560, 669)),
    *((200, 520, 420, 580), (360, 400, 420, 520), (280, 340, 420, 400), (280, 240, 340, 340), (280, 130, 340, 190)),
]


def build() -> bytes:
    """Make the font; the same bytes every time."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "unknown"])
    builder.setupCharacterMap({})
    builder.font["cmap"].tables = [letters()]
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "unknown": drawing()})
    builder.setupHorizontalMetrics({".notdef": (WIDTH, 0), "unknown": (WIDTH, 60)})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=-DESCENT)
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=-DESCENT, usWinAscent=ASCENT, usWinDescent=DESCENT)
    names = {"familyName": NAME, "styleName": "Regular", "fullName": NAME, "psName": "UnknownLetter"}
    builder.setupNameTable(names)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    file = BytesIO()
    builder.save(file)
    return file.getvalue()


def drawing() -> object:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in BARS:
        pen.moveTo((left, bottom))
        for corner in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def letters() -> CmapSubtable:
    """Map every letter to the one sign: "many to one" is format 13."""
    table = CmapSubtable.newSubtable(13)
    table.platformID, table.platEncID, table.format, table.language, table.reserved = 3, 10, 13, 0, 0
    table.cmap = dict.fromkeys(EVERY_LETTER, "unknown")
    return table


if __name__ == "__main__":
    FILE.write_bytes(build())
