"""The inspector itself: it finds what is wrong, and nothing where nothing is."""

import pytest

from .customers import BrowserCustomer
from .inspector import Inspector

PAGE = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main>'
NARROW = "font-family: monospace; inline-size: 10ch; overflow: hidden; white-space: nowrap"
PALE_IN_THE_DARK = "color-scheme: light dark; color: light-dark(#000, #bbb); background: #fff"
SMALL = "inline-size: 10px; block-size: 10px; padding: 0"


class TestInspector:
    @pytest.mark.parametrize(
        ("html", "words"),
        [
            ('<p style="color: #999; background: #fff">Too pale to read</p>', "page, light: color-contrast"),
            (f'<p style="{PALE_IN_THE_DARK}">Too pale to read</p>', "page, dark: color-contrast"),
            ('<img src="data:,">', "page, light: image-alt"),
            ('<div style="inline-size: 1000px; block-size: 1px"></div>', "at 320 px: scrolls sideways"),
            ('<p style="position: absolute; left: -40px">It begins too early</p>', "at 320 px: beyond the edge"),
            ('<p style="inline-size: 60px; overflow: hidden; white-space: nowrap">Many words</p>', "320 px: cut off"),
            ('<p style="block-size: 24px; overflow: hidden">One line of text</p>', "with text at 200 %: cut off"),
            (f'<p style="{NARROW}">Ten words</p>', "spaced text: cut off"),
            ('<p style="margin-block-end: -2.2em">One line</p><p>Another line</p>', "lies on"),
            ('<p style="position: sticky; bottom: 0; block-size: 300px">Much</p>', "covers too much"),
            (f'<button style="{SMALL}" aria-label="Go"></button>', "is 10 x 10 px, needs 24"),
            ('<a href="#" style="display: block; block-size: 20px">A link that stands alone</a>', "needs 24"),
            ('<button class="button" style="block-size: 40px; inline-size: 90px">Continue</button>', "needs 44"),
        ],
    )
    def test_finds_what_is_wrong(self, in_browser: BrowserCustomer, html: str, words: str) -> None:
        inspector = Inspector()
        in_browser.page.set_content(PAGE.format(html))

        inspector.look(in_browser, "page", languages=("en",))

        assert any(words in line for line in inspector.found), inspector.found

    def test_lets_links_in_sentences_and_hidden_words_be(
        self, in_browser: BrowserCustomer, inspector: Inspector
    ) -> None:
        hidden = "position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%)"
        in_browser.page.set_content(
            PAGE.format(f'<p>Read <a href="#">this</a> first.</p><p style="{hidden}">Said, not shown</p>')
        )

        inspector.look(in_browser, "page", languages=("en",))

        assert inspector.found == []

    def test_lets_a_little_stick_over_what_scrolls_below_it(
        self, in_browser: BrowserCustomer, inspector: Inspector
    ) -> None:
        lines = "<p>One line</p>" * 60
        in_browser.page.set_content(
            PAGE.format(f'{lines}<p style="position: sticky; bottom: 0; color: #000">Go on</p>')
        )

        inspector.look(in_browser, "page", languages=("en",))

        assert [line for line in inspector.found if "lies on" in line or "covers" in line] == []
