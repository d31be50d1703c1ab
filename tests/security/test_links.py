"""Links: what one opens is decided by the address it was mailed to, and "once" means once."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent import records
from onboarding.intake import access_links, contact, invitations
from onboarding.intake.draft import StaleDraft, give_consent, start_again
from onboarding.mail import links, outbox
from onboarding.models import AccessLink, Event, Holder, Mail, OnboardingRequest
from onboarding.portal import pages
from onboarding.support import operations
from tests.customers import Customer, do, work_until
from tests.onboarding.mail.test_outbox import let_mails_wait, link_in, submit
from tests.racing import at_once, shared_database
from tests.sealing import keyed

MALLORY, VICTIM, RIGHT = "mallory@example.org", "mike.victim@example.org", "ann.smith@example.org"
TOKEN = re.compile(r"/continue/([^/\s]+)/")
ASKED = 25
# How long each race is run; longer by hand.
RACE_SECONDS = 8.0
WHO_AND_WHY = {"by": "ann", "reason": "She called."}


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let threads meet in one database, and mailboxes take any number of links: the limit alone would end the race."""
    monkeypatch.setattr("onboarding.intake.contact.has_room", lambda *_mailbox: True)
    with shared_database(tmp_path):
        yield


def race(attack: Callable[[], int], seconds: float = RACE_SECONDS) -> tuple[int, int]:
    """Run an attack for so long. Returns how often it won, and how often it was tried."""
    ends_at, outcomes = time.monotonic() + seconds, [attack()]
    while time.monotonic() < ends_at:
        outcomes.append(attack())
    return sum(outcomes), len(outcomes)


def make(address: str = "", **columns: Any) -> OnboardingRequest:
    known = {"browser": secrets.token_hex(8), "type": "EV", "manufacturer": "Audi", "contact_email": address}
    return OnboardingRequest.objects.create(**known | columns)


def phone_link(request: OnboardingRequest) -> AccessLink:
    link = access_links.phone_link(request, browser=request.browser)
    assert link
    return link


def send_mails() -> None:
    """Do what workers do about mails that are due."""
    for token in list(iter(outbox.claim, "")):
        outbox.send_mail.call(token)


def claimed_mail() -> Mail:
    """Be a worker that has the one mail there is in hand."""
    return Mail.objects.select_related("request", "wish", "record").get(lease=outbox.claim())


def mailed_link(request: OnboardingRequest, address: str, browser: str = "") -> str:
    """Ask for a link to an address. Returns its token."""
    contact.send_link(request, address, browser=browser)
    send_mails()
    return tokens_of(address)[-1]


def tokens_of(address: str) -> list[str]:
    """Return every token that ever came to an address."""
    letters = (message for message in outgoing.outbox if message.to == [address])
    return [token for letter in letters for token in TOKEN.findall(str(letter.body))]


def holds(browser: str, request: OnboardingRequest) -> bool:
    return Holder.objects.filter(request=request, browser=browser).exists()


def enter(token: str, browser: str) -> bool:
    """Press the button of a link. Returns whether it lets the browser in."""
    link = access_links.find_link(token, browser=browser)
    return bool(link and access_links.grant_access(link, browser=browser))


def url(token: str) -> str:
    return f"/continue/{token}/"


class TestRaceOfAddresses:
    """Ask for links with one's own address, and say somebody else's while they are made."""

    def attack(self) -> int:
        outgoing.outbox.clear()
        Mail.objects.all().delete()  # or the mailbox is full after three tries
        victims, own, browser = make(VICTIM), make(), secrets.token_hex(8)
        is_over: list[bool] = []
        waiting = Mail.objects.filter(request=own, kind="link", due_at__isnull=False).order_by("-pk")

        def ask() -> None:
            try:
                for _time in range(ASKED):
                    contact.send_link(own, MALLORY)
                contact.send_link(own, VICTIM)
            finally:
                is_over.append(True)

        def work() -> None:
            while not is_over or waiting.exists():
                for mail in list(waiting[:2]):
                    do(mail)

        at_once([ask, work, work])
        assert tokens_of(VICTIM)
        for token in tokens_of(MALLORY):
            enter(token, browser)
        assert not AccessLink.objects.filter(request=own, address="").exists()
        return holds(browser, victims) or holds(browser, own)

    def test_wins_nothing(self, shared: None) -> None:
        wins, _tries = race(self.attack)
        assert wins == 0


