"""An energy company's system that hears webhooks: a real server on this machine, whose answers a test decides."""

import threading
import time
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from onboarding.models import WebhookEndpoint
from onboarding.webhooks import endpoints

Answer = Callable[[BaseHTTPRequestHandler], None]

LONGEST_SECONDS = 30.0
# Nobody listens there.
NOWHERE = "http://127.0.0.1:1/"


def endpoint(url: str = NOWHERE, **columns: Any) -> WebhookEndpoint:
    """Let an address be told from now on, of everything unless `kinds` says otherwise."""
    row = WebhookEndpoint.objects.create(**{"name": "CRM", "url": url} | columns)
    endpoints.forget()
    return row


def answer(status: int, text: str = "", **headers: str) -> Answer:
    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(text)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return give


class Receiver(ThreadingHTTPServer):
    """Answers as `answers` says, one after the other, then 204; keeps what it got."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.always: Answer = answer(204)
        self.got: list[tuple[Message, bytes]] = []
        self.is_closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks"

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        self.is_closing.wait(LONGEST_SECONDS)

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """Send a header line that hardly ends, a byte at a time: no pause is as long as a time-out per read."""
        ends_at = time.monotonic() + LONGEST_SECONDS
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.is_closing.wait(0.05) and time.monotonic() < ends_at:
            handler.wfile.write(b"x")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a caller hung up."""

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_closing.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers, body))
        reply = self.server.answers.pop(0) if self.server.answers else self.server.always
        reply(self)

    def log_message(self, format: str, *args: object) -> None:
        pass
