"""CSV as spreadsheets take it: in their encoding, and never a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

# A spreadsheet that opens a file takes what begins with one of these for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"  # or Excel takes it for another encoding


def defused(text: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(lines: Iterable[Sequence[str]]) -> str:
    """Write lines for a spreadsheet, each cell defused."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(map(defused, line) for line in lines)
    return BYTE_ORDER_MARK + file.getvalue()
