"""What receivers get, verified by the library of Standard Webhooks itself."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from onboarding.models import OnboardingRequest, WebhookDelivery, WebhookEndpoint
from onboarding.webhooks import endpoint_acts, signing
from onboarding.webhooks.announcements import announce
from tests.onboarding.webhooks.test_outbox import sweep
from tests.receiver import Receiver, endpoint

pytestmark = pytest.mark.django_db

# What the specification asks of a body, what it allows beside, and what ours has within.
BODY = {"type", "timestamp", "data"}
ALLOWED = {"id"}
DATA = {
    *("supportCode", "platformId", "entityId", "type", "manufacturer", "state", "status"),
    *("consentEndsAt", "endedAs", "errors"),
}
KINDS = [
    *("request.created", "request.needs_action", "request.connected", "request.failed", "request.withdrawn"),
    *("device.first_data", "device.quiet", "device.flowing", "device.ended", "consent.expiring"),
]
DOCUMENT = (Path(portal_settings.BASE_DIR) / "docs" / "webhooks.md").read_text()


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    with Receiver() as server:
        endpoint(server.url)
        yield server


@pytest.fixture
def row(receiver: Receiver) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get()


def send(receiver: Receiver, kind: str = "request.created") -> tuple[dict[str, str], str]:
    """Let a webhook arrive, and return its headers and body."""
    request = OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", state="queued")
    announce(request, WebhookDelivery.Kind(kind), now=timezone.now())
    sweep()
    return last(receiver)


def last(receiver: Receiver) -> tuple[dict[str, str], str]:
    headers, body = receiver.got[-1]
    return dict(headers.items()), body.decode()


class TestSignature:
    def test_is_verified(self, receiver: Receiver, row: WebhookEndpoint) -> None:
        headers, body = send(receiver)
        assert Webhook(row.secret).verify(body, headers)["type"] == "request.created"

    def test_is_verified_by_either_secret_while_one_replaces_the_other(
        self, receiver: Receiver, row: WebhookEndpoint
    ) -> None:
        renewed = endpoint_acts.renew_secret(row, by="ann")
        headers, body = send(receiver)
        for secret in (row.secret, renewed.secret):
            assert Webhook(secret).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.new_secret()).verify(body, headers)

    def test_does_not_fit_another_body(self, receiver: Receiver, row: WebhookEndpoint) -> None:
        headers, body = send(receiver)
        with pytest.raises(WebhookVerificationError):
            Webhook(row.secret).verify(body.replace("Audi", "Fiat"), headers)

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
    def test_does_not_fit_another_id_or_time(self, receiver: Receiver, row: WebhookEndpoint, name: str) -> None:
        headers, body = send(receiver)
        headers[name] = str(int(headers[name]) + 1) if name == "webhook-timestamp" else headers[name][::-1]
        with pytest.raises(WebhookVerificationError):
            Webhook(row.secret).verify(body, headers)

    def test_is_too_old_after_a_while(self, receiver: Receiver, row: WebhookEndpoint) -> None:
        headers, body = send(receiver)
        then = str(int(headers["webhook-timestamp"]) - 360)
        signature = signing.sign(row.secret, id=headers["webhook-id"], timestamp=int(then), body=body)
        with pytest.raises(WebhookVerificationError, match="old"):
            Webhook(row.secret).verify(body, headers | {"webhook-timestamp": then, "webhook-signature": signature})

    def test_of_ours_is_the_librarys(self, row: WebhookEndpoint) -> None:
        now = timezone.now()
        ours = signing.sign(row.secret, id="msg_1", timestamp=int(now.timestamp()), body='{"é": 1}')
        assert ours == Webhook(row.secret).sign("msg_1", now, '{"é": 1}')


class TestSecret:
    def test_has_as_many_bytes_as_the_specification_asks(self, row: WebhookEndpoint) -> None:
        assert row.secret.startswith("whsec_")
        assert 24 <= len(signing.key_of(row.secret)) <= 64

    def test_is_another_each_time(self) -> None:
        assert len({signing.new_secret() for _time in range(50)}) == 50


class TestBody:
    @pytest.mark.parametrize("kind", KINDS)
    def test_has_the_names_of_the_specification(self, receiver: Receiver, kind: str) -> None:
        body = json.loads(send(receiver, kind)[1])
        assert body.keys() == BODY | ALLOWED
        assert body["type"] == kind
        assert abs(datetime.fromisoformat(body["timestamp"]) - timezone.now()) < timedelta(seconds=30)
        assert body["timestamp"].endswith("Z")
        assert body["data"].keys() == DATA

    @pytest.mark.parametrize("kind", KINDS)
    def test_has_a_kind_that_the_specification_allows(self, kind: str) -> None:
        assert re.fullmatch(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*", kind)

    def test_of_a_test_has_them_too(self, receiver: Receiver, row: WebhookEndpoint) -> None:
        assert endpoint_acts.send_test(row, by="ann").is_accepted
        headers, text = last(receiver)
        assert Webhook(row.secret).verify(text, headers)
        body = json.loads(text)
        assert body.keys() == BODY | ALLOWED
        assert (body["type"], body["data"]) == ("endpoint.test", {"endpoint": "CRM"})


class TestDocumentation:
    def test_names_every_kind(self) -> None:
        told = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCUMENT, re.MULTILINE))
        assert told == {*KINDS, "endpoint.test"} == {*WebhookDelivery.Kind.values, "endpoint.test"}

    def test_shows_a_body_of_every_kind_as_it_is(self) -> None:
        bodies: list[dict[str, Any]] = [
            json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
        ]
        assert sorted(body["type"] for body in bodies) == sorted([*KINDS, "endpoint.test"])
        for body in bodies:
            assert body.keys() == BODY | ALLOWED, body["type"]
            optional = {"tenantId", "collectiveId", "reconnects", "ends", "endsAt"}
            assert body["type"] == "endpoint.test" or body["data"].keys() - optional == DATA, body["type"]
