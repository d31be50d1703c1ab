"""What an examination brings to light: sentences, and none of our secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

SECRETS = (
    *(
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "DATA_KEYS",
        "INDEX_KEY",
        "REALTO_CLIENT_SECRET",
        "OIDC_CLIENT_SECRET",
        "METRICS_TOKEN",
        "SENTRY_DSN",
    ),
    *("PUSH_KEY", "EMAIL_URL", "RATE_LIMIT_STORAGE"),
)
# What is shorter could be a part of any word.
SHORTEST_SECRET = 6


@dataclass(frozen=True)
class Finding:
    """One sentence or two about a part; `is_trouble` when something must be mended."""

    part: str
    sentence: str
    is_trouble: bool = False

    def __str__(self) -> str:
        return f"{'MEND' if self.is_trouble else 'ok':5}{self.part}: {without_secrets(self.sentence)}"


def well(part: str, sentence: str) -> Finding:
    return Finding(part, sentence)


def trouble(part: str, sentence: str) -> Finding:
    return Finding(part, sentence, is_trouble=True)


def kind_of(problem: BaseException) -> str:
    """Name what went wrong: never in its own words, which may quote an address with a password in it."""
    return type(problem).__name__


def without_secrets(text: str) -> str:
    """Cut our secrets out, should one ever get into a sentence."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _secrets() -> Iterator[str]:
    mailer: dict[str, Any] = dict(settings.MAILERS["default"])
    values = [getattr(settings, name) for name in SECRETS]
    values += [settings.DATABASES["default"].get("PASSWORD"), mailer.get("OPTIONS", {}).get("password")]
    for value in values:
        for secret in [value] if isinstance(value, str) else value or ():
            if len(secret) >= SHORTEST_SECRET:
                yield secret
