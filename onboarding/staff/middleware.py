"""What stands before every page of the desk: a session whose time is not over, and a second factor."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from onboarding.portal.htmx import leave_for, wants_fragment

from . import fresh, mfa, sessions
from .desk import is_of_desk

# Where somebody may be who has proved no more than a password: to show a second factor, or to set one up.
TO_CONFIRM = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"})
TO_ENROL = frozenset(
    {"staff_enrol", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate", "account_logout"}
)


class DeskMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_of_desk(request):
            return self.get_response(request)
        if translation.get_language() not in settings.DESK_LANGUAGES:
            translation.activate(settings.LANGUAGE_CODE)
        key, had_factor = request.session.session_key, fresh.has_second_factor(request)
        response = self.before(request) or self.get_response(request)
        if not had_factor and request.session.session_key == key and fresh.has_second_factor(request):
            sessions.renew_key(request)  # whoever saw the key of a weaker session has none of this one
        patch_cache_control(response, no_store=True, private=True)
        return response

    def before(self, request: HttpRequest) -> HttpResponse | None:
        """Answer instead of the page, if this session may not see it."""
        if not request.user.is_authenticated:
            return None
        if sessions.is_over(request):
            return self.sign_in_again(request)
        if request.method == "POST" or not wants_fragment(request):  # type: ignore[arg-type]  # polls are nobody
            sessions.note_sign_of_life(request)
        return None

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Lead those who lack a second factor to one, where one is needed."""
        is_asked = is_of_desk(request) and request.user.is_authenticated and fresh.is_wanted()
        if not is_asked or fresh.has_second_factor(request):
            return None
        match = request.resolver_match
        name = match.url_name if match else ""
        if mfa.has_factor(request.user):
            return None if name in TO_CONFIRM else leave_for(request, self.to_confirm(request))
        return None if name in TO_ENROL else leave_for(request, reverse("staff_enrol"))

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        """Give pages that allauth answers with what those of the desk have; nothing to go to for those not in yet."""
        if is_of_desk(request) and response.context_data is not None and "site_header" not in response.context_data:
            response.context_data |= admin.site.each_context(request)
            is_in = not fresh.is_wanted() or fresh.has_second_factor(request)
            response.context_data["has_permission"] &= is_in
            response.context_data["sso_url"] = sso_url()
        return response

    def sign_in_again(self, request: HttpRequest) -> HttpResponse:
        sessions.end(request)
        messages.info(request, _("You were signed out: nothing happened for an hour, or twelve hours were over."))
        return leave_for(request, fresh.with_next(reverse("account_login"), fresh.page_of(request)))

    def to_confirm(self, request: HttpRequest) -> str:
        """Return where this person can show a second factor: by a code, else by a passkey."""
        methods = get_adapter().get_reauthentication_methods(request.user)
        url = next(method["url"] for method in methods if method["id"].startswith("mfa_reauthenticate"))
        return fresh.with_next(url, fresh.page_of(request))


def sso_url() -> str:
    """Return where one signs in at the company's own provider; empty without one."""
    return reverse("openid_connect_login", args=[settings.OIDC_PROVIDER_ID]) if settings.OIDC_SERVER_URL else ""
