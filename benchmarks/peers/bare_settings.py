"""The portal's settings without the portal: of applications and middleware only those of its packages are left."""

from realto_portal.settings import *  # noqa: F403

OURS = ("realto_portal", "onboarding", "sandbox")


def _others(names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith(OURS)]


INSTALLED_APPS = _others(INSTALLED_APPS)  # noqa: F405
MIDDLEWARE = _others(MIDDLEWARE)  # noqa: F405
TEMPLATES[0]["OPTIONS"]["context_processors"] = _others(TEMPLATES[0]["OPTIONS"]["context_processors"])  # noqa: F405
ROOT_URLCONF = "benchmarks.peers.bare"
