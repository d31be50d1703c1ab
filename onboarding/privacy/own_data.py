"""What a browser may have and have erased: the requests that it holds, and the wishes of addresses that it proved."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from onboarding.access.browsers import browser_of, requests_of
from onboarding.access.models import Holder
from onboarding.catalogue.wish_models import Wish
from onboarding.consent import acts
from onboarding.consent.records import ConsentAct
from onboarding.request.events import Event
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest
from onboarding.request.search_index import find_addressed
from onboarding.support import disclosures

from . import erasure
from .export import build_export


def wishes_of(http: HttpRequest) -> QuerySet[Wish]:
    """Return the wishes of the addresses whose mails brought this browser here; anybody can type an address."""
    proved = Holder.objects.filter(browser=browser_of(http), is_proved=True).exclude(address="").values("address")
    return Wish.objects.filter(contact_key__in=proved).order_by("pk")


def holds_anything(http: HttpRequest) -> bool:
    """Tell whether there is anything to give, or to erase."""
    return requests_of(http).exists() or wishes_of(http).exists()


def is_left(http: HttpRequest) -> bool:
    """Tell whether there is anything whose erasure was not asked for yet."""
    return requests_of(http).filter(erasure=None).exists() or wishes_of(http).exists()


def being_erased(http: HttpRequest) -> QuerySet[OnboardingRequest]:
    """Return this browser's requests that are to be erased, and are not yet."""
    return requests_of(http).filter(erasure__done_at=None, erasure__isnull=False).order_by("pk")


def copy_of(http: HttpRequest) -> bytes:
    """Pack what this browser may have, and put on each timeline that its customer took it."""
    rows = list(requests_of(http).order_by("pk"))
    packed = build_export(rows, wishes_of(http))
    for row in rows:
        Event.record(row, Event.Actor.CUSTOMER, "data-downloaded")
    return packed


def copy_for_staff(request: OnboardingRequest, *, by: str, reason: str) -> bytes:
    """Pack what its customer may ask for: this request and all with the same address. Who took it is on each."""
    others, wishes = OnboardingRequest.objects.none(), Wish.objects.none()
    if key := request.contact_key:
        others = OnboardingRequest.objects.filter(contact_key=key).exclude(pk=request.pk)
        wishes = Wish.objects.filter(contact_key=key)
    return _packed([request, *others.order_by("pk")], wishes, by=by, reason=reason)


def copy_of_address(address: str, *, by: str, reason: str) -> bytes:
    """Pack what whoever has an address may ask for. Who took it is on each request, and on the record of each wish."""
    rows = find_addressed(OnboardingRequest.objects.order_by("pk"), address, by="contact_key")
    wishes = find_addressed(Wish.objects.all(), address, by="contact_key")
    return _packed(list(rows), wishes, by=by, reason=reason)


def _packed(rows: list[OnboardingRequest], wishes: QuerySet[Wish], *, by: str, reason: str) -> bytes:
    packed = build_export(rows, wishes.order_by("pk"))
    for row in rows:
        disclosures.note_export(row, by=by, what="data", reason=scrub(reason, row))
    for wish in wishes:
        disclosures.note_export(None, by=by, what="data", reason=scrub(reason, wish), on=f"wish {wish.pk}")
    return packed


@transaction.atomic
def erase_all(http: HttpRequest) -> None:
    """Erase everything that this browser holds: requests before wishes, as staff do, or both wait for each other."""
    proved = list(wishes_of(http).values_list("pk", flat=True))  # by holders, who go with their drafts
    for row in requests_of(http).order_by("-pk"):
        erasure.ask(row, act_of_erasing())
    erasure.erase_wishes(Wish.objects.filter(pk__in=proved).order_by("pk"))


def act_of_erasing() -> ConsentAct:
    return ConsentAct(str(acts.READ_ERASING) % {"button": _("Erase it")})
