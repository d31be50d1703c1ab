"""Colleagues and their groups: changed by somebody who has just shown who they are, and on the record."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from onboarding.staff import fresh, sessions
from onboarding.staff.record import Outcome, note

from .permission_words import PermittingAdmin

# What opens or closes doors; whoever gains or loses one of these signs in anew.
ACCESS = frozenset({"is_active", "is_staff", "is_superuser", "groups", "user_permissions"})


class AskingAdmin(admin.ModelAdmin[Any]):
    """Pages that change something ask first who is there; lists do when a button is pressed."""

    changeform_view = fresh.first(admin.ModelAdmin.changeform_view)
    delete_view = fresh.first(admin.ModelAdmin.delete_view)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = fresh.ask(request) if request.method == "POST" else None
        return asked or super().changelist_view(request, extra_context)


class ColleagueAdmin(AskingAdmin, PermittingAdmin, UserAdmin[User]):
    change_form_template = "admin/staff/colleague.html"
    add_form_template = None  # Django's links a style sheet that would stand above ours
    changeform_view = fresh.first(UserAdmin.changeform_view)

    @fresh.first
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set a colleague's password, and say so on the record; Django ends the sessions that were begun with it."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            person = self.get_object(request, unquote(id))
            note(request, Outcome.PASSWORD_CHANGED, user=person, by=request.user.get_username())
        return response

    def get_urls(self) -> list[Any]:
        view = require_http_methods(["GET", "HEAD", "POST"])(self.remove_factors)
        own = path("<int:pk>/second-factor/", self.admin_site.admin_view(view), name="staff_remove_factors")
        return [own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        person = context["original"]
        context["factors"] = Authenticator.objects.filter(user=person).count() if person else 0
        return super().render_change_form(request, context, *args, **more)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changed = sorted(ACCESS & set(form.changed_data))
        if changed:
            person = form.instance
            note(request, Outcome.ACCESS_CHANGED, user=person, how=", ".join(changed), by=request.user.get_username())
            _begin_anew(request, person)

    @fresh.first
    def remove_factors(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a colleague's second factors away, who lost them: they sign in by password and set up new ones."""
        person = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, person) or (person.is_superuser and not request.user.is_superuser):
            raise PermissionDenied
        factors = Authenticator.objects.filter(user=person)
        if request.method == "POST":
            for factor in factors:
                authenticator_removed.send(Authenticator, request=request, user=request.user, authenticator=factor)
            factors.delete()
            _begin_anew(request, person)
            messages.success(request, gettext("Removed. At the next sign-in they set up a new one."))
            return redirect("admin:auth_user_change", pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Remove the second factor"),
            "person": person,
            "factors": factors,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/staff/remove_factors.html", context)


class RoleAdmin(AskingAdmin, PermittingAdmin, GroupAdmin):
    pass


def _begin_anew(request: HttpRequest, person: User) -> None:
    """End what was begun with other rights; one's own session goes on under another key."""
    sessions.end_all_of(person, but=request.session.session_key)
    if person == request.user:
        sessions.renew_key(request)


def keep_to_ours() -> None:
    """Take allauth's own lists away: they show secrets, and change what has its own pages."""
    theirs = (config for config in apps.get_app_configs() if config.name.startswith("allauth."))
    for model in (model for config in theirs for model in config.get_models()):
        if admin.site.is_registered(model):
            admin.site.unregister(model)
    admin.site.unregister([User, Group])
    admin.site.register(User, ColleagueAdmin)
    admin.site.register(Group, RoleAdmin)


keep_to_ours()
