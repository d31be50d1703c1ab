"""What is known of a connected device, and of all those of one manufacturer."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.jobs.lease import RELEASED, Lease, held_index
from onboarding.request.events import state_changed
from onboarding.request.lifecycle import Health, State
from onboarding.request.models import OnboardingRequest
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.models import WebhookDelivery

from .endings import first_plan
from .schedule import FIRST_LOOK

HEALTH_LABELS = {
    Health.WAITING: _("No data yet"),
    Health.FLOWING: _("Data flows"),
    Health.QUIET: _("No data any more"),
    Health.GONE: _("Not found"),
    Health.ENDED: _("Ended"),
}


class Device(Lease):
    """One device that became connected: how it has been since. Workers look at it until it ends."""

    request = models.OneToOneField(OnboardingRequest, on_delete=models.CASCADE, related_name="device")
    # As its request has them: those of one kind are looked at together, and counted.
    type = models.CharField(max_length=64, blank=True, editable=False)
    manufacturer = models.CharField(max_length=128, blank=True, editable=False)
    connected_at = models.DateTimeField(default=timezone.now, editable=False)
    health = models.CharField(
        max_length=16,
        choices=[(health.value, label) for health, label in HEALTH_LABELS.items()],
        default=Health.WAITING.value,
    )
    health_since = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(null=True, blank=True, help_text=_("When the platform last answered"))
    is_online = models.BooleanField(null=True, blank=True, help_text=_("What the platform says, if it does"))
    first_data_at = models.DateTimeField(null=True, blank=True)
    last_data_at = models.DateTimeField(null=True, blank=True)
    longest_silence = models.PositiveIntegerField(
        default=0, help_text=_("Between data that came by itself, in seconds: what is usual for it")
    )
    quiet_since = models.DateTimeField(null=True, blank=True, help_text=_("Until data comes again"))
    spells = models.PositiveIntegerField(default=0, help_text=_("How often it fell quiet"))
    misses = models.PositiveIntegerField(
        default=0, help_text=_("Answers in a row, each a day after the one before, that did not find it")
    )
    missed_at = models.DateTimeField(null=True, blank=True, help_text=_("When the last of these answers came"))
    valid_until = models.DateTimeField(null=True, blank=True, help_text=_("When the manufacturer's permission ends"))
    remind_at = models.DateTimeField(null=True, blank=True, help_text=_("When to remind of an end that comes"))
    told_quiet_at = models.DateTimeField(null=True, blank=True, help_text=_("When its owner was told that it is quiet"))

    LONGEST_WAIT = timedelta(days=15)

    class Meta:
        verbose_name = _("connected device")
        verbose_name_plural = _("connected devices")
        indexes = [
            held_index("onboarding_device_lease_idx"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_device_due_idx"),
            models.Index(
                fields=["remind_at"], condition=Q(remind_at__isnull=False), name="onboarding_device_remind_idx"
            ),
            models.Index(fields=["type", "manufacturer", "health", "id"], name="onboarding_device_kind_idx"),
            models.Index(fields=["looked_at"], condition=Q(due_at__isnull=False), name="onboarding_device_looked_idx"),
            models.Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False) & ~Q(health=Health.ENDED.value),
                name="onboarding_device_until_idx",
            ),
            models.Index(
                fields=["health_since"],
                condition=Q(health=Health.QUIET.value) | Q(health=Health.GONE.value),
                name="onboarding_device_quiet_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.get_health_display()}"

    @property
    def is_maker_silent(self) -> bool:
        """So many devices like this one are quiet that it is not about this one."""
        alike = MakerHealth.objects.filter(type=self.type, manufacturer=self.manufacturer)
        return alike.filter(silent_since__isnull=False).exists()


class MakerHealth(models.Model):
    """How the connected devices of one type and manufacturer are, and what is usual for them. Durations in seconds."""

    type = models.CharField(max_length=64)
    manufacturer = models.CharField(max_length=128)
    devices = models.PositiveIntegerField(default=0)
    flowing = models.PositiveIntegerField(default=0)
    quiet = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    first_data_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("After which three in four sent their first data; empty: too few are known")
    )
    usual_silence_seconds = models.PositiveIntegerField(null=True, blank=True, help_text=_("Empty: too few are known"))
    silent_since = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when so many are quiet that it is the manufacturer's trouble")
    )
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("manufacturer and its devices")
        verbose_name_plural = _("manufacturers and their devices")
        constraints = [models.UniqueConstraint(fields=["type", "manufacturer"], name="onboarding_maker_health_once")]

    def __str__(self) -> str:
        return f"{self.type}, {self.manufacturer}"

    @property
    def is_silent(self) -> bool:
        return self.silent_since is not None


@receiver(state_changed)
def follow_request(request: OnboardingRequest, now: datetime, **_signal: object) -> None:
    """Begin to look at a device that was connected, and stop when it is not any more, in the caller's transaction."""
    if request.state == State.CONNECTED:
        kind = {"type": request.type, "manufacturer": request.manufacturer}
        begin = {"health": Health.WAITING, "health_since": now, "due_at": now + FIRST_LOOK, "connected_at": now}
        Device.objects.update_or_create(request=request, defaults=kind | begin | first_plan(request, now))
        MakerHealth.objects.bulk_create([MakerHealth(**kind)], ignore_conflicts=True)
    elif request.state in {State.WITHDRAWING, State.WITHDRAWN}:
        _end(request, now)


def _end(request: OnboardingRequest, now: datetime) -> None:
    """Never look at it again: whoever is at it finds its lease gone. The company's systems hear that it ended, once."""
    ended = {"health": Health.ENDED, "health_since": now, "due_at": None, "remind_at": None, **RELEASED}
    live = Device.objects.filter(request=request).exclude(health=Health.ENDED.value)
    if live.update(**ended) and request.ended_as != "replaced":
        announce(request, WebhookDelivery.Kind.ENDED, now=now)
