"""What is particular to this generation of the platform's API: paths, names on the wire, the way to a token.

The newer generation (see docs: "A newer generation") keeps the lifecycle and renames things: this is the one
module that would change for it. Field names that both generations share stay where they are read, in
`resources`. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

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
# So many fields of an entity are read.
MOST_FIELDS = 100
# What no customer can correct: for whom a device is connected, and where browsers come back to.
OURS = ("tenantId", "collectiveId", "owner", "returnUrl")
ATTRIBUTES = ("vin", "ean", "code", "reference", "email", "uuid", "model", "track")
_SPELLINGS = {name.lower(): name for name in (*ATTRIBUTES, *OURS)}


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to leave. `template` is the path without ids: the only part that may be logged."""

    method: str
    template: str
    id: str = field(default="", repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    attributes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.template.replace("{id}", quote(self.id, safe=""))

    @property
    def is_repeatable(self) -> bool:
        return self.method == "GET"


def token_call(client_id: str, client_secret: str) -> Call:
    return Call("POST", AUTHENTICATION, body={"clientId": client_id, "clientSecret": client_secret})


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
    return Call("GET", path, params={"continuationToken": continuation_token} if continuation_token else {})


def attribute_name(value: object) -> str:
    """Spell a known attribute as the API does ("VIN" -> "vin"); leave an unknown one as it is."""
    given = name_of(value)
    return _SPELLINGS.get(given.lower(), given)


def information(entity: Mapping[str, object]) -> dict[str, str]:
    """All that an entity says about itself, flat: attribute -> value, with `properties.flow` and the like."""
    told = mapping(entity.get("information"))
    flat = {name_of(key): text(value) for key, value in _some(told)}
    for holder in (told, entity):
        for key, value in _some(mapping(holder.get(PROPERTIES))):
            flat[f"{PROPERTIES}.{name_of(key)}"] = text(value)
    return {key: value for key, value in flat.items() if key and value and key not in ("type", MANUFACTURER)}


def _some(fields: Mapping[str, object]) -> list[tuple[str, object]]:
    return list(islice(fields.items(), MOST_FIELDS))


def _checked(id: str) -> str:
    # An empty id or dots would address something else, the list or another endpoint; all others are escaped.
    if not is_nameable(id):
        raise ValueError("An id is needed.")
    return id
