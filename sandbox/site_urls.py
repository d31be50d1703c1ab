"""Everything the sandbox serves when it runs alone: its API over HTTP, and its pages."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from sandbox import gateway

handler400 = "sandbox.pages.bad_request"
handler404 = "sandbox.pages.not_found"
handler500 = "sandbox.pages.server_error"

urlpatterns = [
    re_path(r"^(?P<path>(?:api|connect|am)/.*)$", gateway.over_http),
    path("sandbox/", include("sandbox.page_urls")),
    path("", RedirectView.as_view(pattern_name="sandbox:home")),
]
