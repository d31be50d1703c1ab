"""What else grows besides `many_requests`: as many rows of each, spread over nearly two years."""

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models

from benchmarks.many_requests import execute, insert
from onboarding.models import (
    AccessLink,
    AnswerTally,
    BulkJob,
    Campaign,
    CampaignMember,
    CatalogueChange,
    ConsentText,
    Device,
    Event,
    Fault,
    Holder,
    MakerHealth,
    OnboardingRequest,
    PushSubscription,
    RateLimitCount,
    RateLimitTally,
    StaffSignIn,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    Wish,
)
from sandbox.models import SandboxRequest

DAYS = 694
# What staff changed at the desk does not follow the number of requests.
MOST_CHANGES = 10_000
# So many of anything wait for a worker these hours, and so many devices are quiet: neither follows it.
FEW, QUIET = 200, 40
OF_REQUESTS = f"FROM (SELECT id, row_number() OVER () n FROM {OnboardingRequest._meta.db_table}) o"
OF_WEBHOOKS = f"FROM (SELECT id, row_number() OVER () n FROM {WebhookDelivery._meta.db_table}) w"
OTHERS: tuple[type[models.Model], ...] = (
    *(AccessLink, Holder, PushSubscription, WebhookDelivery, WebhookAttempt, Wish, BulkJob, StaffSignIn),
    *(Device, MakerHealth, CampaignMember, Campaign),
    *(AnswerTally, RateLimitTally, RateLimitCount, Fault, CatalogueChange, LogEntry, Session, SandboxRequest),
)


def fill(count: int) -> None:
    """Fill the tables that `many_requests` leaves empty; give some events a call, and make some disclosures."""
    source = f"FROM generate_series(1, {count}) n"
    ago, soon = f"now() - n * interval '{DAYS} days' / {count}", "now() + (n - 100) * interval '1 minute'"
    execute("SET session_replication_role = replica")
    fill_for_requests(ago)
    fill_devices()
    fill_campaigns(ago)
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


def fill_devices() -> None:
    """Give what is connected a device; a few of them are near an end."""
    connected = f"FROM (SELECT *, row_number() OVER () n FROM {OnboardingRequest._meta.db_table}"
    soon = "now() + (n - 60) * interval '1 hour'"
    insert(
        Device,
        f"{connected} WHERE state = 'connected') o",
        request="o.id",
        type="o.type",
        manufacturer="o.manufacturer",
        connected_at="o.created_at",
        health=f"""CASE WHEN mod(n, 5) = 4 THEN 'ended' WHEN n > {5 * QUIET} THEN 'flowing'
                   ELSE (ARRAY['flowing', 'quiet', 'gone', 'waiting'])[mod(n, 5) + 1] END""",
        health_since="o.created_at",
        looked_at="now() - mod(n, 2160) * interval '1 minute'",
        first_data_at="o.created_at",
        last_data_at="now() - mod(n, 5000) * interval '1 minute'",
        misses=f"CASE WHEN mod(n, 5) = 2 AND n <= {5 * QUIET} THEN 3 ELSE 0 END",
        due_at="CASE WHEN mod(n, 5) < 4 THEN now() + (n - 300) * interval '5 seconds' END",
        remind_at=f"CASE WHEN mod(n, 2) = 0 THEN {soon} END",
        valid_until=f"CASE WHEN mod(n, 3) = 0 THEN {soon} END",
    )
    kinds = f"FROM (SELECT DISTINCT type, manufacturer FROM {OnboardingRequest._meta.db_table}) o"
    insert(MakerHealth, kinds, type="o.type", manufacturer="o.manufacturer", measured_at="now() - interval '1 day'")


def fill_campaigns(ago: str) -> None:
    """Let twenty campaigns have asked everybody between them: one is running, and one looks whom it is for."""
    (text,) = ConsentText.objects.values_list("pk")[:1]
    insert(
        Campaign,
        "FROM generate_series(1, 20) n",
        text=str(text[0]),
        key="md5('c' || n)",
        stage="CASE n WHEN 1 THEN 'running' WHEN 2 THEN 'gathering' ELSE 'over' END",
        due_at="CASE WHEN n <= 2 THEN now() END",
        ended_at="CASE WHEN n > 2 THEN now() END",
    )
    insert(
        CampaignMember,
        OF_REQUESTS,
        request="o.id",
        campaign=f"(SELECT min(id) FROM {Campaign._meta.db_table}) + mod(n, 20)",
        outcome="(ARRAY['agreed', 'agreed', 'asked', 'waiting'])[mod(n / 20, 4) + 1]",
        asked_at=f"CASE WHEN mod(n / 20, 4) < 3 THEN {ago} END",
    )


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
        endpoint=f"(SELECT min(id) FROM {WebhookEndpoint._meta.db_table})",
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
    insert(WebhookAttempt, OF_WEBHOOKS, delivery="w.id", started_at=ago)
    events = Event._meta.db_table
    execute(f"""UPDATE {events} SET has_call = true WHERE mod(id, 6) = 0""")
    execute(f"UPDATE {events} SET name = 'revealed', actor = 'staff' WHERE mod(id, 100) = 1")
