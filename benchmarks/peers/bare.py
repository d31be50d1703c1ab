"""A Django site without a product: the portal's settings, packages and database, and one view of one word.

`BARE_IMPORTS` names a file with all modules that the portal imports and that are not its own, as JSON.
"""

import importlib
import json
import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def word(_http: HttpRequest) -> HttpResponse:
    """Answer with one word, once the database has answered, too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok")


urlpatterns = [path("healthz/", word)]
application = get_wsgi_application()
for name in json.loads(Path(os.environ["BARE_IMPORTS"]).read_text()):
    importlib.import_module(name)
