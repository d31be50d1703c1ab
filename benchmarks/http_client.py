"""A browser's side of HTTP/1.1 that costs next to nothing, as it shares two cores with what it measures.

Requests go over connections that stay open, as a reverse proxy keeps them towards gunicorn for all its browsers.
"""

import asyncio
import gzip
import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

CONNECTIONS = 64
PATIENCE_SECONDS = 30.0
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r]*)", re.IGNORECASE)


class Failed(Exception):
    """No whole answer came."""


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def text(self) -> str:
        is_packed = b"\r\ncontent-encoding: gzip" in self.head.lower()
        return (gzip.decompress(self.body) if is_packed else self.body).decode()

    @property
    def location(self) -> str:
        found = LOCATION.search(self.head)
        return found[1].decode() if found else ""

    @property
    def cookies(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in COOKIE.findall(self.head)}


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_used: bool = False

    async def ask(self, request: bytes) -> Answer:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        self.is_used = True
        return Answer(int(head[9:12]), head, body)

    @property
    def is_open(self) -> bool:
        return not (self.reader.at_eof() or self.writer.is_closing())


@dataclass
class Lines:
    """The connections to one server: at most so many, taken up again as they become free."""

    url: str
    free: list[Line] = field(default_factory=list)
    opened: int = 0

    def __post_init__(self) -> None:
        self.host, self.port = self.url.removeprefix("http://").split(":")
        self.room = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, request: bytes) -> Answer:
        """Send a request. Raises: Failed."""
        async with self.room:
            try:
                return await asyncio.wait_for(self._ask(request), PATIENCE_SECONDS)
            except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as problem:
                raise Failed(type(problem).__name__) from problem

    async def _ask(self, request: bytes) -> Answer:
        """Use a line that is open, and another one if the server hung that up meanwhile, as proxies do."""
        line = await self._line()
        try:
            answer = await line.ask(request)
        except (OSError, EOFError):
            if not line.is_used:
                raise
            line = await self._new()
            answer = await line.ask(request)
        self._put_back(line, answer)
        return answer

    async def _line(self) -> Line:
        while self.free:
            if (line := self.free.pop()).is_open:
                return line
            line.writer.close()
        return await self._new()

    async def _new(self) -> Line:
        self.opened += 1
        return Line(*await asyncio.open_connection(self.host, int(self.port)))

    def _put_back(self, line: Line, answer: Answer) -> None:
        if b"\r\nconnection: close" in answer.head.lower():
            line.writer.close()
        else:
            self.free.append(line)

    async def close(self) -> None:
        for line in self.free:
            line.writer.close()
            with suppress(OSError):
                await line.writer.wait_closed()


class Browser:
    """Somebody at home, with a cookie jar."""

    def __init__(self, lines: Lines, number: int, cookies: dict[str, str] | None = None) -> None:
        self.lines, self.cookies, self.path = lines, cookies or {}, "/"
        self.address = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        self.requests = 0

    async def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page, and follow where it leads."""
        answer = await self.send("GET", path, **headers)
        while answer.location:
            answer = await self.send("GET", answer.location, **headers)
        return answer

    async def post(self, path: str, answers: dict[str, str]) -> Answer:
        """Send a form, and follow where that leads."""
        answer = await self.send("POST", path, urlencode(answers))
        return await self.get(answer.location) if answer.location else answer

    async def send(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        headers |= {
            "Accept-Encoding": "gzip",
            "Host": self.lines.url.removeprefix("http://"),
            "X-Forwarded-For": self.address,
        }
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        answer = await self.lines.ask(f"{method} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode())
        self.requests, self.path = self.requests + 1, path
        self.cookies |= answer.cookies
        return answer
