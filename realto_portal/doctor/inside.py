"""What an installation has within itself: settings, database, files, workers, clocks, room on disks."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.db import Error, connection
from django.http.request import validate_host
from django.utils import timezone
from django.utils.timesince import timesince
from limits.errors import StorageError

from onboarding.jobs import clock, heartbeat
from onboarding.lib.safe_links import parts_of
from onboarding.limits import rate_limits
from onboarding.monitoring.readiness import missing_migrations

from .findings import Finding, kind_of, trouble, well

CLOCKS_APART = 2.0  # seconds
LEAST_FREE_BYTES = 1_000_000_000
LEAST_FREE_SHARE = 0.05


def check_settings() -> Iterator[Finding]:
    """Ask all of Django's checks and ours; in production those of a deployment too."""
    found = checks.run_checks(include_deployment_checks=settings.IS_PRODUCTION)
    messages = [message for message in found if message.level >= checks.WARNING]
    for message in messages:
        yield trouble("Settings", " ".join(filter(None, (message.msg, message.hint, f"({message.id})"))))
    if not messages:
        kind = "for production" if settings.IS_PRODUCTION else "for this machine only"
        yield well("Settings", f"They fit together, {kind}.")


def check_keys() -> Iterator[Finding]:
    if settings.SECRET_KEY_FALLBACKS:
        yield well("Keys", "Earlier ones are still believed: remove SECRET_KEY_FALLBACKS once nobody needs them.")
    else:
        yield well("Keys", "No earlier ones are believed.")


def check_proxy() -> Iterator[Finding]:
    host = parts_of(settings.PUBLIC_URL).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield trouble("Proxy", f"PUBLIC_URL leads to {host}, which is not answered: add it to ALLOWED_HOSTS.")
    if settings.IS_PRODUCTION and not settings.BEHIND_PROXY:
        yield trouble(
            "Proxy",
            "BEHIND_PROXY is not set, so each request over plain HTTP is redirected: set it to true if a proxy ends "
            "TLS, sets X-Forwarded-Proto and puts the client's address last into X-Forwarded-For.",
        )
    elif settings.BEHIND_PROXY:
        yield well("Proxy", "X-Forwarded-Proto and the last address in X-Forwarded-For are believed, from anybody.")
    else:
        yield well("Proxy", "There is none, and none is needed.")


def check_database() -> Iterator[Finding]:
    """Look at the database, and at what can be known with it alone."""
    try:
        yield well("Database", f"{_version()} answers.")
        yield from _migrations()
    except Error as problem:
        yield trouble("Database", f"It does not answer ({kind_of(problem)}): start it, or correct DATABASE_URL.")
        return
    try:
        yield from _clock()
        yield from _worker()
    except Error as problem:
        yield trouble("Database", f"Its tables cannot be read ({kind_of(problem)}): run `python manage.py migrate`.")


def check_rate_limits() -> Iterator[Finding]:
    kind = (settings.RATE_LIMIT_STORAGE or "database").partition(":")[0]
    try:
        is_well = rate_limits.storage().check()
    except (StorageError, Error):
        is_well = False
    if is_well:
        yield well("Rate limits", f"They are counted ({kind}).")
    else:
        yield trouble("Rate limits", f"They are not counted, and let everything through: look at {kind}.")


def check_static_files() -> Iterator[Finding]:
    try:
        staticfiles_storage.url("css/portal.css")
    except ValueError:
        yield trouble("Static files", "Pages have no style: run `python manage.py collectstatic`.")
        return
    yield well("Static files", "They are collected." if not settings.DEBUG else "They are served as they are.")


def check_disk() -> Iterator[Finding]:
    folders = {tempfile.gettempdir(), str(settings.BASE_DIR)}
    if connection.vendor == "sqlite":
        folders.add(str(Path(settings.DATABASES["default"]["NAME"]).parent))
    for folder in sorted(folders):
        if Path(folder).is_dir():
            yield _room(folder)


def _room(folder: str) -> Finding:
    usage = shutil.disk_usage(folder)
    told = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free at {folder}"
    if usage.free < LEAST_FREE_BYTES or usage.free < LEAST_FREE_SHARE * usage.total:
        return trouble("Disk", f"Only {told}: make room.")
    return well("Disk", f"{told}.")


def _version() -> str:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _migrations() -> Iterator[Finding]:
    if missing := missing_migrations():
        yield trouble("Migrations", f"{len(missing)} are not applied: run `python manage.py migrate`.")
    else:
        yield well("Migrations", "All are applied.")


def _clock() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        yield well("Clock", "The database has the clock of this machine.")
    elif (apart := abs(clock.seconds_ahead())) > CLOCKS_APART:
        yield trouble("Clock", f"It is {apart:.0f} s apart from the database's: let both machines follow NTP.")
    else:
        yield well("Clock", "It agrees with the database's.")


def _worker() -> Iterator[Finding]:
    last, now = heartbeat.last_beat(), timezone.now()
    if last and heartbeat.is_alive(last, now):
        yield well("Worker", "One is alive.")
    else:
        since = f"None was heard of for {timesince(last, now, depth=1)}" if last else "None was ever heard of"
        yield trouble("Worker", f"{since}: start `python manage.py worker`.")
