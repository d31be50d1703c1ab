"""What stands before a view."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from onboarding.htmx import HtmxHttpRequest

View = Callable[[HtmxHttpRequest], HttpResponse]


def own_pages_or_token(view: View) -> View:
    """Protect against forged forms without a cookie, which a page that only shows something must not set.

    Browsers say from where a form comes; one of our own pages needs no token. Without that word, a token it is.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def guarded(http: HtmxHttpRequest) -> HttpResponse:
        own = {f"{http.scheme}://{http.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
        return view(http) if http.headers.get("Origin") in own else protected(http)

    return csrf_exempt(guarded)
