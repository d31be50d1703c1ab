"""WSGI entry point, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
application = get_wsgi_application()

from .checks import stop_on_problems  # noqa: E402  settings must be ready

stop_on_problems()
