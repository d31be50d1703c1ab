"""Inviting customers: preparing a request for one, giving out its link, and seeing whether they came."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import invitations
from onboarding.intake.invitation_models import Invitation
from onboarding.intake.invite_form import MAIL, InviteForm
from onboarding.mail.content import link_url
from onboarding.portal.htmx import personal
from onboarding.request import steps
from onboarding.request.lifecycle import IllegalMove
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Step
from onboarding.staff import fresh

from . import invitation_files
from .base import check_may
from .device_forms import form_of
from .listing import OfRequestAdmin
from .offers import offered
from .operation_forms import ReasonForm

ASSIST = "assist_onboardingrequest"
VIEW = "view_onboardingrequest"
REVEAL = "reveal_identifiers"
STEPS = {
    Step.TYPE: _("what it is"),
    Step.MANUFACTURER: _("the manufacturer"),
    Step.IDENTIFY: _("the numbers of the device"),
    Step.CHECK: _("checking and agreeing"),
}
NOT_THEIRS = _("There is nothing for the customer to answer any more.")


def where_it_stopped(request: OnboardingRequest, offers: Catalogue) -> str:
    """Say which answer is missing, or how the request stands once there is none."""
    if not request.is_editable:
        return request.get_state_display()
    step = steps.first_incomplete(catalogue.draft_of(request, offers))
    return f"{request.get_state_display()}: {STEPS[step]}"


class OpenedFilter(admin.SimpleListFilter):
    title = _("opened")
    parameter_name = "opened"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("opened")), ("no", _("not opened"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        return queryset.filter(opened_at__isnull=self.value() == "no") if self.value() else queryset


class MineFilter(admin.SimpleListFilter):
    title = _("colleague")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        return queryset.filter(by=request.user.get_username()) if self.value() else queryset


@admin.register(Invitation)
class InvitationAdmin(OfRequestAdmin):
    """Who sees requests sees their invitations; one is read on the page of its request."""

    change_list_template = "admin/onboarding/invitation/change_list.html"
    list_display = ("code", "device", "recipient", "opened", "where", "by", "created_at")
    list_display_links = None
    list_filter = (OpenedFilter, MineFilter)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(f"onboarding.{VIEW}")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("support code"))
    def code(self, invitation: Invitation) -> SafeString:
        url = reverse("admin:onboarding_onboardingrequest_change", args=[invitation.request_id])
        return format_html('<a href="{}">{}</a>', url, invitation.request.spoken_support_code)

    @admin.display(description=_("device"))
    def device(self, invitation: Invitation) -> str:
        return f"{invitation.request.type} {invitation.request.manufacturer}".strip() or "–"

    @admin.display(description=_("for whom"))
    def recipient(self, invitation: Invitation) -> str:
        return masked(invitation.request, "contact_email") or "–"

    @admin.display(description=_("opened"))
    def opened(self, invitation: Invitation) -> Any:
        return invitation.opened_at or _("not yet")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Read once for all rows what is on offer."""
        offers = offered()

        @admin.display(description=_("where it stopped"))
        def where(invitation: Invitation) -> str:
            return where_it_stopped(invitation.request, offers)

        return [where if name == "where" else name for name in self.list_display]

    @admin.display(description=_("where it stopped"))
    def where(self, invitation: Invitation) -> str:
        return where_it_stopped(invitation.request, offered())

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        pages = [path("prepare/", view(self.prepare), name="onboarding_invitation_prepare"), *invitation_files.urls()]
        return pages + super().get_urls()

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **more: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if request.method != "GET" or row is None or not self.has_view_permission(request, row):
            return super().change_view(request, object_id, *args, **more)
        return redirect("admin:onboarding_onboardingrequest_change", row.request_id)

    def prepare(self, request: HttpRequest) -> HttpResponse:
        """Prepare a request for a customer; one button mails its link, too."""
        check_may(request, ASSIST, VIEW)
        form = form_of(InviteForm, request)
        if form.is_valid():
            return self._prepare(request, form)
        context = self.admin_site.each_context(request) | {
            "title": _("Invite a customer"),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/invitation/prepare.html", context)

    def _prepare(self, request: HttpRequest, form: InviteForm) -> HttpResponse:
        by = request.user.get_username()
        row, is_new = invitations.prepare(
            form.fitted.answers,
            form.origin,
            by=by,
            key=form.cleaned_data["key"],
            language=form.cleaned_data["language"] or settings.LANGUAGE_CODE,
            catalogue=form.catalogue,
            confirmed=form.confirmed,
        )
        if not is_new:
            self.message_user(request, gettext("This page was sent before: this is the request that it prepared."))
            return page_of(row)
        if MAIL in request.POST:
            return _mail(request, row)
        self.message_user(request, gettext("The request is prepared. Nothing is sent to the customer yet."))
        return page_of(row)


def urls() -> list[URLPattern]:
    """List what can be done about inviting somebody to one request, for the pages of requests."""
    view = admin.site.admin_view
    return [
        path("<int:pk>/invite/", view(mail), name="onboarding_request_invite"),
        path("<int:pk>/link/", view(show_link), name="onboarding_request_link"),
        path("<int:pk>/void/", view(void), name="onboarding_request_void"),
    ]


@require_POST
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail the customer the link to a request."""
    check_may(request, ASSIST, VIEW)
    return _mail(request, get_object_or_404(OnboardingRequest, pk=pk))


@require_POST
def show_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the link to a request, in this answer only; it opens what is masked, so it takes that permission, too."""
    check_may(request, ASSIST, VIEW, REVEAL)
    if asked := fresh.ask(request):
        return asked
    row = get_object_or_404(OnboardingRequest, pk=pk)
    try:
        link = invitations.show_invitation(row, by=request.user.get_username())
    except IllegalMove:
        messages.warning(request, NOT_THEIRS)
        return page_of(row)
    context = context_of(request, row) | {"title": _("Link for the customer"), "link": link, "url": link_url(link)}
    return personal(TemplateResponse(request, "admin/onboarding/invitation/link.html", context))


def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Make all links of a request void, with the reason."""
    check_may(request, ASSIST, VIEW)
    row = get_object_or_404(OnboardingRequest, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invitations.void_invitation(row, by=request.user.get_username(), reason=form.cleaned_data["reason"])
        except IllegalMove:
            messages.warning(request, NOT_THEIRS)
        else:
            messages.success(request, _("The links are void. Browsers that came by one no longer see the request."))
        return page_of(row)
    context = context_of(request, row) | {"title": _("Make the invitation void"), "form": form}
    return TemplateResponse(request, "admin/onboarding/invitation/void.html", context)


def context_of(request: HttpRequest, row: OnboardingRequest) -> dict[str, Any]:
    return admin.site.each_context(request) | {"row": row, "opts": OnboardingRequest._meta}


def page_of(row: OnboardingRequest) -> HttpResponse:
    return redirect("admin:onboarding_onboardingrequest_change", row.pk)


def _mail(request: HttpRequest, row: OnboardingRequest) -> HttpResponse:
    try:
        is_queued = invitations.mail_invitation(row, by=request.user.get_username())
    except IllegalMove:
        messages.warning(request, NOT_THEIRS)
    else:
        if is_queued:
            messages.success(request, _("The invitation is on its way to the customer."))
        elif row.has_address:
            words = _(
                "An invitation is on its way already, or this mailbox got as many links as it may within an hour."
            )
            messages.info(request, words)
        else:
            messages.warning(request, _("There is no e-mail address to which it could be sent."))
    return page_of(row)
