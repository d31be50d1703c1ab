"""The support desk, full: a row of everything, each with what is to be masked, and people with a role."""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from onboarding.models import (
    CatalogueSnapshot,
    Consent,
    ConsentText,
    Event,
    Mail,
    OnboardingRequest,
    PlannedOffer,
    PlatformHealth,
    Transaction,
    WebhookAttempt,
    WebhookDelivery,
    Wish,
)

# What stands in the rows, each under the name of its secret.
ANSWERS = {"vin": "WA1DMAFE0D0000417", "code": "HX7K2M", "email": "owner@device.example", "name": "Wilhelmina Quist"}
OWN = {
    "contact_email": "jan.peeters@mail.example",
    "own_reference": "CUST-778812",
    "redirect_link": "https://maker.example/consent?ticket=kx81jzq",
    "documentation_link": "https://maker.example/help?for=mm20vvx",
    "return_address": "https://company.example/back?customer=zz61qwp",
}
WISHER = "lise.wens@mail.example"
CLEAR = [*ANSWERS.values(), *OWN.values(), WISHER, "kx81jzq", "mm20vvx", "zz61qwp"]
# The same, as somebody else writes it: a maker, a receiver of webhooks, a colleague.
GOSSIP = "No car wa1 dmafe 0d0-000417 (HX7K2M) of Wilhelmina  Quist, jan.peeters@mail.example, ref cust778812."
CLEAR_IN_GOSSIP = ["wa1 dmafe 0d0-000417", "Wilhelmina  Quist", "cust778812"]

ROLES = ("viewer", "agent", "supervisor", "auditor")


def fill() -> None:
    """Store a row of everything."""
    now = timezone.now()
    request = OnboardingRequest.objects.create(
        **OWN, type="EV", manufacturer="Audi", attributes=ANSWERS, state="following", consented_at=now
    )
    OnboardingRequest.objects.update(
        errors=[{"code": "Unknown", "message": GOSSIP}], needs_staff="unanswered", platform_id="p-1", sent_at=now
    )
    record = Consent(request=request, type="EV", manufacturer="Audi", attributes=ANSWERS, at=now, reason=GOSSIP)
    record.seal()
    record.save()
    Transaction.objects.create(request=request, position=0, type="Connect", status="Pending")
    Event.record(request, Event.Actor.STAFF, "consent-withdrawn", by="ann", reason=GOSSIP)
    Event.record(request, Event.Actor.STAFF, "evidence-exported", by="ann", note=GOSSIP)
    wish = Wish.objects.create(type="EV", manufacturer="Lada", contact_email=WISHER, language="en")
    Mail.objects.create(request=request, kind="receipt", key="1", to=OWN["contact_email"])
    Mail.objects.create(wish=wish, kind="available", key="2", to=WISHER)
    webhook = WebhookDelivery.objects.create(request=request, kind="request.failed", occurrence=0, gave_up_at=now)
    WebhookDelivery.objects.update(body=GOSSIP)
    WebhookAttempt.objects.create(delivery=webhook, started_at=now, status=500, answer=GOSSIP)
    PlannedOffer.objects.create(type="EV", manufacturer="Lada")
    CatalogueSnapshot.objects.get_or_create()
    PlatformHealth.objects.get_or_create()
    ConsentText.objects.create(language="en", statement="I agree.")


def models_of_the_desk() -> dict[str, type[Model]]:
    found = (model for model in admin.site._registry if model._meta.app_label == "onboarding")
    return {str(model._meta.model_name): model for model in found}


def sign_in(role: str) -> Client:
    """Sign in as somebody of a role; as a superuser, or as a colleague to whom nobody gave anything."""
    user = User.objects.create_user(f"{role}-ann", is_staff=True, is_superuser=role == "superuser")
    if role in ROLES:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client
