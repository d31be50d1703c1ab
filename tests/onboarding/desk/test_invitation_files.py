"""Inviting by a file: uploaded, checked, decided about, and each of its customers invited once whatever happens."""

import csv
import io
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding.catalogue import availability
from onboarding.intake import invitations
from onboarding.mail.outbox import claim, queue_mail
from onboarding.models import BulkJob, Invitation, InvitationFile, InvitationRow, Mail, OnboardingRequest, find_requests
from onboarding.privacy import erasure
from tests.customers import GUIDES_VIN, do, work
from tests.desk import sign_in
from tests.onboarding.mail.test_outbox import send_mails
from tests.onboarding.portal.test_wizard import VOLKSWAGENS_VIN, text_of
from tests.platforms import Killed

UPLOAD = "/admin/onboarding/invitation/file/"
HEAD = "type;manufacturer;contact_email;language;own_reference;vin;ean\n"
ANN = f"EV;Audi;ann@example.org;nl;K-17;{GUIDES_VIN};\n"
JAN = "SmartMeter;Fluvius;jan@example.org;FR;K-18;;541448820000000008\n"
EVA = "EV;Audi;eva@example.org;;K-19;;\n"
# Unusual, and wrong.
UNUSUAL = f"EV;Audi;tom@example.org;;K-20;{VOLKSWAGENS_VIN};\n"
WRONG = "EV;Audi;tim@;;K-21;WA1;\n"

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
def agent(db: None) -> Client:
    return sign_in("agent")


def upload(desk: Client, *rows: str, what: str = "mail", **more: str) -> Any:
    file = SimpleUploadedFile("customers.csv", (HEAD + "".join(rows)).encode())
    return desk.post(UPLOAD, {"file": file, "what": what, **more})


def checked(desk: Client, *rows: str, **more: str) -> InvitationFile:
    assert upload(desk, *rows, **more).status_code == 302
    work()
    return InvitationFile.objects.latest("pk")


def page_of(file: InvitationFile, page: str = "") -> str:
    return f"{UPLOAD}{file.pk}/{page}"


def invite(desk: Client, file: InvitationFile, **more: str) -> Any:
    return desk.post(page_of(file, "invite/"), more)


def outcomes(file: InvitationFile) -> list[str]:
    return list(file.rows.values_list("outcome", flat=True))


def invited() -> list[str]:
    """List whom requests were prepared for, as often as there are any."""
    return sorted(request.contact_email for request in OnboardingRequest.objects.all())


def results(desk: Client, file: InvitationFile) -> list[dict[str, str]]:
    text = desk.get(page_of(file, "results.csv")).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestWay:
    def test_from_the_file_to_the_customers_mails(self, agent: Client) -> None:
        file = checked(agent, ANN, JAN, EVA)
        page = text_of(agent.get(page_of(file)))
        assert "The rows are checked. Nobody is invited yet." in page
        assert "Invite 3 customers" in page
        assert not OnboardingRequest.objects.exists()

        invite(agent, file)
        work()
        send_mails()
        assert sorted(message.to[0] for message in outgoing.outbox) == [
            *("ann@example.org", "eva@example.org", "jan@example.org")
        ]
        ann, jan = (find_requests(OnboardingRequest.objects.all(), name).get() for name in ("K-17", "K-18"))
        assert (ann.type, ann.manufacturer, ann.attributes, ann.language) == ("EV", "Audi", {"vin": GUIDES_VIN}, "nl")
        assert (jan.attributes, jan.language) == ({"ean": "541448820000000008"}, "fr")
        assert set(Invitation.objects.values_list("by", flat=True)) == {"agent-ann"}
        assert "All rows are through." in text_of(agent.get(page_of(file)))

    def test_prepares_only_where_nothing_is_to_be_mailed(self, agent: Client) -> None:
        file = checked(agent, ANN, "EV;Audi;;;K-22;;\n", what="prepare")
        invite(agent, file)
        work()
        assert outcomes(file) == ["prepared", "prepared"]
        assert not Mail.objects.exists()

    def test_takes_the_plain_name_of_a_type(self, agent: Client) -> None:
        file = checked(agent, "electric CAR;Audi;ann@example.org;;;;\n")
        assert outcomes(file) == ["ready"]


