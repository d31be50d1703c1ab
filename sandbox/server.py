"""The sandbox over real HTTP, on this machine only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

HOST = "127.0.0.1"


class SandboxHandler(WSGIHandler):
    """Serves the sandbox's own paths, whatever else this process serves."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        request.urlconf = "sandbox.site_urls"
        return super().get_response(request)


class QuietRequestHandler(WSGIRequestHandler):
    # Head and body leave in two pieces; the second shall not wait 40 ms for the client to confirm the first.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Keep identifiers in addresses out of the log."""


def serve(
    port: int = 0, *, connections_override: Mapping[str, BaseDatabaseWrapper] | None = None
) -> tuple[ThreadedWSGIServer, str]:
    """Bind a server and return it with its address; the caller runs `serve_forever()`, here or in a thread.

    Port 0 takes a free one. `connections_override` shares an in-memory test database with its threads.
    """
    server = ThreadedWSGIServer((HOST, port), QuietRequestHandler, connections_override=connections_override)
    server.set_app(StaticFilesHandler(SandboxHandler()))
    return server, f"http://{HOST}:{server.server_port}"
