"""The bounds on an answer, and what a real network does, on loopback."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from onboarding.platform_api.errors import PlatformUnavailable
from onboarding.platform_api.exchange import LARGEST_BODY_BYTES, Exchange
from onboarding.platform_api.trace import Reply
from onboarding.platform_api.wire import Call

from .conftest import Time, answer

CREATE = Call("POST", "/v1/onboarding/entities", body={"type": "EV"})


class Trickle(httpx.SyncByteStream):
    """A body that comes in pieces, with a pause before each."""

    def __init__(self, time: Time, pause: float, piece: bytes, count: int) -> None:
        self.time, self.pause, self.piece, self.count = time, pause, piece, count
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.count):
            self.time.sleep(self.pause)
            self.sent += 1
            yield self.piece


def exchange_over(handler: Callable[[httpx.Request], httpx.Response], time: Time) -> object:
    with httpx.Client(base_url="https://platform.test/api", transport=httpx.MockTransport(handler)) as http:
        return Exchange(http, time)(CREATE)


class TestBounds:
    def test_stop_a_body_without_end(self, time: Time) -> None:
        body = Trickle(time, 0.0, b"x" * 100_000, 1_000)

        with pytest.raises(PlatformUnavailable) as caught:
            exchange_over(lambda _: httpx.Response(201, stream=body), time)

        assert caught.value.may_have_taken_effect
        assert body.sent <= LARGEST_BODY_BYTES / 100_000 + 1

    def test_stop_a_body_that_only_trickles(self, time: Time) -> None:
        body = Trickle(time, 9.0, b" ", 1_000)

        with pytest.raises(PlatformUnavailable) as caught:
            exchange_over(lambda _: httpx.Response(201, stream=body), time)

        assert caught.value.may_have_taken_effect
        assert body.sent < 10

    def test_leave_a_slow_but_bearable_body_alone(self, time: Time) -> None:
        body = Trickle(time, 2.0, b"1", 5)

        assert exchange_over(lambda _: httpx.Response(201, stream=body), time) == Reply(11111)

    def test_hold_for_a_body_that_is_not_what_its_encoding_says(self, time: Time) -> None:
        with pytest.raises(PlatformUnavailable) as caught:
            exchange_over(lambda _: broken_gzip(), time)

        assert caught.value.may_have_taken_effect

    def test_keep_the_query_of_a_path(self, time: Time) -> None:
        asked: list[httpx.Request] = []

        def handler(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return answer(200, [])

        with httpx.Client(base_url="https://platform.test/api", transport=httpx.MockTransport(handler)) as http:
            Exchange(http, time)(Call("GET", "/v1/types?kind=entity"))
            Exchange(http, time)(Call("GET", "/v1/types?kind=entity", params={"continuationToken": "a"}))

        assert [request.url.query for request in asked] == [
            b"kind=entity",
            b"kind=entity&continuationToken=a",
        ]


def broken_gzip() -> httpx.Response:
    stream = httpx.ByteStream(b"not gzip")
    return httpx.Response(201, headers={"content-encoding": "gzip"}, stream=stream)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept one connection on loopback and do as told with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join(timeout=5)


def cut(connection: socket.socket) -> None:
    connection.recv(65536)


def cut_in_the_body(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id": ')


def stay_silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def speak_nonsense(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


class TestNetwork:
    def attempt(self, url: str) -> PlatformUnavailable:
        with httpx.Client(base_url=url, timeout=0.3, trust_env=False) as http:
            with pytest.raises(PlatformUnavailable) as caught:
                Exchange(http, Time())(CREATE)
            return caught.value

    @pytest.mark.parametrize("behave", [cut, cut_in_the_body, stay_silent, speak_nonsense])
    def test_leaves_it_open_whether_a_lost_answer_was_a_yes(self, behave: Callable[[socket.socket], None]) -> None:
        with server(behave) as url:
            assert self.attempt(url).may_have_taken_effect

    def test_knows_that_a_refused_connection_had_no_effect(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

        assert not self.attempt(f"http://127.0.0.1:{port}").may_have_taken_effect