class TestDryRun:
    def test_says_of_each_row_which_field_is_wrong_and_why(self, agent: Client) -> None:
        file = checked(agent, ANN, WRONG, "Spaceship;Audi;x@example.org;;;;\n", "EV;Audi;;;;;\n")
        said = {(line["row"], line["column"]) for line in results(agent, file) if line["remark"]}
        assert said >= {("3", "contact_email"), ("3", "vin"), ("4", "type"), ("5", "contact_email")}
        page = text_of(agent.get(page_of(file)))
        assert "14 characters are missing." in page
        assert "Invite 1 customer" in page
        assert not OnboardingRequest.objects.exists()

    def test_asks_about_what_is_unusual_and_leaves_it_out_unless_told(self, agent: Client) -> None:
        file = checked(agent, ANN, UNUSUAL)
        assert outcomes(file) == ["ready", "asked"]
        assert "I compared 1 unusual row: invite it, too" in text_of(agent.get(page_of(file)))
        invite(agent, file)
        work()
        assert outcomes(file) == ["mailed", "left_out"]
        assert invited() == ["ann@example.org"]

    def test_invites_what_is_unusual_and_was_compared(self, agent: Client) -> None:
        file = checked(agent, UNUSUAL)
        invite(agent, file, with_asked="on")
        work()
        assert OnboardingRequest.objects.get().confirmed == {"vin": VOLKSWAGENS_VIN}

    def test_asks_about_an_address_that_is_probably_mistyped(self, agent: Client) -> None:
        file = checked(agent, "EV;Audi;ann@gmial.com;;;;\n")
        [line] = results(agent, file)
        assert [line["result"], line["column"]] == ["asked", "contact_email"]
        assert "gmial" not in str(line)
        invite(agent, file, with_asked="on")
        work()
        assert invited() == ["ann@gmial.com"]

    def test_shows_no_value_of_any_row(self, agent: Client) -> None:
        file = checked(agent, ANN, WRONG, UNUSUAL, "EV;Audi;ann@gmial.com;zz@example.org;;;\n")
        shown = agent.get(page_of(file)).content.decode() + str(results(agent, file))
        assert not [
            secret for secret in ("ann@", "gmial", "zz@", "tim@", VOLKSWAGENS_VIN, GUIDES_VIN) if secret in shown
        ]

    def test_of_a_bad_file_says_what_is_wrong_and_keeps_nothing(self, agent: Client) -> None:
        response = agent.post(UPLOAD, {"file": SimpleUploadedFile("x.csv", b"type;colour\nEV;red\n"), "what": "mail"})
        assert "There is no column “colour”." in text_of(response)
        assert "This field is required." in text_of(agent.post(UPLOAD, {"what": "mail"}))
        assert not InvitationFile.objects.exists()

    def test_can_be_forgotten(self, agent: Client) -> None:
        file = checked(agent, ANN)
        agent.post(page_of(file, "discard/"))
        assert not InvitationRow.objects.exists()
        assert not OnboardingRequest.objects.exists()

    def test_is_judged_anew_when_its_turn_comes(self, agent: Client) -> None:
        file = checked(agent, ANN, JAN)
        invite(agent, file)
        availability.pause_manufacturer("EV", "Audi", notes={})
        work()
        assert outcomes(file) == ["wrong", "mailed"]
        assert "Audi cannot be connected at the moment" in results(agent, file)[0]["remark"]


