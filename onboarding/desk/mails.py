"""Mails: what was sent to whom and when, and previews of every kind."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.mail.content import letter_for, message
from onboarding.mail.models import Mail
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest
from onboarding.request.search_index import find_addressed

from .listing import OfRequestAdmin
from .reveal import MaskingAdmin
from .timeline_sentences import why_unsent
from .words import language_name

SAMPLE_URL = "https://portal.invalid/continue/sample/"
# As a customer's request stands when a mail of this kind goes out: state, and what the platform asks for.
SAMPLES = {
    Mail.Kind.LINK: ("draft", ""),
    Mail.Kind.INVITATION: ("draft", ""),
    Mail.Kind.RECEIPT: ("queued", ""),
    Mail.Kind.NEEDS_YOU: ("following", "Redirect"),
    Mail.Kind.REMINDER: ("following", "Redirect"),
    Mail.Kind.CONNECTED: ("connected", ""),
    Mail.Kind.FAILED: ("failed", ""),
    Mail.Kind.WITHDRAWN: ("withdrawn", ""),
    Mail.Kind.ERASED: ("withdrawn", ""),
}


@admin.register(Mail)
class MailAdmin(MaskingAdmin, OfRequestAdmin):
    change_list_template = "admin/onboarding/mail/change_list.html"
    list_display = ("title", "of", "recipient", "how", "queued_at")
    list_filter = ("kind",)
    fields = ("title", "step", "of", "spoken", "queued_at", "due_at", "sent_at", "unsent", "trouble")

    @admin.display(description=pgettext_lazy("recipient of a mail", "to"))
    def recipient(self, mail: Mail) -> str:
        return masked(mail, "to") or "–"

    @admin.display(description=_("mail"))
    def title(self, mail: Mail) -> str:
        return capfirst(mail.get_kind_display())

    @admin.display(description=_("language"))
    def spoken(self, mail: Mail) -> str:
        return language_name(mail.language)

    @admin.display(description=_("how it went"))
    def how(self, mail: Mail) -> str:
        """Say whether it was sent, and if not, why."""
        if mail.sent_at:
            return gettext("Sent: %s") % date_format(timezone.localtime(mail.sent_at), "DATETIME_FORMAT")
        if mail.ended:
            return gettext("Not sent: %s") % why_unsent(mail)
        return gettext("Tried, and is tried again") if mail.trouble else gettext("Waits to be sent")

    def find(self, rows: QuerySet[Mail], term: str) -> QuerySet[Mail]:
        """Find a mail like its request, or by the address that it went to, which may no longer be on file."""
        mails = Mail.objects.order_by()
        sent_there = find_addressed(mails, term, by="to_key").values("pk")
        return rows.filter(pk__in=super().find(mails, term).values("pk").union(sent_there))

    @admin.display(description=_("not sent"))
    def unsent(self, mail: Mail) -> str:
        return why_unsent(mail)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("previews/", view(self.previews), name="onboarding_mail_previews"),
            path("previews/<str:kind>/", view(self.preview), name="onboarding_mail_preview"),
        ]
        return own + super().get_urls()

    def previews(self, request: HttpRequest) -> HttpResponse:
        """Show every kind of mail as text, with a made-up device."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        letters = [(mail, letter_for(mail, SAMPLE_URL), message(mail, SAMPLE_URL).body) for mail in samples()]
        context = self.admin_site.each_context(request) | {
            "title": _("Previews"),
            "letters": letters,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/mail/previews.html", context)

    @method_decorator(csp_override(settings.PICTURE_CSP))
    def preview(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Show one kind as HTML, as a mail program does: with the styles that stand in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = next((mail for mail in samples() if mail.kind == kind), None)
        if mail is None:
            raise Http404
        html, _kind = message(mail, SAMPLE_URL).alternatives[0]
        return HttpResponse(html)


def samples() -> list[Mail]:
    return [sample(kind) for kind in Mail.Kind]


def sample(kind: Mail.Kind) -> Mail:
    """Make up a mail that is stored nowhere."""
    if kind == Mail.Kind.AVAILABLE:
        return Mail(kind=kind, to="you@example.org", wish=Wish(type="EV", manufacturer="Audi"))
    state, action = SAMPLES[kind]
    row = OnboardingRequest(type="EV", manufacturer="Audi", state=state, action_type=action)
    record = Consent(request=row, type="EV", manufacturer="Audi", at=timezone.now(), words="…", version="–")
    return Mail(kind=kind, to="you@example.org", request=row, record=record, step=1)
