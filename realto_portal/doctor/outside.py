"""What an installation needs from others: the platform, the mail server, the receiver of webhooks."""

import smtplib
import socket
import ssl
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import mailers

from onboarding.lib.safe_links import parts_of
from onboarding.mail.smtp import EmailBackend
from onboarding.platform_api import connection
from onboarding.platform_api.errors import NotAuthorized, PlatformError

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
    """Connect to the receiver and say nothing: what it is sent is for real."""
    if not settings.WEBHOOK_URL:
        yield well("Webhooks", "They are off.")
        return
    parts = parts_of(settings.WEBHOOK_URL)
    is_secure, host = parts.scheme == "https", parts.hostname or ""
    try:
        _reach(host, parts.port or (443 if is_secure else 80), is_secure=is_secure)
    except OSError as problem:
        yield trouble("Webhooks", f"{host} cannot be reached ({kind_of(problem)}): correct WEBHOOK_URL, or start it.")
    else:
        yield well("Webhooks", f"{host} can be reached.")


def _reach(host: str, port: int, *, is_secure: bool) -> None:
    with socket.create_connection((host, port), CONNECT_SECONDS) as connected:
        if is_secure:
            ssl.create_default_context().wrap_socket(connected, server_hostname=host).close()
