"""The sandbox's own pages, below `/sandbox/`. `shapes.page_url` builds links to two of them."""

from django.urls import path

from sandbox import entity_pages, pages

app_name = "sandbox"
urlpatterns = [
    path("", pages.home, name="home"),
    path("weather/", pages.weather, name="weather"),
    path("tokens/", pages.tokens, name="tokens"),
    path("entities/", entity_pages.entities, name="entities"),
    path("entities/<uuid:request_id>/", entity_pages.entity, name="entity"),
    path("makers/", entity_pages.maker, name="maker"),
    path("consent/<uuid:request_id>/", pages.consent, name="consent"),
    path("consent/<uuid:request_id>/done/", pages.done, name="done"),
    path("documentation/<uuid:request_id>/", pages.documentation, name="documentation"),
]
