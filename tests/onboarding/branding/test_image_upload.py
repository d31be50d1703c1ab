"""Logos as a table: what is a picture, what is more than one, and the sentence that says so."""

import io

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from onboarding.branding.image_upload import PNG, SVG, read_logo

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
PUBLIC = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


def svg(inside: str = "", attributes: str = 'viewBox="0 0 40 10"', before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {attributes}>{inside}</svg>".encode()


def png(width: int = 40, height: int = 10) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


PICTURES = {
    "a view box": svg(),
    "a view box with commas": svg(attributes='viewBox="0,0,40,10" width="100%" height="100%"'),
    "sizes without a view box": svg(attributes='width="40px" height="10"'),
    "what drawing programs write": svg(before=f'<?xml version="1.0" encoding="utf-8"?>{PUBLIC}'),
    "a style": svg("<style>.a{fill:#e85d04}</style>"),
    "a gradient of its own": svg('<defs><linearGradient id="g"/></defs><rect fill="url( \'#g\')"/>'),
    "a part used twice": svg('<path id="p"/><use href="#p"/><use xlink:href="#p"/>'),
    "an embedded picture": svg('<image href="data:image/png;base64,iVBO"/>'),
    "words that only look like more": svg("<text>Offset \\ script url(https://x.org) @import</text>"),
    "notes of a drawing program": svg(attributes='viewBox="0 0 4 1" xmlns:i="urn:i" i:file="C:\\logo.png"'),
}
MORE_THAN_PICTURES = {
    "a script": (svg("<script>alert()</script>"), "contains “script”"),
    "a script in capitals": (svg("<SCRIPT>alert()</SCRIPT>"), "contains “SCRIPT”"),
    "a page within": (svg("<foreignObject/>"), "contains “foreignObject”"),
    "elements of a page": (svg('<b xmlns="http://www.w3.org/1999/xhtml"/>'), "contains “b”"),
    "a change of an address": (svg('<set attributeName="href" to="javascript:alert()"/>'), "contains “set”"),
    "movement": (svg("<animateTransform/>"), "contains “animateTransform”"),
    "a handler": (svg('<g onclick="alert()"/>'), "runs something (“onclick”)"),
    "a handler at the top": (svg(attributes='viewBox="0 0 4 1" ONLOAD="alert()"'), "runs something (“ONLOAD”)"),
    "a link": (svg('<a href="https://example.org/"/>'), "refers to something outside itself: “https://example.org/”"),
    "a link that runs": (svg('<a xlink:href=" javascript:alert()"/>'), "outside itself"),
    "a picture from elsewhere": (svg('<image href="//example.org/a.png"/>'), "outside itself"),
    "another drawing within": (svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'), "outside itself"),
    "a style from elsewhere": (svg("<style>@import 'a.css'</style>"), "outside itself"),
    "a style in pieces": (svg("<style><g/>@im<!-- -->port 'a.css'</style>"), "outside itself"),
    "a style that hides": (svg(r"<style>.a{fill:u\72l(//x.org)}</style>"), "outside itself"),
    "a filling from elsewhere": (svg('<path style="fill:url(&quot;https://x.org/a#b&quot;)"/>'), "outside itself"),
    "a font": (svg("<style>@font-face{src:url(data:font/woff2;base64,AA)}</style>"), "outside itself"),
    "a style sheet": (svg(before='<?xml-stylesheet href="https://x.org/a.css"?>'), "outside itself"),
    "entities": (svg("&a;", before='<!DOCTYPE svg [<!ENTITY a "aaaa">]>'), "declares entities"),
    "a file of the server": (svg("&a;", before='<!DOCTYPE svg [<!ENTITY a SYSTEM "/etc/passwd">]>'), "entities"),
}
NO_PICTURES = {
    "nothing": (b"", "neither an SVG file nor a PNG file"),
    "words": (b"hello", "neither"),
    "a web page": (b"<html/>", "neither"),
    "no namespace": (b"<svg viewBox='0 0 1 1'/>", "neither"),
    "an unfinished SVG": (svg()[:-3], "neither"),
    "an encoding that nobody knows": (svg(before='<?xml version="1.0" encoding="moon"?>'), "neither"),
    "another kind": (b"GIF89a", "neither"),
    "an unfinished PNG": (png()[:30], "damaged"),
    "a changed PNG": (png().replace(b"IDAT", b"IDAX"), "damaged"),
    "a PNG that unpacks to much": (png(2001, 1), "larger than 2000 pixels"),
    "much": (svg("x" * 100 * 1024), "larger than 100 KB"),
    "no size": (svg(attributes=""), "does not say how large it is"),
    "half a size": (svg(attributes='width="10"'), "how large"),
    "a size without words": (svg(attributes='viewBox="0 0 wide high"'), "how large"),
    "a size of nothing": (svg(attributes='viewBox="0 0 0 10"'), "how large"),
}


class TestReadLogo:
    @pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
    def test_takes_what_is_only_a_picture(self, content: bytes) -> None:
        picture = read_logo(content)
        assert (picture.media_type, picture.ratio, picture.content) == (SVG, 4.0, content)

    def test_takes_a_png(self) -> None:
        picture = read_logo(png())
        assert (picture.media_type, picture.ratio) == (PNG, 4.0)

    @pytest.mark.parametrize(("content", "words"), MORE_THAN_PICTURES.values(), ids=MORE_THAN_PICTURES)
    def test_refuses_what_is_more_than_a_picture(self, content: bytes, words: str) -> None:
        assert words in complaint(content)

    @pytest.mark.parametrize(("content", "words"), NO_PICTURES.values(), ids=NO_PICTURES)
    def test_refuses_what_is_none(self, content: bytes, words: str) -> None:
        assert words in complaint(content)


def complaint(content: bytes) -> str:
    with pytest.raises(ValidationError) as raised:
        read_logo(content)
    return str(raised.value.messages[0])
