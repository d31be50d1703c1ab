"""A platform that means us no good: a real server on this machine that does with a connection whatever a test says."""

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

type Behaviour = Callable[[socket.socket, threading.Event], None]

LONGEST_SECONDS = 20.0
TOKEN = b'{"access_token": "header.payload.signature", "expires_in": 3599}'
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"


def whole(body: bytes, *, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n" + more
    return head + b"\r\n" + body


def say(content: bytes) -> Behaviour:
    """Send it and hang up, as its head says: the next call would be sent on a line about to close otherwise."""
    told = content.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    return lambda line, _end: line.sendall(told)


def tell(content: Any) -> Behaviour:
    return say(whole(json.dumps(content).encode()))


def then_silence(content: bytes) -> Behaviour:
    def behave(line: socket.socket, end: threading.Event) -> None:
        line.sendall(content)
        end.wait(LONGEST_SECONDS)

    return behave


def again_and_again(first: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    def behave(line: socket.socket, end: threading.Event) -> None:
        line.sendall(first)
        ends_at = time.monotonic() + LONGEST_SECONDS
        while not end.wait(pause) and time.monotonic() < ends_at:
            line.sendall(piece)

    return behave


def bomb(gigabytes: int) -> bytes:
    """Pack so many gigabytes of zeros: a thousandth of them, as gzip members that are one stream."""
    ten = gzip.compress(b"\0" * 10_000_000, 9)
    return ten * (100 * gigabytes)


class HostilePlatform:
    """Gives tokens, unless `is_hostile_from_the_start`, and behaves as told for any other call."""

    def __init__(
        self, behave: Behaviour, *, tls: ssl.SSLContext | None = None, is_hostile_from_the_start: bool = False
    ) -> None:
        self.behave, self.tls, self.is_hostile_from_the_start = behave, tls, is_hostile_from_the_start
        self.calls: list[str] = []  # method and path
        self.end = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/api"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _address = self.listener.accept()
                threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def serve(self, line: socket.socket) -> None:
        with suppress(OSError), line, self.tls.wrap_socket(line, server_side=True) if self.tls else line as line:
            while head := read_call(line):
                self.calls.append(head)
                if head.endswith("/authentication") and not self.is_hostile_from_the_start:
                    line.sendall(whole(TOKEN))
                else:
                    self.behave(line, self.end)
                    return


def read_call(line: socket.socket) -> str:
    """Read one call to its end and return its method and path, or "" when the caller hung up."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = line.recv(65536)
        if not piece:
            return ""
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [part for part in head.lower().split(b"\r\n") if part.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(line.recv(65536))
    return " ".join(head.decode("latin-1").split(" ")[:2])


@contextmanager
def hostile(behave: Behaviour, **more: Any) -> Iterator[HostilePlatform]:
    platform = HostilePlatform(behave, **more)
    threading.Thread(target=platform.accept, daemon=True).start()
    try:
        yield platform
    finally:
        platform.end.set()
        with suppress(OSError):
            platform.listener.shutdown(socket.SHUT_RDWR)
        platform.listener.close()
