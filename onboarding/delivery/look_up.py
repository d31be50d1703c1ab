"""Finding out what became of attempts without an answer: by the return address, by the answers, or by kind and time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.lib.sealed_fields import opens
from onboarding.platform_api import resources
from onboarding.platform_api.errors import PlatformError
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.request.tenancy import for_whom

from .lease import WORKER, hand_to_staff, holding, renew, unless_taken_over
from .submission import adopt, return_url
from .tracking import trouble

Found = dict[int, list[resources.OnboardingRequest]]  # by the key of our row
# The platform's clock and ours may differ by this much when we match by time.
CLOCK_TOLERANCE = timedelta(minutes=2)
# More at the platform than this are no likelier to be ours; staff see that there are several.
MOST_CANDIDATES = 20
# So many that nothing but their kind and their time tells apart; beyond that nothing is concluded from them.
MOST_ALIKE = 2000
# What says nothing about which device it is.
SAYS_NOTHING = frozenset({"model"})
# So many of our own requests tell which principals are ours.
LATELY = 50
# So long a request waits for the answers to others like it, and looks again.
ALIKE_WAIT = timedelta(seconds=5)
# So many attempts may be lost without a trace; then a colleague decides.
MOST_UNANSWERED = 8


def look(claimed: Sequence[OnboardingRequest]) -> None:
    """Find out which attempts without an answer arrived: of one type and manufacturer, so that one list serves all.

    What is found is adopted. Only a confirmed absence after the settle window lets a request be sent again.
    """
    found: Found = {request.pk: [] for request in claimed}
    error = None
    try:
        _find_at_platform(claimed, found)
    except PlatformError as problem:
        error = problem
    for request in claimed:
        with unless_taken_over(request):
            _conclude(request, found[request.pk], error)


def _conclude(
    claimed: OnboardingRequest, found: list[resources.OnboardingRequest], error: PlatformError | None
) -> None:
    """Adopt the oldest that is found. A list that broke off is enough for that, unless nothing but its kind and its
    time tells whose one is; it is never enough to call a request absent.

    Nor is it absent if something is there that may be it by an id that we cannot use, or that is it by the return URL
    and has the id of another of ours.
    """
    named = [candidate for candidate in found if candidate.id]
    ids = [candidate.id for candidate in named]
    taken = set(OnboardingRequest.objects.filter(platform_id__in=ids).values_list("platform_id", flat=True))
    free = [candidate for candidate in named if candidate.id not in taken]
    is_alike = bool(free) and not _answers_of(claimed) and not free[0].return_url
    if free and not is_alike:
        adopt(claimed, _oldest(free), "found", matches=len(free))
    elif free and not error:
        _conclude_of_alike(claimed, free)
    elif not free and _is_strange(found, named):
        with holding(claimed) as request:
            hand_to_staff(request, "several" if named else "unexpected")
    elif error:
        with holding(claimed) as request:
            trouble(request, error)
    else:
        _note_absence(claimed)


def _is_strange(found: list[resources.OnboardingRequest], named: list[resources.OnboardingRequest]) -> bool:
    """Tell whether something is there that only a colleague can judge: unnamed, too much, or another's by its id."""
    return len(named) < len(found) or len(found) >= MOST_ALIKE or any(candidate.return_url for candidate in named)


def _conclude_of_alike(claimed: OnboardingRequest, free: list[resources.OnboardingRequest]) -> None:
    """Adopt one of several that nothing but their kind and their time tells apart, when each is surely one of ours.

    Which of them is whose makes no difference: as many are followed as were sent. An answer that is on its way comes
    first; when there are more than requests of ours that look for theirs, some are a stranger's: staff decide.
    """
    alike = OnboardingRequest.objects.filter(type=claimed.type, manufacturer=claimed.manufacturer, platform_id="")
    looking = alike.filter(state=State.UNKNOWN).only("attributes")
    if _has_one_on_its_way(alike, free):
        with holding(claimed) as request:
            request.due_at = timezone.now() + ALIKE_WAIT
    elif len(free) > sum(opens(request, "attributes") and not _answers_of(request) for request in looking):
        with holding(claimed) as request:
            hand_to_staff(request, "several")
    else:
        adopt(claimed, _oldest(free), "found", matches=1)


