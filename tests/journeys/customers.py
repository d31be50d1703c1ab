"""One small vocabulary for three kinds of customer: a browser, a browser without scripts, and bare htmx."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from .portal import Portal, at_home
from .reading import Element, Form, Reading

PATIENCE = 25.0  # seconds
# For the next one, or because the window changed meanwhile.
BROKEN_OFF = re.compile("Transition was (skipped|aborted)")


class Customer(ABC):
    """Goes through the wizard by what its pages say; names and values are the platform's own."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    # --- What a customer does ---

    def start(self) -> None:
        self.visit("/")
        self.press("Start")

    def choose_type(self, type: str) -> None:
        self.fill("type", type)
        self.press("Continue")

    def choose_manufacturer(self, manufacturer: str) -> None:
        self.fill("manufacturer", manufacturer)
        self.press("Continue")

    def answer(self, **answers: str) -> None:
        """Answer what identifies the device; `properties__flow` stands for `properties.flow`."""
        for name, value in answers.items():
            self.fill(name.replace("__", "."), value)
        self.press("Continue")

    def agree(self) -> None:
        self.fill("consent", "on")
        self.press("Agree and connect")

    def choose(self, type: str, manufacturer: str) -> None:
        """Go from the start page to whatever comes after the manufacturer."""
        self.start()
        self.choose_type(type)
        self.choose_manufacturer(manufacturer)

    def submit(self, type: str, manufacturer: str, **answers: str) -> None:
        """Go from the start page to the status page."""
        self.choose(type, manufacturer)
        if answers:
            self.answer(**answers)
        self.agree()

    def answer_at_manufacturer(self, manufacturer: str, answer: str, *, site: str = "") -> None:
        """Follow the link to the manufacturer's page, answer there, and come back."""
        self.wait_for_heading(f"One step for you at {site or manufacturer}")
        self.follow(f"Continue to {manufacturer}")
        assert self.heading == manufacturer
        self.press(answer)
        self.come_back()

    # --- What a customer sees ---

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def step(self) -> str:
        """The last part of the address: type, manufacturer, identify, check, status."""
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def reference(self) -> str:
        return self.path.split("/")[2]

    @property
    def received(self) -> list[dict[str, object]]:
        """What the platform accepted from this customer's request, without the address to come back to."""
        bodies = self.portal.sandbox_requests(self.reference)
        return [{name: value for name, value in body.items() if name != "returnUrl"} for body in bodies]

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def heading(self) -> str: ...

    @property
    @abstractmethod
    def text(self) -> str:
        """What the page's main part says."""

    @property
    @abstractmethod
    def errors(self) -> list[str]:
        """The messages in the error summary."""

    @property
    @abstractmethod
    def transactions(self) -> list[str]:
        """The word beside each transaction."""

    @property
    @abstractmethod
    def labels(self) -> list[str]:
        """The questions of the page, as its labels and legends put them."""

    @abstractmethod
    def value(self, name: str) -> str:
        """What stands in the field of this name."""

    # --- How: by browser or by htmx ---

    @abstractmethod
    def visit(self, path: str) -> None: ...

    @abstractmethod
    def fill(self, name: str, value: str) -> None: ...

    @abstractmethod
    def press(self, button: str) -> None:
        """Press the button whose words begin so, and wait for the page that follows."""

    @abstractmethod
    def follow(self, link: str) -> None:
        """Follow the link whose words begin so, and wait for the page that follows."""

    @abstractmethod
    def come_back(self) -> None:
        """Let the manufacturer's page send us back."""

    @abstractmethod
    def wait_for_heading(self, heading: str) -> None:
        """Watch the status page until it says so."""


