"""The inventory itself: of customers, and of colleagues. See `inventory`."""

from .inventory import COLLEAGUE, COPY, HARMLESS, KEPT_SECRET, LEASE, OPENS, TIES, WORK, Holding

STAFF = "all staff, masked; agents and supervisors in clear, on the record"
ALL_STAFF = "all staff"
REQUEST = "`drafts`, `failed`, `withdrawn`; an erasure"

CUSTOMERS = {
    "onboarding.OnboardingRequest": Holding(
        "to connect a device and tell its owner how it goes",
        REQUEST,
        STAFF,
        told=(
            *("reference", "support_code", "type", "manufacturer", "attributes", "confirmed", "rejections"),
            *("contact_email", "language", "own_reference", "return_address"),
            *("state", "status", "action_type", "redirect_link", "documentation_link", "has_bad_link", "errors"),
            *("platform_id", "entity_id", "offboarding_id", "offboarding_status"),
            *("tenant_id", "collective_id", "owner_id", "platform_tenant_id", "platform_collective_id"),
            *("platform_principal_id", "platform_owner_id"),
            *("created_at", "updated_at", "consented_at", "consent_ends_at", "withdrawn_at", "sent_at", "finished_at"),
            *("ended_as", "is_reconnection"),
            *("returned_at", "seen_at", "checked_at", "attended_at", "attempted_at", "links_void_at", "reduced_at"),
            *("turn", "turn_since", "attempt", "unanswered", "trouble", "needs_staff"),
        ),
        not_told={
            COPY: ("contact_key", "browser"),
            TIES: ("id", "retry_of", "version"),
            WORK: (*LEASE, "settles_at", "is_restored"),
        },
    ),
    "onboarding.Device": Holding(
        "to see whether a connected device sends data",
        "with the request",
        ALL_STAFF,
        told=(
            *("type", "manufacturer", "connected_at", "health", "health_since", "looked_at", "is_online"),
            *("first_data_at", "last_data_at", "longest_silence", "quiet_since", "spells", "misses", "missed_at"),
            *("valid_until", "told_quiet_at"),
        ),
        not_told={TIES: ("id", "request"), WORK: (*LEASE, "remind_at")},
    ),
    "onboarding.CampaignMember": Holding(
        "to ask people to agree to a new text, each once",
        "with the request",
        ALL_STAFF,
        told=("outcome", "asked_at", "reminded_at", "answered_at"),
        not_told={TIES: ("id", "campaign", "request")},
    ),
    "onboarding.Transaction": Holding(
        "to show the platform's steps",
        "with the request",
        ALL_STAFF,
        told=("position", "type", "status", "started_at", "updated_at"),
        not_told={TIES: ("id", "request")},
    ),
    "onboarding.Event": Holding(
        "to tell what happened, and who did it",
        "`timelines`, `calls`, `disclosures`",
        STAFF,
        told=("at", "actor", "name", "state", "detail"),
        not_told={TIES: ("id", "request", "key"), WORK: ("has_call",), COLLEAGUE: ("by",)},
    ),
    "onboarding.Consent": Holding(
        "to prove what was agreed to",
        "for good; the identifiers until an erasure, or with the request",
        STAFF,
        told=(
            *("record_id", "schema", "kind", "at", "expires_at", "version", "language", "words", "sha256", "purpose"),
            *("controller", "controller_contact", "act", "channel", "by", "reason", "type", "manufacturer"),
            *("attributes", "salt", "attributes_sha256", "erased_at", "previous_sha256", "record_sha256"),
        ),
        not_told={TIES: ("id", "request", "text")},
    ),
    "onboarding.Mail": Holding(
        "to write, and to write nothing twice",
        "`mails`",
        STAFF,
        told=("kind", "to", "language", "step", "queued_at", "sent_at", "ended", "trouble"),
        not_told={
            COPY: ("to_key", "mailbox"),
            TIES: ("id", "request", "wish", "record", "key", "occasion"),
            WORK: LEASE,
        },
    ),
    "onboarding.AccessLink": Holding(
        "to let the customer go on elsewhere",
        "`links`",
        "nobody; that there are some: all staff",
        told=("kind", "created_at", "expires_at", "revoked_at", "taken_at"),
        not_told={
            OPENS: ("nonce", "token_sha256", "code_sha256"),
            COPY: ("address",),
            TIES: ("id", "request", "mail"),
        },
    ),
    "onboarding.Holder": Holding(
        "to know the customer's other browsers",
        "with the request",
        "nobody",
        told=("since",),
        not_told={COPY: ("browser", "address"), HARMLESS: ("is_proved",), TIES: ("id", "request")},
    ),
    "onboarding.PushSubscription": Holding(
        "to tell the customer in a browser of theirs",
        "until the outcome was told; `pushes`",
        "nobody",
        told=("endpoint", "created_at", "trouble"),
        not_told={
            OPENS: ("secrets",),
            COPY: ("browser", "endpoint_key"),
            TIES: ("id", "request", "key"),
            WORK: LEASE,
        },
    ),
    "onboarding.Invitation": Holding(
        "to know whom staff invited",
        "`invitations`",
        ALL_STAFF,
        told=("by", "created_at", "opened_at"),
        not_told={TIES: ("id", "request", "key")},
    ),
    "onboarding.InvitationFile": Holding(
        "to invite many customers at once",
        "`invitation_files`",
        "agents and supervisors",
        not_told={
            COLLEAGUE: ("by",),
            HARMLESS: ("language", "is_mailing", "created_at", "invited_at"),
            TIES: ("id", "key", "job"),
        },
    ),
    "onboarding.InvitationRow": Holding(
        "to invite the customer whom a row of a file names",
        "`invitation_files`; what it says until it is invited or left out; an erasure",
        "agents and supervisors, without its values",
        not_told={
            COPY: ("values", "mark", "contact_key"),
            WORK: ("remarks", "outcome"),
            TIES: ("id", "file", "number", "key", "request"),
        },
    ),
    "onboarding.WebhookDelivery": Holding(
        "to tell the company's own systems",
        "`webhooks`",
        "supervisors and auditors",
        told=("delivery_id", "kind", "body", "created_at", "delivered_at", "gave_up_at"),
        not_told={
            TIES: ("id", "request", "endpoint", "occurrence"),
            WORK: (*LEASE, "trying_since", "parked_at", "ended"),
        },
    ),
    "onboarding.WebhookAttempt": Holding(
        "to find out why one does not arrive",
        "`webhooks`",
        "supervisors and auditors",
        not_told={
            WORK: ("started_at", "seconds", "status", "trouble", "answer"),
            TIES: ("id", "delivery"),
        },
    ),
    "onboarding.Wish": Holding(
        "to say when a device can be connected",
        "`wishes`; an erasure",
        STAFF,
        told=("type", "manufacturer", "contact_email", "language", "created_at", "announced_at"),
        not_told={COPY: ("contact_key",), TIES: ("id", "key")},
    ),
    "onboarding.Erasure": Holding(
        "to erase what was asked for, and prove it",
        "with the request",
        "supervisors and auditors",
        told=("asked_at", "asker", "by", "reason", "told_at", "done_at"),
        not_told={TIES: ("id", "request")},
    ),
    "onboarding.StrayOnboarding": Holding(
        "to find what the platform has since a backup that was restored",
        "until the next restore",
        ALL_STAFF,
        not_told={
            WORK: ("platform_id", "type", "manufacturer", "status", "created_at", "seen_at"),
            TIES: ("id", "request"),
        },
    ),
    "onboarding.SearchKey": Holding(
        "to find a request", "with the request", "nobody", not_told={COPY: ("key",), TIES: ("request",)}
    ),
    "onboarding.Tombstone": Holding(
        "to forget again after a backup was restored",
        "for good",
        "nobody",
        not_told={COPY: ("sha256",), HARMLESS: ("kind", "at"), TIES: ("id",)},
    ),
}

