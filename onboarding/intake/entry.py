"""Beginning with the first answer, or with what a company's link fills in."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from onboarding.access.models import Holder
from onboarding.catalogue.catalogue import Catalogue
from onboarding.lib.sealed_fields import matching
from onboarding.limits.limit_storage import hold
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

from .draft import answer, begin, start
from .entry_links import Origin

FOR_WHOM = ("tenant_id", "collective_id", "owner_id", "own_reference")
# Who goes back so soon and chooses another type means the same device; and a page is sent twice within a moment.
UNDECIDED, MOMENT = timedelta(hours=1), timedelta(minutes=10)


@transaction.atomic
def start_with(kind: str, *, browser: str, language: str, catalogue: Catalogue, page: str = "") -> OnboardingRequest:
    """Begin a draft with its first answer, the type; or answer so in the draft of this browser that has no other.

    `page`: for a browser that had no key before, a secret of the page that was sent. One page sent twice, as by a
    double click, begins one draft; it gives such a browser two keys, and both hold it.
    Raises: StaleDraft when that draft was answered in another tab just now.
    """
    reference = _reference_of(page) if page else ""
    hold(f"start/{reference or browser}")
    request = _find_of_page(reference, browser) if reference else find_unfinished(browser, kind)
    if request is None:
        request = begin(browser, {"language": language, "type": kind} | _if_free(reference))
        Event.record(request, Event.Actor.CUSTOMER, "answered", names="type")
    elif request.type != kind:
        answer(request, {"type": kind}, catalogue=catalogue)
    return request


def find_unfinished(browser: str, kind: str = "") -> OnboardingRequest | None:
    """Return the draft that this browser began, and in which it said no more than a type; one of late, or this one."""
    late = timezone.now() - UNDECIDED
    no_one = dict.fromkeys(FOR_WHOM, "")
    begun = OnboardingRequest.objects.filter(
        browser=browser, state=State.DRAFT, manufacturer="", retry_of=None, **no_one
    )
    return begun.filter(Q(type__in={"", kind}) | Q(created_at__gt=late)).order_by("-pk").first()


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
    drafts = OnboardingRequest.objects.filter(browser=browser, state=State.DRAFT, retry_of=None)
    for draft in matching(drafts.filter(type=answers["type"]), for_whom):
        known = {"type": draft.type, "manufacturer": draft.manufacturer, **draft.attributes}
        held = {name: value for name, value in known.items() if value}
        if held == answers or (origin.own_reference and answers.items() <= held.items()):
            return draft  # type: ignore[no-any-return]
    return None


def _find_of_page(reference: str, browser: str) -> OnboardingRequest | None:
    """Return the draft that the same page began a moment ago, and let this browser hold it, too."""
    late = timezone.now() - MOMENT
    drafts = OnboardingRequest.objects.filter(state=State.DRAFT, manufacturer="", created_at__gt=late)
    found = drafts.filter(reference=reference).first()
    if found:
        Holder.objects.get_or_create(request=found, browser=browser)
    return found


def _if_free(reference: str) -> dict[str, str]:
    is_taken = not reference or OnboardingRequest.objects.filter(reference=reference).exists()
    return {} if is_taken else {"reference": reference}


def _reference_of(page: str) -> str:
    """Return the reference for what a page begins: as hard to guess as any, and the same each time."""
    digest = salted_hmac("onboarding.first-answer", page, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
