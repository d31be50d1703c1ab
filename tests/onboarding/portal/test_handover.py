"""Going on elsewhere: links by mail, codes for a phone, several devices, and letting go."""

from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.test import Client
from django.utils import timezone

from onboarding.models import AccessLink, Event, Holder, Mail, OnboardingRequest
from onboarding.retention.requests import strip
from tests.customers import Customer, work_until
from tests.onboarding.mail.test_outbox import ADDRESS, link_in, send_mails, submit
from tests.onboarding.portal.test_wizard import text_of


@pytest.fixture
def draft(customer: Customer) -> Customer:
    return customer.start().choose("EV", "Audi")


@pytest.fixture
def link(draft: Customer) -> str:
    """The address in a mail."""
    draft.post("elsewhere", contact_email=ADDRESS)
    send_mails()
    return link_in(outgoing.outbox[-1])


def everything() -> list[object]:
    return [
        list(model.objects.order_by("pk").values()) for model in (OnboardingRequest, AccessLink, Holder, Mail, Event)
    ]


class TestLink:
    def test_changes_nothing_however_often_it_is_opened(self, link: str) -> None:
        before = everything()
        scanner = Client()
        for _time in range(50):
            assert scanner.get(link).status_code == 200
            assert scanner.head(link).status_code == 200
        assert everything() == before
        assert set(scanner.cookies) <= {"csrftoken"}  # the form's; not the one that holds requests

    def test_lets_a_browser_in_by_its_button(self, draft: Customer, link: str) -> None:
        phone = Client()
        assert phone.get(draft.url("manufacturer")).status_code == 404
        phone.post(link)
        assert phone.get(draft.url("manufacturer")).status_code == 200
        assert draft.get("manufacturer").status_code == 200  # and the first one still is

    def test_shows_the_device_and_nothing_else(self, draft: Customer, link: str) -> None:
        draft.post("identify", vin="WA1DMAFE0D0000000")
        page = Client().get(link).content.decode()
        assert "Electric car, Audi" in page
        for secret in ("WA1DMAFE0D0000000", ADDRESS, draft.request.spoken_support_code, draft.reference):
            assert secret not in page

    def test_can_be_used_many_times(self, draft: Customer, link: str) -> None:
        for _browser in range(3):
            assert Client().post(link).headers["Location"] == f"/onboarding/{draft.reference}/"

    def test_is_stored_hashed(self, link: str) -> None:
        token = link.rstrip("/").rpartition("/")[2]
        row = AccessLink.objects.values().get()
        assert token not in {str(value) for value in row.values()}

    @pytest.mark.parametrize("what", ["unknown", "revoked"])
    def test_that_is_void_looks_like_any_other_that_is_void(self, draft: Customer, link: str, what: str) -> None:
        if what == "revoked":
            draft.client.post(draft.url("revoke"))
        else:
            link = link[:-5] + ("AAAA/" if not link.endswith("AAAA/") else "BBBB/")
        response = Client().get(link)
        assert response.status_code == 404
        assert "This link does not work" in text_of(response)
        assert Client().post(link).status_code == 404

    def test_that_expired_mails_its_successor_to_the_address_on_file(self, draft: Customer, link: str) -> None:
        AccessLink.objects.update(expires_at=timezone.now())
        stranger = Client()
        assert "This link has expired" in text_of(stranger.get(link))
        assert not Mail.objects.filter(sent_at=None, kind="link").exists()
        stranger.post(link, {"contact_email": "mallory@example.org"})
        send_mails()
        assert outgoing.outbox[-1].to == [ADDRESS]
        assert link_in(outgoing.outbox[-1]) != link
        assert not Holder.objects.exists()

    def test_opens_all_devices_of_the_same_address(self, customer: Customer, stranger: Customer) -> None:
        first, second = submit(customer), submit(stranger)
        send_mails()
        phone = Client()
        phone.post(link_in(outgoing.outbox[0]))
        page = phone.get("/devices/").content.decode()
        assert first.reference in page
        assert second.reference in page

    @pytest.mark.parametrize("page", ["again", "reconnect"])
    def test_leads_to_another_try_as_well(self, customer: Customer, page: str) -> None:
        ending, state = ("0700", "failed") if page == "again" else ("0803", "connected")
        request = work_until(submit(customer, ending), state)
        send_mails()
        phone, tablet = Client(), Client()
        for browser in (phone, tablet):
            browser.post(link_in(outgoing.outbox[-1]))
            response = browser.post(f"/onboarding/{request.reference}/{page}/", follow=True)
            assert response.status_code == 200
            assert response.context["request_row"].retry_of == request

    def test_is_not_told_to_other_sites(self, link: str) -> None:
        assert Client().get(link).headers["Referrer-Policy"] == "same-origin"


