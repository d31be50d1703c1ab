"""Following what the platform does with a request, and taking its words into our row."""

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.lib.safe_links import safe_link
from onboarding.platform_api import resources
from onboarding.platform_api.errors import NotAuthorized, NotFound, PlatformError
from onboarding.platform_api.values import WORD
from onboarding.request import lifecycle, schedule
from onboarding.request.audit import sign
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub_words
from onboarding.request.models import OnboardingRequest

from . import timing_out
from .call_log import call_detail
from .lease import PLATFORM, WORKER, hand_to_staff, holding, renew, unless_taken_over
from .transactions import Step, store_transactions

logger = logging.getLogger(__name__)

# A status page that is being watched writes "seen" at most this often.
SEEN_INTERVAL = timedelta(seconds=10)
# The platform may take a moment to know what it just accepted; after so many times in a row it forgot.
MOST_NOT_FOUND = 6
PAGE_SIZE = 50
# What the platform did not know may be gone, or not there yet: only answers that lie apart can tell.
PROVED_BY_WAITING = frozenset({"NotFound", "SeemsGone"})
# Where looking sooner helps somebody who watches.
CHECKED = frozenset({State.FOLLOWING, State.WITHDRAWING})
# What changes without being news: our own trouble, and links that are made anew each time they are read.
UNTOLD = frozenset({"trouble", "redirect_link", "documentation_link"})
# Columns of ours, and what an answer calls them.
IDS = {"entity_id": "entity_id"} | {
    f"platform_{name}": name for name in ("tenant_id", "collective_id", "principal_id", "owner_id")
}


def check(claimed: OnboardingRequest) -> None:
    """Read one followed request from the platform and store what changed."""
    try:
        with upstream.platform() as client:
            resource = client.get_onboarding(id=claimed.platform_id)
    except PlatformError as error:
        with holding(claimed) as request:
            trouble(request, error)
    else:
        with holding(claimed) as request:
            absorb(request, resource, now=timezone.now())


