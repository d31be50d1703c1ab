"""The timeline of a request in words, with nothing in them that is to be masked: a sentence for every event.

The platform's own words are among a line's details, one press away.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from onboarding.catalogue.shipped_help import plain_name
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.request.events import CALL, Event
from onboarding.request.lifecycle import Progress, progress
from onboarding.request.masking import CANNOT_BE_READ, scrub
from onboarding.request.models import OnboardingRequest

from .timeline_words import (
    ASKED,
    AT_WORK,
    DETAILS,
    NO_REASONS,
    NOT_ASKED,
    PLANNED,
    REASONS,
    SPOKEN,
    STAFF,
    STEPS,
    UNSENT,
    WORDS,
)
from .words import question_label

# Told in a line's own way, not as "name: value".
APART = {CALL, "steps", "changed"}
MOMENTS = {"at", "since"}
# Told in plain words in the sentence, and in the platform's among the details.
IN_PLAIN_WORDS = {"names", "codes", "code"}
# What the best news are: first what stands in somebody's way, then what is done, then what goes on.
STOPS, ASKS, DOES, BEGINS = range(4)


@dataclass(frozen=True)
class Line:
    """One line: who did what; `details`, `sent` and `answer` are there for who wants to know more."""

    at: datetime
    actor: str  # the name of an Event.Actor
    who: str
    name: str
    words: str
    details: tuple[tuple[str, str], ...] = ()
    sent: str = ""
    answer: str = ""
    about: str = ""  # what was answered or told: lines that tell alike are put together by it
    lines: tuple["Line", ...] = ()  # those that this one stands for

    @property
    def since(self) -> datetime:
        return self.lines[-1].at if self.lines else self.at

    @property
    def has_more(self) -> bool:
        return bool(self.details or self.sent or self.answer or self.lines)


def why_unsent(mail: Mail) -> str:
    """Say why a mail was not sent after all; nothing while it may be, or was."""
    return str(UNSENT.get(mail.ended, mail.ended))


def line_of(event: Event, request: OnboardingRequest | None) -> Line:
    """Tell an event in one line."""
    event.detail = readable(event, "detail", {"by": event.by, "detail": CANNOT_BE_READ})
    told = {name: scrub(str(value), request) for name, value in event.detail.items() if value and name not in APART}
    colleague = told.get("by") if event.actor == Event.Actor.STAFF else None
    sentence = _progress(event, told, request) or _sentence(event)
    hidden = {name for name in told if f"%({name})s" in sentence} - IN_PLAIN_WORDS | ({"by"} if colleague else set())
    spoken = _spoken(event, told, request)
    left = [(str(DETAILS.get(name, name)), _read(name, value)) for name, value in told.items() if name not in hidden]
    facts, sent, answer = _exchange(event, request)
    return Line(
        at=event.at,
        actor=event.actor,
        who=colleague or str(event.get_actor_display()),
        name=event.name,
        words=sentence % defaultdict(lambda: "–", spoken),
        details=(*_steps_as_told(event, request), *left, *facts),
        sent=sent,
        answer=answer,
        about=spoken.get("names", ""),
    )


def _read(name: str, value: str) -> str:
    """Write a moment as people do, and everything else as it was told."""
    at = parse_datetime(value) if name in MOMENTS else None
    return date_format(localtime(at), "DATETIME_FORMAT") if at else value


def _sentence(event: Event) -> str:
    of_staff = STAFF.get(event.name) if event.actor == Event.Actor.STAFF else None
    variants = (WORDS.get(f"{event.name} {key}") for key, value in event.detail.items() if value)
    found = of_staff or next(filter(None, variants), None) or WORDS.get(event.name)
    return str(found or event.name.replace("%", "%%"))


def _progress(event: Event, told: Mapping[str, str], request: OnboardingRequest | None) -> str:
    """Say what a "progress" brought: what stands in the way, what is asked and what is done, else what has begun."""
    news = sorted((*_of_steps(event, request), *_of_changes(event, told)), key=lambda item: item[0])
    best = [words for rank, words in news if rank < BEGINS] or [words for _rank, words in news]
    if not best and event.detail.get("steps"):
        best = [str(PLANNED)]
    return " ".join(dict.fromkeys(best))


def _of_steps(event: Event, request: OnboardingRequest | None) -> Iterator[tuple[int, str]]:
    ranks = {Progress.FAILED: STOPS, Progress.DONE: DOES}
    for kind, _before, now in event.detail.get("steps", ()):
        stands = progress(now)
        words = STEPS.get((kind, stands)) or STEPS.get(("", stands))
        if words:
            step = plain_name(scrub(kind, request)).replace("%", "%%")
            yield ranks.get(stands, BEGINS), str(words).replace("%(step)s", step)


def _of_changes(event: Event, told: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    changed = event.detail.get("changed", ())
    if "errors" in changed:
        yield (STOPS, str(REASONS)) if told.get("codes") else (DOES, str(NO_REASONS))
    if "action_type" in changed:
        action = told.get("action", "")
        yield ASKS, str(ASKED.get(action, ASKED[""]) if action else NOT_ASKED)
    if "status" in changed and progress(event.detail.get("status", "")) == Progress.ACTIVE:
        yield BEGINS, str(AT_WORK)


def _steps_as_told(event: Event, request: OnboardingRequest | None) -> Iterator[tuple[str, str]]:
    """Tell the platform's steps in its own words."""
    for kind, before, now in event.detail.get("steps", ()):
        yield scrub(kind, request), scrub(f"{before} → {now}" if before else now, request)


def _spoken(event: Event, told: Mapping[str, str], request: OnboardingRequest | None) -> dict[str, str]:
    """Put what an event tells into our own words."""
    spoken = {name: str(SPOKEN.get(name, {}).get(value, value)) for name, value in told.items()}
    if event.actor == Event.Actor.STAFF and "by" in told:
        spoken["by"] = told["by"]
    if "field" in told:
        spoken["field"] = question_label(told["field"], request)
    if "names" in told:
        spoken["names"] = ", ".join(question_label(name, request) for name in told["names"].split(", "))
    for name in {"code", "codes"} & told.keys():
        spoken[name] = ", ".join(plain_name(code) for code in told[name].split(", "))
    return spoken


def _exchange(event: Event, request: OnboardingRequest | None) -> tuple[list[tuple[str, str]], str, str]:
    """Return of the call that an event keeps: facts about it, what we sent, and what came back."""
    said = {name: scrub(str(value), request) for name, value in event.detail.get(CALL, {}).items()}
    facts = {
        gettext("call"): said.get("call"),
        gettext("HTTP status"): said.get("status"),
        gettext("the platform's id of the call"): said.get("request_id"),
        gettext("milliseconds"): said.get("milliseconds"),
    }
    return [(name, value) for name, value in facts.items() if value], said.get("sent", ""), said.get("answer", "")
