"""How long a page kept the processor busy, by Chromium's own trace.

Processor time leaves out the waiting for other processes, so that it means something on a busy machine, too. It must
not be slowed down by `Emulation.setCPUThrottlingRate`, which burns processor time for as long as others have it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

Events = list[dict[str, Any]]

CATEGORIES = ["toplevel", "devtools.timeline"]
PAUSE_MS = 20


@contextmanager
def traced(page: Page) -> Iterator[Events]:
    """Give a list that holds, after the end of the block, what all of the browser's threads did in it."""
    assert page.context.browser, "a page of a browser that was launched"
    session = page.context.browser.new_browser_cdp_session()
    events: Events = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda end: ended.append(end))
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": CATEGORIES}})
    yield events
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(PAUSE_MS)
    session.detach()


def longest_task_ms(events: Events, url: str) -> float:
    """Give the processor time of the longest task on the main thread of the page at `url`, since its HTML began."""
    [begun] = (event for event in events if event["name"] == "CommitLoad" and event["args"]["data"]["url"] == url)
    main_thread = (begun["pid"], begun["tid"])
    later = (event for event in events if event["ts"] > begun["ts"] and (event["pid"], event["tid"]) == main_thread)
    return max(event.get("tdur", 0) for event in later if event["name"].endswith("RunTask")) / 1000
