"""A device after consent: its page, receipts, agreeing again, stopping, and the step for its owner."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent import records
from onboarding.consent.models import COVERED
from onboarding.intake import withdrawal
from onboarding.models import Consent, Event, OnboardingRequest
from onboarding.portal import device_page
from onboarding.status.view import show_status
from sandbox import bench, magic
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, let_time_pass, work, work_until
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.portal.test_wizard import text_of


@pytest.fixture
def connected(customer: Customer) -> Customer:
    work_until(customer.submit().request, "connected")
    return customer


@pytest.fixture
def redirected(customer: Customer, settings: Settings) -> Customer:
    """At the step where the manufacturer's page must be visited."""
    settings.SANDBOX_STEP_SECONDS = 30
    customer.submit(vin=magic.BY_ENDING["0804"].vin)
    work()
    bench.let_steps_pass(1)
    let_time_pass(customer.request)
    work()
    assert customer.request.action_type == "Redirect"
    return customer


class TestDevicePage:
    def test_shows_what_runs_and_since_when(self, connected: Customer) -> None:
        page = text_of(connected.get("device"))
        assert "Electric car, Audi" in page
        assert GUIDES_VIN in page
        assert "Connected since" in page
        assert "Stop this connection" in page

    def test_is_nobody_elses(self, connected: Customer, stranger: Customer) -> None:
        stranger.start()
        record = Consent.objects.get()
        for page in ("device", "stop", "consent", "send-step", f"receipts/{record.record_id}"):
            assert stranger.client.get(connected.url(page)).status_code == 404

    def test_is_not_there_before_consent(self, customer: Customer) -> None:
        customer.start()
        assert customer.get("device").status_code == 302
        assert customer.get("stop").status_code == 302

    @pytest.mark.parametrize("ended_as", ["withdrawn", "expired", "elsewhere", "timed-out"])
    def test_offers_to_connect_again_what_is_over(self, connected: Customer, ended_as: str) -> None:
        now = timezone.now()
        OnboardingRequest.objects.update(state="withdrawn", withdrawn_at=now, ended_as=ended_as)
        page = connected.get("device").content.decode()
        assert f'action="{connected.url("again")}"' in page
        assert "Connect it again" in page


class TestStopping:
    def test_needs_a_button(self, connected: Customer) -> None:
        page = text_of(connected.get("stop"))
        assert "Your consent ends at once" in page
        assert connected.request.state == "connected"

    def test_shows_what_is_under_way_and_what_is_over(self, connected: Customer) -> None:
        response = connected.post("stop")
        assert response.headers["Location"] == connected.url("status")
        assert "We are disconnecting your device" in text_of(connected.get("status"))
        work_until(connected.request, "withdrawn")
        assert "Your device is disconnected" in text_of(connected.get("status"))

    def test_says_so_while_the_platform_is_away(self, connected: Customer) -> None:
        bench.go_away()
        connected.post("stop")
        work()
        assert "keep trying until your device is disconnected" in text_of(connected.get("status"))

    def test_happens_once(self, connected: Customer) -> None:
        for _click in range(3):
            connected.post("stop")
        assert Consent.objects.filter(kind="withdrawn").count() == 1


class TestReceipts:
    def test_are_given_for_each_act(self, connected: Customer) -> None:
        connected.post("stop")
        page = text_of(connected.get("device"))
        assert page.index("Your consent is taken back") < page.index("You agreed")

    def test_hold_the_exact_words(self, connected: Customer) -> None:
        record = Consent.objects.get()
        page = text_of(connected.get(f"receipts/{record.record_id}"))
        assert all(line in page for line in record.words.split("\n\n"))
        assert record.sha256 in page

    def test_can_be_kept_as_pdf(self, connected: Customer) -> None:
        record = Consent.objects.get()
        url = connected.url("receipts") + f"{record.record_id}.pdf"
        first, second = (connected.client.get(url) for _time in range(2))
        assert first.headers["Content-Type"] == "application/pdf"
        assert first.headers["Cache-Control"] == "no-store"
        assert first.content.startswith(b"%PDF-")
        assert first.content == second.content

    def test_of_another_request_are_not_found(self, connected: Customer, stranger: Customer) -> None:
        stranger.submit()
        record = Consent.objects.get(request=connected.request)
        assert stranger.get(f"receipts/{record.record_id}").status_code == 404


