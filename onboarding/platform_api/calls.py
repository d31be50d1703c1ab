"""The calls that can be made: where each goes, and what it sends, in the words of the older generation. Pure."""

from collections.abc import Mapping

from .values import is_nameable
from .wire import ENTITIES, MANUFACTURER, READINGS, TYPES, Call

ONBOARDING = "/v1/onboarding/entities"
ONBOARDING_ONE = "/v1/onboarding/entities/{id}"
ONBOARDING_CANCEL = "/v1/onboarding/entities/{id}/cancel"
OFFBOARDING = "/v1/offboarding/entities"
OFFBOARDING_ONE = "/v1/offboarding/entities/{id}"
ENTITIES_LIST = "/v1/entities"
ENTITY_ONE = "/v1/entities/{id}"
ENTITY_LAST_READING = "/v1/entities/{id}/readings/last"


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
    return Call("GET", ONBOARDING, params=_list_params(type, manufacturer, continuation_token, page_size))


def cancel_onboarding(id: str) -> Call:
    return Call("PATCH", ONBOARDING_CANCEL, id=_checked(id))


def create_offboarding(entity_id: str) -> Call:
    return Call("POST", OFFBOARDING, body={"entityId": entity_id})


def get_offboarding(id: str) -> Call:
    return Call("GET", OFFBOARDING_ONE, id=_checked(id))


def get_entity(id: str) -> Call:
    return Call("GET", ENTITY_ONE, id=_checked(id), about=ENTITIES)


def last_reading(entity_id: str) -> Call:
    return Call("GET", ENTITY_LAST_READING, id=_checked(entity_id), about=READINGS, may_be_empty=True)


def list_entities(*, type: str, manufacturer: str, continuation_token: str, page_size: int | None) -> Call:
    params = _list_params(type, manufacturer, continuation_token, page_size)
    return Call("GET", ENTITIES_LIST, params=params, about=ENTITIES)


def list_types(path: str, continuation_token: str) -> Call:
    params = {"continuationToken": continuation_token} if continuation_token else {}
    return Call("GET", path, params=params, about=TYPES)


def _list_params(type: str, manufacturer: str, continuation_token: str, page_size: int | None) -> dict[str, str]:
    params = {
        "type": type,
        MANUFACTURER: manufacturer,
        "continuationToken": continuation_token,
        "pageSize": str(page_size or ""),
    }
    return {name: value for name, value in params.items() if value}


def _checked(id: str) -> str:
    # An empty id or dots would address something else, the list or another endpoint; all others are escaped.
    if not is_nameable(id):
        raise ValueError("An id is needed.")
    return id
