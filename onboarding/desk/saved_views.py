"""Views of the list of requests that a colleague keeps under a name: one press away from every page."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .base import check_may
from .models import SavedView

MOST_VIEWS = 20
# What was searched is somebody's address or number, and a page of a list is none to come back to.
NOT_KEPT = ("q", "p", "e", "all")


class SavedViewForm(forms.ModelForm[SavedView]):
    class Meta:
        model = SavedView
        fields = ("name", "query")
        labels = {"name": _("Name of this view")}
        widgets = {"query": forms.HiddenInput}

    def clean_query(self) -> str:
        query = query_of(QueryDict(self.cleaned_data["query"]))
        longest = SavedView._meta.get_field("query").max_length or 0
        if not 0 < len(query) <= longest:  # written alike, it may be longer than it came
            raise forms.ValidationError(gettext("This view cannot be kept."))
        return query


def query_of(shown: QueryDict) -> str:
    """Return what a list is narrowed down by, always written alike; nothing when it is the whole list."""
    kept = sorted((name, value) for name, values in shown.lists() if name not in NOT_KEPT for value in values)
    found = QueryDict(mutable=True)
    for name, value in kept:
        found.appendlist(name, value)
    return found.urlencode()


def owner(request: HttpRequest) -> int:
    """Return the key of whoever is signed in, which the desk is for."""
    return cast("int", request.user.pk)


def views_of(request: HttpRequest) -> list[SavedView]:
    return list(SavedView.objects.filter(user_id=owner(request))[:MOST_VIEWS])


def offered(request: HttpRequest) -> dict[str, Any]:
    """Return for the page of a list the form that saves what it shows, or the view that it is already."""
    query = "" if request.GET.get("q") else query_of(request.GET)
    if not query:
        return {}
    saved = SavedView.objects.filter(user_id=owner(request), query=query).first()
    return {"saved_view": saved} if saved else {"view_form": SavedViewForm(initial={"query": query})}


@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep a view under a name, in the place of another of that name; or forget it."""
    check_may(request, "view_onboardingrequest")
    own = SavedView.objects.filter(user_id=owner(request))
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("admin:onboarding_onboardingrequest_changelist")
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    if "forget" in request.POST:
        own.filter(name=name).delete()
        messages.success(request, gettext("“%s” is no longer among your views.") % name)
    elif _keep(owner(request), name, query):
        messages.success(request, gettext("“%s” is among your views now, in the menu of every page.") % name)
    else:
        messages.error(request, gettext("You have %d views. Remove one before you keep another.") % MOST_VIEWS)
    return redirect(f"{reverse('admin:onboarding_onboardingrequest_changelist')}?{query}")


@transaction.atomic
def _keep(user: int, name: str, query: str) -> bool:
    """Keep a view; False when there are as many as the menu shows, which two pages at once do not exceed."""
    get_user_model().objects.select_for_update().get(pk=user)
    own = SavedView.objects.filter(user_id=user)
    if own.exclude(name=name).count() >= MOST_VIEWS:
        return False
    own.update_or_create(name=name, defaults={"query": query, "user_id": user})
    return True
