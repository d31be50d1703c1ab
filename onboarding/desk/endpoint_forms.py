"""The form of a webhook endpoint."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import LONGEST_ADDRESS, InvalidAddress, canonical
from onboarding.lib.sealed_fields import readable
from onboarding.webhooks.destinations import is_safe_url
from onboarding.webhooks.endpoint_models import LONGEST_URL, WebhookEndpoint
from onboarding.webhooks.models import WebhookDelivery

WIDE = {"class": "vLargeTextField"}


class EndpointForm(forms.ModelForm[WebhookEndpoint]):
    """Address and contact are sealed: the form has its own fields for them, and says which of them changed."""

    address = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.TextInput(WIDE | {"placeholder": "https://crm.example.org/webhooks", "autocomplete": "off"}),
    )
    contact_address = forms.CharField(
        label=_("Contact for trouble"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(WIDE),
        help_text=_("Gets one mail when the endpoint pauses by itself."),
    )
    told = forms.MultipleChoiceField(
        label=_("What it is told"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everything, also what later versions tell."),
    )

    page = forms.UUIDField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = WebhookEndpoint
        fields = ("name",)
        help_texts = {"name": _("What colleagues call it, e.g. CRM.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.value, f"{capfirst(kind.label)} ({kind.value})") for kind in WebhookDelivery.Kind]
        cast("forms.MultipleChoiceField", self.fields["told"]).choices = kinds
        self.initial["told"] = self.instance.kinds.split()
        self.initial["contact_address"] = readable(self.instance, "contact", "")
        if self.instance.pk is None:
            self.initial["page"] = self.instance.key
        else:
            self.fields["address"].required = False
            words = _("Leave it empty to keep the address that it has, at %(host)s.")
            self.fields["address"].help_text = words % {"host": self.instance.host}

    def clean_page(self) -> UUID | None:
        """Add one endpoint for each page, however often it is sent: of two, each would be told everything."""
        page: UUID | None = self.cleaned_data["page"]
        if page and self.instance.pk is None and WebhookEndpoint.objects.filter(key=page).exists():
            raise ValidationError(gettext("It is added already. Its page shows you its secret."))
        return page

    def clean_address(self) -> str:
        typed = str(self.cleaned_data["address"]).strip()
        if typed and not is_safe_url(typed, is_local=not settings.IS_PRODUCTION):
            raise ValidationError(gettext("Enter an address that begins with https://, without a password and a #."))
        return typed

    def clean_contact_address(self) -> str:
        try:
            return canonical(self.cleaned_data["contact_address"])
        except InvalidAddress as problem:
            raise ValidationError(problem.message) from problem

    def put(self, endpoint: WebhookEndpoint) -> set[str]:
        """Put what was entered into a row, and return the columns that change with it."""
        if endpoint.pk is None and self.cleaned_data["page"]:
            endpoint.key = self.cleaned_data["page"]
        entered = {"kinds": " ".join(self.cleaned_data["told"]), "contact": self.cleaned_data["contact_address"]}
        entered |= {"url": self.cleaned_data["address"]} if self.cleaned_data["address"] else {}
        changed = {name for name, value in entered.items() if readable(endpoint, name, None) != value}
        for name in changed:
            setattr(endpoint, name, entered[name])
        return changed | ({"name"} & set(self.changed_data))
