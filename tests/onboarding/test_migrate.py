"""What `migrate` brings besides tables, as often as it runs: roles, triggers, texts; and whose databases it refuses."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from onboarding.consent import triggers
from onboarding.models import ConsentText
from onboarding.staff.roles import PERMISSIONS
from tests.desk import ROLES

pytestmark = pytest.mark.django_db

OURS = Permission.objects.filter(content_type__app_label="onboarding")


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def held(role: str) -> set[str]:
    return set(Permission.objects.filter(group__name=role).values_list("codename", flat=True))


def forget_roles() -> None:
    """Leave permissions and groups as in a database that knows nothing of the portal yet."""
    OURS.all().delete()
    Group.objects.all().delete()


class TestRoles:
    def test_are_there_with_what_the_table_gives_them(self) -> None:
        assert set(Group.objects.values_list("name", flat=True)) == {*ROLES}
        assert {role: held(role) for role in ROLES} == {role: {*PERMISSIONS[role]} for role in ROLES}

    def test_come_again_to_a_database_that_was_emptied(self) -> None:
        before = {role: held(role) for role in ROLES}
        forget_roles()
        migrate()
        assert {role: held(role) for role in ROLES} == before

    def test_keep_what_a_deployment_took_and_added(self) -> None:
        Group.objects.get(name="viewer").permissions.clear()
        Group.objects.get(name="agent").permissions.add(OURS.get(codename="verify_consent"))
        before = held("agent")
        migrate()
        assert held("viewer") == set()
        assert held("agent") == before

    def test_stay_away_when_a_deployment_deleted_or_renamed_them(self) -> None:
        Group.objects.get(name="viewer").delete()
        Group.objects.filter(name="agent").update(name="help line")
        migrate()
        assert set(Group.objects.values_list("name", flat=True)) == {"help line", "supervisor", "auditor"}

    def test_leave_a_group_alone_that_had_the_name_before(self) -> None:
        forget_roles()
        Group.objects.create(name="agent")
        migrate()
        assert held("agent") == set()
        assert "check_now" in held("supervisor")

    def test_get_a_new_permission_when_it_is_made(self) -> None:
        Group.objects.get(name="supervisor").permissions.remove(OURS.get(codename="export_figures"))
        OURS.get(codename="reveal_identifiers").delete()
        Group.objects.get(name="auditor").delete()
        migrate()
        assert [role for role in ROLES if "reveal_identifiers" in held(role)] == ["agent", "supervisor"]
        assert "export_figures" not in held("supervisor")
        assert not Group.objects.filter(name="auditor").exists()

    def test_are_given_nothing_that_does_not_exist(self) -> None:
        given = {codename for codenames in PERMISSIONS.values() for codename in codenames}
        assert given - set(OURS.all().values_list("codename", flat=True)) == set()


class TestGuards:
    def test_are_set_up_again(self) -> None:
        triggers.take_down(connection)
        migrate()
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentText.objects.update(accessed="others")


class TestConsentTexts:
    def test_are_shipped_once(self) -> None:
        before = list(ConsentText.objects.order_by("pk").values())
        assert {row["language"] for row in before} >= {"en", "nl", "fr", "de"}
        migrate()
        assert list(ConsentText.objects.order_by("pk").values()) == before


class TestOldDatabase:
    def test_is_refused_with_what_to_do_instead(self) -> None:
        MigrationRecorder(connection).record_applied("onboarding", "0002_durable")
        with pytest.raises(CommandError, match=r"(Delete .*-wal|DATABASE_URL to an empty database).* start again"):
            migrate()

    def test_is_none_of_a_later_version(self) -> None:
        """Going back to earlier code while the database is ahead stays possible."""
        MigrationRecorder(connection).record_applied("onboarding", "0099_later")
        migrate()
