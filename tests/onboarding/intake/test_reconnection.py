"""Reconnect: a device that was connected and does not work any more is connected anew, with what we know."""

from datetime import timedelta

import httpx
import pytest
from django.core import mail as outgoing
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from onboarding.catalogue import catalogue, refresh
from onboarding.consent.records import ConsentAct, publish
from onboarding.consent.texts import find_text
from onboarding.intake import withdrawal
from onboarding.intake.reconnection import ReadFirst, reconnect
from onboarding.mail.content import letter_for
from onboarding.mail.outbox import queue_mail
from onboarding.models import (
    Consent,
    ConsentText,
    Device,
    Event,
    Holder,
    Mail,
    OnboardingRequest,
    PlannedOffer,
    WebhookDelivery,
)
from onboarding.portal import pages
from onboarding.privacy import erasure
from onboarding.privacy.restored import BY_BACKUP
from onboarding.request.lifecycle import State
from sandbox import bench
from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest
from sandbox.transport import SandboxTransport
from tests.customers import GUIDES_VIN, Customer, let_time_pass, work, work_until
from tests.onboarding.portal.test_wizard import text_of
from tests.receiver import endpoint

ANN = "ann@example.org"
ACT = ConsentAct("Pressed “Stop and disconnect”.")


@pytest.fixture
def connected(customer: Customer) -> Customer:
    work_until(customer.submit().request, "connected")
    return customer


@pytest.fixture
def following(connected: Customer, settings: Settings) -> OnboardingRequest:
    """The new connection of a device, which the platform is at."""
    settings.SANDBOX_STEP_SECONDS = 60
    bench.let_steps_pass(20)  # so that the one before is connected by this clock, too
    press(connected)
    return work_until(newest(), "following")


# What the platform calls an entity, by what the sandbox does.
SAME: dict[str, str] = {}


