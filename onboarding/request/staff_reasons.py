"""Why workers give a request to a colleague."""

from django.utils.translation import gettext_lazy as _

STAFF_REASONS = {
    "unanswered": _("The platform did not answer, and does not have the request"),
    "forgotten": _("The platform does not know it any more"),
    "too-old": _("Followed for thirty days without an outcome"),
    "several": _("Found more than once at the platform"),
    "not-let-go": _("The platform does not let the device go"),
    "unexpected": _("Something in the portal failed on it, three times in a row"),
    "unreadable": _("What is stored of it cannot be opened"),
    "bad-link": _("The platform sent a link that cannot be offered"),
}
