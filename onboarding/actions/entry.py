"""Beginning with what a company's link fills in."""

from collections.abc import Mapping
from dataclasses import asdict

from django.db import transaction

from onboarding.catalogue import Catalogue
from onboarding.entry import Origin
from onboarding.lifecycle import State
from onboarding.models import OnboardingRequest

from .draft import answer, start

FOR_WHOM = ("tenant_id", "collective_id", "own_reference")


@transaction.atomic
def start_from_link(
    answers: Mapping[str, str], origin: Origin, *, browser: str, language: str, catalogue: Catalogue
) -> OnboardingRequest:
    """Begin a draft with validated answers, or give back the one of this browser that holds just these.

    One under the company's own reference is given back however far it came since.
    Raises: StaleDraft when the draft to begin with was answered in another tab just now.
    """
    begun = _find_begun(answers, origin, browser) if answers.get("type") else None
    if begun is not None:
        return begun
    request = start(browser=browser, language=language, origin=asdict(origin))
    if answers:
        answer(request, answers, catalogue=catalogue)
    return request


def _find_begun(answers: Mapping[str, str], origin: Origin, browser: str) -> OnboardingRequest | None:
    for_whom = {name: getattr(origin, name) for name in FOR_WHOM}
    drafts = OnboardingRequest.objects.filter(browser=browser, state=State.DRAFT, retry_of=None, **for_whom)
    for draft in drafts.filter(type=answers["type"]):
        known = {"type": draft.type, "manufacturer": draft.manufacturer, **draft.attributes}
        held = {name: value for name, value in known.items() if value}
        if held == answers or (origin.own_reference and answers.items() <= held.items()):
            return draft
    return None
