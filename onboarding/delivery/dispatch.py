"""What a worker does for the requests that it claimed."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.tasks import task

from onboarding.gateway import upstream
from onboarding.gateway.upstream import NotNow
from onboarding.lib import faults
from onboarding.platform_api.errors import PlatformError
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

from . import look_up, offboarding, submission, tracking
from .lease import claimed, holding, renew, set_aside, unless_taken_over

# What a task may take beside its calls: a busy database, many rows.
OWN_WORK = timedelta(minutes=2)


def longest_task() -> timedelta:
    """Return how long any task can take if all is well: a list and the calls around it, and our own work."""
    return upstream.longest_list() + 3 * upstream.longest_call() + OWN_WORK


@task
def advance(token: str) -> None:
    """Do the next thing for the requests that were claimed with a token. Harmless to repeat."""
    requests = claimed(token)
    if not requests:
        return
    if requests[0].state == State.UNKNOWN:
        _look(requests)
    elif len(requests) > 1:
        _check_many(requests)
    else:
        _advance(requests[0])


def _advance(request: OnboardingRequest) -> None:
    with unless_taken_over(request):
        try:
            _do_next(request)
        except NotNow as wait:
            postpone(request, wait)


def _do_next(request: OnboardingRequest) -> None:
    match request.state:
        case State.QUEUED:
            submission.send(request)
        case State.FOLLOWING:
            tracking.check(request)
        case State.WITHDRAWING:
            offboarding.let_go(request)


def _look(requests: Sequence[OnboardingRequest]) -> None:
    """Look by one list for requests of one kind whose attempts had no answer."""
    readable = [request for request in requests if _has_answers(request)]
    with faults.contained("look_for_many", lambda problem: _set_all_aside(readable, problem)):
        try:
            if readable:
                look_up.look(readable)
        except NotNow as wait:
            for request in readable:
                with unless_taken_over(request):
                    postpone(request, wait)


def _has_answers(request: OnboardingRequest) -> bool:
    """Open the answers by which a request is looked for; one whose answers do not open is set aside by itself."""
    with unless_taken_over(request):
        return request.attributes is not None
    return False


def _set_all_aside(requests: Sequence[OnboardingRequest], problem: Exception) -> None:
    for request in requests:
        set_aside(request.pk, problem, lease=request.lease)


def _check_many(requests: Sequence[OnboardingRequest]) -> None:
    """Check requests of one kind by the platform's list; what it leaves out one by one, for as long as there is time.

    Whoever is left after that is due as before.
    """
    left = requests
    with faults.contained("follow_many"), suppress(NotNow, PlatformError):
        left = tracking.check_many(requests)
    ends_at = time.monotonic() + upstream.longest_call().total_seconds()
    for request in left:
        if time.monotonic() < ends_at:
            renew([request])
            _advance(request)
        else:
            _give_back(request)


def postpone(claimed: OnboardingRequest, wait: NotNow) -> None:
    """Put a request off while the platform is not to be called; its page says so if the platform is away."""
    with holding(claimed) as request:
        request.due_at = wait.until
        if wait.is_away and not request.trouble:
            request.trouble = "PlatformUnavailable"
            request.version += 1


def _give_back(claimed: OnboardingRequest) -> None:
    with unless_taken_over(claimed), holding(claimed):
        pass
