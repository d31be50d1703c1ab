"""What the sandbox platform remembers, in the database, so that web and worker see the same platform.

How far a request is, is not stored: `progress()` derives it from the clock by `rules`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sandbox import catalogue, lives, rules


class SandboxRequestQuerySet(models.QuerySet["SandboxRequest"]):
    def visible(self, now: datetime) -> SandboxRequestQuerySet:
        """Leave out requests whose creation takes effect later."""
        return self.filter(created_at__lte=now)

    def newest_first(self) -> SandboxRequestQuerySet:
        return self.order_by("-created_at", "-id")


class SandboxRequest(models.Model):
    """An onboarding request as the platform holds it: what was sent, and what happened to it since."""

    class Answer(models.TextChoices):
        NONE = "", _("not answered")
        ALLOWED = "allowed", _("allowed")
        DENIED = "denied", _("denied")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    entity_id = models.UUIDField(_("entity"), default=uuid4, db_index=True, editable=False)
    device_id = models.UUIDField(_("device"), default=uuid4, db_index=True, editable=False)
    client_id = models.CharField(_("client"), max_length=100)
    principal_id = models.UUIDField(_("principal"))
    type = models.CharField(_("type"), max_length=100)
    manufacturer = models.CharField(_("manufacturer"), max_length=200)
    tenant_id = models.UUIDField(_("tenant"), null=True, blank=True)
    collective_id = models.UUIDField(_("collective"), null=True, blank=True)
    payload = models.JSONField(_("what was sent"))
    behaviour = models.CharField(_("behaviour"), max_length=40)
    life = models.CharField(_("life once connected"), max_length=40, default=lives.FLOWING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    consent_answer = models.CharField(
        _("answer on the consent page"), max_length=10, choices=Answer, default=Answer.NONE, blank=True
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("access ended at the manufacturer's"), null=True, blank=True)

    objects = SandboxRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("onboarding request at the sandbox")
        verbose_name_plural = _("onboarding requests at the sandbox")
        indexes = [
            models.Index(fields=["created_at", "id"], name="sandbox_request_newest"),
            models.Index(fields=["type", "manufacturer", "created_at", "id"], name="sandbox_request_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.type}, {self.manufacturer}: {self.id}"

    def progress(self, now: datetime) -> rules.Progress:
        """Derive status, transactions, action and errors at `now`."""
        until = self.canceled_at or now
        answered_at = self.answered_at or until
        facts = rules.Facts(
            age=(until - self.created_at).total_seconds(),
            consent=rules.Consent(self.consent_answer),
            consent_age=(until - answered_at).total_seconds(),
        )
        progress = rules.progress(rules.find_behaviour(self.behaviour), facts, settings.SANDBOX_STEP_SECONDS)
        return rules.canceled(progress) if self.canceled_at else progress

    def connected_at(self, now: datetime) -> datetime | None:
        """Tell since when its entity is connected; None when it is not."""
        if self.progress(now).status != rules.SUCCEEDED:
            return None
        allowed_at = self.answered_at if self.consent_answer == self.Answer.ALLOWED else None
        return lives.connected_at(rules.find_behaviour(self.behaviour), self.created_at, allowed_at, step())

    def valid_until(self, now: datetime) -> datetime | None:
        """Tell when the mandate ends by which its entity is connected; None while it is not, or without an end."""
        since = self.connected_at(now)
        return lives.valid_until(lives.find_life(self.life), since, step()) if since else None

    def link_window(self, now: datetime) -> int | None:
        """Number the consent link that is handed out at `now`; None when it never expires."""
        age = (now - self.created_at).total_seconds()
        return rules.link_window(rules.find_behaviour(self.behaviour), age)

    def answer_consent(self, answer: rules.Consent, now: datetime) -> None:
        """Keep the answer given on the manufacturer's page; the first one counts."""
        waiting = SandboxRequest.objects.filter(pk=self.pk, consent_answer=self.Answer.NONE)
        waiting.update(consent_answer=answer.value, answered_at=now)
        self.refresh_from_db()


