"""Mails: what was sent to whom and when, and previews of every kind."""

from datetime import timedelta
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
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.lib.languages import PARAMETER, is_spoken, spoken
from onboarding.mail.content import message
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
    Mail.Kind.QUIET: ("connected", ""),
    Mail.Kind.EXPIRING: ("connected", ""),
    Mail.Kind.ASKED_AGAIN: ("connected", ""),
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
        """Show every kind of mail as text, with a made-up device, in the language that is asked for."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mails = [sample(kind, wanted(request)) for kind in Mail.Kind]
        context = self.admin_site.each_context(request) | {
            "title": _("Previews"),
            "letters": [(mail, message(mail, SAMPLE_URL)) for mail in mails],
            "wanted": wanted(request),
            "spoken": spoken(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/mail/previews.html", context)

    @method_decorator(csp_override(settings.PICTURE_CSP))
    def preview(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Show one kind as HTML, as a mail program does: with the styles that stand in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in Mail.Kind:
            raise Http404
        html, _kind = message(sample(Mail.Kind(kind), wanted(request)), SAMPLE_URL).alternatives[0]
        return HttpResponse(html)


def wanted(request: HttpRequest) -> str:
    """Return the language in which mails are to be shown: customers may have another one than the desk."""
    asked = request.GET.get(PARAMETER, "")
    return asked if is_spoken(asked) else get_language() or settings.LANGUAGE_CODE


def sample(kind: Mail.Kind, language: str) -> Mail:
    """Make up a mail that is stored nowhere."""
    written = {"kind": kind, "to": "you@example.org", "language": language}
    if kind == Mail.Kind.AVAILABLE:
        return Mail(**written, wish=Wish(type="EV", manufacturer="Audi"))
    if kind == Mail.Kind.ENDPOINT_PAUSED:
        return Mail(**written, occasion="CRM")
    state, action = SAMPLES[kind]
    row = OnboardingRequest(type="EV", manufacturer="Audi", state=state, action_type=action)
    row.consent_ends_at = timezone.now() + timedelta(days=30)
    record = Consent(
        request=row, type="EV", manufacturer="Audi", at=timezone.now(), words="…", version="–", language=language
    )
    return Mail(**written, request=row, record=record, step=1)
