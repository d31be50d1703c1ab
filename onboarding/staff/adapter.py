"""What allauth asks of us about colleagues: who may come in, where they go then, and what it may tell."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from . import fresh, sign_in_limits
from .desk import is_desk_address

# One and the same for a wrong name, a wrong password, and somebody who is no colleague.
WRONG = _("This name and this password do not belong together, or are not a colleague's.")
PROVED = "desk_proved"  # what somebody's password was when they began to sign in, as a keyed hash
UNTOLD = {"account/messages/logged_in.txt"}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "enter_current_password": _("This is not your password."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many tries. Try again in a quarter of an hour."),
    }

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a name and a password; the hash is worked out for every name, so all answers take as long."""
        name = str(credentials.get("username", ""))
        sign_in_limits.check(request, name)
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is None or not self.is_colleague(user) or is_demo(credentials.get("password")):
            sign_in_limits.failed(request, name, how="password")
            return None
        sign_in_limits.passed(request, name)
        return user

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse | None:
        """Keep out who proved who they are and is no colleague, or came round the provider that decides on them."""
        if not self.is_colleague(user) or comes_round_provider(request, user):
            return self.respond_user_inactive(request, user)
        request.session[PROVED] = user.get_session_auth_hash()
        answer: HttpResponse | None = super().pre_login(request, user, **more)
        return answer

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Finish what began with the password of then, unless it was changed or the account closed meanwhile.

        Raises: ImmediateHttpResponse that leads back to the sign-in page.
        """
        proved = request.session.pop(PROVED, "")
        if not self.is_colleague(user) or not constant_time_compare(proved, user.get_session_auth_hash()):
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        sign_in_limits.failed(request, user.get_username(), how=str(_("no colleague")))
        request.session.flush()
        self.add_message(request, messages.ERROR, message=str(WRONG))
        return redirect("account_login")

    def is_colleague(self, user: AbstractBaseUser) -> bool:
        return bool(user.is_active and getattr(user, "is_staff", False))

    def is_safe_url(self, url: str) -> bool:
        """Let nobody be sent away from the desk by an address."""
        parts = urlsplit(url)
        path = not (parts.scheme or parts.netloc) and is_desk_address(parts.path)
        return path and super().is_safe_url(url)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        return fresh.is_wanted() and not fresh.is_fresh(self.request)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Offer the password and the second factor; somebody who comes by a provider goes there again."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods or not settings.OIDC_SERVER_URL:
            return methods
        url = reverse("openid_connect_login", args=[settings.OIDC_PROVIDER_ID])
        return [{"id": "provider", "description": _("Sign in at your company again"), "url": url}]

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any
    ) -> None:
        if message_template not in UNTOLD:
            super().add_message(request, level, message_template, *args, **more)

    def send_mail(self, *_args: Any, **_more: Any) -> None:
        """Send none: mails go out by the worker only."""


def is_demo(password: object) -> bool:
    """Tell whether this is the password that the README tells to everybody, where it must open nothing."""
    return password == settings.DEMO_PASSWORD and not (settings.LOCAL and settings.USES_EMBEDDED_SANDBOX)


def comes_round_provider(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Tell whether somebody whom the company's provider lets in or puts out did not come by it just now.

    A passkey, or a password that an administrator set, would open the desk long after the provider closed it.
    """
    if not apps.is_installed("allauth.socialaccount"):
        return False
    from allauth.socialaccount.models import SocialAccount  # there is none without a provider

    is_theirs = SocialAccount.objects.filter(user_id=user.pk).exists()
    return is_theirs and not fresh.came_by_provider(request, user)
