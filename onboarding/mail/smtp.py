"""Sending mails over SMTP within one deadline, however slowly the server answers.

A time-out of `smtplib` is for one read: a server that sends a byte now and then is never too late. Here a timer ends
the connection as a whole: name look-ups aside, connecting, TLS, every command and every byte of an answer share it.
"""

import contextlib
import logging
import smtplib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

logger = logging.getLogger(__name__)

# The lease of a mail is twice as long: `mail.outbox.LEASE`.
DEADLINE_SECONDS = 60.0
# All answers of one connection together.
MOST_ANSWER_BYTES = 256 * 1024


class EmailBackend(smtp.EmailBackend):
    """Django's own, with an end. Raises what that does; OSError or SMTPException also when time is up."""

    def __init__(self, *, deadline: float = DEADLINE_SECONDS, **options: Any) -> None:
        super().__init__(**options)
        self.deadline = deadline

    @property
    def connection_class(self) -> Any:
        return _SecureSession if self.use_ssl else _Session

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with _ending_after(self.deadline):
            return int(super().send_messages(email_messages))

    def greet(self) -> None:
        """Connect, sign in and take leave, as for a mail. Raises what sending one does."""
        with _ending_after(self.deadline):
            try:
                self.open()
            finally:
                self.close()

    def _close_connection(self, connection: Any) -> None:
        """Say goodbye; how the server takes that changes nothing about what it took before."""
        try:
            super()._close_connection(connection)  # type: ignore[misc]
        except (smtplib.SMTPException, OSError, ValueError):
            logger.info("The mail server did not take its leave.", exc_info=True)
            connection.close()


class _Alarm:
    """Ends every connection that one thread makes while it lasts."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.handles: list[socket.socket] = []
        self.lock = threading.Lock()
        self.is_over = False

    def left(self) -> float:
        """Return how many seconds are left. Raises: TimeoutError when none are."""
        left = self.ends_at - time.monotonic()
        if left <= 0 or self.is_over:
            raise TimeoutError("the mail server took too long")
        return left

    def watch(self, connection: socket.socket) -> None:
        """Remember a connection by a handle of our own: TLS takes the first one over."""
        with self.lock:
            self.handles.append(connection.dup())
        self.left()

    def ring(self) -> None:
        with self.lock:
            self.is_over = True
            for handle in self.handles:
                with contextlib.suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self.lock:
            for handle in self.handles:
                handle.close()
            self.handles.clear()


_current = threading.local()


@contextlib.contextmanager
def _ending_after(seconds: float) -> Iterator[None]:
    alarm = _current.alarm = _Alarm(seconds)
    timer = threading.Timer(seconds, alarm.ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        alarm.close()
        _current.alarm = None


class _Session(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        """Connect to the first address that answers, all of them within the deadline."""
        alarm: _Alarm = _current.alarm
        trouble: OSError = ConnectionError("the mail server has no address")
        for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            try:
                alarm.watch(connection)
                connection.settimeout(min(timeout or alarm.left(), alarm.left()))
                connection.connect(address)
            except OSError as problem:
                trouble = problem
                connection.close()
            else:
                return connection
        raise trouble

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = _Answers(self.sock.makefile("rb"))
        return super().getreply()


class _SecureSession(smtplib.SMTP_SSL, _Session):
    """SMTP_SSL wraps what `_Session` connects."""


class _Answers:
    """What a server says, in whole lines and up to a limit for all of it."""

    def __init__(self, file: Any) -> None:
        self.file, self.left = file, MOST_ANSWER_BYTES

    def readline(self, size: int) -> bytes:
        line: bytes = self.file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise OSError("the mail server says too much")
        if line and not line.endswith(b"\n") and len(line) < size:  # "250" and no more would count as taken
            raise ConnectionError("the mail server broke off within a line")
        return line

    def close(self) -> None:
        self.file.close()