class TestOnce:
    def test_is_one_file_however_often_its_page_is_sent(self, agent: Client) -> None:
        for _time in range(2):
            upload(agent, ANN, key="k" * 32)
        assert InvitationFile.objects.count() == BulkJob.objects.count() == 1

    def test_is_another_file_when_somebody_goes_back_and_sends_it_corrected(self, agent: Client) -> None:
        assert outcomes(checked(agent, WRONG, key="k")) == ["wrong"]
        assert outcomes(checked(agent, ANN, key="k")) == ["ready"]
        assert not checked(agent, ANN, key="k", what="prepare").is_mailing

    def test_invites_once_however_often_the_button_is_pressed(self, agent: Client) -> None:
        file = checked(agent, ANN)
        for _time in range(3):
            invite(agent, file)
        work()
        assert invited() == ["ann@example.org"]
        assert Mail.objects.count() == 1

    def test_waits_with_inviting_until_the_rows_are_checked(self, agent: Client) -> None:
        upload(agent, ANN)
        file = InvitationFile.objects.get()
        response = invite(agent, file)
        assert "Nothing was done: no row is ready" in text_of(agent.get(response.headers["Location"]))
        work()
        assert invited() == []

    def test_keeps_unusual_rows_while_nobody_compared_them(self, agent: Client) -> None:
        file = checked(agent, UNUSUAL)
        invite(agent, file)
        assert outcomes(file) == ["asked"]
        invite(agent, file, with_asked="on")
        work()
        assert invited() == ["tom@example.org"]

    def test_asks_about_a_row_that_was_invited_by_another_file(self, agent: Client) -> None:
        invite(agent, checked(agent, ANN))
        work()
        again = checked(agent, ANN, EVA)
        assert outcomes(again) == ["asked", "ready"]
        code = Invitation.objects.get().request.spoken_support_code
        assert code in results(agent, again)[0]["remark"]
        invite(agent, again)
        work()
        assert invited() == ["ann@example.org", "eva@example.org"]

    def test_knows_who_was_invited_when_the_rest_of_a_file_was_corrected(self, agent: Client) -> None:
        invite(agent, checked(agent, ANN, WRONG))
        work()
        spaced = f"{GUIDES_VIN[:3]} {GUIDES_VIN[3:9]}-{GUIDES_VIN[9:]}"
        again = checked(agent, ANN.replace(";nl;", ";fr;").replace(GUIDES_VIN, spaced), EVA)
        assert outcomes(again) == ["asked", "ready"]

    def test_leaves_out_what_another_file_invited_meanwhile(self, agent: Client) -> None:
        files = [checked(agent, ANN), checked(agent, ANN)]
        for file in files:
            invite(agent, file)
        work()
        assert [outcomes(file) for file in files] == [["mailed"], ["left_out"]]
        assert invited() == ["ann@example.org"]

    def test_leaves_out_what_another_file_invited_though_it_is_unusual_and_was_compared(self, agent: Client) -> None:
        files = [checked(agent, UNUSUAL), checked(agent, UNUSUAL)]
        for file in files:
            invite(agent, file, with_asked="on")
        work()
        assert [outcomes(file) for file in files] == [["mailed"], ["left_out"]]
        assert invited() == ["tom@example.org"]

    def test_invites_again_whoever_was_invited_once_if_a_colleague_says_so(self, agent: Client) -> None:
        invite(agent, checked(agent, ANN))
        work()
        files = [checked(agent, ANN), checked(agent, ANN)]
        for file in files:
            invite(agent, file, with_asked="on")
        work()
        assert [outcomes(file) for file in files] == [["mailed"], ["mailed"]]

    def test_mails_a_mailbox_no_more_than_its_links_an_hour(self, agent: Client) -> None:
        rows = [f"EV;Audi;ann@example.org;;K-{number};;\n" for number in range(12)]
        file = checked(agent, *rows)
        invite(agent, file)
        work()
        assert set(outcomes(file)) == {"mailed", "prepared"}
        assert Mail.objects.count() < len(rows) == OnboardingRequest.objects.count()


