"""ASGI entry point, for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
application = get_asgi_application()

from .checks import stop_on_problems  # noqa: E402  settings must be ready

stop_on_problems()
