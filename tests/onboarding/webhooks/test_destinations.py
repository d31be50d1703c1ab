"""Which addresses may be entered, and which machines are called in the end."""

import socket
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.models import OnboardingRequest, WebhookAttempt, WebhookDelivery
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.destinations import is_safe_url, may_be_reached
from tests.onboarding.webhooks.test_outbox import sweep
from tests.receiver import Receiver, endpoint


class TestAddress:
    @pytest.mark.parametrize(
        "url",
        [
            "https://crm.example.org/hooks",
            "https://crm.example.org:8443/hooks?key=secret",
            "https://10.1.2.3/hooks",
            "https://[2001:db8::1]/",
        ],
    )
    def test_is_https(self, url: str) -> None:
        assert is_safe_url(url, is_local=False)

    @pytest.mark.parametrize(
        "url",
        [
            "http://crm.example.org/hooks",
            "ftp://crm.example.org/",
            "crm.example.org",
            "https://",
            "https://user:password@crm.example.org/",
            "https://user@crm.example.org/",
            "https://crm.example.org/#part",
            "https://crm.example.org/a b",
            "https://crm.example.org:99999/",
            "https://crm.example.org:0/",
            "https://crm\\.example.org/",
            "javascript:alert(1)",
            "",
        ],
    )
    def test_is_nothing_else_anywhere(self, url: str) -> None:
        assert not is_safe_url(url, is_local=False)
        assert not is_safe_url(url, is_local=True)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9000/hooks", "http://localhost/", "http://[::1]:9000/"])
    def test_may_be_http_on_ones_own_machine(self, url: str) -> None:
        assert is_safe_url(url, is_local=True)
        assert not is_safe_url(url, is_local=False)


class TestMachine:
    @pytest.mark.parametrize(
        "address", ["93.184.215.14", "10.1.2.3", "192.168.1.7", "172.16.0.1", "2001:4860::8888", "fd12::7"]
    )
    def test_of_the_internet_or_the_company_is_called(self, address: str) -> None:
        assert may_be_reached(address, is_local=False)

    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
        ],
    )
    def test_that_is_our_own_is_called_on_ones_own_machine_only(self, address: str) -> None:
        assert not may_be_reached(address, is_local=False)
        assert may_be_reached(address, is_local=True)

    @pytest.mark.parametrize(
        "address",
        [
            *("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1", "fe80::1%eth0"),
            *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
            *("64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:100.100.100.200"),
            *("0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),  # noqa: S104
            *("", "crm.example.org", "1.2.3"),
        ],
    )
    @pytest.mark.parametrize("is_local", [True, False])
    def test_that_is_nobodys_or_a_clouds_is_not_called(self, address: str, is_local: bool) -> None:
        assert not may_be_reached(address, is_local=is_local)


@pytest.mark.django_db
class TestCall:
    """Whatever the name was that led there: what counts is what was connected to."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "crm.example.org", "2130706433"])
    def test_ends_before_anything_is_sent_to_this_machine(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        settings.IS_PRODUCTION = True
        lead_to_this_machine(monkeypatch)
        with Receiver() as server:
            endpoint(f"http://{host}:{server.server_port}/hooks")
            announce(OnboardingRequest.objects.create(), WebhookDelivery.Kind.CREATED, now=timezone.now())
            sweep()
        assert server.got == []
        assert (WebhookAttempt.objects.get().trouble, WebhookAttempt.objects.get().status) == ("ForbiddenAddress", None)

    def test_reaches_it_on_ones_own_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lead_to_this_machine(monkeypatch)
        with Receiver() as server:
            endpoint(f"http://crm.example.org:{server.server_port}/hooks")
            announce(OnboardingRequest.objects.create(), WebhookDelivery.Kind.CREATED, now=timezone.now())
            sweep()
            assert len(server.got) == 1


def lead_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name stand for this machine, as its owner may decide at any moment."""
    usual = socket.getaddrinfo

    def resolve(_host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return usual("127.0.0.1", port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