class TestRaceOfHolders:
    """Press the button of a link while its address is corrected."""

    def attack(self) -> int:
        outgoing.outbox.clear()
        Mail.objects.all().delete()  # or the mailbox is full after three tries
        own, browser = make(), secrets.token_hex(8)
        token = mailed_link(own, MALLORY)
        at_once([lambda: enter(token, browser), lambda: contact.send_link(own, RIGHT)])
        return holds(browser, own)

    def test_leaves_nobody_behind(self, shared: None) -> None:
        wins, _tries = race(self.attack, RACE_SECONDS / 2)
        assert wins == 0


class TestMailedLink:
    pytestmark = pytest.mark.django_db

    def test_is_not_made_for_an_address_that_was_left_while_the_mail_was_made(self) -> None:
        own = make(MALLORY)
        contact.send_link(own)
        mail = claimed_mail()
        contact.send_link(own, VICTIM)
        assert mail.to == MALLORY  # as the worker read it
        assert links.link_in(mail) is None
        assert not AccessLink.objects.exists()

    def test_is_not_mailed_to_an_address_that_another_took_the_place_of(self) -> None:
        own = make(MALLORY)
        contact.send_link(own)
        OnboardingRequest.objects.update(contact_email=VICTIM)
        send_mails()
        assert not outgoing.outbox
        assert Mail.objects.get().ended == "address changed"
        assert Event.objects.get(name="mail-dropped").detail["reason"] == "address changed"

    def test_is_not_made_after_the_invitation_was_made_void(self) -> None:
        own = make(MALLORY)
        invitations.mail_invitation(own, by="ann")
        mail = claimed_mail()
        invitations.void_invitation(own, **WHO_AND_WHY)
        assert links.link_in(mail) is None

    def test_opens_nothing_once_its_own_request_has_another_address(self) -> None:
        own, victims = make(), make(VICTIM)
        token = mailed_link(own, MALLORY)
        link = access_links.find_link(token)
        assert link
        OnboardingRequest.objects.filter(pk=own.pk).update(contact_email=VICTIM)  # and nothing revoked
        assert access_links.find_link(token) is None
        assert not access_links.grant_access(link, browser="b")
        assert not holds("b", own)
        assert not holds("b", victims)
        assert AccessLink.objects.get().taken_at is None

    def test_opens_what_has_that_address_now_and_nothing_else(self) -> None:
        own, same, left, other = make(), make("Mallory@example.org"), make(MALLORY), make(VICTIM)
        token = mailed_link(own, MALLORY)
        contact.send_link(left, RIGHT)
        assert enter(token, "b")
        assert [holds("b", row) for row in (own, same, left, other)] == [True, True, False, False]

    def test_that_expired_asks_for_no_successor_once_the_address_is_another(self, client: Client) -> None:
        own = make()
        token = mailed_link(own, MALLORY)
        AccessLink.objects.update(expires_at=timezone.now())
        OnboardingRequest.objects.update(contact_email=VICTIM)
        assert client.get(url(token)).status_code == client.post(url(token)).status_code == 404
        assert not Mail.objects.filter(to_key=keyed(VICTIM)).exists()

    def test_of_an_invitation_opens_nothing_once_the_address_is_another(self) -> None:
        own = make(MALLORY)
        invitations.mail_invitation(own, by="ann")
        send_mails()
        (token,) = tokens_of(MALLORY)
        OnboardingRequest.objects.update(contact_email=VICTIM)
        assert not enter(token, "b")

    def test_is_not_the_one_that_staff_show(self) -> None:
        own = make(MALLORY)
        invitations.mail_invitation(own, by="ann")
        send_mails()
        assert invitations.show_invitation(own, by="ann").token not in tokens_of(MALLORY)

    def test_works_many_times_and_so_does_an_invitation(self) -> None:
        own = make()
        for token in (mailed_link(own, MALLORY), invitations.show_invitation(own, by="ann").token):
            assert [enter(token, f"{token}{number}") for number in range(3)] == [True] * 3

    def test_goes_to_nobody_whose_address_cannot_be_compared(self) -> None:
        own = make("mi\u212ae@example.org")  # with a Kelvin sign, as one stored long ago
        assert OnboardingRequest.objects.get(pk=own.pk).contact_key == ""
        contact.send_link(own)
        send_mails()
        assert not outgoing.outbox
        assert Mail.objects.get().ended == "no address"


