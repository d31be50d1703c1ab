"""What a device adds to its lease: which ones are claimed together, and in which order rows are locked."""

import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.db import transaction
from django.utils import timezone

from onboarding.delivery.lease import RESERVE, lease_time
from onboarding.gateway import upstream
from onboarding.gateway.upstream import NotNow
from onboarding.jobs.lease import LeaseLost
from onboarding.lib import faults, log_context
from onboarding.platform_api.errors import NotAuthorized, PlatformError
from onboarding.request.models import OnboardingRequest

from . import schedule
from .models import Device

logger = logging.getLogger(__name__)

# So many of what is due are looked at to choose.
LOOKED_AT = 200
MOST_AT_ONCE = 200
KIND = ("type", "manufacturer")
ASKED_BY = ("support_code", "entity_id", "platform_id")


def claim() -> str:
    """Lease what is due and is looked at together: mostly one device, or many of one kind.

    Returns the token, "" when nothing is due.
    """
    due = Device.due(timezone.now()).order_by("due_at")
    kinds = list(due.values_list("pk", *KIND)[:LOOKED_AT])
    if not kinds:
        return ""
    alike = [key for key, *kind in kinds if kind == list(kinds[0][1:])]
    token = ""
    if len(alike) >= schedule.MANY:
        token = Device.claim(due.filter(pk__in=alike), holds=lease_time(), limit=MOST_AT_ONCE)
    return token or Device.claim(due, holds=lease_time())  # somebody may be at all of them


def claimed(token: str) -> list[Device]:
    """Load what was claimed with a token, and of the requests no more than by what the platform is asked."""
    rows = Device.begin(token, holds=lease_time()).order_by("due_at").select_related("request")
    ours = [field.name for field in Device._meta.concrete_fields]
    return list(rows.only(*ours, *(f"request__{name}" for name in ASKED_BY)))


def renew(claimed: Sequence[Device]) -> None:
    """Hold on for longer, ahead of another call or another page, unless the lease outlasts that as it is."""
    Device.renew(claimed, holds=lease_time(), unless_left=upstream.longest_call() + RESERVE / 2)


@contextmanager
def holding(claimed: Device) -> Iterator[Device]:
    """Give the row, locked and fresh, in a transaction of its own, and save it at the end.

    The request's row is locked first, as by everybody who changes both: or two would wait for each other.
    Raises: LeaseLost when the claim is no longer ours, or the device was ended; then nothing is written.
    """
    with transaction.atomic():
        request = OnboardingRequest.objects.select_for_update().filter(pk=claimed.request_id).first()
        if request is None:
            raise LeaseLost(f"device {claimed.pk}")
        with claimed.held() as device:
            device.request = request
            yield device


@contextmanager
def unless_taken_over(claimed: Device) -> Iterator[None]:
    """Let go of a device that ended, or that another worker took over meanwhile; what else goes wrong is its own."""
    with (
        log_context.about(claimed.request.spoken_support_code),
        faults.contained("look_at_devices", partial(_set_aside, claimed)),
    ):
        try:
            yield
        except LeaseLost:
            logger.info("The device of request %s is not ours any more.", claimed.request.spoken_support_code)


def postpone(claimed: Device, wait: NotNow) -> None:
    """Put a look off while the platform is not to be called."""
    claimed.write(due_at=wait.until)


def give_back(claimed: Device) -> None:
    """Let go of one that nobody had the time for; it is due as before."""
    claimed.write()


def trouble(claimed: Device, error: PlatformError) -> None:
    """Note a look that brought nothing usable, and wait before the next one; that says nothing about the device."""
    if isinstance(error, NotAuthorized):
        logger.error("The platform does not accept our credentials or settings; devices wait until that is put right.")
    _let_rest(claimed, asked=getattr(error, "retry_after", None))


def _set_aside(claimed: Device, _problem: Exception) -> None:
    """Let a device rest on which a worker failed unexpectedly; it is counted at the desk as a fault."""
    _let_rest(claimed)


def _let_rest(claimed: Device, asked: float | None = None) -> None:
    failures = claimed.failures + 1
    wait = schedule.TROUBLE.after(failures, chance=random.random(), asked=asked)  # noqa: S311  spreads load
    claimed.write(failures=failures, due_at=timezone.now() + wait)
