"""What the status page says: our state and the platform's words, told in plain language. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from onboarding.catalogue import causes
from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.catalogue.shipped_help import plain_name
from onboarding.lib.moments import full_day
from onboarding.lib.safe_links import safe_link
from onboarding.request import lifecycle
from onboarding.request.lifecycle import Actor, Progress, State
from onboarding.request.models import OnboardingRequest, Transaction
from onboarding.request.steps import Cleared

from . import waiting
from .texts import tell


@dataclass(frozen=True)
class ShownTransaction:
    name: str
    explanation: str
    word: str
    progress: Progress
    usual: str = ""


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
    is_fetching_link: bool = False
    documentation_link: str = ""
    platform_words: list[str] = field(default_factory=list)
    is_polling: bool = True
    again_words: str = ""
    needs_help: bool = False
    kept_words: str = ""

    @property
    def icon_file(self) -> str:
        return f"img/status-{self.icon}.svg"

    @property
    def steps_done(self) -> str:
        done = sum(item.progress == Progress.DONE for item in self.transactions)
        return _("%(done)s of %(all)s steps done") % {"done": done, "all": len(self.transactions)}

    @property
    def announcement(self) -> str:
        """The sentence that a screen reader hears when the panel changed."""
        return f"{self.headline}. {self.steps_done}." if self.transactions else f"{self.headline}."


def cleared_words(cleared: Cleared, type: str, manufacturer: str) -> str:
    """Say which answers a change made pointless; nothing when it made none. `type`, `manufacturer`: before it."""
    lost = [cleared.manufacturer] if cleared.manufacturer else []
    lost += [str(help_for(type, manufacturer, name).label) for name in cleared.attributes]
    words = _("Because of your change, these no longer apply and were removed: %(lost)s.")
    return words % {"lost": ", ".join(lost)} if lost else ""


def show_status(request: OnboardingRequest, transactions: Sequence[Transaction]) -> ShownStatus:
    """Describe a request for its owner."""
    state = State(request.state)
    names = {"manufacturer": request.manufacturer, "device": str(type_help(request.type).name)}
    usual = waiting.usual_seconds(request)
    headline, sentence, icon = tell(request, waiting.rest_in_words(transactions, usual))
    has_step = state == State.FOLLOWING and request.has_action and not request.withdrawn_at
    link = safe_link(request.redirect_link) if has_step else ""
    is_stale = bool(link) and request.has_stale_link
    return ShownStatus(
        headline=headline % names,
        sentence=sentence % names,
        icon=icon,
        actor=request.shown_actor,
        actor_words=_actor_words(request),
        transactions=_shown_transactions(request, transactions, usual),
        link="" if is_stale else link,
        link_words=_("Continue to %(manufacturer)s") % names,
        is_fetching_link=is_stale,
        documentation_link=safe_link(request.documentation_link) if has_step else "",
        platform_words=[error["message"] for error in request.errors if error.get("message")],
        is_polling=state in lifecycle.OPEN,
        again_words=_again_words(request),
        needs_help=_failed_by(request, causes.NEED_HELP),
        kept_words=kept_words(request),
    )


def is_about_answers(request: OnboardingRequest) -> bool:
    """Tell whether a request failed so that its answers should be looked at before it is tried again."""
    return _failed_by(request, causes.ABOUT_ANSWERS)


def _failed_by(request: OnboardingRequest, some: Collection[causes.Cause]) -> bool:
    return request.state == State.FAILED and causes.cause_of(request.errors) in some


def kept_words(request: OnboardingRequest) -> str:
    """Say what is kept of a request that went wrong, and until when."""
    days = settings.RETENTION_DAYS["failed"]
    if request.state not in lifecycle.WENT_WRONG or request.withdrawn_at or request.reduced_at:
        return ""
    if request.is_reconnection:  # there is nothing to type
        return ""
    until = request.finished_at + timedelta(days=days) if days and request.finished_at else None
    if until is None or until <= timezone.now():  # a colleague is still to look at it, for instance
        return _("We keep your answers, so that you do not have to type them again.")
    date = full_day(until)
    return _("We keep your answers until %(date)s, so that you do not have to type them again.") % {"date": date}


def _again_words(request: OnboardingRequest) -> str:
    if request.state == State.WITHDRAWN or (request.withdrawn_at and request.is_final):
        return _("Connect it again")
    if request.state not in lifecycle.WENT_WRONG:
        return ""
    if request.is_reconnection:
        return _("Connect it again")
    return _("Correct it and try again") if is_about_answers(request) else _("Try again with the same answers")


def _actor_words(request: OnboardingRequest) -> str:
    match request.shown_actor:
        case Actor.CUSTOMER if request.is_final:
            return _("Your turn, if you like")
        case Actor.CUSTOMER:
            return _("Your turn")
        case Actor.MANUFACTURER:
            return _("%(manufacturer)s is at work") % {"manufacturer": request.manufacturer}
        case Actor.US:
            return _("We are at work")
        case _:
            return _("Nobody needs to do anything")


def _step_name(kind: str) -> str:
    match kind:
        case "CreateEntity":
            return pgettext("step of the platform", "Registration")
        case "CreatePermissions":
            return pgettext("step of the platform", "Permission")
        case "Connect":
            return pgettext("step of the platform", "Connection")
        case _:
            return plain_name(kind)


def _step_words(kind: str, progress: Progress, request: OnboardingRequest) -> str:
    """Say what came of a step, or what is still awaited, and from whom; nothing of one that went wrong."""
    if progress == Progress.FAILED:
        return ""
    is_done, names = progress == Progress.DONE, {"manufacturer": request.manufacturer}
    match kind:
        case "CreateEntity":
            return _("Your device is known to the platform.") if is_done else _("The platform registers your device.")
        case "CreatePermissions" if is_done:
            return _("The connection is allowed.")
        case "CreatePermissions" if request.shown_actor == Actor.CUSTOMER:
            return _("This waits for you: allow the connection at %(manufacturer)s.") % names
        case "CreatePermissions":
            return _("The platform waits for %(manufacturer)s to say that it is allowed.") % names
        case "Connect" if is_done:
            return _("Your device and the platform are connected.")
        case "Connect":
            return _("%(manufacturer)s opens the connection to your device.") % names
        case _:
            return ""


def _shown_transactions(
    request: OnboardingRequest, transactions: Sequence[Transaction], usual: Mapping[str, float]
) -> list[ShownTransaction]:
    """Show the platform's steps; while nobody has to act, with how long those that are left usually take."""
    if request.withdrawn_at:
        return []
    shown = [_shown(item, request) for item in transactions]
    if request.shown_actor in {Actor.MANUFACTURER, Actor.US}:
        shown = [
            replace(it, usual=waiting.step_in_words(of, usual)) for it, of in zip(shown, transactions, strict=True)
        ]
    return shown or _implied(request)


def _shown(item: Transaction, request: OnboardingRequest) -> ShownTransaction:
    progress = lifecycle.progress(item.status)
    words = {
        Progress.PENDING: _("Pending"),
        Progress.ACTIVE: _("In progress"),
        Progress.DONE: _("Done"),
        Progress.FAILED: _("Did not work"),
        Progress.UNKNOWN: plain_name(item.status) or _("In progress"),
    }
    explanation = _step_words(item.type, progress, request)
    return ShownTransaction(_step_name(item.type), explanation, words[progress], progress)


def _implied(request: OnboardingRequest) -> list[ShownTransaction]:
    """The platform listed no steps: its status for the whole request speaks."""
    if not request.status:
        return []
    return [_shown(Transaction(type="Connect", status=request.status), request)]
