"""Reports to others, by setting only: errors to Sentry, traces by OpenTelemetry. Their packages are extras.

What needs such a package stands in a module of its own, which is imported only where both are there.
"""

import logging
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

logger = logging.getLogger(__name__)

# By setting: the package that it needs, and our module that uses it.
REPORTERS = {
    "SENTRY_DSN": ("sentry_sdk", "realto_portal.sentry"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("opentelemetry.sdk", "realto_portal.traces"),
}


def start() -> None:
    """Start what is set and installed, in this process."""
    for name, (package, module) in REPORTERS.items():
        if getattr(settings, name) and is_installed(package):
            import_module(module).start(getattr(settings, name))
    for sentence in missing():
        logger.warning(sentence)


def missing() -> Iterator[str]:
    """Say which settings have no effect because a package is not installed."""
    for name, (package, _module) in REPORTERS.items():
        if getattr(settings, name) and not is_installed(package):
            yield (
                f"{name} has no effect: the package {package} is not installed. "
                "Run pip install --require-hashes -r requirements-observability.lock, or remove it."
            )


def is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of the package around it
        return False
