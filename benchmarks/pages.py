"""What a request costs beside what people would use instead: `python -m benchmarks.pages`.

Two gunicorns of one process with four threads each, on SQLite: the portal, and a site with the least that a view can
cost and with django-formtools' wizard (`benchmarks/peers`). Requests go to both in turns, round by round. What counts
is the processor time of the serving process per request, as the kernel has it, and the ratio of medians within this
run: another machine has other milliseconds and much the same ratios. Exits with 1 beyond a goal.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.processes import scheduled_ms, tree_of
from tests.journeys.portal import Portal, free_port

ROUNDS, REQUESTS, WARM_UP = 5, 100, 60
VIN, OTHER_VIN = "WA1DMAFE0D0000802", "WA1DMAFE0D0000001"  # the first waits for the customer at the manufacturer's
FLOOR = f"/floor/{'r' * 22}/"
SENT = {"Content-Type": "application/x-www-form-urlencoded"}
Ask = Callable[[], httpx.Response]
# By name: where a page is, how it is asked for, and what it answers.
Pages = dict[str, tuple["Site", Ask, int]]


@dataclass(frozen=True)
class Goal:
    """A page of ours may cost at most `most` times what a page of the peers costs."""

    ours: str
    most: float
    peer: str


GOALS = (
    Goal("poll, unchanged", 1.0, "floor"),
    Goal("manufacturer GET", 0.4, "formtools GET"),
    Goal("identify GET", 0.4, "formtools GET"),
    Goal("identify POST", 0.6, "formtools POST, next step"),
    Goal("check GET", 0.6, "formtools GET"),
    Goal("status GET", 0.6, "formtools GET"),
)


class Site:
    """A browser at one of the two sites, and the process that serves it."""

    def __init__(self, url: str, gunicorn: int) -> None:
        self.http, self.gunicorn = httpx.Client(base_url=url, timeout=30), gunicorn

    def spent_ms(self) -> float:
        """Return the processor time that the serving processes have used so far."""
        return sum(map(scheduled_ms, tree_of(self.gunicorn)[1:]))

    def token(self, page: httpx.Response) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        return found[1] if found else ""

    def send(self, path: str, **answers: str) -> httpx.Response:
        page = self.http.get(path)
        answers |= dict(re.findall(r'name="(page|page_sha256)" value="([^"]+)"', page.text))
        return self.http.post(path, data=answers | {"csrfmiddlewaretoken": self.token(page)})

    def get(self, path: str, **headers: str) -> Ask:
        return lambda: self.http.get(path, headers=headers)

    def post(self, path: str, **answers: str) -> Ask:
        body = {**answers, "csrfmiddlewaretoken": self.token(self.http.get(path))}
        return lambda: self.http.post(path, data=body, headers=SENT)


@contextmanager
def our_site(folder: Path) -> Iterator[Site]:
    portal = Portal(folder)
    portal.environment |= {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "LOG_LEVEL": "ERROR"}
    try:
        portal.start(web_processes=1)
        site = Site(portal.url, portal.processes["web"].pid)
        site.http.headers["X-Forwarded-For"] = "2001:db8::1"
        yield site
    finally:
        portal.stop()


@contextmanager
def peers(folder: Path) -> Iterator[Site]:
    port = free_port()
    environment = os.environ | {"PEERS_DATABASE": str(folder / "peers.sqlite3")}
    subprocess.run([sys.executable, "-m", "benchmarks.peers.site"], env=environment, check=True)
    command = ["-m", "gunicorn", "benchmarks.peers.site", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    process = subprocess.Popen([sys.executable, *command, "--log-level", "critical"], env=environment)
    try:
        site = Site(f"http://127.0.0.1:{port}", process.pid)
        with site.http:
            _wait_until(lambda: site.http.get(FLOOR).status_code == httpx.codes.OK)
            yield site
    finally:
        process.terminate()
        process.wait()


def _wait_until(is_so: Callable[[], bool]) -> None:
    for _try in range(200):
        with suppress(httpx.TransportError):
            if is_so():
                return
        time.sleep(0.1)
    raise AssertionError("It did not come about within twenty seconds.")


def our_pages(site: Site) -> Pages:
    """Go through the wizard twice: to a device that waits for the customer, and to a draft that is complete."""
    at, draft = _identified(site, VIN), ""
    site.send(f"{at}/check/", consent="on")
    _wait_until(lambda: "One step for you" in site.http.get(f"{at}/status/").text)
    draft = _identified(site, OTHER_VIN)
    version = re.findall(r"panel/\?v=([^\"]+)", site.http.get(f"{at}/status/").text)[0]
    poll = f"{at}/status/panel/?v={version}"
    return {
        "start GET": (site, site.get("/"), 200),
        "manufacturer GET": (site, site.get(f"{draft}/manufacturer/"), 200),
        "identify GET": (site, site.get(f"{draft}/identify/"), 200),
        "identify POST": (site, site.post(f"{draft}/identify/", vin=OTHER_VIN), 302),
        "check GET": (site, site.get(f"{draft}/check/"), 200),
        "status GET": (site, site.get(f"{at}/status/"), 200),
        "poll, unchanged": (site, site.get(poll, **{"HX-Request": "true", "HX-Target": "live"}), 204),
    }


def _identified(site: Site, vin: str) -> str:
    """Answer up to the check page, and return the address of the request."""
    next_page = site.send("/start/type/", type="EV").headers["Location"]
    address = next_page.removesuffix("/manufacturer/")
    site.send(f"{address}/manufacturer/", manufacturer="Audi")
    site.send(f"{address}/identify/", vin=vin)
    return address


def peers_pages(site: Site) -> Pages:
    """Answer the wizard's first step, and stay at the second."""
    site.http.get("/named/type/")
    site.send("/named/type/", **{"type-type": "EV", "named-current_step": "type"})
    answer = {"manufacturer-manufacturer": "Maker 1", "named-current_step": "manufacturer"}
    plain = {"type-type": "EV", "plain-current_step": "type"}
    return {
        "floor": (site, site.get(FLOOR), 200),
        "formtools GET": (site, site.get("/named/manufacturer/"), 200),
        "formtools POST": (site, site.post("/named/manufacturer/", **answer), 302),
        "formtools POST, next step": (site, site.post("/plain/", **plain), 200),
    }


def measured(pages: Pages) -> dict[str, float]:
    """Return the median milliseconds of processor time that each page costs."""
    costs: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(ROUNDS + 1):
        for name, (site, ask, status) in pages.items():
            count = REQUESTS if number else WARM_UP
            before = site.spent_ms()
            for _request in range(count):
                answered = ask().status_code
                if answered != status:
                    raise AssertionError(f"{name} answered {answered}")
            if number:
                costs[name].append((site.spent_ms() - before) / count)
    return {name: statistics.median(of_page) for name, of_page in costs.items()}


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with our_site(folder) as portal, peers(folder) as others:
            costs = measured(our_pages(portal) | peers_pages(others))
    return report(costs)


def report(costs: dict[str, float]) -> int:
    for page, cost in costs.items():
        print(f"{page:28}{cost:7.2f} ms")
    print()
    failed = 0
    for goal in GOALS:
        ratio = costs[goal.ours] / costs[goal.peer]
        failed += ratio > goal.most
        verdict = "" if ratio <= goal.most else "   too much"
        print(f"{goal.ours:20}{ratio:5.2f} x {goal.peer} (at most {goal.most}){verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
