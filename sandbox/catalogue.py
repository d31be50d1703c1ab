"""What the sandbox platform can onboard: types, manufacturers and the attributes that each one needs.

Written from the platform's public pages alone: the makers named there behave as they do there, the others are
plausible. Pure data and pure functions; rows that staff add in the admin are joined to it by `models`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TYPES = ("Battery", "Boiler", "ChargePole", "EV", "HeatPump", "PV", "RetrofitMeter", "SmartMeter")

VIN_PATTERN = "[A-HJ-NPR-Z0-9]{17}"
EAN_PATTERN = r"\d{8}|\d{12}|\d{13}|\d{14}|\d{18}"


@dataclass(frozen=True, slots=True)
class Property:
    """One attribute of a type and manufacturer; `properties.flow` lies inside the object `properties`."""

    name: str
    is_required: bool = True
    description: str = ""
    pattern: str = ""

    @classmethod
    def from_json(cls, item: object) -> Property:
        """Read what staff wrote: a bare name, or an object like those of the types endpoint."""
        if not isinstance(item, Mapping):
            return cls(str(item))
        return cls(
            name=str(item.get("name", "")),
            is_required=bool(item.get("required", True)),
            description=str(item.get("description") or ""),
            pattern=str(item.get("pattern") or ""),
        )

    def as_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"name": self.name, "required": self.is_required}
        if self.description:
            shape["description"] = self.description
        if self.pattern:
            shape["pattern"] = self.pattern
        return shape

    def matches(self, value: str) -> bool:
        """Whether `value` fits the pattern; a pattern that is no regular expression refuses nothing."""
        try:
            return not self.pattern or re.fullmatch(self.pattern, value) is not None
        except re.error:
            return True


@dataclass(frozen=True, slots=True)
class Offering:
    """One row of the types endpoint, and how its maker behaves (a key of `rules.BEHAVIOURS`)."""

    type: str
    manufacturer: str
    properties: tuple[Property, ...] = ()
    behaviour: str = "direct"

    def as_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "manufacturer": self.manufacturer,
            "properties": [item.as_json() for item in self.properties],
        }


VIN = Property("vin", description="Vehicle identification number, 17 characters.", pattern=VIN_PATTERN)
EAN = Property("ean", description="EAN code of the grid connection, 18 digits.", pattern=r"\d{18}")
UUID = Property("uuid", description="Identifier of the device, as its app shows it.")
DONGLE_CODE = Property("code", description="Code on the dongle's label.")
FLOW = Property(
    "properties.flow",
    description="B2C when the connection belongs to a person, B2B when it belongs to a business.",
    pattern="B2C|B2B",
)


def reference(description: str, *, is_required: bool = True, pattern: str = "") -> Property:
    return Property("reference", is_required, description, pattern)


def email(description: str) -> Property:
    return Property("email", description=description)


SERIAL = reference("Serial number, on the type plate.")
OPTIONAL_SERIAL = reference("Serial number, on the type plate.", is_required=False)


def rows(type_: str, makers: Iterable[str], *properties: Property, behaviour: str = "direct") -> tuple[Offering, ...]:
    return tuple(Offering(type_, maker, properties, behaviour) for maker in makers)


# fmt: off
EV_BY_REDIRECT = (
    "BMW", "BYD", "Citroën", "Cupra", "DS", "Fiat", "Ford", "Hyundai", "Jaguar", "Jeep", "Kia",
    "Mercedes-Benz", "MINI", "Nissan", "Opel", "Peugeot", "Polestar", "Porsche", "Renault", "SEAT",
    "Škoda", "Tesla", "Toyota", "Volkswagen", "Volvo",
)
# fmt: on

OFFERINGS: tuple[Offering, ...] = (
    *rows("Battery", ["Tesla", "Enphase", "Huawei"], behaviour="redirect"),
    *rows("Battery", ["AlphaESS", "BYD"], SERIAL),
    *rows("Battery", ["sonnen"], SERIAL, email("E-mail address of the sonnen account."), behaviour="consent"),
    *rows("Boiler", ["Ariston"], behaviour="redirect"),
    *rows("Boiler", ["Inventum"], UUID),
    *rows("Boiler", ["Itho Daalderop"], SERIAL),
    *rows("ChargePole", ["Easee", "Zaptec"], behaviour="redirect"),
    *rows("ChargePole", ["Alfen", "EVBox", "Smappee"], SERIAL),
    *rows("ChargePole", ["Wallbox"], UUID, behaviour="consent"),
    *rows("EV", ["Audi"], VIN, behaviour="consent"),
    *rows("EV", EV_BY_REDIRECT, VIN, behaviour="redirect"),
    *rows("HeatPump", ["Daikin", "Viessmann"], behaviour="redirect"),
    *rows("HeatPump", ["NIBE", "Vaillant"], SERIAL, behaviour="redirect"),
    *rows("HeatPump", ["Bosch", "Mitsubishi Electric", "Panasonic"], OPTIONAL_SERIAL),
    *rows("PV", ["Huawei"], behaviour="redirect"),
    *rows(
        "PV",
        ["SMA"],
        reference("Plant id, as the address of the Sunny Portal shows it."),
        email("E-mail address of the plant's owner."),
        behaviour="consent",
    ),
    *rows("PV", ["Enphase"], reference("System id.", pattern=r"\d{4,10}"), behaviour="redirect"),
    *rows("PV", ["SolarEdge"], reference("Site id.", pattern=r"\d{4,10}"), behaviour="consent"),
    *rows("PV", ["Fronius"], UUID, behaviour="redirect"),
    *rows("PV", ["GoodWe", "Growatt", "Solis", "Sungrow"], SERIAL),
    *rows("RetrofitMeter", ["re.alto"], DONGLE_CODE),
    *rows(
        "RetrofitMeter",
        ["Xenn"],
        reference("Number on the meter's label, like P1000000000.", pattern=r"P\d{10}"),
        Property("code", description="Pairing code, six digits.", pattern=r"\d{6}"),
    ),
    *rows("SmartMeter", ["re.alto"], DONGLE_CODE),
    *rows("SmartMeter", ["Fluvius"], EAN, FLOW, behaviour="redirect"),
    *rows("SmartMeter", ["ORES", "RESA", "Sibelga"], EAN, behaviour="consent"),
    *rows("SmartMeter", ["Enexis", "Liander", "Stedin"], EAN),
)