class BrowserCustomer(Customer):
    """Sits at a real Chromium, with or without scripts, and remembers everything that went wrong in it."""

    def __init__(self, portal: Portal, browser: Browser, *, scripts: bool = True, **options: Any) -> None:
        super().__init__(portal)
        self.scripts = scripts
        options = {"reduced_motion": "reduce", "extra_http_headers": at_home()} | options
        self.context = browser.new_context(base_url=portal.url, java_script_enabled=scripts, **options)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.problems: list[str] = []
        self.page = self.open_tab()

    def open_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._note_console)
        page.on("pageerror", self._note_error)
        page.on("requestfailed", self._note_failure)
        return page

    def _note_error(self, error: Exception) -> None:
        """Note what went wrong in a script; that a browser leaves out or breaks off an animation is no error."""
        if not BROKEN_OFF.search(str(error)):
            self.problems.append(f"page error: {error}")

    def in_another_tab(self) -> BrowserCustomer:
        """Be the same person with the same cookies at a second tab."""
        twin = object.__new__(BrowserCustomer)
        twin.__dict__.update(self.__dict__, page=self.open_tab())
        return twin

    def expect_problem(self, words: str) -> None:
        """Take a complaint of the browser's off the list that must be empty at the end."""
        assert any(words in problem for problem in self.problems), f"No “{words}” in {self.problems}"
        self.problems[:] = [problem for problem in self.problems if words not in problem]

    def close(self) -> None:
        """Leave, and complain about everything that went wrong."""
        self.context.close()
        assert not self.problems, "\n".join(self.problems)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text} ({self.page.url})")

    def _note_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what leaving a page does to its poll
            self.problems.append(f"{request.failure}: {request.method} {request.url}")

    # --- Seeing ---

    @property
    def url(self) -> str:
        return self.page.url

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    @property
    def errors(self) -> list[str]:
        return self.page.locator(".error-summary li").all_inner_texts()

    @property
    def transactions(self) -> list[str]:
        return self.page.locator(".transaction__state").all_inner_texts()

    @property
    def labels(self) -> list[str]:
        return self.page.locator("main .field__label").all_inner_texts()

    def value(self, name: str) -> str:
        return self.page.locator(f'[name="{name}"]').input_value()

    @property
    def focused(self) -> str:
        """The id or the class of the element that has the focus."""
        focused: str = self.page.evaluate("document.activeElement.id || document.activeElement.className")
        return focused

    # --- Doing ---

    def visit(self, path: str) -> None:
        self.page.goto(path)

    def fill(self, name: str, value: str) -> None:
        field = self.page.locator(f'[name="{name}"]')
        if field.first.get_attribute("type") in ("radio", "checkbox"):
            choice = field if value == "on" else self.page.locator(f'[name="{name}"][value="{value}"]')
            choice.check()
        else:
            field.fill(value)

    def choose_type(self, type: str) -> None:
        if self.scripts:
            self.tap(type)
        else:
            super().choose_type(type)

    def choose_manufacturer(self, manufacturer: str) -> None:
        if self.scripts:
            self.tap(manufacturer)
        else:
            super().choose_manufacturer(manufacturer)

    def tap(self, value: str) -> None:
        """Choose what has this value, which goes on by itself."""
        self.and_wait(self.page.locator(f'[data-one-tap] [value="{value}"]').click)

    def press(self, button: str) -> None:
        self.and_wait(self.page.get_by_role("button", name=spoken(button)).first.click)

    def hand_in(self, **answers: str) -> None:
        """Fill in the page's form and send it, without a look at its words."""
        for name, value in answers.items():
            self.fill(name, value)
        self.and_wait(self.page.locator("main form[method=post] [type=submit]").first.click)

    def follow(self, link: str) -> None:
        self.and_wait(self.page.get_by_role("link", name=spoken(link)).first.click)

    def go_back(self) -> None:
        self.and_wait(self.page.go_back)

    def go_forward(self) -> None:
        self.and_wait(self.page.go_forward)

    def come_back(self) -> None:
        self.page.wait_for_url(f"{self.portal.url}/onboarding/**")

    def wait_for_heading(self, heading: str) -> None:
        if self.scripts:
            self.page.locator("h1", has_text=heading).wait_for()
        else:
            until(lambda: self.heading == heading, meanwhile=self._check_now, complaint=lambda: self.heading)

    def _check_now(self) -> None:
        link = self.page.get_by_role("link", name="Check now")
        if link.count():
            self.and_wait(link.click)
        else:
            self.page.reload()

    def and_wait(self, act: Callable[[], object]) -> None:
        """Act, and wait for another page, whether it comes by navigation or into this one."""
        self.page.locator("h1").evaluate("heading => heading.setAttribute('data-old', '')")
        act()
        self.page.locator("h1:not([data-old])").wait_for()
        self.page.locator(".htmx-settling").first.wait_for(state="detached")
        self.page.wait_for_load_state()


