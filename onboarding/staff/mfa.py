"""What allauth asks of us about second factors: names, the QR code, and that a code is good once for all processes."""

import io
import time
from typing import Any

import segno
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import app_settings, signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding import brand

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
USED = "used_until"  # the last step of thirty seconds whose code was taken


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used before. Wait for the next one."),
    }

    def _get_site_name(self) -> str:
        return gettext("%(company)s support desk") % {"company": brand.current().name}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        drawing = io.BytesIO()
        segno.make(url, error="m").save(drawing, kind="svg", scale=4, border=4, light="#fff", xmldecl=False)
        return drawing.getvalue().decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


def has_factor(user: Any) -> bool:
    """Tell whether somebody has a factor beside the password; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


@transaction.atomic
def use_up(authenticator: Authenticator, step: int) -> bool:
    """Take a code's step of thirty seconds, once among all processes; False when it, or a later one, was taken."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    if row.data.get(USED, 0) >= step:
        return False
    row.data[USED] = step
    row.save(update_fields=["data"])
    return True


def latest_step() -> int:
    """Return the last step of thirty seconds whose code is good now."""
    return int(time.time() // app_settings.TOTP_PERIOD + app_settings.TOTP_TOLERANCE)


def on_added(request: HttpRequest, user: Any, authenticator: Authenticator, **_more: Any) -> None:
    """Let a session go on whose person has just set up a factor; the code that did it opens nothing else."""
    if authenticator.type not in FACTORS:
        return
    if authenticator.type == Authenticator.Type.TOTP:
        use_up(authenticator, latest_step())
    if get_authentication_records(request, user) or request.user == user:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def connect() -> None:
    signals.authenticator_added.connect(on_added)
