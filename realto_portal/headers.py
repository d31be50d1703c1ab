"""The one place that puts protecting headers on answers: pages, files, errors, redirects, downloads."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.csp import CSP, build_policy

EMBEDDED = "onboarding"


class HeadersMiddleware:
    """Completes every answer, before any middleware that answers: also what comes before Django's own are asked.

    Those are files, and what fails in a middleware, such as a host that is not ours. What an answer says itself stays.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        own = (SecurityMiddleware, ContentSecurityPolicyMiddleware, XFrameOptionsMiddleware)
        self.completing = [middleware(get_response) for middleware in own]
        self.usual_policy, self.usual_header = settings.SECURE_CSP, build_policy(settings.SECURE_CSP)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_embedded = settings.FRAME_ANCESTORS and _is_for_customers(request)
        if response.headers.get("Content-Type", "").startswith("image/"):
            _set_policy(response, settings.PICTURE_CSP)
        if is_embedded:
            policy = getattr(response, "_csp_config", settings.SECURE_CSP)
            _set_policy(response, policy | {"frame-ancestors": [CSP.SELF, *settings.FRAME_ANCESTORS]})
        elif settings.SECURE_CSP is self.usual_policy and not hasattr(response, "_csp_config"):
            response.headers.setdefault("Content-Security-Policy", self.usual_header)  # put together once
        for middleware in self.completing:
            middleware.process_response(request, response)
        if is_embedded:
            del response["X-Frame-Options"]  # it cannot name an origin; `frame-ancestors` can
        for name, value in settings.RESPONSE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _is_for_customers(request: HttpRequest) -> bool:
    """Tell whether a company may show the answer within its own page. The desk is shown in nobody's."""
    match = request.resolver_match
    return bool(match and match.app_name == EMBEDDED)


def _set_policy(response: HttpResponse, policy: Mapping[str, Any]) -> None:
    response.headers.setdefault("Content-Security-Policy", build_policy(policy))
