"""Whether this installation can do its work: the database answers, has its tables and our time, and a worker lives."""

import logging

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from onboarding.jobs import clock, heartbeat

logger = logging.getLogger(__name__)

DATABASE, MIGRATIONS, CLOCK, WORKER = "database", "migrations", "clock", "worker"
# What was applied once stays so while this process runs; to look takes longer than all else here.
_seen: set[str] = set()


def readiness() -> dict[str, bool]:
    """Tell part by part whether it is well; what cannot be known because of one that is not is left out."""
    try:
        if not is_migrated():
            return {DATABASE: True, MIGRATIONS: False}
        return {DATABASE: True, MIGRATIONS: True, CLOCK: clock.agrees(), WORKER: is_worker_alive()}
    except Error:
        logger.warning("Not ready: the database does not answer.", exc_info=True)
        return {DATABASE: False}


def is_migrated() -> bool:
    if MIGRATIONS not in _seen and not missing_migrations():
        _seen.add(MIGRATIONS)
    return MIGRATIONS in _seen


def missing_migrations() -> list[str]:
    """Name the migrations that are not applied."""
    loader = MigrationLoader(connection)
    return sorted(".".join(key) for key in loader.graph.nodes if key not in loader.applied_migrations)


def is_worker_alive() -> bool:
    return heartbeat.is_alive(heartbeat.last_beat(), timezone.now())
