"""Other browsers: links and codes that let them hold a request, and taking them back."""

from django.db import transaction
from django.utils import timezone

from onboarding.models import AccessLink, Event, Holder, OnboardingRequest
from onboarding.models.consent import sha256

from .invitations import note_opened
from .language import speak
from .links import make_link


def phone_link(request: OnboardingRequest) -> AccessLink:
    """Give the link for another device: the one that was made a moment ago, or a new one."""
    now = timezone.now()
    usable = request.links.filter(kind=AccessLink.Kind.PHONE, revoked_at=None, taken_at=None, expires_at__gt=now)
    with transaction.atomic():
        return usable.first() or make_link(request, AccessLink.Kind.PHONE)


def find_link(token: str) -> AccessLink | None:
    """Return the link of a token, expired or not; None for one that is made up or revoked."""
    links = AccessLink.objects.select_related("request")
    return links.filter(token_sha256=sha256(token), revoked_at=None).first()


def find_code(code: str) -> AccessLink | None:
    """Return the link of a short code that is good now; spaces, dashes and small letters are fine."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    links = AccessLink.objects.select_related("request")
    good = links.filter(code_sha256=sha256(plain), revoked_at=None, taken_at=None, expires_at__gt=timezone.now())
    return good.first() if plain else None


@transaction.atomic
def join(link: AccessLink, *, browser: str, language: str = "") -> None:
    """Let a browser hold the request of a link; one that came by e-mail, all requests with that address.

    `language`: the one in which the link was read, if the reader chose another than its own.
    """
    request, now = link.request, timezone.now()
    joined = [request]
    if link.kind == AccessLink.Kind.EMAIL and request.contact_email:
        joined = list(OnboardingRequest.objects.filter(contact_email__iexact=request.contact_email))
    Holder.objects.bulk_create([Holder(request=row, browser=browser) for row in joined], ignore_conflicts=True)
    AccessLink.objects.filter(pk=link.pk).update(taken_at=now)
    if language and language != request.language:
        speak(OnboardingRequest.objects.filter(pk=request.pk), language)
    Event.record(request, Event.Actor.CUSTOMER, "continued-elsewhere", by=link.kind)
    note_opened(request)


@transaction.atomic
def revoke_links(request: OnboardingRequest, *, but: str) -> int:
    """Make every link of a request void, and let go of all browsers `but` the one that asks. Returns how many links."""
    revoked = request.links.filter(revoked_at=None).update(revoked_at=timezone.now())
    request.holders.exclude(browser=but).delete()
    if request.browser != but:
        Holder.objects.get_or_create(request=request, browser=but)
        OnboardingRequest.objects.filter(pk=request.pk).update(browser=but)
    if revoked:
        Event.record(request, Event.Actor.CUSTOMER, "links-revoked", links=revoked)
    return revoked


@transaction.atomic
def leave(browser: str) -> None:
    """Let go of everything that a browser holds, so that no copy of its key opens anything any more.

    The requests themselves stay as they are: workers go on, mails go out, and a mailed link opens them again.
    """
    if browser:
        Holder.objects.filter(browser=browser).delete()
        OnboardingRequest.objects.filter(browser=browser).update(browser="")
