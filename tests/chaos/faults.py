"""A transport to the sandbox that loses, delays and garbles calls, before and after the platform acted on them."""

import json
import os
import random
import time
from datetime import UTC, datetime, timedelta

import httpx
from django.conf import settings

from onboarding.platform_api.client import PAGE_SIZE
from sandbox.transport import SandboxTransport

# A list may miss what came into being this recently; the settle window of a storm is longer.
LIST_LAG = timedelta(seconds=0.7)
OTHERS = {"authentication": "TOKEN", "access_token": "TOKEN", "types": "TYPES"}
KINDS = ("refused", "cut before", "cut after", "slow", "429", "500", "html", "proxy", "expired token")


class FaultyTransport(httpx.BaseTransport):
    def __init__(self) -> None:
        self.sandbox = SandboxTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        note(request)
        if random.random() >= settings.CHAOS_FAULTS:
            return self.answer(request)
        kind = random.choice(KINDS)
        if response := before_the_platform(kind, request):
            return response
        self.sandbox.handle_request(request)
        return after_the_platform(kind, request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        response = forgetful(lagging(request, self.sandbox.handle_request(request)))
        if kind_of(request) == "POST":
            time.sleep(settings.CHAOS_HOLD)
        return response


def before_the_platform(kind: str, request: httpx.Request) -> httpx.Response | None:
    match kind:
        case "refused":
            raise httpx.ConnectError("refused", request=request)
        case "cut before":
            raise httpx.ReadError("cut before", request=request)
        case "429":
            return httpx.Response(429, headers={"Retry-After": "1"})
        case "500":
            return httpx.Response(500, json={"errors": [{"code": "Internal", "message": "on purpose"}]})
        case "expired token":
            return httpx.Response(401)
    return None


def after_the_platform(kind: str, request: httpx.Request) -> httpx.Response:
    match kind:
        case "slow":
            time.sleep(settings.REALTO_TIMEOUT_SECONDS)
            raise httpx.ReadTimeout("slow", request=request)
        case "html":
            return httpx.Response(200, html="<h1>Welcome to the hotel's network</h1>")
        case "proxy":
            return httpx.Response(502, html="<h1>Bad gateway</h1>")
    raise httpx.RemoteProtocolError("cut after", request=request)


def lagging(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Leave out of a list what is newer than the lag, for some of the lists."""
    if kind_of(request) not in {"LOOK", "LIST"} or random.random() >= settings.CHAOS_FAULTS:
        return response
    body = json.loads(response.content)
    newest = datetime.now(UTC) - LIST_LAG
    body["data"] = [item for item in body["data"] if datetime.fromisoformat(item["created"]) < newest]
    return httpx.Response(response.status_code, json=body)


def forgetful(response: httpx.Response) -> httpx.Response:
    """Leave out where the browsers of a maker are sent back to that needs no answer: its requests look the same."""
    if b"Huawei" not in response.content:
        return response
    body = json.loads(response.content)
    for item in body["data"] if isinstance(body.get("data"), list) else [body]:
        if "Huawei" in json.dumps(item):
            item.pop("returnUrl", None)
    return httpx.Response(response.status_code, json=body)


def kind_of(request: httpx.Request) -> str:
    """Name a call: TOKEN, TYPES, POST, LET-GO, GET, LOOK (the first page of a look-up), LIST (any other page), or SEE.

    The last is a look at what is connected.
    """
    last = request.url.path.rstrip("/").rpartition("/")[2]
    if last in OTHERS:
        return OTHERS[last]
    if "offboarding" in request.url.path or request.method == "PATCH":
        return "LET-GO"
    if request.method == "POST":
        return "POST"
    if "onboarding" not in request.url.path:
        return "SEE"
    if last != "entities":
        return "GET"
    page = request.url.params
    return "LOOK" if page.get("pageSize") == str(PAGE_SIZE) and "continuationToken" not in page else "LIST"


def note(request: httpx.Request) -> None:
    log = os.open(settings.CHAOS_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(log, f"{kind_of(request)}\n".encode())
    finally:
        os.close(log)