def check_many(claimed: Sequence[OnboardingRequest]) -> list[OnboardingRequest]:
    """Read many followed requests of one type and manufacturer in pages; return those that the pages left out.

    Reads at most a fifth as many pages as reading each by itself would take calls.
    """
    left = {request.platform_id: request for request in claimed}
    token, pages = "", max(1, len(left) // 5)
    ends_at = time.monotonic() + upstream.longest_list().total_seconds()
    kind = {"type": claimed[0].type, "manufacturer": claimed[0].manufacturer}
    while left and pages and time.monotonic() < ends_at:
        renew(list(left.values()))
        with upstream.platform() as client:
            page = client.list_onboardings(**kind, continuation_token=token, page_size=PAGE_SIZE)
        for resource in page.items:
            if request := left.pop(resource.id, None):
                _absorb_if_ours(request, resource)
        token, pages = page.continuation_token, pages - 1 if page.continuation_token else 0
    return list(left.values())


def _absorb_if_ours(claimed: OnboardingRequest, resource: resources.OnboardingRequest) -> None:
    with unless_taken_over(claimed), holding(claimed) as request:
        absorb(request, resource, now=timezone.now())


def absorb(request: OnboardingRequest, resource: resources.OnboardingRequest, *, now: datetime) -> None:
    """Take the platform's state of a request into our row, and conclude from it. The caller saves."""
    take_in(request, resource, now=now)
    state = lifecycle.outcome(request.status)
    if state == State.FOLLOWING:
        _go_on_following(request, now)
    else:
        codes = scrub_words(", ".join(error["code"] for error in request.errors), request)
        request.move_to(state, PLATFORM, state.value, now=now, codes=codes)


def _go_on_following(request: OnboardingRequest, now: datetime) -> None:
    """Plan the next look, for thirty days from when it became the platform's turn, or the customer's."""
    if timing_out.is_over(request, now=now):
        timing_out.end(request, now=now)
        return
    sent_at = request.sent_at or now
    later = max(timing_out.waits_since(request, now=now) - sent_at, timedelta())
    check_again_later(request, since=sent_at, now=now, at_last="too-old", longest=later + schedule.LONGEST)


def take_in(request: OnboardingRequest, resource: resources.OnboardingRequest, *, now: datetime) -> None:
    """Take the platform's words for a request into our row; steps only move forward. The caller saves."""
    resource = _without_identifiers(resource, request)
    action = resource.action if lifecycle.may_wait_for_somebody(resource.status) else None
    words = {
        "status": resource.status,
        "entity_id": resource.entity_id or request.entity_id,
        "action_type": action.type or "Action" if action else "",
        "redirect_link": action.redirect_link if action else "",
        "documentation_link": action.documentation_link if action else "",
        "errors": [{"code": error.code, "message": error.message} for error in resource.errors],
        "trouble": "",
    }
    if request.action_type != words["action_type"]:
        request.returned_at = None
    changed = [name for name, value in words.items() if getattr(request, name) != value]
    for name, value in words.items():
        setattr(request, name, value)
    take_ids(request, resource)
    steps = store_transactions(request, resource.transactions)
    if changed or steps:
        request.version += 1
        request.attended_at = now
    if steps or set(changed) - UNTOLD:
        _tell_progress(request, resource, changed, steps)
    _note_bad_link(request, action)
    request.checked_at, request.failures = now, 0


def take_ids(request: OnboardingRequest, resource: resources.OnboardingRequest) -> None:
    """Take the ids that an answer tells into our row; one that it leaves out stays as it was. The caller saves."""
    for ours, theirs in IDS.items():
        setattr(request, ours, getattr(resource, theirs) or getattr(request, ours))


def _note_bad_link(request: OnboardingRequest, action: resources.Action | None) -> None:
    """Tell staff, once, that there is a link which the customer is not shown. Workers go on."""
    links = (action.redirect_link, action.documentation_link) if action else ()
    is_bad = action is not None and (action.is_broken or any(link and not safe_link(link) for link in links))
    if is_bad and not request.needs_staff:
        request.needs_staff = "bad-link"
        request.version += 1
        Event.record(request, WORKER, "needs-staff", reason="bad-link")
        logger.error("Request %s has a link that is not offered.", request.spoken_support_code)
    request.has_bad_link = is_bad


def _without_identifiers(
    resource: resources.OnboardingRequest, request: OnboardingRequest
) -> resources.OnboardingRequest:
    """Mask the words that everybody reads, should the platform echo an answer in one of them."""
    action = resource.action

    def masked(word: str) -> str:
        return scrub_words(word, request)[:WORD]  # a mask may be longer than what it hides

    return replace(
        resource,
        status=masked(resource.status),
        action=action and replace(action, type=masked(action.type)),
        transactions=tuple(
            replace(item, type=masked(item.type), status=masked(item.status)) for item in resource.transactions
        ),
    )


def _tell_progress(
    request: OnboardingRequest, resource: resources.OnboardingRequest, changed: list[str], steps: list[Step]
) -> None:
    told = {
        "status": resource.status,
        "action": request.action_type,
        "codes": scrub_words(", ".join(error.code for error in resource.errors), request),
        "transactions": ", ".join(f"{item.type} {item.status}" for item in resource.transactions),
    }
    if resource.left_out:
        told["transactions"] += f", … (+{resource.left_out})"
    said = call_detail(resource.trace, request)
    Event.record(request, PLATFORM, "progress", **told, changed=sorted(set(changed) - UNTOLD), steps=steps, **said)


def check_again_later(
    request: OnboardingRequest,
    *,
    since: datetime | None,
    now: datetime,
    at_last: str,
    longest: timedelta = schedule.LONGEST,
) -> None:
    """Plan the next look at what the platform works on `since` then; after the `longest` it is for staff, `at_last`.

    The caller saves.
    """
    age = now - (since or now)
    if age > longest:
        hand_to_staff(request, at_last)
        return
    request.due_at = now + schedule.until_next_check(
        age=age,
        quiet=now - (request.attended_at or now),
        is_watched=schedule.is_watched(request.seen_at, now),
        chance=random.random(),  # noqa: S311  spreads load, guards nothing
    )


def trouble(request: OnboardingRequest, error: PlatformError, *, is_told: bool = False) -> None:
    """Note a call that brought nothing usable, and wait before the next one. The caller saves.

    `is_told`: what was said in it is on the timeline already.
    """
    name = type(error).__name__
    request.failures += 1
    if request.trouble != name:
        request.trouble = name
        request.version += 1
        said = {} if is_told else call_detail(error.trace, request)
        Event.record(request, WORKER, "trouble", error=name, status=getattr(error, "status", None), **said)
    if isinstance(error, NotAuthorized):
        logger.error("The platform does not accept our credentials or settings; requests wait until that is put right.")
    if isinstance(error, NotFound) and request.failures >= MOST_NOT_FOUND and request.state != State.QUEUED:
        hand_to_staff(request, "forgotten")
        return
    request.due_at = timezone.now() + schedule.CALLS.after(
        request.failures,
        chance=random.random(),  # noqa: S311
        asked=getattr(error, "retry_after", None),
    )


@transaction.atomic
def resume_work(request: OnboardingRequest, *, by: str, reason: str = "") -> bool:
    """Let workers go on with a request that was handed to staff. Returns False when there is nothing to go on with."""
    handed = OnboardingRequest.objects.select_for_update().filter(pk=request.pk)
    row = handed.exclude(needs_staff="").first()
    if row is None:
        return False
    now = timezone.now()
    row.needs_staff, row.unanswered, row.failures = "", 0, 0
    row.attended_at = now
    row.due_at = now if row.state in lifecycle.OPEN else None
    row.sent_at = row.sent_at and now  # followed for another thirty days
    row.version += 1
    row.save()
    sign(row, "resumed", by=by, reason=reason)
    return True


def saw_status(request: OnboardingRequest, *, is_asking: bool = False, is_back: bool = False) -> None:
    """Note that somebody watches, at most every few seconds, so that workers look more often while they do.

    `is_asking`: they opened the page, or pressed "Check now"; a poll is not a question. `is_back`: it is the first one
    since they turned to the page again.
    """
    now = timezone.now()
    if request.is_final or (request.seen_at and now - request.seen_at < SEEN_INTERVAL):
        return
    changes = {"seen_at": now} | ({"attended_at": now} if is_asking else {})
    row = OnboardingRequest.objects.filter(pk=request.pk)
    wants_news = is_asking or is_back or not schedule.is_watched(request.seen_at, now)
    can_hasten = request.state in CHECKED and request.trouble not in PROVED_BY_WAITING
    if can_hasten and request.due_at and wants_news:
        row.filter(due_at__gt=now).exclude(trouble__in=PROVED_BY_WAITING).update(due_at=now)
    row.update(**changes)


def came_back(reference: str) -> None:
    """Note that a browser came back from the manufacturer's page, and look at once; at most every few seconds."""
    now = timezone.now()
    row = OnboardingRequest.objects.filter(reference=reference, state=State.FOLLOWING)
    is_new = Q(returned_at=None) | Q(returned_at__lt=now - SEEN_INTERVAL)
    with transaction.atomic():
        request = row.filter(is_new).select_for_update().first()
        if request is None:
            return
        row.update(returned_at=now, seen_at=now, attended_at=now, version=F("version") + 1)
        row.filter(due_at__gt=now).exclude(trouble__in=PROVED_BY_WAITING).update(due_at=now)
        if request.returned_at is None:  # the first time for what is asked for now: anybody can load the page again
            Event.record(request, Event.Actor.CUSTOMER, "came-back")
