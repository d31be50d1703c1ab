"""What the portal says about itself."""

from datetime import date

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from onboarding.htmx import HtmxHttpRequest, render_panel

# When somebody last compared the statement with what is so: `docs/accessibility.md` says how.
STATED_ON = date(2026, 11, 23)


@require_safe
def accessibility(http: HtmxHttpRequest) -> HttpResponse:
    context = {"title": _("Accessibility"), "stated_on": STATED_ON}
    return render_panel(http, "onboarding/accessibility.html", context)
