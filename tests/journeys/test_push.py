"""Being told in the browser: asked for with a press, by a browser whose push service is played."""

import base64
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from .customers import BrowserCustomer
from .inspector import Inspector
from .portal import Portal

# Waits for the maker's page for ever.
PARKED_VIN = "WA1DMAFE0D0000802"
# No browser of a test reaches a push service: what it would say is given, and what the portal asks of it is kept.
PLAYED = """() => {
  const asked = { permission: "default", refuses: false, key: 0 };
  window.asked = asked;
  Object.defineProperty(Notification, "permission", { get: () => asked.permission });
  Notification.requestPermission = async () => (asked.permission = asked.refuses ? "denied" : "granted");
  PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async (options) => {
    asked.key = options.applicationServerKey.length;
    const keys = { p256dh: "%s", auth: "AAAAAAAAAAAAAAAAAAAAAA" };
    return { toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/played", keys }) };
  };
}"""
KEEP_SHOWN = """() => {
  self.shown = new Promise((resolve) => {
    self.registration.showNotification = async (title, options) => resolve({ title, options });
  });
}"""
A_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


@pytest.fixture(scope="module")
def telling_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("telling"))
    portal.environment |= {"PUSH_KEY": base64.b64encode(bytes(range(32))).decode()}
    try:
        portal.start(web_processes=1)
        yield portal
    finally:
        portal.stop()


@pytest.fixture
def waiting(telling_portal: Portal, browser: Browser) -> Iterator[BrowserCustomer]:
    customer = BrowserCustomer(telling_portal, browser, scripts=True)
    customer.page.add_init_script(f"({PLAYED % A_POINT})()")
    customer.submit("EV", "Audi", vin=PARKED_VIN)
    customer.wait_for_heading("One step for you at Audi")
    yield customer
    customer.close()


class TestTelling:
    def test_is_chosen_and_taken_back_with_a_press_each(self, waiting: BrowserCustomer, inspector: Inspector) -> None:
        inspector.look(waiting, "status-push")
        waiting.page.get_by_role("button", name="Notify me here").click()
        expect(waiting.page.get_by_role("status").filter(has_text="We tell you in this browser")).to_be_visible()
        waiting.page.get_by_role("button", name="Stop telling me").click()
        expect(waiting.page.get_by_role("button", name="Notify me here")).to_be_visible()

    def test_that_the_browser_refuses_says_what_else_there_is(self, waiting: BrowserCustomer) -> None:
        waiting.page.evaluate("window.asked.refuses = true")
        waiting.page.get_by_role("button", name="Notify me here").click()
        expect(waiting.page.get_by_text("This browser does not allow it.")).to_be_visible()

    def test_is_by_a_worker_that_stands_at_the_root_and_is_for_requests_alone(self, waiting: BrowserCustomer) -> None:
        waiting.page.get_by_role("button", name="Notify me here").click()
        expect(waiting.page.get_by_role("button", name="Stop telling me")).to_be_visible()
        scopes = waiting.page.evaluate(
            "navigator.serviceWorker.getRegistrations().then((all) => all.map((one) => new URL(one.scope).pathname))"
        )
        assert scopes == ["/onboarding/"]

    def test_shows_what_it_hears(self, waiting: BrowserCustomer, telling_portal: Portal) -> None:
        """By the browser's own tools, which stand in for the push service; a browser without a window shows nothing."""
        tools = waiting.page.context.new_cdp_session(waiting.page)
        ids = registrations(tools)
        waiting.page.get_by_role("button", name="Notify me here").click()
        expect(waiting.page.get_by_role("button", name="Stop telling me")).to_be_visible()
        [worker] = waiting.page.context.service_workers
        worker.evaluate(KEEP_SHOWN)
        told = {"title": "One step for you at Audi", "body": "Your turn", "url": waiting.path, "tag": "1"}
        message = {"origin": telling_portal.url, "registrationId": ids[-1], "data": json.dumps(told)}
        tools.send("ServiceWorker.deliverPushMessage", message)
        assert worker.evaluate("self.shown") == {
            "title": told["title"],
            "options": {"body": told["body"], "tag": "1", "data": {"url": waiting.path}},
        }


def registrations(tools: CDPSession) -> list[str]:
    """Follow the ids by which the browser's tools know its workers."""
    ids: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: ids.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"]),
    )
    tools.send("ServiceWorker.enable")
    return ids
