"""How the portal logs: lines on the console, without what opens somebody's page, or looks like whose it is."""

import logging
import re
from typing import Any

from onboarding.lib.masks import mask_likely

# The rest of the address behind these opens a request, or a step of one.
SECRET = re.compile(r"(/(?:onboarding|continue|step|return)/)[\w:.~-]{16,}|([?&]k=)[\w:.~-]+")


class WithoutSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask_likely(SECRET.sub(lambda found: f"{found[1] or found[2]}…", record.getMessage()))
        record.args = ()
        return True


def config(level: str) -> dict[str, Any]:
    """Return the configuration of logging, at a level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "filters": {"without_secrets": {"()": "realto_portal.logs.WithoutSecrets"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_secrets"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # httpx writes every address at INFO; an address may carry an identifier.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
