"""A database as it looks after years: requests with their keys, timelines, transactions, consents, mails and webhooks.

PostgreSQL makes it from `generate_series`; nine requests in ten are over. Columns that are not named here get the
model's defaults, so that new ones need no change.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from onboarding.lib.sealed_fields import sealed_fields
from onboarding.models import (
    Consent,
    Event,
    Invitation,
    Mail,
    OnboardingRequest,
    SearchKey,
    Transaction,
    WebhookDelivery,
    WebhookEndpoint,
)
from onboarding.request.codes import SUPPORT_ALPHABET
from onboarding.request.search_index import hashed_keys
from onboarding.request.search_keys import keys_of

from .sealing import keyed, seal

OVER = ("connected", "failed", "canceled", "withdrawn")
# So many of 10,000 requests.
STATES = dict(zip(OVER, (8000, 400, 200, 400), strict=True)) | {
    "draft": 600,
    "following": 330,
    "rejected": 40,
    "queued": 10,
    "sending": 2,
    "unknown": 5,
    "withdrawing": 13,
}
SEALED = (OnboardingRequest, Consent, Mail, WebhookDelivery)
FILLED = (OnboardingRequest, SearchKey, Event, Transaction, Consent, Mail, WebhookDelivery, Invitation)
IS_OVER = f"state IN {OVER}"
IS_SENT = "state NOT IN ('draft', 'rejected', 'queued', 'sending', 'unknown')"
IS_WITH_STAFF = "state IN ('following', 'unknown', 'withdrawing') AND mod(g, 40) = 0"

# Multiplying by a number without common divisors shuffles without collisions.
LETTERS = len(SUPPORT_ALPHABET)
SHUFFLED = f"mod(g * 1000003, {LETTERS**8})"
SUPPORT_CODE = " || ".join(
    f"substr('{SUPPORT_ALPHABET}', mod({SHUFFLED} / {LETTERS**place}, {LETTERS})::int + 1, 1)" for place in range(8)
)
VIN = "'WVW' || upper(substr(md5('vin' || g), 1, 8)) || lpad(mod(g * 7919, 1000000)::text, 6, '0')"
ATTRIBUTES = f"""CASE mod(g, 4)
    WHEN 2 THEN jsonb_build_object('ean', '5414488' || lpad(g::text, 11, '0'))
    WHEN 3 THEN jsonb_build_object('reference', 'SN' || lpad(g::text, 8, '0'), 'email', 'owner' || g || '@example.com')
    ELSE jsonb_build_object('vin', {VIN}) END"""


def fill(count: int) -> None:
    """Fill an empty database with so many requests and what belongs to them."""
    execute("SET session_replication_role = replica")  # foreign keys are right by construction
    execute("SET maintenance_work_mem = '512MB'")
    WebhookEndpoint.objects.create(name="CRM", url="http://127.0.0.1:1/")
    with without_indexes():
        insert_requests(count)
        insert_keys()
        insert_what_belongs_to_them()
        for model in SEALED:
            seal(model)
    execute("SET session_replication_role = DEFAULT")
    execute("VACUUM (FULL, ANALYZE)")
    check_keys()


def execute(sql: str, parameters: list[object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


@contextmanager
def without_indexes() -> Iterator[None]:
    """Drop the indexes that carry no constraint, and make them again in one go: several times as fast."""
    tables = [model._meta.db_table for model in FILLED]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [tables],
        )
        indexes = cursor.fetchall()
    for name, _definition in indexes:
        execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        execute(definition)


def insert(model: type[models.Model], source: str, **columns: str) -> None:
    """Insert one row per row of `source`: the columns named, as SQL, and defaults for all others but numbered keys."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.generated and (field.name in columns or not field.primary_key)
    ]
    columns = {field.name: "''" for field in sealed_fields(model)} | columns
    others = [field for field in fields if field.name not in columns]
    values = ", ".join(columns.get(field.name, "%s") for field in fields)
    names = ", ".join(f'"{field.column}"' for field in fields)
    defaults = [field.get_db_prep_save(field.get_default(), connection) for field in others]
    execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} {source}", defaults)


