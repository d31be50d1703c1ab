"""The platform's paths, of both generations. Only `gateway` resolves them; no site includes them."""

from django.urls import include, path

from sandbox import endpoints

calls = [
    path("v1/onboarding/types", endpoints.types),
    path("v1/onboarding/entities", endpoints.onboarding_entities),
    path("v1/onboarding/entities/<str:request_id>", endpoints.onboarding_entity),
    path("v1/onboarding/entities/<str:request_id>/cancel", endpoints.cancel),
    path("v1/offboarding/entities", endpoints.offboarding_entities),
    path("v1/offboarding/entities/<str:offboarding_id>", endpoints.offboarding_entity),
]
urlpatterns = [
    path("api/v1/authentication", endpoints.authentication),
    path("api/", include(calls)),
    path("am/oauth2/realms/root/realms/difesp/access_token", endpoints.access_token),
    path("connect/", include(calls)),
]