class TestAgreeingAgain:
    def test_is_asked_for_when_the_words_changed(self, connected: Customer) -> None:
        assert "has changed" not in text_of(connected.get("device"))
        publish(asks_again=True, accessed="More than before.")
        assert "has changed" in text_of(connected.get("device"))
        page = connected.get("consent")
        assert "More than before." in text_of(page)
        connected.post("consent", consent="on", page_sha256=page.context["page_sha256"])
        newest = Consent.objects.order_by("pk").last()
        assert newest
        assert (newest.kind, "More than before." in newest.words) == ("renewed", True)
        assert connected.request.state == "connected"
        assert "has changed" not in text_of(connected.get("device"))

    def test_is_offered_before_it_ends(self, connected: Customer) -> None:
        publish(valid_days=365)
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() + timedelta(days=29))
        assert "Your consent ends on" in text_of(connected.get("device"))
        words = connected.get("consent").context["page_sha256"]
        connected.post("consent", consent="on", page_sha256=words)
        ends_at = connected.request.consent_ends_at
        assert ends_at
        assert ends_at > timezone.now() + timedelta(days=360)

    def test_needs_the_box(self, connected: Customer) -> None:
        assert "Tick the box if you agree" in text_of(connected.post("consent"))
        assert Consent.objects.count() == 1

    def test_is_not_possible_once_it_is_taken_back(self, connected: Customer) -> None:
        connected.post("stop")
        assert connected.post("consent", consent="on").status_code == 302
        assert Consent.objects.filter(kind="renewed").count() == 0


