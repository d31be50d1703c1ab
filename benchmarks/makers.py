"""The page of manufacturers with 40 and with 50,000 of them: `bin/with-postgres python -m benchmarks.makers`.

Two portals of one web process each, asked in turns. What counts is the processor time of each single answer, as the
kernel has it, and its bytes on the wire. Exits with 1 when at p95 the page of the many costs more than twice that of
the few, a search more than six times, or when an answer is too large.
"""

import asyncio
import statistics
import sys
from contextlib import ExitStack
from urllib.parse import quote

from .customers import hidden
from .http_client import Browser, Lines
from .processes import scheduled_ms, tree_of
from .running import Running, running

FEW, MANY = 40, 50_000
MOST_KB = 60
# The many may cost so many times what the few do: the page, and a search, which looks through all of them.
MOST_TIMES, MOST_TIMES_SEARCHED = 2.0, 6.0
ASKED, WARM_UP = 100, 20
ONE_PROCESS = "gunicorn realto_portal.wsgi --bind 127.0.0.1:$PORT --workers 1 --threads 4 --log-level warning"
# What is asked for, below the address of the page.
PAGES = {"the page": ""} | {
    f"“{words}”": f"list/?q={quote(words)}" for words in ("m", "mo", "audi", "audj", "kormoba", "no maker at all")
}


class Shop:
    """A portal that serves, and a browser that is on its way to its manufacturers."""

    def __init__(self, portal: Running, number: int) -> None:
        self.processes = tree_of(portal.pid_of("web"))[1:]
        self.browser = Browser(Lines(portal.url), number)
        self.costs: dict[str, list[float]] = {title: [] for title in PAGES}
        self.kilobytes: dict[str, float] = {}

    async def arrive(self) -> None:
        page = await self.browser.get("/")
        page = await self.browser.post("/start/", hidden(page))
        await self.browser.post(self.browser.path, hidden(page) | {"type": "EV"})
        self.path = self.browser.path

    async def ask(self, title: str, **headers: str) -> None:
        before = self.spent_ms()
        answer = await self.browser.send("GET", self.path + PAGES[title], **headers)
        assert answer.status == 200, (title, answer.status)
        self.costs[title].append(self.spent_ms() - before)
        self.kilobytes[title] = (len(answer.head) + len(answer.body)) / 1024

    def spent_ms(self) -> float:
        return sum(map(scheduled_ms, self.processes))

    def p95(self, title: str) -> float:
        return statistics.quantiles(self.costs[title][WARM_UP:], n=20)[-1]


async def measure(few: Shop, many: Shop) -> None:
    for shop in (few, many):
        await shop.arrive()
    for title, below in PAGES.items():
        headers = {"HX-Request": "true"} if below else {}
        for _time in range(WARM_UP + ASKED):
            await few.ask(title, **headers)
            await many.ask(title, **headers)
    for shop in (few, many):
        await shop.browser.lines.close()


def open_shop(portal: Running, makers: int) -> Shop:
    portal.run(sys.executable, "-m", "benchmarks.many_makers", str(makers))
    portal.serve(ONE_PROCESS)
    return Shop(portal, makers)


def main() -> int:
    with ExitStack() as stack:
        few, many = (open_shop(stack.enter_context(running()), makers) for makers in (FEW, MANY))
        asyncio.run(measure(few, many))
    return report(few, many)


def report(few: Shop, many: Shop) -> int:
    print(f"| manufacturers | p95 of {FEW}, ms | p95 of {MANY:,}, ms | times | at most | KB |")
    print("|---|---:|---:|---:|---:|---:|")
    is_over = False
    for title in PAGES:
        times, size = many.p95(title) / few.p95(title), many.kilobytes[title]
        most = MOST_TIMES_SEARCHED if PAGES[title] else MOST_TIMES
        is_over |= times > most or size > MOST_KB
        print(f"| {title} | {few.p95(title):.2f} | {many.p95(title):.2f} | {times:.2f} | {most:.0f} | {size:.1f} |")
    return int(is_over)


if __name__ == "__main__":
    sys.exit(main())
