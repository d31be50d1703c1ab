"""The API on the wire: paths, names, and the way to a token. Pure.

Two generations of it say the same in other words. Everything but this module has those of the older one, `realto`:
`Generation.spoken` puts a call into the words of the chosen one, and into the call how its answer is put into ours.
Field names that both share stay where they are read, in `resources`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from .values import mapping, text
from .values import name as name_of

AUTHENTICATION = "/v1/authentication"

MANUFACTURER = "manufacturer"
MANUFACTURERS = "manufacturers"
# What every request says, and a customer chose.
CHOICES = ("type", MANUFACTURER)
ATTRIBUTE_LISTS = ("properties", "requiredProperties", "attributes")
PROPERTIES = "properties"
# The newer generation has one name for what identifies a device; which of ours it is depends on type and maker.
IDENTIFIER = "identifier"
IDENTIFYING = ("vin", "ean", "reference")
IDENTIFIERS = {("EV", ""): "vin", ("SmartMeter", ""): "ean", ("SmartMeter", "xenn"): "reference"}
MAKERS = {"brand": MANUFACTURER, "brands": MANUFACTURERS}
# A word too common to mean a field wherever it stands.
COMMON = frozenset({"name"})
# What is not told how it is spelled, in small letters without anything between the words; the first that says something
# counts. Until when a mandate holds stands among an entity's properties.
VALID_UNTIL = (
    *("validuntil", "validto", "mandatevaliduntil", "mandateenddate", "mandateend", "consentvaliduntil"),
    *("consentenddate", "expiresat", "expirationdate", "expirydate", "expires", "enddate", "endsat"),
)
LAST_SEEN = ("lastseen", "lastseenat", "lastcommunication", "lastupdated")
IS_ONLINE = ("isonline", "online")
READ_AT = ("timestamp", "time", "measuredat", "readat", "datetime", "date", "at", "end", "to", "createdat")
# What an answer may be about.
REQUESTS, ENTITIES, READINGS, TYPES = "requests", "entities", "readings", "types"
TOKEN_PATH = "/am/oauth2/realms/root/realms/difesp/access_token"  # noqa: S105
SCOPE = "esp"
# What no customer can correct: for whom a device is connected, and where browsers come back to.
OURS = ("tenantId", "collectiveId", "owner", "returnUrl")
ATTRIBUTES = ("vin", "ean", "code", "reference", "email", "uuid", "model", "track")
_SPELLINGS = {name.lower(): name for name in (*ATTRIBUTES, *OURS)}


def _as_it_is(content: object) -> object:
    return content


def _each(content: object, read: Callable[[object], object]) -> object:
    """Read one thing, or each of a list."""
    if isinstance(content, list):
        return [read(item) for item in content]
    fields = mapping(content)
    if isinstance(listed := fields.get("data"), list):
        return {**fields, "data": [read(item) for item in listed]}
    return read(content)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to leave. `template` is the path without ids: the only part that may be logged.

    `attributes`: what is sent about the device, by our names. `names`: how an error may call it, each with our name.
    `read` puts the answer into our words; `told` is what is sent in them, for the record. `about`: what the answer is
    about. `may_be_empty`: an answer without any content, a 204, says that there is nothing.
    """

    method: str
    template: str
    id: str = field(default="", repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    attributes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[object], object] = field(default=_as_it_is, repr=False)
    told: Mapping[str, object] | None = field(default=None, repr=False)
    about: str = REQUESTS
    may_be_empty: bool = False

    @property
    def path(self) -> str:
        return self.template.replace("{id}", quote(self.id, safe=""))

    @property
    def is_repeatable(self) -> bool:
        return self.method == "GET"


