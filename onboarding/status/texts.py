"""What each state means for the customer: a headline, a sentence, and the drawing beside them.

Texts hold `%(device)s` and `%(manufacturer)s` for the names that the customer knows.
"""

from collections.abc import Callable

from django.utils.translation import gettext as _

from onboarding.catalogue.causes import cause_of
from onboarding.catalogue.help_texts import action_guidance, usual_wait
from onboarding.request import lifecycle
from onboarding.request.family import was_connected
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

# Calls that brought nothing because of the platform, or of our way to it.
AWAY = frozenset({"PlatformUnavailable", "RateLimited", "NotAuthorized"})
Telling = tuple[str, str, str]  # headline, sentence, icon


def tell(request: OnboardingRequest, measured: str = "") -> Telling:
    """Choose the words for where a request stands. `measured`: how long the rest usually takes, if that is known."""
    state = State(request.state)
    if request.ended_as == "replaced":
        return _replaced(request)
    if request.withdrawn_at and not lifecycle.is_final(state):
        return _withdrawing(request)
    if request.withdrawn_at and state in lifecycle.WENT_WRONG:
        return _withdrawn(request)
    if request.is_with_staff:
        return _with_staff(request)
    if state == State.FOLLOWING:
        return _following(request, measured)
    return _TELLINGS[state](request)


def _queued(request: OnboardingRequest) -> Telling:
    if request.trouble == "NotAuthorized":
        return (
            _("We have your request"),
            _(
                "Something on our side has to be put right first. We know about it. Your answers and your "
                "consent are kept, and we send your request as soon as we can. There is nothing for you to do."
            ),
            "waiting",
        )
    if request.trouble:
        return (
            _("We have your request"),
            _(
                "We cannot reach the platform right now. Your answers and your consent are kept, and we keep "
                "trying. There is nothing for you to do."
            ),
            "waiting",
        )
    return (
        _("Sending your request"),
        _("This takes a moment. You may close this page: nothing is lost."),
        "waiting",
    )


def _with_staff(_request: OnboardingRequest) -> Telling:
    return (
        _("We are looking into it"),
        _(
            "This takes longer than it should, so a colleague takes care of it. Everything you entered is kept. "
            "There is nothing for you to do; if you call, have your support code at hand."
        ),
        "waiting",
    )


def _unknown(_request: OnboardingRequest) -> Telling:
    return (
        _("Making sure your request arrived"),
        _(
            "The platform took too long to answer. We look whether your request arrived before we send "
            "anything again. There is nothing for you to do."
        ),
        "waiting",
    )


def _following(request: OnboardingRequest, measured: str) -> Telling:
    if not request.has_action:
        wait = usual_wait(request.type, request.manufacturer, measured=measured)
        rest = _("There is nothing for you to do. You may close this page and come back to it.")
        return _("Your device is being connected"), f"{wait} {rest}", "waiting"
    if request.is_just_back:
        return (
            _("Checking with %(manufacturer)s"),
            _(
                "You are back. As soon as they tell us that you allowed the connection, this page moves on. If you did "
                "not finish there, go there once more."
            ),
            "waiting",
        )
    guidance = action_guidance(request.action_type, request.type, request.manufacturer)
    if request.returned_at:
        return (
            str(guidance.headline),
            _(
                "You were there, and they have not told us yet that you allowed the connection. If you did, this page "
                "moves on by itself. If not, go on there whenever you like."
            ),
            "action",
        )
    return str(guidance.headline), f"{guidance.sentence} {guidance.duration}".strip(), "action"


def _rejected(_request: OnboardingRequest) -> Telling:
    return (
        _("One answer needs another look"),
        _("%(manufacturer)s did not accept what was entered. Everything is kept; you only need to correct it."),
        "action",
    )


def _connected(_request: OnboardingRequest) -> Telling:
    return _("Your device is connected"), _("%(device)s, %(manufacturer)s: all done. Thank you."), "done"


