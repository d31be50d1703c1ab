from types import ModuleType

from django.apps import AppConfig
from django.core.management import CommandError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from onboarding.staff import roles

# Every database that was made before the migrations became one has this line.
OLD_MIGRATION = ("onboarding", "0002_durable")


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = _("Onboarding")

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        """Hear of a `migrate` before Django's own app does in `ready`: it would make the permissions first."""
        super().__init__(app_name, app_module)
        post_migrate.connect(roles.give_out, sender=self)

    def ready(self) -> None:
        from onboarding.devices import models, renewal  # noqa: F401  they listen to requests and consents
        from onboarding.intake import reconnection  # noqa: F401  it listens to requests
        from onboarding.mail import wishes  # noqa: F401  it listens to the catalogue
        from onboarding.notifications import rules  # noqa: F401  they listen to requests
        from onboarding.privacy import erasure  # noqa: F401  it listens to requests
        from onboarding.staff import mfa, record, sessions

        pre_migrate.connect(refuse_old_database, sender=self)
        post_migrate.connect(after_migrate, sender=self)
        connection_created.connect(read_any_text)
        for part in (sessions, record, mfa):
            part.connect()


def read_any_text(connection: BaseDatabaseWrapper, **_more: object) -> None:
    """Let SQLite, which stores anything, hand out what is no text with marks in it, as a row that can be mended."""
    if connection.vendor == "sqlite":
        connection.connection.text_factory = _text_of


def _text_of(stored: bytes) -> str:
    return stored.decode(errors="replace")


def refuse_old_database(using: str = DEFAULT_DB_ALIAS, **_more: object) -> None:
    """Stop before a database whose first migration was another one than ours of the same name.

    Raises: CommandError that says what to do instead.
    """
    connection = connections[using]
    if OLD_MIGRATION not in MigrationRecorder(connection).applied_migrations():
        return
    name, empty = connection.settings_dict["NAME"], "Set DATABASE_URL to an empty database"
    if connection.vendor == "sqlite":
        empty = f"Delete {name}, and {name}-wal and {name}-shm if they are there"
    raise CommandError(
        f"The database {name} was made by migrations that the portal had before its first release, and cannot be "
        f"carried over. {empty}, and start again: only what was typed into the portal is lost."
    )


def after_migrate(using: str = DEFAULT_DB_ALIAS, **_more: object) -> None:
    """Bring what a database needs besides its tables: the guards and the consent texts that the portal ships."""
    from onboarding.consent import texts, triggers
    from onboarding.consent.models import ConsentText

    connection = connections[using]
    with connection.cursor() as cursor:
        is_there = ConsentText._meta.db_table in connection.introspection.table_names(cursor)
    if is_there:
        texts.ship_texts()
        triggers.set_up(connection)
