"""Who wants to hear of a request in their browser, and who no longer does."""

from django.conf import settings
from django.db import transaction

from onboarding.lib import sealed
from onboarding.request.models import OnboardingRequest

from . import encryption
from .models import LONGEST_ENDPOINT, PushSubscription
from .sender import may_be_called

# More phones and computers nobody looks at.
MOST = 5
# What a browser's public key and its secret weigh.
KEY_BYTES, SECRET_BYTES = 65, 16


class BadSubscription(ValueError):
    """What came is no subscription, of a push service that we do not call, or one more than we keep."""


def public_key() -> str:
    """Return what browsers know us by; empty while nobody can be told."""
    if not settings.PUSH_KEY:
        return ""
    return encryption.to_text(encryption.public_bytes(encryption.private_key(sealed.read_key(settings.PUSH_KEY))))


def is_subscribed(request: OnboardingRequest, browser: str) -> bool:
    return (
        bool(browser and settings.PUSH_KEY)
        and PushSubscription.objects.filter(request=request, browser=browser).exists()
    )


@transaction.atomic
def subscribe(request: OnboardingRequest, *, browser: str, endpoint: str, p256dh: str, auth: str) -> bool:
    """Tell this browser of a request from now on, in place of what it gave before; False for one that is over.

    Raises: BadSubscription, also when enough other browsers are told already.
    """
    check(endpoint, p256dh, auth)
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    unsubscribe(row, browser)
    if row.is_final:
        return False
    if not settings.PUSH_KEY or PushSubscription.objects.filter(request=row).count() >= MOST:
        raise BadSubscription("one too many")
    secrets = {"p256dh": p256dh, "auth": auth}
    PushSubscription.objects.create(request=row, browser=browser, endpoint=endpoint, secrets=secrets)
    return True


def unsubscribe(request: OnboardingRequest, browser: str) -> None:
    PushSubscription.objects.filter(request=request, browser=browser).delete()


def check(endpoint: str, p256dh: str, auth: str) -> None:
    """Look whether messages could be sealed for it and sent there.

    Raises: BadSubscription.
    """
    if len(endpoint) > LONGEST_ENDPOINT or not may_be_called(endpoint, settings.PUSH_SERVICES):
        raise BadSubscription("the address")
    try:
        key, secret = encryption.from_text(p256dh), encryption.from_text(auth)
        encryption.encrypt(b"", browser_key=key, browser_secret=secret)
    except ValueError as problem:
        raise BadSubscription("the keys") from problem
    if (len(key), len(secret)) != (KEY_BYTES, SECRET_BYTES):
        raise BadSubscription("the keys")
