"""Consent that a customer gives on the phone, where `CONSENT_BY_PHONE` allows that: read aloud, and noted by staff."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import help_for, maker_help, type_help
from onboarding.catalogue.shipped_help import written
from onboarding.consent import acts
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.intake import draft
from onboarding.intake.draft import StaleDraft
from onboarding.intake.forms import ConsentForm
from onboarding.lib.masks import mask
from onboarding.portal import pages
from onboarding.request import steps
from onboarding.request.lifecycle import IllegalMove
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Step

from .base import check_may
from .invite import ASSIST, VIEW, context_of, page_of


class PhoneConsentForm(ConsentForm):
    """What a colleague notes when a customer agreed on the phone: that the words were read, and how it came about."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        unread = gettext_lazy("Tick the box when you have read everything aloud and the customer said yes.")
        self.fields["consent"].error_messages["required"] = unread


def phone_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a customer agreed on the phone, if this installation allows that: the words, who, how and why."""
    check_may(request, ASSIST, VIEW)
    if not settings.CONSENT_BY_PHONE:
        raise Http404
    row, offers = get_object_or_404(OnboardingRequest, pk=pk), catalogue.load()
    if not (row.is_editable and steps.is_reachable(catalogue.draft_of(row, offers), Step.CHECK)):
        messages.warning(request, _("Nobody can agree to this now: look where it stands."))
        return page_of(row)
    form = _phone_form(request.POST if request.method == "POST" else None, row, offers)
    if form.is_valid():
        try:
            _note_consent(row, form, by=request.user.get_username())
        except (StaleDraft, IllegalMove):  # the customer was faster: judge it by the row as it is now
            return phone_consent(request, pk)
        messages.success(request, _("The consent is on record, and the request goes to the platform."))
        return page_of(row)
    device = [(_("Type"), str(type_help(row.type).name)), (str(maker_help(row.type).label), row.manufacturer)]
    context = context_of(request, row) | {
        "title": _("Consent by phone"),
        "form": form,
        "facts": [*device, *_masked(row)],
        "stored_email": masked(row, "contact_email"),
    }
    return TemplateResponse(request, "admin/onboarding/assist/phone_consent.html", context)


def _phone_form(data: QueryDict | None, row: OnboardingRequest, offers: Catalogue) -> PhoneConsentForm:
    """Make the form, sealed as the customer's own page is; the words are in the customer's language."""
    with override(row.language):
        words = pages.consent_for(row)
    is_paused = offers.find_pause(row.type, row.manufacturer) is not None
    return PhoneConsentForm(data, words=words, sha256=pages.page_sha256(row, words), is_paused=is_paused)


def _note_consent(row: OnboardingRequest, form: PhoneConsentForm, *, by: str) -> None:
    with override(row.language):  # the record speaks to the customer
        done = str(acts.HEARD) % {"box": form.words.statement}
    act = ConsentAct(done, Consent.Channel.ASSISTED, by, form.cleaned_data["reason"])
    draft.give_consent(row, form.words, act, contact_email=form.cleaned_data["contact_email"])


def _masked(row: OnboardingRequest) -> list[tuple[str, str]]:
    known = (
        (name, written(row.type, row.manufacturer, name, value)) for name, value in row.attributes.items() if value
    )
    return [(str(help_for(row.type, row.manufacturer, name).label), mask(value)) for name, value in known]
