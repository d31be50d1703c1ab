"""What else grows besides `many_requests`: as many rows of each, spread over nearly two years."""

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models

from benchmarks.many_requests import execute, insert
from onboarding.models import (
    AccessLink,
    AnswerTally,
    BulkJob,
    CatalogueChange,
    Device,
    Event,
    Fault,
    Holder,
    OnboardingRequest,
    PushSubscription,
    RateLimitCount,
    RateLimitTally,
    StaffSignIn,
    WebhookAttempt,
    WebhookDelivery,
    Wish,
)
from sandbox.models import SandboxRequest

DAYS = 694
# What staff changed at the desk does not follow the number of requests.
MOST_CHANGES = 10_000
# So many of anything wait for a worker these hours, and so many devices are quiet: neither follows it.
FEW, QUIET = 200, 40
OF_REQUESTS = f"FROM (SELECT id, row_number() OVER () n FROM {OnboardingRequest._meta.db_table}) o"
OF_CONNECTED = OF_REQUESTS.replace(") o", " WHERE state = 'connected') o")
OF_WEBHOOKS = f"FROM (SELECT id, row_number() OVER () n FROM {WebhookDelivery._meta.db_table}) w"
OTHERS: tuple[type[models.Model], ...] = (
    *(AccessLink, Device, Holder, PushSubscription, WebhookDelivery, WebhookAttempt, Wish, BulkJob, StaffSignIn),
    *(AnswerTally, RateLimitTally, RateLimitCount, Fault, CatalogueChange, LogEntry, Session, SandboxRequest),
)


def fill(count: int) -> None:
    """Fill the tables that `many_requests` leaves empty; give some events a call, and make some disclosures."""
    source = f"FROM generate_series(1, {count}) n"
    ago, soon = f"now() - n * interval '{DAYS} days' / {count}", "now() + (n - 100) * interval '1 minute'"
    execute("SET session_replication_role = replica")
    fill_for_requests(ago)
    insert(
        Wish,
        source,
        manufacturer="'M' || mod(n, 300)",
        key="gen_random_uuid()",
        created_at=ago,
        announced_at=ago,
    )
    insert(BulkJob, source, key="md5('j' || n)", created_at=ago, finished_at=ago)
    insert(StaffSignIn, source, at=ago, name="'colleague' || mod(n, 40)", outcome="'signed-in'")
    insert(AnswerTally, source, day=f"({ago})::date", field="'f' || n", times="1")
    insert(RateLimitTally, source, hour=ago, name="'n' || n", times="1")
    insert(RateLimitCount, source, key="'k' || n", ends_at=f"extract(epoch FROM {soon})", count="1")
    insert(Fault, source, day=f"({ago})::date", room="'r' || n", last_at=ago)
    insert(CatalogueChange, source, at=ago)
    changes = f"FROM generate_series(1, {min(count, MOST_CHANGES)}) n"
    insert(LogEntry, changes, user="1", action_time=ago, action_flag="2")
    insert(Session, source, session_key="md5('s' || n)", expire_date=soon)
    ids = dict.fromkeys(("id", "entity_id", "principal_id"), "gen_random_uuid()")
    insert(SandboxRequest, source, created_at=ago, payload="'{}'", type="'EV'", **ids)
    execute("SET session_replication_role = DEFAULT")
    execute("VACUUM ANALYZE")


def fill_for_requests(ago: str) -> None:
    insert(
        AccessLink,
        OF_REQUESTS,
        request="o.id",
        kind="'email'",
        nonce="md5('n' || o.id)",
        token_sha256="md5('t' || o.id)",
        created_at=ago,
        expires_at=ago,
    )
    insert(Holder, OF_REQUESTS, request="o.id", browser="md5('b' || o.id)")
    insert(
        WebhookDelivery,
        OF_REQUESTS,
        delivery_id="gen_random_uuid()",
        request="o.id",
        kind="'request.created'",
        occurrence="1",
        created_at=ago,
        delivered_at=ago,
    )
    insert(
        PushSubscription,
        OF_REQUESTS,
        request="o.id",
        key="gen_random_uuid()",
        browser="'b'",
        created_at=ago,
        due_at=f"CASE WHEN n <= {FEW} THEN now() + (n - 100) * interval '1 minute' END",
    )
    insert(
        Device,
        OF_CONNECTED,
        request="o.id",
        health=f"CASE WHEN n <= {QUIET} THEN 'quiet' ELSE 'flowing' END",
        health_since=ago,
        looked_at="now()",
        due_at=f"now() + CASE WHEN n <= {FEW} THEN (n - 100) * interval '1 minute' ELSE interval '5 days' END",
    )
    insert(WebhookAttempt, OF_WEBHOOKS, delivery="w.id", started_at=ago)
    events = Event._meta.db_table
    execute(f"""UPDATE {events} SET has_call = true WHERE mod(id, 6) = 0""")
    execute(f"UPDATE {events} SET name = 'revealed', actor = 'staff' WHERE mod(id, 100) = 1")
