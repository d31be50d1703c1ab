"""The API on the wire: paths, names, and the way to a token. Pure.

Two generations of it say the same in other words. Everything but this module has those of the older one, `realto`:
`Generation.spoken` puts a call into the words of the chosen one, and into the call how its answer is put into ours.
Field names that both share stay where they are read, in `resources`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from .values import is_nameable, mapping, text
from .values import name as name_of

AUTHENTICATION = "/v1/authentication"
ONBOARDING = "/v1/onboarding/entities"
ONBOARDING_ONE = "/v1/onboarding/entities/{id}"
ONBOARDING_CANCEL = "/v1/onboarding/entities/{id}/cancel"
OFFBOARDING = "/v1/offboarding/entities"
OFFBOARDING_ONE = "/v1/offboarding/entities/{id}"

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
TOKEN_PATH = "/am/oauth2/realms/root/realms/difesp/access_token"  # noqa: S105
SCOPE = "esp"
# What no customer can correct: for whom a device is connected, and where browsers come back to.
OURS = ("tenantId", "collectiveId", "owner", "returnUrl")
ATTRIBUTES = ("vin", "ean", "code", "reference", "email", "uuid", "model", "track")
_SPELLINGS = {name.lower(): name for name in (*ATTRIBUTES, *OURS)}


def _as_it_is(content: object) -> object:
    return content


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to leave. `template` is the path without ids: the only part that may be logged.

    `attributes`: what is sent about the device, by our names. `names`: how an error may call it, each with our name.
    `read` puts the answer into our words; `told` is what is sent in them, for the record.
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
    is_for_types: bool = False

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
            read=self._types if call.is_for_types else self._requests,
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

    def _requests(self, content: object) -> object:
        """Read an onboarding request, or a list of them."""
        if isinstance(content, list):
            return [self._request(item) for item in content]
        fields = mapping(content)
        if isinstance(listed := fields.get("data"), list):
            return {**fields, "data": [self._request(item) for item in listed]}
        return self._request(content)

    def _request(self, value: object) -> object:
        fields = mapping(value)
        data = mapping(fields.get("data"))
        entity = mapping(data.get("entity"))
        if not entity:
            return value
        told = self._ours(mapping(entity.get("information")), self.names)
        whole = self._ours(entity, self.names)
        kind, maker = (told.get(name) or whole.get(name) for name in CHOICES)
        whole["information"] = self._ours(told, self._names(kind, maker))
        return {**fields, "data": {**data, "entity": whole}}

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


def read_token(answer: object) -> tuple[str, object]:
    """The token ("" when there is none) and its lifetime as the platform puts it, in seconds, unchecked."""
    fields = mapping(answer)
    return text(fields.get("access_token"), longest=20_000), fields.get("expires_in")


def create_onboarding(
    *,
    type: str,
    manufacturer: str,
    attributes: Mapping[str, str],
    tenant_id: str,
    collective_id: str,
    owner_id: str,
    return_url: str,
) -> Call:
    optional = {
        **attributes,
        "tenantId": tenant_id,
        "collectiveId": collective_id,
        "owner": owner_id,
        "returnUrl": return_url,
    }
    body: dict[str, object] = {"type": type, MANUFACTURER: manufacturer}
    groups: dict[str, dict[str, str]] = {}
    for name, value in optional.items():
        group, dot, member = name.partition(".")
        if value and dot:
            groups.setdefault(group, {})[member] = value
        elif value:
            body.setdefault(name, value)
    return Call("POST", ONBOARDING, body=body | groups, attributes=tuple(attributes))


def get_onboarding(id: str) -> Call:
    return Call("GET", ONBOARDING_ONE, id=_checked(id))


def list_onboardings(*, type: str, manufacturer: str, continuation_token: str, page_size: int | None) -> Call:
    params = {
        "type": type,
        MANUFACTURER: manufacturer,
        "continuationToken": continuation_token,
        "pageSize": str(page_size or ""),
    }
    return Call("GET", ONBOARDING, params={name: value for name, value in params.items() if value})


def cancel_onboarding(id: str) -> Call:
    return Call("PATCH", ONBOARDING_CANCEL, id=_checked(id))


def create_offboarding(entity_id: str) -> Call:
    return Call("POST", OFFBOARDING, body={"entityId": entity_id})


def get_offboarding(id: str) -> Call:
    return Call("GET", OFFBOARDING_ONE, id=_checked(id))


def list_types(path: str, continuation_token: str) -> Call:
    params = {"continuationToken": continuation_token} if continuation_token else {}
    return Call("GET", path, params=params, is_for_types=True)


def attribute_name(value: object) -> str:
    """Spell a known attribute as the API does ("VIN" -> "vin"); leave an unknown one as it is."""
    given = name_of(value)
    return _SPELLINGS.get(given.lower(), given)


def _checked(id: str) -> str:
    # An empty id or dots would address something else, the list or another endpoint; all others are escaped.
    if not is_nameable(id):
        raise ValueError("An id is needed.")
    return id
