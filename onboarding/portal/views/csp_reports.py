"""Where browsers report what they refused to do on our pages."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from onboarding.portal import csp_report_counts, csp_reports
from onboarding.portal.htmx import personal


@csrf_exempt
@require_POST
def receive(http: HttpRequest) -> HttpResponse:
    """Count a report, and answer the same whatever it was: browsers read no answer, and others learn nothing."""
    body = http.read(csp_reports.LONGEST_BYTES + 1)
    csp_report_counts.count_reports(csp_reports.read(http.content_type or "", body))
    return personal(HttpResponse(status=204))