class TestDelivery:
    pytestmark = pytest.mark.django_db

    def test_that_is_tried_often_makes_one_link(self, settings: Settings) -> None:
        own = make()
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Unreachable"}}
        contact.send_link(own, MALLORY)
        for _attempt in range(44):
            let_mails_wait(3 * 3600)
            send_mails()
        assert Mail.objects.get(kind="link").failures == 44
        assert AccessLink.objects.filter(mail__kind="link").count() == 1
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        let_mails_wait(3 * 3600)
        Mail.objects.exclude(kind="link").update(due_at=None)
        send_mails()
        (token,) = tokens_of(MALLORY)
        assert enter(token, "b")

    def test_after_the_links_were_switched_off_brings_one_that_works(self, settings: Settings) -> None:
        own = make()
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Unreachable"}}
        contact.send_link(own, MALLORY)
        send_mails()
        old = AccessLink.objects.get().token
        access_links.revoke_links(own, but=own.browser)
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        let_mails_wait(3600)
        send_mails()
        assert tokens_of(MALLORY)[0] != old
        assert enter(tokens_of(MALLORY)[0], "b")
        assert not enter(old, "c")
        assert AccessLink.objects.filter(mail__kind="link").count() == 1


@pytest.mark.django_db
class TestCalledOff:
    """A mail to a mistyped address, that its server put off for hours when the address was corrected."""

    @pytest.mark.parametrize("send", [invitations.mail_invitation, operations.resend_mail])
    def test_does_not_hold_up_the_one_to_the_right_address(self, send: Callable[..., bool]) -> None:
        own = make(MALLORY)
        assert send(own, by="ann")
        assert not send(own, by="ann")
        Mail.objects.update(due_at=timezone.now() + timedelta(hours=2), failures=8)
        assert operations.reassign_email(own, contact_email=RIGHT, **WHO_AND_WHY)
        assert send(own, by="ann")
        send_mails()
        assert [letter.to for letter in outgoing.outbox] == [[RIGHT]]


@pytest.mark.django_db
class TestFullMailbox:
    """Of somebody who asked for three links already, or for whom a stranger did."""

    def test_is_reminded_all_the_same(self) -> None:
        for _time in range(3):
            contact.send_link(make(), RIGHT)
        own = make()
        contact.send_link(own, RIGHT.upper(), browser=own.browser)
        assert [(mail.kind, mail.to) for mail in own.mails.all()] == [("reminder", RIGHT.upper())]