class TestAddress:
    def test_is_not_asked_twice_for_another_device(self, customer: Customer) -> None:
        submit(customer)
        customer.start().choose("EV", "Tesla").post("identify", vin="5YJ3E7EB0KF000001")
        assert f'value="{ADDRESS}"' in customer.get("check").content.decode()

    def test_that_was_mistyped_opens_nothing_once_it_is_corrected(self, draft: Customer, link: str) -> None:
        draft.post("elsewhere", contact_email="ann.smith@example.org")
        send_mails()
        assert outgoing.outbox[-1].to == ["ann.smith@example.org"]
        assert Client().get(link).status_code == 404
        assert Client().get(link_in(outgoing.outbox[-1])).status_code == 200

    def test_that_is_corrected_on_the_way_gets_no_more_mail(self, draft: Customer) -> None:
        draft.post("elsewhere", contact_email="wrong@example.org")
        draft.post("identify", vin="WA1DMAFE0D0000803")
        words = draft.get("check").context["page_sha256"]
        draft.post("check", consent="on", page_sha256=words, contact_email=ADDRESS)
        work_until(draft.request, "connected")
        send_mails()
        assert {tuple(message.to) for message in outgoing.outbox} == {(ADDRESS,)}

    def test_is_kept_apart_from_the_platforms_email(self, customer: Customer) -> None:
        customer.start().choose("PV", "SMA").post("identify", reference="4711", email="owner@example.org")
        customer.post("elsewhere", contact_email=ADDRESS)
        request = customer.request
        assert (request.contact_email, request.attributes["email"]) == (ADDRESS, "owner@example.org")

    @pytest.mark.parametrize("given", ["", "ann", "ann@"])
    def test_that_cannot_be_one_is_said_so(self, draft: Customer, given: str) -> None:
        assert "error-summary" in draft.post("elsewhere", contact_email=given).content.decode()
        assert not Mail.objects.exists()


class TestPhone:
    @pytest.fixture
    def code(self, draft: Customer) -> str:
        draft.client.post(draft.url("phone/new"))
        return AccessLink.objects.get(kind="phone").spoken_code

    def test_takes_over_by_its_code(self, draft: Customer, code: str) -> None:
        assert code in draft.get("phone").content.decode()
        phone = Client()
        assert phone.post("/code/", {"code": f" {code.lower()} "}).headers["Location"]
        assert phone.get(draft.url("identify")).status_code == 200
        assert "Your phone took over" in text_of(draft.get("phone"))

    def test_loses_nothing_on_either_side(self, draft: Customer, code: str) -> None:
        phone = Client()
        phone.post("/code/", {"code": code})
        phone.post(draft.url("identify"), {"vin": "WA1DMAFE0D0000000"})
        assert "WA1DMAFE0D0000000" in draft.get("check").content.decode()

    @pytest.mark.parametrize("how", ["used", "late", "made up", "empty"])
    def test_is_not_let_in_by_another_code(self, draft: Customer, code: str, how: str) -> None:
        if how == "used":
            Client().post("/code/", {"code": code})
        if how == "late":
            AccessLink.objects.update(expires_at=timezone.now())
        given = {"made up": "ACDE-FHJK", "empty": " "}.get(how, code)
        phone = Client()
        response = phone.post("/code/", {"code": given})
        assert response.status_code == 200
        assert "error-summary" in response.content.decode()
        assert phone.get(draft.url("identify")).status_code == 404

    def test_gets_a_new_code_when_the_old_one_is_over(self, draft: Customer, code: str) -> None:
        AccessLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "This code has expired" in text_of(draft.get("phone"))
        draft.client.post(draft.url("phone/new"))
        assert code not in draft.get("phone").content.decode()

    def test_is_followed_by_a_page_that_only_its_holder_sees(self, draft: Customer, code: str) -> None:
        assert Client().get(draft.url("phone")).status_code == 404


class TestLettingGo:
    def test_of_links_shuts_other_browsers_out(self, draft: Customer, link: str) -> None:
        phone = Client()
        phone.post(link)
        draft.client.post(draft.url("revoke"))
        assert phone.get(draft.url("manufacturer")).status_code == 404
        assert draft.get("manufacturer").status_code == 200

    def test_by_the_one_who_came_by_a_link_keeps_that_one_and_who_began(self, draft: Customer, link: str) -> None:
        phone = Client()
        phone.post(link)
        phone.post(draft.url("revoke"))
        assert phone.get(draft.url("manufacturer")).status_code == 200
        assert draft.get("manufacturer").status_code == 200

    def test_of_a_shared_browser_forgets_its_devices(self, draft: Customer) -> None:
        draft.client.post("/leave/")
        assert draft.get("manufacturer").status_code == 404
        assert OnboardingRequest.objects.filter(reference=draft.reference).exists()


class TestErasure:
    def test_takes_links_holders_and_addresses_along(self, customer: Customer) -> None:
        request = work_until(submit(customer), "connected")
        send_mails()
        Client().post(link_in(outgoing.outbox[0]))
        customer.post("stop")
        request = work_until(request, "withdrawn")
        strip([request.pk])
        held = str(everything())
        assert ADDRESS not in held
        assert not Holder.objects.exists()
        assert not AccessLink.objects.exists()
