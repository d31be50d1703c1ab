"""How a connected device is, in the words of its owner. Reads our database only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from onboarding.lib.moments import at_last, on_day
from onboarding.request.lifecycle import SILENT, Actor, Health, who_cares
from onboarding.request.models import OnboardingRequest
from onboarding.status.waiting import in_words

from .models import Device, MakerHealth

# Of a meter the grid operator sends what it has once a day.
METERS = frozenset({"SmartMeter", "RetrofitMeter"})
Makers = Mapping[tuple[str, str], MakerHealth]


@dataclass(frozen=True)
class HealthWords:
    """`state` is what a glance takes in, `sentence` says the rest; `actor` is who must act, if anybody must.

    `turn`: whose turn it is, in words, where that is not said of all that are so.
    """

    state: str
    sentence: str
    actor: Actor
    health: Health
    turn: str = ""

    @property
    def is_waiting(self) -> bool:
        """It was connected, and its first data is still to come."""
        return self.health == Health.WAITING

    @property
    def is_silent(self) -> bool:
        return self.health in SILENT

    @property
    def is_up_to_customer(self) -> bool:
        return self.actor == Actor.CUSTOMER

    @property
    def tone(self) -> str:
        """The name of a colour, which adds nothing to the words."""
        return {Actor.CUSTOMER: "attention", Actor.NOBODY: "well"}.get(self.actor, "waiting")


def device_of(request: OnboardingRequest) -> Device | None:
    """Return what is known of a request's device since it was connected; None before, and when it is over."""
    device = request.known_device
    return device if device and device.health != Health.ENDED else None


def makers_of(requests: Iterable[OnboardingRequest]) -> Makers:
    """Read how all the devices are that are like these, in one query."""
    kinds = {(request.type, request.manufacturer) for request in requests}
    names = {manufacturer for _type, manufacturer in kinds}
    rows = MakerHealth.objects.filter(manufacturer__in=names) if names else ()
    return {(row.type, row.manufacturer): row for row in rows}


def health_words(device: Device, makers: Makers) -> HealthWords:
    """Say how the device of a request is."""
    request = device.request
    maker = makers.get((request.type, request.manufacturer))
    is_maker_silent = maker is not None and maker.is_silent
    health = Health(device.health)
    state, sentence = _told(device, health, maker, is_maker_silent=is_maker_silent)
    actor = who_cares(health, is_maker_silent=is_maker_silent)
    return HealthWords(state, sentence, actor, health)


def _told(device: Device, health: Health, maker: MakerHealth | None, *, is_maker_silent: bool) -> tuple[str, str]:
    match health:
        case Health.FLOWING:
            return _("Data flows"), _flow(device)
        case Health.QUIET:
            return _since(device), _silence(device, is_maker_silent=is_maker_silent)
        case Health.GONE:
            return _("Being checked"), _(
                "The platform does not find your device right now. We look again before we say more; there is nothing "
                "for you to do."
            )
        case _:
            return _("No data yet"), first_data_words(device.request.type, maker)


def first_data_words(type: str, maker: MakerHealth | None) -> str:
    """Say when the first data of a device usually comes: by our own figures, or else by what it is."""
    if maker is None or maker.first_data_seconds is None:
        return _expected(type)
    usual = _("This usually takes %(time)s.") % {"time": in_words(maker.first_data_seconds)}
    return " ".join(filter(None, (_needed(type), usual)))


def _needed(type: str) -> str:
    """Say what a device has to do before there is anything to tell; nothing, where it only takes time."""
    match type:
        case "EV":
            return _("A car has something to tell after a drive.")
        case "PV":
            return _("Solar panels have something to tell when the sun shines.")
        case _:
            return ""


def _expected(type: str) -> str:
    match type:
        case "EV":
            return _("The first data usually comes by tomorrow, after the first drive.")
        case "PV":
            return _("The first data usually comes as soon as the sun shines.")
        case _ if type in METERS:
            return _("The first data usually comes by tomorrow.")
        case _:
            return _("The first data usually comes within a day.")


def _flow(device: Device) -> str:
    if device.last_data_at is None or device.last_data_at == device.first_data_at:
        at = device.first_data_at or device.health_since
        return _("The first data arrived %(when)s.") % {"when": at_last(at)}
    return _("The last data came %(when)s.") % {"when": at_last(device.last_data_at)}


def _since(device: Device) -> str:
    if device.last_data_at is None:
        return _("No data from your device")
    return _("No data since %(date)s") % {"date": on_day(device.last_data_at)}


def _silence(device: Device, *, is_maker_silent: bool) -> str:
    if not is_maker_silent:
        return _("Connecting it again usually helps, for instance after a new password at %(manufacturer)s.") % {
            "manufacturer": device.request.manufacturer
        }
    return _(
        "Many devices of %(manufacturer)s send nothing at the moment. There is nothing for you to do: it goes on by "
        "itself once they do."
    ) % {"manufacturer": device.request.manufacturer}
