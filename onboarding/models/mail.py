"""Staying in touch: the mails that were queued, the links that open a request, and the browsers that hold it."""

from base64 import urlsafe_b64encode
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .consent import Consent, sha256
from .request import SUPPORT_ALPHABET, OnboardingRequest
from .upkeep import Wish


class AccessLink(models.Model):
    """A link, and for a phone a short code, that lets another browser hold a request. Only hashes of both are stored.

    Both are derived from `nonce` and the portal's secret key, so that a page can show them again.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("sent by e-mail")
        PHONE = "phone", _("shown for another device")
        INVITE = "invite", _("given to a customer by staff")

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=16, choices=Kind.choices)
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

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def token(self) -> str:
        """128 bits, short enough for one line of a mail."""
        digest = salted_hmac("onboarding.link.token", self.nonce, algorithm="sha256").digest()
        return urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    @property
    def code(self) -> str:
        """Eight letters and digits that are easy to tell apart."""
        digest = salted_hmac("onboarding.link.code", self.nonce, algorithm="sha256").digest()
        return "".join(SUPPORT_ALPHABET[byte % len(SUPPORT_ALPHABET)] for byte in digest[:8])

    @property
    def spoken_code(self) -> str:
        return f"{self.code[:4]}-{self.code[4:]}"

    def has_expired(self, now: datetime | None = None) -> bool:
        return self.expires_at <= (now or timezone.now())

    def seal(self) -> None:
        self.token_sha256 = sha256(self.token)
        self.code_sha256 = sha256(self.code) if self.kind == self.Kind.PHONE else ""


class Holder(models.Model):
    """Another browser that may see and continue a request, besides the one that began it."""

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="holders")
    browser = models.CharField(max_length=64, db_index=True, help_text=_("SHA-256 of the browser's own key"))
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("holder")
        verbose_name_plural = _("holders")
        constraints = [models.UniqueConstraint(fields=["request", "browser"], name="onboarding_holder_unique")]

    def __str__(self) -> str:
        return f"{self.request}"


class Mail(models.Model):
    """One mail to a customer, written in the transaction of what it tells; workers send it."""

    class Kind(models.TextChoices):
        LINK = "link", _("link to come back")
        INVITATION = "invitation", _("invitation")
        RECEIPT = "receipt", _("receipt")
        NEEDS_YOU = "needs-you", _("something to do")
        REMINDER = "reminder", _("still something to do")
        CONNECTED = "connected", _("connected")
        FAILED = "failed", _("did not work")
        WITHDRAWN = "withdrawn", _("disconnected")
        AVAILABLE = "available", _("can be connected now")

    request = models.ForeignKey(
        OnboardingRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, null=True, blank=True, related_name="mails")
    record = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="mails")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # What it tells, so that nothing is told twice.
    key = models.CharField(max_length=120, unique=True)
    step = models.PositiveSmallIntegerField(default=0, help_text=_("Which reminder"))
    to = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="en")

    queued_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=64, blank=True, help_text=_("Why it was not sent after all"))
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-queued_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_mail_due_idx"),
            models.Index(fields=["queued_at"], condition=Q(ended="refused"), name="onboarding_mail_refused_idx"),
            models.Index(Lower("to"), name="onboarding_mail_to_idx"),  # an address may no longer be on file
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language})"
