"""What an installation needs from others: the platform, the mail server, the receiver of webhooks."""

import smtplib
import socket
import ssl
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import mailers
from django.db import Error

from onboarding.lib.safe_links import parts_of
from onboarding.lib.sealed_fields import readable
from onboarding.mail.smtp import EmailBackend
from onboarding.platform_api import connection
from onboarding.platform_api.errors import NotAuthorized, PlatformError
from onboarding.webhooks.destinations import may_be_reached
from onboarding.webhooks.endpoint_models import WebhookEndpoint

from .findings import Finding, kind_of, trouble, well

CONNECT_SECONDS = 10.0


def check_platform() -> Iterator[Finding]:
    """Fetch a token and read one page of the list of requests; nothing is changed there."""
    if settings.USES_EMBEDDED_SANDBOX:
        yield well("Platform", "The embedded sandbox stands in for it: nothing reaches a real device.")
        return
    host = parts_of(settings.REALTO_API_URL).hostname
    client = connection.connect()
    try:
        client.authenticate()
        client.list_onboardings(page_size=1)
    except NotAuthorized as problem:
        yield trouble(
            "Platform",
            f"{host} does not let us in (status {problem.status}): correct REALTO_CLIENT_ID and REALTO_CLIENT_SECRET, "
            "or ask the platform what this client may do.",
        )
    except PlatformError as problem:
        yield trouble("Platform", f"{host} gives no usable answer: correct REALTO_API_URL, or wait. {problem}")
    else:
        yield well("Platform", f"{host} answers, and accepts our credentials.")
    finally:
        client.close()


def check_tenant() -> Iterator[Finding]:
    named = {"REALTO_TENANT_ID": "tenant", "REALTO_COLLECTIVE_ID": "collective", "REALTO_OWNER_ID": "owner"}
    told = [f"{what} {getattr(settings, name)}" for name, what in named.items() if getattr(settings, name)]
    if told:
        yield well(
            "Tenant", f"Devices are connected for {', '.join(told)}. The platform judges that with the first one."
        )
    else:
        yield well("Tenant", "The platform decides by our client; if it cannot, set REALTO_TENANT_ID.")


def check_mail() -> Iterator[Finding]:
    mailer = mailers["default"]
    if not isinstance(mailer, EmailBackend):
        yield well("Mail", "None is sent: EMAIL_URL names no mail server.")
        return
    server = f"{mailer.host}:{mailer.port}"
    try:
        mailer.greet()
    except smtplib.SMTPAuthenticationError:
        yield trouble("Mail", f"{server} does not let us in: correct user and password in EMAIL_URL.")
    except (smtplib.SMTPException, OSError) as problem:
        yield trouble("Mail", f"{server} cannot be used ({kind_of(problem)}): correct EMAIL_URL, or start the server.")
    else:
        yield well("Mail", f"{server} greets us.")


def check_webhooks() -> Iterator[Finding]:
    """Connect to each receiver and say nothing: what it is sent is for real."""
    try:
        endpoints = list(WebhookEndpoint.objects.filter(removed_at=None, paused_at=None))
    except Error as problem:
        yield trouble("Webhooks", f"Their endpoints cannot be read ({kind_of(problem)}): look at the database first.")
        return
    for endpoint in endpoints:
        yield _endpoint(endpoint)
    if not endpoints:
        yield well("Webhooks", "They are off: no endpoint is active.")


def _endpoint(endpoint: WebhookEndpoint) -> Finding:
    parts = parts_of(str(readable(endpoint, "url", "")))
    is_secure, host = parts.scheme == "https", parts.hostname or ""
    if not host:
        return trouble("Webhooks", f"The address of {endpoint.name} cannot be opened: enter it anew at the desk.")
    try:
        address = _reach(host, parts.port or (443 if is_secure else 80), is_secure=is_secure)
    except OSError as problem:
        how = f"cannot be reached ({kind_of(problem)}): correct {endpoint.name} at the desk, or start it."
        return trouble("Webhooks", f"{host} {how}")
    if not may_be_reached(address, is_local=not settings.IS_PRODUCTION):
        return trouble("Webhooks", f"{host} leads to {address}, which is not called: correct {endpoint.name}.")
    return well("Webhooks", f"{host} can be reached.")


def _reach(host: str, port: int, *, is_secure: bool) -> str:
    """Connect, and return the IP address that the name led to."""
    with socket.create_connection((host, port), CONNECT_SECONDS) as connected:
        address = str(connected.getpeername()[0])
        if is_secure:
            ssl.create_default_context().wrap_socket(connected, server_hostname=host).close()
    return address
