"""The platform's tokens: they look like a JWT, and only this file knows what is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare

EXPIRES_IN = 3599
SCOPE = "esp"
CLIENT_WITHOUT_TENANT = "sandbox-no-tenant"
DEFAULT_TENANT_ID = UUID("5a9db0c5-0000-4000-8000-000000000001")
SIGNER = signing.Signer(sep=".", salt="sandbox.token")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a client, the principal that it acts as, and the tenant that follows from it, if any."""

    client_id: str

    @property
    def principal_id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"sandbox:principal:{self.client_id}")

    @property
    def default_tenant(self) -> UUID | None:
        return None if self.client_id == CLIENT_WITHOUT_TENANT else DEFAULT_TENANT_ID


def has_good_credentials(client_id: str, client_secret: str) -> bool:
    known = client_id in (settings.SANDBOX_CLIENT_ID, CLIENT_WITHOUT_TENANT)
    return known and constant_time_compare(client_secret, settings.SANDBOX_CLIENT_SECRET)


def issue(client_id: str, now: float) -> str:
    """Make a token for `client_id`; `now` is seconds since the epoch."""
    claims = {"sub": client_id, "iat": now, "exp": now + EXPIRES_IN}
    return SIGNER.sign(f"{encode({'alg': 'HS256', 'typ': 'JWT'})}.{encode(claims)}")


def find_caller(token: str, now: float, valid_from: float) -> Caller | None:
    """Read a token; None when it is forged, expired, or older than `valid_from`."""
    try:
        claims = json.loads(signing.b64_decode(SIGNER.unsign(token).split(".")[1].encode()))
    except (signing.BadSignature, ValueError, IndexError):
        return None
    if not valid_from <= claims["iat"] or now >= claims["exp"]:
        return None
    return Caller(claims["sub"])


def encode(part: dict[str, object]) -> str:
    return signing.b64_encode(json.dumps(part).encode()).decode()
