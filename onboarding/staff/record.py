"""The record of sign-ins: what allauth and Django tell becomes a line, and so does what only we know."""

import ipaddress
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from onboarding.limits import rate_limits

from .fresh import proofs_of
from .models import StaffSignIn

Outcome = StaffSignIn.Outcome
# Nothing is kept of a name that nobody has, not even a hash: people type passwords where a name belongs.
UNKNOWN = "–"


def note(
    request: HttpRequest, outcome: StaffSignIn.Outcome, *, user: Any = None, name: str = "", how: str = "", by: str = ""
) -> None:
    """Put a line on the record, of a colleague or of a name that was typed."""
    if user is None and name:
        user = find_named(name)
    StaffSignIn.objects.create(
        user=user,
        name=user.get_username() if user else UNKNOWN,
        outcome=outcome,
        how=how[:64],
        by=by[:150],
        address=network_of(rate_limits.address_of(request)),
    )


def find_named(name: str) -> AbstractBaseUser | None:
    users = get_user_model().objects
    return None if "\0" in name else users.filter(is_staff=True, username=name.strip()[:150]).first()


def network_of(address: str) -> str:
    """Shorten an address to its network, as 192.0.2.0/24 or 2001:db8::/48."""
    try:
        found = ipaddress.ip_network(address)
    except ValueError:  # none, or what is no address, as of a socket
        return ""
    return str(found.supernet(new_prefix=24 if found.version == 4 else 48))


def methods_of(request: HttpRequest, user: Any) -> str:
    """Say by what somebody signed in, e.g. "password, totp"."""
    used = [str(proof.get("type") or proof["method"]) for proof in proofs_of(request, user)]
    return ", ".join(dict.fromkeys(used))


def on_signed_in(request: HttpRequest, user: Any, **_more: Any) -> None:
    note(request, Outcome.SIGNED_IN, user=user, how=methods_of(request, user))


def on_signed_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        note(request, Outcome.SIGNED_OUT, user=user)


def on_step(request: HttpRequest, user: Any, method: str, **more: Any) -> None:
    if more.get("reauthenticated"):
        note(request, Outcome.CONFIRMED, user=user, how=str(more.get("type") or method))


def on_password_changed(request: HttpRequest, user: Any, **_more: Any) -> None:
    note(request, Outcome.PASSWORD_CHANGED, user=user)


def on_factor_added(request: HttpRequest, user: Any, authenticator: Authenticator, **_more: Any) -> None:
    note(request, Outcome.FACTOR_ADDED, user=user, how=authenticator.type)


def on_factor_removed(request: HttpRequest, user: Any, authenticator: Authenticator, **_more: Any) -> None:
    by = "" if user == authenticator.user else user.get_username()
    note(request, Outcome.FACTOR_REMOVED, user=authenticator.user, how=authenticator.type, by=by)


def on_codes_renewed(request: HttpRequest, user: Any, authenticator: Authenticator, **_more: Any) -> None:
    note(request, Outcome.CODES_RENEWED, user=user)


def connect() -> None:
    """Listen; once, when the portal starts."""
    account.user_logged_in.connect(on_signed_in)
    user_logged_out.connect(on_signed_out)
    account.authentication_step_completed.connect(on_step)
    account.password_changed.connect(on_password_changed)
    mfa.authenticator_added.connect(on_factor_added)
    mfa.authenticator_removed.connect(on_factor_removed)
    mfa.authenticator_reset.connect(on_codes_renewed)
