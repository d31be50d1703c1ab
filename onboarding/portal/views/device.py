"""A device that is connected or on its way: its consent, its receipts, stopping it, and a step for its owner."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from onboarding.access.browsers import get_mine, requests_of
from onboarding.branding import brand
from onboarding.consent.models import Consent
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import receipt_for
from onboarding.delivery import tracking
from onboarding.intake import draft, withdrawal
from onboarding.lib.languages import follow_link
from onboarding.portal import device_page, pages, renewal_page
from onboarding.portal.htmx import HtmxHttpRequest, is_for_fragment, personal, render_fragment, render_panel, unchanged
from onboarding.request.lifecycle import IllegalMove

from .guards import limited, moved


@require_safe
def overview(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if not request.consented_at:
        return redirect("onboarding:resume", reference)
    if elsewhere := moved(request, "device"):
        return elsewhere
    return render_panel(http, "onboarding/device.html", device_page.overview_context(request, requests_of(http)))


@require_http_methods(["GET", "HEAD", "POST"])
@limited("change", subject="reference")
def stop(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if elsewhere := moved(request, "stop"):  # from a tab that was open before
        return elsewhere
    if not request.is_withdrawable:
        return redirect("onboarding:resume", reference)
    if http.method == "POST":
        with suppress(IllegalMove):  # it ended a moment ago: its page says how
            withdrawal.withdraw(request, device_page.act_of_stopping())
        return redirect("onboarding:status", reference)
    return render_panel(http, "onboarding/stop.html", device_page.stop_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
@limited("agree", subject="reference")
def renew(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if not request.consented_at or not request.is_withdrawable:
        return redirect("onboarding:resume", reference)
    if not renewal_page.is_about_consent(request):
        return redirect("onboarding:reconnect", reference)
    form = pages.consent_form(http.POST if http.method == "POST" else None, request)
    if http.method == "POST" and form.is_valid():
        goes_on = renewal_page.is_about_mandate(request)
        if draft.renew_consent(request, form.words, pages.act_of(form.words, renewal_page.button())):
            messages.success(http, _("Thank you. You agreed again, and your receipt is with this device."))
        return redirect("onboarding:reconnect" if goes_on else "onboarding:device", reference)
    return render_panel(http, "onboarding/renew.html", renewal_page.context(request, form))


@require_safe
def receipt(http: HtmxHttpRequest, reference: str, record_id: UUID) -> HttpResponse:
    record = _record_of_mine(http, reference, record_id)
    shown = receipt_for(record)
    names = {record.controller, *record.attributes.values()}
    context = {"title": shown.title, "receipt": shown, "record": record, "reference": reference, "names": names}
    return render_panel(http, "onboarding/receipt.html", context)


@require_safe
def receipt_file(http: HttpRequest, reference: str, record_id: UUID) -> HttpResponse:
    shown = receipt_for(_record_of_mine(http, reference, record_id))
    response = HttpResponse(receipt_pdf(shown, look=brand.current()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{shown.file_name}"'
    return personal(response)


@require_safe
def send_step(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Offer the manufacturer's step as a link and a code, for the person who can do it."""
    request = get_mine(http, reference)
    if not request.has_action:
        return redirect("onboarding:status", reference)
    return render_panel(http, "onboarding/send_step.html", device_page.send_step_context(request))


@require_safe
def owner_step(http: HtmxHttpRequest, token: str) -> HttpResponse:
    """Show the step to whoever holds its link; nothing about who asked, nothing else about the request."""
    request = device_page.find_by_owner_token(token)
    if request is None:
        raise Http404
    follow_link(http, request.language)
    tracking.saw_status(request, is_asking=not http.htmx)
    context = device_page.owner_step_context(request, token)
    if is_for_fragment(http, "live"):
        if http.GET.get("v") == request.shown_version:
            return unchanged()
        return render_fragment(http, "onboarding/owner_step.html#live", context | {"is_poll": True})
    return render_panel(http, "onboarding/owner_step.html", context)


def _record_of_mine(http: HttpRequest, reference: str, record_id: UUID) -> Consent:
    records = Consent.objects.select_related("request")
    return get_object_or_404(records, request=get_mine(http, reference), record_id=record_id)
