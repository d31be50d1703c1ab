"""Uploads that mean harm: whatever the file, it is drawn safely or refused in words, in bounded time and memory."""

import io
import random
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from onboarding.branding.image_upload import Picture, read_logo
from onboarding.branding.models import LOGO_HEIGHT
from onboarding.models import Brand, Logo

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
MOST_SECONDS, MOST_BYTES = 2.0, 80 * 1024 * 1024
# What a page can show of a picture that is 36 pixels high.
WIDEST = 36 * 50


def svg(attributes: str, inside: str = "", before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {attributes}>{inside}</svg>".encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def good_png() -> bytes:
    file, notes = io.BytesIO(), PngImagePlugin.PngInfo()
    notes.add_text("Title", "a logo", zip=True)
    Image.new("RGBA", (40, 10), (200, 30, 30, 90)).save(file, "PNG", pnginfo=notes)
    return file.getvalue()


GOOD_SVG = svg(
    'viewBox="0 0 40 10"', '<defs><g id="a"/></defs><style>.b{fill:#123}</style><use href="#a"/><text>é</text>'
)
GOOD_PNG = good_png()
PIXELS = zlib.compress(b"\0" * 40_000_000)[: 90 * 1024]
REFUSED: dict[str, bytes] = {
    "a side without end": svg('width="9e400" height="1"'),
    "a side of 400 digits": svg(f'width="{"9" * 400}" height="1"'),
    "both sides of 400 digits": svg(f'width="{"9" * 400}" height="{"9" * 400}"'),
    "a view box without end": svg(f'viewBox="0 0 {"9" * 400} 1"'),
    "a view box of nothing": svg('viewBox="0 0 0.00000000001 1"'),
    "a side that is no number": svg('viewBox="0 0 nan 1"'),
    "a side below nothing": svg('viewBox="0 0 -4 1"'),
    "a side in other digits": svg('viewBox="0 0 ٤ 1"'),
    "a line": svg('viewBox="0 0 100000 1"'),
    "a hair": svg('viewBox="0 0 1 100000"'),
    "digits that take long to read": svg(f'width="{"1" * 90_000}x" height="1"'),
    "entities within entities": svg(
        'viewBox="0 0 4 1"', "&c;", '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'
    ),
    "a long value for every element": svg(
        'viewBox="0 0 4 1"', "<a/>" * 10_000, f'<!DOCTYPE svg [<!ATTLIST a b CDATA "{"x" * 50_000}">]>'
    ),
    "a long name for every element": svg(f'viewBox="0 0 4 1" xmlns:l="urn:{"x" * 50_000}"', "<l:a/>" * 7000),
    "an encoding that does what it likes": svg(
        'viewBox="0 0 4 1"', before='<?xml version="1.0" encoding="undefined"?>'
    ),
    "an encoding of other things": svg('viewBox="0 0 4 1"', before='<?xml version="1.0" encoding="zlib"?>'),
    "a PNG of 400 megapixels": png(header(20_000, 20_000), chunk(b"IDAT", PIXELS)),
    "a PNG without end": png(header(2**31 - 1, 2**31 - 1)),
    "a PNG of nothing": png(header(0, 0)),
    "a PNG of no height": png(header(4, 0), chunk(b"IDAT", zlib.compress(b""))),
    "a PNG that says its size twice": png(header(10, 10), header(30_000, 30_000), chunk(b"IDAT", PIXELS)),
    "a PNG without pixels": png(header(40, 10)),
    "a PNG whose pixels are none": png(header(40, 10), chunk(b"IDAT", b"pixels")),
    "a PNG with a bomb for a note": png(
        header(40, 10), chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 60_000_000)), chunk(b"IDAT", PIXELS)
    ),
    "a PNG with a bomb for a profile": png(
        header(40, 10), chunk(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 60_000_000)), chunk(b"IDAT", b"")
    ),
    "a page that begins like a PNG": b"\x89PNG\r\n\x1a\n<html><script>alert()</script>",
    "a page that begins like an SVG": b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 1'><html:script xmlns:html='http://www.w3.org/1999/xhtml'/></svg>",
    "two drawings in one": svg('viewBox="0 0 4 1"') * 2,
}


def outcome(content: bytes) -> Picture | str:
    """Read a picture. Returns the sentence that refuses it, if one does."""
    try:
        return read_logo(content)
    except ValidationError as refusal:
        return str(refusal.messages[0])


def check(content: bytes) -> None:
    """Accept a picture that is then drawn, or a sentence; nothing else, and at once."""
    started = time.monotonic()
    found = outcome(content)
    assert time.monotonic() - started < MOST_SECONDS
    if isinstance(found, str):
        assert found.endswith(".")
        return
    logo = Logo(pk=1, sha256="a" * 64, media_type=found.media_type, ratio=found.ratio, content=found.content)
    assert logo.is_sound
    assert 1 <= logo.width <= WIDEST
    assert logo.height == LOGO_HEIGHT


