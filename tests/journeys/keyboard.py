"""A customer without a mouse: only keys, and a look at where the focus is after each of them."""

from __future__ import annotations

from dataclasses import dataclass

from .customers import BrowserCustomer

# Where the focus is, whether a ring shows it, and whether something lies over it.
FOCUS = """() => {
  const element = document.activeElement;
  const card = element.closest("label") || element;
  const rings = [element, card].map((one) => getComputedStyle(one)).filter((style) => style.outlineStyle !== "none");
  const rect = element.getClientRects()[0] ?? element.getBoundingClientRect();
  const hit = document.elementFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
  const named = element.labels?.[0] ?? element;
  return {
    words: (element.matches("input[type=submit]") ? element.value : named.textContent).trim().replace(/\\s+/g, " "),
    place: [...document.querySelectorAll("*")].indexOf(element),
    is_ringed: rings.some((style) => parseFloat(style.outlineWidth) >= 2),
    is_seen: Boolean(hit) && (card.contains(hit) || hit.contains(element)) && rect.bottom > 0 && rect.top < innerHeight,
    is_nowhere: element === document.body,
  };
}"""
# What Tab has to reach, in the order of the page: of a group of radio buttons the chosen one, or else the first.
REACHABLE = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary, select, textarea")];
  const shown = all.filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
  const isStop = (one) => {
    if (one.type !== "radio") return true;
    const group = shown.filter((other) => other.name === one.name);
    return one === (group.find((other) => other.checked) ?? group[0]);
  };
  return shown.filter(isStop).map((one) => (one.labels?.[0] ?? one).textContent.trim().replace(/\\s+/g, " "));
}"""
MOST_STOPS = 80


@dataclass(frozen=True)
class Focus:
    words: str
    place: int
    is_ringed: bool
    is_seen: bool
    is_nowhere: bool


class Keyboard:
    """Presses keys, and insists that the focus can be seen wherever Tab takes it."""

    def __init__(self, customer: BrowserCustomer) -> None:
        self.customer = customer
        self.page = customer.page

    @property
    def focus(self) -> Focus:
        return Focus(**self.page.evaluate(FOCUS))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def tab(self, key: str = "Tab") -> Focus:
        """Go one stop on, and see it."""
        self.press(key)
        focus = self.focus
        if not focus.is_nowhere:
            assert focus.is_ringed, f"Nothing shows that the focus is on “{focus.words}”."
            assert focus.is_seen, f"“{focus.words}” has the focus, and is covered."
        return focus

    def go_to(self, words: str) -> None:
        """Press Tab until this has the focus; on the way the focus only moves down the page."""
        before = self.focus
        for _stop in range(MOST_STOPS):
            focus = self.tab()
            assert focus.place > before.place, f"Tab went back, from “{before.words}” to “{focus.words}”."
            if focus.words.startswith(words):
                return
            before = focus
        raise AssertionError(f"Tab never came to “{words}”.")

    def enter(self) -> None:
        """Press Enter, and wait for the page that follows."""
        self.customer.and_wait(lambda: self.press("Enter"))

    def stops(self, key: str = "Tab") -> list[str]:
        """Go once around the page, from the top or from the end, and name each stop."""
        self.page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
        found: list[Focus] = []
        for _stop in range(MOST_STOPS):
            focus = self.tab(key)
            if focus.is_nowhere or focus in found:
                return [stop.words for stop in found]
            found.append(focus)
        raise AssertionError(f"Tab goes round and round: {[stop.words for stop in found]}")

    def reachable(self) -> list[str]:
        stops: list[str] = self.page.evaluate(REACHABLE)
        return stops
