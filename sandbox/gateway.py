"""The way into the platform, shared by the in-process transport and the real server."""

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from sandbox import answers

URLCONF = "sandbox.urls"


def call(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one call to a path of the platform's. Leaves the calling thread's urlconf alone."""
    try:
        match = resolve(f"/{path}", urlconf=URLCONF)
    except Resolver404:
        return answers.not_found("path")
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


@csrf_exempt
def over_http(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one call of a real client, as late as it should be."""
    response = call(request, path)
    time.sleep(min(answers.take_delay(response), settings.SANDBOX_LONGEST_WAIT))
    return response
