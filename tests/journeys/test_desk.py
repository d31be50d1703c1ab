"""A colleague on the desk looks at one masked value, with scripts and without."""

from collections.abc import Callable

import pytest

from .customers import BrowserCustomer

VIN = "WA1DMAFE0D0000804"


@pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "no-scripts"])
class TestReveal:
    def test_shows_the_value_when_it_is_asked_for(
        self, open_browser: Callable[..., BrowserCustomer], scripts: bool
    ) -> None:
        customer = open_browser(scripts=scripts)
        customer.submit("EV", "Audi", vin=VIN)
        customer.visit("/admin/")
        page = customer.page
        page.fill("[name=username]", "agent")
        page.fill("[name=password]", "sandbox-demo")
        page.click("[type=submit]")
        customer.visit("/admin/onboarding/onboardingrequest/")
        page.locator("#result_list tbody th a").first.click()
        address = page.url
        assert VIN not in page.content()

        page.get_by_role("button", name="Show vin").click()
        shown = page.locator("output")
        shown.wait_for()
        assert shown.inner_text() == VIN
        assert (page.url == address) == scripts
        if scripts:
            assert page.evaluate("document.activeElement.tagName") == "OUTPUT"

        customer.visit(address)
        assert VIN not in page.content()
        assert "agent looked at: vin." in page.content()
