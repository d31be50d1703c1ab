"""The links that open a request, and the browsers that hold it."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from onboarding.consent.models import sha256
from onboarding.lib.sealed import HASH_LENGTH
from onboarding.request.codes import SUPPORT_ALPHABET, spoken
from onboarding.request.models import OnboardingRequest


class AccessLink(models.Model):
    """A link, and for a phone a short code, that lets another browser hold a request. Only hashes of both are stored.

    Both are derived from `nonce` and the portal's secret key, so that a page can show them again. One that was mailed
    opens what has the address to which it went, and nothing else.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("sent by e-mail")
        PHONE = "phone", _("shown for another device")
        INVITE = "invite", _("given to a customer by staff")

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    mail = models.OneToOneField(
        "onboarding.Mail", on_delete=models.SET_NULL, null=True, blank=True, related_name="link"
    )
    address = models.CharField(
        max_length=HASH_LENGTH,
        blank=True,
        help_text=_("Keyed hash: it opens only what has this address; empty: it was mailed to none"),
    )
    nonce = models.CharField(max_length=32, unique=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True, help_text=_("When a browser last went on with it"))

    class Meta:
        verbose_name = _("access link")
        verbose_name_plural = _("access links")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["expires_at"], name="onboarding_link_end_idx")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def token(self) -> str:
        """128 bits, short enough for one line of a mail."""
        return self._fitting(_token, self.token_sha256)

    @property
    def code(self) -> str:
        """Eight letters and digits that are easy to tell apart."""
        return self._fitting(_code, self.code_sha256)

    @property
    def spoken_code(self) -> str:
        return spoken(self.code)

    def has_expired(self, now: datetime | None = None) -> bool:
        return self.expires_at <= (now or timezone.now())

    @property
    def is_whole(self) -> bool:
        """Tell whether the secret keys that we still have bring back what was handed out."""
        return sha256(self.token) == self.token_sha256

    def seal(self) -> None:
        """Make another token, and code; those of before open nothing any more."""
        self.nonce = secrets.token_hex(16)
        self.token_sha256 = self.code_sha256 = ""
        self.token_sha256 = sha256(self.token)
        self.code_sha256 = sha256(self.code) if self.kind == self.Kind.PHONE else ""

    def _fitting(self, make: Callable[[str, str], str], stored: str) -> str:
        """Return what was made with a secret key of now or of before, by what is stored of it."""
        made = [make(self.nonce, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
        return next((text for text in made if sha256(text) == stored), made[0])


def _token(nonce: str, key: str) -> str:
    digest = salted_hmac("onboarding.link.token", nonce, secret=key, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _code(nonce: str, key: str) -> str:
    digest = salted_hmac("onboarding.link.code", nonce, secret=key, algorithm="sha256").digest()
    return "".join(SUPPORT_ALPHABET[byte % len(SUPPORT_ALPHABET)] for byte in digest[:8])


class Holder(models.Model):
    """Another browser that may see and continue a request, besides the one that began it."""

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="holders")
    browser = models.CharField(max_length=64, db_index=True, help_text=_("SHA-256 of the browser's own key"))
    address = models.CharField(
        max_length=HASH_LENGTH,
        blank=True,
        help_text=_("Keyed hash of the one to which the link was mailed by which it came"),
    )
    is_proved = models.BooleanField(
        default=False, help_text=_("Whether it came by a link that was mailed there; anybody can type an address")
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("holder")
        verbose_name_plural = _("holders")
        constraints = [models.UniqueConstraint(fields=["request", "browser"], name="onboarding_holder_unique")]

    def __str__(self) -> str:
        return f"{self.request}"
