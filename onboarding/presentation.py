"""What the status page says: our state and the platform's words, told in plain language. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from . import lifecycle
from .attributes import plain_name, type_help
from .lifecycle import Actor, Progress, State
from .models import OnboardingRequest, Transaction

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class ShownTransaction:
    name: str
    explanation: str
    word: str
    progress: Progress


@dataclass(frozen=True)
class ShownStatus:
    """Everything that the status panel shows, ready in the active language."""

    headline: str
    sentence: str
    icon: str
    actor: Actor
    actor_words: str
    transactions: list[ShownTransaction]
    link: str = ""
    link_words: str = ""
    documentation_link: str = ""
    platform_words: list[str] = field(default_factory=list)
    is_polling: bool = True

    @property
    def icon_file(self) -> str:
        return f"img/status-{self.icon}.svg"

    @property
    def announcement(self) -> str:
        """The sentence that a screen reader hears when the panel changed."""
        done = sum(item.progress == Progress.DONE for item in self.transactions)
        count = _("%(done)s of %(all)s steps done.") % {"done": done, "all": len(self.transactions)}
        return f"{self.headline}. {count}" if self.transactions else f"{self.headline}."


Telling = tuple[str, str, str]  # headline, sentence, icon


def show_status(request: OnboardingRequest, transactions: Sequence[Transaction]) -> ShownStatus:
    """Describe a request for its owner."""
    state = State(request.state)
    actor = lifecycle.who_acts(state, has_action=request.has_action, needs_staff=request.is_with_staff)
    names = {"manufacturer": request.manufacturer, "device": str(type_help(request.type).name)}
    headline, sentence, icon = _telling(request, state)(request)
    is_waiting_for_link = state == State.FOLLOWING and request.has_action
    return ShownStatus(
        headline=headline % names,
        sentence=sentence % names,
        icon=icon,
        actor=actor,
        actor_words=_actor_words(actor, request.manufacturer),
        transactions=[] if request.withdrawn_at else [_shown(item) for item in transactions] or _implied(request),
        link=safe_link(request.redirect_link) if is_waiting_for_link else "",
        link_words=_("Continue to %(manufacturer)s") % names,
        documentation_link=safe_link(request.documentation_link) if is_waiting_for_link else "",
        platform_words=[error["message"] for error in request.errors if error.get("message")],
        is_polling=state in lifecycle.OPEN,
    )


def _telling(request: OnboardingRequest, state: State) -> "Callable[[OnboardingRequest], Telling]":
    if request.is_with_staff:
        return _with_staff
    if request.withdrawn_at and not lifecycle.is_final(state):
        return _withdrawing
    return _TELLINGS[state]


def safe_link(link: str) -> str:
    """Return a link of the platform's if it may be offered: https, or the sandbox's; else an empty text."""
    if not link.isprintable() or any(character.isspace() or character == "\\" for character in link):
        return ""
    parts = urlsplit(link)
    is_offered = parts.scheme == "https" and parts.hostname
    return link if is_offered or _is_of_sandbox(link, parts) else ""


def _is_of_sandbox(link: str, parts: SplitResult) -> bool:
    """The embedded sandbox's pages, or those of one served on this machine, which needs no https."""
    if settings.USES_EMBEDDED_SANDBOX:
        return link.startswith(settings.SANDBOX_PAGES_URL + "/")
    return settings.REALTO_API_URL.startswith("http://") and parts.scheme == "http" and parts.hostname in LOOPBACK


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


def _following(request: OnboardingRequest) -> Telling:
    match request.action_type:
        case "":
            return (
                _("Your device is being connected"),
                _(
                    "There is nothing for you to do. This can take from a minute to a few days. You may close this "
                    "page and come back to it in this browser."
                ),
                "waiting",
            )
        case "Redirect":
            return (
                _("One step for you at %(manufacturer)s"),
                _("Sign in there and allow the connection. Afterwards you come back here by yourself."),
                "action",
            )
        case "Consent":
            return (
                _("Please say yes to %(manufacturer)s"),
                _(
                    "They ask you to approve the connection: look in their app or in your e-mail. This page moves "
                    "on by itself once you have."
                ),
                "action",
            )
        case _:
            return (
                _("One step for you at %(manufacturer)s"),
                _("Please follow the link below and do what it asks. This page moves on by itself."),
                "action",
            )


def _rejected(_request: OnboardingRequest) -> Telling:
    return (
        _("One answer needs another look"),
        _("%(manufacturer)s did not accept what was entered. Everything is kept; you only need to correct it."),
        "action",
    )


def _connected(_request: OnboardingRequest) -> Telling:
    return _("Your device is connected"), _("%(device)s, %(manufacturer)s: all done. Thank you!"), "done"


def _failed(_request: OnboardingRequest) -> Telling:
    return (
        _("This did not work"),
        _(
            "Your device could not be connected. Your answers are kept: you can try again with them, or ask "
            "us for help."
        ),
        "problem",
    )


def _canceled(_request: OnboardingRequest) -> Telling:
    return (
        _("This request was canceled"),
        _("Nothing is connected. If that is not what you wanted, start again with the same answers."),
        "problem",
    )


def _withdrawing(request: OnboardingRequest) -> Telling:
    if request.trouble:
        return (
            _("We are disconnecting your device"),
            _(
                "You took your consent back, and that is on record. We cannot reach the platform right now, and keep "
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


def _withdrawn(_request: OnboardingRequest) -> Telling:
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
    State.FOLLOWING: _following,
    State.REJECTED: _rejected,
    State.CONNECTED: _connected,
    State.FAILED: _failed,
    State.CANCELED: _canceled,
    State.WITHDRAWING: _withdrawing,
    State.WITHDRAWN: _withdrawn,
}


def _actor_words(actor: Actor, manufacturer: str) -> str:
    match actor:
        case Actor.CUSTOMER:
            return _("Your turn")
        case Actor.MANUFACTURER:
            return _("%(manufacturer)s is at work") % {"manufacturer": manufacturer}
        case Actor.US:
            return _("We are at work")
        case _:
            return _("Nobody needs to do anything")


def _transaction_words(kind: str) -> tuple[str, str]:
    match kind:
        case "CreateEntity":
            return _("Device registered"), _("Your device gets its place on the platform.")
        case "CreatePermissions":
            return _("Permission set"), _("The platform notes that you said yes.")
        case "Connect":
            return _("Connection made"), _("The manufacturer opens the connection to your device.")
        case _:
            return plain_name(kind), ""


def _shown(item: Transaction) -> ShownTransaction:
    name, explanation = _transaction_words(item.type)
    progress = lifecycle.progress(item.status)
    words = {
        Progress.PENDING: _("Pending"),
        Progress.ACTIVE: _("In progress"),
        Progress.DONE: _("Done"),
        Progress.FAILED: _("Did not work"),
        Progress.UNKNOWN: plain_name(item.status) or _("In progress"),
    }
    return ShownTransaction(name, explanation, words[progress], progress)


def _implied(request: OnboardingRequest) -> list[ShownTransaction]:
    """The platform listed no steps: its status for the whole request speaks."""
    if not request.status:
        return []
    return [_shown(Transaction(type="Connect", status=request.status))]