@dataclass(frozen=True)
class Generation:
    """A generation of the API, by what it calls otherwise than we do: `types` and `names` go from its words to ours.

    `base_url` is where it is documented. `token_hosts`: of its OAuth 2 endpoint, by the host of the API; any other host
    has it too. None: there is no such endpoint. `leaves_out`: what it does not know.
    """

    base_url: str
    types: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    token_hosts: Mapping[str, str] | None = None

    def token_call(self, base_url: str, client_id: str, client_secret: str) -> Call:
        """Ask for a token, as a client of the API at `base_url`."""
        if self.token_hosts is None:
            return Call("POST", AUTHENTICATION, body={"clientId": client_id, "clientSecret": client_secret})
        base = urlsplit(base_url)
        host = self.token_hosts.get(base.hostname or "", f"{base.scheme}://{base.netloc}")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        return Call("POST", f"{host}{TOKEN_PATH}", form=form | {"scope": SCOPE})

    def spoken(self, call: Call) -> Call:
        """Put a call into the words of this generation."""
        if not self.names:
            return call
        said = {**(call.body or {}), **call.params}
        names = self._names(said.get("type"), said.get(MANUFACTURER), said)
        return replace(
            call,
            params=self._spoken(call.params, names),
            body=None if call.body is None else self._spoken(call.body, names),
            names=names,
            read=self._readers()[call.about],
            told=call.body or call.params,
        )

    def _names(self, kind: object, maker: object, said: Mapping[str, object] | None = None) -> dict[str, str]:
        """Give our names by those of this generation, which has one for all that identifies a device."""
        usual = _identifier_of(text(kind), text(maker))
        sent = next((name for name in (usual, *IDENTIFYING) if name in (said or {})), usual)
        return {**self.names, IDENTIFIER: sent}

    def _spoken(self, fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        theirs = {ours: name for name, ours in names.items()}
        types = {ours: name for name, ours in self.types.items()}
        spoken = {theirs.get(name, name): value for name, value in fields.items() if name not in self.leaves_out}
        return spoken | ({"type": types.get(spoken["type"], spoken["type"])} if "type" in spoken else {})

    def _ours(self, fields: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
        """Give fields our names, and a type ours; of two for one name the first that says something counts."""
        told: dict[str, object] = {}
        for name, value in fields.items():
            ours = names.get(name, name)
            if told.get(ours) is None:
                told[ours] = self._our_type(value) if name == "type" else value
        return told

    def _our_type(self, kind: object) -> object:
        return self.types.get(kind, kind) if isinstance(kind, str) else kind

    def _readers(self) -> dict[str, Callable[[object], object]]:
        return {
            REQUESTS: lambda content: _each(content, self._request),
            ENTITIES: lambda content: _each(content, self._lone_entity),
            READINGS: _as_it_is,
            TYPES: self._types,
        }

    def _request(self, value: object) -> object:
        fields = mapping(value)
        data = mapping(fields.get("data"))
        entity = mapping(data.get("entity"))
        return {**fields, "data": {**data, "entity": self._entity(entity)}} if entity else value

    def _lone_entity(self, value: object) -> object:
        fields = lone_entity(value)
        return self._entity(fields) if fields else value

    def _entity(self, entity: Mapping[str, object]) -> dict[str, object]:
        told = self._ours(mapping(entity.get("information")), self.names)
        whole = self._ours(entity, self.names)
        kind, maker = (told.get(name) or whole.get(name) for name in CHOICES)
        whole["information"] = self._ours(told, self._names(kind, maker))
        return whole

    def _types(self, content: object) -> object:
        """Read the list of types, whichever shape it has."""
        if isinstance(content, dict) and "data" in content:
            return {**content, "data": self._offers(content["data"])}
        return self._offers(content)

    def _offers(self, content: object) -> object:
        if isinstance(content, dict):
            ours = {kind: self._our_type(kind) for kind in content}
            return {ours[kind]: self._makers(ours[kind], makers) for kind, makers in content.items()}
        return [self._entry(item) for item in content] if isinstance(content, list) else content

    def _entry(self, entry: object) -> object:
        told = self._maker(mapping(entry).get("type"), entry)
        if not isinstance(told, dict) or MANUFACTURERS not in told:
            return told
        return {**told, MANUFACTURERS: self._makers(told.get("type"), told[MANUFACTURERS])}

    def _makers(self, kind: object, makers: object) -> object:
        return [self._maker(kind, maker) for maker in makers] if isinstance(makers, list) else makers

    def _maker(self, kind: object, maker: object) -> object:
        if not isinstance(maker, dict):
            return maker
        told = self._ours(maker, MAKERS)
        name = told.get(MANUFACTURER) or told.get("name")
        return told | self._attributes(told, self._our_type(kind), name)

    def _attributes(self, fields: Mapping[str, object], kind: object, maker: object) -> dict[str, object]:
        names = {name.lower(): ours for name, ours in self._names(kind, maker).items()}

        def ours(value: object) -> object:
            return names.get(value.strip().lower(), value) if isinstance(value, str) else value

        def read(item: object) -> object:
            return {**item, "name": ours(item.get("name"))} if isinstance(item, dict) else ours(item)

        lists = {name: fields.get(name) for name in ATTRIBUTE_LISTS}
        return {name: list(map(read, found)) for name, found in lists.items() if isinstance(found, list)}


def _identifier_of(kind: str, maker: str) -> str:
    """Say what identifies a device, by our names, where there is one name for it."""
    first = next(iter(maker.casefold().split()), "")
    kind = kind.strip()
    return IDENTIFIERS.get((kind, first)) or IDENTIFIERS.get((kind, ""), "reference")


GENERATIONS = {
    "realto": Generation("https://platform.realto.io/api"),
    "der-connect": Generation(
        "https://api.traxes.io/connect",
        types={"SolarPlant": "PV", "Meter": "SmartMeter", "ChargePoint": "ChargePole"},
        names={"brand": MANUFACTURER, "pairingCode": "code", "associatedEmail": "email", "name": "model"},
        leaves_out=frozenset({"tenantId"}),
        token_hosts={"api.traxes.io": "https://signin.energy", "api.ppd.traxes.io": "https://acc.signin.energy"},
    ),
}


def lone_entity(value: object) -> Mapping[str, object]:
    """The fields of an entity that is answered by itself, or wrapped as others are."""
    fields = mapping(value)
    data = {} if "id" in fields else mapping(fields.get("data"))
    return mapping(data.get("entity")) or data or fields


def read_token(answer: object) -> tuple[str, object]:
    """The token ("" when there is none) and its lifetime as the platform puts it, in seconds, unchecked."""
    fields = mapping(answer)
    return text(fields.get("access_token"), longest=20_000), fields.get("expires_in")


def attribute_name(value: object) -> str:
    """Spell a known attribute as the API does ("VIN" -> "vin"); leave an unknown one as it is."""
    given = name_of(value)
    return _SPELLINGS.get(given.lower(), given)
