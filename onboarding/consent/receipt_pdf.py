"""A receipt as PDF: to be kept, printed, sent, and read aloud, with its fonts in it."""

import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import typst

from onboarding.branding.brand import Look

from .receipts import Receipt

TEMPLATE = Path(__file__).parent / "receipt.typ"
FONTS = Path(__file__).parent / "fonts"
# Half a letter: no document can hold one.
SURROGATE = re.compile("[\ud800-\udfff]")


def receipt_pdf(receipt: Receipt, *, look: Look) -> bytes:
    """Lay a receipt out on A4, as PDF/UA-1. The same receipt and brand give the same bytes."""
    said = asdict(receipt) | {"brand": look.name, "accent": look.accent}
    return typst.compile(
        TEMPLATE,
        format="pdf",
        pdf_standards=["ua-1"],
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"receipt": SURROGATE.sub("\ufffd", json.dumps(said, ensure_ascii=False))},
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