@pytest.mark.django_db
class TestReceipt:
    """To a mistyped address, that was corrected before it went out; and the outcome."""

    @pytest.fixture
    def agreed(self, customer: Customer) -> OnboardingRequest:
        customer.start().choose("EV", "Audi").post("identify", vin="WA1DMAFE0D0000803")
        seal = customer.get("check").context["page_sha256"]
        customer.post("check", consent="on", page_sha256=seal, contact_email=MALLORY)
        return customer.request

    def told(self) -> list[tuple[str, list[str]]]:
        return [(str(letter.subject).partition(":")[0], letter.to) for letter in outgoing.outbox]

    def test_goes_to_the_right_one(self, agreed: OnboardingRequest) -> None:
        contact.send_link(agreed, RIGHT, browser=agreed.browser)
        send_mails()
        assert ("Receipt", [RIGHT]) in self.told()
        assert not tokens_of(MALLORY)
        assert all(enter(token, "b") for token in tokens_of(RIGHT))

    def test_goes_there_once_the_server_refused_the_wrong_one(self, agreed: OnboardingRequest) -> None:
        Mail.objects.update(due_at=None, ended="refused", failures=1)
        operations.reassign_email(agreed, contact_email=RIGHT, **WHO_AND_WHY)
        send_mails()
        assert self.told() == [("Receipt", [RIGHT])]

    def test_carries_a_link_that_opens_though_delivery_was_tried_before(
        self, agreed: OnboardingRequest, settings: Settings
    ) -> None:
        works = settings.MAILERS
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Unreachable"}}
        send_mails()
        assert AccessLink.objects.get().address == keyed(MALLORY)
        settings.MAILERS = works
        operations.reassign_email(agreed, contact_email=RIGHT, **WHO_AND_WHY)
        send_mails()
        (token,) = tokens_of(RIGHT)
        assert enter(token, "b")
        assert AccessLink.objects.get().address == keyed(RIGHT)

    def test_is_not_sent_to_the_wrong_one_by_a_worker_that_has_it_in_hand(self, agreed: OnboardingRequest) -> None:
        mail = claimed_mail()
        operations.reassign_email(agreed, contact_email=RIGHT, **WHO_AND_WHY)
        outbox._send(mail)
        assert not outgoing.outbox
        send_mails()
        assert self.told() == [("Receipt", [RIGHT])]

    def test_comes_with_the_outcome_that_holds_now_and_no_other(self, agreed: OnboardingRequest) -> None:
        Mail.objects.all().delete()
        for kind in ("connected", "failed", "needs-you"):
            outbox.queue_mail(agreed, Mail.Kind(kind), occasion="x")
        OnboardingRequest.objects.update(state="connected")
        operations.reassign_email(agreed, contact_email=RIGHT, **WHO_AND_WHY)
        send_mails()
        assert [(letter.kind, letter.to) for letter in Mail.objects.exclude(sent_at=None)] == [("connected", RIGHT)]
        assert [letter.to for letter in outgoing.outbox] == [[RIGHT]]


