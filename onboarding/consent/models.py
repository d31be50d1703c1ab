"""What customers agree to: the texts, and the records of what they agreed to and took back.

A published text and a record are never changed or deleted; the database itself refuses (`onboarding.guards`). A record
has what ISO/IEC TS 27560 asks of one, as far as it applies here. The identifiers that it covers can be erased; the
salted hash of them, the words and the times stay.
"""

import hashlib
import json
import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.lib.languages import spoken
from onboarding.lib.sealed import CannotOpen
from onboarding.lib.sealed_fields import SealedJSONField, SealedModel, SealedTextField
from onboarding.request.models import OnboardingRequest

SCHEMA = "ISO/IEC TS 27560:2023"
# What the erasure path may empty; no hash of a record covers it.
SEALED = ("attributes", "reason", "salt")
ERASABLE = (*SEALED, "erased_at")
# What the hash of a record covers. Named one by one: a column that comes later does not break older records.
COVERED = (
    *("record_id", "schema", "request_id", "kind", "at", "expires_at", "text_id", "version", "language", "sha256"),
    *("purpose", "controller", "controller_contact", "act", "channel", "by", "type", "manufacturer"),
    *("attributes_sha256", "previous_sha256"),
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def new_salt() -> str:
    return secrets.token_hex(16)


class ConsentText(models.Model):
    """The words for one language, for every device or for one type or manufacturer; a draft until it is published.

    `{device}`, `{manufacturer}` and `{company}` stand for the names that the customer sees, `{company|these words}` for
    these words when no company is set.
    """

    language = models.CharField(_("language"), max_length=10, choices=spoken)
    type = models.CharField(max_length=64, blank=True, help_text=_("Empty: for every type"))
    manufacturer = models.CharField(max_length=128, blank=True, help_text=_("Empty: for every manufacturer"))
    version = models.CharField(max_length=32, blank=True, editable=False)

    accessed = models.TextField(_("what is accessed"))
    not_accessed = models.TextField(_("what is not"))
    purpose = models.TextField(_("why, and for whom"))
    duration = models.TextField(_("for how long"))
    stopping = models.TextField(_("how to stop"))
    complaints = models.TextField(_("questions and complaints"))
    statement = models.CharField(_("the sentence beside the box"), max_length=300)

    valid_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("After so many days it ends by itself; empty: it holds until it is stopped")
    )
    asks_again = models.BooleanField(
        default=False, help_text=_("People who agreed to an earlier version are asked to read and agree again")
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["-published_at", "-pk"]
        permissions = [("publish_consenttext", _("Can publish consent texts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "type", "manufacturer", "version"],
                condition=~Q(published_at=None),
                name="onboarding_consent_text_version_unique",
            )
        ]

    def __str__(self) -> str:
        scope = ", ".join(str(part) for part in (self.type, self.manufacturer) if part) or str(_("every device"))
        version = self.version or _("draft")
        return f"{version} ({self.language}, {scope})"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


class Consent(SealedModel):
    """One act of a customer: given, given again, taken back; or the end of one without them."""

    class Kind(models.TextChoices):
        GIVEN = "given", _("given")
        RENEWED = "renewed", _("given again")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("ended by time")
        CONTINUED = "continued", _("goes on with a new connection")
        ELSEWHERE = "elsewhere", _("ended elsewhere")
        TIMED_OUT = "timed-out", _("not allowed in time")
        REPLACED = "replaced", _("went over to a new connection")

    class Channel(models.TextChoices):
        SELF = "self", _("by the customer, in the portal")
        ASSISTED = "assisted", _("by staff, at the customer's request")
        SYSTEM = "system", _("by the portal itself")

    SEALED_BY: ClassVar = ("record_id",)

    record_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    schema = models.CharField(max_length=32, default=SCHEMA, editable=False)
    request = models.ForeignKey(OnboardingRequest, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.GIVEN)
    at = models.DateTimeField(help_text=_("UTC"))
    expires_at = models.DateTimeField(null=True, blank=True)

    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, related_name="records")
    version = models.CharField(max_length=32)
    language = models.CharField(max_length=10)
    words = models.TextField()
    sha256 = models.CharField(max_length=64, help_text=_("Of the words"))
    purpose = models.TextField(blank=True)
    controller = models.CharField(max_length=200, blank=True)
    controller_contact = models.CharField(max_length=200, blank=True)

    act = models.TextField(blank=True, help_text=_("What the person did"))
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.SELF)
    by = models.CharField(max_length=150, blank=True, help_text=_("The colleague, when it was not the customer"))
    reason = SealedTextField(blank=True)

    type = models.CharField(max_length=64, blank=True)
    manufacturer = models.CharField(max_length=128, blank=True)
    attributes = SealedJSONField(default=dict, help_text=_("The identifiers that it covers"))
    salt = SealedTextField(max_length=32, default=new_salt, blank=True)
    attributes_sha256 = models.CharField(
        max_length=64, blank=True, help_text=_("Of the salt, the identifiers and the reason")
    )
    erased_at = models.DateTimeField(null=True, blank=True, help_text=_("When the identifiers were erased"))

    previous_sha256 = models.CharField(max_length=64, blank=True, help_text=_("Of the record before this one"))
    record_sha256 = models.CharField(max_length=64, blank=True, help_text=_("Of everything but the identifiers"))

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        ordering = ["-at", "-pk"]
        permissions = [("verify_consent", _("Can check that consent records are unchanged"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.version} ({self.language})"

    @property
    def is_standing(self) -> bool:
        """It allows something, if it is the newest of its request."""
        return self.kind in {self.Kind.GIVEN, self.Kind.RENEWED, self.Kind.CONTINUED}

    def has_expired(self, now: datetime | None = None) -> bool:
        return self.expires_at is not None and self.expires_at <= (now or timezone.now())

    def seal(self) -> None:
        """Fill in the hashes, before it is stored."""
        self.sha256 = sha256(self.words)
        self.attributes_sha256 = self._hash_attributes()
        self.record_sha256 = self._hash_record()

    def problems(self) -> list[str]:
        """Name what does not agree with its hash any more; nothing, for a record that is intact."""
        broken = []
        if sha256(self.words) != self.sha256:
            broken.append("words")
        if not self.erased_at and not self._has_its_identifiers():
            broken.append("identifiers")
        if self._hash_record() != self.record_sha256:
            broken.append("record")
        return broken

    @property
    def is_intact(self) -> bool:
        return not self.problems()

    def _has_its_identifiers(self) -> bool:
        with suppress(CannotOpen):
            return self._hash_attributes() == self.attributes_sha256
        return False

    def _hash_attributes(self) -> str:
        return sha256(self.salt + json.dumps([self.attributes, self.reason], sort_keys=True))

    def _hash_record(self) -> str:
        return sha256(json.dumps(self.covered(), sort_keys=True))

    def covered(self) -> dict[str, Any]:
        """Return what the record's hash covers, as the hash reads it."""
        return {name: _plain(getattr(self, name)) for name in COVERED}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)
