"""Other browsers: links and codes that let them hold a request, and taking them back.

Who changes who may hold a request, or to which address is written about it, locks its row first.
"""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from onboarding.access.links import is_held_by, make_link
from onboarding.access.models import AccessLink, Holder
from onboarding.consent.models import sha256
from onboarding.lib import folding
from onboarding.push.models import PushSubscription
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest

from .invitations import note_opened
from .language import set_language

Kind = AccessLink.Kind


@transaction.atomic
def phone_link(request: OnboardingRequest, *, browser: str) -> AccessLink | None:
    """Give the link that a browser shows to another device: the one that was made a moment ago, or a new one.

    Returns None when the browser was let go of meanwhile.
    """
    row, now = OnboardingRequest.objects.select_for_update().get(pk=request.pk), timezone.now()
    address = _came_by(row, browser)
    if address is None:
        return None
    usable = row.links.filter(kind=Kind.PHONE, address=address, revoked_at=None, taken_at=None, expires_at__gt=now)
    return next((link for link in usable if link.is_whole), None) or make_link(row, Kind.PHONE, address=address)


def phone_links(request: OnboardingRequest, *, browser: str) -> QuerySet[AccessLink]:
    """Give the links for another device that a browser may show, the newest first.

    One that came by a mailed link passes on no more than it has: what it shows is bound to the same address.
    """
    address = _came_by(request, browser)
    return request.links.none() if address is None else request.links.filter(kind=Kind.PHONE, address=address)


def find_link(token: str, *, browser: str = "") -> AccessLink | None:
    """Return the link of a token, expired or not; None for one that is made up, revoked or for another address by now.

    One that works once is found until then, and afterwards only by a `browser` that holds its request.
    """
    return _whole(_open_to(browser).filter(token_sha256=sha256(token)).first())


def find_code(code: str, *, browser: str = "") -> AccessLink | None:
    """Return the link of a short code that is good now; spaces, dashes and small letters are fine."""
    plain = folding.code(code)
    good = _open_to(browser).filter(code_sha256=sha256(plain), expires_at__gt=timezone.now())
    return _whole(good.first()) if plain else None


def _whole(link: AccessLink | None) -> AccessLink | None:
    """Pass on a link, unless the secret key that made it is not believed any more."""
    return link if link and link.is_whole else None


def _open_to(browser: str) -> QuerySet[AccessLink]:
    """Give the links that open something; in one query, so that no time tells why one does not."""
    once = ~Q(kind=Kind.PHONE) | Q(taken_at=None, expires_at__gt=timezone.now())
    if browser:
        held = Holder.objects.filter(request=OuterRef("request"), browser=browser)
        once |= Q(Exists(held)) | Q(request__browser=browser)
    on_file = Q(address="") | Q(address=F("request__contact_key"))
    return AccessLink.objects.select_related("request").filter(once, on_file, revoked_at=None)


@transaction.atomic
def grant_access(link: AccessLink, *, browser: str, language: str = "") -> bool:
    """Let a browser hold the request of a link; one that came by e-mail, all requests that have that address now.

    `language`: the one in which the link was read, if the reader chose another than its own.
    Returns False, and changes nothing, when the link opens nothing any more, or was good once and is taken.
    """
    opened = _opened_by(link)
    request = next((row for row in opened if row.pk == link.request_id), None)
    if request is None:
        return False
    if link.kind == Kind.PHONE and is_held_by(request, browser):
        return True
    if not _redeem(link):
        return False
    _hold(opened, link, browser)
    if language and language != request.language:
        set_language(OnboardingRequest.objects.filter(pk=request.pk), language)
    Event.record(request, Event.Actor.CUSTOMER, "continued-elsewhere", by=link.kind)
    note_opened(request)
    return True


def came_by_mail(request: OnboardingRequest, *, browser: str) -> bool:
    """Tell whether a browser holds a request only by a link that was mailed."""
    return bool(_came_by(request, browser))


@transaction.atomic
def revoke_links(request: OnboardingRequest, *, but: str) -> int:
    """Make every link to a request void, and let go of all browsers `but` the one that asks. Returns how many links.

    One that came by a mailed link may be at a mistyped address: it does so only with mailed links, and those who came
    by them. Links that were mailed for other devices stay, and no longer open this one.
    """
    row, now = OnboardingRequest.objects.select_for_update().get(pk=request.pk), timezone.now()
    came_by = _came_by(row, but)
    if came_by is None:
        return 0  # another browser was faster, and let go of this one
    links, others = row.links.filter(revoked_at=None), row.holders.exclude(browser=but)
    if came_by:
        links, others = links.exclude(address=""), others.exclude(address="")
    revoked = links.update(revoked_at=now)
    others.delete()
    row.links_void_at = now
    if row.browser != but and not came_by:
        row.browser = ""  # a holder it stays
    row.save(update_fields=["links_void_at", "browser"])
    if revoked:
        Event.record(row, Event.Actor.CUSTOMER, "links-revoked", links=revoked)
    return revoked


def _opened_by(link: AccessLink) -> list[OnboardingRequest]:
    """Lock what a link opens, always in the same order, as it stands now; nothing when its address is not on file."""
    wanted = Q(pk=link.request_id)
    if link.kind == Kind.EMAIL:
        is_younger = Q(links_void_at=None) | Q(links_void_at__lt=link.created_at)
        wanted |= Q(contact_key=link.address) & ~Q(contact_key="") & is_younger
    rows = OnboardingRequest.objects.select_for_update().filter(wanted).order_by("-pk")
    return [row for row in rows if link.address in {"", row.contact_key}]


def _hold(opened: list[OnboardingRequest], link: AccessLink, browser: str) -> None:
    """Let a browser hold these. A link that was mailed proves its address, also to one that was only typed before."""
    held = [Holder(request=row, browser=browser, address=link.address) for row in opened]
    Holder.objects.bulk_create(held, ignore_conflicts=True)
    if link.address and link.kind != Kind.PHONE:
        theirs = Holder.objects.filter(request__in=opened, browser=browser, address=link.address)
        theirs.update(is_proved=True)


def _redeem(link: AccessLink) -> bool:
    """Note that a browser goes on with a link, if it may; the database counts who was first."""
    now = timezone.now()
    good = AccessLink.objects.filter(pk=link.pk, token_sha256=link.token_sha256, revoked_at=None, expires_at__gt=now)
    if link.kind == Kind.PHONE:
        good = good.filter(taken_at=None)
    return bool(good.update(taken_at=now))


def _came_by(request: OnboardingRequest, browser: str) -> str | None:
    """Return the address to which the link was mailed by which a browser came.

    Empty when it began the request, or came otherwise; None when it does not hold it (any more).
    """
    if browser and browser == request.browser:
        return ""
    return request.holders.filter(browser=browser).values_list("address", flat=True).first()


@transaction.atomic
def leave(browser: str) -> None:
    """Let go of everything that a browser holds, so that no copy of its key opens anything any more.

    The requests themselves stay as they are: workers go on, mails go out, and a mailed link opens them again.
    """
    if browser:
        held, told = Holder.objects.filter(browser=browser), PushSubscription.objects.filter(browser=browser)
        told.filter(request__browser=browser).delete()
        told.filter(request__in=held.values("request")).delete()
        held.delete()
        OnboardingRequest.objects.filter(browser=browser).update(browser="")
