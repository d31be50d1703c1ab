"""From the settings to a client: the one place here that knows Django, and that picks the sandbox."""

import os
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.module_loading import import_string

from onboarding.lib.deadline import DeadlineTransport, no_cookies

from .auth import Credentials
from .client import Client
from .exchange import LARGEST_BODY_BYTES
from .wire import GENERATIONS

_clients: dict[int, Client] = {}
_lock = threading.Lock()


def connect(before_call: Callable[[], None] = lambda: None) -> Client:
    """Make a client by the settings. The caller closes it."""
    generation = GENERATIONS[settings.REALTO_API_GENERATION]
    if settings.USES_EMBEDDED_SANDBOX:
        base_url = f"{settings.SANDBOX_URL}{urlsplit(generation.base_url).path}"
        transport = import_string(settings.SANDBOX_TRANSPORT)()
    else:
        base_url, transport = settings.REALTO_API_URL, _over_the_network()
    http = httpx.Client(
        base_url=base_url,
        transport=transport,
        timeout=httpx.Timeout(
            settings.REALTO_TIMEOUT_SECONDS
        ),  # for the sandbox; a call over the network has one deadline
        headers={"User-Agent": "realto-portal"},
        cookies=no_cookies(),
        follow_redirects=False,
    )
    credentials = Credentials(settings.REALTO_CLIENT_ID, settings.REALTO_CLIENT_SECRET)
    return Client(
        http, credentials, types_path=settings.REALTO_TYPES_PATH, generation=generation, before_call=before_call
    )


def _over_the_network() -> DeadlineTransport:
    return DeadlineTransport(
        seconds=settings.REALTO_TIMEOUT_SECONDS,
        largest=LARGEST_BODY_BYTES,
        limits=httpx.Limits(max_keepalive_connections=10, keepalive_expiry=30),
    )


def get_client(before_call: Callable[[], None] = lambda: None) -> Client:
    """Return the client of this process, made when first asked for; `before_call` counts only then.

    A forked process makes its own: two processes on one connection would read each other's answers. It keeps
    what it inherited without closing it, which could say goodbye on the parent's connection.
    """
    client = _clients.get(os.getpid())
    if client is not None:
        return client
    with _lock:
        client = _clients.get(os.getpid()) or connect(before_call)
        _clients[os.getpid()] = client
        return client


def reset() -> None:
    """Close and forget this process's client, so that the next one follows changed settings: for tests."""
    with _lock:
        client = _clients.pop(os.getpid(), None)
    if client is not None:
        client.close()


def _renew_lock() -> None:
    # A fork may happen while another thread holds the lock, which nobody in the child would ever release.
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)