class HtmxCustomer(Customer):
    """Sends what htmx would send for boosted links and forms, and insists on fragments for answers."""

    def __init__(self, portal: Portal) -> None:
        super().__init__(portal)
        self.client = httpx.Client(base_url=portal.url, follow_redirects=True, timeout=PATIENCE, headers=at_home())
        self.address = ""
        self.page = Reading("")

    # --- Seeing ---

    @property
    def url(self) -> str:
        return self.address

    @property
    def heading(self) -> str:
        return self.page.heading

    @property
    def text(self) -> str:
        return " ".join(element.words for element in self.page.elements if element.tag in ("p", "dd", "li", "h1", "h2"))

    @property
    def errors(self) -> list[str]:
        links = (link for link in self.page.all("a") if link.attributes["href"].startswith("#field-"))
        return [link.words for link in links]

    @property
    def transactions(self) -> list[str]:
        return self.page.with_class("transaction__state")

    @property
    def labels(self) -> list[str]:
        return self.page.with_class("field__label")

    def value(self, name: str) -> str:
        return next(item.value for item in self.page.form_with(name).fields if item.name == name)

    # --- Doing ---

    def visit(self, path: str) -> None:
        self._open(self.client.get(path))

    def fill(self, name: str, value: str) -> None:
        self.page.form_with(name).fill(name, value)

    def press(self, button: str) -> None:
        form, pressed = self.page.form_of_button(button)
        self._send(form, pressed)

    def follow(self, link: str) -> None:
        found = self.page.link(link)
        target = urljoin(self.url, found.attributes["href"])
        if found.is_boosted:
            self._swap(self.client.get(target, headers=self._headers("main") | {"HX-Boosted": "true"}))
        else:
            self._open(self.client.get(target))

    def come_back(self) -> None:
        self.follow("Back to where you came from")

    def wait_for_heading(self, heading: str) -> None:
        until(lambda: self.heading == heading, meanwhile=self._poll, complaint=lambda: self.heading)

    def _send(self, form: Form, pressed: Element) -> None:
        values = form.values()
        if name := pressed.attributes.get("name"):
            values.append((name, pressed.attributes.get("value", "")))
        target, data = urljoin(self.url, form.action), _grouped(values)
        if not form.is_boosted:
            self._open(self.client.request(form.method, target, data=data))
        else:
            headers = self._headers("main") | {"HX-Boosted": "true"}
            self._swap(self.client.request(form.method, target, data=data, headers=headers))

    def _headers(self, target: str) -> dict[str, str]:
        return {"HX-Request": "true", "HX-Current-URL": self.url, "HX-Target": target}

    def _open(self, response: httpx.Response) -> None:
        """Take a whole page, as after a plain link."""
        response.raise_for_status()
        assert "<html" in response.text
        self.address, self.page = str(response.url), Reading(response.text)

    def _swap(self, response: httpx.Response) -> None:
        """Take a fragment into the page."""
        response.raise_for_status()
        assert "<html" not in response.text, f"A whole page came where htmx asked for a fragment: {response.url}"
        assert "HX-Request" in response.headers["Vary"]
        assert response.headers["Cache-Control"] == "no-store"
        if response.request.method == "GET":
            assert response.headers["HX-Push-Url"] == response.url.raw_path.decode()
            self.address = str(response.url)
        self.page = Reading(response.text, is_boosted=True)
        assert len(self.page.all("title")) == 1

    def _poll(self) -> None:
        live = self.page.with_id("live").attributes
        assert "every 2s" in live.get("hx-trigger", ""), f"The page does not look for news: {self.heading}"
        response = self.client.get(live["hx-get"], headers=self._headers("live"))
        if response.status_code == httpx.codes.NO_CONTENT:
            assert not response.content
            return
        assert response.status_code == httpx.codes.OK
        assert "<html" not in response.text
        assert "HX-Push-Url" not in response.headers
        self.page = Reading(response.text, is_boosted=True)
        assert self.page.with_id("announcement").words.startswith(self.heading)


def until(is_so: Callable[[], bool], *, meanwhile: Callable[[], None], complaint: Callable[[], str]) -> None:
    """Look again and again, and do something in between."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"Waited in vain; the page says “{complaint()}”."
        time.sleep(0.4)
        meanwhile()


def spoken(words: str) -> re.Pattern[str]:
    """Match a name that begins so; a browser may put a space before text that is only there for screen readers."""
    return re.compile("^" + re.escape(words).replace(":", r"\s*:"))


def _grouped(values: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in values:
        grouped.setdefault(name, []).append(value)
    return grouped
