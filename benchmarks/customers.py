"""Customers who come one after the other, and go through the whole wizard, from the start page to consent."""

import asyncio
import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field

from .http_client import Answer, Browser, Failed, Lines
from .running import Running
from .tally import Tally

HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|page|page_sha256|for_type)" value="([^"]*)"')
# What a page says that explains why it is not the next one: its title, and what it asks to be looked at.
SAYS = re.compile(r'<h1[^>]*>(.*?)</h1>|<p class="field__error"[^>]*>(.*?)</p>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")


@dataclass
class Customers:
    """So many come each second for some time; no more than `at_once` are served at the same time, others wait."""

    portal: Running
    per_second: float
    seconds: float
    at_once: int = 64
    tally: Tally = field(default_factory=Tally)
    through: int = 0
    took: float = 0.0

    async def come(self) -> None:
        """Let them come, and wait for the last. Who waited until the time was over goes away.

        Raises: Failed when nobody came through, with what they met instead.
        """
        self.lines, self.room, self.begun = Lines(self.portal.url), asyncio.Semaphore(self.at_once), time.monotonic()
        coming = []
        for number in range(int(self.per_second * self.seconds)):
            await asyncio.sleep(self.begun + number / self.per_second - time.monotonic())
            coming.append(asyncio.create_task(self._serve(number)))
        await asyncio.gather(*coming)
        self.took = time.monotonic() - self.begun
        await self.lines.close()
        if not self.through:
            raise Failed(f"Nobody came through: {self.tally}\n{self.portal.log()}")

    async def _serve(self, number: int) -> None:
        async with self.room:
            if time.monotonic() - self.begun > self.seconds:
                return
            try:
                await self._connect(Browser(self.lines, number), number)
                self.through += 1
            except Failed as problem:
                self.tally.note_failure(problem)

    async def _connect(self, browser: Browser, number: int) -> None:
        page = await self._ask(browser.get("/"))
        page = await self._ask(browser.post("/start/", hidden(page)))
        for step, answer in (
            ("type", {"type": "EV"}),
            ("manufacturer", {"manufacturer": "Audi"}),
            ("identify", {"vin": f"WA1DMAFE0D{number:05d}AB"}),
            ("check", {"consent": "on"}),
        ):
            check_page(browser, page, step)
            page = await self._ask(browser.post(browser.path, hidden(page) | answer))
        check_page(browser, page, "status")

    async def _ask(self, answering: Coroutine[None, None, Answer]) -> Answer:
        wanted_at = time.monotonic()
        answer = await answering
        self.tally.note(wanted_at, answer, 200)
        return answer

    @property
    def rate(self) -> float:
        return self.through / self.took


def hidden(page: Answer) -> dict[str, str]:
    return dict(HIDDEN.findall(page.text))


def check_page(browser: Browser, page: Answer, name: str) -> None:
    at = browser.path.rstrip("/").rpartition("/")[2]
    if at != name:
        raise Failed(f"not at {name} but at {at}, which answered {page.status}: {said(page)}")


def said(page: Answer) -> str:
    """Return the title of a page, and the errors on it."""
    words = ("".join(found) for found in SAYS.findall(page.text))
    return "; ".join(" ".join(TAG.sub("", text).split()) for text in words)
