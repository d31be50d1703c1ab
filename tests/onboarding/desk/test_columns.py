"""The desk's names of columns are words that are translated, and no column shows the code's name."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.functional import Promise

from onboarding.catalogue.catalogue import Catalogue
from onboarding.desk.columns import COLUMNS
from tests.desk import fill, models_of_the_desk, sign_in


def names(columns: Any) -> Iterator[str]:
    """Find the names in what an admin calls its columns, however deep."""
    if isinstance(columns, str):
        yield columns
    elif isinstance(columns, dict):
        yield from names(columns.get("fields"))
    elif isinstance(columns, list | tuple):
        for item in columns:
            yield from names(item)


def shown() -> dict[str, Field[Any, Any]]:
    """Find the columns that lists and pages of the desk show."""
    pages: list[tuple[type[Model], Any]] = [
        (model, pages) for model, pages in admin.site._registry.items() if model._meta.app_label == "onboarding"
    ]
    pages += [(inline.model, inline) for _model, found in list(pages) for inline in found.inlines]
    return {
        f"{model._meta.model_name}.{field.name}": field for model, found in pages for field in columns(model, found)
    }


def columns(model: type[Model], pages: Any) -> Iterator[Field[Any, Any]]:
    used = [*names(getattr(pages, "list_display", ())), *names(pages.fields), *names(pages.fieldsets)]
    used += names([item for item in getattr(pages, "list_filter", ()) if isinstance(item, str)])
    for name in used if pages.fields or pages.fieldsets else [*used, *(field.name for field in model._meta.fields)]:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if isinstance(field, Field) and not field.primary_key:
            yield field


# The row that an inline belongs to, and what no page shows: invitations are read on the page of their request.
NOT_SHOWN = {"plannednote.offer", "invitation.key"}


def test_every_column_that_is_shown_has_words() -> None:
    found = shown()
    assert {"onboardingrequest.created_at", "mail.trouble", "transaction.status"} <= found.keys()
    assert {name for name, field in found.items() if not isinstance(field.verbose_name, Promise)} == NOT_SHOWN


@pytest.mark.parametrize("name", COLUMNS)
def test_words_are_of_a_column_that_there_is(name: str) -> None:
    model, _dot, column = name.rpartition(".")
    ours = apps.get_app_config("onboarding").get_models()
    fields = [field for found in ours if model in {"", found._meta.model_name} for field in found._meta.local_fields]
    assert column in {field.name for field in fields}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codename", "words"),
    [
        ("view_mail", "E-mail: bekijken"),
        ("reveal_identifiers", "Onboardingaanvraag: Kan afgeschermde waarden zien"),
        ("delete_user", "Gebruiker: verwijderen"),
    ],
)
def test_permissions_are_called_in_dutch(codename: str, words: str) -> None:
    page = sign_in("superuser").get("/admin/auth/group/add/", headers={"Accept-Language": "nl"}).content.decode()
    number = Permission.objects.get(codename=codename).pk
    assert f'<option value="{number}">{words}</option>' in page


# Words that are Dutch as well.
ALIKE = {"Type", "Status", "Details"}


@pytest.mark.django_db
def test_lists_have_their_heads_in_dutch(platform: Catalogue) -> None:
    fill()
    client = sign_in("superuser")

    def heads(name: str, language: str) -> set[str]:
        page = client.get(f"/admin/onboarding/{name}/", headers={"Accept-Language": language}).content.decode()
        return set(re.findall(r' data-head="([^"]+)"', page))

    found = {name: heads(name, "en") & heads(name, "nl") - ALIKE for name in models_of_the_desk()}
    assert any(heads("mail", "en"))
    assert {name: words for name, words in found.items() if words} == {}
