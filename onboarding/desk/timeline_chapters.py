"""Chapters of a timeline: what belongs together and happened within moments is one line, the rest a press away.

What a colleague did stands alone, always. What follows from an outcome, mails and webhooks, stands below it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext

from onboarding.request.events import Event

from .timeline_sentences import Line

# What lies further apart is told apart; who fills in a form takes longer than a machine.
MOMENTS, ANSWERING = timedelta(minutes=1), timedelta(hours=1)
ANSWERS, SENDING, PLATFORM, DATA, END, ANEW = "answers", "sending", "platform", "data", "end", "anew"
CHAPTERS = {
    **dict.fromkeys(("started", "answered"), ANSWERS),
    **dict.fromkeys(("attempt-started", "attempt-abandoned", "no-answer", "not-sent", "not-found"), SENDING),
    **dict.fromkeys(("accepted", "accepted-late", "found", "restored"), SENDING),
    **dict.fromkeys(("progress", "connected", "failed", "canceled"), PLATFORM),
    **dict.fromkeys(("first-data", "turned-quiet", "flows-again", "seems-gone"), DATA),
    **dict.fromkeys(("ended-elsewhere", "consent-elsewhere", "consent-timed-out"), END),
    **dict.fromkeys(("consent-expired", "consent-replaced"), END),
    **dict.fromkeys(("reconnecting", "consent-continued"), ANEW),
    **{name: name for name in ("webhook-delivered", "webhook-given-up", "webhook-waiting")},
}
OUTCOMES = frozenset({"connected", "failed", "canceled"})
CONSEQUENCES = frozenset({"mail-sent", "mail-queued", "webhook-delivered", "webhook-given-up", "webhook-waiting"})


def in_chapters(lines: Sequence[Line]) -> Iterator[Line]:
    """Put lines together, the newest first; of what happened within moments, the cause before what follows from it."""
    for episode in _episodes(lines):
        chapters: dict[object, list[Line]] = {}
        for number, line in enumerate(episode):
            chapters.setdefault(CHAPTERS.get(line.name, number), []).append(line)
        found = [_as_one(chapter) for chapter in chapters.values()]
        yield from sorted(found, key=lambda line: line.name in CONSEQUENCES)


def _episodes(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Give what happened within moments of each other; a colleague's line is an episode of its own."""
    episode: list[Line] = []
    for line in lines:
        if episode and not _belong_together(episode[-1], line):
            yield episode
            episode = []
        episode.append(line)
    if episode:
        yield episode


def _belong_together(later: Line, earlier: Line) -> bool:
    are_answers = CHAPTERS.get(later.name) == CHAPTERS.get(earlier.name) == ANSWERS
    longest = ANSWERING if are_answers else MOMENTS
    return Event.Actor.STAFF not in {later.actor, earlier.actor} and later.since - earlier.at < longest


def _as_one(lines: Sequence[Line]) -> Line:
    """Tell the lines of a chapter in the words of the outcome, else of the newest, or of all where they are alike."""
    if len(lines) == 1:
        return lines[0]
    lead = next((line for line in lines if line.name in OUTCOMES), lines[0])
    return replace(lead, at=lines[0].at, words=_words(lead, lines), details=(), sent="", answer="", lines=tuple(lines))


def _words(lead: Line, lines: Sequence[Line]) -> str:
    about = ", ".join(dict.fromkeys(line.about for line in reversed(lines) if line.about))
    match CHAPTERS.get(lead.name):
        case "answers" if any(line.name == "started" for line in lines):
            return gettext("The customer began, and answered: %(names)s.") % {"names": about}
        case "answers":
            return gettext("The customer answered: %(names)s.") % {"names": about}
        case "webhook-delivered":
            return gettext("We told the company's systems: %(kind)s.") % {"kind": about}
        case "webhook-given-up":
            return gettext("We gave up telling the company's systems: %(kind)s.") % {"kind": about}
        case "webhook-waiting":
            return gettext("The company's systems are to be told: %(kind)s.") % {"kind": about}
    return lead.words
