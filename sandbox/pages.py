"""The sandbox's pages for people: magic inputs, switches, and the "manufacturer's" site."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sandbox import links, switches
from sandbox.entities import find_entity
from sandbox.magic import MAGIC_INPUTS
from sandbox.models import SandboxRequest, SandboxWeather, find_request
from sandbox.rules import Consent
from sandbox.tokens import CLIENT_WITHOUT_TENANT

RECENT = 10
SWITCHES = ("is_away", "tells_online", "lists_entities")
ANSWERS = {"allow": Consent.ALLOWED, "deny": Consent.DENIED, "later": Consent.NONE}
# What the manufacturer's site says to the portal; a client must not believe it.
STATUS_WORDS = {"allow": "ok", "deny": "denied", "later": "later"}


class SeeOther(HttpResponseRedirect):
    """After a POST: fetch the next page with GET."""

    status_code = 303


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the table of magic inputs, the switches, and the latest requests."""
    now = timezone.now()
    recent = SandboxRequest.objects.visible(now).newest_first()[:RECENT]
    return show(
        request,
        "home",
        magic_inputs=MAGIC_INPUTS,
        weather=SandboxWeather.now(),
        recent=[(row, row.progress(now), links.query(row, now)) for row in recent],
        step_seconds=settings.SANDBOX_STEP_SECONDS,
        client_id=settings.SANDBOX_CLIENT_ID,
        client_without_tenant=CLIENT_WITHOUT_TENANT,
    )


@require_POST
def weather(request: HttpRequest) -> HttpResponse:
    """Send the platform away, or bring it back; let it tell less of what is connected, or all again."""
    SandboxWeather.change(**{name: request.POST[name] == "yes" for name in SWITCHES if name in request.POST})
    return redirect("sandbox:home")


@require_POST
def tokens(request: HttpRequest) -> HttpResponse:
    """Make every token worthless that was handed out so far."""
    SandboxWeather.change(tokens_valid_from=timezone.now())
    return redirect("sandbox:home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Be the manufacturer's site: ask the customer, and send the browser on."""
    row = get_request(request_id)
    now = timezone.now()
    if links.has_expired(row, request.GET.get(links.TICKET, ""), now):
        return show(request, "expired", status=410, row=row, return_url=return_url(row, ""))
    is_open = bool(row.progress(now).action) and not row.consent_answer
    choice = request.POST.get("answer", "")
    found = find_entity(row.entity_id, now)
    is_live = found is not None and found.is_live
    if choice == "revoke" and is_live:
        switches.revoke(row, now)
        return SeeOther(request.get_full_path())
    if request.method != "POST" or not is_open or choice not in ANSWERS:
        status = 409 if request.method == "POST" else 200
        return show(request, "consent", status=status, row=row, is_open=is_open, is_live=is_live)
    if ANSWERS[choice] is not Consent.NONE:
        row.answer_consent(ANSWERS[choice], now)
    page = reverse("sandbox:done", args=[row.id])
    return SeeOther(f"{page}?{urlencode({'status': STATUS_WORDS[choice]})}")


@never_cache
@require_safe
def done(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Send the browser back to the portal.

    By link and refresh, not by a redirect: `form-action 'self'` also covers the redirect after a posted form,
    and the portal may be another origin.
    """
    row = get_request(request_id)
    return show(request, "done", row=row, return_url=return_url(row, request.GET.get("status", "")))


@never_cache
@require_safe
def documentation(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Explain how to approve elsewhere."""
    return show(request, "documentation", row=get_request(request_id))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a page that does not exist, when the sandbox runs alone, without the portal."""
    return show(request, "error", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer for a form without its token, when the sandbox runs alone."""
    return show(request, "error", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a request that makes no sense, when the sandbox runs alone; uses no template."""
    return HttpResponse(_("The sandbox cannot read this request."), status=400, content_type="text/plain")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a mistake of ours, when the sandbox runs alone; uses no template."""
    return HttpResponse(_("The sandbox is broken."), status=500, content_type="text/plain")


def get_request(request_id: UUID) -> SandboxRequest:
    row = find_request(request_id, timezone.now())
    if row is None:
        raise Http404("The sandbox knows no such request.")
    return row


def return_url(row: SandboxRequest, status: str) -> str:
    """Build where the browser goes back to; empty unless that is a web address."""
    parts = urlsplit(row.payload.get("returnUrl") or "")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    query = [*parse_qsl(parts.query, keep_blank_values=True)]
    if status in STATUS_WORDS.values():
        query.append(("status", status))
    return parts._replace(query=urlencode(query)).geturl()


def portal_url(request: HttpRequest) -> str:
    """Where the portal is: at the root of this site, unless the sandbox runs alone."""
    runs_alone = getattr(request, "urlconf", None) == "sandbox.site_urls"
    return f"{settings.PUBLIC_URL}/" if runs_alone else "/"


def show(request: HttpRequest, page: str, *, status: int = 200, **context: object) -> HttpResponse:
    context |= {"portal_url": portal_url(request), "status": status}
    return render(request, f"sandbox/{page}.html", context, status=status)