class TestWrongPerson:
    """Who came by a link to an address that turned out to be mistyped."""

    @pytest.fixture
    def draft(self, customer: Customer) -> Customer:
        customer.start().choose("EV", "Audi").post("identify", vin="WA1DMAFE0D0000803")
        return customer

    @pytest.fixture
    def wrong(self, draft: Customer) -> Client:
        wrong = Client()
        draft.post("elsewhere", contact_email=MALLORY)
        send_mails()
        assert wrong.post(link_in(outgoing.outbox[-1])).status_code == 302
        assert wrong.get(draft.url("identify")).status_code == 200
        return wrong

    def is_in(self, browser: Client, draft: Customer) -> bool:
        return browser.get(draft.url("elsewhere")).status_code == 200

    def test_is_let_go_of_when_the_customer_corrects_it(self, draft: Customer, wrong: Client) -> None:
        draft.post("elsewhere", contact_email=RIGHT)
        assert not self.is_in(wrong, draft)
        assert self.is_in(draft.client, draft)

    def test_is_let_go_of_when_it_is_corrected_on_the_check_page(self, draft: Customer, wrong: Client) -> None:
        seal = draft.get("check").context["page_sha256"]
        draft.post("check", consent="on", page_sha256=seal, contact_email=RIGHT)
        assert draft.request.state == "queued"
        assert draft.request.contact_email == RIGHT
        assert not self.is_in(wrong, draft)
        send_mails()
        assert {tuple(letter.to) for letter in outgoing.outbox[1:]} == {(RIGHT,)}

    def test_is_let_go_of_when_staff_correct_it(self, draft: Customer, wrong: Client) -> None:
        assert operations.reassign_email(draft.request, contact_email=RIGHT, **WHO_AND_WHY)
        assert not self.is_in(wrong, draft)
        assert self.is_in(draft.client, draft)

    def test_is_not_let_in_by_a_code_that_was_shown_to_them(self, draft: Customer, wrong: Client) -> None:
        wrong.post(draft.url("phone/new"))
        code = wrong.get(draft.url("phone")).context["link"].spoken_code
        second = Client()
        second.post("/code/", {"code": code})
        assert self.is_in(second, draft)
        wrong.post(draft.url("phone/new"))
        code = wrong.get(draft.url("phone")).context["link"].spoken_code
        draft.post("elsewhere", contact_email=RIGHT)
        third = Client()
        third.post("/code/", {"code": code})
        assert [self.is_in(browser, draft) for browser in (wrong, second, third)] == [False] * 3

    def test_is_not_shown_the_code_of_who_began_it(self, draft: Customer, wrong: Client) -> None:
        draft.client.post(draft.url("phone/new"))
        assert wrong.get(draft.url("phone")).status_code == 302
        wrong.post(draft.url("phone/new"))
        shown = [browser.get(draft.url("phone")).context["link"].code for browser in (wrong, draft.client)]
        assert shown[0] != shown[1]

    def test_does_not_stay_by_letting_go_of_all_others(self, draft: Customer, wrong: Client) -> None:
        wrong.post(draft.url("revoke"))
        assert self.is_in(wrong, draft)
        operations.reassign_email(draft.request, contact_email=RIGHT, **WHO_AND_WHY)
        assert not self.is_in(wrong, draft)

    @pytest.mark.parametrize("by_staff", [False, True])
    def test_does_not_stay_by_giving_an_address_of_their_own(
        self, draft: Customer, wrong: Client, by_staff: bool
    ) -> None:
        wrong.post(draft.url("elsewhere"), {"contact_email": "mallory+1@example.org"})
        assert self.is_in(wrong, draft)
        if by_staff:
            assert operations.reassign_email(draft.request, contact_email=RIGHT, **WHO_AND_WHY)
        else:
            draft.post("elsewhere", contact_email=RIGHT)
        assert not self.is_in(wrong, draft)
        assert self.is_in(draft.client, draft)

    def test_does_not_lock_out_who_began_it_nor_their_phone(self, draft: Customer, wrong: Client) -> None:
        draft.client.post(draft.url("phone/new"))
        phone, second = Client(), Client()
        phone.post("/code/", {"code": draft.get("phone").context["link"].spoken_code})
        second.post(link_in(outgoing.outbox[-1]))
        told = wrong.post(draft.url("revoke"), follow=True).content.decode()
        assert "All links that were mailed are switched off" in told
        inside = [self.is_in(browser, draft) for browser in (draft.client, phone, wrong, second)]
        assert inside == [True, True, True, False]

    def test_gets_into_no_other_try_that_has_the_right_one(self, customer: Customer) -> None:
        request = work_until(submit(customer, address=MALLORY), "connected")
        send_mails()
        wrong = Client()
        wrong.post(link_in(outgoing.outbox[0]))
        customer.client.post(customer.url("reconnect"))
        retry = OnboardingRequest.objects.get(retry_of=request)
        contact.send_link(retry, RIGHT)
        wrong.post(customer.url("reconnect"))
        assert wrong.get(f"/onboarding/{retry.reference}/elsewhere/").status_code == 404

    def test_is_told_from_who_came_by_a_code(self, draft: Customer, wrong: Client) -> None:
        draft.client.post(draft.url("phone/new"))
        phone = Client()
        phone.post("/code/", {"code": draft.get("phone").context["link"].spoken_code})
        draft.post("elsewhere", contact_email=RIGHT)
        assert (self.is_in(phone, draft), self.is_in(wrong, draft)) == (True, False)

    def test_is_told_from_the_browser_that_asks(self, draft: Customer, wrong: Client) -> None:
        """The customer, who went on by the mailed link on the phone, gives another address there, twice."""
        for address in (RIGHT, "ann@example.org"):
            wrong.post(draft.url("elsewhere"), {"contact_email": address})
            assert self.is_in(wrong, draft)

    def test_is_too_late_with_what_was_begun_before(self, draft: Customer, wrong: Client) -> None:
        """The page was asked for while they were in, and its turn comes when they are not."""
        request, browser = draft.request, Holder.objects.get().browser
        draft.post("elsewhere", contact_email=RIGHT)
        contact.send_link(request, "mallory2@example.org", browser=browser)
        assert access_links.revoke_links(request, but=browser) == 0
        assert access_links.phone_link(request, browser=browser) is None
        assert not access_links.phone_links(request, browser=browser).exists()
        words = pages.consent_for(draft.request)
        act, given = records.ConsentAct("x"), {"contact_email": "mallory2@example.org", "browser": browser}
        with pytest.raises(StaleDraft):
            give_consent(draft.request, words, act, **given)
        assert draft.request.contact_email == RIGHT
        assert not Holder.objects.exists()
        assert not Mail.objects.filter(to__startswith="mallory2").exists()
        assert self.is_in(draft.client, draft)

    def test_is_nobody_when_only_the_case_changed(self, draft: Customer, wrong: Client) -> None:
        draft.post("elsewhere", contact_email=MALLORY.upper())
        assert self.is_in(wrong, draft)


