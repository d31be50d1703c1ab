"""What a person sees who lets the system choose the colours, or wants nothing to move. Read off the style guide."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page

from .customers import BrowserCustomer

OpenBrowser = Callable[..., BrowserCustomer]

# The contrast of an element's border with the ground that the page lies on.
BORDER = """(element) => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const style = getComputedStyle(element);
  if (style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) < 1) return 1;
  const both = [light(style.borderTopColor), light(getComputedStyle(document.body).backgroundColor)];
  return (Math.max(...both) + .05) / (Math.min(...both) + .05);
}"""
CONTROLS = (".button", ".button--secondary", ".button--danger", ".field__input", ".choice", ".maker", ".checkbox")
MESSAGES = (".notice", ".question", ".error-summary", ".card", ".consent", ".where", ".support-code", ".progress__bar")
# What takes the focus, and what shows it.
FOCUSABLE = {
    **{itself: itself for itself in (".button", ".field__input", "main p a", "summary")},
    **{f"{card} input": card for card in (".choice", ".maker", ".checkbox")},
}
WITH_ICONS = (".back-link", ".where > summary", ".link-list a", ".notice")
MARK = 40  # px; what a round mark takes
# Elements and the pseudo-elements of theirs that would move.
MOVING = """() => {
  const isLong = (time) => parseFloat(time) > .01;
  const moves = (style) => style.animationName !== "none" || style.transitionDuration.split(", ").some(isLong);
  const parts = ["", "::before", "::after"];
  const moving = (element) => parts.filter((part) => moves(getComputedStyle(element, part || null)));
  const all = [...document.querySelectorAll("*")];
  return all.flatMap((element) => moving(element).map((part) => element.className + part));
}"""
COUNT_TRANSITIONS = """
window.transitions = 0;
const begin = Document.prototype.startViewTransition;
Document.prototype.startViewTransition = function (...change) {
  window.transitions += 1;
  return begin.apply(this, change);
};"""
NO_ICONS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("::before, ::after { background: none !important }");
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(params=["light", "dark"])
def guide(request: pytest.FixtureRequest, open_browser: OpenBrowser) -> Page:
    customer = open_browser(forced_colors="active", color_scheme=request.param)
    customer.visit("/styleguide/")
    return customer.page


def picture(page: Page, around: Locator, *, size: int = 0, margin: int = 6) -> bytes:
    """Photograph an element and a little around it, or only the square in its upper left corner."""
    around.scroll_into_view_if_needed()
    box = around.bounding_box()
    assert box
    clip = FloatRect(
        x=max(box["x"] - margin, 0),
        y=max(box["y"] - margin, 0),
        width=size or box["width"] + 2 * margin,
        height=size or box["height"] + 2 * margin,
    )
    return page.screenshot(clip=clip, animations="disabled", caret="hide")


def colours(taken: bytes) -> int:
    with Image.open(BytesIO(taken)) as image:
        return len(image.convert("RGB").getcolors(1_000_000) or [])


class TestForcedColours:
    def test_leave_every_control_and_message_its_edge(self, guide: Page) -> None:
        edges = {selector: guide.locator(selector).first.evaluate(BORDER) for selector in CONTROLS + MESSAGES}

        assert {selector: contrast for selector, contrast in edges.items() if contrast < 3} == {}

    def test_tell_the_chosen_one_from_the_others(self, guide: Page) -> None:
        for selector in (".choice", ".maker"):
            inputs = guide.locator(f"{selector} input")
            assert picture(guide, inputs.nth(0), margin=0) != picture(guide, inputs.nth(1), margin=0), selector

    def test_show_that_a_box_is_ticked(self, guide: Page) -> None:
        box = guide.locator(".checkbox input").first
        before = picture(guide, box, margin=0)
        box.check()

        assert picture(guide, box, margin=0) != before

    def test_show_how_far_the_way_is(self, guide: Page) -> None:
        bar = guide.locator(".progress__bar").first
        before = picture(guide, bar)
        bar.evaluate("(bar) => { bar.value = 1; }")

        assert picture(guide, bar) != before

    def test_tell_the_marks_of_steps_apart(self, guide: Page) -> None:
        marks = [picture(guide, step, size=MARK, margin=16) for step in guide.locator(".transaction").all()]

        assert len(set(marks)) == len(marks) == 5
        assert all(colours(mark) > 1 for mark in marks)

    def test_show_the_focus(self, guide: Page) -> None:
        guide.keyboard.press("Tab")  # from now on the focus is the keyboard's, and shown
        for selector, shell in FOCUSABLE.items():
            around = guide.locator(shell).first
            before = picture(guide, around)
            guide.locator(selector).first.focus()
            assert picture(guide, around) != before, selector

    def test_draw_the_icons(self, guide: Page) -> None:
        elements = [guide.locator(selector).first for selector in WITH_ICONS]
        before = [picture(guide, element, margin=0) for element in elements]
        guide.evaluate(NO_ICONS)

        for element, drawn in zip(elements, before, strict=True):
            assert picture(guide, element, margin=0) != drawn, element


class TestReducedMotion:
    @pytest.mark.parametrize("path", ["/styleguide/", "/"])
    def test_lets_nothing_move(self, in_browser: BrowserCustomer, path: str) -> None:
        in_browser.visit(path)

        assert in_browser.page.evaluate(MOVING) == []
        assert in_browser.page.evaluate("document.getAnimations().length") == 0

    def test_is_asked_for_and_not_always_so(self, open_browser: OpenBrowser) -> None:
        customer = open_browser(reduced_motion="no-preference")
        customer.visit("/styleguide/")

        moving = customer.page.evaluate(MOVING)
        assert "transaction transaction--active::after" in moving

    @pytest.mark.parametrize(("motion", "transitions"), [("reduce", 0), ("no-preference", 1)])
    def test_begins_no_transition_when_a_page_comes_into_this_one(
        self, open_browser: OpenBrowser, motion: str, transitions: int
    ) -> None:
        customer = open_browser(reduced_motion=motion)
        customer.context.add_init_script(COUNT_TRANSITIONS)
        customer.visit("/")
        customer.press("Start")

        assert customer.page.evaluate("transitions") == transitions
