from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("onboarding.urls")),
]
if settings.SANDBOX:
    urlpatterns.append(path("sandbox/", include("sandbox.page_urls")))

handler500 = "realto_portal.errors.server_error"
