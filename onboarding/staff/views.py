"""Pages about oneself: what one signs in with, where one is signed in, and how to begin."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from . import fresh, mfa, sessions
from .record import Outcome, note


@login_required
@require_safe
def show_account(request: HttpRequest) -> HttpResponse:
    """Show somebody their factors, password and sessions."""
    factors = Authenticator.objects.filter(user=request.user).order_by("pk")
    context = admin.site.each_context(request) | {
        "title": _("Your account"),
        "app": next((factor for factor in factors if factor.type == Authenticator.Type.TOTP), None),
        "passkeys": [_passkey(factor) for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "codes_left": next((_codes_left(factor) for factor in factors if _is_list(factor)), None),
        "is_needed": fresh.is_wanted(),
        "sessions": _sessions_of(request),
        "has_password": request.user.is_authenticated and request.user.has_usable_password(),
    }
    return TemplateResponse(request, "admin/staff/account.html", context)


@login_required
@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of this person but the one at hand."""
    ended = sessions.end_all_of(request.user, but=request.session.session_key)
    note(request, Outcome.SESSIONS_ENDED, user=request.user, how=str(ended))
    words = ngettext("You are signed out in %d other place.", "You are signed out in %d other places.", ended)
    messages.success(request, words % ended if ended else gettext("You are signed in nowhere else."))
    return redirect("mfa_index")


@login_required
@require_safe
def enrol(request: HttpRequest) -> HttpResponse:
    """Let somebody who has no second factor choose one."""
    if mfa.has_factor(request.user):
        return redirect("mfa_index")
    return TemplateResponse(request, "admin/staff/enrol.html", {"title": _("A second factor")})


def _passkey(factor: Authenticator) -> dict[str, Any]:
    return {"pk": factor.pk, "name": factor.wrap().name, "factor": factor}


def _is_list(factor: Authenticator) -> bool:
    return bool(factor.type == Authenticator.Type.RECOVERY_CODES)


def _codes_left(factor: Authenticator) -> int:
    return len(factor.wrap().get_unused_codes())


def _sessions_of(request: HttpRequest) -> list[UserSession]:
    """List where somebody is signed in, the place at hand first."""
    sessions.forget_old()
    found = UserSession.objects.purge_and_list(request.user)
    return sorted(found, key=lambda session: (not session.is_current(), -session.last_seen_at.timestamp()))
