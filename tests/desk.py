"""The support desk, full: a row of everything, each with what is to be masked; its doors; and people with a role."""

from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse
from django.utils import timezone

from onboarding.catalogue import availability
from onboarding.models import (
    ActionText,
    Brand,
    BulkJob,
    Campaign,
    CampaignMember,
    CatalogueChange,
    CatalogueSnapshot,
    Consent,
    ConsentText,
    CspReport,
    Device,
    Event,
    HelpText,
    Invitation,
    InvitationFile,
    InvitationRow,
    Mail,
    MakerHealth,
    OnboardingRequest,
    PlannedOffer,
    PlatformHealth,
    PushSubscription,
    RateLimitTally,
    SavedView,
    StaffSignIn,
    StrayOnboarding,
    Transaction,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    Wish,
)
from realto_portal.urls import urlpatterns
from tests.receiver import endpoint

# What stands in the rows, each under the name of its secret.
ANSWERS = {"vin": "WA1DMAFE0D0000417", "code": "HX7K2M", "email": "owner@device.example", "name": "Wilhelmina Quist"}
OWN = {
    "contact_email": "jan.peeters@mail.example",
    "own_reference": "CUST-778812",
    "redirect_link": "https://maker.example/consent?ticket=kx81jzq",
    "documentation_link": "https://maker.example/help?for=mm20vvx",
    "return_address": "https://company.example/back?customer=zz61qwp",
    "owner_id": "6d0c9e1f-7a1b-4c2d-9e3f-5a5a5a5a0001",
    "platform_owner_id": "6d0c9e1f-7a1b-4c2d-9e3f-5a5a5a5a0002",
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
    draft = OnboardingRequest.objects.create(
        **OWN, type="EV", manufacturer="Audi", attributes=ANSWERS, rejections={"vin": [GOSSIP]}
    )
    Invitation.objects.create(request=draft, key="1", by="ann")
    request = OnboardingRequest.objects.create(
        **OWN, type="EV", manufacturer="Audi", attributes=ANSWERS, state="following", consented_at=now
    )
    OnboardingRequest.objects.filter(pk=request.pk).update(
        errors=[{"code": "Unknown", "message": GOSSIP}], needs_staff="unanswered", platform_id="p-1", sent_at=now
    )
    record = Consent(request=request, type="EV", manufacturer="Audi", attributes=ANSWERS, at=now, reason=GOSSIP)
    record.seal()
    record.save()
    Device.objects.create(request=request, health="quiet", due_at=now + timedelta(days=1))
    MakerHealth.objects.create(type="EV", manufacturer="Audi")
    Transaction.objects.create(request=request, position=0, type="Connect", status="Pending")
    Event.record(request, Event.Actor.STAFF, "consent-withdrawn", by="ann", reason=GOSSIP)
    Event.record(request, Event.Actor.STAFF, "evidence-exported", by="ann", note=GOSSIP)
    wish = Wish.objects.create(type="EV", manufacturer="Lada", contact_email=WISHER, language="en")
    Mail.objects.create(request=request, kind="receipt", key="1", to=OWN["contact_email"])
    Mail.objects.create(wish=wish, kind="available", key="2", to=WISHER)
    PushSubscription.objects.create(request=request, browser="b", endpoint=GOSSIP, secrets={"auth": GOSSIP})
    told = endpoint(contact="it@crm.example", previous_ends_at=now + timedelta(hours=1))
    webhook = WebhookDelivery.objects.create(
        endpoint=told, request=request, kind="request.failed", occurrence=0, gave_up_at=now
    )
    WebhookDelivery.objects.update(body=GOSSIP)
    WebhookAttempt.objects.create(delivery=webhook, started_at=now, status=500, answer=GOSSIP)
    RateLimitTally.objects.create(hour=now, name="code", scope="address", times=7)
    CatalogueSnapshot.objects.get_or_create()
    PlatformHealth.objects.get_or_create()
    text = ConsentText.objects.create(language="en", statement="I agree.")
    campaign = Campaign.objects.create(text=text, by="ann", stage="ready")
    CampaignMember.objects.create(campaign=campaign, request=request)
    CspReport.objects.create(day=now.date(), directive="img-src", blocked="ads.example", slot=0)
    StaffSignIn.objects.create(name="ann", outcome="signed-in", address="192.0.2.0/24")
    SavedView.objects.create(user=User.objects.create_user("zoe"), name="Refused", query="state__exact=rejected")
    BulkJob.objects.create(action="add_note", by="ann", keys=[request.pk], total=1)
    file = InvitationFile.objects.create(by="ann")
    InvitationRow.objects.create(file=file, number=2, values={"type": "EV"}, outcome="ready")
    StrayOnboarding.objects.create(platform_id="p-stray", type="EV", manufacturer="Audi", request=draft)
    fill_catalogue()


def fill_catalogue() -> None:
    """Store what staff set themselves: what is planned and paused, words of their own, and the brand."""
    CatalogueChange.objects.create(kind="removed", type="EV", manufacturer="Lada")
    PlannedOffer.objects.create(type="EV", manufacturer="Lada")
    availability.pause_manufacturer("EV", "BMW", notes={"en": "Until Monday."})
    HelpText.objects.create(attribute="vin", label="Chassis number")
    ActionText.objects.create(action="Redirect", headline="Visit {manufacturer}")
    Brand.objects.create(pk=1, name="Bright Energy")


def models_of_the_desk() -> dict[str, type[Model]]:
    found = (model for model in admin.site._registry if model._meta.app_label == "onboarding")
    return {str(model._meta.model_name): model for model in found}


# What a door needs to be told. One that only shows something is a link, unless it needs to be told something.
DATA: dict[str, dict[str, str]] = {
    "onboarding_onboardingrequest_reveal": {"secret": "vin"},
    "onboarding_consent_reveal": {"secret": "vin"},
    "onboarding_mail_reveal": {"secret": "to"},
    "onboarding_wish_reveal": {"secret": "contact_email"},
    "onboarding_webhookendpoint_reveal": {"secret": "secret"},
    "onboarding_request_resend_mail": {"what": "link"},
    "onboarding_request_reassign_email": {"contact_email": "jan@mail.example", "reason": "Asked by phone."},
    "onboarding_request_mark_handled": {"reason": "Did it by phone."},
    "onboarding_request_add_note": {"note": "Called."},
    "onboarding_request_withdraw": {"reason": "Asked by phone."},
    "onboarding_request_erase_identifiers": {"reason": "Asked by phone."},
    "onboarding_request_export_data": {"reason": "Asked by phone."},
    "copy_person": {"address": "jan.peeters@mail.example", "reason": "Asked by phone."},
    "erase_person": {"address": "nobody@mail.example", "reason": "Asked by phone."},
    "onboarding_invitation_prepare": {"type": "EV", "manufacturer": "Audi"},
    "onboarding_request_void": {"reason": "Sent to somebody else."},
    "onboarding_request_assist": {"step": "identify", "vin": "WA1DMAFE0D0000000", "version": "1"},
    "campaign_steer": {"step": "start", "per_day": "100"},
    "figures_csv": {"table": "steps"},
    "keep_view": {"name": "Mine", "query": "queue=us"},
    "catalogue_pause": {"en": "Until Tuesday."},
    "catalogue_resume": {"type": "EV", "manufacturer": "BMW"},
    "helptext_preview": {"attribute": "vin", "label": "Number of the car"},
    "actiontext_preview": {"action": "Redirect", "headline": "Go to {manufacturer}"},
}
# Where the newest request has to stand for a door to do anything.
READY: dict[str, dict[str, Any]] = {
    "onboarding_request_check_now": {"needs_staff": "", "due_at": timezone.now() + timedelta(days=1)},
    "onboarding_request_mark_handled": {"needs_staff": "forgotten"},
}
LINKS = {
    "onboarding_request_phoneconsent",
    "onboarding_request_timeline",
    "onboarding_bulkjob_progress",
    "onboarding_mail_previews",
    "onboarding_mail_preview",
    "consenttext_preview",
    "desk_words",
    "entry_link",
    *("invitationfile_upload", "invitationfile_example", "invitationfile_page", "invitationfile_progress"),
    "invitationfile_results",
    *("campaign_new", "campaign_progress", "campaign_answers"),
    "figures",
    "retention",
    "erasures",
}
# Pages of the admin that are about no row.
WITHOUT_KEY = {
    *("onboarding_mail_previews", "onboarding_invitation_prepare", "invitationfile_upload", "invitationfile_example"),
    *("catalogue_fetch", "catalogue_resume", "helptext_preview", "actiontext_preview", "campaign_new"),
}
# What is there for a request that its customer still answers.
OF_DRAFTS = {f"onboarding_request_{page}" for page in ("invite", "link", "void", "assist", "phoneconsent")}
# Pages that are no model's.
AT_THE_TOP = {
    *("entry_link", "figures", "figures_csv", "retention", "erasures", "erase_person", "copy_person", "keep_view"),
    "desk_words",
}
MADE_BY_DJANGO = ("changelist", "add", "history", "delete", "change")


@cache
def doors() -> frozenset[str]:
    """Find every action, page and button that this portal adds to Django's admin."""
    own = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern) and "admin/" in str(pattern)}
    for model in models_of_the_desk().values():
        pages, name = admin.site.get_model_admin(model), model._meta.model_name
        usual = {f"onboarding_{name}_{page}" for page in MADE_BY_DJANGO} | {None}
        own |= {pattern.name for pattern in pages.get_urls()} - usual
        own |= {f"{name}.{action}" for action in pages.actions or ()}
    return frozenset(str(name) for name in own)


