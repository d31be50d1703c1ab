"""Codes and passkeys: each try is counted like a password's, and what was used is good no more."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import sign_in_limits
from .mfa import latest_step, use_up
from .record import Outcome

# More steps than are ever good at once: it was checked a moment ago, and a step may have gone by since.
WIDEST = 4


class Counted(forms.Form):
    """Counts a try before it is checked, and puts a failure on the record."""

    user: Any

    def check_counted(self, check: Any, how: str) -> Any:
        name, request = self.user.get_username(), context.request
        sign_in_limits.check(request, name)
        try:
            value = check()
        except ValidationError:
            sign_in_limits.failed(request, name, Outcome.CODE_FAILED, how=how)
            raise
        sign_in_limits.passed(request, name)
        return value


class WithCode(Counted):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["code"]
        field.label = _("Code")
        field.help_text = _("Six digits from your app, or a recovery code.")
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {"autofocus": True, "autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_code(self) -> Any:
        return self.check_counted(self.check_code, "code")

    def check_code(self) -> str:
        raise NotImplementedError


class OfColleague(WithCode):
    """A code of the app or of the list; whichever it is, it is good once, in all processes."""

    authenticator: Authenticator

    def check_code(self) -> str:
        code = str(super(WithCode, self).clean_code())  # type: ignore[misc]  # allauth's, which comes next
        if self.authenticator.type == Authenticator.Type.TOTP and not use_up(self.authenticator, self.step_of(code)):
            raise get_adapter().validation_error("incorrect_code")
        return code

    def step_of(self, code: str) -> int:
        """Return for which thirty seconds a code of the app is meant: the oldest, if for several."""
        secret, digits = decrypt(self.authenticator.data["secret"]), "".join(filter(str.isalnum, code))
        steps = range(latest_step() - WIDEST, latest_step() + 1)
        return next(step for step in steps if format_hotp_value(hotp_value(secret, step)) == digits)


class CodeForm(OfColleague, AuthenticateForm):
    pass


class CodeAgainForm(OfColleague, ReauthenticateForm):
    pass


class ActivateForm(WithCode, ActivateTOTPForm):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].help_text = _("Six digits that the app shows now.")

    def check_code(self) -> str:
        return str(super(WithCode, self).clean_code())


class WithPasskey(Counted):
    def clean_credential(self) -> Any:
        check = super().clean_credential  # type: ignore[misc]  # allauth's, which comes next
        return self.check_counted(check, "webauthn")


class PasskeyForm(WithPasskey, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(WithPasskey, ReauthenticateWebAuthnForm):
    pass