class TestBurst:
    def test_holds_up_no_mail_that_somebody_waits_for(self, agent: Client) -> None:
        invite(agent, checked(agent, ANN, JAN, EVA))
        work()
        customer = OnboardingRequest.objects.create(contact_email="zoe@example.org")
        queue_mail(customer, Mail.Kind.LINK, occasion=1)
        [first] = Mail.held_by(claim())
        assert first.kind == Mail.Kind.LINK
        assert {Mail.held_by(claim()).get().kind for _time in range(3)} == {Mail.Kind.INVITATION}


class TestKilled:
    """Between two rows, or amid one: nobody is left out, and nobody is invited twice."""

    @pytest.mark.parametrize("place", [0, 1, 2])
    @pytest.mark.parametrize("after", ["prepare", "mail_invitation"])
    def test_amid_a_row_leaves_it_to_the_next_worker(
        self, agent: Client, monkeypatch: pytest.MonkeyPatch, place: int, after: str
    ) -> None:
        file = checked(agent, ANN, JAN, EVA)
        invite(agent, file)
        job = BulkJob.objects.latest("pk")
        self.kill(monkeypatch, after, place)
        with pytest.raises(Killed):
            do(job)
        monkeypatch.undo()
        assert OnboardingRequest.objects.count() == Mail.objects.count() == place
        BulkJob.objects.update(lease_expires_at=timezone.now())
        work()
        assert outcomes(file) == ["mailed"] * 3
        assert invited() == ["ann@example.org", "eva@example.org", "jan@example.org"]
        assert Mail.objects.count() == 3

    def test_amid_the_check_leaves_it_to_the_next_worker(self, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        upload(agent, ANN, WRONG, EVA)
        file, whole = InvitationFile.objects.get(), InvitationRow.save

        def save(row: InvitationRow, **how: Any) -> None:
            whole(row, **how)
            if row.number == 3:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(InvitationRow, "save", save)
            with pytest.raises(Killed):
                do(BulkJob.objects.get())
        assert outcomes(file) == ["ready", "waiting", "waiting"]
        BulkJob.objects.update(lease_expires_at=timezone.now())
        work()
        assert outcomes(file) == ["ready", "wrong", "ready"]

    def test_by_a_mistake_of_ours_counts_that_row_as_failed_alone(
        self, agent: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = checked(agent, ANN, JAN)
        invite(agent, file)
        whole = invitations.mail_invitation

        def broken(request: OnboardingRequest, *, by: str) -> bool:
            whole(request, by=by)
            if request.own_reference == "K-17":
                raise RuntimeError
            return True

        monkeypatch.setattr(invitations, "mail_invitation", broken)
        work()
        assert outcomes(file) == ["failed", "mailed"]
        assert invited() == ["jan@example.org"]

    @staticmethod
    def kill(monkeypatch: pytest.MonkeyPatch, name: str, place: int) -> None:
        """End the process right after it did this for the row at a place."""
        whole, calls = getattr(invitations, name), iter(range(10))

        def killed(*args: Any, **how: Any) -> Any:
            answer = whole(*args, **how)
            if next(calls) == place:
                raise Killed
            return answer

        monkeypatch.setattr(invitations, name, killed)


class TestAtRest:
    def stored(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM onboarding_invitationrow")
            return str(cursor.fetchall())

    def test_nothing_of_a_row_can_be_read(self, agent: Client) -> None:
        checked(agent, ANN, WRONG, UNUSUAL)
        told = self.stored().casefold()
        assert not [
            secret for secret in ("example.org", GUIDES_VIN.casefold(), "k-17", "tim@", "wa1") if secret in told
        ]

    def test_a_row_that_is_through_says_nothing_any_more(self, agent: Client) -> None:
        file = checked(agent, ANN, WRONG, UNUSUAL)
        invite(agent, file)
        work()
        assert [row.values for row in file.rows.all()] == [{}, {}, {}]

    def test_a_person_who_is_erased_is_in_no_file_any_more(self, agent: Client) -> None:
        file = checked(agent, ANN, JAN)
        erasure.ask_for_address("Ann@example.org", by="sue", reason="Asked by phone.")
        assert outcomes(file) == ["left_out", "ready"]
        assert file.rows.get(number=2).values == {}
        invite(agent, file)
        work()
        assert invited() == ["jan@example.org"]

    def test_a_row_that_cannot_be_opened_holds_up_no_other(self, agent: Client) -> None:
        upload(agent, ANN, JAN)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE onboarding_invitationrow SET \"values\" = 'torn' WHERE number = 2")
        work()
        file = InvitationFile.objects.get()
        assert outcomes(file) == ["failed", "ready"]
        invite(agent, file)
        work()
        assert outcomes(file) == ["failed", "mailed"]
        assert agent.get(page_of(file)).status_code == 200


class TestResults:
    def test_say_what_became_of_each_row(self, agent: Client) -> None:
        file = checked(agent, ANN, WRONG)
        invite(agent, file)
        work()
        ann, *others = results(agent, file)
        request = OnboardingRequest.objects.get()
        assert list(ann.values()) == ["2", "mailed", request.spoken_support_code, "", ""]
        assert {(line["row"], line["result"]) for line in others} == {("3", "wrong")}

    def test_hold_no_formula(self, agent: Client) -> None:
        file = checked(agent, ANN)
        remarks = [["=1+1", "+1"], ["-1", "@SUM(A1)"], ["", "\t=1"], ["", "\r=1"]]
        file.rows.update(outcome="wrong", remarks=remarks)
        cells = [(line["column"], line["remark"]) for line in results(agent, file)]
        assert cells == [("'=1+1", "'+1"), ("'-1", "'@SUM(A1)"), ("", "'\t=1"), ("", "'\r=1")]

    def test_begin_with_an_example_that_can_be_invited(self, agent: Client) -> None:
        content = agent.get(f"{UPLOAD}example.csv").content
        agent.post(UPLOAD, {"file": SimpleUploadedFile("example.csv", content), "what": "mail"})
        work()
        assert set(InvitationRow.objects.values_list("outcome", flat=True)) == {"ready"}


class TestPage:
    def test_is_polled_until_workers_are_through(self, agent: Client) -> None:
        upload(agent, ANN)
        file = InvitationFile.objects.get()
        page = agent.get(page_of(file)).content.decode()
        assert "Workers check the rows." in page
        poll = page_of(file, "progress/")
        assert f'hx-get="{poll}?v=0"' in page
        htmx = {"HX-Request": "true"}
        assert agent.get(f"{poll}?v=0", headers=htmx).status_code == 204
        work()
        panel = agent.get(f"{poll}?v=0", headers=htmx).content.decode()
        assert "Invite 1" in panel
        assert "hx-get" not in panel
        assert "<html" not in panel

    def test_lists_the_files_of_the_last_days(self, agent: Client) -> None:
        file = checked(agent, ANN)
        page = agent.get(UPLOAD).content.decode()
        assert f'href="{page_of(file)}"' in page
        assert "nobody invited yet" in page

    @pytest.mark.parametrize("role", ["viewer", "auditor", "nobody"])
    def test_is_for_those_who_may_invite(self, agent: Client, role: str) -> None:
        file, other = checked(agent, ANN), sign_in(role)
        for page in ("", "results.csv", "progress/"):
            assert other.get(page_of(file, page)).status_code == 403
        assert invite(other, file).status_code == other.post(page_of(file, "discard/")).status_code == 403
        assert upload(other, EVA).status_code == 403
        assert InvitationFile.objects.get() == file

    def test_carries_nothing_inline(self, agent: Client) -> None:
        for page in (UPLOAD, page_of(checked(agent, ANN, WRONG, UNUSUAL))):
            text = agent.get(page).content.decode()
            assert "style=" not in text
            assert "<style" not in text
