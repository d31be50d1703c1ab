"""How the portal logs: lines or JSON on the console, without what opens somebody's page, or looks like whose it is.

Times are UTC and say so: Django moves a process to the portal's time zone once it has read the settings, and gunicorn's
first lines come before that.
"""

import json
import logging
import re
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from onboarding.lib import log_context
from onboarding.lib.masks import mask_likely

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

FORMATS = ("line", "json")
# The rest of the address behind these opens a request, or a step of one.
SECRET = re.compile(r"(/(?:onboarding|continue|step|return)/)[\w:.~-]{16,}|([?&]k=)[\w:.~-]+")


def without_secrets(text: str) -> str:
    return mask_likely(SECRET.sub(lambda found: f"{found[1] or found[2]}…", text))


class WithoutSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "template"):  # another handler was here before
            record.template = record.msg  # without what is put into it
        record.msg = without_secrets(record.getMessage())
        record.args = ()
        return True


class LineFormatter(logging.Formatter):
    """One line for people: when, how bad, where, what, and whom it is about."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  theirs
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  theirs
        about = log_context.current()
        known = " ".join(filter(None, (about.support_code, about.request_id)))
        return super().formatMessage(record) + (f" [{known}]" if known else "")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  theirs
        return without_secrets(super().formatException(ei))


class JsonFormatter(LineFormatter):
    """The same as one JSON object to a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        about = log_context.current()
        told = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "support_code": about.support_code,
            "request_id": about.request_id,
            "exception": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)


def config(level: str, form: str = "line") -> dict[str, Any]:
    """Return the configuration of logging, at a level, in one of `FORMATS`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "realto_portal.logs.LineFormatter"},
            "json": {"()": "realto_portal.logs.JsonFormatter"},
        },
        "filters": {"without_secrets": {"()": "realto_portal.logs.WithoutSecrets"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["without_secrets"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Its own handler would write in a form of its own.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
            # httpx writes every address at INFO; an address may carry an identifier.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