class SandboxOffboarding(models.Model):
    """An offboarding of an entity."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(SandboxRequest, on_delete=models.CASCADE, related_name="offboardings")
    principal_id = models.UUIDField(_("principal"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("offboarding at the sandbox")
        verbose_name_plural = _("offboardings at the sandbox")

    def __str__(self) -> str:
        return f"{self.request}"

    def status(self, now: datetime) -> str:
        age = (now - self.created_at).total_seconds()
        return rules.offboarding_status(age, settings.SANDBOX_STEP_SECONDS)


class SandboxSilence(models.Model):
    """A time without readings that somebody called for: of one entity, or of all of a type and manufacturer."""

    request = models.ForeignKey(
        SandboxRequest,
        on_delete=models.CASCADE,
        related_name="silences",
        verbose_name=_("only this one"),
        null=True,
        blank=True,
    )
    type = models.CharField(_("type"), max_length=100, blank=True)
    manufacturer = models.CharField(_("manufacturer"), max_length=200, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")

    def __str__(self) -> str:
        return str(self.request) if self.request else f"{self.type}, {self.manufacturer}"

    def as_silence(self) -> lives.Silence:
        return lives.Silence(self.since, self.until)


class SandboxOffering(models.Model):
    """One more row of the types endpoint, for trying what nobody has heard of."""

    type = models.CharField(_("type"), max_length=100)
    manufacturer = models.CharField(_("manufacturer"), max_length=200)
    properties = models.JSONField(
        _("properties"),
        default=list,
        blank=True,
        help_text=_('A list like [{"name": "vin", "required": true, "description": "…", "pattern": "…"}].'),
    )
    behaviour = models.CharField(
        _("behaviour"),
        max_length=40,
        choices=[(key, key) for key in rules.BEHAVIOURS],
        default="direct",
    )

    class Meta:
        verbose_name = _("additional offering")
        verbose_name_plural = _("additional offerings")
        constraints = [
            models.UniqueConstraint(fields=["type", "manufacturer"], name="sandbox_offering_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type}, {self.manufacturer}"

    def as_offering(self) -> catalogue.Offering:
        listed: list[Any] = self.properties if isinstance(self.properties, list) else []
        properties = tuple(catalogue.Property.from_json(item) for item in listed)
        return catalogue.Offering(self.type, self.manufacturer, properties, self.behaviour)


class SandboxWeather(models.Model):
    """One row of switches for the platform as a whole."""

    is_away = models.BooleanField(_("the platform is away"), default=False)
    tells_online = models.BooleanField(_("entities tell whether and when they were seen"), default=True)
    lists_entities = models.BooleanField(_("entities can be listed"), default=True)
    tokens_valid_from = models.DateTimeField(_("tokens are valid from"), null=True, blank=True)

    class Meta:
        verbose_name = _("weather")
        verbose_name_plural = _("weather")

    def __str__(self) -> str:
        return str(_("away") if self.is_away else _("there"))

    @classmethod
    def now(cls) -> SandboxWeather:
        """Return the one row, or a fair day when nobody has touched a switch yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def change(cls, **switches: object) -> None:
        cls.objects.update_or_create(pk=1, defaults=switches)


class SandboxAttempt(models.Model):
    """How often an identifier was tried that is refused only the first few times."""

    identifier = models.CharField(max_length=300, unique=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.identifier}: {self.count}"

    @classmethod
    def add(cls, identifier: str) -> int:
        """Count one more attempt and return how many there were."""
        cls.objects.get_or_create(identifier=identifier)
        cls.objects.filter(identifier=identifier).update(count=models.F("count") + 1)
        return cls.objects.get(identifier=identifier).count


def step() -> timedelta:
    """Give the length of a step."""
    return timedelta(seconds=max(0.0, settings.SANDBOX_STEP_SECONDS))


def offerings() -> list[catalogue.Offering]:
    """List what can be onboarded; a row from the admin replaces the one of the same type and manufacturer."""
    rows = {(row.type, row.manufacturer): row for row in catalogue.OFFERINGS}
    for extra in SandboxOffering.objects.order_by("type", "manufacturer"):
        rows[extra.type, extra.manufacturer] = extra.as_offering()
    return sorted(rows.values(), key=lambda row: (row.type, row.manufacturer.casefold()))


def old_requests(limit: datetime) -> models.QuerySet[SandboxRequest]:
    """Return what was onboarded before then; its offboardings go with it."""
    return SandboxRequest.objects.filter(created_at__lt=limit).order_by("created_at", "id")


def find_request(request_id: UUID, now: datetime) -> SandboxRequest | None:
    """Find a request that has taken effect."""
    return SandboxRequest.objects.visible(now).filter(pk=request_id).first()
