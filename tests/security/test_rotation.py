"""Secrets can be replaced while people are on their way: what the old one signed holds until it is taken out."""

import ast
import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings as portal_settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.messages import get_messages
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from onboarding.intake import entry_links
from onboarding.intake.entry_links import BadLink, Origin
from onboarding.models import OnboardingRequest, WebhookDelivery, WebhookEndpoint
from onboarding.portal.device_page import find_by_owner_token, send_step_context
from onboarding.staff.messages import MessageCookie
from onboarding.webhooks import endpoint_acts, outbox
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.signing import new_secret
from tests.customers import Customer
from tests.receiver import Receiver, endpoint

pytestmark = pytest.mark.django_db

ROOT = Path(portal_settings.BASE_DIR)
OLD = "the-old-key-of-the-portal-x8Kq2vTn5bRw9zLd4mYc7pHs3jFg"
NEW = "the-new-key-of-the-portal-6aUe1oXi0BtNvQrZkWyMx8Kq2vTn"
# Where something is signed or derived. `models/mail.py` has tests of its own for links and codes; the sandbox's tokens
# are a platform's, and are asked for anew.
DERIVING = {
    "onboarding/access/browsers.py",
    "onboarding/intake/entry.py",
    "onboarding/portal/device_page.py",
    "onboarding/intake/entry_links.py",
    "onboarding/mail/mailboxes.py",
    "onboarding/access/models.py",
    "onboarding/limits/rate_limits.py",
    "onboarding/privacy/tombstones.py",
    "sandbox/links.py",
    "sandbox/paging.py",
    "sandbox/readings.py",
    "sandbox/tokens.py",
}


@pytest.fixture
def before(settings: Settings) -> Settings:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    return settings


def replace(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]


def take_out(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []


class TestSecretKey:
    def test_keeps_customers_in_while_it_is_replaced(self, before: Settings, customer: Customer) -> None:
        customer.submit()
        assert customer.get("status").status_code == 200
        replace(before)
        assert customer.get("status").status_code == 200

    def test_keeps_colleagues_signed_in_until_the_old_one_is_gone(self, before: Settings, client: Client) -> None:
        client.force_login(User.objects.create_superuser("ann"))
        take_out(before)
        assert client.get("/admin/").status_code == 302
        before.SECRET_KEY = OLD
        client.force_login(User.objects.get())
        replace(before)
        assert client.get("/admin/").status_code == 200

    def test_leaves_links_of_companies_as_they_are(self, before: Settings, client: Client) -> None:
        token = unquote(entry_links.make({"type": "EV"}, Origin(own_reference="C-1")).partition("k=")[2])
        replace(before)
        assert entry_links.read({"k": token}).origin.own_reference == "C-1"
        take_out(before)
        with pytest.raises(BadLink):
            entry_links.read({"k": token})

    def test_leaves_links_to_the_owner_as_they_are(self, before: Settings) -> None:
        request = OnboardingRequest.objects.create(type="EV", manufacturer="Audi")
        token = send_step_context(request)["url"].rstrip("/").rpartition("/")[2]
        replace(before)
        assert find_by_owner_token(token) == request
        take_out(before)
        assert find_by_owner_token(token) is None

    def test_leaves_links_for_a_new_password_as_they_are(self, before: Settings) -> None:
        user = User.objects.create_user("ann", password="a long one")
        token = default_token_generator.make_token(user)
        replace(before)
        assert default_token_generator.check_token(user, token)
        take_out(before)
        assert not default_token_generator.check_token(user, token)

    def test_leaves_words_for_the_next_page_as_they_are(self, before: Settings, client: Client) -> None:
        client.post("/leave/")
        waiting = client.cookies[MessageCookie.cookie_name].value
        replace(before)
        request = RequestFactory().get("/")
        request.COOKIES[MessageCookie.cookie_name] = waiting
        request._messages = MessageCookie(request)  # type: ignore[attr-defined]
        assert len(list(get_messages(request))) == 1

    def test_is_used_in_known_places_only(self) -> None:
        """A new place needs a test here that what it made outlives a replacement."""
        names = {"salted_hmac", "signing", "SECRET_KEY", "Signer", "TimestampSigner"}
        found = set()
        for room in ("onboarding", "sandbox"):
            for path in (ROOT / room).rglob("*.py"):
                nodes = list(ast.walk(ast.parse(path.read_text())))
                used = {node.id for node in nodes if isinstance(node, ast.Name)}
                used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
                if used & names:
                    found.add(str(path.relative_to(ROOT)))
        assert found == DERIVING


class TestWebhookSecret:
    @pytest.fixture
    def receiver(self, db: None) -> Any:
        with Receiver() as server:
            endpoint(server.url)
            yield server

    @pytest.fixture
    def is_genuine(self, tmp_path: Path) -> Any:
        """The receiver that `docs/webhooks.md` shows."""
        (tmp_path / "receiver.py").write_text(
            (ROOT / "docs" / "webhooks.md").read_text().partition("```python\n")[2].partition("```")[0]
        )
        return runpy.run_path(str(tmp_path / "receiver.py"))["is_genuine"]

    def send(self, receiver: Receiver) -> Any:
        request = OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", state="queued")
        announce(request, WebhookDelivery.Kind.CREATED, now=timezone.now())
        outbox.deliver.call(outbox.claim())
        return receiver.got[-1]

    def renew(self) -> tuple[str, str]:
        """Replace the secret, and return the old one and the new one."""
        row = WebhookEndpoint.objects.get()
        return row.secret, endpoint_acts.renew_secret(row, by="ann").secret

    def test_signs_for_a_day_beside_its_successor(self, receiver: Receiver, is_genuine: Any) -> None:
        old, new = self.renew()
        headers, body = self.send(receiver)
        assert [part[:3] for part in headers["webhook-signature"].split(" ")] == ["v1,", "v1,"]
        assert [is_genuine(headers, body, secret) for secret in (old, new, new_secret())] == [True, True, False]

    @pytest.mark.parametrize("ends", ["by time", "when somebody says so"])
    def test_then_signs_nothing(self, receiver: Receiver, is_genuine: Any, ends: str) -> None:
        old, new = self.renew()
        if ends == "by time":
            WebhookEndpoint.objects.update(previous_ends_at=F("previous_ends_at") - timedelta(hours=24))
        else:
            assert endpoint_acts.end_previous(WebhookEndpoint.objects.get(), by="ann")
        headers, body = self.send(receiver)
        assert headers["webhook-signature"].count("v1,") == 1
        assert [is_genuine(headers, body, secret) for secret in (old, new)] == [False, True]