def _failed(request: OnboardingRequest) -> Telling:
    failure = action_guidance(cause_of(request.errors), request.type, request.manufacturer)
    return str(failure.headline), f"{failure.sentence} {_as_before(request)}".strip(), "problem"


def _as_before(request: OnboardingRequest) -> str:
    """Say of a new connection that did not come about that it took nothing away."""
    return _("What was connected before stays as it was.") if request.is_reconnection else ""


def _canceled(request: OnboardingRequest) -> Telling:
    if request.is_reconnection:
        return _("It was not connected again"), _as_before(request), "problem"
    return (
        _("This request was canceled"),
        _("Nothing is connected. If that is not what you wanted, start again with the same answers."),
        "problem",
    )


def _withdrawing(request: OnboardingRequest) -> Telling:
    if request.ended_as == "timed-out":
        return (
            _("This was not allowed in time"),
            _(
                "Nobody allowed the connection at %(manufacturer)s within 30 days, so we are calling it off. "
                "Everything you entered is kept, and you can connect it again whenever you like."
            ),
            "waiting",
        )
    if request.is_with_staff:
        return (
            _("We are disconnecting your device"),
            _(
                "Your consent is over, and that is on record. The platform has not let your device go yet, so a "
                "colleague takes care of it. There is nothing for you to do; if you call, have your support code at "
                "hand."
            ),
            "waiting",
        )
    if request.trouble in AWAY:
        return (
            _("We are disconnecting your device"),
            _(
                "Your consent is over, and that is on record. We cannot reach the platform right now, and keep "
                "trying until your device is disconnected. There is nothing for you to do."
            ),
            "waiting",
        )
    return (
        _("We are disconnecting your device"),
        _(
            "Your consent is over, and that is on record. We are telling the platform to let your device go. This page "
            "says when it has. There is nothing for you to do."
        ),
        "waiting",
    )


def _replaced(_request: OnboardingRequest) -> Telling:
    return (
        _("Your device was connected again"),
        _("%(device)s, %(manufacturer)s: its new connection took the place of this one."),
        "done",
    )


def _withdrawn(request: OnboardingRequest) -> Telling:
    if request.is_reconnection and request.ended_as not in {"", "withdrawn"} and not was_connected(request):
        return _("It was not connected again"), _as_before(request), "done"
    if request.ended_as == "timed-out":
        return (
            _("This was not allowed in time"),
            _(
                "Nobody allowed the connection at %(manufacturer)s within 30 days, so it ended by itself. Nothing is "
                "connected. Everything you entered is kept: connect it again whenever you like."
            ),
            "problem",
        )
    if request.ended_as == "elsewhere":
        return (
            _("The connection was ended at %(manufacturer)s"),
            _("%(device)s: nothing new is read any more. What happened before stays as it was."),
            "done",
        )
    if not request.entity_id:
        return (
            _("Nothing is connected"),
            _("%(device)s, %(manufacturer)s: your consent is over, and the connection was not made."),
            "done",
        )
    if request.ended_as == "expired":
        return (
            _("Your device is disconnected"),
            _(
                "%(device)s, %(manufacturer)s: the time for it was over, and nothing new is read any more. You can "
                "connect it again whenever you like."
            ),
            "done",
        )
    return (
        _("Your device is disconnected"),
        _("%(device)s, %(manufacturer)s: nothing new is read any more. What happened before stays as it was."),
        "done",
    )


_TELLINGS: dict[State, Callable[[OnboardingRequest], Telling]] = {
    State.DRAFT: _queued,
    State.QUEUED: _queued,
    State.SENDING: _queued,
    State.UNKNOWN: _unknown,
    State.REJECTED: _rejected,
    State.CONNECTED: _connected,
    State.FAILED: _failed,
    State.CANCELED: _canceled,
    State.WITHDRAWING: _withdrawing,
    State.WITHDRAWN: _withdrawn,
}
