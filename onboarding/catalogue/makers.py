"""Makers, each in one place: what else people call them, and whose devices may be sold under whose name. Pure."""

from collections.abc import Iterable

from onboarding.lib.folding import searchable, words_of

# One maker per line. After a colon, what people call it or what it sells: they find it by these, and the platform may
# use any. After a bar, what only the register of VINs calls it.
_CARS = """
Alfa Romeo: Alfa
Alpine
Audi | quattro
Bentley
BMW: Beemer, Bimmer, Bayerische Motoren Werke
BYD
Cadillac
Chevrolet: Chevy
Chrysler
Citroën
CUPRA
Dacia
Dodge
DS
Ferrari
Fiat | Abarth
Fisker
Ford
Geely
General Motors
Genesis
Great Wall
Honda
Hyundai
Infiniti
Isuzu
Iveco
Jaguar
Jeep | FCA
KGM: SsangYong
Kia
Lancia
Land Rover: Range Rover
LDV
Leapmotor
Lexus
Lotus
Lucid
Lynk & Co: Lynk and Co
MAN
Maserati
Maxus: LDV
Mazda
Mercedes-Benz: Mercedes, Merc, MB, Benz, Daimler | DaimlerChrysler
MG: Morris Garages
MINI
Mitsubishi
NIO
Nissan
Opel
ORA
Peugeot
Polestar
Porsche
Ram
Renault: Reno
Rivian
Rolls-Royce
Rover
SEAT
Škoda
smart
SsangYong
Subaru
Suzuki
Tesla: Powerwall
Toyota | Scion
Vauxhall
VinFast
Volkswagen: VW
Volvo
XPENG
Zeekr
"""
_OTHERS = """
Enphase: Envoy, Enlighten
Fronius: Solar.web
GoodWe: SEMS Portal
Growatt: ShinePhone
Huawei: FusionSolar, SUN2000, LUNA2000
SMA: Sunny Boy, Sunny Tripower, Sunny Island, Sunny Portal, Sunny Home Manager
SolarEdge: mySolarEdge
Solis: Ginlong
sonnen: sonnenBatterie
Sungrow: iSolarCloud
Daikin: Altherma, Onecta
NIBE: myUplink
Vaillant: aroTHERM
Viessmann: ViCare
re.alto: P1, dongle
Fluvius: Mijn Fluvius, Eandis, Infrax
Liander: Alliander
RESA: Tecteo
"""
# Makers that sell, or used to sell, the same thing under the other's name: to ask about, never to assume.
_SISTERS = """
Abarth, Fiat
Citroën, DS
CUPRA, SEAT
Mercedes-Benz, smart
Opel, Vauxhall
"""
# Makers, besides, that sell each other's vehicles, or vehicles with each other's maker code.
_FAMILIES = """
Alpine, Dacia, Infiniti, Mitsubishi, Nissan, Renault
BMW, MINI
Cadillac, Chevrolet, General Motors, Opel, Vauxhall
Chrysler, Dodge, Fiat, Jeep, Ram
Geely, Lotus, Lynk & Co, Polestar, smart, Volvo, Zeekr
Genesis, Hyundai
Great Wall, ORA
Jaguar, Land Rover, Rover
KGM, SsangYong
LDV, Maxus, MG, Rover
Lexus, Subaru, Suzuki, Toyota
"""


def _lists(table: str) -> list[list[str]]:
    return [line.split(", ") for line in table.strip().splitlines()]


def _spellings(lists: Iterable[Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Give for every name the searchable names of its list."""
    lines = [tuple(searchable(name) for name in names) for names in lists]
    return {name: line for line in lines for name in line if len(line) > 1}


def _by_words(table: str) -> dict[str, str]:
    """Give for the words of every name the maker; a name that has a line of its own is that maker's."""
    lines = [line.replace(" | ", ", ").replace(": ", ", ").split(", ") for line in table.strip().splitlines()]
    own = {_words(maker): maker for maker, *_names in lines}
    return {_words(name): maker for maker, *names in lines for name in names} | own


def _words(text: str) -> str:
    return " ".join(words_of(text))


# By a searchable name, the names that are as good; and those of what may be meant when it is not offered.
ALIASES = _spellings(line.split(" | ")[0].replace(": ", ", ").split(", ") for line in (_CARS + _OTHERS).splitlines())
SISTERS = _spellings(_lists(_SISTERS))
_RELATED = [frozenset(names) for names in _lists(_SISTERS) + _lists(_FAMILIES)]
_CAR_MAKERS = _by_words(_CARS)


def car_makers_in(text: str) -> list[str]:
    """Name the makers of cars that a text speaks of, in its order: "SAIC MG" is MG. Nobody else is ever suggested."""
    padded = f" {_words(text)} "
    found = sorted((padded.find(f" {name} "), maker) for name, maker in _CAR_MAKERS.items())
    return [maker for place, maker in found if place >= 0]


def may_be_the_same(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether some makers and others have one in common, or two that are related."""
    groups = [*_RELATED, *(frozenset({maker}) for maker in some)]
    return any(not group.isdisjoint(some) and not group.isdisjoint(others) for group in groups)