def mutated(content: bytes, seed: int, times: int) -> bytes:
    """Change, drop, repeat or move some bytes of a good file."""
    chance, changed = random.Random(seed), bytearray(content)
    for _turn in range(times):
        place, length = chance.randrange(len(changed) or 1), chance.randint(1, 12)
        part = bytes(changed[place : place + length])
        replacement = chance.choice([b"", part * 2, chance.randbytes(length), part[::-1], b"9" * 40, b"\0"])
        changed[place : place + length] = replacement
    return bytes(changed)


def with_right_sums(content: bytes) -> bytes:
    """Give the parts of a mutated PNG the check sums that let a reader go on."""
    fixed, place = content[:8], 8
    while place + 12 <= len(content):
        length = min(int.from_bytes(content[place : place + 4]), len(content) - place - 12)
        fixed += chunk(content[place + 4 : place + 8], content[place + 8 : place + 8 + length])
        place += 12 + length
    return fixed


many = settings(
    max_examples=600, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
seeds = st.integers(0, 2**32)


class TestReading:
    @pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
    def test_refuses_harm_with_a_sentence(self, content: bytes) -> None:
        tracemalloc.start()
        try:
            started = time.monotonic()
            found = outcome(content)
            seconds, peak = time.monotonic() - started, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert isinstance(found, str)
        assert seconds < MOST_SECONDS
        assert peak < MOST_BYTES

    def test_takes_drawings_however_deep(self) -> None:
        assert isinstance(outcome(svg('viewBox="0 0 4 1"', "<g>" * 10_000 + "</g>" * 10_000)), Picture)

    @many
    @given(seeds, st.integers(1, 6))
    def test_of_a_mutated_svg_is_safe(self, seed: int, times: int) -> None:
        check(mutated(GOOD_SVG, seed, times))

    @many
    @given(seeds, st.integers(1, 6), st.booleans())
    def test_of_a_mutated_png_is_safe(self, seed: int, times: int, has_right_sums: bool) -> None:
        content = mutated(GOOD_PNG, seed, times)
        check(with_right_sums(content) if has_right_sums else content)

    @many
    @given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: GOOD_PNG[:8] + tail)))
    def test_of_random_bytes_is_safe(self, content: bytes) -> None:
        check(content)

    @many
    @given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=30))
    def test_of_any_sizes_is_safe(self, width: str, height: str, box: str) -> None:
        for attributes in (f'width="{width}" height="{height}"', f'viewBox="{box}"', f'viewBox="0 0 {width} {height}"'):
            check(f"<svg {NAMES} {attributes}/>".encode(errors="replace"))

    @many
    @given(st.floats(), st.floats(), st.sampled_from(["{}", "{}px", "{:.0f}", "{:e}", " {} ", "+{}"]))
    def test_of_any_numbers_is_safe(self, width: float, height: float, way: str) -> None:
        check(svg(f'viewBox="0 0 {way.format(width)} {way.format(height)}"'))

    @many
    @given(
        st.sampled_from(
            sorted(
                {
                    "utf-16",
                    "utf-32",
                    "utf-7",
                    "idna",
                    "punycode",
                    "cp037",
                    "hz",
                    "rot13",
                    "hex",
                    "raw_unicode_escape",
                    "unicode_escape",
                    "utf-8-sig",
                    "big5",
                    "mbcs",
                    "oem",
                    "base64",
                    "x" * 90,
                }
            )
        ),
        st.booleans(),
    )
    def test_of_any_encoding_is_safe(self, encoding: str, is_encoded: bool) -> None:
        text = f'<?xml version="1.0" encoding="{encoding}"?>{GOOD_SVG.decode()}'
        try:
            check(text.encode(encoding) if is_encoded else text.encode())
        except (LookupError, UnicodeError):  # nobody could write it
            check(text.encode())


Upload = Callable[[bytes], None]


@pytest.mark.django_db
class TestUpload:
    @pytest.mark.parametrize("field", ["logo_file", "logo_dark_file"])
    @pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
    def test_of_harm_as_a_logo_is_answered_with_the_form(
        self, admin_client: Client, field: str, content: bytes
    ) -> None:
        file = SimpleUploadedFile("logo.svg", content)
        response = admin_client.post("/admin/onboarding/brand/1/change/", {"name": "Bright", field: file})
        assert response.status_code == 200
        assert response.context["adminform"].form.errors[field]
        assert not Logo.objects.exists()
        assert not Brand.objects.exists()

    @pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
    def test_of_harm_as_a_help_picture_is_answered_with_the_form(self, admin_client: Client, content: bytes) -> None:
        file = SimpleUploadedFile("where.png", content)
        data = {"attribute": "vin", "where": "There.", "picture_file": file}
        for address in ("add/", "preview/"):
            file.seek(0)
            response = admin_client.post(f"/admin/onboarding/helptext/{address}", data)
            assert response.status_code == 200
        assert not Logo.objects.exists()
