"""Errors to Sentry: what kind, where in our code, and the id of the web request by which our own logs know more.

An event is put together anew from what is listed here: no text of an error and no argument of a log line, which may
quote a person; no values of variables, no request, no user, no machine. Nothing of Sentry's is put around the code.
"""

import logging
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.logging import LoggingIntegration

from onboarding.lib import log_context

KEPT = ("event_id", "timestamp", "level", "logger", "platform", "sdk")
OF_FRAME = ("filename", "function", "module", "lineno", "in_app", "context_line")


def start(dsn: str, **more: Any) -> None:
    """Report what is logged at ERROR. Django logs what a view fails with, workers what a job does."""
    sentry_sdk.init(
        dsn=dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None)],
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=only_what_is_listed,
        before_breadcrumb=lambda _crumb, _hint: None,
        **more,
    )


def only_what_is_listed(event: Any, hint: dict[str, Any]) -> Any:
    """Return an event with nothing of a person in it."""
    record: logging.LogRecord | None = hint.get("log_record")
    kept = {name: event[name] for name in KEPT if name in event}
    kept["environment"] = "production" if settings.IS_PRODUCTION else "local"
    kept["tags"] = {"request_id": log_context.current().request_id or "none"}
    if record:
        kept["logentry"] = {"message": getattr(record, "template", record.msg)}
    if "exception" in event:
        kept["exception"] = {"values": [_without_words(value) for value in event["exception"]["values"]]}
    return kept


def _without_words(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or []
    told = [{name: frame[name] for name in OF_FRAME if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": told}}
