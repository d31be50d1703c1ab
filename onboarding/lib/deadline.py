"""One deadline for a whole HTTP call: name look-up, connecting, TLS, sending, and the answer to its last byte.

httpx's own time-outs start anew with every byte, so an answer that drips never ends. Here each call runs on an event
loop of this process's own, where one deadline ends whatever is going on, and comes back as a finished answer within
bounds. What is told of a call that broke off is on the safe side: `ConnectTimeout` only if nothing of it can have left.
Knows neither Django nor settings.
"""

import asyncio
import concurrent.futures
import os
import socket
import threading
import zlib
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

# What a call may outlast its deadline by, should the loop itself be stuck.
GRACE_SECONDS = 5.0
# So much of an answer costs at least what its pieces cost: a body in single bytes is as large as one of these.
SMALLEST_PIECE_BYTES = 256
# So many calls of a client are under way at a time. Not for the pool to see to: one that is called off while it waits
# there, just as it is given a connection, would leave that taken for ever.
MOST_CALLS = 20
# Name look-ups cannot be called off; so many may hang at a time.
MOST_LOOKUPS = 32
UNPACKED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
WINDOWS = {
    "gzip": (zlib.MAX_WBITS | 16,),
    "x-gzip": (zlib.MAX_WBITS | 16,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}

_loops: dict[int, asyncio.AbstractEventLoop] = {}
_lock = threading.Lock()
_lookups = threading.BoundedSemaphore(MOST_LOOKUPS)


class ForbiddenAddress(httpx.ConnectError):
    """A name leads to a machine that is not to be called. Nothing was sent to it."""


class DeadlineTransport(httpx.BaseTransport):
    """Makes calls that end within `seconds`; use it in the process that made it.

    A body of more than `largest` bytes, as it comes or unpacked, or one that cannot be unpacked, is given as an empty
    one: then only the status counts. With `is_cut` its beginning is given, also of one that breaks off, and what broke
    it off stands in the answer's extension "trouble". `may_reach` tells of an IP address whether anything may be sent
    there; it is asked when a connection stands, whatever name led to it.
    """

    def __init__(
        self,
        *,
        seconds: float,
        largest: int,
        limits: httpx.Limits | None = None,
        verify: Any = True,
        is_cut: bool = False,
        may_reach: Callable[[str], bool] | None = None,
    ) -> None:
        self._seconds, self._largest, self._is_cut, self._may_reach = seconds, largest, is_cut, may_reach
        self._loop, self._room = running_loop(), asyncio.Semaphore(MOST_CALLS)
        self._http = httpx.AsyncClient(
            verify=verify,
            limits=limits or httpx.Limits(),
            timeout=None,  # noqa: S113  the deadline is
            follow_redirects=False,
            cookies=no_cookies(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make the call.

        Raises:
            httpx.ConnectTimeout: the deadline passed before anything was sent.
            httpx.ReadTimeout: it passed later, or nobody knows when.
            ForbiddenAddress: that machine is not to be called.
            httpx.HTTPError: what else went wrong.
        """
        call = _Call(request, self._largest, is_cut=self._is_cut, may_reach=self._may_reach)
        future = asyncio.run_coroutine_threadsafe(call.within(self._seconds, self._http, self._room), self._loop)
        try:
            return future.result(self._seconds + GRACE_SECONDS)
        except concurrent.futures.TimeoutError:
            future.cancel()
        raise httpx.ReadTimeout("The call could not be ended in time.", request=request)

    def close(self) -> None:
        closing = asyncio.run_coroutine_threadsafe(self._http.aclose(), self._loop)
        concurrent.futures.wait([closing], GRACE_SECONDS)


class _Call:
    """One call under way, on the loop."""

    def __init__(
        self, request: httpx.Request, largest: int, *, is_cut: bool, may_reach: Callable[[str], bool] | None
    ) -> None:
        request.headers["Accept-Encoding"] = "identity"
        request.extensions = {"trace": self._note}
        self.request, self.largest, self.is_cut, self.may_reach = request, largest, is_cut, may_reach
        self.may_have_left = False
        self.line: Any = None  # the connection, while only we know of it
        self.response: httpx.Response | None = None
        self.body = bytearray()
        self.is_too_long = False

    async def within(self, seconds: float, http: httpx.AsyncClient, room: asyncio.Semaphore) -> httpx.Response:
        try:
            async with asyncio.timeout(seconds), room:
                await self._exchange(http)
        except TimeoutError:
            if self.line and not self.may_have_left:  # called off within TLS, which leaves it open
                await self.line.aclose()
            kind = httpx.ReadTimeout if self.may_have_left else httpx.ConnectTimeout
            trouble: httpx.RequestError = kind(f"It took longer than {seconds:g} s.", request=self.request)
        except httpx.RequestError as error:
            trouble = error
        except (httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:  # what httpx lets through
            trouble = httpx.ReadError(type(error).__name__, request=self.request)
        else:
            return self._answer()
        if self.is_cut and self.response is not None:
            return self._answer(type(trouble).__name__)
        raise trouble

    async def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.line = told["return_value"]
            await self._check_address()
        # What httpcore does before it sends begins with "connection."; anything else may be sending.
        self.may_have_left = self.may_have_left or not event.startswith("connection.")

    async def _check_address(self) -> None:
        """Hang up, before anything is sent, when this is not a machine that may be called."""
        if self.may_reach is None:
            return
        address = (self.line.get_extra_info("server_addr") or ("",))[0]
        if not self.may_reach(str(address)):
            await self.line.aclose()
            raise ForbiddenAddress("This address is not called.", request=self.request)

    async def _exchange(self, http: httpx.AsyncClient) -> None:
        self.response = response = await http.send(self.request, stream=True)
        weight = 0
        try:
            async for piece in response.aiter_raw():
                self.body += piece[: self.largest - len(self.body)]
                weight += max(len(piece), SMALLEST_PIECE_BYTES)
                if weight > self.largest:
                    self.is_too_long = True
                    return
        finally:
            await response.aclose()

    def _answer(self, trouble: str = "") -> httpx.Response:
        response = self.response
        assert response is not None  # noqa: S101  who asks has seen to that
        body = bytes(self.body)
        if not self.is_cut:
            encoding = response.headers.get("content-encoding", "")
            body = b"" if self.is_too_long else unpack(body, encoding, self.largest)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in UNPACKED]
        return httpx.Response(response.status_code, headers=headers, content=body, extensions={"trouble": trouble})


def unpack(body: bytes, encoding: str, largest: int) -> bytes:
    """Undo a content encoding; b"" when that gives more than `largest` bytes, or nothing whole."""
    name = encoding.strip().lower()
    if not body or name in ("", "identity"):
        return body
    for window in WINDOWS.get(name, ()):
        unpacking = zlib.decompressobj(window)
        try:
            content = unpacking.decompress(body, largest + 1)
        except zlib.error:
            continue
        return content if unpacking.eof and len(content) <= largest else b""
    return b""


def no_cookies() -> CookieJar:
    """Return a jar that keeps nothing: who answers calls has no business to fill our memory and our headers."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of this process, started when first asked for.

    A forked process starts its own. It keeps what it inherited unclosed: both would close the same sockets.
    """
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _Loop()
            try:
                threading.Thread(target=loop.run_forever, name="calls", daemon=True).start()
            except RuntimeError:  # no thread can start
                loop.close()
                raise
            _loops[os.getpid()] = loop
        return loop


class _Loop(asyncio.SelectorEventLoop):
    """Looks names up on threads of their own: those of asyncio would hold up the end of the process while they hang."""

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        if not _lookups.acquire(blocking=False):
            raise socket.gaierror(socket.EAI_AGAIN, "Too many name look-ups hang.")
        found = self.create_future()
        try:
            threading.Thread(target=self._look_up, args=(found, host, port, options), daemon=True).start()
        except RuntimeError:
            _lookups.release()
            raise socket.gaierror(socket.EAI_AGAIN, "No thread can start that looks a name up.") from None
        return await found

    def _look_up(self, found: asyncio.Future[Any], host: Any, port: Any, options: dict[str, Any]) -> None:
        try:
            outcome: Any = socket.getaddrinfo(host, port, **options)
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to who asked
            outcome = error
        finally:
            _lookups.release()
        self.call_soon_threadsafe(_settle, found, outcome)


def _settle(found: asyncio.Future[Any], outcome: Any) -> None:
    if found.done():  # nobody waits any more
        return
    if isinstance(outcome, Exception):
        found.set_exception(outcome)
    else:
        found.set_result(outcome)


def _renew_lock() -> None:
    # A fork may happen while another thread holds the lock, which nobody in the child would ever release.
    global _lock, _lookups
    _lock, _lookups = threading.Lock(), threading.BoundedSemaphore(MOST_LOOKUPS)


os.register_at_fork(after_in_child=_renew_lock)
