"""A mail server on this machine that takes its time: real sockets, and a way of behaving for each test."""

import socket
import threading
from collections.abc import Callable

Behaviour = Callable[["Session"], None]


class Session:
    """One connection, and what a server does with it."""

    def __init__(self, connection: socket.socket, server: "MailServer") -> None:
        self.connection, self.server = connection, server
        self.file = connection.makefile("rb")

    def say(self, line: str) -> None:
        self.connection.sendall(f"{line}\r\n".encode())

    def hear(self) -> str:
        return self.file.readline().decode().strip()

    def drip(self, line: str, *, pause: float = 0.02) -> None:
        """Say a line so slowly that it never ends, with no pause as long as a time-out per read."""
        for letter in line * 1000:
            self.connection.sendall(letter.encode())
            if self.server.is_closing.wait(pause):
                return

    def take_mail(self) -> None:
        """Take one mail up to its end, without the answer to it."""
        self.say("220 ready")
        while not self.hear().upper().startswith("DATA"):
            self.say("250 fine")
        self.say("354 go on")
        while (line := self.hear()) != ".":
            self.server.lines.append(line)


class MailServer:
    def __init__(self, behaviour: Behaviour, *, port: int = 0) -> None:
        self.behaviour = behaviour
        self.lines: list[str] = []
        self.is_closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_closing.set()
        self.listener.close()

    def _serve(self) -> None:
        while not self.is_closing.is_set():
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.behaviour(Session(connection, self))
            except OSError:
                return


def silent(session: Session) -> None:
    session.server.is_closing.wait(30)


def drips_greeting(session: Session) -> None:
    session.drip("220-welcome ")


def never_ends_greeting(session: Session) -> None:
    while not session.server.is_closing.is_set():
        session.say("220-" + "welcome " * 60)


def drips_after_hello(session: Session) -> None:
    session.say("220 ready")
    session.hear()
    session.drip("250-SIZE ")


def drips_after_mail(session: Session) -> None:
    session.take_mail()
    session.drip("250-")


def drips_goodbye(session: Session) -> None:
    session.take_mail()
    session.say("250 taken")
    session.hear()
    session.drip("221-")


def rude_goodbye(session: Session) -> None:
    session.take_mail()
    session.say("250 taken")
    session.hear()
    session.say("x" * 20_000)


def stops_reading(session: Session) -> None:
    session.say("220 ready")
    while not session.hear().upper().startswith("DATA"):
        session.say("250 fine")
    session.say("354 go on")
    session.server.is_closing.wait(30)


def polite(session: Session) -> None:
    session.take_mail()
    session.say("250 taken")
    session.hear()
    session.say("221 bye")


DRIPPING: dict[str, Behaviour] = {
    "says nothing": silent,
    "drips its greeting": drips_greeting,
    "drips its answers": drips_after_hello,
    "drips its last word about the mail": drips_after_mail,
    "stops reading": stops_reading,
}