class SharesEntities(SandboxTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        said = response.content
        for given, same in SAME.items():
            said = said.replace(given.encode(), same.encode())
        return httpx.Response(response.status_code, content=said, headers={"content-type": "application/json"})


def press(customer: Customer, page: str = "reconnect") -> HttpResponse:
    return customer.client.post(customer.url(page))


def newest() -> OnboardingRequest:
    return OnboardingRequest.objects.order_by("-pk")[0]


def row(request: OnboardingRequest) -> OnboardingRequest:
    return OnboardingRequest.objects.get(pk=request.pk)


def address(request: OnboardingRequest, page: str) -> str:
    return f"/onboarding/{request.reference}/{page}/"


def kinds_of(request: OnboardingRequest) -> list[str]:
    return list(request.consents.order_by("pk").values_list("kind", flat=True))


def let_come(request: OnboardingRequest, state: str) -> OnboardingRequest:
    """Work, and let time pass here and there, until the request is in this state."""
    for _round in range(20):
        work()
        if row(request).state == state:
            return row(request)
        bench.let_steps_pass(5)
        let_time_pass(request)
    raise AssertionError(f"The request stays {row(request).state}.")


def running() -> list[SandboxRequest]:
    return list(SandboxRequest.objects.filter(canceled_at=None, offboardings=None))


class TestButton:
    def test_is_offered_for_what_is_connected(self, connected: Customer) -> None:
        page = connected.get("device")
        assert "Does it no longer work?" in text_of(page)
        assert f'action="{connected.url("reconnect")}"' in page.content.decode()

    def test_is_not_offered_on_the_way(self, customer: Customer) -> None:
        customer.submit()
        assert "Does it no longer work?" not in text_of(customer.get("device"))

    def test_is_all_that_it_takes(self, connected: Customer) -> None:
        assert press(connected).headers["Location"] == address(newest(), "status")
        new = newest()
        assert (new.state, new.retry_of, new.is_reconnection) == ("queued", connected.request, True)
        assert (new.type, new.manufacturer, new.attributes) == ("EV", "Audi", {"vin": GUIDES_VIN})

    def test_keeps_whose_it_is(self, connected: Customer) -> None:
        kept = {"tenant_id": "a", "own_reference": "K-17", "contact_email": ANN, "language": "nl"}
        request = connected.request
        for name, value in (kept | {"return_address": "https://www.example.org/"}).items():
            setattr(request, name, value)
        request.save()
        Holder.objects.create(request=request, browser="another")
        press(connected)
        new = newest()
        assert {name: getattr(new, name) for name in kept} == kept
        assert new.return_address == "https://www.example.org/"
        assert (new.browser, [holder.browser for holder in new.holders.all()]) == (request.browser, ["another"])

    def test_leaves_what_runs_as_it_is(self, connected: Customer) -> None:
        before = OnboardingRequest.objects.values().get(pk=connected.request.pk)
        press(connected)
        assert OnboardingRequest.objects.values().get(pk=connected.request.pk) == before
        assert len(running()) == 1

    def test_is_on_both_timelines(self, connected: Customer) -> None:
        press(connected)
        old, new = connected.request, newest()
        begun = Event.objects.filter(request=new).order_by("pk")
        assert [event.name for event in begun] == ["started", "consent-continued"]
        assert begun[0].detail == {"repairs": old.spoken_support_code}
        assert Event.objects.get(request=old, name="reconnecting").detail == {"anew": new.spoken_support_code}

    def test_is_one_request_however_often_it_is_pressed(self, connected: Customer) -> None:
        assert len({press(connected).headers["Location"] for _click in range(3)}) == 1
        assert OnboardingRequest.objects.count() == 2

    def test_lets_another_holder_in_to_what_is_under_way(self, connected: Customer) -> None:
        press(connected)
        phone = Client()
        connected.client.post(connected.url("phone/new"))
        phone.post("/code/", {"code": connected.get("phone").context["link"].spoken_code})
        response = phone.post(connected.url("reconnect"), follow=True)
        assert (response.status_code, response.context["request_row"]) == (200, newest())

    def test_is_nobody_elses(self, connected: Customer, stranger: Customer) -> None:
        stranger.start()
        assert stranger.client.post(connected.url("reconnect")).status_code == 404
        assert OnboardingRequest.objects.count() == 1

    def test_does_nothing_for_what_is_not_connected(self, customer: Customer) -> None:
        customer.submit()
        assert press(customer).headers["Location"] == f"/onboarding/{customer.reference}/"
        assert OnboardingRequest.objects.count() == 1

    def test_waits_while_the_maker_is_paused(self, connected: Customer) -> None:
        PlannedOffer.objects.create(kind="paused", type="EV", manufacturer="Audi")
        catalogue.forget()
        assert "Audi cannot be connected at the moment" in text_of(press(connected))
        assert OnboardingRequest.objects.count() == 1


class TestConsent:
    def test_goes_on_by_the_same_words(self, connected: Customer) -> None:
        press(connected)
        [record], [given] = newest().consents.all(), connected.request.consents.all()
        assert (record.kind, record.words, record.version) == ("continued", given.words, given.version)
        assert "“Connect it again”" in record.act
        assert record.is_intact
        assert Consent.objects.filter(request=connected.request).count() == 1

    def test_sends_no_receipt(self, connected: Customer) -> None:
        request = connected.request
        request.contact_email = ANN
        request.save()
        press(connected)
        assert not Mail.objects.filter(request=newest()).exists()

    def test_keeps_its_own_end(self, connected: Customer) -> None:
        ends_at = self.let_end_in(connected, days=90)
        press(connected)
        assert newest().consent_ends_at == newest().consents.get().expires_at == ends_at

    def test_that_ends_soon_is_asked_for_anew(self, connected: Customer) -> None:
        self.let_end_in(connected, days=20)
        page = press(connected)
        assert (page.status_code, OnboardingRequest.objects.count()) == (200, 1)
        assert "What you agree to" in text_of(page)
        self.agree(connected)
        assert (newest().state, kinds_of(newest())) == ("queued", ["given"])
        assert newest().consent_ends_at is None

    def test_to_other_words_is_asked_for_anew(self, connected: Customer) -> None:
        self.change_words()
        assert "What you agree to" in text_of(press(connected))
        with pytest.raises(ReadFirst):
            reconnect(connected.request)
        response = self.agree(connected)
        assert response.headers["Location"] == address(newest(), "status")
        assert "Something new" in newest().consents.get().words

    def test_needs_its_box(self, connected: Customer) -> None:
        self.change_words()
        page = connected.post("reconnect", page_sha256=pages.page_sha256(connected.request))
        assert "Tick the box if you agree" in text_of(page)
        assert OnboardingRequest.objects.count() == 1

    def test_is_asked_for_once(self, connected: Customer) -> None:
        self.change_words()
        assert len({self.agree(connected).headers["Location"] for _click in range(2)}) == 1
        assert OnboardingRequest.objects.count() == 2

    def let_end_in(self, customer: Customer, days: int) -> object:
        """Let the consent be one with an end; records are never changed, so it is one more."""
        request, [given] = customer.request, customer.request.consents.all()
        ends_at = timezone.now() + timedelta(days=days)
        again = Consent(
            request=request,
            kind="renewed",
            at=timezone.now(),
            expires_at=ends_at,
            text=given.text,
            version=given.version,
            language=given.language,
            words=given.words,
            type="EV",
            manufacturer="Audi",
        )
        again.seal()
        again.save()
        request.consent_ends_at = ends_at
        request.save()
        return ends_at

    def change_words(self) -> None:
        text = find_text("EV", "Audi", "en")
        fields = ("accessed", "not_accessed", "duration", "stopping", "complaints", "statement")
        kept = {name: getattr(text, name) for name in fields}
        publish(ConsentText.objects.create(language="en", purpose="Something new.", **kept), by="sue")

    def agree(self, customer: Customer) -> HttpResponse:
        sha256 = pages.page_sha256(customer.request)
        return customer.post("reconnect", consent="on", page_sha256=sha256)


class TestUnderWay:
    UNDER_WAY = "It is being connected again. Until the new connection works, the present one stays as it is."

    @pytest.mark.parametrize("health", ["quiet", "gone", "flowing"])
    @pytest.mark.parametrize("page", ["status", "device"])
    def test_is_what_the_pages_of_the_one_before_say(self, connected: Customer, page: str, health: str) -> None:
        Device.objects.update(health=health, last_data_at=timezone.now() - timedelta(days=9))
        press(connected)
        words = text_of(connected.get(page))
        assert self.UNDER_WAY in words
        assert "See how it goes" in words
        assert "Connect it again" not in words
        assert "Your turn" not in words

    @pytest.mark.parametrize("page", ["status", "device"])
    def test_asks_for_nothing_else(self, connected: Customer, page: str) -> None:
        Device.objects.update(valid_until=timezone.now() + timedelta(days=6))
        assert "Renew it" in text_of(connected.get(page))
        press(connected)
        assert "Renew it" not in text_of(connected.get(page))

    def test_says_whose_turn_that_is(self, connected: Customer) -> None:
        Device.objects.update(health="quiet", last_data_at=timezone.now() - timedelta(days=9))
        press(connected)
        assert "We are at work" in text_of(connected.get("status"))
        OnboardingRequest.objects.filter(pk=newest().pk).update(state="following", action_type="Redirect")
        assert "Your turn" in text_of(connected.get("status"))


class TestThatWorks:
    def test_takes_the_place_of_the_one_before(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = work_until(newest(), "connected")
        assert row(old).ended_as == "replaced"
        work_until(old, "withdrawn")
        assert [at.entity_id.hex for at in running()] == [new.entity_id.replace("-", "")]
        assert kinds_of(old) == ["given", "replaced"]
        assert Device.objects.get(request=old).health == "ended"
        assert Device.objects.get(request=new).health == "waiting"

    def test_is_never_off_in_between(self, connected: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        old = connected.request
        press(connected)
        while newest().state != "connected":
            assert (row(old).state, row(old).withdrawn_at) == ("connected", None)
            assert not SandboxOffboarding.objects.exists()
            work()
            bench.let_steps_pass(1)
            OnboardingRequest.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        assert row(old).state == "withdrawing"

    def test_is_told_once_and_the_end_of_the_one_before_to_nobody(self, connected: Customer) -> None:
        endpoint()
        old = connected.request
        old.contact_email = ANN
        old.save()
        press(connected)
        work_until(newest(), "connected")
        work_until(old, "withdrawn")
        work()
        assert [mail.subject for mail in outgoing.outbox] == ["Connected: Electric car, Audi"]
        told = WebhookDelivery.objects.order_by("pk")
        assert [(it.request_id, it.kind) for it in told] == [
            (newest().pk, "request.created"),
            (newest().pk, "request.connected"),
        ]
        assert all(f'"reconnects": "{old.spoken_support_code}"' in it.body for it in told)

    def test_is_what_the_old_address_leads_to(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = work_until(newest(), "connected")
        for page in ("status", "device"):
            assert connected.client.get(address(old, page)).headers["Location"] == address(new, page)
        response = connected.client.get(f"/onboarding/{old.reference}/", follow=True)
        assert response.context["request_row"] == new

    def test_is_what_the_lists_have(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = work_until(newest(), "connected")
        for page in ("/", "/devices/"):
            shown = connected.client.get(page).content.decode()
            assert (new.reference in shown, old.reference in shown) == (True, False)

    def test_lets_in_who_came_meanwhile(self, connected: Customer) -> None:
        press(connected)
        Holder.objects.create(request=connected.request, browser="late")
        new = work_until(newest(), "connected")
        assert new.holders.filter(browser="late").exists()

    def test_lets_in_nobody_after_its_links_were_switched_off(self, connected: Customer) -> None:
        press(connected)
        connected.client.post(address(newest(), "revoke"))
        Holder.objects.create(request=connected.request, browser="late")
        new = work_until(newest(), "connected")
        assert not new.holders.exists()

    def test_lets_in_nobody_who_presses_once_more_after_that_either(self, connected: Customer) -> None:
        press(connected)
        connected.client.post(address(newest(), "revoke"))
        Holder.objects.create(request=connected.request, browser="late")
        press(connected)
        assert not newest().holders.exists()

    def test_has_the_receipts_of_what_was_agreed_to_before(self, connected: Customer) -> None:
        given = connected.request.consents.get()
        press(connected)
        new = work_until(newest(), "connected")
        page = connected.client.get(address(new, "device"))
        assert [receipt.title for receipt in page.context["receipts"]] == ["Your consent goes on", "You agreed"]
        assert page.context["receipts"][1].url == address(connected.request, f"receipts/{given.record_id}")
        assert connected.client.get(page.context["receipts"][1].url).status_code == 200

    def test_shows_receipts_only_of_what_a_browser_may_see(self, connected: Customer, stranger: Customer) -> None:
        press(connected)
        new = work_until(newest(), "connected")
        Holder.objects.create(request=new, browser=stranger.start().request.browser)
        shown = stranger.client.get(address(new, "device")).context["receipts"]
        assert [receipt.title for receipt in shown] == ["Your consent goes on"]

    def test_can_be_connected_anew_once_more(self, connected: Customer) -> None:
        first = connected.request
        press(connected)
        second = work_until(newest(), "connected")
        connected.client.post(address(second, "reconnect"))
        third = work_until(newest(), "connected")
        for old in (first, second):
            assert work_until(old, "withdrawn").ended_as == "replaced"
            assert connected.client.get(address(old, "status")).headers["Location"] == address(third, "status")
        assert len(running()) == 1

    def test_takes_the_place_of_an_earlier_try_that_was_accepted_after_all(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        """A colleague had closed it, and so it was begun once more."""
        OnboardingRequest.objects.filter(pk=following.pk).update(state="canceled", due_at=None)
        press(connected)
        again = work_until(newest(), "following")
        OnboardingRequest.objects.filter(pk=following.pk).update(state="following", due_at=timezone.now())
        OnboardingRequest.objects.filter(pk=again.pk).update(due_at=timezone.now() + timedelta(hours=1))
        bench.let_steps_pass(20)
        work_until(following, "connected")
        let_come(again, "connected")
        assert [let_come(old, "withdrawn").ended_as for old in (connected.request, following)] == ["replaced"] * 2
        assert len(running()) == 1

    def test_is_no_duplicate(self, connected: Customer) -> None:
        press(connected)
        new = work_until(newest(), "connected")
        another = Customer(connected.client).start().choose("EV", "Audi")
        another.post("identify", vin=GUIDES_VIN)
        assert another.get("check").context["open_url"] == address(new, "device")


class TestSameEntity:
    """A platform may give a device the same entity again: then nothing is let go of as long as one of them stays."""

    @pytest.fixture(autouse=True)
    def sharing(self, platform: object, settings: Settings) -> None:
        SAME.clear()
        settings.SANDBOX_TRANSPORT = f"{__name__}.SharesEntities"

    def share(self, old: OnboardingRequest, new: OnboardingRequest) -> None:
        """Let the platform say of the new one that it has the entity of the old one."""
        given = str(SandboxRequest.objects.get(pk=new.platform_id).entity_id)
        SAME[given] = old.entity_id

    def test_is_not_let_go_of(self, connected: Customer, following: OnboardingRequest) -> None:
        old = connected.request
        self.share(old, following)
        bench.let_steps_pass(20)
        work_until(following, "connected")
        assert work_until(old, "withdrawn").events.order_by("-pk")[0].name == "kept-for-another"
        assert not SandboxOffboarding.objects.exists()

    def test_is_let_go_of_once_when_both_are_taken_back(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        old = connected.request
        self.share(old, following)
        bench.let_steps_pass(20)
        work_until(following, "connected")
        withdrawal.withdraw(following, ACT)
        for request in (old, following):
            assert let_come(request, "withdrawn").needs_staff == ""
        assert SandboxOffboarding.objects.count() == 1

    def test_waits_for_one_that_may_get_it(self, connected: Customer, following: OnboardingRequest) -> None:
        """The old one ended at the maker's while the new one is under way, which by now has the same entity."""
        old = connected.request
        self.share(old, following)
        OnboardingRequest.objects.filter(pk=following.pk).update(entity_id=old.entity_id)
        withdrawal.withdraw(old, ConsentAct("", channel=Consent.Channel.SYSTEM), Consent.Kind.ELSEWHERE)
        work()
        assert row(old).state == "withdrawing"
        assert not SandboxOffboarding.objects.exists()
        bench.let_steps_pass(20)
        work_until(following, "connected")
        work_until(old, "withdrawn")
        assert not SandboxOffboarding.objects.exists()

    def test_waits_for_one_that_takes_the_place_of_what_took_its_place(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        """The first one is not let go of yet when the third is under way, which may have the first one's entity."""
        first = connected.request
        bench.let_steps_pass(20)
        second = work_until(following, "connected")
        connected.client.post(address(second, "reconnect"))
        third = work_until(newest(), "following")
        self.share(first, third)
        OnboardingRequest.objects.filter(pk=third.pk).update(entity_id="", due_at=timezone.now() + timedelta(hours=1))
        SandboxOffboarding.objects.all().delete()  # the platform was away for so long
        not_yet = {"state": "withdrawing", "offboarding_id": "", "offboarding_status": "", "finished_at": None}
        OnboardingRequest.objects.filter(pk=first.pk).update(due_at=timezone.now(), **not_yet)
        work()
        assert (row(first).state, SandboxOffboarding.objects.exists()) == ("withdrawing", False)
        bench.let_steps_pass(20)
        let_come(third, "connected")
        assert let_come(first, "withdrawn").events.order_by("-pk")[0].name == "kept-for-another"
        assert first.entity_id == row(third).entity_id

    def test_is_not_let_go_of_by_what_was_not_connected_in_time(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        """It was allowed a moment too late, by an entity that may be the one before's: nobody knows that one's."""
        OnboardingRequest.objects.filter(pk=connected.request.pk).update(entity_id="")
        bench.let_steps_pass(20)
        withdrawal.withdraw(following, ConsentAct("", channel=Consent.Channel.SYSTEM), Consent.Kind.TIMED_OUT)
        work()
        assert row(following).needs_staff == "not-let-go"
        assert not SandboxOffboarding.objects.exists()

    def test_waits_for_one_that_takes_a_month_without_a_colleague(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        OnboardingRequest.objects.filter(pk=following.pk).update(entity_id="", due_at=None)
        withdrawal.withdraw(connected.request, ConsentAct("", channel=Consent.Channel.SYSTEM), Consent.Kind.ELSEWHERE)
        long_ago = {name: timezone.now() - timedelta(days=29) for name in ("withdrawn_at", "sent_at", "created_at")}
        OnboardingRequest.objects.filter(pk=connected.request.pk).update(due_at=timezone.now(), **long_ago)
        work()
        old = connected.request
        assert (old.state, old.needs_staff, old.due_at is not None) == ("withdrawing", "", True)
        assert not SandboxOffboarding.objects.exists()
        OnboardingRequest.objects.filter(pk=old.pk).update(due_at=timezone.now())
        bench.go_away()  # for a moment
        work()
        old = connected.request
        assert (old.trouble, old.needs_staff, old.due_at is not None) == ("PlatformUnavailable", "", True)

    def test_is_staffs_where_the_new_one_is_not_known(self, connected: Customer, following: OnboardingRequest) -> None:
        bench.let_steps_pass(20)
        work_until(following, "connected")
        OnboardingRequest.objects.filter(pk=following.pk).update(entity_id="")
        OnboardingRequest.objects.filter(pk=connected.request.pk).update(due_at=timezone.now())
        work()
        assert row(connected.request).needs_staff == "not-let-go"
        assert not SandboxOffboarding.objects.exists()


class TestThatDoesNotWork:
    def fail(self, new: OnboardingRequest, state: str) -> None:
        OnboardingRequest.objects.filter(pk=new.pk).update(state=state, due_at=None, finished_at=timezone.now())

    @pytest.mark.parametrize("state", ["failed", "canceled"])
    def test_leaves_the_one_before(self, connected: Customer, following: OnboardingRequest, state: str) -> None:
        self.fail(following, state)
        assert connected.request.state == "connected"
        assert f'action="{connected.url("reconnect")}"' in connected.get("device").content.decode()
        assert "What was connected before stays as it was." in text_of(
            connected.client.get(address(following, "status"))
        )

    @pytest.mark.parametrize("state", ["failed", "canceled"])
    def test_is_tried_again_from_the_one_before(
        self, connected: Customer, following: OnboardingRequest, state: str
    ) -> None:
        self.fail(following, state)
        response = connected.client.post(address(following, "again"))
        assert response.headers["Location"] == connected.url("reconnect")
        press(connected)
        assert (newest().retry_of, OnboardingRequest.objects.count()) == (connected.request, 3)

    def test_is_tried_with_other_answers_when_nothing_is_connected(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        self.fail(following, "failed")
        withdrawal.withdraw(connected.request, ACT)
        response = connected.client.post(address(following, "again"))
        assert response.headers["Location"] == address(newest(), "check")
        assert (newest().state, newest().is_reconnection) == ("draft", False)

    def test_because_an_answer_was_refused_asks_for_no_other_device(self, connected: Customer) -> None:
        request = connected.request
        request.attributes = {"vin": "WA1DMAFE0D0000400"}  # the platform refuses it
        request.save()
        press(connected)
        new = work_until(newest(), "failed", "rejected")
        assert (new.state, new.rejections, request.state) == ("failed", {}, "connected")

    def test_because_nobody_allowed_it_in_time_leaves_the_one_before(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        by_time = ConsentAct("", channel=Consent.Channel.SYSTEM)
        withdrawal.withdraw(following, by_time, Consent.Kind.TIMED_OUT)
        work_until(following, "withdrawn")
        assert (connected.request.state, connected.request.withdrawn_at) == ("connected", None)
        assert "It was not connected again" in text_of(connected.client.get(address(following, "status")))
        assert len(running()) == 1

    def test_because_its_maker_is_gone_leaves_the_one_before(self, customer: Customer) -> None:
        bench.offer("EV", "Trabant", ["vin"])
        refresh.refresh_catalogue()
        work_until(customer.submit("EV", "Trabant", vin=GUIDES_VIN).request, "connected")
        SandboxOffering.objects.all().delete()
        press(customer)
        assert work_until(newest(), "failed").is_reconnection
        assert customer.request.state == "connected"


class TestTakingBack:
    def test_of_the_one_before_takes_back_the_new_one(self, connected: Customer, following: OnboardingRequest) -> None:
        withdrawal.withdraw(connected.request, ACT)
        self.both_are_gone(connected.request, following)

    def test_of_the_new_one_takes_back_the_one_before(self, connected: Customer, following: OnboardingRequest) -> None:
        withdrawal.withdraw(following, ACT)
        self.both_are_gone(connected.request, following)

    def both_are_gone(self, *requests: OnboardingRequest) -> None:
        assert len({row(request).withdrawn_at is None for request in requests}) == 1
        for request in requests:
            let_come(request, "withdrawn")
            assert kinds_of(request)[-1] == "withdrawn"
        assert not running()

    def test_of_what_was_replaced_a_moment_before_takes_back_what_took_its_place(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = let_come(newest(), "connected")
        record = withdrawal.withdraw(old, ACT)
        assert (record and record.request_id, kinds_of(row(old))) == (new.pk, ["given", "replaced"])
        for request in (old, new):
            let_come(request, "withdrawn")
        assert not running()

    def test_of_a_new_one_that_failed_a_moment_before_takes_back_the_one_before(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        OnboardingRequest.objects.filter(pk=following.pk).update(state="failed", due_at=None)
        withdrawal.withdraw(following, ACT)
        assert row(connected.request).ended_as == "withdrawn"

    def test_in_a_tab_from_before_asks_about_what_took_its_place(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = let_come(newest(), "connected")
        response = connected.client.post(address(old, "stop"), follow=True)
        assert "Stop this connection?" in text_of(response)
        assert response.context["request_row"] == new

    def test_is_told_once(self, connected: Customer, following: OnboardingRequest) -> None:
        for request in OnboardingRequest.objects.all():
            request.contact_email = ANN
            request.save()
        withdrawal.withdraw(following, ACT)
        for request in (connected.request, following):
            let_come(request, "withdrawn")
        work()
        assert sorted(mail.subject for mail in outgoing.outbox) == [
            "Receipt: Your consent is taken back",
            "Your device is disconnected: Electric car, Audi",
        ]

    def test_by_an_erasure_is_announced_on_the_page_of_one_that_failed(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        OnboardingRequest.objects.filter(pk=following.pk).update(state="failed", due_at=None)
        assert "It is disconnected first" in text_of(connected.client.get(address(following, "erase")))

    def test_by_an_erasure_takes_back_and_erases_all(self, connected: Customer, following: OnboardingRequest) -> None:
        assert erasure.ask(following, ACT)
        for request in (connected.request, following):
            let_come(request, "withdrawn")
            assert row(request).erasure.asker == "customer"
        assert not running()

    def test_erases_what_was_replaced_with_what_took_its_place(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = let_come(newest(), "connected")
        let_come(old, "withdrawn")
        erasure.ask(new, ACT)
        let_come(new, "withdrawn")
        work()
        Mail.objects.update(due_at=None)
        erasure.settle_erasures()
        assert [row(request).attributes for request in (old, new)] == [{}, {}]

    def test_by_an_erasure_of_what_was_replaced_leaves_what_is_somebody_elses_by_now(self, connected: Customer) -> None:
        """A mistyped address was put right with the new one; who has the mistyped one has it erased."""
        old = connected.request
        old.contact_email = "mistyped@example.org"
        old.save()
        press(connected)
        new = let_come(newest(), "connected")
        new.contact_email = ANN
        new.save()
        assert erasure.ask_for_address("mistyped@example.org", by="staff", reason="asked") == 1
        assert (row(new).withdrawn_at, hasattr(row(new), "erasure"), hasattr(row(old), "erasure")) == (
            None,
            False,
            True,
        )

    def test_by_an_erasure_in_a_browser_that_was_let_go_of_leaves_the_new_one(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = let_come(newest(), "connected")
        connected.client.post(address(new, "revoke"))
        erasure.ask(old, ACT)
        assert (row(new).withdrawn_at, hasattr(row(new), "erasure")) == (None, False)

    def test_by_a_backup_is_of_what_was_erased_alone(self, connected: Customer) -> None:
        old = connected.request
        press(connected)
        new = let_come(newest(), "connected")
        let_come(old, "withdrawn")
        erasure.ask(old, BY_BACKUP)
        assert row(new).withdrawn_at is None

    @pytest.mark.parametrize("kind", [Consent.Kind.ELSEWHERE, Consent.Kind.EXPIRED])
    def test_does_not_follow_from_any_other_end(
        self, connected: Customer, following: OnboardingRequest, kind: Consent.Kind
    ) -> None:
        old = connected.request
        old.consent_ends_at = timezone.now()
        old.save()
        withdrawal.withdraw(old, ConsentAct("", channel=Consent.Channel.SYSTEM), kind)
        let_come(old, "withdrawn")
        assert row(following).withdrawn_at is None
        bench.let_steps_pass(20)
        let_come(following, "connected")
        assert (row(old).ended_as, len(running())) == (kind, 1)

    def test_and_trying_again_after_another_end_connects_nothing_twice(
        self, connected: Customer, following: OnboardingRequest
    ) -> None:
        """The old one ended at the maker's while the new one was under way; its page offers to try again."""
        old = connected.request
        withdrawal.withdraw(old, ConsentAct("", channel=Consent.Channel.SYSTEM), Consent.Kind.ELSEWHERE)
        let_come(old, "withdrawn")
        response = connected.client.post(address(old, "again"), follow=True)
        assert response.context["request_row"] == following
        bench.let_steps_pass(20)
        let_come(following, "connected")
        response = connected.client.post(address(old, "again"), follow=True)
        assert response.context["request_row"] == following
        assert OnboardingRequest.objects.count() == 2


class TestMail:
    @pytest.fixture
    def link(self, connected: Customer) -> str:
        request = connected.request
        request.contact_email = ANN
        request.save()
        self.let_be(request, "quiet")
        queue_mail(request, Mail.Kind.QUIET, occasion="1")
        work()
        body = str(outgoing.outbox[-1].body)
        return next(word for word in body.split() if "/continue/" in word).removeprefix("http://localhost:8000")

    def let_be(self, request: OnboardingRequest, health: str) -> None:
        last = timezone.now() - timedelta(days=25)
        Device.objects.filter(request=request).update(health=health, last_data_at=last)

    def test_says_what_we_saw_and_what_helps_and_no_identifier(self, link: str) -> None:
        mail = outgoing.outbox[-1]
        body = " ".join(str(mail.body).split())
        assert mail.subject.startswith("No data since ")
        assert "its last data came on" in body
        assert "a new password at Audi" in body
        assert GUIDES_VIN not in body

    def test_has_a_subject_as_its_language_writes_one(self, connected: Customer) -> None:
        connected.request.language = "fr"
        connected.request.save()
        self.let_be(connected.request, "quiet")
        with override("fr"):
            subject = letter_for(Mail(request=row(connected.request), kind=Mail.Kind.QUIET), "").subject
        assert subject.endswith("\N{NO-BREAK SPACE}: Voiture électrique, Audi")

    def test_leads_to_one_page_that_changes_nothing_by_being_looked_at(self, link: str, settings: Settings) -> None:
        before = OnboardingRequest.objects.values().get()
        page = Client().get(link)
        assert text_of(page).count("Connect it again") == 1
        assert "No data since" in text_of(page)
        assert GUIDES_VIN not in page.content.decode()
        assert settings.BROWSER_COOKIE_NAME not in page.cookies
        assert OnboardingRequest.objects.values().get() == before

    def test_connects_it_again_with_one_press_in_any_browser(self, link: str) -> None:
        browser = Client()
        response = browser.post(link, follow=True)
        assert (response.context["request_row"], newest().state) == (newest(), "queued")
        assert [where for where, _status in response.redirect_chain] == [address(newest(), "status")]

    def test_shows_the_words_where_they_have_to_be_read(self, link: str, connected: Customer) -> None:
        TestConsent().change_words()
        browser = Client()
        page = browser.get(link)
        assert "What you agree to" in text_of(page)
        answers = {"consent": "on", "page_sha256": page.context["page_sha256"]}
        response = browser.post(link, answers, follow=True)
        assert (response.context["request_row"], kinds_of(newest())) == (newest(), ["given"])

    def test_offers_nothing_when_data_comes_again(self, link: str, connected: Customer) -> None:
        self.let_be(connected.request, "flowing")
        page = Client().get(link)
        assert "There is nothing for you to do." in text_of(page)
        assert 'method="post" id' not in page.content.decode()
        assert "reconnect-button" not in page.content.decode()
        Client().post(link)
        assert OnboardingRequest.objects.count() == 1

    def test_leads_to_what_is_under_way(self, link: str, connected: Customer) -> None:
        press(connected)
        assert "It is being connected again" in text_of(Client().get(link))
        response = Client().post(link, follow=True)
        assert response.context["request_row"] == newest()
        assert OnboardingRequest.objects.count() == 2

    def test_leads_to_what_took_its_place(self, link: str, connected: Customer) -> None:
        press(connected)
        new = work_until(newest(), "connected")
        response = Client().post(link, follow=True)
        assert response.context["request_row"] == new

    def test_of_another_address_opens_nothing(self, link: str, connected: Customer) -> None:
        connected.post("elsewhere", contact_email="other@example.org")
        assert Client().post(link).status_code == 404
        assert OnboardingRequest.objects.count() == 1


class TestState:
    def test_of_the_new_one_is_never_a_draft(self, connected: Customer) -> None:
        press(connected)
        assert not OnboardingRequest.objects.filter(state=State.DRAFT).exists()
