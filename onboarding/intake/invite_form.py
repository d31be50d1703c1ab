"""What staff know when they prepare a request, or a link, for a customer. It checks the same, and saves nothing."""

import secrets
from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from onboarding.catalogue.catalogue import Catalogue

from .device_form import DeviceForm

# The button that mails the link at once.
MAIL = "_mail"


class InviteForm(DeviceForm):
    """What is known of a customer and their device; each page of it prepares one request."""

    days = None  # type: ignore[assignment]  # invitations have a time of their own
    key = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(
        self,
        data: MultiValueDict[str, str] | None = None,
        *,
        catalogue: Catalogue,
        known: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, catalogue=catalogue, known={"key": secrets.token_hex(16)} | dict(known or {}))

    def clean_key(self) -> str:
        return self.cleaned_data["key"] or secrets.token_hex(16)

    def clean_contact_email(self) -> str:
        address = super().clean_contact_email()
        if MAIL in self.data and not address:
            raise ValidationError(_("Enter the address to which the link is mailed."))
        return address


class LinkForm(DeviceForm):
    """What a link for a customer says."""

    def customer_fields(self) -> list[tuple[BoundField, str]]:
        return [*super().customer_fields(), (self["days"], "")]
