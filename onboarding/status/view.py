"""What the status page says: our state and the platform's words, told in plain language. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.catalogue.shipped_help import plain_name
from onboarding.lib.safe_links import safe_link
from onboarding.request import lifecycle
from onboarding.request.lifecycle import Actor, Progress, State
from onboarding.request.models import OnboardingRequest, Transaction
from onboarding.request.steps import Cleared

from .texts import tell


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
    is_fetching_link: bool = False
    documentation_link: str = ""
    platform_words: list[str] = field(default_factory=list)
    is_polling: bool = True

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
    headline, sentence, icon = tell(request)
    has_step = state == State.FOLLOWING and request.has_action and not request.withdrawn_at
    link = safe_link(request.redirect_link) if has_step else ""
    is_stale = bool(link) and request.has_stale_link
    return ShownStatus(
        headline=headline % names,
        sentence=sentence % names,
        icon=icon,
        actor=request.shown_actor,
        actor_words=_actor_words(request.shown_actor, request.manufacturer),
        transactions=[]
        if request.withdrawn_at
        else [_shown(item, request) for item in transactions] or _implied(request),
        link="" if is_stale else link,
        link_words=_("Continue to %(manufacturer)s") % names,
        is_fetching_link=is_stale,
        documentation_link=safe_link(request.documentation_link) if has_step else "",
        platform_words=[error["message"] for error in request.errors if error.get("message")],
        is_polling=state in lifecycle.OPEN,
    )


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
            return pgettext("step of the platform", "Registration"), _("Your device gets its place on the platform.")
        case "CreatePermissions":
            return pgettext("step of the platform", "Permission"), _("The platform notes that you said yes.")
        case "Connect":
            return pgettext("step of the platform", "Connection"), _(
                "%(manufacturer)s opens the connection to your device."
            )
        case _:
            return plain_name(kind), ""


def _shown(item: Transaction, request: OnboardingRequest) -> ShownTransaction:
    name, explanation = _transaction_words(item.type)
    progress = lifecycle.progress(item.status)
    words = {
        Progress.PENDING: _("Pending"),
        Progress.ACTIVE: _("In progress"),
        Progress.DONE: _("Done"),
        Progress.FAILED: _("Did not work"),
        Progress.UNKNOWN: plain_name(item.status) or _("In progress"),
    }
    return ShownTransaction(name, explanation % {"manufacturer": request.manufacturer}, words[progress], progress)


def _implied(request: OnboardingRequest) -> list[ShownTransaction]:
    """The platform listed no steps: its status for the whole request speaks."""
    if not request.status:
        return []
    return [_shown(Transaction(type="Connect", status=request.status), request)]
