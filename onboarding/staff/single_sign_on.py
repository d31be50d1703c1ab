"""Signing in at the company's own identity provider, by OIDC: its groups decide, at each sign-in anew.

A second factor is the provider's matter then. Colleagues who come this way have no password here; somebody with a
password here stays another account, even under the same name.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .record import Outcome, note
from .roles import ROLES

logger = logging.getLogger(__name__)

# What a provider that is away or answers nonsense makes of allauth: errors of the network, of HTTP and JSON, and what
# is missing or of another kind than it should be.
TROUBLE = (OSError, OAuth2Error, ValueError, LookupError, TypeError, AttributeError)


class ProviderAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in who is in one of our groups, with those and no other; keep out everybody else.

        Raises: ValueError when the provider does not say who it is.
        """
        if sociallogin.state.get("process") == "connect":  # an account here stays another one
            raise ImmediateHttpResponse(redirect("mfa_index"))
        # allauth would ask for another one where somebody here has it already, on a page that there is not.
        sociallogin.email_addresses = []
        if not claims_of(sociallogin).get("sub"):
            raise ValueError("The provider does not say who this is.")
        roles = roles_of(claims_of(sociallogin))
        user = sociallogin.user
        if not roles:
            shut_out(request, user, is_known=sociallogin.is_existing)
        if sociallogin.is_existing:
            if not user.is_active:
                shut_out(request, user, is_known=True)
            let_in(user, roles)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return bool(roles_of(claims_of(sociallogin)))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        sociallogin.user.is_staff = True
        user = super().save_user(request, sociallogin, form)
        let_in(user, roles_of(claims_of(sociallogin)))
        return user


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Return what the provider says of somebody: the ID token, and before it what it answers about the user."""
    told = sociallogin.account.extra_data
    return {**(told.get("id_token") or {}), **(told.get("userinfo") or {})}


def roles_of(claims: dict[str, Any]) -> list[str]:
    """Return our groups for the provider's, by `OIDC_GROUPS` or by name."""
    told = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    listed = told if isinstance(told, list) else [told]
    named = {name for name in listed if isinstance(name, str)}
    meant = dict(pair.rpartition("=")[::2] for pair in settings.OIDC_GROUPS) or {role: role for role in ROLES}
    return [role for role in ROLES if any(role == meant.get(name) for name in named)]


def let_in(user: Any, roles: list[str]) -> None:
    """Make somebody a colleague with just these groups: what was given here beside them goes."""
    user.groups.set(Group.objects.filter(name__in=roles))
    user.user_permissions.clear()
    if not user.is_staff or user.is_superuser:
        user.is_staff, user.is_superuser = True, False
        user.save(update_fields=["is_staff", "is_superuser"])


def shut_out(request: HttpRequest, user: Any, *, is_known: bool) -> None:
    """Keep somebody out, and take the groups away that they had.

    Raises: ImmediateHttpResponse that leads back to the sign-in page, with the reason.
    """
    if is_known:
        user.groups.clear()
        user.is_staff = False
        user.save(update_fields=["is_staff"])
    note(request, Outcome.REFUSED, user=user if is_known else None, name=user.get_username())
    words = _("You are known to your company, but in no group that works at this desk. Ask an administrator.")
    messages.error(request, words)
    get_account_adapter().logout(request)
    raise ImmediateHttpResponse(redirect("account_login"))


def forgiving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead back to the sign-in page when the provider does not answer, or answers what it should not."""

    @wraps(view)
    def forgiven(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            return view(request, *args, **more)
        except TROUBLE:
            logger.exception("The identity provider does not answer as it should.")
            messages.error(request, _("Your company's sign-in does not answer as it should. Try again later."))
            return redirect("account_login")

    return forgiven
