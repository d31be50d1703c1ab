"""A small Django site: a view with one indexed row and a template, and django-formtools' wizard with four steps.

It has the middleware that `startproject` writes, and its database is set up as the portal's is.
"""

import os
from pathlib import Path
from typing import Any

import django
from django import forms
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="of-a-benchmark",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "formtools",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["PEERS_DATABASE"],
                "CONN_MAX_AGE": 600,
                "OPTIONS": {
                    "timeout": 20,
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                },
            }
        },
        USE_TZ=True,
        STATIC_URL="/static/",
        LOGGING_CONFIG=None,
    )
    django.setup()

from django.contrib.sessions.models import Session
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from formtools.wizard.views import NamedUrlSessionWizardView, SessionWizardView

KINDS = [(name, name) for name in ("Battery", "Boiler", "ChargePole", "EV", "HeatPump", "PV", "SmartMeter")]
MAKERS = [(name, name) for name in map("Maker {}".format, range(40))]
ROW = "r" * 22


class Kind(forms.Form):
    type = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect)


class Maker(forms.Form):
    manufacturer = forms.ChoiceField(choices=MAKERS, widget=forms.RadioSelect)


class Identify(forms.Form):
    vin = forms.CharField(max_length=17)


class Check(forms.Form):
    consent = forms.BooleanField()
    contact_email = forms.EmailField(required=False)


STEPS = [("type", Kind), ("manufacturer", Maker), ("identify", Identify), ("check", Check)]


class Named(NamedUrlSessionWizardView):
    template_name = "step.html"

    def done(self, _forms: Any, **_more: Any) -> HttpResponse:
        return HttpResponse("done")


class Plain(SessionWizardView):
    template_name = "step.html"

    def done(self, _forms: Any, **_more: Any) -> HttpResponse:
        return HttpResponse("done")


def floor(request: HttpRequest, key: str) -> HttpResponse:
    """Read one row by its key, and fill a template with it."""
    row = Session.objects.get(pk=key)
    return render(request, "floor.html", {"row": row})


named = Named.as_view(STEPS, url_name="step", done_step_name="done")
urlpatterns = [
    path("floor/<str:key>/", floor),
    path("named/<str:step>/", named, name="step"),
    path("named/", named),
    path("plain/", Plain.as_view(STEPS)),
]
application = get_wsgi_application()


def prepare() -> None:
    """Make the tables and the row that `floor` reads."""
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    Session.objects.update_or_create(pk=ROW, defaults={"session_data": "data", "expire_date": timezone.now()})


if __name__ == "__main__":
    prepare()
