"""The platform's paths, of both generations. Only `gateway` resolves them; no site includes them."""

from django.urls import include, path

from sandbox import endpoints, entity_endpoints

calls = [
    path("v1/onboarding/types", endpoints.types),
    path("v1/onboarding/entities", endpoints.onboarding_entities),
    path("v1/onboarding/entities/<str:request_id>", endpoints.onboarding_entity),
    path("v1/onboarding/entities/<str:request_id>/cancel", endpoints.cancel),
    path("v1/offboarding/entities", endpoints.offboarding_entities),
    path("v1/offboarding/entities/<str:offboarding_id>", endpoints.offboarding_entity),
    path("v1/entities", entity_endpoints.entities),
    path("v1/entities/<str:entity_id>", entity_endpoints.entity),
    path("v1/entities/<str:entity_id>/readings", entity_endpoints.all_readings),
    path("v1/entities/<str:entity_id>/readings/last", entity_endpoints.last_reading),
]
urlpatterns = [
    path("api/v1/authentication", endpoints.authentication),
    path("api/", include(calls)),
    path("am/oauth2/realms/root/realms/difesp/access_token", endpoints.access_token),
    path("connect/", include(calls)),
]
