"""What the page shows on which a device is connected again, to who holds it and to who comes by the mail about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding.catalogue import catalogue
from onboarding.catalogue.help_texts import type_help
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import ConsentWords
from onboarding.intake.forms import ConsentForm
from onboarding.intake.reconnection import consent_that_holds
from onboarding.mail import silence
from onboarding.request import family
from onboarding.request.lifecycle import SILENT, Health, State
from onboarding.request.models import OnboardingRequest

from . import pages, renewal_page


class Stage(StrEnum):
    READY = "ready"  # one press
    READ = "read"  # read and agree, which is the press
    UNDER_WAY = "under-way"
    FLOWS = "flows"  # by itself, since the mail was written
    PAUSED = "paused"  # by staff, for this manufacturer


@dataclass(frozen=True)
class Page:
    """`form`: of the consent, where it has to be read first; bound when it is what was sent."""

    request: OnboardingRequest
    stage: Stage
    form: ConsentForm | None = None

    @property
    def may_begin(self) -> bool:
        """Tell whether the press that brought us here is enough."""
        if self.form:
            return self.form.is_bound and self.form.is_valid()
        return self.stage in {Stage.READY, Stage.UNDER_WAY}

    @property
    def given(self) -> ConsentWords | None:
        return self.form.words if self.form else None

    @property
    def act(self) -> ConsentAct | None:
        return pages.act_of(self.form.words) if self.form else None


def is_connected(request: OnboardingRequest) -> bool:
    return request.state == State.CONNECTED and request.withdrawn_at is None


def look(request: OnboardingRequest, data: QueryDict | None, *, is_mailed: bool) -> Page:
    """Find out what a connected device needs to be connected again. `data`: what was sent, if anything was."""
    stage = _stage_of(request, is_mailed=is_mailed)
    if stage != Stage.READ:
        return Page(request, stage)
    sent = data if data is not None and "page_sha256" in data else None  # else it comes from another page's button
    return Page(request, stage, pages.consent_form(sent, request))


def _stage_of(request: OnboardingRequest, *, is_mailed: bool) -> Stage:
    if family.under_way(request):
        return Stage.UNDER_WAY
    if is_mailed and _health_of(request) == Health.FLOWING:
        return Stage.FLOWS
    if catalogue.load().find_pause(request.type, request.manufacturer):
        return Stage.PAUSED
    return Stage.READY if consent_that_holds(request) else Stage.READ


def context(page: Page, *, is_mailed: bool) -> dict[str, Any]:
    request, form = page.request, page.form
    return {
        "title": _title(page),
        "request_row": request,
        "device": type_help(request.type),
        "stage": str(page.stage),
        "is_about_mandate": renewal_page.is_about_mandate(request),
        "sentences": _sentences(page),
        "back_url": "" if is_mailed else reverse("onboarding:device", args=[request.reference]),
        "form": form,
        "errors": pages.error_list(form) if form else [],
        "consent": form and form.words,
        "page_sha256": form and form.sha256,
    }


def _title(page: Page) -> str:
    match page.stage:
        case Stage.UNDER_WAY:
            return _("It is being connected again")
        case Stage.FLOWS:
            return _("Data comes again")
        case _ if renewal_page.is_about_mandate(page.request):
            return _("Allow it once more")
        case _ if _health_of(page.request) in SILENT:
            return silence.headline(page.request)
        case _:
            return _("Connect it again?")


def _sentences(page: Page) -> list[str]:
    names = {"manufacturer": page.request.manufacturer}
    match page.stage:
        case Stage.UNDER_WAY:
            return [_("Somebody pressed the button before. You can see how it goes.")]
        case Stage.FLOWS:
            return [_("Your device sends data again, by itself. There is nothing for you to do.")]
        case Stage.PAUSED:
            return [_("%(manufacturer)s cannot be connected at the moment. Please try it again later.") % names]
        case _ if renewal_page.is_about_mandate(page.request):
            return renewal_page.why(page.request)
        case _ if _health_of(page.request) in SILENT:
            return [silence.seen(page.request), silence.usual_help(page.request)]
        case _:
            return [silence.usual_help(page.request)]


def _health_of(request: OnboardingRequest) -> str:
    return request.known_device.health if request.known_device else ""