def prepare(door: str) -> None:
    if columns := READY.get(door):
        OnboardingRequest.objects.update(**columns)
    if door == "webhookendpoint_go_on":
        WebhookEndpoint.objects.update(paused_at=timezone.now(), pause_reason="staff")


def knock(client: Client, door: str) -> Any:
    """Do what the button of a door does, and give the answer."""
    model, _dot, action = door.partition(".")
    if action:
        chosen = [row.pk for row in models_of_the_desk()[model].objects.all()]
        return client.post(address(door), {"action": action, "_selected_action": chosen})
    send = client.get if door in LINKS else client.post
    return send(address(door), DATA.get(door, {}))


def address(door: str) -> str:
    model, _dot, action = door.partition(".")
    if action:
        return reverse(f"admin:onboarding_{model}_changelist")
    match door:
        case _ if door in AT_THE_TOP:
            return reverse(door)
        case "onboarding_mail_preview":
            return reverse(f"admin:{door}", args=["receipt"])
        case "catalogue_pause":
            return reverse(f"admin:{door}", query={"type": "EV", "manufacturer": "BMW"})
        case _ if door in WITHOUT_KEY:
            return reverse(f"admin:{door}")
    word = door.removeprefix("onboarding_").partition("_")[0]
    if word == "invitationfile":
        file = InvitationFile.objects.first() or InvitationFile.objects.create(by="ann")  # one door ends it
        return reverse(f"admin:{door}", args=[file.pk])
    if word == "request":
        are_drafts = {"state": "draft"}
        requests = OnboardingRequest.objects.order_by("pk")
        found = requests.filter(**are_drafts) if door in OF_DRAFTS else requests.exclude(**are_drafts)
        return reverse(f"admin:{door}", args=[found[0].pk])
    return reverse(f"admin:{door}", args=[newest(word).pk])


def newest(model: str) -> Model:
    pages = admin.site.get_model_admin(models_of_the_desk()[model])
    return pages.get_queryset(RequestFactory().get("/")).order_by("-pk")[0]


def sign_in(role: str) -> Client:
    """Sign in as somebody of a role; as a superuser, or as a colleague to whom nobody gave anything."""
    user = User.objects.create_user(f"{role}-ann", is_staff=True, is_superuser=role == "superuser")
    if role in ROLES:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def colleague_with(*permissions: str) -> Client:
    """Sign in as somebody who may just this."""
    user = User.objects.create_user("cleo", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client
