"""The timeline of a request in words, with nothing in them that is to be masked: a sentence for every event."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.access.models import AccessLink
from onboarding.consent.models import Consent
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.request.events import CALL, Event
from onboarding.request.masking import CANNOT_BE_READ, label_of, scrub
from onboarding.request.models import OnboardingRequest
from onboarding.request.staff_reasons import STAFF_REASONS
from onboarding.webhooks.models import WebhookDelivery

# What colleagues did.
STAFF = {
    "prepared": _("%(by)s prepared this for a customer."),
    "invitation-sent": _("%(by)s had an invitation mailed to the customer."),
    "invitation-voided": _("%(by)s made the invitation void, and all other links."),
    "answered": _("%(by)s filled in for the customer: %(names)s."),
    "consented": _("%(by)s noted that the customer agreed on the phone."),
    "resumed": _("%(by)s let the workers go on."),
    "hurried": _("%(by)s had it looked at, or sent, at once."),
    "mail-sent-again": _("%(by)s had a mail sent again: %(kind)s."),
    "email-changed": _("%(by)s changed the e-mail address."),
    "handled": _("%(by)s marked it as handled."),
    "closed": _("%(by)s closed it: the platform does not have it."),
    "noted": _("%(by)s noted: %(note)s"),
    "consent-withdrawn": _("%(by)s took the consent back, because the customer asked for it."),
    "evidence-exported": _("%(by)s downloaded the evidence of consent."),
    "figures-exported": _("%(by)s downloaded figures."),
    "erasure-asked": _("%(by)s asked to erase it, for the customer."),
    "data-exported": _("%(by)s downloaded a copy of the customer's data."),
    "revealed": _("%(by)s looked at: %(field)s."),
    "webhook-sent-again": _("%(by)s had a webhook sent again: %(kind)s."),
}
# What everybody else did. "name key": how it is told when the event's detail has that key.
WORDS = {
    "started": _("The customer began."),
    "data-downloaded": _("The customer downloaded a copy of their data."),
    "erasure-asked": _("The customer asked to erase it."),
    "erasure-asked restored": _("A restored backup brought back what had been erased. It is erased again."),
    "erased": _("It was erased: all but the proof of consent went."),
    "reduced": _("Its time was over: all but the proof of consent went."),
    "started by": _("The customer began, by a link of the company."),
    "started again": _("The customer began another try of %(again)s."),
    "started repairs": _("The customer began to connect the device of %(repairs)s anew."),
    "answered": _("The customer answered: %(names)s."),
    "consented": _("The customer agreed, to text %(version)s."),
    "consented channel": _("The customer agreed, to text %(version)s: %(channel)s."),
    "consent-renewed": _("The customer agreed again, to text %(version)s."),
    "consent-renewed channel": _("The customer agreed again, to text %(version)s: %(channel)s."),
    "consent-withdrawn": _("The customer took the consent back."),
    "consent-expired": _("The consent ended, because its time was over."),
    "came-back": _("The customer came back from the manufacturer's page."),
    "continued-elsewhere": _("The customer went on in another browser, by a link: %(by)s."),
    "links-revoked": _("The customer made all links void: %(links)s."),
    "attempt-started": _("We began to send it, attempt %(attempt)s."),
    "attempt-abandoned": _("A worker stopped while it sent attempt %(attempt)s. Nobody knows whether it arrived."),
    "accepted": _("The platform accepted it."),
    "accepted-late": _("The platform accepted an attempt that we had given up."),
    "found": _("We found it at the platform: an attempt without an answer had arrived."),
    "restored": _("It came out of a backup, and may have been sent since: we look before we send."),
    "not-found": _("The platform does not have it: an attempt without an answer did not arrive."),
    "no-answer": _("The platform did not answer attempt %(attempt)s. It may have arrived."),
    "not-sent": _("Attempt %(attempt)s had no effect. We try again."),
    "rejected": _("The platform refused an answer: %(names)s."),
    "refused": _("The platform refused the request for good: %(code)s."),
    "progress": _("The platform has news: %(status)s."),
    "connected": _("The device is connected."),
    "failed": _("The platform says that it failed."),
    "failed codes": _("The platform says that it failed: %(codes)s."),
    "canceled": _("The platform canceled it."),
    "trouble": _("A call brought nothing. %(error)s"),
    "needs-staff": _("The workers gave it to a colleague: %(reason)s."),
    "withdrawing": _("We began to disconnect the device."),
    "withdrawn": _("The request is over: nothing is at the platform."),
    "not-there": _("The request is over: the platform does not have it."),
    "nothing-connected": _("The request is over: nothing had been connected."),
    "offboarding-accepted": _("The platform agreed to let the device go."),
    "offboarded": _("The platform let the device go."),
    "let-go-before": _("The platform had let the device go before."),
    "mail-sent": _("We sent a mail: %(kind)s."),
    "mail-dropped": _("A mail was not sent (%(kind)s): %(reason)s."),
    "told-in-browser": _("We told the customer in their browser."),
    "mail-refused": _("A mail was refused, and is not tried again: %(kind)s."),
}
STEP, NEW_STEP = _("%(type)s: %(before)s → %(now)s."), _("%(type)s: %(now)s.")
# What else may have changed in a "progress"; as it is told, and as it is told when there is none any more.
NEWS = {
    "action_type": (_("The platform asks for something: %(action)s."), _("The platform asks for nothing any more.")),
    "errors": (_("The platform reports errors: %(codes)s."), _("The platform reports no errors any more.")),
    "status": (_("The platform's status of the request: %(status)s."), _("The platform tells no status.")),
}
TOLD_BY = {"action_type": "action", "errors": "codes", "status": "status"}
TROUBLES = {
    "PlatformUnavailable": _("The platform gave no usable answer."),
    "RateLimited": _("The platform asked us to slow down."),
    "NotAuthorized": _("The platform does not accept our credentials or settings."),
    "NotFound": _("The platform does not know the request."),
    "RequestRejected": _("The platform refused the call."),
    "Conflict": _("The platform says that it contradicts what it has."),
    "InvalidAnswers": _("The platform refused the call."),
}
UNSENT = {
    "no address": _("there is no address"),
    "address changed": _("the address was changed"),
    "no longer their turn": _("it is no longer their turn"),
    "they are looking at it": _("they are looking at the page"),
    "refused": _("the address was refused"),
    "too many mails": _("this mailbox got too many mails within a day"),
}
# Our own words for what a detail says, by its name.
SPOKEN: dict[str, Mapping[str, Any]] = {
    "kind": dict([*Mail.Kind.choices, *WebhookDelivery.Kind.choices]),
    "channel": dict(Consent.Channel.choices),
    "reason": STAFF_REASONS | UNSENT,
    "error": TROUBLES,
}
# Told in a line's own way, not as "name: value".
APART = {CALL, "steps", "changed"}


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
    lines = lines_of(event, request)
    return replace(lines[0], words=" ".join(line.words for line in lines))


def lines_of(event: Event, request: OnboardingRequest | None) -> list[Line]:
    """Tell an event in a line for each thing that changed."""
    event.detail = readable(event, "detail", {"by": event.by, "detail": CANNOT_BE_READ})
    told = {name: scrub(str(value), request) for name, value in event.detail.items() if value and name not in APART}
    sentences = list(_progress(event, told, request)) or [_sentence(event)]
    colleague = told.get("by") if event.actor == Event.Actor.STAFF else None
    who = colleague or str(event.get_actor_display())
    hidden = {name for name in told if f"%({name})s" in "".join(sentences)} | ({"by"} if colleague else set())
    left = [(name, value) for name, value in told.items() if name not in hidden]
    words = [_fill_in(sentence, told, event.actor) for sentence in sentences]
    exchange, sent, answer = _exchange(event, request)
    first = Line(event.at, event.actor, who, event.name, words[0], (*left, *exchange), sent, answer)
    return [first, *(Line(event.at, event.actor, who, event.name, more) for more in words[1:])]


def _sentence(event: Event) -> str:
    of_staff = STAFF.get(event.name) if event.actor == Event.Actor.STAFF else None
    variants = (WORDS.get(f"{event.name} {key}") for key, value in event.detail.items() if value)
    found = of_staff or next(filter(None, variants), None) or WORDS.get(event.name)
    return str(found or event.name.replace("%", "%%"))


def _progress(event: Event, told: Mapping[str, str], request: OnboardingRequest | None) -> Iterator[str]:
    """Give a sentence for each change that a "progress" brought."""
    for kind, before, now in event.detail.get("steps", ()):
        words = {"type": kind, "before": before, "now": now}
        yield scrub(str(STEP if before else NEW_STEP) % words, request).replace("%", "%%")
    for name in event.detail.get("changed", ()):
        if name in NEWS:
            there, gone = NEWS[name]
            yield str(there if told.get(TOLD_BY[name]) else gone)


def _fill_in(sentence: str, told: Mapping[str, str], actor: str) -> str:
    spoken = {name: str(SPOKEN.get(name, {}).get(value, value)) for name, value in told.items()}
    if "field" in told:
        spoken["field"] = label_of(told["field"])
    if actor != Event.Actor.STAFF and "by" in told:
        spoken["by"] = str(dict(AccessLink.Kind.choices).get(told["by"], told["by"]))
    return sentence % defaultdict(lambda: "–", spoken)


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
