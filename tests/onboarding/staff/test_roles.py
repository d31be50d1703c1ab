"""Who may what on the desk: every page, action and button, for every role. A new one needs a line in these tables."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent import triggers
from onboarding.models import BulkJob, Consent
from tests.desk import LINKS, ROLES, address, doors, fill, knock, models_of_the_desk, newest, prepare, sign_in

pytestmark = pytest.mark.django_db

STAFF = {*ROLES, "superuser"}
AGENTS = {"agent", "supervisor", "superuser"}
SUPERVISORS = {"supervisor", "superuser"}
AUDITORS = {"auditor", "superuser"}
ADMINISTRATORS = {"superuser"}
WITH_WEBHOOKS = SUPERVISORS | AUDITORS

# Who sees the rows of a model.
SEES = {
    **dict.fromkeys(("onboardingrequest", "transaction", "event", "consent", "consenttext", "mail"), STAFF),
    **dict.fromkeys(("cataloguesnapshot", "cataloguechange", "helptext", "actiontext", "brand"), STAFF),
    **dict.fromkeys(("platformhealth", "plannedoffer", "wish", "demand", "invitation"), STAFF),
    **dict.fromkeys(("cspreport", "ratelimittally", "strayonboarding", "makerhealth"), STAFF),
    "campaign": STAFF,
    "webhookdelivery": WITH_WEBHOOKS,
    "bulkjob": AGENTS | AUDITORS,
    "disclosure": AUDITORS,
    "staffsignin": AUDITORS,
    "webhookendpoint": ADMINISTRATORS,
}
# Who adds, changes and deletes them; of every other model, nobody does.
CHANGES = {
    **dict.fromkeys(("consenttext", "plannedoffer", "helptext", "actiontext", "brand"), SUPERVISORS),
    "webhookendpoint": ADMINISTRATORS,
}
# Nobody adds or deletes it, and an empty form would be a right one.
ALWAYS_ONE = {"brand"}
WRONG = {"accent": "orange"}
# Everything else: the actions of a list as model.action, and pages and buttons by the name of their address.
MAY = {
    "onboardingrequest.resume": AGENTS,
    "onboardingrequest.check_now": AGENTS,
    "onboardingrequest.resend_mail": AGENTS,
    "onboardingrequest.mark_handled": AGENTS,
    "onboardingrequest.add_note": AGENTS,
    "onboardingrequest.evidence": SUPERVISORS,
    "consent.verify": AUDITORS,
    "webhookdelivery.replay": SUPERVISORS,
    "onboarding_onboardingrequest_reveal": AGENTS,
    "onboarding_consent_reveal": AGENTS,
    "onboarding_mail_reveal": AGENTS,
    "onboarding_wish_reveal": AGENTS,
    "onboarding_request_timeline": STAFF,
    "onboarding_request_resume": AGENTS,
    "onboarding_request_check_now": AGENTS,
    "onboarding_request_look_now": AGENTS,
    "onboarding_request_resend_mail": AGENTS,
    "onboarding_request_reassign_email": AGENTS,
    "onboarding_request_mark_handled": AGENTS,
    "onboarding_request_add_note": AGENTS,
    "onboarding_request_withdraw": SUPERVISORS,
    "onboarding_request_erase_identifiers": SUPERVISORS,
    "onboarding_request_evidence": SUPERVISORS,
    "onboarding_request_export_data": SUPERVISORS,
    "onboarding_bulkjob_progress": AGENTS | AUDITORS,
    "onboarding_invitation_prepare": AGENTS,
    "invitationfile_upload": AGENTS,
    "invitationfile_example": AGENTS,
    "invitationfile_page": AGENTS,
    "invitationfile_progress": AGENTS,
    "invitationfile_invite": AGENTS,
    "invitationfile_discard": AGENTS,
    "invitationfile_results": AGENTS,
    "onboarding_request_invite": AGENTS,
    "onboarding_request_link": AGENTS,
    "onboarding_request_void": AGENTS,
    "onboarding_request_assist": AGENTS,
    "onboarding_request_phoneconsent": AGENTS,
    "onboarding_mail_previews": STAFF,
    "onboarding_mail_preview": STAFF,
    "consenttext_preview": STAFF,
    "consenttext_publish": SUPERVISORS,
    "consenttext_copy": SUPERVISORS,
    "campaign_new": SUPERVISORS,
    "campaign_steer": SUPERVISORS,
    "campaign_progress": STAFF,
    "campaign_answers": SUPERVISORS,
    "entry_link": AGENTS,
    "figures": STAFF,
    "keep_view": STAFF,
    "desk_words": STAFF | {"nobody"},
    "retention": AUDITORS | SUPERVISORS,
    "erasures": AUDITORS | SUPERVISORS,
    "erase_person": SUPERVISORS,
    "copy_person": SUPERVISORS,
    "figures_csv": SUPERVISORS,
    "catalogue_fetch": SUPERVISORS,
    "catalogue_pause": SUPERVISORS,
    "catalogue_resume": SUPERVISORS,
    "helptext_preview": SUPERVISORS,
    "actiontext_preview": SUPERVISORS,
    "onboarding_webhookendpoint_reveal": ADMINISTRATORS,
    "webhookendpoint_pause": ADMINISTRATORS,
    "webhookendpoint_go_on": ADMINISTRATORS,
    "webhookendpoint_renew": ADMINISTRATORS,
    "webhookendpoint_end_previous": ADMINISTRATORS,
    "webhookendpoint_test": ADMINISTRATORS,
}
# Actions of the list that ask first.
ASK_FIRST = {f"onboardingrequest.{name}" for name in set(BulkJob.Action.values) - BulkJob.OF_ROWS}
# What changes nothing. That somebody took the answers of a campaign out is noted.
LOOKS = (LINKS - {"campaign_answers"}) | ASK_FIRST | {"consent.verify", "helptext_preview", "actiontext_preview"}


@pytest.fixture(autouse=True, scope="class")
def full(for_all: Catalogue) -> None:
    fill()


@pytest.fixture(autouse=True)
def open_to_all(full: None, platform: Catalogue, settings: Settings) -> None:
    settings.CONSENT_BY_PHONE = True


def doors_by_address() -> list[tuple[str, str]]:
    return [(address(door).partition("?")[0], door) for door in MAY if "." not in door]


def offered(page: str, doors: list[tuple[str, str]]) -> list[str]:
    """Find the doors to which a page has a link or a button."""
    addresses = set(re.findall(r'(?:href|action|formaction)="([^"?]+)', page))
    return [door for address, door in doors if address in addresses]


def everything() -> dict[str, set[Any]]:
    """Read all rows of ours as they are stored, nonces and all."""
    tables = (model._meta.db_table for model in apps.get_app_config("onboarding").get_models())
    return {table: rows(table) for table in tables}


def rows(table: str) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        return set(cursor.fetchall())


class TestTables:
    def test_know_every_model_of_the_desk(self) -> None:
        assert set(SEES) == set(models_of_the_desk())

    def test_know_every_action_page_and_button(self) -> None:
        assert set(MAY) == doors()


@pytest.mark.parametrize("role", [*ROLES, "superuser", "nobody"])
class TestRole:
    @pytest.mark.parametrize("door", sorted(MAY))
    def test_opens_its_doors_and_no_other(self, role: str, door: str) -> None:
        prepare(door)
        client, before = sign_in(role), everything()
        status = knock(client, door).status_code
        if role in MAY[door]:
            assert status in {200, 302}
            assert (everything() == before) == (door in LOOKS)
        else:
            assert status == 403
            assert everything() == before

    def test_sees_its_rows_and_buttons_and_no_other(self, role: str) -> None:
        client, wrong, doors = sign_in(role), [], doors_by_address()
        for name in models_of_the_desk():
            row = newest(name)
            for url in (f"{name}/", f"{name}/{row.pk}/change/", f"{name}/{row.pk}/history/"):
                response = client.get(f"/admin/onboarding/{url}", follow=True)
                if response.status_code != (200 if role in SEES[name] else 403):
                    wrong.append((url, response.status_code))
                wrong += [(url, door) for door in offered(response.content.decode(), doors) if role not in MAY[door]]
        assert wrong == []

    def test_changes_its_rows_and_no_other(self, role: str) -> None:
        client, before, wrong = sign_in(role), everything(), []
        for name in models_of_the_desk():
            row = newest(name)
            for url in ("add", f"{row.pk}/change", f"{row.pk}/delete"):
                may = role in CHANGES.get(name, ()) and (name not in ALWAYS_ONE or "change" in url)
                data = (WRONG if name in ALWAYS_ONE else {}) if may else {"post": "yes"}
                status = client.post(f"/admin/onboarding/{name}/{url}/", data).status_code
                if status != (200 if may else 403):
                    wrong.append((name, url, status))
        assert wrong == []
        assert everything() == before

    def test_previews_the_brand_when_it_may_change_it(self, role: str) -> None:
        client, before = sign_in(role), everything()
        data = {"name": "Brighter Energy", "_preview": "Preview"}
        status = client.post("/admin/onboarding/brand/1/change/", data).status_code
        assert status == (200 if role in CHANGES["brand"] else 403)
        assert everything() == before

    def test_reads_on_the_first_page_what_it_may_see(self, role: str) -> None:
        page = sign_in(role).get("/admin/").content.decode()
        linked = {name for name in SEES if f'href="/admin/onboarding/{name}/"' in page}
        assert linked == {name for name, roles in SEES.items() if role in roles}

    def test_keeps_off_what_is_not_of_the_desk(self, role: str) -> None:
        client = sign_in(role)
        others = [model for model in admin.site._registry if model._meta.app_label != "onboarding"]
        statuses = {
            client.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")).status_code
            for model in others
        }
        assert statuses == {200 if role == "superuser" else 403}


class TestBuiltInRoles:
    def test_leave_no_permission_of_ours_to_superusers_alone(self) -> None:
        """What Django makes for every model may; what a model asks for by itself must be somebody's."""
        asked = {name for model in models_of_the_desk().values() for name, _words in model._meta.permissions}
        held = set(Permission.objects.filter(group__name__in=ROLES).values_list("codename", flat=True))
        assert asked - held == set()

    @pytest.mark.parametrize("role", ROLES)
    def test_reach_rows_inside_others_as_far_as_those(self, role: str) -> None:
        """Notes stand on the page of what is paused: who writes the one writes the other."""
        held = set(Permission.objects.filter(group__name=role).values_list("codename", flat=True))
        pairs = [
            (f"{may}_{name}", f"{may}_{inline.model._meta.model_name}")
            for name, model in models_of_the_desk().items()
            for inline in admin.site.get_model_admin(model).inlines
            for may in ("view", "add", "change", "delete")
        ]
        assert [inner for outer, inner in pairs if (outer in held) != (inner in held)] == []

    def test_change_nothing_but_a_log_for_an_auditor(self) -> None:
        held = Permission.objects.filter(group__name="auditor").values_list("codename", flat=True)
        assert [name for name in held if not name.startswith("view_")] == ["verify_consent"]


class TestVerify:
    def test_says_which_records_were_changed(self) -> None:
        auditor, data = sign_in("auditor"), {"action": "verify", "_selected_action": [Consent.objects.get().pk]}
        assert "1 record is as it was stored." in self.post(auditor, data)
        triggers.take_down(connection)
        Consent.objects.update(words="others")
        page = self.post(auditor, data)
        assert f"not as they were stored: {Consent.objects.get().record_id}" in page

    def post(self, auditor: Client, data: dict[str, Any]) -> str:
        return auditor.post("/admin/onboarding/consent/", data, follow=True).content.decode()
