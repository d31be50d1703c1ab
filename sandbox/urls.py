"""The platform's paths below its base URL. Only `gateway` resolves them; no site includes them."""

from django.urls import path

from sandbox import endpoints

urlpatterns = [
    path("v1/authentication", endpoints.authentication),
    path("v1/onboarding/types", endpoints.types),
    path("v1/onboarding/entities", endpoints.onboarding_entities),
    path("v1/onboarding/entities/<str:request_id>", endpoints.onboarding_entity),
    path("v1/onboarding/entities/<str:request_id>/cancel", endpoints.cancel),
    path("v1/offboarding/entities", endpoints.offboarding_entities),
    path("v1/offboarding/entities/<str:offboarding_id>", endpoints.offboarding_entity),
]
