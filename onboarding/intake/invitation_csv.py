"""Reading a CSV of invitations as people really have it: from any spreadsheet, in any of its encodings."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from onboarding.catalogue.catalogue import Catalogue
from onboarding.lib.folding import searchable

from .device_form import ANSWER
from .entry_links import MOST_CHARACTERS, USUAL
from .invite_form import InviteForm

MOST_ROWS = 10_000
# What Django keeps in memory: a larger upload would lie on a disk, unsealed, for a moment.
MOST_BYTES = 2_500_000
MOST_COLUMNS = 40
# What a file may say of each customer besides the answers about the device.
COLUMNS = (
    *("type", "manufacturer", "contact_email", "language", "own_reference"),
    *("tenant_id", "collective_id", "owner_id", "return_address"),
)
# How a customer is spoken to and where they go next: it makes nobody else of them.
HOW = ("language", "return_address")
BETWEEN = re.compile(r"[\s-]")  # what people put into a long number
SEPARATORS = (";", ",", "\t", "|")
# How Excel is told its separator; who saved it anew may have put quotes around that.
MARKED = re.compile(r'(?:sep=([^"\r\n])|"sep=([^"\r\n])")(?:\r\n|\r|\n)', re.IGNORECASE)
# What a spreadsheet makes of a long number, for good: 5.41449E+17.
SHORTENED = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A customer, as the file has them: values by column, and what is wrong with the line itself."""

    number: int
    values: Mapping[str, str]
    remarks: tuple[tuple[str, str], ...] = ()


def read_lines(content: bytes, catalogue: Catalogue) -> list[Line]:
    """Read a file of invitations.

    Raises: ValidationError with a sentence for the person who uploads it.
    """
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 2.5 MB. Please split it."))
    text = decoded(content)
    marked = MARKED.match(text)
    skipped = 1 if marked else 0
    text = text[marked.end() :] if marked else text
    separator = marked[1] or marked[2] if marked else separator_of(text)
    try:
        table = list(_numbered(text, separator, skipped))
    except csv.Error as problem:
        raise ValidationError(_("This file cannot be read as CSV. Save it anew as “CSV UTF-8”.")) from problem
    if not table:
        raise ValidationError(_("The file is empty."))
    names = column_names(table[0][1], catalogue.attribute_names | USUAL)
    lines = [_line(number, names, cells) for number, cells in table[1:]]
    if not lines:
        raise ValidationError(_("Below its first row, the file is empty."))
    if len(lines) > MOST_ROWS:
        words = _("The file has more than %(most)s rows. Please split it.")
        raise ValidationError(words % {"most": number_format(MOST_ROWS, force_grouping=True)})
    return list(_without_repeats(lines))


def decoded(content: bytes) -> str:
    """Decode what spreadsheets write: UTF-8 with or without its mark, UTF-16 with one, or the Western code page.

    Raises: ValidationError.
    """
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValidationError(_("This file cannot be read as CSV. Save it anew as “CSV UTF-8”."))


def separator_of(text: str) -> str:
    """Return what stands between the columns: what the first row has most of."""
    head = text.lstrip("\r\n").partition("\n")[0]
    return max(SEPARATORS, key=head.count)


def column_names(head: Sequence[str], attributes: Set[str]) -> list[str]:
    """Name the columns as our fields are named; people may write the platform's name, or the field's on the page.

    Raises: ValidationError when one is not known, or stands there twice.
    """
    known = {searchable(name): name for name in attributes - {*COLUMNS}}
    known |= {searchable(str(InviteForm.base_fields[name].label)): name for name in COLUMNS}
    known |= {searchable(name): name for name in COLUMNS}
    names = [known.get(searchable(cell), "") for cell in head]
    if len(names) > MOST_COLUMNS or "" in names:
        unknown = next((cell for cell, name in zip(head, names, strict=True) if not name), "")[:60]
        raise ValidationError(
            _("There is no column “%(name)s”. The page lists those that there are.") % {"name": unknown}
        )
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValidationError(_("The column “%(name)s” stands there twice.") % {"name": twice})
    return [name if name in COLUMNS else ANSWER + name for name in names]


def column_of(field: str) -> str:
    """Return how a column is called whose field this is."""
    return field.removeprefix(ANSWER)


def _numbered(text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that say anything, with the numbers that a spreadsheet has beside them."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for number, cells in enumerate(rows, skipped + 1):
        trimmed = [cell.strip() for cell in cells]
        while trimmed and not trimmed[-1]:
            trimmed.pop()
        if trimmed:
            yield number, trimmed


def _line(number: int, names: list[str], cells: list[str]) -> Line:
    values = {name: cell[: 2 * MOST_CHARACTERS] for name, cell in zip(names, cells, strict=False) if cell}
    remarks = [
        (column_of(name), _("A spreadsheet shortened this number. Format the column as text, and enter it anew."))
        for name, cell in values.items()
        if SHORTENED.fullmatch(cell)
    ]
    if len(cells) > len(names):
        remarks.append(("", _("This row has more cells than there are columns.")))
    return Line(number, values, tuple(remarks))


def _without_repeats(lines: list[Line]) -> Iterator[Line]:
    """Say of each row that repeats an earlier one which that is."""
    first: dict[str, int] = {}
    for line in lines:
        before = first.setdefault(mark_of(line.values), line.number)
        if before == line.number:
            yield line
        else:
            words = _("This is the same as row %(number)s.") % {"number": before}
            yield Line(line.number, line.values, (*line.remarks, ("", words)))


def mark_of(values: Mapping[str, str]) -> str:
    """Fold what a row says, so that the same customer and device come out the same, however they are written."""
    return "\n".join(f"{name}={_folded(name, value)}" for name, value in sorted(values.items()) if name not in HOW)


def _folded(name: str, value: str) -> str:
    return (BETWEEN.sub("", value) if name.startswith(ANSWER) else value).casefold()