class TestOwnersStep:
    def link(self, customer: Customer) -> str:
        url: str = customer.get("send-step").context["url"]
        return url.removeprefix("http://127.0.0.1:8000")

    def test_is_shown_to_whoever_has_the_link(self, redirected: Customer) -> None:
        page = Client().get(self.link(redirected))
        assert "Allow a connection at Audi" in text_of(page)
        assert redirected.request.redirect_link in page.content.decode().replace("&amp;", "&")
        for secret in (magic.BY_ENDING["0804"].vin, redirected.request.spoken_support_code):
            assert secret not in page.content.decode()

    def test_is_not_shown_for_a_made_up_or_an_old_link(
        self, redirected: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = self.link(redirected)
        assert Client().get(link.replace("/step/", "/step/x")).status_code == 404
        assert Client().get(f"/step/{redirected.reference}/").status_code == 404
        monkeypatch.setattr(device_page, "OWNER_LINK_SECONDS", -1)
        assert Client().get(link).status_code == 404

    def test_is_over_when_it_was_done(self, redirected: Customer) -> None:
        link = self.link(redirected)
        bench.allow(SandboxRequest.objects.get().pk)
        bench.let_steps_pass(9)
        work_until(redirected.request, "connected")
        assert "Nothing to do here any more" in text_of(Client().get(link))

    def test_is_left_alone_by_polls_until_it_was_done(self, redirected: Customer) -> None:
        owner, live = Client(), {"HX-Request": "true", "HX-Target": "live"}
        poll = owner.get(self.link(redirected)).content.decode().partition('hx-get="')[2].partition('"')[0]
        assert owner.get(poll, headers=live).status_code == 204
        bench.allow(SandboxRequest.objects.get().pk)
        bench.let_steps_pass(9)
        work_until(redirected.request, "connected")
        news = owner.get(poll, headers=live).content.decode()
        assert '<p id="announcement" hx-swap-oob="innerHTML">Nothing to do here any more</p>' in news

    def test_is_offered_only_while_there_is_one(self, connected: Customer) -> None:
        assert connected.get("send-step").headers["Location"] == connected.url("status")

    def test_is_not_offered_once_consent_was_taken_back(self, redirected: Customer) -> None:
        redirected.post("stop")
        assert redirected.request.action_type
        assert redirected.get("send-step").headers["Location"] == redirected.url("status")


class TestLinkThatExpires:
    def test_is_renewed_before_it_is_offered(self, redirected: Customer) -> None:
        old = redirected.request.redirect_link
        OnboardingRequest.objects.update(checked_at=timezone.now() - timedelta(minutes=11))
        bench.let_seconds_pass(120)
        page = text_of(redirected.get("status"))
        assert "getting a fresh link" in page
        assert "Continue to Audi" not in page
        shown = redirected.request.shown_version
        work()
        fresh = redirected.request.redirect_link
        assert fresh != old
        poll = redirected.client.get(redirected.url("status/panel"), {"v": shown}, headers={"HX-Request": "true"})
        assert fresh in poll.content.decode().replace("&amp;", "&")

    def test_is_offered_as_it_is_while_the_platform_is_away(self, redirected: Customer) -> None:
        OnboardingRequest.objects.update(
            checked_at=timezone.now() - timedelta(minutes=11), trouble="PlatformUnavailable"
        )
        assert "Continue to Audi" in text_of(redirected.get("status"))


class TestWayBack:
    def test_triggers_a_look_at_once_from_any_browser(self, redirected: Customer) -> None:
        OnboardingRequest.objects.update(due_at=timezone.now() + timedelta(hours=1))
        page = Client().get(f"/return/{redirected.reference}/?status=succeeded&next=https://example.org")
        assert "You are back" in text_of(page)
        assert "Audi" not in text_of(page)
        due_at = redirected.request.due_at
        assert due_at
        assert due_at <= timezone.now()
        assert redirected.request.state == "following"

    def test_is_noted_at_most_every_few_seconds(self, redirected: Customer) -> None:
        versions = []
        for _visit in range(3):
            Client().get(f"/return/{redirected.reference}/")
            versions.append(redirected.request.version)
        assert len(set(versions)) == 1

    def test_changes_nothing_by_head(self, redirected: Customer) -> None:
        before = OnboardingRequest.objects.values().get()
        Client().head(f"/return/{redirected.reference}/")
        assert OnboardingRequest.objects.values().get() == before

    def test_says_that_we_are_checking_and_then_asks_again(self, redirected: Customer) -> None:
        redirected.client.get(f"/return/{redirected.reference}/")
        request = redirected.request
        assert show_status(request, []).headline == "Checking with Audi"
        request.returned_at = timezone.now() - timedelta(minutes=3)
        assert show_status(request, []).headline == "One step for you at Audi"

    def test_says_the_same_for_a_request_that_nobody_made(self, db: None) -> None:
        assert "You are back" in text_of(Client().get("/return/nothing/"))


LIST = "/admin/onboarding/onboardingrequest/"


class TestDesk:
    def staff(self, django_user_model: Any, *codenames: str) -> Client:
        user = django_user_model.objects.create_user("ann", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=["view_onboardingrequest", *codenames]))
        client = Client()
        client.force_login(user)
        return client

    def test_takes_consent_back_on_request_with_a_reason(self, connected: Customer, django_user_model: Any) -> None:
        ann = self.staff(django_user_model, "withdraw_onboardingrequest")
        url = f"{LIST}{connected.request.pk}/withdraw/"
        assert "This field is required" in ann.post(url).content.decode()
        assert connected.request.state == "connected"
        ann.post(url, {"reason": "Asked by phone on 3 May."})
        record = Consent.objects.order_by("pk").last()
        assert record
        assert (record.kind, record.channel, record.by) == ("withdrawn", "assisted", "ann")
        assert record.reason == "Asked by phone on 3 May."
        assert "Done by staff" in text_of(connected.get(f"receipts/{record.record_id}"))
        work_until(connected.request, "withdrawn")

    def test_exports_evidence_that_proves_itself(self, connected: Customer, django_user_model: Any) -> None:
        connected.post("stop")
        ann = self.staff(django_user_model, "export_evidence")
        response = ann.post(f"{LIST}{connected.request.pk}/evidence/")
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        folder = connected.request.spoken_support_code
        record = json.loads(archive.read(f"{folder}/record-1-given.json"))
        words = archive.read(f"{folder}/words-1.txt")
        assert record["sha256"] == hashlib.sha256(words).hexdigest()
        covered = {name: record[name] for name in COVERED}
        recomputed = hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()
        assert record["record_sha256"] == recomputed
        assert (record["hashes"], record["attributes"]) == ("as stored", {"vin": GUIDES_VIN})
        assert archive.read(f"{folder}/receipt-2.pdf").startswith(b"%PDF-")
        assert "consent-withdrawn" in archive.read(f"{folder}/timeline.csv").decode()
        for line in archive.read("checksums.txt").decode().splitlines():
            checksum, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == checksum
        assert Event.objects.filter(name="evidence-exported", by="ann").exists()

    def test_exports_evidence_for_what_a_search_found(self, connected: Customer, django_user_model: Any) -> None:
        ann = self.staff(django_user_model, "export_evidence")
        response = ann.post(LIST + f"?q={GUIDES_VIN}", {"action": "evidence", "_selected_action": connected.request.pk})
        assert zipfile.ZipFile(io.BytesIO(response.content)).testzip() is None

    def test_does_neither_without_permission(self, connected: Customer, django_user_model: Any) -> None:
        ann = self.staff(django_user_model)
        page = ann.get(f"{LIST}{connected.request.pk}/change/").content.decode()
        assert "Take consent back" not in page
        assert "Download evidence" not in page
        for page_name in ("withdraw", "evidence"):
            assert ann.post(f"{LIST}{connected.request.pk}/{page_name}/", {"reason": "x"}).status_code == 403
        assert connected.request.state == "connected"
        assert not Event.objects.filter(name="evidence-exported").exists()

    def test_says_when_there_is_nothing_to_take_back(self, connected: Customer, django_user_model: Any) -> None:
        ann = self.staff(django_user_model, "withdraw_onboardingrequest")
        withdrawal.withdraw(connected.request, records.ConsentAct("x"))
        response = ann.get(f"{LIST}{connected.request.pk}/withdraw/", follow=True)
        assert "Nothing runs here" in response.content.decode()
