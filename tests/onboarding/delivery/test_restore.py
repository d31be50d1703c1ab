"""A backup is restored while the platform went on: nothing is sent twice, and what nobody knows is listed."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from onboarding.consent.records import ConsentAct
from onboarding.delivery import restore
from onboarding.intake import withdrawal
from onboarding.models import OnboardingRequest, StrayOnboarding
from onboarding.platform_api import connection
from sandbox.models import SandboxOffboarding, SandboxRequest
from tests.customers import GUIDES_VIN, Customer, work, work_until
from tests.desk import sign_in

STRAYS = "/admin/onboarding/strayonboarding/"


def backup(request: OnboardingRequest) -> dict[str, Any]:
    """Take down the row of a request as it is."""
    fields = [field for field in request._meta.concrete_fields if not field.generated]
    return {field.attname: getattr(request, field.attname) for field in fields}


def restore_row(columns: dict[str, Any]) -> None:
    OnboardingRequest.objects.filter(pk=columns["id"]).update(**columns)


def restore_all(*rows: dict[str, Any]) -> None:
    for columns in rows:
        restore_row(columns)
    restore.look_before_sending()


class TestWhatIsQueued:
    def test_and_was_sent_since_is_found_and_not_sent_again(self, customer: Customer) -> None:
        queued = backup(customer.submit().request)
        work()
        assert customer.request.state == "following"
        restore_all(queued)
        assert work_until(customer.request, "connected").state == "connected"
        assert SandboxRequest.objects.count() == 1
        assert "restored" in names_of(customer.request)

    def test_and_was_not_sent_is_sent_once(self, customer: Customer) -> None:
        customer.submit()
        restore_all(backup(customer.request))
        assert work_until(customer.request, "connected").state == "connected"
        assert SandboxRequest.objects.count() == 1
        assert not customer.request.is_restored
        assert customer.request.unanswered == 0

    def test_and_is_taken_back_is_let_go_at_the_platform_where_it_was_sent(self, customer: Customer) -> None:
        queued = backup(customer.submit().request)
        work_until(customer.request, "connected")
        restore_all(queued)
        withdrawal.withdraw(customer.request, ConsentAct("said so"))
        assert customer.request.state == "queued"
        assert work_until(customer.request, "withdrawn").state == "withdrawn"
        assert SandboxOffboarding.objects.filter(request=SandboxRequest.objects.get()).exists()

    def test_and_is_taken_back_is_over_where_it_was_not_sent(self, customer: Customer) -> None:
        customer.submit()
        restore_all(backup(customer.request))
        withdrawal.withdraw(customer.request, ConsentAct("said so"))
        assert work_until(customer.request, "withdrawn").state == "withdrawn"
        assert not SandboxRequest.objects.exists()


class TestWhatWasRejected:
    """It may have been corrected and sent since."""

    def test_and_is_taken_back_is_let_go_at_the_platform_where_it_was_sent(self, customer: Customer) -> None:
        rejected = backup(customer.submit().request) | {"state": "rejected", "due_at": None}
        work_until(customer.request, "connected")
        restore_all(rejected)
        withdrawal.withdraw(customer.request, ConsentAct("said so"))
        assert work_until(customer.request, "withdrawn").state == "withdrawn"
        assert SandboxOffboarding.objects.filter(request=SandboxRequest.objects.get()).exists()

    def test_and_is_taken_back_is_over_where_it_was_not_sent(self, customer: Customer) -> None:
        restore_all(backup(customer.submit().request) | {"state": "rejected", "due_at": None})
        withdrawal.withdraw(customer.request, ConsentAct("said so"))
        assert work_until(customer.request, "withdrawn").state == "withdrawn"
        assert not SandboxRequest.objects.exists()


class TestADraft:
    def test_that_was_agreed_to_since_is_found_when_it_is_agreed_to_again(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        draft = backup(customer.request)
        customer.consent()
        work()
        restore_all(draft)
        assert customer.request.state == "draft"
        customer.consent()
        assert work_until(customer.request, "connected").state == "connected"
        assert SandboxRequest.objects.count() == 1

    def test_is_listed_as_a_stray_until_then(self, customer: Customer, client: Client) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        draft = backup(customer.request)
        customer.consent()
        work()
        restore_all(draft)
        assert restore.list_strays(since=timezone.now() - timedelta(hours=1)) == (0, 1)
        stray = StrayOnboarding.objects.get()
        assert (stray.request, stray.type, stray.manufacturer) == (customer.request, "EV", "Audi")
        desk = sign_in("supervisor")
        assert stray.platform_id in desk.get(STRAYS).text
        customer.consent()
        work_until(customer.request, "following", "connected")
        assert stray.platform_id not in desk.get(STRAYS).text


class TestStrays:
    def test_are_what_leads_back_here_and_no_row_has(self, customer: Customer, settings: Any) -> None:
        since = timezone.now() - timedelta(hours=1)
        ours = customer.submit().request
        work()
        names = ("client_id", "principal_id", "type", "manufacturer", "behaviour")
        of_somebody = SandboxRequest.objects.values(*names)[0]
        for number, address in enumerate((f"{settings.PUBLIC_URL}/return/{'x' * 22}/", "https://other.example.org/")):
            payload = {"type": "EV", "manufacturer": "Audi", "vin": f"{GUIDES_VIN[:-1]}{number}", "returnUrl": address}
            SandboxRequest.objects.create(**of_somebody | {"payload": payload})
        assert restore.list_strays(since=since) == (1, 1)
        stray = StrayOnboarding.objects.get()
        assert stray.platform_id != ours.platform_id
        assert stray.request is None

    def test_are_listed_once_however_often_it_is_run(self, customer: Customer) -> None:
        since = timezone.now() - timedelta(hours=1)
        customer.submit()
        work()
        OnboardingRequest.objects.update(platform_id="", state="rejected")
        for _time in range(2):
            call_command("after_restore", since=since.isoformat(), verbosity=0)
        assert StrayOnboarding.objects.count() == 1

    def test_stay_listed_while_the_platform_is_away(self, db: None, settings: Any) -> None:
        StrayOnboarding.objects.create(platform_id="p1")
        connection.reset()
        settings.REALTO_CLIENT_SECRET = "wrong"
        with pytest.raises(CommandError):
            call_command("after_restore", since="2026-11-01T03:00", verbosity=0)
        assert StrayOnboarding.objects.get().platform_id == "p1"


class TestCommand:
    def test_says_what_it_counted(self, customer: Customer, capsys: pytest.CaptureFixture[str]) -> None:
        customer.submit()
        call_command("after_restore", since="2026-11-01T03:00")
        said = capsys.readouterr().out
        assert "1 unsent requests are looked for" in said
        assert "0 are not" in said

    def test_says_what_to_do_while_the_platform_is_away(self, customer: Customer, settings: Any) -> None:
        customer.submit()
        connection.reset()
        settings.REALTO_CLIENT_SECRET = "wrong"
        with pytest.raises(CommandError, match="run this again later"):
            call_command("after_restore", since="2026-11-01T03:00")
        assert customer.request.is_restored

    @pytest.mark.parametrize("since", ["yesterday", "2026-13-01T03:00"])
    def test_refuses_what_is_no_moment(self, customer: Customer, since: str) -> None:
        with pytest.raises(CommandError, match="--since needs"):
            call_command("after_restore", since=since)


def names_of(request: OnboardingRequest) -> list[str]:
    return list(request.events.values_list("name", flat=True))
