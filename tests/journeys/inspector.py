"""Looks at a page as people may have it: narrow and wide, light and dark, with large letters, with letters far apart.

Each state of the portal is visited once and looked at in place, which is cheap: by all of axe once, by its contrast in
dark colours, and by the ruler in each language, width and size of letters. `docs/accessibility.md` has numbers.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Page

from .camera import Camera
from .customers import BrowserCustomer

# English first, which is as a page was reached. `JOURNEY_LANGUAGES="en fr"` looks at every page in these only.
LANGUAGES = tuple(os.environ.get("JOURNEY_LANGUAGES", "en nl fr de").split())

# 320 px is what a desktop of 1280 px has at 400 % (WCAG 1.4.10).
WIDTHS = (320, 1280)
HEIGHT = 900
# Where letters of twice the size have the least room: customers stand there with a phone, colleagues sit at a desk.
PHONE, ENLARGED_DESKTOP = 360, 640
DESK = ("/admin/", "/sandbox/")

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    # It would read style sheets that import others by an inline style, which the CSP refuses. Only the rule about a
    # locked orientation needs it: `test_layers` sees that no style sheet asks for one.
    "preload": False,
}
# In dark colours nothing but the colours is different.
CONTRAST_OPTIONS = AXE_OPTIONS | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Colours that are on their way to another scheme are nobody's; `notOurs` names, by rule, what others answer for.
RUN_AXE = """async ([options, notOurs]) => {
  for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  const found = (await axe.run(document, options)).violations;
  const isOthers = (rule, node) => document.querySelector(node.target[0]).matches(notOurs[rule.id] ?? ":not(*)");
  return found.flatMap((rule) => rule.nodes.filter((node) => !isOthers(rule, node)).map((node) =>
    `${rule.id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`));
}"""

RULER = Path(__file__).with_name("ruler.js").read_text()
# WCAG 2.5.8 asks for 24 px; our own controls have 44.
TARGETS = {"least": 24, "leastOwn": 44, "own": ".button, .choice, .maker, .checkbox, .field__input, .where > summary"}
# What a person may set without losing anything (WCAG 1.4.12 and 1.4.4).
SPACED_TEXT = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
  p { margin-block-end: 2em !important; }"""
DOUBLE_TEXT = "html { font-size: 200% !important; }"
# What every page has: one heading, a title, and the language that its words are in.
HEAD = """() => [document.querySelectorAll("h1").length, !!document.title.trim(), document.documentElement.lang]"""


class Inspector:
    """Looks at pages in every way, and remembers everything that is wrong with them."""

    def __init__(self, camera: Camera | None = None) -> None:
        self.camera = camera
        self.found: list[str] = []

    def look(
        self,
        customer: BrowserCustomer,
        name: str,
        *,
        redo: Callable[[], object] | None = None,
        languages: tuple[str, ...] = LANGUAGES,
        full_page: bool = True,
    ) -> None:
        """Look at what the customer sees, in each language. `redo` brings about again what a reload would lose."""
        spoken = "en"
        for language in languages:
            if language != spoken:
                speak(language, customer, redo)
                spoken = language
            if language == languages[0]:
                self._ask_axe(customer.page, name)
            self._look_at_page(customer.page, f"{name} ({language})", language)
            if self.camera:
                self.camera.take(customer.page, name, language=language, full_page=full_page)
        if spoken != "en":
            speak("en", customer, redo)

    def look_at_others(self, customer: BrowserCustomer, name: str, not_ours: Mapping[str, str]) -> None:
        """Look with axe alone at what is made by others in part. `not_ours` says by rule which elements are theirs."""
        self._ask_axe(customer.page, name, not_ours)
        if self.camera:
            self.camera.take(customer.page, name, full_page=False)

    def _look_at_page(self, page: Page, name: str, language: str = "en") -> None:
        page.mouse.move(0, 0)
        assert page.evaluate(HEAD) == [1, True, language], name
        narrow, wide = WIDTHS
        page.set_viewport_size({"width": narrow, "height": HEIGHT})
        self._measure(page, f"{name} at {narrow} px", targets=TARGETS)
        self._measure(page, f"{name} with spaced text", css=SPACED_TEXT)
        is_desk = urlsplit(page.url).path.startswith(DESK)
        page.set_viewport_size({"width": ENLARGED_DESKTOP if is_desk else PHONE, "height": HEIGHT})
        self._measure(page, f"{name} with text at 200 %", css=DOUBLE_TEXT)
        page.set_viewport_size({"width": wide, "height": HEIGHT})
        self._measure(page, f"{name} at {wide} px", targets=TARGETS)

    def _measure(self, page: Page, where: str, *, css: str = "", **what: object) -> None:
        """Measure the page as it is, or with a person's own style sheet over its own."""
        self.found += [f"{where}: {line}" for line in page.evaluate(RULER, {"css": css, **what})]

    def _ask_axe(self, page: Page, where: str, not_ours: Mapping[str, str] | None = None) -> None:
        page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        for scheme, options in (("light", AXE_OPTIONS), ("dark", CONTRAST_OPTIONS)):
            page.emulate_media(color_scheme=scheme)
            self.found += [f"{where}, {scheme}: {line}" for line in page.evaluate(RUN_AXE, [options, not_ours or {}])]
        page.emulate_media(color_scheme="light")


def speak(language: str, customer: BrowserCustomer, redo: Callable[[], object] | None) -> None:
    """Choose a language, as its switch does."""
    if language == "en":
        customer.context.clear_cookies(name=settings.LANGUAGE_COOKIE_NAME)
    else:
        cookie: Any = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": customer.portal.url}
        customer.context.add_cookies([cookie])
    come_again(customer, redo)


def come_again(customer: BrowserCustomer, redo: Callable[[], object] | None) -> None:
    customer.page.goto(customer.url)
    if redo:
        redo()
