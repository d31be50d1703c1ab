"""How many taps of a finger it takes on a phone from the start page to consent."""

from collections.abc import Callable

import pytest

from .customers import BrowserCustomer

OpenBrowser = Callable[..., BrowserCustomer]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
COUNT = """addEventListener("pointerdown", (event) => {
  if (event.isTrusted) sessionStorage.setItem("taps", 1 + Number(sessionStorage.getItem("taps")));
}, true);"""


class Finger:
    """Taps what it is told to, one thing after the other, and types into what it tapped."""

    def __init__(self, customer: BrowserCustomer) -> None:
        self.customer, self.page = customer, customer.page
        self.customer.context.add_init_script(COUNT)

    def on(self, words: str) -> None:
        """Tap what says so, and see the next page."""
        self.customer.and_wait(self.page.locator("label, .button", has_text=words).first.tap)

    def choose(self, words: str) -> None:
        self.page.locator("label", has_text=words).tap()

    def write(self, name: str, value: str) -> None:
        self.page.locator(f"[name={name}]").tap()
        self.page.keyboard.type(value)

    @property
    def taps(self) -> int:
        return int(self.page.evaluate("Number(sessionStorage.getItem('taps'))"))


@pytest.mark.parametrize(
    ("type", "maker", "typed", "chosen", "most"),
    [
        ("Electric car", "Audi", {"vin": "WA1DMAFE0D0000803"}, (), 7),
        ("Solar panels", "Huawei", {}, (), 5),
        ("Solar panels", "SMA", {"reference": "4711", "email": "owner@example.org"}, (), 8),
        ("Smart meter", "Fluvius", {"ean": "541448820000000008"}, ("Privately",), 8),
        ("Meter with a reader", "Xenn", {"reference": "P1000000000", "code": "123456"}, (), 8),
    ],
)
def test_few_taps_lead_to_consent(
    open_browser: OpenBrowser, type: str, maker: str, typed: dict[str, str], chosen: tuple[str, ...], most: int
) -> None:
    customer = open_browser(**PHONE)
    finger = Finger(customer)
    customer.visit("/")
    for words in ("Start", type, maker):
        finger.on(words)
    for name, value in typed.items():
        finger.write(name, value)
    for words in chosen:
        finger.choose(words)
    if typed:
        finger.on("Continue")
    finger.choose("I agree")
    finger.on("Agree and connect")
    assert customer.step == "status"
    assert finger.taps == most
