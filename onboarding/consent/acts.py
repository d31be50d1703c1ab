"""What a customer did, or time did, as the consent record says it to them afterwards."""

from django.utils.translation import gettext_lazy as _

TICKED = _("You ticked the box “%(box)s” and pressed “%(button)s”.")
CONNECTED_AGAIN = _("You pressed “%(button)s”. On %(moment)s you had agreed to the same words, and that still holds.")
HEARD = _("You had everything read aloud on the phone, and said yes to “%(box)s”.")
READ_STOPPING = _("You read what stopping means and pressed “%(button)s”.")
READ_ERASING = _("You read what erasing means and pressed “%(button)s”.")
ASKED_STAFF_TO_STOP = _("You asked us to stop.")
ASKED_STAFF_TO_ERASE = _("You asked us to erase everything.")
ASKED_TO_ERASE = _("You asked for everything to be erased.")
# And what nobody did: which of the two that end by themselves it was.
TEXT_ENDED = _("The time that the text gave your consent was over.")
MANDATE_ENDED = _("Your permission at %(manufacturer)s was over.")
# And what somebody did elsewhere, as far as the platform's answers tell.
ENDED_ELSEWHERE = _("The platform can no longer reach the device at %(manufacturer)s: the connection was ended there.")
