"""What goes over the wire while a browser shows a page."""

from typing import Any

from playwright.sync_api import CDPSession


class Wire:
    """Counts the requests of a page that left the browser, and the bytes that came back, headers included."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes = 0
        self.sent: dict[str, str] = {}
        session.on("Network.requestWillBeSent", self._note_sent)
        session.on("Network.requestServedFromCache", self._forget)
        session.on("Network.responseReceived", self._note_received)
        session.on("Network.loadingFinished", self._note_finished)
        session.send("Network.enable")

    @property
    def urls(self) -> list[str]:
        return list(self.sent.values())

    def _note_sent(self, event: dict[str, Any]) -> None:
        url = str(event["request"]["url"])
        if not url.startswith("data:"):
            self.sent[event["requestId"]] = url

    def _note_received(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._forget(event)

    def _forget(self, event: dict[str, Any]) -> None:
        self.sent.pop(event["requestId"], None)

    def _note_finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
