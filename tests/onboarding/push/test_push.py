"""What browsers are told: opted in to, sealed, never twice, and no longer than until the outcome."""

import base64
import json
import struct
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent.records import ConsentAct
from onboarding.models import OnboardingRequest, PushSubscription
from onboarding.privacy import erasure
from onboarding.push import encryption, outbox, subscriptions
from onboarding.push.sender import may_be_called
from onboarding.retention.requests import strip
from sandbox import magic
from tests.customers import Customer, work, work_until
from tests.onboarding.portal.test_wizard import text_of
from tests.receiver import Receiver, answer

pytestmark = pytest.mark.django_db

KEY = base64.b64encode(bytes(range(32))).decode()
SERVICES = ("fcm.googleapis.com", ".push.apple.com")


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "==")


class Browser:
    """The half of a subscription that never leaves the browser: opens what is sent, as RFC 8291 says."""

    def __init__(self) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes it"
        self.public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def gives(self, endpoint: str) -> dict[str, str]:
        return {"endpoint": endpoint, "p256dh": text(self.public), "auth": text(self.secret)}

    def opens(self, body: bytes) -> dict[str, str]:
        salt, (_size, length) = body[:16], struct.unpack(">IB", body[16:21])
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        secret = HKDF(hashes.SHA256(), 32, self.secret, b"WebPush: info\0" + self.public + theirs).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        told: dict[str, str] = json.loads(AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x02"))
        return told


@pytest.fixture
def service(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as server:
        server.always = answer(201)
        settings.PUSH_KEY, settings.PUSH_SERVICES = KEY, [server.url.removesuffix("/hooks")]
        yield server


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def waiting(customer: Customer, service: Receiver, browser: Browser) -> Customer:
    """Somebody whose request is with the platform, and whose browser wants to hear of it."""
    customer.submit(vin=magic.BY_ENDING["0800"].vin)
    customer.post("push", **browser.gives(service.url))
    assert PushSubscription.objects.count() == 1
    return customer


def nobody_looks() -> None:
    OnboardingRequest.objects.update(seen_at=timezone.now() - timedelta(minutes=1))


def send(*, later: timedelta = timedelta(0)) -> None:
    """Do what workers do for push messages, as if it were later."""
    PushSubscription.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - later)
    for token in iter(outbox.claim, ""):
        outbox.send_push.call(token)


def until_action(customer: Customer) -> None:
    for _round in range(3):
        OnboardingRequest.objects.update(due_at=timezone.now())
        work()
    assert customer.request.has_action


class TestEncryption:
    def test_is_that_of_the_standards_example(self) -> None:
        """RFC 8291, appendix A."""
        sealed = encryption.encrypt(
            b"When I grow up, I want to be a watermelon",
            browser_key=data("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            browser_secret=data("BTBZMqHH6r4Tts7J_aSIgg"),
            salt=data("DGv6ra1nlYgDCS1FRnbzlw"),
            once=data("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        )
        assert text(sealed) == (
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6P"
            "Bru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )

    def test_is_never_the_same_twice(self, browser: Browser) -> None:
        keys = {"browser_key": browser.public, "browser_secret": browser.secret}
        assert encryption.encrypt(b"x", **keys) != encryption.encrypt(b"x", **keys)

    def test_is_signed_for_one_service_and_half_a_day(self) -> None:
        header = encryption.authorization(bytes(range(32)), audience="https://a.example", subject="https://us", now=1e9)
        scheme, _, rest = header.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data(parts["k"]))
        claims = jwt.decode(
            parts["t"], key, algorithms=["ES256"], audience="https://a.example", options={"verify_exp": False}
        )
        assert scheme == "vapid"
        assert claims == {"aud": "https://a.example", "exp": 1_000_043_200, "sub": "https://us"}


class TestService:
    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://web.push.apple.com/abc",
            "https://web.push.apple.com:443/a",
        ],
    )
    def test_is_called_when_browsers_use_it(self, endpoint: str) -> None:
        assert may_be_called(endpoint, SERVICES)

    @pytest.mark.parametrize(
        "endpoint",
        [
            "",
            "http://fcm.googleapis.com/a",
            "https://fcm.googleapis.com:8443/a",
            "https://fcm.googleapis.com.evil.example/a",
            "https://fcm.googleapis.com@evil.example/a",
            "https://us:er@fcm.googleapis.com/a",
            "https://evil.example/fcm.googleapis.com",
            "https://evilpush.apple.com/a",
            "https://push.apple.com/a",
            "https://127.0.0.1/a",
            "https://[::1]/a",
            "https://169.254.169.254/latest",
            "https://[bad/a",
            "https://[::1%25.push.apple.com]/a",
            "https://[fe80::1%.push.apple.com]/a",
            r"https://evil.example\.push.apple.com/a",
            "https://evil.example%2f.push.apple.com/a",
            "https://.push.apple.com/a",
            "https://é.push.apple.com/a",
            " https://fcm.googleapis.com/a",
            "https://fcm.googleapis.com/a\n",
            "https://fcm.googleapis.com/\0a",
            "https://fcm.googleapis.com:99999/a",
            "file:///etc/passwd",
        ],
    )
    def test_is_nobody_elses_machine(self, endpoint: str) -> None:
        assert not may_be_called(endpoint, SERVICES)


class TestChoosing:
    def test_is_offered_while_something_may_change(self, customer: Customer, service: Receiver) -> None:
        customer.submit()
        page = customer.get("status").content.decode()
        assert "data-push-key=" in page
        assert "Notify me here" in page
        work_until(customer.request, "connected")
        assert "data-push-key=" not in customer.get("status").content.decode()

    def test_is_not_offered_without_a_key(self, customer: Customer) -> None:
        customer.submit()
        assert "data-push-key=" not in customer.get("status").content.decode()

    def test_can_be_taken_back(self, waiting: Customer) -> None:
        assert "Stop telling me" in text_of(waiting.get("status"))
        waiting.post("push", stop="")
        assert not PushSubscription.objects.exists()
        assert "Notify me here" in text_of(waiting.get("status"))

    def test_twice_is_once(self, waiting: Customer, service: Receiver) -> None:
        waiting.post("push", **Browser().gives(f"{service.url}/new"))
        assert [row.endpoint for row in PushSubscription.objects.all()] == [f"{service.url}/new"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("endpoint", "https://evil.example/x"),
            ("endpoint", ""),
            ("p256dh", "AAAA"),
            ("p256dh", "no base64!"),
            ("p256dh", text(b"\x04" + bytes(64))),  # no point of the curve
            ("auth", text(b"short")),
        ],
    )
    def test_of_what_cannot_be_told_is_refused(
        self, customer: Customer, service: Receiver, browser: Browser, name: str, value: str
    ) -> None:
        customer.submit()
        customer.post("push", **browser.gives(service.url) | {name: value})
        assert not PushSubscription.objects.exists()
        assert "This browser cannot be told." in text_of(customer.get("status"))

    def test_of_what_is_over_does_nothing(self, customer: Customer, service: Receiver, browser: Browser) -> None:
        customer.submit()
        work_until(customer.request, "connected")
        customer.post("push", **browser.gives(service.url))
        assert not PushSubscription.objects.exists()
        assert "We tell you in this browser" not in text_of(customer.get("status"))

    def test_of_more_browsers_than_anybody_looks_at_is_refused(
        self, waiting: Customer, service: Receiver, browser: Browser
    ) -> None:
        PushSubscription.objects.update(browser="another")
        for number in range(subscriptions.MOST - 1):
            PushSubscription.objects.create(request=waiting.request, browser=str(number), endpoint=service.url)
        waiting.get("status")  # where the first was told
        waiting.post("push", **browser.gives(service.url))
        assert PushSubscription.objects.count() == subscriptions.MOST
        page = text_of(waiting.get("status"))
        assert "We tell you in this browser" not in page
        assert "This browser cannot be told." in page

    def test_is_for_who_holds_the_request(self, waiting: Customer, service: Receiver, browser: Browser) -> None:
        stranger = Client().post(waiting.url("push"), browser.gives(service.url))
        assert stranger.status_code == 404
        assert PushSubscription.objects.count() == 1

    def test_is_stored_sealed(self, waiting: Customer, service: Receiver, browser: Browser) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT endpoint, secrets FROM onboarding_pushsubscription")
            stored = " ".join(cursor.fetchone())
        assert service.url not in stored
        assert text(browser.secret) not in stored


class TestTelling:
    def test_says_what_the_page_says_to_whom_it_is_for(
        self, waiting: Customer, service: Receiver, browser: Browser
    ) -> None:
        until_action(waiting)
        nobody_looks()
        send()
        [(headers, body)] = service.got
        told = browser.opens(body)
        assert (told["title"], told["body"]) == ("One step for you at Audi", "Your turn")
        assert told["url"] == waiting.url("status")
        assert headers["Content-Encoding"] == "aes128gcm"
        assert headers["Authorization"].startswith("vapid t=")
        assert int(headers["TTL"]) > 0

    def test_names_no_device_and_no_person(self, waiting: Customer, service: Receiver, browser: Browser) -> None:
        until_action(waiting)
        nobody_looks()
        send()
        told = json.dumps(browser.opens(service.got[0][1]))
        for private in (waiting.request.attributes["vin"], waiting.request.support_code, "Electric car"):
            assert private not in told

    def test_is_in_the_language_of_the_request(self, waiting: Customer, service: Receiver, browser: Browser) -> None:
        OnboardingRequest.objects.update(language="nl")
        until_action(waiting)
        nobody_looks()
        send()
        assert browser.opens(service.got[0][1])["body"] == "U bent aan zet"

    def test_of_a_turn_is_not_sent_to_who_looks_at_it(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        OnboardingRequest.objects.update(seen_at=timezone.now())
        send()
        assert service.got == []
        assert PushSubscription.objects.get().due_at is None

    def test_of_a_turn_that_is_over_is_not_sent(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        OnboardingRequest.objects.update(action_type="")
        send()
        assert service.got == []

    def test_of_the_outcome_is_the_last(self, customer: Customer, service: Receiver, browser: Browser) -> None:
        customer.submit()
        customer.post("push", **browser.gives(service.url))
        work_until(customer.request, "connected")
        send()
        assert [browser.opens(body)["title"] for _headers, body in service.got] == ["Your device is connected"]
        assert not PushSubscription.objects.exists()

    def test_is_on_the_timeline(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        send()
        assert [event.actor for event in waiting.request.events.filter(name="told-in-browser")] == ["worker"]

    def test_happens_once(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        send()
        send()
        assert len(service.got) == 1

    def test_tells_what_happens_while_a_message_is_under_way(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        token = outbox.claim() or _due()
        [under_way] = PushSubscription.begin(token, holds=outbox.LEASE)
        outbox.tell(waiting.request, due_at=timezone.now())
        assert not under_way.write(due_at=None)
        send()
        assert len(service.got) == 1

    @pytest.mark.parametrize("status", [404, 410])
    def test_ends_when_the_browser_is_gone(self, waiting: Customer, service: Receiver, status: int) -> None:
        service.answers = [answer(status)]
        until_action(waiting)
        nobody_looks()
        send()
        assert not PushSubscription.objects.exists()

    def test_is_tried_again_while_the_service_is_away(self, waiting: Customer, service: Receiver) -> None:
        service.answers = [answer(503), answer(429)]
        until_action(waiting)
        nobody_looks()
        send()
        row = PushSubscription.objects.get()
        assert (row.failures, row.trouble) == (1, "503")
        assert row.due_at
        assert row.due_at > timezone.now()
        send()
        send()
        assert len(service.got) == 3
        row.refresh_from_db()
        assert (row.failures, row.trouble, row.due_at) == (0, "", None)

    def test_is_given_up_in_the_end(self, waiting: Customer, service: Receiver) -> None:
        service.always = answer(503)
        until_action(waiting)
        nobody_looks()
        for _try in range(20):
            send()
        assert not PushSubscription.objects.exists()

    def test_waits_for_a_key_that_is_missing(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        with connection.cursor() as cursor:
            cursor.execute("SELECT endpoint FROM onboarding_pushsubscription")
            [sealed] = cursor.fetchone()
            cursor.execute("UPDATE onboarding_pushsubscription SET endpoint = %s", [f"{sealed[:-4]}AAAA"])
        send()
        assert service.got == []
        with connection.cursor() as cursor:
            cursor.execute("UPDATE onboarding_pushsubscription SET endpoint = %s", [sealed])
        send()
        assert len(service.got) == 1

    def test_never_calls_a_service_that_is_no_longer_known(
        self, waiting: Customer, service: Receiver, settings: Settings
    ) -> None:
        settings.PUSH_SERVICES = []
        until_action(waiting)
        nobody_looks()
        send()
        assert service.got == []
        assert not PushSubscription.objects.exists()


class TestEnd:
    def test_comes_with_leaving(self, waiting: Customer, service: Receiver) -> None:
        until_action(waiting)
        nobody_looks()
        waiting.client.post("/leave/")
        assert not PushSubscription.objects.exists()
        send()
        assert service.got == []

    def test_comes_with_being_let_go(self, waiting: Customer, service: Receiver) -> None:
        OnboardingRequest.objects.update(browser="")
        until_action(waiting)
        send()
        assert service.got == []
        assert not PushSubscription.objects.exists()

    def test_comes_with_leaving_where_a_link_led(self, waiting: Customer, service: Receiver) -> None:
        browser = waiting.request.browser
        OnboardingRequest.objects.update(browser="")
        waiting.request.holders.create(browser=browser)
        waiting.client.post("/leave/")
        assert not PushSubscription.objects.exists()

    def test_comes_with_what_took_consent_back(self, waiting: Customer, service: Receiver, browser: Browser) -> None:
        work()
        waiting.post("stop")
        work_until(waiting.request, "withdrawn")
        send()
        assert not PushSubscription.objects.exists()

    def test_comes_with_an_erasure(self, waiting: Customer) -> None:
        erasure.ask(waiting.request, ConsentAct("Asked."))
        work_until(waiting.request, "withdrawn")
        erasure.settle_erasures()
        assert not PushSubscription.objects.exists()

    def test_comes_with_all_but_the_proof(self, waiting: Customer) -> None:
        strip([waiting.request.pk])
        assert not PushSubscription.objects.exists()


class TestPages:
    def test_of_the_worker_keeps_nothing(self, client: Client) -> None:
        response = client.get("/push-worker.js")
        script = response.content.decode()
        assert response.headers["Content-Type"].startswith("text/javascript")
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert '"push"' in script
        for word in ("fetch", "caches", "indexedDB", "importScripts"):
            assert word not in script

    def test_of_the_manifest_has_the_companys_name(self, client: Client, settings: Settings) -> None:
        settings.BRAND_NAME = "Zon & Co"
        response: HttpResponse = client.get("/manifest.webmanifest")
        told = json.loads(response.content)
        assert (told["name"], told["start_url"], told["display"]) == ("Zon & Co", "/", "standalone")
        assert told["icons"]
        page = client.get("/")
        assert b'<link rel="manifest" href="/manifest.webmanifest">' in page.content
        assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]


def _due() -> str:
    PushSubscription.objects.update(due_at=timezone.now())
    return outbox.claim()
