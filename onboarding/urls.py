"""The portal's site map."""

from django.urls import path, register_converter

from . import views
from .steps import Step

app_name = "onboarding"


class StepConverter:
    regex = "|".join(Step)

    def to_python(self, value: str) -> Step:
        return Step(value)

    def to_url(self, value: Step | str) -> str:
        return str(value)


register_converter(StepConverter, "step")

urlpatterns = [
    path("", views.start, name="start"),
    path("start/", views.begin, name="begin"),
    path("onboarding/<str:reference>/", views.resume, name="resume"),
    path("onboarding/<str:reference>/<step:step>/", views.wizard_step, name="step"),
    path("onboarding/<str:reference>/manufacturer/list/", views.makers, name="makers"),
    path("onboarding/<str:reference>/not-listed/", views.not_listed, name="not_listed"),
    path("onboarding/<str:reference>/status/", views.status, name="status"),
    path("onboarding/<str:reference>/status/panel/", views.status_panel, name="status_panel"),
    path("onboarding/<str:reference>/again/", views.again, name="again"),
    path("return/<str:reference>/", views.come_back, name="return"),
    path("healthz/", views.healthz, name="healthz"),
]
