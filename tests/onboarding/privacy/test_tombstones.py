"""Tombstones: what is erased leaves a mark that makes a restored backup forget it again."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import Erasure, Holder, Mail, OnboardingRequest, StrayOnboarding, Tombstone, Wish
from onboarding.privacy import erasure, tombstones
from onboarding.request.contact import address_hash
from sandbox.models import SandboxOffboarding
from tests.customers import Customer, work_until
from tests.onboarding.delivery.test_restore import backup, restore_row

pytestmark = pytest.mark.django_db

JAN = "jan.peeters@mail.example"


def printed() -> str:
    out = io.StringIO()
    call_command("tombstones", stdout=out)
    return out.getvalue()


def applied(lines: str, tmp_path: Path) -> str:
    file, out = tmp_path / "tombstones.txt", io.StringIO()
    file.write_text(lines)
    call_command("tombstones", "--apply", str(file), stdout=out)
    return out.getvalue().strip()


def line_of(customer: Customer) -> str:
    return f"request {tombstones.hash_reference(customer.reference)} 2026-11-28T12:00:00+00:00\n"


def restore_backup(customer: Customer) -> None:
    """Bring a request back as it was before it was erased, and lose what the database learned since."""
    Erasure.objects.all().delete()
    Tombstone.objects.all().delete()
    OnboardingRequest.objects.filter(reference=customer.reference).update(
        attributes={"vin": "WA1DMAFE0D0000000"}, contact_email=JAN, reduced_at=None
    )


class TestTombstone:
    def test_is_there_as_soon_as_somebody_asks(self, customer: Customer, platform: Catalogue) -> None:
        work_until(customer.submit().request, "connected")
        customer.post("erase")
        assert Tombstone.objects.get().kind == "request"
        assert Erasure.objects.get().done_at is None

    def test_tells_neither_a_reference_nor_an_address(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit().post("erase")
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        lines = printed().splitlines()
        form = re.compile(r"(request|address) [0-9a-f]{64} [0-9-]{10}T[0-9:]{8}\+00:00")
        assert all(form.fullmatch(line) for line in lines)
        assert len(lines) == 2
        assert customer.reference not in printed()
        assert "jan" not in printed()


class TestRestoredBackup:
    def test_forgets_again(self, customer: Customer, platform: Catalogue, tmp_path: Path) -> None:
        customer.submit().post("erase")
        kept = printed()
        restore_backup(customer)
        assert applied(kept, tmp_path) == "1 lines: 1 requests and 0 wishes are erased again."
        assert customer.request.attributes == {}
        assert not Mail.objects.exists()  # they were told the first time
        assert Erasure.objects.get().asker == "backup"
        assert printed().split()[1] == kept.split()[1]

    def test_takes_consent_back_again(self, customer: Customer, platform: Catalogue, tmp_path: Path) -> None:
        request = work_until(customer.submit().request, "connected")
        Tombstone.objects.all().delete()
        applied(line_of(customer), tmp_path)
        assert customer.request.state == "withdrawing"
        assert request.consents.first().channel == "system"  # type: ignore[union-attr]

    def test_can_be_told_twice(self, customer: Customer, platform: Catalogue, tmp_path: Path) -> None:
        customer.submit().post("erase")
        kept = printed()
        assert applied(kept, tmp_path) == "1 lines: 0 requests and 0 wishes are erased again."
        restore_backup(customer)
        applied(kept, tmp_path)
        assert applied(kept, tmp_path) == "1 lines: 0 requests and 0 wishes are erased again."

    def test_leaves_everybody_else_alone(
        self, customer: Customer, stranger: Customer, platform: Catalogue, tmp_path: Path
    ) -> None:
        customer.submit().post("erase")
        stranger.submit()
        kept = printed()
        restore_backup(customer)
        applied(kept, tmp_path)
        assert stranger.request.attributes

    def test_forgets_wishes_but_not_those_made_since(self, db: None, tmp_path: Path, settings: Any) -> None:
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        kept = printed()
        before, after = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en", created_at=before)
        Wish.objects.create(manufacturer="Dacia", contact_email=JAN, language="en", created_at=after)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another one", [settings.SECRET_KEY]
        assert applied(kept, tmp_path) == "1 lines: 0 requests and 1 wishes are erased again."
        assert Wish.objects.get().manufacturer == "Dacia"

    def test_forgets_an_address_with_the_requests_of_others(
        self, customer: Customer, stranger: Customer, platform: Catalogue, tmp_path: Path
    ) -> None:
        for one in (customer, stranger):
            work_until(one.submit().request, "connected")
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        before, after = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
        mail = {"kind": "link", "mailbox": "x"}
        Mail.objects.create(request=customer.request, key="1", to=JAN, queued_at=before, **mail)
        Mail.objects.create(request=customer.request, key="2", to="other@mail.example", queued_at=before, **mail)
        Holder.objects.create(request=stranger.request, browser="b", address=address_hash(JAN))
        applied(printed(), tmp_path)
        assert [mail.to for mail in Mail.objects.exclude(to="")] == ["other@mail.example"]
        assert not Holder.objects.exists()
        Mail.objects.create(request=customer.request, key="3", to=JAN, queued_at=after, **mail)
        applied(printed(), tmp_path)
        assert Mail.objects.filter(key="3").exclude(to="").exists()

    def test_takes_a_line_twice(self, db: None, tmp_path: Path) -> None:
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        applied(printed() + printed(), tmp_path)
        assert Tombstone.objects.count() == 1

    def test_takes_the_latest_line_of_several(self, db: None, tmp_path: Path) -> None:
        sha256 = tombstones.hash_address(JAN)
        made = datetime(2026, 11, 20, tzinfo=UTC)
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en", created_at=made)
        lines = [f"address {sha256} 2026-11-{day}T12:00:00+00:00\n" for day in (19, 21, 18)]
        applied("".join(lines), tmp_path)
        assert not Wish.objects.exists()
        assert Tombstone.objects.get().at == datetime(2026, 11, 21, 12, tzinfo=UTC)

    def test_moves_no_mark_back_with_an_older_file(self, db: None, tmp_path: Path) -> None:
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        at = Tombstone.objects.get().at
        applied(f"address {tombstones.hash_address(JAN)} 2020-11-28T12:00:00+00:00\n", tmp_path)
        assert Tombstone.objects.get().at == at

    def test_disconnects_what_was_sent_since_whatever_is_run_first(self, customer: Customer, tmp_path: Path) -> None:
        queued = backup(customer.submit().request)
        work_until(customer.request, "connected")
        restore_row(queued)
        applied(line_of(customer), tmp_path)
        call_command("after_restore", since=(timezone.now() - timedelta(hours=1)).isoformat(), verbosity=0)
        work_until(customer.request, "withdrawn")
        assert SandboxOffboarding.objects.exists()

    def test_leaves_a_trace_of_the_device_whose_draft_it_takes(self, customer: Customer, tmp_path: Path) -> None:
        customer.start().choose("EV", "Audi")
        StrayOnboarding.objects.create(platform_id="p1", request=customer.request)
        applied(line_of(customer), tmp_path)
        assert not OnboardingRequest.objects.exists()
        assert StrayOnboarding.objects.get().request is None

    @pytest.mark.parametrize(
        "line", ["request abc 2026-11-28T12:00:00+00:00", "nonsense", f"mail {'a' * 64} 2026-11-28"]
    )
    def test_is_left_as_it_is_by_a_file_that_is_not_ours(self, db: None, tmp_path: Path, line: str) -> None:
        with pytest.raises(CommandError, match="no line of ours"):
            applied(line, tmp_path)
