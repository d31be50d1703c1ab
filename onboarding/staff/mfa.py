"""What allauth asks of us about second factors: names, the QR code, and that a code is good once for all processes."""

import io
import time
from typing import Any

import segno
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.signals import post_save
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.branding import brand

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


def on_saved(instance: Authenticator, created: bool, **_more: Any) -> None:
    """Let the session go on in which a factor was just set up; the code that did it opens nothing else."""
    request = context.request
    if not created or request is None or instance.type not in FACTORS or request.user != instance.user:
        return
    if instance.type == Authenticator.Type.TOTP:
        use_up(instance, latest_step())
    record_authentication(request, instance.user, "mfa", id=instance.pk, type=instance.type)


def connect() -> None:
    post_save.connect(on_saved, sender=Authenticator)
