"""Going on elsewhere: a link by mail, a code for a phone, and what another browser meets when it has one."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from onboarding.access.browsers import browser_of, forget_browser, get_mine, remember_browser, requests_of
from onboarding.access.models import AccessLink
from onboarding.intake import access_links, contact, handover
from onboarding.intake.forms import AddressForm, CodeForm
from onboarding.lib.languages import follow_link, keep
from onboarding.mail.models import Mail
from onboarding.mail.still_true import RENEWALS
from onboarding.portal import pages, reconnect_page
from onboarding.portal.home_page import home_context
from onboarding.portal.htmx import HtmxHttpRequest, is_for_fragment, render_fragment, render_panel, unchanged

from .guards import limited
from .reconnect import connect_again

PAGE_SIZE = 50


class LinkVoid(Exception):
    """The link stopped opening anything while it was used."""


@require_http_methods(["GET", "HEAD", "POST"])
@limited("mail-link", subject="reference")
def send_link(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Mail a link to the customer's own address."""
    request = get_mine(http, reference)
    data = http.POST if http.method == "POST" else None
    form = AddressForm(data, initial={"contact_email": request.contact_email})
    if data is not None and form.is_valid():
        contact.send_link(request, form.cleaned_data["contact_email"], browser=browser_of(http))
        messages.success(http, _("We sent you a link. It may take a minute to arrive."))
        return redirect("onboarding:elsewhere", reference)
    context = handover.context(request) | {"form": form, "errors": pages.error_list(form)}
    return render_panel(http, "onboarding/handover.html", context)


@require_safe
def phone(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Show a code for another device; the page moves on when that device took over."""
    request = get_mine(http, reference)
    link = access_links.phone_links(request, browser=browser_of(http)).first()
    if link is None:
        return redirect("onboarding:elsewhere", reference)
    context = handover.phone_context(request, link)
    if is_for_fragment(http, "live"):
        if not link.taken_at and not context["is_over"]:
            return unchanged()
        return render_fragment(http, "onboarding/phone.html#live", context | {"is_poll": True})
    return render_panel(http, "onboarding/phone.html", context)


@require_POST
@limited("show-code", subject="reference")
def show_code(http: HttpRequest, reference: str) -> HttpResponse:
    access_links.phone_link(get_mine(http, reference), browser=browser_of(http))
    return redirect("onboarding:phone", reference)


@require_POST
@limited("change", subject="reference")
def revoke(http: HttpRequest, reference: str) -> HttpResponse:
    """Switch off all links. The browser that asks stays a holder."""
    request = get_mine(http, reference)
    browser = remember_browser(http)
    if access_links.came_by_mail(request, browser=browser):
        words = _("All links that were mailed are switched off, and who came by one can no longer see this request.")
    else:
        words = _("All links are switched off. Other phones and computers can no longer see this request.")
    access_links.revoke_links(request, but=browser)
    messages.success(http, words)
    return redirect("onboarding:elsewhere", reference)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("open-link")
def go_on(http: HtmxHttpRequest, token: str) -> HttpResponse:
    """Show what a link is for; only the button lets this browser hold the request."""
    link = access_links.find_link(token, browser=browser_of(http))
    if link is None:
        return _void(http)
    follow_link(http, link.request.language)
    if link.has_expired() and link.kind != AccessLink.Kind.PHONE:
        return _offer_new_link(http, link)
    if _is_about_silence(link):
        return _reconnect(http, link)
    if http.method == "POST":
        language = get_language() or settings.LANGUAGE_CODE
        if not _let_in(http, link, language=language):
            return _void(http)
        return keep(redirect(_page_behind(link), link.request.reference), language)
    return render_panel(http, "onboarding/go_on.html", handover.go_on_context(link))


def _is_about_silence(link: AccessLink) -> bool:
    """Tell whether the mail with this link was about a device that sends nothing, and it is still connected."""
    return bool(link.mail and link.mail.kind == Mail.Kind.QUIET and reconnect_page.is_connected(link.request))


def _reconnect(http: HtmxHttpRequest, link: AccessLink) -> HttpResponse:
    """Let the one button of that mail's page do both: hold the request in this browser, and connect it again."""
    language = get_language() or settings.LANGUAGE_CODE

    def let_in() -> None:
        if not _let_in(http, link, language=language):
            raise LinkVoid

    try:
        response = connect_again(http, link.request, let_in)
    except LinkVoid:
        return _void(http)
    return keep(response, language) if http.method == "POST" else response


@require_http_methods(["GET", "HEAD", "POST"])
@limited("code", only_failures=True)
def enter_code(http: HtmxHttpRequest) -> HttpResponse:
    form = CodeForm(http.POST if http.method == "POST" else None)
    if http.method == "POST" and form.is_valid():
        link = access_links.find_code(form.cleaned_data["code"], browser=browser_of(http))
        if link and _let_in(http, link):
            return redirect("onboarding:resume", link.request.reference)
        words = _("This code does not work. A code works once, within ten minutes: let the other page show a new one.")
        form.add_error("code", words)
    context = {"title": _("Enter the code"), "form": form, "errors": pages.error_list(form)}
    return render_panel(http, "onboarding/code.html", context | {"back_url": reverse("onboarding:start")})


@require_safe
def devices(http: HtmxHttpRequest) -> HttpResponse:
    return render_panel(http, "onboarding/devices.html", home_context(requests_of(http), PAGE_SIZE))


@require_POST
@limited("leave")
def leave(http: HttpRequest) -> HttpResponse:
    """Let this browser forget everything, for those who share it, and copies of its key open nothing any more."""
    access_links.leave(browser_of(http))
    forget_browser(http)
    messages.success(http, _("This browser no longer shows your devices. Nothing else changed."))
    return redirect("onboarding:start")


def _void(http: HtmxHttpRequest) -> HttpResponse:
    """Say the same of a link that is made up, switched off, taken, or for an address that is no longer on file."""
    return render_panel(http, "onboarding/link_void.html", {"title": _("This link does not work")}, status=404)


def _page_behind(link: AccessLink) -> str:
    """Name the page that a link leads to: where a mail asks to renew, the one for that."""
    is_renewal = link.mail is not None and link.mail.kind in RENEWALS
    return "onboarding:renew" if is_renewal else "onboarding:resume"


def _let_in(http: HttpRequest, link: AccessLink, *, language: str = "") -> bool:
    is_new = not browser_of(http)
    is_in = access_links.grant_access(link, browser=remember_browser(http), language=language)
    if is_new and not is_in:
        forget_browser(http)
    return is_in


def _offer_new_link(http: HtmxHttpRequest, link: AccessLink) -> HttpResponse:
    """An expired link can send its successor, to the address on file and nowhere else."""
    is_sent = http.method == "POST"
    if is_sent:
        contact.send_link(link.request)
    title = _("A new link is on its way") if is_sent else _("This link has expired")
    context = {"title": title, "is_sent": is_sent, "is_invitation": link.kind == AccessLink.Kind.INVITE}
    return render_panel(http, "onboarding/link_expired.html", context)
