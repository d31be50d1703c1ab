"""Everything that happened to a request on one timeline: events, mails and webhooks, newest first, by day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from onboarding.mail.models import Mail
from onboarding.request.events import Event
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest
from onboarding.webhooks.models import WebhookDelivery

from .timeline_chapters import in_chapters
from .timeline_sentences import Line, line_of
from .timeline_words import SPOKEN

MOST_READ, MOST_SHOWN = 300, 100
# What workers do again and again until it works; of a long run, the ends are told and the middle is counted.
RETRYING = frozenset({"attempt-started", "attempt-abandoned", "no-answer", "not-sent", "not-found", "trouble"})
LONGEST_RUN, KEPT_ENDS = 6, 2
# The rows of mails tell that better: to whom, and when it was queued.
TOLD_BY_MAILS = ("mail-sent",)
AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Story:
    """A page of a timeline; `earlier` is where the next one begins, None when there is no more."""

    days: list[tuple[date, list[Line]]]
    earlier: datetime | None = None


def story_of(request: OnboardingRequest, *, before: datetime | None = None) -> Story:
    """Tell what happened to a request, the newest hundred lines `before` then, in three queries."""
    until = before or timezone.now() + AT_ONCE
    events = list(
        request.events.filter(at__lt=until).exclude(name__in=TOLD_BY_MAILS).order_by("-at", "-pk")[: MOST_READ + 1]
    )
    lines = [line_of(event, request) for event in events]
    lines += [*_of_mails(request, until), *_of_webhooks(request, until)]
    lines.sort(key=lambda line: line.at, reverse=True)  # stable: what happened at once stays in order
    is_more = len(events) > MOST_READ
    if is_more:
        lines = [line for line in lines if line.at > events[-1].at]
    return _page(list(_shortened(lines)), is_more=is_more)


def by_day(lines: Sequence[Line]) -> list[tuple[date, list[Line]]]:
    days = groupby(lines, lambda line: timezone.localdate(line.at))
    return [(day, list(in_chapters(list(of_day)))) for day, of_day in days]


def _page(lines: list[Line], *, is_more: bool) -> Story:
    shown = lines[:MOST_SHOWN]
    if len(lines) > MOST_SHOWN:  # what happened at the same moment stays together
        edge = lines[MOST_SHOWN].at
        shown = [line for line in shown if line.since > edge] or shown
        is_more = True
    return Story(by_day(shown), shown[-1].since if is_more and shown else None)


def _shortened(lines: Sequence[Line]) -> Iterator[Line]:
    """Put one line in the place of what was tried again and again in between."""
    for is_retrying, found in groupby(lines, lambda line: line.name in RETRYING):
        run = tuple(found)
        if is_retrying and len(run) > LONGEST_RUN:
            yield from run[:KEPT_ENDS]
            yield _together(run[KEPT_ENDS:-KEPT_ENDS])
            yield from run[-KEPT_ENDS:]
        else:
            yield from run


def _together(lines: tuple[Line, ...]) -> Line:
    newest = lines[0]
    tries = sum(line.name == "attempt-started" for line in lines) or len(lines)
    until = date_format(timezone.localtime(newest.at), "TIME_FORMAT")
    words = ngettext(
        "Tried once more until %(until)s, without effect.",
        "Tried %(count)d more times until %(until)s, without effect.",
        tries,
    )
    who = str(Event.Actor.WORKER.label)
    return Line(newest.at, Event.Actor.WORKER, who, "retries", words % {"count": tries, "until": until}, lines=lines)


def _of_mails(request: OnboardingRequest, until: datetime) -> Iterator[Line]:
    for mail in request.mails.filter(queued_at__lt=until).order_by("-queued_at", "-pk")[:MOST_READ]:
        told = {"kind": SPOKEN["kind"].get(mail.kind, mail.kind), "to": masked(mail, "to") or "–"}
        if mail.sent_at and mail.sent_at < until:
            yield _by_worker(mail.sent_at, "mail-sent", gettext("We sent the mail “%(kind)s” to %(to)s.") % told)
        if mail.sent_at is None or mail.sent_at - mail.queued_at > AT_ONCE:
            words = gettext("The mail “%(kind)s” to %(to)s was queued.") % told
            yield _by_worker(mail.queued_at, "mail-queued", words, *_how_it_goes(mail))


def _how_it_goes(mail: Mail) -> Iterator[tuple[str, str]]:
    if mail.step:
        yield gettext("reminder"), str(mail.step)
    if mail.due_at:
        yield gettext("to be sent"), date_format(timezone.localtime(mail.due_at), "DATETIME_FORMAT")
    if mail.trouble:
        yield gettext("trouble"), mail.trouble
        yield gettext("attempts"), str(mail.failures)


def _of_webhooks(request: OnboardingRequest, until: datetime) -> Iterator[Line]:
    rows = (
        request.webhooks.filter(created_at__lt=until)
        .select_related("endpoint")
        .defer("body")
        .order_by("-pk")[:MOST_READ]
    )
    for webhook in rows:
        name, words, at = _outcome(webhook)
        if at < until:
            told = (gettext("endpoint"), webhook.endpoint.name), (gettext("attempts"), str(webhook.tries))
            kind = webhook.get_kind_display()
            yield _by_worker(at, name, words % {"kind": kind}, *told, about=kind)


def _outcome(webhook: WebhookDelivery) -> tuple[str, str, datetime]:
    if webhook.delivered_at:
        return "webhook-delivered", gettext("We told the company's systems: %(kind)s."), webhook.delivered_at
    if webhook.gave_up_at:
        gave_up = gettext("We gave up telling the company's systems: %(kind)s.")
        return "webhook-given-up", gave_up, webhook.gave_up_at
    return "webhook-waiting", gettext("The company's systems are to be told: %(kind)s."), webhook.created_at


def _by_worker(at: datetime, name: str, words: str, *details: tuple[str, str], about: str = "") -> Line:
    return Line(at, Event.Actor.WORKER, str(Event.Actor.WORKER.label), name, words, details, about=about)
