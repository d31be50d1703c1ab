"""An httpx transport that reaches the sandbox without a socket.

It builds the Django request itself and calls the view: no handler, so no `request_finished` (which would
close the caller's database connection), and no change of the calling thread's urlconf.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO

import httpx
from django.core.handlers.wsgi import WSGIRequest

from sandbox import answers, gateway

HEADERS_WITHOUT_PREFIX = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class SandboxTransport(httpx.BaseTransport):
    """Answers as the sandbox does: ConnectError while it is away, ReadTimeout when it takes too long."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = gateway.call(django_request(request), request.url.path.lstrip("/"))
        if isinstance(response, answers.AwayResponse):
            raise httpx.ConnectError("The sandbox is away.", request=request)
        self._wait(request, answers.take_delay(response))
        headers = list(response.items())
        return httpx.Response(response.status_code, headers=headers, content=response.content)

    def _wait(self, request: httpx.Request, delay: float) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and delay > patience:
            self._sleep(patience)
            raise httpx.ReadTimeout("The sandbox took too long.", request=request)
        if delay:
            self._sleep(delay)


def django_request(request: httpx.Request) -> WSGIRequest:
    """Turn an httpx request into the Django request that a server would have made of it."""
    body = request.read()
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.url.path,
        "QUERY_STRING": request.url.query.decode("ascii"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": BytesIO(body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in HEADERS_WITHOUT_PREFIX else f"HTTP_{key}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    return WSGIRequest(environ)
