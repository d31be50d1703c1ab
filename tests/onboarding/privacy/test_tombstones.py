"""Tombstones: what is erased leaves a mark that makes a restored backup forget it again."""

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.models import Erasure, Mail, OnboardingRequest, Tombstone, Wish
from onboarding.privacy import erasure
from tests.customers import Customer, work_until

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
        lines = f"request {erasure.tombstones.hash_reference(request.reference)} 2026-11-28T12:00:00+00:00\n"
        applied(lines, tmp_path)
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

    @pytest.mark.parametrize(
        "line", ["request abc 2026-11-28T12:00:00+00:00", "nonsense", f"mail {'a' * 64} 2026-11-28"]
    )
    def test_is_left_as_it_is_by_a_file_that_is_not_ours(self, db: None, tmp_path: Path, line: str) -> None:
        with pytest.raises(CommandError, match="no line of ours"):
            applied(line, tmp_path)
