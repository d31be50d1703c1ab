"""Every address of the portal, from its URL conf, with rows that it leads to; and everybody who may ask for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.core import signing
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from onboarding.models import AccessLink, Mail, OnboardingRequest
from onboarding.portal.device_page import OWNER_SALT
from tests.customers import Customer, work
from tests.desk import CLEAR, ROLES, address, doors, fill, newest, sign_in

CUSTOMERS = ("anonymous", "customer without a request", "another customer")
HOLDER = "holder"

# What only its holder may read; fit for each field and found nowhere else.
VIN = "WVWZZZ1KZAW000802"
MARKS = {
    "vin": VIN,
    "contact_email": "zebra.unicorn@holder.example",
    "own_reference": "OWNREF-5512-QX",
    "platform_id": "5f0c2c1e-aaaa-4bbb-8ccc-0123456789ab",
    "entity_id": "5f0c2c1e-dddd-4eee-8fff-0123456789ab",
    "tenant_id": "5f0c2c1e-1111-4222-8333-0123456789ab",
    "owner_id": "5f0c2c1e-2222-4333-8444-0123456789ab",
    "platform_owner_id": "5f0c2c1e-3333-4444-8555-0123456789ab",
    "return_address": "https://company.example/back?customer=hold99er",
}
TOKEN = "a" * 32
SECRETS = [*MARKS.values(), *CLEAR, "zebra.unicorn", "hold99er"]


@dataclass(frozen=True)
class Address:
    """`name` as in the table of answers: of the URL, or its pattern where it has none."""

    name: str
    pattern: str


@dataclass
class World:
    """A full portal: the holder's browser, their draft and their request, and what fills in addresses."""

    holder: Client
    draft: OnboardingRequest
    request: OnboardingRequest
    clients: dict[str, Client] = field(default_factory=dict)

    def url(self, where: Address) -> str:
        name = where.name.removeprefix("admin:")
        if name in doors() and name != "onboarding_mail_preview":
            return address(name)
        values = self.values_for(where)
        found = re.sub(r"\^?\(\?P<(\w+)>[^)]*\)\$?|<(?:\w+:)?(\w+)>", lambda m: values[m[1] or m[2]], where.pattern)
        return "/" + found.rstrip("$")

    def values_for(self, where: Address) -> dict[str, str]:
        of_draft = where.name in {"onboarding:step", "onboarding:makers", "onboarding:not_listed", "onboarding:resume"}
        of_draft |= where.name == "onboarding:scan"
        model = re.search(r"admin/onboarding/(\w+)/", where.pattern)
        of_staff = Group if "auth/group" in where.pattern else User
        row = newest(model[1]).pk if model else of_staff.objects.latest("pk").pk
        return {
            "reference": (self.draft if of_draft else self.request).reference,
            "step": "identify",
            "name": "vin",
            "record_id": str(self.request.consents.get().record_id),
            "token": "made-up-token-of-nobody"
            if where.name == "onboarding:continue"
            else signing.dumps(self.request.reference, salt=OWNER_SALT),
            **dict.fromkeys(("object_id", "pk", "id"), str(row)),
            "content_type_id": "1",
            "app_label": "onboarding",
            "url": "nowhere/",
            "kind": "receipt",
            "light": "0a5546",
            "dark": "8fd3bf",
            "sha256": "0" * 64,
            "request_id": str(uuid4()),
        }


def every_address() -> list[Address]:
    return [Address(name or pattern, pattern) for name, pattern in _walk(get_resolver(), "", "")]


def make_world() -> World:
    fill()
    another = Customer(Client())
    another.start().choose("EV", "Audi")
    holder = Customer(Client())
    draft = Customer(holder.client).start().choose("EV", "Audi").request
    holder.submit("EV", "Volkswagen", vin=VIN)
    work()
    for row in (draft, holder.request):
        unsent = {"vin"} if row.sent_at or row.state != "draft" else {"vin", "platform_id", "entity_id"}
        columns: dict[str, Any] = {name: value for name, value in MARKS.items() if name not in unsent}
        OnboardingRequest.objects.filter(pk=row.pk).update(attributes={"vin": VIN}, **columns)
    Mail.objects.create(request=holder.request, kind="link", key="held", to=MARKS["contact_email"])
    AccessLink.objects.create(request=holder.request, kind="phone", expires_at=holder.request.created_at)
    world = World(holder.client, draft, holder.request)
    visitor = Client()
    visitor.get("/")
    world.clients = {
        "anonymous": Client(),
        "customer without a request": visitor,
        "another customer": another.client,
        HOLDER: holder.client,
        **{role: sign_in(role) for role in ROLES},
    }
    for client in world.clients.values():
        client.handler.enforce_csrf_checks = True
        client.cookies["csrftoken"] = TOKEN
    return world


def _walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[tuple[str, str]]:
    for found in resolver.url_patterns:
        pattern = prefix + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from _walk(found, pattern, f"{found.namespace}:" if found.namespace else space)
        elif isinstance(found, URLPattern):
            yield f"{space}{found.name}" if found.name else "", pattern