@pytest.mark.django_db
class TestVoidInvitation:
    """Went to somebody else, who has or gets other links."""

    @pytest.mark.parametrize(("state", "mailed"), [("draft", "before"), ("draft", "after"), ("rejected", "before")])
    def test_is_opened_by_no_link_of_another_device(self, state: str, mailed: str) -> None:
        wrong, invited = make(), make(MALLORY, browser="", state=state)
        invitations.mail_invitation(invited, by="ann")
        send_mails()
        token = mailed_link(wrong, MALLORY) if mailed == "before" else ""
        invitations.void_invitation(invited, **WHO_AND_WHY)
        assert enter(token or mailed_link(wrong, MALLORY), "thief")
        assert holds("thief", wrong)
        assert not holds("thief", invited)

    def test_can_be_sent_again_to_the_right_address(self) -> None:
        invited = make(MALLORY, browser="")
        invitations.mail_invitation(invited, by="ann")
        invitations.void_invitation(invited, **WHO_AND_WHY)
        assert not invitations.mail_invitation(invited, by="ann")
        assert operations.reassign_email(invited, contact_email=RIGHT, **WHO_AND_WHY)
        assert invitations.mail_invitation(invited, by="ann")
        send_mails()
        assert [letter.to for letter in outgoing.outbox] == [[RIGHT]]
        assert enter(tokens_of(RIGHT)[0], "b")


@pytest.mark.django_db
class TestSwitchedOff:
    """All links to one device are, while another has the same address."""

    def test_no_link_of_another_device_opens_it(self) -> None:
        own, other = make(MALLORY), make(MALLORY)
        token = mailed_link(other, MALLORY)
        assert enter(token, "thief")
        access_links.revoke_links(own, but=own.browser)
        assert not holds("thief", own)
        assert enter(token, "thief")
        assert (holds("thief", own), holds("thief", other)) == (False, True)

    def test_nor_its_next_try(self) -> None:
        own, other = make(MALLORY, state="failed"), make(MALLORY)
        token = mailed_link(other, MALLORY)
        access_links.revoke_links(own, but=own.browser)
        retry = start_again(OnboardingRequest.objects.get(pk=own.pk))
        assert enter(token, "thief")
        assert not holds("thief", retry)

    def test_a_link_that_is_mailed_afterwards_opens_it(self) -> None:
        own, other = make(MALLORY), make(MALLORY)
        access_links.revoke_links(own, but=own.browser)
        assert enter(mailed_link(other, MALLORY), "b")
        assert holds("b", own)

    def test_by_somebody_who_typed_the_address_leaves_links_of_its_owner_alone(self) -> None:
        victims, own = make(VICTIM), make()
        token = mailed_link(victims, VICTIM)
        contact.send_link(own, VICTIM)
        access_links.revoke_links(own, but=own.browser)
        assert enter(token, "b")
        assert holds("b", victims)

    @pytest.mark.parametrize("why", ["a link of another device", "who holds it"])
    def test_can_be_asked_for_whenever_somebody_else_may_get_in(self, customer: Customer, why: str) -> None:
        request = customer.start().request
        asks = "Switch off all links"
        assert asks not in customer.get("elsewhere").content.decode()
        if why == "who holds it":
            Holder.objects.create(request=request, browser="b")
        else:
            OnboardingRequest.objects.update(contact_email=MALLORY)
            mailed_link(make(MALLORY), MALLORY)
        assert asks in customer.get("elsewhere").content.decode()


