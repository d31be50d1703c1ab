from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import JavaScriptCatalog

from onboarding.desk.entry_links import make_entry_link
from onboarding.desk.erasures import copy_person, erase_person, show_erasures
from onboarding.desk.figures_page import download_figures, show_figures
from onboarding.desk.retention_page import show_retention
from onboarding.desk.saved_views import keep_view

from .styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/entry-link/", admin.site.admin_view(make_entry_link), name="entry_link"),
    path("admin/figures/", admin.site.admin_view(show_figures), name="figures"),
    path("admin/figures/csv/", admin.site.admin_view(download_figures), name="figures_csv"),
    # Django's words for its scripts, with ours for what it has not in all of our languages.
    path("admin/jsi18n/", admin.site.admin_view(JavaScriptCatalog.as_view(), cacheable=True), name="desk_words"),
    path("admin/views/", admin.site.admin_view(keep_view), name="keep_view"),
    path("admin/retention/", admin.site.admin_view(show_retention), name="retention"),
    path("admin/erasures/", admin.site.admin_view(show_erasures), name="erasures"),
    path("admin/erasures/person/", admin.site.admin_view(erase_person), name="erase_person"),
    path("admin/erasures/copy/", admin.site.admin_view(copy_person), name="copy_person"),
    path("admin/", include("onboarding.staff.urls")),
    path("admin/", admin.site.urls),
    path("", include("onboarding.urls")),
]
if settings.SANDBOX:
    urlpatterns.append(path("sandbox/", include("sandbox.page_urls")))
if not settings.IS_PRODUCTION:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))

handler500 = "realto_portal.errors.server_error"
