"""Platforms that answer one thing only, as transports named by settings.SANDBOX_TRANSPORT."""

import json
from typing import Any
from uuid import uuid4

import httpx


class NothingOnOffer(httpx.BaseTransport):
    """Lets everybody in and offers nothing."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/authentication"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        return httpx.Response(200, json={"data": []})


class Killed(BaseException):
    """The worker's process ends here, as by SIGKILL: nothing after it runs."""


class ModelPlatform:
    """The simplest platform there can be: what it holds, and what happens to the next call."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.fault = ""
        self.let_go: list[str] = []  # entities that were offboarded

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/authentication"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        fault, self.fault = self.fault, ""
        self._before(fault, request)
        if refusal := self._refusal(fault):
            return refusal
        response = self._act(request)
        return self._after(fault, request, response)

    def _before(self, fault: str, request: httpx.Request) -> None:
        if fault == "refused":
            raise httpx.ConnectError(fault, request=request)
        if fault == "cut before":
            raise httpx.ReadError(fault, request=request)
        if fault == "killed before":
            raise Killed

    def _refusal(self, fault: str) -> httpx.Response | None:
        by_fault = {
            "429": httpx.Response(429, headers={"Retry-After": "7"}),
            "500": httpx.Response(500),
            "403": httpx.Response(403),
            "400 tenant": httpx.Response(400, json={"errors": {"tenantId": ["is unknown"]}}),
            "400 vin": httpx.Response(400, json={"errors": {"vin": ["is unknown"]}}),
            "400": httpx.Response(400, json={"errors": [{"code": "No", "message": "not today"}]}),
        }
        return by_fault.get(fault)

    def _after(self, fault: str, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if fault == "cut after":
            raise httpx.ReadTimeout(fault, request=request)
        if fault == "killed after":
            raise Killed
        return httpx.Response(502, html="<h1>Bad gateway</h1>") if fault == "html" else response

    def _act(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        if "offboarding" in request.url.path:
            return self._offboard(request)
        if last == "cancel":
            return httpx.Response(405)
        if request.method == "POST":
            body = json.loads(request.content)
            held: dict[str, Any] = {"id": str(uuid4()), "status": "Pending", "returnUrl": body["returnUrl"]}
            held["data"] = {"entity": {"id": str(uuid4())}}
            self.held[held["id"]] = held
            return httpx.Response(201, json=held)
        if last == "entities":
            return httpx.Response(200, json={"data": list(self.held.values())})
        return httpx.Response(200, json=self.held[last]) if last in self.held else httpx.Response(404)

    def _offboard(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"id": request.url.path.rpartition("/")[2], "status": "Succeeded"})
        entity = json.loads(request.content)["entityId"]
        held = next((held for held in self.held.values() if held["data"]["entity"]["id"] == entity), None)
        if held is None:
            return httpx.Response(404)
        if held["status"] != "Succeeded" or entity in self.let_go:
            return httpx.Response(409)
        self.let_go.append(entity)
        return httpx.Response(201, json={"id": str(uuid4()), "status": "Pending"})


MODEL = ModelPlatform()


class ModelTransport(httpx.BaseTransport):
    """Reaches whatever `MODEL` a test set up."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return MODEL.handle_request(request)
