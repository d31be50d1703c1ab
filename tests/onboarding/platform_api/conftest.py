"""A platform that answers by a script, and a clock that only moves when told."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from onboarding.platform_api.auth import Credentials
from onboarding.platform_api.client import Client

SECRET = "s3cret-of-the-portal"
TOKEN = "header.payload.signature"
VIN = "WA1DMAFE0D0000000"
AUTHENTICATION = "/api/v1/authentication"

type Step = httpx.Response | type[httpx.RequestError]


class Platform:
    """Gives the scripted answers in turn, the last one for ever; tokens by a script of their own."""

    def __init__(self) -> None:
        self.answers: list[Step] = [httpx.Response(200, json={"id": "1", "status": "Pending"})]
        self.tokens: list[Step] = [httpx.Response(200, json={"access_token": TOKEN, "expires_in": 3599})]
        self.calls: list[httpx.Request] = []
        self.token_calls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        is_token = request.url.path == AUTHENTICATION
        calls, script = (self.token_calls, self.tokens) if is_token else (self.calls, self.answers)
        step = script[min(len(calls), len(script) - 1)]
        calls.append(request)
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        raise step("as scripted", request=request)

    def will_answer(self, *steps: Step) -> None:
        self.answers = list(steps)

    def will_give_tokens(self, *steps: Step) -> None:
        self.tokens = list(steps)


class Time:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """Make an answer; `retry_after="2"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, (bytes, str)):
        return httpx.Response(status, content=body, headers=named)
    return httpx.Response(status, json=body, headers=named)


UNREADABLE: list[bytes] = [
    b"",
    b"<html><body>Maintenance</body></html>",
    b"\xff\xfe\x00",
    b"{",
    b"null",
    b"[]",
    b"[1]",
    b'"text"',
    b"17",
    b"{}",
    b'{"id": null}',
    b'{"id": ""}',
    b'{"id": true}',
    b'{"id": {"id": "1"}}',
    b"[" * 200_000,
    b"9" * 5_000,
    b'{"id": "1", "x": "' + b"x" * 5_000_000 + b'"}',
]


def create(client: Client, **changes: Any) -> Any:
    asked: dict[str, Any] = {"type": "EV", "manufacturer": "Audi", "attributes": {"vin": VIN}}
    return client.create_onboarding(**(asked | changes))


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def request_json(number: int, kind: str = "EV", maker: str = "Audi") -> dict[str, Any]:
    information = {"type": kind, "manufacturer": maker, "vin": VIN}
    return {"id": str(number), "status": "Pending", "data": {"entity": {"information": information}}}


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(platform: Platform, time: Time) -> Iterator[Client]:
    http = httpx.Client(base_url="https://platform.test/api", transport=httpx.MockTransport(platform))
    client = Client(
        http,
        Credentials("portal", SECRET),
        types_path="/v1/onboarding/types",
        clock=time,
        sleep=time.sleep,
        random=lambda: 1.0,
    )
    yield client
    client.close()
