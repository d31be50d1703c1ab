"""The words of the timeline: a sentence for every event, and for what the platform's own words mean."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from onboarding.access.models import AccessLink
from onboarding.consent.models import Consent
from onboarding.mail.models import Mail
from onboarding.request.lifecycle import Progress
from onboarding.request.staff_reasons import STAFF_REASONS
from onboarding.webhooks.endpoint_models import WebhookEndpoint
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
    "mail-sent-again": _("%(by)s had the mail “%(kind)s” sent again."),
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
    "campaign-start": _("%(by)s started the campaign for the text %(version)s, %(per_day)s mails a day."),
    "campaign-pause": _("%(by)s paused the campaign for the text %(version)s."),
    "campaign-resume": _("%(by)s let the campaign for the text %(version)s go on, %(per_day)s mails a day."),
    "campaign-end": _("%(by)s ended the campaign for the text %(version)s."),
    "endpoint-added": _("%(by)s added the webhook endpoint “%(endpoint)s”."),
    "endpoint-changed": _("%(by)s changed the webhook endpoint “%(endpoint)s”."),
    "endpoint-paused": _("%(by)s paused the webhook endpoint “%(endpoint)s”."),
    "endpoint-resumed": _("%(by)s let the webhook endpoint “%(endpoint)s” go on."),
    "endpoint-secret-renewed": _("%(by)s made a new secret for the webhook endpoint “%(endpoint)s”."),
    "endpoint-secret-ended": _("%(by)s ended the earlier secret of the webhook endpoint “%(endpoint)s”."),
    "endpoint-tested": _("%(by)s sent a test to the webhook endpoint “%(endpoint)s”."),
    "endpoint-removed": _("%(by)s took the webhook endpoint “%(endpoint)s” away."),
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
    "consented": _("The customer agreed."),
    "consent-continued": _("The customer had agreed to the same words before: that goes on."),
    "consent-renewed": _("The customer agreed again."),
    "consent-withdrawn": _("The customer took the consent back."),
    "asked-again": _("We asked the customer to agree to the new text."),
    "reminded-of-end": _("It ends in %(days)s days: the customer is told."),
    "consent-expired": _("The consent ended, because its time was over."),
    "consent-elsewhere": _("The consent ended, because the connection was ended elsewhere."),
    "consent-timed-out": _("The consent ended, because nobody allowed the connection within thirty days."),
    "first-data": _("The first data came."),
    "turned-quiet": _("No data has come for longer than is usual."),
    "flows-again": _("Data comes again."),
    "seems-gone": _("The platform does not find the device, or does not let us see it. We look again."),
    "ended-elsewhere": _("The platform has not had the device for days: it was ended elsewhere."),
    "consent-replaced": _("The device was connected anew, so this connection ended."),
    "reconnecting": _("The customer began to connect the device anew: %(anew)s."),
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
    "refused": _("The platform refused the request for good. Its reason: %(code)s."),
    "progress": _("The platform has news."),
    "connected": _("The device is connected."),
    "failed": _("It did not work."),
    "failed codes": _("It did not work. The platform's reason: %(codes)s."),
    "canceled": _("The platform canceled it."),
    "trouble": _("We asked the platform in vain. %(error)s"),
    "needs-staff": _("It was given to a colleague. %(reason)s."),
    "withdrawing": _("We began to disconnect the device."),
    "withdrawn": _("The request is over: nothing is at the platform."),
    "not-there": _("The request is over: the platform does not have it."),
    "nothing-connected": _("The request is over: nothing had been connected."),
    "offboarding-accepted": _("The platform agreed to let the device go."),
    "offboarded": _("The platform let the device go."),
    "let-go-before": _("The platform had let the device go before."),
    "kept-for-another": _("The request is over. The device stays: another one of our requests has it."),
    "mail-sent": _("We sent the mail “%(kind)s”."),
    "mail-dropped": _("The mail “%(kind)s” was not sent: %(reason)s."),
    "told-in-browser": _("We told the customer in their browser."),
    "endpoint-paused": _("The webhook endpoint “%(endpoint)s” is paused: %(reason)s."),
    "mail-refused": _("The mail “%(kind)s” was refused, and is not tried again."),
}
# What became of a step of the platform's, by its name there; "" is any other.
STEPS = {
    ("CreateEntity", Progress.ACTIVE): _("The device is being registered."),
    ("CreateEntity", Progress.DONE): _("The device was registered."),
    ("CreateEntity", Progress.FAILED): _("The device could not be registered."),
    ("CreatePermissions", Progress.ACTIVE): _("The permission is being noted."),
    ("CreatePermissions", Progress.DONE): _("The permission was noted."),
    ("CreatePermissions", Progress.FAILED): _("The permission could not be noted."),
    ("Connect", Progress.ACTIVE): _("The connection is being made."),
    ("Connect", Progress.DONE): _("The connection was made."),
    ("Connect", Progress.FAILED): _("The connection could not be made."),
    ("", Progress.ACTIVE): _("A step of the platform's has begun: %(step)s."),
    ("", Progress.DONE): _("A step of the platform's is done: %(step)s."),
    ("", Progress.FAILED): _("A step of the platform's did not work: %(step)s."),
    ("", Progress.UNKNOWN): _("A step of the platform's has news: %(step)s."),
}
PLANNED = _("The platform has planned its steps.")
# What the platform asks of the customer, by its name there; "" is any other.
ASKED = {
    "Redirect": _("The customer has to go to the manufacturer's page."),
    "Consent": _("The customer has to allow it elsewhere, in an app or by e-mail."),
    "": _("The customer has to do something."),
}
NOT_ASKED = _("The customer has nothing to do any more.")
REASONS, NO_REASONS = _("The platform reports a problem: %(codes)s."), _("The platform reports no problem any more.")
AT_WORK = _("The platform is at work on it.")
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
    "no longer so": _("it is no longer so"),
    "renewed already": _("they renew it already"),
    "quiet first": _("the device is quiet, and they were told that"),
    "refused": _("the address was refused"),
    "too many mails": _("this mailbox got too many mails within a day"),
}
# Our own words for what a detail says, by its name.
SPOKEN: dict[str, Mapping[str, Any]] = {
    "kind": {kind: capfirst(label) for kind, label in Mail.Kind.choices} | dict(WebhookDelivery.Kind.choices),
    "channel": dict(Consent.Channel.choices),
    "reason": STAFF_REASONS | UNSENT | dict(WebhookEndpoint.Pause.choices),
    "error": TROUBLES,
    "by": dict(AccessLink.Kind.choices),
}
# What a detail is called, by its name; of other names the platform's word has to do.
DETAILS = {
    "status": _("the platform's status"),
    "action": _("what the platform asks for"),
    "codes": _("the platform's reasons"),
    "transactions": _("the platform's steps"),
    "attempt": _("attempt"),
    "at": _("when"),
    "since": pgettext_lazy("the last data of a device", "since"),
    "looks": _("looks in vain"),
    "reason": _("reason"),
    "names": _("fields"),
    "note": _("note"),
    "kind": _("kind"),
    "on": pgettext_lazy("where a colleague looked", "on"),
    "version": _("version of the text"),
    "channel": _("how they agreed"),
    "by": _("by"),
    "error": _("trouble"),
    "message": _("the platform's words"),
    "endpoint": _("endpoint"),
    "columns": _("changed"),
    "trouble": _("trouble"),
}