def insert_requests(count: int) -> None:
    states, share = [], 0
    for state, out_of_all in STATES.items():
        share += out_of_all
        states.append(f"WHEN mod(g * 48271, 10000) < {share} THEN '{state}'")
    source = f"""FROM (
        SELECT *, now() - chance * CASE WHEN {IS_OVER} THEN interval '700 days' ELSE interval '30 days' END AS at
        FROM (SELECT g, mod(g * 69621, 1000003) / 1000003.0 AS chance, CASE {" ".join(states)} END AS state
              FROM generate_series(1::bigint, {count}) g) numbered) dated"""
    insert(
        OnboardingRequest,
        source,
        reference="substr(md5('reference' || g), 1, 22)",
        support_code=SUPPORT_CODE,
        browser="md5('browser' || g / 2)",
        contact_email="CASE WHEN mod(g, 5) < 3 THEN 'person' || mod(g, 700000) || '@example.org' ELSE '' END",
        own_reference="CASE WHEN mod(g, 5) = 0 THEN 'C-2026-' || g ELSE '' END",
        type="(ARRAY['EV', 'EV', 'SmartMeter', 'PV'])[mod(g, 4) + 1]",
        manufacturer="(ARRAY['Audi', 'Tesla', 'Fluvius', 'SMA'])[mod(g, 4) + 1]",
        attributes=f"({ATTRIBUTES})::text",
        state="state",
        platform_id=f"CASE WHEN {IS_SENT} THEN md5('platform' || g)::uuid::text ELSE '' END",
        entity_id="CASE WHEN state = 'connected' THEN md5('entity' || g)::uuid::text ELSE '' END",
        action_type="CASE WHEN state = 'following' AND mod(g, 3) = 0 THEN 'Redirect' ELSE '' END",
        needs_staff=f"CASE WHEN {IS_WITH_STAFF} THEN 'too-old' ELSE '' END",
        trouble="CASE WHEN state IN ('following', 'queued') AND mod(g, 60) = 1 THEN 'NotAuthorized' ELSE '' END",
        due_at=f"CASE WHEN NOT ({IS_OVER} OR {IS_WITH_STAFF} OR state IN ('draft', 'rejected'))"
        " THEN now() + chance * interval '6 hours' END",
        created_at="at",
        updated_at="at",
        turn_since="at",
        consented_at="CASE WHEN state <> 'draft' THEN at END",
        sent_at=f"CASE WHEN {IS_SENT} THEN at END",
        withdrawn_at="CASE WHEN state IN ('withdrawn', 'withdrawing') THEN at END",
        finished_at=f"CASE WHEN {IS_OVER} THEN at END",
    )


def insert_keys() -> None:
    """Make the keys in SQL, after `onboarding.request.search_keys`; `check_keys` compares the two."""
    folded = "upper(regexp_replace({}, '[^A-Za-z0-9]', '', 'g'))".format
    answered = "attributes::jsonb ->> '{}'".format
    whole = [folded(name) for name in ("reference", "platform_id", "entity_id", "own_reference")]
    identifiers = [folded(text) for text in ("support_code", *map(answered, ("vin", "ean", "reference")))]
    addresses = ["lower(contact_email)", f"lower({answered('email')})"]
    keys = ", ".join([*whole, *identifiers, *(f"right({text}, 6)" for text in identifiers), *addresses])
    table, requests = SearchKey._meta.db_table, OnboardingRequest._meta.db_table
    execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    execute(
        f"INSERT INTO {table} (request_id, key) SELECT id, {keyed('key')} FROM {requests},"
        f" LATERAL (SELECT DISTINCT key FROM unnest(ARRAY[{keys}]) key WHERE key <> '') made"
    )
    execute(f"ALTER TABLE {table} ADD PRIMARY KEY (key, request_id)")


def check_keys() -> None:
    """Compare the keys of some requests with those that the portal itself would make."""
    for row in OnboardingRequest.objects.order_by("reference")[:200]:
        stored = set(SearchKey.objects.filter(request=row).values_list("key", flat=True))
        assert stored == hashed_keys(row), (stored, keys_of(row))


def insert_what_belongs_to_them() -> None:
    requests = f"FROM {OnboardingRequest._meta.db_table} o"
    insert(
        Event,
        f"{requests}, generate_series(1, CASE WHEN o.state = 'draft' THEN 2 ELSE 6 END) n",
        request="o.id",
        key="gen_random_uuid()",
        at="o.created_at + n * interval '1 second'",
        actor="'worker'",
        name="(ARRAY['started', 'answered', 'consented', 'attempt-started', 'accepted', 'progress'])[n]",
        state="o.state",
    )
    insert(
        Transaction,
        f"{requests}, generate_series(1, 3) n WHERE o.platform_id <> ''",
        request="o.id",
        position="n",
        type="'step' || n",
        status="'Done'",
        updated_at="o.created_at",
    )
    insert(
        Consent,
        f"{requests} WHERE o.consented_at IS NOT NULL",
        record_id="gen_random_uuid()",
        request="o.id",
        at="o.consented_at",
        version="'2026-11-28'",
        language="'en'",
        words="'words'",
        type="o.type",
        manufacturer="o.manufacturer",
        attributes="o.attributes",
        salt="md5(random()::text)",
    )
    insert(
        Mail,
        f"{requests} WHERE o.contact_email <> ''",
        request="o.id",
        kind="'receipt'",
        key="'receipt:' || o.id",
        to="o.contact_email",
        queued_at="o.created_at",
        sent_at="o.created_at",
    )
    insert(
        Invitation,
        f"{requests} WHERE mod(o.id, 4) = 0 ORDER BY o.created_at",
        request="o.id",
        key="md5('invitation' || o.id)",
        by="'colleague' || mod(o.id, 40)",
        created_at="o.created_at",
        opened_at="CASE WHEN mod(o.id, 12) > 0 THEN o.created_at END",
    )
    insert(
        WebhookDelivery,
        f"{requests} WHERE o.finished_at > now() - interval '30 days'",
        delivery_id="gen_random_uuid()",
        request="o.id",
        endpoint=f"(SELECT min(id) FROM {WebhookEndpoint._meta.db_table})",
        kind="'request.connected'",
        occurrence="0",
        body="'{}'",
        created_at="o.finished_at",
        delivered_at="o.finished_at",
    )
