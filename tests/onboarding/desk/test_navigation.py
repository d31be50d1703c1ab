"""The desk's navigation: everything is in it, once, for those who may see it."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.desk import sign_in

pytestmark = pytest.mark.django_db


def navigation(page: str) -> list[str]:
    """Give the addresses in the navigation beside the page; the menu of phones has the same."""
    side = page.split('<nav class="desk-nav"')[1].split("</nav>")[0]
    return re.findall(r'href="([^"]+)"', side)


class TestNavigation:
    def test_has_every_list_of_the_desk_once(self) -> None:
        lists = [
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for model in admin.site._registry
            if model._meta.app_label in {"onboarding", "auth"}
        ]
        found = navigation(sign_in("superuser").get("/admin/").content.decode())
        assert [url for url in lists if found.count(url) != 1] == []

    def test_leads_only_where_one_may_go(self) -> None:
        client = sign_in("viewer")
        found = navigation(client.get("/admin/").content.decode())
        assert found
        assert {client.get(url, follow=True).status_code for url in found} == {200}
        assert "/admin/auth/user/" not in found

    def test_marks_where_one_is(self) -> None:
        page = sign_in("agent").get("/admin/onboarding/mail/").content.decode()
        assert page.count('href="/admin/onboarding/mail/" aria-current="page"') == 2

    def test_is_empty_for_who_has_no_role(self) -> None:
        page = sign_in("nobody").get("/admin/").content.decode()
        assert navigation(page) == []
        assert "You may not see anything here yet." in page

    def test_has_the_box_on_every_page(self) -> None:
        page = sign_in("viewer").get("/admin/onboarding/mail/").content.decode()
        assert page.count('<input type="search" id="find" name="q"') == 1