class TestOnce:
    BROWSERS = 10

    def attack(self) -> int:
        own = make()
        token = phone_link(own).token
        is_in = at_once([lambda name=f"b{number}": enter(token, name) for number in range(self.BROWSERS)])
        assert own.holders.count() == sum(is_in) > 0
        assert own.events.filter(name="continued-elsewhere").count() == 1
        return sum(is_in) - 1

    def test_of_ten_browsers_at_the_same_moment_one_gets_in(self, shared: None) -> None:
        too_many, _tries = race(self.attack, RACE_SECONDS / 2)
        assert too_many == 0

    def test_of_ten_that_type_the_code_at_the_same_moment_one_gets_in(self, shared: None) -> None:
        own = make()
        code = phone_link(own).code
        clients = [Client() for _browser in range(self.BROWSERS)]
        answers = at_once([lambda client=client: client.post("/code/", {"code": code}) for client in clients])
        assert sorted(answer.status_code for answer in answers) == [200] * 9 + [302]
        assert own.holders.count() == 1

    @pytest.mark.django_db
    def test_of_seven_one_after_another_one_gets_in(self) -> None:
        own = make()
        token = phone_link(own).token
        answers = [Client().post(url(token)).status_code for _browser in range(7)]
        assert answers == [302] + [404] * 6
        assert own.holders.count() == 1

    @pytest.mark.django_db
    def test_lets_the_browser_that_took_it_come_again(self) -> None:
        own = make()
        link, phone = phone_link(own), Client()
        for _time in range(3):
            assert phone.post(url(link.token)).headers["Location"] == f"/onboarding/{own.reference}/"
            assert phone.get(url(link.token)).status_code == 200
            assert phone.post("/code/", {"code": link.code}).status_code == 302
        assert own.events.filter(name="continued-elsewhere").count() == 1
        assert Client().get(url(link.token)).status_code == 404

    @pytest.mark.django_db
    def test_is_not_used_up_by_the_browser_that_shows_it(self, customer: Customer) -> None:
        customer.start()
        customer.client.post(customer.url("phone/new"))
        token = customer.get("phone").context["link"].token
        assert customer.client.post(url(token)).status_code == 302
        assert Client().post(url(token)).status_code == 302

    @pytest.mark.django_db
    def test_is_over_with_the_links(self) -> None:
        own = make()
        token = phone_link(own).token
        link = access_links.find_link(token)
        assert link
        access_links.revoke_links(own, but=own.browser)
        assert not access_links.grant_access(link, browser="b")
        assert not holds("b", own)

    @pytest.mark.django_db
    def test_ends_after_ten_minutes(self) -> None:
        token = phone_link(make()).token
        AccessLink.objects.update(expires_at=timezone.now())
        assert Client().get(url(token)).status_code == Client().post(url(token)).status_code == 404


