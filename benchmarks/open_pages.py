"""Browsers that have a status page open, and ask as its script does."""

import asyncio
import re
import time
from collections.abc import Coroutine, Iterable
from datetime import timedelta

from onboarding.request import schedule

from .http_client import Answer, Browser, Failed, Lines
from .pace import opened
from .running import Running
from .tally import Tally

SECONDS_OPEN = 3600.0
POLL = {"HX-Request": "true", "HX-Target": "live"}
VERSION = re.compile(r"panel/\?v=([^\"]+)")


class OpenPage:
    """One page in one browser, opened some time ago."""

    def __init__(self, browser: Browser, reference: str, version: str, *, seconds_ago: float) -> None:
        self.browser, self.version = browser, version
        self.address = f"/onboarding/{reference}/status/panel/"
        self.pace, self.first = opened(seconds_ago)

    async def watch(self, tally: Tally) -> None:
        """Ask again and again, for ever."""
        due_at = time.monotonic() + self.first
        while True:
            await asyncio.sleep(due_at - time.monotonic())
            is_news = await self.ask(due_at, tally)
            self.pace.note(is_news=is_news)
            due_at = max(due_at + self.pace.wait, time.monotonic())

    async def ask(self, due_at: float, tally: Tally) -> bool:
        """Ask once, and tell whether anything new came."""
        try:
            answer = await self.browser.send("GET", f"{self.address}?v={self.version}", **POLL)
        except Failed as problem:
            tally.note_failure(problem)
            return False
        tally.note(due_at, answer, 200, 204)
        return self.take(answer)

    def take(self, answer: Answer) -> bool:
        if answer.status != 200:
            return False
        self.version = VERSION.findall(answer.text)[0]
        return True


async def watch_all(portal: Running, count: int, seconds: float) -> tuple[Tally, dict[str, float]]:
    """Watch so many requests for so long. Returns also what that took of the processor, in seconds."""
    tally, lines, pages = Tally(), Lines(portal.url), []
    for number, (reference, version, cookie) in enumerate(portal.ask("benchmarks.many_pages", str(count))):
        browser = Browser(lines, number, dict([cookie.split("=", 1)]))
        pages.append(OpenPage(browser, reference, version, seconds_ago=SECONDS_OPEN * (count - number) / count))
    before = portal.spent()
    await for_a_while((page.watch(tally) for page in pages), seconds)
    await lines.close()
    return tally, portal.spent_since(before)


async def for_a_while(jobs: Iterable[Coroutine[None, None, None]], seconds: float) -> None:
    """Let jobs without end go on side by side for so long. Raises: what one of them raised."""
    tasks = [asyncio.create_task(job) for job in jobs]
    done, going_on = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in going_on:
        task.cancel()
    await asyncio.gather(*going_on, return_exceptions=True)
    for task in done:
        task.result()


def expected_rate(count: int) -> float:
    """Return the polls a second that so many pages make, by their pace alone, opened evenly over the time."""
    waits = [opened(SECONDS_OPEN * number / count)[0].wait for number in range(count)]
    return sum(1 / wait for wait in waits)


def scheduled_rate(count: int) -> float:
    """Return the looks a second that so many watched requests are due for, by the worker's own schedule."""
    ages = [timedelta(seconds=SECONDS_OPEN * number / count) for number in range(count)]
    waits = [schedule.until_next_check(age=age, quiet=age, is_watched=True, chance=0) for age in ages]
    return sum(1 / wait.total_seconds() for wait in waits)
