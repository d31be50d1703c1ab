"""Install the portal as production has it, and go through it: `make test-production`.

Everything is said as it is done, and the first thing that is not as it should be ends it with what the processes wrote.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from playwright.sync_api import sync_playwright

from tests.journeys.conftest import find_chromium
from tests.journeys.customers import BrowserCustomer
from tests.journeys.portal import Portal
from tests.production.installation import HOST, Installation

VIN = "WA1DMAFE0D0000000"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        installed = Installation(Path(name))
        try:
            step("Installing, as the README says", installed.install)
            step("Starting the services by their unit files", installed.start)
            step("Connecting a car in a browser, over TLS", lambda: connect_a_car(installed))
            step("Looking from outside", lambda: look_from_outside(installed))
        except BaseException:
            print(installed.log())
            raise
        finally:
            installed.stop()


def step(words: str, do: Callable[[], object]) -> None:
    began = time.monotonic()
    print(f"{words}...", flush=True)
    do()
    print(f"  done in {time.monotonic() - began:.0f} s", flush=True)


def connect_a_car(installed: Installation) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        customer = BrowserCustomer(cast("Portal", installed), browser, ignore_https_errors=True, locale="en")
        customer.submit("EV", "Audi", vin=VIN)
        customer.wait_for_heading("Your device is connected")
        cookies = {cookie["name"]: cookie for cookie in customer.context.cookies()}
        assert cookies["__Host-portal"]["secure"], cookies
        customer.close()
        browser.close()
    assert installed.sql("SELECT count(*) FROM onboarding_onboardingrequest WHERE state = 'connected'") == "1"
    plain = (
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'portal_app' AND NOT ssl"
    )
    assert installed.sql(plain) == "0", "The services talk to the database without TLS."


def look_from_outside(installed: Installation) -> None:
    with installed.browser() as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/readyz/").status_code == 404
        plain = browser.get(f"http://{HOST}:{installed.ports['http']}/start/")
        assert (plain.status_code, plain.headers["location"]) == (301, f"{installed.url}/start/")
        forged = browser.get("/", headers={"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1"})
        assert forged.status_code == 200, "A client's own headers were believed."
        page = browser.get("/")
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        assert "server" not in page.headers or "/" not in page.headers["server"]
    installed.end("web")
    assert installed.get("/onboarding/AbCdEfGhIjKlMnOpQrStUv/status/").status_code == 502
    installed.start_web()
    log = (installed.folder / "proxy.log").read_text()
    assert "/onboarding/" not in log.replace("GET /onboarding 502", ""), "The proxy's log has somebody's address."


if __name__ == "__main__":
    main()
