"""What a customer does: answer, change an answer, agree.

Every change compares the row's `version` in the UPDATE itself, so that two tabs or a double click never mix: the
second one finds nothing to change and raises `StaleDraft`, and the caller judges it by the row as it is now.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from onboarding.access.links import is_held_by
from onboarding.access.models import Holder
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.wish_models import Wish
from onboarding.consent.records import ConsentAct, record_consent
from onboarding.consent.texts import ConsentWords
from onboarding.lib.addresses import key_of
from onboarding.lib.sealed_fields import matching, seal_for
from onboarding.notifications.rules import tell_of_consent
from onboarding.request.contact import address_hash
from onboarding.request.events import Event
from onboarding.request.lifecycle import WENT_WRONG, State, check_editable
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Cleared, Draft, cleared_by

from .contact import move_address

CUSTOMER = Event.Actor.CUSTOMER
# What another try has from the one before.
KEPT = (
    *("browser", "language", "type", "manufacturer", "attributes", "confirmed"),
    *("tenant_id", "collective_id", "owner_id", "own_reference", "contact_email", "return_address", "links_void_at"),
)


class StaleDraft(Exception):
    """The request changed since it was read: in another tab, by a double click, or by a worker."""


@transaction.atomic
def start(*, browser: str, language: str, origin: Mapping[str, str] | None = None) -> OnboardingRequest:
    """Begin a draft for the browser with this hashed key, or give back the one it began and never answered.

    `origin`: what the link says that led here, if one did.
    """
    known = origin or {}
    untouched = OnboardingRequest.objects.filter(browser=browser, state=State.DRAFT, type="")
    if begun := next(matching(untouched, known), None):
        return begun  # type: ignore[no-any-return]
    return begin(browser, {"language": language, **known}, by="" if origin is None else "link")


def begin(browser: str, known: Mapping[str, str], *, by: str = "") -> OnboardingRequest:
    """Make a draft for the browser with this hashed key, with what is `known`. Needs a transaction."""
    earlier = OnboardingRequest.objects.filter(browser=browser).exclude(contact_email="").order_by("-pk").first()
    address = {"contact_email": earlier.contact_email} if earlier else {}
    request = OnboardingRequest.objects.create(browser=browser, **(address | dict(known)))
    Event.record(request, CUSTOMER, "started", **({"by": by} if by else {}))
    return request


def answer(
    request: OnboardingRequest,
    answers: Mapping[str, str],
    *,
    catalogue: Catalogue,
    confirmed: Mapping[str, str] | None = None,
    by: str = "",
) -> Cleared:
    """Store validated answers under the platform's names and drop older ones that no longer apply.

    `confirmed`: unusual values that the customer stands by. `by`: the colleague who answers for the customer.
    Returns what was dropped.
    Raises: StaleDraft; IllegalMove once it is queued.
    """
    check_editable(State(request.state))
    chosen = {name: answers.get(name, getattr(request, name)) for name in ("type", "manufacturer")}
    offer = catalogue.find(chosen["type"], chosen["manufacturer"])
    needed = [attribute.name for attribute in offer.attributes] if offer else []
    attributes = request.attributes | {name: value for name, value in answers.items() if name not in chosen}
    before = Draft(request.type, chosen["manufacturer"], attributes)
    cleared = cleared_by(before, offers_manufacturer=offer is not None, needed=needed)
    changes = chosen | {
        "manufacturer": "" if cleared.manufacturer else chosen["manufacturer"],
        "attributes": {name: value for name, value in attributes.items() if name in needed},
        "confirmed": request.confirmed | dict(confirmed or {}),
        "rejections": {name: words for name, words in request.rejections.items() if name not in answers},
    }
    with transaction.atomic():
        _save(request, changes)
        _note(request, "answered", by=by, names=", ".join(sorted(answers)))
    return cleared


@transaction.atomic
def give_consent(
    request: OnboardingRequest, given: ConsentWords, act: ConsentAct, *, contact_email: str = "", browser: str = ""
) -> None:
    """Record what was agreed to, close the draft and queue it: all of it or none.

    `contact_email`: where the customer, in this `browser`, would like to hear from us; empty keeps the one on file.
    Raises: StaleDraft when it was already given, or the draft changed; IllegalMove once it is queued.
    """
    check_editable(State(request.state))
    now = timezone.now()
    if contact_email and key_of(contact_email) != key_of(request.contact_email):
        _move_address(request, contact_email, browser)
    consent = record_consent(request, given, act, at=now)
    _save(
        request,
        {
            "state": State.QUEUED,
            "turn_since": now,
            "consented_at": now,
            "consent_ends_at": consent.expires_at,
            "due_at": now,
            "failures": 0,
            "trouble": "",
        },
    )
    told = {"reason": scrub(act.reason, request)} if act.reason else {}
    _note(request, "consented", by=act.by, version=consent.version, channel=consent.channel, **told)
    tell_of_consent(request, consent)


@transaction.atomic
def renew_consent(request: OnboardingRequest, given: ConsentWords, act: ConsentAct) -> bool:
    """Record that the customer agreed again; the request goes on as it was. False when there is nothing to renew."""
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    if not row.consented_at or not row.is_withdrawable:
        return False
    now = timezone.now()
    consent = record_consent(row, given, act, at=now)
    row.consent_ends_at = consent.expires_at
    row.version += 1
    row.save()
    Event.record(row, CUSTOMER, "consent-renewed", version=consent.version, channel=consent.channel)
    tell_of_consent(row, consent)
    return True


@transaction.atomic
def start_again(request: OnboardingRequest) -> OnboardingRequest:
    """Give the draft for another try with the answers of a request that failed, was canceled or withdrawn.

    One that is still alive, or went well, is given back as it is: nothing is connected twice.
    """
    if request.state not in {*WENT_WRONG, State.WITHDRAWN}:
        return request
    return _next_try(request)


def _move_address(request: OnboardingRequest, contact_email: str, browser: str) -> None:
    """Write to another address from now on, if the row is still as it was read, and still held by the `browser`.

    Raises: StaleDraft.
    """
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    if row.version != request.version or (browser and not is_held_by(row, browser)):
        raise StaleDraft
    move_address(row, contact_email, but=browser)
    request.contact_email, request.version = row.contact_email, row.version


def wish_for(*, type: str, manufacturer: str, contact_email: str, language: str) -> None:
    """Remember who wants to hear when a device is offered; asking twice is one wish, asking after news a new one."""
    told = {"language": language, "announced_at": None}
    Wish.objects.update_or_create(
        type=type,
        manufacturer=manufacturer,
        contact_key=address_hash(contact_email),
        defaults=told,
        create_defaults=told | {"contact_email": contact_email},
    )


def _next_try(request: OnboardingRequest) -> OnboardingRequest:
    """Make the draft with the answers of a request, unless there is one."""
    draft, is_new = OnboardingRequest.objects.get_or_create(
        retry_of=request, state=State.DRAFT, defaults={name: getattr(request, name) for name in KEPT}
    )
    if is_new:
        Event.record(draft, CUSTOMER, "started", again=request.spoken_support_code)
    return let_in(request.holders.all(), draft)


def let_in(holders: Iterable[Holder], draft: OnboardingRequest) -> OnboardingRequest:
    """Let the browsers that hold a request hold its next try, too: any of them may have asked for it.

    But not those that came by a link to an address which the next try no longer has.
    """
    theirs = {"", draft.contact_key}
    held = [
        Holder(request=draft, browser=holder.browser, address=holder.address, is_proved=holder.is_proved)
        for holder in holders
        if holder.address in theirs
    ]
    Holder.objects.bulk_create(held, ignore_conflicts=True)
    return draft


def _note(request: OnboardingRequest, name: str, *, by: str, **detail: str) -> None:
    """Put on the timeline what the customer did, or a colleague for them."""
    if by:
        Event.record(request, Event.Actor.STAFF, name, by=by, **detail)
    else:
        Event.record(request, CUSTOMER, name, **detail)


def _save(request: OnboardingRequest, changes: Mapping[str, object]) -> None:
    unchanged = OnboardingRequest.objects.filter(pk=request.pk, version=request.version, state=request.state)
    values = {**changes, "version": request.version + 1}
    if not unchanged.update(**seal_for(request, values), updated_at=timezone.now()):
        raise StaleDraft
    for name, value in values.items():
        setattr(request, name, value)
    request.keep_keys()
