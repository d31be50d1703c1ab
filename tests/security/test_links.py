"""Links: what one opens is decided by the address it was mailed to, and "once" means once."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outgoing

from onboarding import actions
from onboarding.models import Holder, Mail, OnboardingRequest
from tests.racing import at_once, shared_database

MALLORY, VICTIM = "mallory@example.org", "mike.victim@example.org"
TOKEN = re.compile(r"/continue/([^/\s]+)/")
ASKED = 25
# Rounds in the suite; by hand more: `RACES` times as many.
RACES = 12


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


def make(address: str = "", **columns: Any) -> OnboardingRequest:
    return OnboardingRequest.objects.create(
        **{"browser": secrets.token_hex(8), "type": "EV", "contact_email": address} | columns
    )


def send_mails() -> None:
    """Do what workers do about mails, until none is due."""
    for key in Mail.objects.filter(due_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        actions.send_mail(key)


def tokens_of(address: str) -> list[str]:
    """Return every token that ever came to an address."""
    letters = (message for message in outgoing.outbox if message.to == [address])
    return [token for letter in letters for token in TOKEN.findall(str(letter.body))]


def holds(browser: str, request: OnboardingRequest) -> bool:
    return Holder.objects.filter(request=request, browser=browser).exists()


def open_all(tokens: list[str], browser: str) -> None:
    for token in tokens:
        if link := actions.find_link(token):
            actions.join(link, browser=browser)


class TestRaceOfAddresses:
    """Ask for links with one's own address, and say somebody else's while they are made."""

    def attack(self) -> bool:
        outgoing.outbox.clear()
        victims, own, browser = make(VICTIM), make(), secrets.token_hex(8)
        is_over: list[bool] = []

        def ask() -> None:
            try:
                for _time in range(ASKED):
                    actions.send_link(own, MALLORY)
                actions.send_link(own, VICTIM)
            finally:
                is_over.append(True)

        def work() -> None:
            while not is_over or Mail.objects.filter(request=own, kind="link", due_at__isnull=False).exists():
                due = Mail.objects.filter(request=own, kind="link", due_at__isnull=False)
                for key in list(due.order_by("-pk").values_list("pk", flat=True)[:2]):
                    actions.send_mail(key)

        at_once([ask, work, work])
        assert tokens_of(VICTIM)
        open_all(tokens_of(MALLORY), browser)
        return holds(browser, victims)

    def test_wins_nothing(self, shared: None) -> None:
        assert sum(self.attack() for _round in range(RACES)) == 0


class TestOnce:
    BROWSERS = 10

    def test_of_ten_browsers_at_the_same_moment_one_gets_in(self, shared: None) -> None:
        for _round in range(RACES):
            request = make()
            token = actions.phone_link(request).token

            def take(browser: str, token: str = token) -> None:
                if link := actions.find_link(token):
                    actions.join(link, browser=browser)

            at_once([lambda name=f"b{number}": take(name) for number in range(self.BROWSERS)])
            assert request.holders.count() == 1