@pytest.mark.django_db
class TestKeys:
    """The secret key is changed, and the one of before is still known."""

    def test_of_before_bring_back_what_was_handed_out(self, settings: Settings) -> None:
        own = make()
        link = phone_link(own)
        shown = (link.token, link.code)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = ["older", settings.SECRET_KEY], "newer"
        again = AccessLink.objects.get()
        assert (again.token, again.code) == shown
        assert phone_link(own).pk == link.pk
        assert enter(link.token, "b")

    def test_of_now_make_what_is_new(self, settings: Settings) -> None:
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "newer"
        link = phone_link(make())
        settings.SECRET_KEY_FALLBACKS = []
        assert AccessLink.objects.get().token == link.token
        assert AccessLink.objects.get().is_whole

    def test_that_are_gone_take_along_what_they_made(self, settings: Settings) -> None:
        """Nothing is shown that would not work."""
        own = make()
        shown = [phone_link(own).token, invitations.show_invitation(own, by="ann").token]
        settings.SECRET_KEY = "newer"
        fresh = [phone_link(own).token, invitations.show_invitation(own, by="ann").token]
        assert not {*shown} & {*fresh}
        assert all(enter(token, token) for token in fresh)

    def test_that_are_gone_close_every_link_they_made(self, settings: Settings) -> None:
        """Somebody else has seen the old key."""
        own, link = make(), phone_link(make())
        tokens = [mailed_link(own, MALLORY), invitations.show_invitation(own, by="ann").token, link.token]
        code, old = link.code, settings.SECRET_KEY
        settings.SECRET_KEY = "newer"
        assert [Client().get(url(token)).status_code for token in tokens] == [404] * 3
        assert not any(enter(token, "b") for token in tokens)
        assert access_links.find_code(code) is None
        settings.SECRET_KEY_FALLBACKS = [old]
        assert all(enter(token, "b") for token in tokens)


@pytest.mark.django_db
class TestStranger:
    """Learns nothing from a link or a code that opens nothing."""

    @pytest.fixture
    def void(self) -> dict[str, str]:
        revoked, taken, left, late = make(), make(), make(), make()
        tokens = {
            "made up": "A" * 22,
            "revoked": mailed_link(revoked, MALLORY),
            "taken": phone_link(taken).token,
            "for another address by now": mailed_link(left, RIGHT),
            "late": phone_link(late).token,
        }
        access_links.revoke_links(revoked, but=revoked.browser)
        enter(tokens["taken"], "b")
        OnboardingRequest.objects.filter(pk=left.pk).update(contact_email=VICTIM)
        AccessLink.objects.filter(request=late).update(expires_at=timezone.now())
        return tokens

    @pytest.mark.parametrize("method", ["get", "head", "post"])
    def test_sees_the_same_of_all_links_for_the_same_queries(self, void: dict[str, str], method: str) -> None:
        Client().get(url("warm"))
        seen = {}
        for what, token in void.items():
            with CaptureQueriesContext(connection) as queries:
                answer = getattr(Client(), method)(url(token))
            seen[what] = (*self.told(answer, token), len(queries))
        assert len({*seen.values()}) == 1, seen
        assert seen["made up"][0] == 404

    def test_sees_the_same_of_all_codes_for_the_same_queries(self) -> None:
        taken, late = make(), make()
        codes = {"made up": "ACDEFHJK", "taken": phone_link(taken).code, "late": phone_link(late).code}
        enter(phone_link(taken).token, "b")
        AccessLink.objects.filter(request=late).update(expires_at=timezone.now())
        Client().post("/code/", {"code": "warm"})
        seen = {}
        for what, code in codes.items():
            with CaptureQueriesContext(connection) as queries:
                answer = Client().post("/code/", {"code": code})
            seen[what] = (*self.told(answer, code), len(queries))
        assert len({*seen.values()}) == 1, seen
        assert seen["made up"][0] == 200

    def test_who_was_too_late_gets_no_key(self) -> None:
        own = make()
        link = phone_link(own)
        found = access_links.find_link(link.token)
        assert found
        assert access_links.grant_access(found, browser="first")
        second = Client()
        assert second.post(url(link.token)).status_code == 404
        assert "portal" not in second.cookies

    @staticmethod
    def told(answer: HttpResponse, typed: str) -> tuple[Any, ...]:
        words = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()).replace(typed, "…")
        headers = {
            name: value for name, value in answer.headers.items() if name not in {"Content-Length", "X-Request-ID"}
        }
        words = re.sub(r"nonce=\S+", "", words)
        return answer.status_code, words, str(sorted(headers.items())), str(sorted(answer.cookies))