def _oldest(free: list[resources.OnboardingRequest]) -> resources.OnboardingRequest:
    return min(free, key=lambda candidate: (candidate.created is None, candidate.created))


def _has_one_on_its_way(alike: QuerySet[OnboardingRequest], free: list[resources.OnboardingRequest]) -> bool:
    """Tell whether an attempt that has no answer yet may have made one of these."""
    times = [candidate.created for candidate in free if candidate.created]
    sending = alike.filter(state=State.SENDING)
    return sending.filter(attempted_at__lte=max(times) + CLOCK_TOLERANCE).exists() if times else sending.exists()


def _note_absence(claimed: OnboardingRequest) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        request.failures, request.trouble = 0, ""
        if request.settles_at and now < request.settles_at:
            request.due_at = request.settles_at
            return
        request.move_to(State.QUEUED, WORKER, "not-found", now=now, attempt=request.attempt)
        request.due_at = now
        if request.is_restored:
            request.is_restored = False
            return
        request.unanswered += 1
        if request.unanswered >= MOST_UNANSWERED:
            hand_to_staff(request, "unanswered")


def _find_at_platform(claimed: Sequence[OnboardingRequest], found: Found) -> None:
    """List what is new of this type and manufacturer and put into `found` whose it is.

    Raises: PlatformError when the list breaks off; what was read before is in `found`.
    """
    kind = {"type": claimed[0].type, "manufacturer": claimed[0].manufacturer}
    since = min((sent_from for request in claimed if (sent_from := _sent_from(request))), default=None)
    by_return_url = {return_url(request): request for request in claimed}
    principals = _our_principals()
    with upstream.platform() as client:
        for candidate in client.iter_onboardings(
            **kind, since=since and since - CLOCK_TOLERANCE, before_page=lambda: renew(claimed)
        ):
            if candidate.return_url:
                owner = by_return_url.get(candidate.return_url)
                owners = [owner] if owner else []
            else:
                fits = _has_the_answers_of if candidate.id else _may_be
                ours = [request for request in claimed if _is_of(principals, candidate, request)]
                owners = [request for request in ours if fits(candidate, request)]
            for owner in owners:
                if len(found[owner.pk]) < (MOST_CANDIDATES if _answers_of(owner) else MOST_ALIKE):
                    found[owner.pk].append(candidate)


def _our_principals() -> frozenset[str]:
    """Name the principals that requests of ours had lately; none is known before the platform named one."""
    told = OnboardingRequest.objects.exclude(platform_principal_id="").order_by("-pk")
    return frozenset(told.values_list("platform_principal_id", flat=True)[:LATELY])


def _is_of(principals: frozenset[str], candidate: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    """Tell whether one may be ours by its principal, where no answers tell; one that is not known may be."""
    if _answers_of(request):
        return True
    known = principals | {for_whom(request)["owner_id"]} if principals else principals
    return not candidate.principal_id or not known or candidate.principal_id in known


def _has_the_answers_of(candidate: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    known = _answers_of(request)
    told = candidate.information
    if known:
        same = all(told.get(name) == value for name, value in known.items())
    else:
        same = not any(value for name, value in told.items() if name not in SAYS_NOTHING)
    return same and _is_since(candidate.created, _sent_from(request))


def _answers_of(request: OnboardingRequest) -> dict[str, Any]:
    """Return what was answered; nothing of a row that is broken, which is no reason to hold up the others."""
    found = request.attributes if isinstance(request.attributes, dict) else {}
    return {name: value for name, value in found.items() if value}


def _may_be(nameless: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    """Tell whether one without a usable id does not contradict being this request's."""
    told = nameless.information
    same = all(told.get(name, value) == value for name, value in _answers_of(request).items())
    return same and _is_since(nameless.created, _sent_from(request))


def _sent_from(request: OnboardingRequest) -> datetime | None:
    """Return from when on it can have been sent; what a backup had as unsent, also before it was agreed to again."""
    return request.created_at if request.is_restored else request.consented_at


def _is_since(created: datetime | None, sent_from: datetime | None) -> bool:
    return created is None or sent_from is None or created >= sent_from - CLOCK_TOLERANCE