COLLEAGUES = {
    "auth.User": Holding(
        "to let colleagues sign in",
        "until deleted",
        "superusers",
        told=("username", "first_name", "last_name", "email", "last_login", "date_joined"),
        not_told={KEPT_SECRET: ("password",), HARMLESS: ("id", "is_superuser", "is_staff", "is_active")},
    ),
    "onboarding.StaffSignIn": Holding(
        "to notice who should not be there",
        "`sign_ins`",
        "auditors",
        told=("at", "user", "name", "outcome", "how", "by", "address"),
        not_told={HARMLESS: ("id",)},
    ),
    "usersessions.UserSession": Holding(
        "to end one's other sign-ins",
        "with the session",
        "the colleague",
        told=("user", "created_at", "last_seen_at", "ip", "user_agent", "data"),
        not_told={HARMLESS: ("id",), OPENS: ("session_key",)},
    ),
    "sessions.Session": Holding(
        "to stay signed in",
        "until it expires",
        "nobody",
        told=("session_data", "expire_date"),
        not_told={OPENS: ("session_key",)},
    ),
    "mfa.Authenticator": Holding(
        "second factors",
        "until removed",
        "the colleague",
        told=("user", "type", "created_at", "last_used_at"),
        not_told={KEPT_SECRET: ("data",), HARMLESS: ("id",)},
    ),
    "account.EmailAddress": Holding(
        "kept by the sign-in",
        "with the account",
        "superusers",
        told=("user", "email"),
        not_told={HARMLESS: ("id", "verified", "primary")},
    ),
    "admin.LogEntry": Holding(
        "what colleagues changed at the desk",
        "`desk_changes`",
        "superusers",
        told=("user", "action_time", "object_repr", "change_message"),
        not_told={HARMLESS: ("id", "content_type", "object_id", "action_flag")},
    ),
    "onboarding.BulkJob": Holding(
        "what a colleague asked for many requests",
        "`bulk_jobs`; details and keys until it is done",
        "agents, supervisors, auditors",
        told=("action", "by", "detail", "created_at"),
        not_told={
            TIES: ("id", "key", "keys", "total", "done", "skipped", "failed"),
            WORK: (*LEASE, "started_at", "finished_at"),
        },
    ),
    "onboarding.Campaign": Holding(
        "whom a colleague had asked to agree again",
        "for good",
        ALL_STAFF,
        told=("text", "type", "manufacturer", "language", "agreed_before", "per_day", "by", "stage", "created_at"),
        not_told={TIES: ("id", "key", "gathered_to"), WORK: (*LEASE, "started_at", "ended_at")},
    ),
    "onboarding.WebhookEndpoint": Holding(
        "to write to when a system of the company takes nothing",
        "until it is taken away",
        "superusers",
        told=("contact",),
        not_told={
            OPENS: ("url", "secret", "previous_secret"),
            HARMLESS: (
                *("id", "key", "name", "kinds", "created_at", "previous_ends_at", "paused_at", "pause_reason"),
                *("failing_since", "removed_at"),
            ),
        },
    ),
    "onboarding.SavedView": Holding(
        "to come back to a list as one left it",
        "with the account",
        "the colleague",
        told=("user", "name", "query"),
        not_told={HARMLESS: ("id",)},
    ),
    "onboarding.ConsentText": Holding(
        "who published it",
        "for good",
        ALL_STAFF,
        told=("published_by", "published_at"),
        not_told={
            HARMLESS: (
                *("id", "language", "type", "manufacturer", "version", "accessed", "not_accessed", "purpose"),
                *("duration", "stopping", "complaints", "statement", "valid_days", "asks_again"),
            )
        },
    ),
}
