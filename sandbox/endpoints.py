"""The platform's endpoints, as its public reference documents them. Paths are in `urls`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from sandbox import accepting, answers, generations, paging, rules, tokens
from sandbox.entities import find_onboarded
from sandbox.intake import Problem, invalid, is_uuid, missing
from sandbox.lives import Standing
from sandbox.models import SandboxOffboarding, SandboxRequest, SandboxWeather, find_request, offerings
from sandbox.shapes import offboarding_json, request_json
from sandbox.tokens import Caller


class BadBody(Exception):
    """The body is not a JSON object."""


type Endpoint[**P] = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]
type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def open_call[**P](*methods: str) -> Callable[[View[P]], View[P]]:
    """Make a view an endpoint: away when the platform is, its methods only, errors as JSON."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def call(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if SandboxWeather.now().is_away:
                return answers.away()
            if request.method not in methods:
                return answers.not_allowed(methods)
            try:
                return view(request, *args, **kwargs)
            except BadBody:
                return answers.error(400, "InvalidBody", "The body must be a JSON object.")
            except paging.BadPage as bad:
                return answers.errors(400, [bad.problem])

        return call

    return decorate


def authenticated[**P](*methods: str) -> Callable[[Endpoint[P]], View[P]]:
    """Make a view an endpoint that needs a bearer token, and hand it the caller."""

    def decorate(view: Endpoint[P]) -> View[P]:
        @open_call(*methods)
        @wraps(view)
        def call(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            caller = find_caller(request)
            if caller is None:
                return answers.unauthorized("A valid bearer token is required.")
            return in_words_of(request, view(request, caller, *args, **kwargs))

        return call

    return decorate


def find_caller(request: HttpRequest) -> Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    since = SandboxWeather.now().tokens_valid_from
    return tokens.find_caller(token.strip(), timezone.now().timestamp(), since.timestamp() if since else 0.0)


def in_words_of(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Put an answer into the words of the generation that was called."""
    if isinstance(response, JsonResponse):
        response.content = json.dumps(generations.of(request).said(json.loads(response.content))).encode()
    return response


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Read the JSON object that was sent, in the sandbox's words. Raises: BadBody."""
    try:
        body = json.loads(request.body)
    except ValueError as problem:
        raise BadBody from problem
    if not isinstance(body, dict):
        raise BadBody
    return generations.of(request).heard(body)


@open_call("POST")
def authentication(request: HttpRequest) -> HttpResponse:
    body = body_of(request)
    client_id, client_secret = body.get("clientId"), body.get("clientSecret")
    problems = [missing(name) for name in ("clientId", "clientSecret") if not body.get(name)]
    if problems:
        return answers.errors(400, problems)
    if not tokens.has_good_credentials(str(client_id), str(client_secret)):
        return answers.unauthorized("The client id or the client secret is wrong.")
    token = tokens.issue(str(client_id), timezone.now().timestamp())
    return JsonResponse({"access_token": token, "expires_in": tokens.EXPIRES_IN, "token_type": "Bearer"})


@open_call("POST")
def access_token(request: HttpRequest) -> HttpResponse:
    """Give a token by OAuth 2, as the newer generation does: all four values come in the form."""
    form = request.POST
    if form.get("grant_type") != "client_credentials":
        return JsonResponse({"error": "unsupported_grant_type"}, status=400)
    if form.get("scope") != tokens.SCOPE:
        return JsonResponse({"error": "invalid_scope"}, status=400)
    if not tokens.has_good_credentials(form.get("client_id", ""), form.get("client_secret", "")):
        return JsonResponse({"error": "invalid_client"}, status=401)
    token = tokens.issue(form["client_id"], timezone.now().timestamp())
    granted = {"access_token": token, "expires_in": tokens.EXPIRES_IN, "token_type": "Bearer", "scope": tokens.SCOPE}
    return JsonResponse(granted)


@authenticated("GET")
def types(request: HttpRequest, caller: Caller) -> HttpResponse:
    return JsonResponse({"data": [row.as_json() for row in offerings()]})


@authenticated("GET", "POST")
def onboarding_entities(request: HttpRequest, caller: Caller) -> HttpResponse:
    if request.method == "POST":
        return accepting.accept(body_of(request), caller, timezone.now())
    asked = generations.of(request).asked(request.GET)
    return JsonResponse(paging.requests_json(asked, timezone.now(), "/v1/onboarding/entities"))


@authenticated("GET")
def onboarding_entity(request: HttpRequest, caller: Caller, request_id: str) -> HttpResponse:
    now = timezone.now()
    row = find_row(request_id)
    return JsonResponse(request_json(row, now)) if row else answers.not_found("onboarding request")


@authenticated("PATCH")
def cancel(request: HttpRequest, caller: Caller, request_id: str) -> HttpResponse:
    now = timezone.now()
    row = find_row(request_id)
    if row is None:
        return answers.not_found("onboarding request")
    status = row.progress(now).status
    if status != rules.PENDING:
        return answers.error(409, "NotPending", f"A request that is {status} cannot be canceled.")
    row.canceled_at = now
    row.save(update_fields=["canceled_at"])
    return JsonResponse(request_json(row, now))


@authenticated("POST")
def offboarding_entities(request: HttpRequest, caller: Caller) -> HttpResponse:
    now = timezone.now()
    problem = entity_problem(body_of(request).get("entityId"))
    if problem is not None:
        return answers.errors(400, [problem])
    entity_id = UUID(body_of(request)["entityId"])
    found = find_onboarded(entity_id, now)
    if found is None:
        return unknown_entity(entity_id, now)
    if found.row.offboardings.exists():
        return answers.error(409, "AlreadyOffboarded", "This entity is offboarded already.")
    if found.standing == Standing.GONE:
        return answers.not_found("entity")
    offboarding = found.row.offboardings.create(principal_id=caller.principal_id, created_at=now)
    return JsonResponse(offboarding_json(offboarding, now), status=201)


def unknown_entity(entity_id: UUID, now: datetime) -> HttpResponse:
    """Refuse to offboard what was never connected."""
    if SandboxRequest.objects.visible(now).filter(entity_id=entity_id).exists():
        return answers.error(409, "NotOnboarded", "This entity is not onboarded.")
    return answers.not_found("entity")


@authenticated("GET")
def offboarding_entity(request: HttpRequest, caller: Caller, offboarding_id: str) -> HttpResponse:
    found = SandboxOffboarding.objects.select_related("request")
    row = found.filter(pk=offboarding_id).first() if is_uuid(offboarding_id) else None
    return JsonResponse(offboarding_json(row, timezone.now())) if row else answers.not_found("offboarding")


def find_row(request_id: str) -> SandboxRequest | None:
    """Find a request by what stands in the path; what is no UUID is no request either."""
    return find_request(UUID(request_id), timezone.now()) if is_uuid(request_id) else None


def entity_problem(entity_id: object) -> Problem | None:
    if not entity_id:
        return missing("entityId")
    if not isinstance(entity_id, str) or not is_uuid(entity_id):
        return invalid("entityId", "must be a UUID.")
    return None
