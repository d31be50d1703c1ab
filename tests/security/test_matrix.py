"""Who gets what answer from which address: everything in the URL conf, for everybody. A new address needs a row here.

Others than the holder never read a byte of what is the holder's, whatever the answer's status is.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from onboarding.catalogue.catalogue import Catalogue
from tests.desk import DATA, ROLES, sign_in
from tests.onboarding.staff.test_roles import AGENTS, AUDITORS, CHANGES, SEES, STAFF, SUPERVISORS
from tests.security.matrix import CUSTOMERS, HOLDER, SECRETS, TOKEN, Address, World, every_address, make_world

pytestmark = pytest.mark.django_db

GET, POST, FORGED = "GET", "POST with a token", "POST without one"

# Pages for customers: what others get on GET and POST, and what the holder gets.
PAGES = {
    "onboarding:start": ((200, 405), (200, 405)),
    "onboarding:begin": ((302, 302), (302, 302)),
    "onboarding:first": ((200, 200), (200, 200)),
    "onboarding:resume": ((404, 405), (302, 405)),
    "onboarding:step": ((404, 404), (200, 200)),
    "onboarding:makers": ((404, 405), (200, 405)),
    "onboarding:scan": ((404, 405), (200, 405)),
    "onboarding:not_listed": ((404, 404), (200, 200)),
    "onboarding:status": ((404, 405), (200, 405)),
    "onboarding:status_panel": ((404, 405), (302, 405)),
    "onboarding:again": ((405, 404), (405, 302)),
    "onboarding:push": ((405, 404), (405, 302)),
    "onboarding:device": ((404, 405), (200, 405)),
    "onboarding:reconnect": ((404, 404), (302, 302)),
    "onboarding:stop": ((404, 404), (200, 302)),
    "onboarding:renew": ((404, 404), (200, 200)),
    "onboarding:receipt": ((404, 405), (200, 405)),
    "onboarding:receipt_file": ((404, 405), (200, 405)),
    "onboarding:erase": ((404, 404), (200, 302)),
    "onboarding:send_step": ((404, 405), (302, 405)),
    "onboarding:elsewhere": ((404, 404), (200, 200)),
    "onboarding:phone": ((404, 405), (200, 405)),
    "onboarding:show_code": ((405, 404), (405, 302)),
    "onboarding:revoke": ((405, 404), (405, 302)),
    "onboarding:return": ((200, 302), (302, 302)),
    # For whoever has the link, or asks: nothing of the holder's.
    "onboarding:owner_step": ((200, 405), (200, 405)),
    "onboarding:continue": ((404, 404), (404, 404)),
    "onboarding:code": ((200, 200), (200, 200)),
    "onboarding:my_data": ((200, 405), (200, 405)),
    "onboarding:my_data_file": ((405, 200), (405, 200)),
    "onboarding:erase_all": ((200, 302), (200, 302)),
    "onboarding:devices": ((200, 405), (200, 405)),
    "onboarding:language": ((302, 302), (302, 302)),
    "onboarding:leave": ((405, 302), (405, 302)),
    "onboarding:accents": ((200, 405), (200, 405)),
    "onboarding:logo": ((404, 405), (404, 405)),
    "onboarding:manifest": ((200, 405), (200, 405)),
    "onboarding:push_worker": ((200, 405), (200, 405)),
    "onboarding:accessibility": ((200, 405), (200, 405)),
    "onboarding:security_txt": ((404, 405), (404, 405)),
    "onboarding:csp_reports": ((405, 204), (405, 204)),
    "onboarding:healthz": ((200, 405), (200, 405)),
    "onboarding:service_status": ((200, 405), (200, 405)),
    "onboarding:status_json": ((200, 405), (200, 405)),
    "onboarding:metrics": ((404, 405), (404, 405)),  # there is no token
    "onboarding:readyz": ((503, 405), (503, 405)),  # no worker is alive
    # Whoever signs out is out; whoever was not in learns nothing.
    "account_logout": ((405, 302), (405, 302)),
    "admin:logout": ((405, 302), (405, 302)),
    # Not in production, unless somebody says so.
    "sandbox:home": ((200, 405), (200, 405)),
    "sandbox:weather": ((405, 302), (405, 302)),
    "sandbox:tokens": ((405, 302), (405, 302)),
    "sandbox:entities": ((200, 405), (200, 405)),
    "sandbox:entity": ((405, 404), (405, 404)),
    "sandbox:maker": ((405, 302), (405, 302)),
    "sandbox:consent": ((404, 404), (404, 404)),
    "sandbox:done": ((404, 405), (404, 405)),
    "sandbox:documentation": ((404, 405), (404, 405)),
    "styleguide": ((200, 200), (200, 200)),
}
# Pages of the desk: who gets these answers on GET and POST. Colleagues who may not get 403, the method permitting;
# who is no staff is led to the sign-in.
NOBODY: set[str] = set()
ENDPOINT_ACTS = ("pause", "go_on", "renew", "end_previous", "test")
DESK = {
    "entry_link": (AGENTS, (200, 200)),
    "figures": (STAFF, (200, 405)),
    "keep_view": (STAFF, (405, 302)),
    "desk_words": (STAFF, (200, 405)),
    "retention": (SUPERVISORS | AUDITORS, (200, 405)),
    "erasures": (SUPERVISORS | AUDITORS, (200, 405)),
    "erase_person": (SUPERVISORS, (200, 302)),
    "copy_person": (SUPERVISORS, (200, 200)),
    "figures_csv": (SUPERVISORS, (405, 200)),
    "admin:index": (STAFF, (200, 200)),
    # One's own account. These colleagues come without password and factors: nothing can be confirmed or removed.
    "mfa_authenticate": (STAFF, (302, 302)),
    "mfa_login_webauthn": (STAFF, (302, 302)),
    "account_change_password": (STAFF, (302, 302)),
    "account_set_password": (STAFF, (302, 302)),
    "admin:password_change": (STAFF, (302, 302)),
    "mfa_index": (STAFF, (200, 405)),
    "staff_sign_out_elsewhere": (STAFF, (405, 302)),
    "staff_enrol": (STAFF, (200, 405)),
    "account_reauthenticate": (STAFF, (403, 403)),
    "mfa_reauthenticate": (STAFF, (403, 403)),
    "mfa_reauthenticate_webauthn": (STAFF, (403, 403)),
    "mfa_activate_totp": (STAFF, (200, 200)),
    "mfa_deactivate_totp": (STAFF, (404, 404)),
    "mfa_view_recovery_codes": (STAFF, (404, 405)),
    "mfa_generate_recovery_codes": (STAFF, (200, 200)),
    "mfa_list_webauthn": (STAFF, (302, 302)),
    "mfa_add_webauthn": (STAFF, (200, 200)),
    "mfa_remove_webauthn": (STAFF, (404, 404)),
    "admin:staff_remove_factors": (NOBODY, (403, 403)),
    "admin:password_change_done": (STAFF, (200, 405)),
    "admin:autocomplete": (NOBODY, (403, 405)),
    "admin:jsi18n": (STAFF, (200, 405)),
    "admin:view_on_site": (STAFF, (404, 404)),
    "admin:app_list": (STAFF, (200, 200)),
    "admin/(?P<url>.*)$": (STAFF, (404, 404)),
    "admin:auth_user_password_change": (NOBODY, (403, 403)),
    "admin:onboarding_bulkjob_progress": (AGENTS | AUDITORS, (302, 302)),
    "admin:campaign_new": (SUPERVISORS, (200, 200)),
    "admin:campaign_steer": (SUPERVISORS, (405, 302)),
    "admin:campaign_progress": (STAFF, (302, 405)),
    "admin:campaign_answers": (SUPERVISORS, (200, 405)),
    "admin:catalogue_fetch": (SUPERVISORS, (405, 302)),
    "admin:catalogue_pause": (SUPERVISORS, (200, 302)),
    "admin:catalogue_resume": (SUPERVISORS, (405, 302)),
    "admin:consenttext_preview": (STAFF, (200, 200)),
    "admin:consenttext_publish": (SUPERVISORS, (405, 302)),
    "admin:consenttext_copy": (SUPERVISORS, (405, 302)),
    "admin:helptext_preview": (SUPERVISORS, (405, 200)),
    "admin:actiontext_preview": (SUPERVISORS, (405, 200)),
    "admin:onboarding_webhookendpoint_reveal": (NOBODY, (405, 403)),
    **dict.fromkeys((f"admin:webhookendpoint_{act}" for act in ENDPOINT_ACTS), (NOBODY, (405, 403))),
    "admin:onboarding_mail_previews": (STAFF, (200, 200)),
    "admin:onboarding_mail_preview": (STAFF, (200, 200)),
    "admin:onboarding_consent_reveal": (AGENTS, (405, 200)),
    "admin:onboarding_mail_reveal": (AGENTS, (405, 200)),
    "admin:onboarding_wish_reveal": (AGENTS, (405, 200)),
    "admin:onboarding_onboardingrequest_reveal": (AGENTS, (405, 200)),
    "admin:onboarding_invitation_prepare": (AGENTS, (200, 302)),
    "admin:invitationfile_upload": (AGENTS, (200, 200)),
    "admin:invitationfile_example": (AGENTS, (200, 405)),
    "admin:invitationfile_page": (AGENTS, (200, 405)),
    "admin:invitationfile_progress": (AGENTS, (302, 405)),
    "admin:invitationfile_invite": (AGENTS, (405, 302)),
    "admin:invitationfile_discard": (AGENTS, (405, 302)),
    "admin:invitationfile_results": (AGENTS, (200, 405)),
    "admin:onboarding_request_invite": (AGENTS, (405, 302)),
    "admin:onboarding_request_link": (AGENTS, (405, 200)),
    "admin:onboarding_request_void": (AGENTS, (200, 302)),
    "admin:onboarding_request_assist": (AGENTS, (200, 302)),
    "admin:onboarding_request_phoneconsent": (AGENTS, (302, 302)),
    "admin:onboarding_request_resume": (AGENTS, (200, 302)),
    "admin:onboarding_request_check_now": (AGENTS, (302, 302)),
    "admin:onboarding_request_look_now": (AGENTS, (200, 302)),
    "admin:onboarding_request_resend_mail": (AGENTS, (200, 302)),
    "admin:onboarding_request_reassign_email": (AGENTS, (200, 302)),
    "admin:onboarding_request_mark_handled": (AGENTS, (302, 302)),
    "admin:onboarding_request_add_note": (AGENTS, (200, 302)),
    "admin:onboarding_request_withdraw": (SUPERVISORS, (200, 302)),
    "admin:onboarding_request_erase_identifiers": (SUPERVISORS, (200, 302)),
    "admin:onboarding_request_export_data": (SUPERVISORS, (200, 200)),
    "admin:onboarding_request_evidence": (SUPERVISORS, (200, 200)),
    "admin:onboarding_request_timeline": (STAFF, (200, 405)),
    # Lists and rows that answer otherwise than those of other models.
    "admin:onboarding_brand_changelist": (STAFF, (302, 302)),
    "admin:onboarding_cataloguesnapshot_changelist": (STAFF, (200, 405)),
}
# The pages that Django makes for each model, by who sees and who changes its rows (the tables of `test_roles.py`).
# Everything that is not of the desk is for superusers. An old address of a row leads on before it looks.
SIGN_IN = {"admin:login", "account_login"}
# What somebody without a second factor needs to get one, and the way out.
ENROLMENT = {*SIGN_IN, "admin:logout", "account_logout", "staff_enrol", "mfa_activate_totp", "mfa_add_webauthn"}
NO_TOKEN_NEEDED = {"onboarding:csp_reports": 204, "onboarding:return": 302}


def answers(name: str, pattern: str, role: str) -> tuple[int, int]:
    """Give what a colleague gets from a page of the desk on GET and POST."""
    if name in DESK:
        who, (on_get, on_post) = DESK[name]
        return on_get if role in who or on_get == 405 else 403, on_post if role in who or on_post == 405 else 403
    if name == pattern and pattern.endswith("/<path:object_id>/"):
        return 302, 302
    app, model, page = MODEL_PAGE.fullmatch(name).groups()  # type: ignore[union-attr]  # `is_known` looked
    sees = app == "onboarding" and role in SEES[model]
    changes = app == "onboarding" and role in CHANGES.get(model, ()) and not (model == "brand" and page != "change")
    if page == "history" and app not in {"onboarding", "auth"}:
        return 302, 302  # there is no row
    if page == "change":
        if model == "invitation":
            return 302, 403
        return 200 if sees else 403, (302 if model == "brand" else 200) if changes else 403
    may = sees if page in {"changelist", "history"} else changes
    return (200, 200) if may else (403, 403)


MODEL_PAGE = re.compile(r"admin:(auth|onboarding|sandbox)_([a-z]+)_(changelist|add|history|delete|change)")


def is_known(where: Address) -> bool:
    model_page = MODEL_PAGE.fullmatch(where.name)
    is_of_model = bool(model_page) and (model_page[1] != "onboarding" or model_page[2] in SEES)
    is_old = where.name == where.pattern and where.name.endswith("/<path:object_id>/")
    return where.name in PAGES or where.name in DESK or where.name in SIGN_IN or is_of_model or is_old


def expected(where: Address, who: str, how: str) -> int:
    if how == FORGED:
        return NO_TOKEN_NEEDED.get(where.name, 403)
    column = 0 if how == GET else 1
    if where.name in SIGN_IN:
        return 302 if who in ROLES else 200
    if where.name in PAGES:
        return PAGES[where.name][who == HOLDER][column]
    return answers(where.name, where.pattern, who)[column] if who in ROLES else 302


@pytest.fixture
def world(platform: Catalogue, settings: Any) -> Iterator[World]:
    settings.CONSENT_BY_PHONE = True
    logging.disable(logging.CRITICAL)  # thousands of refusals
    yield make_world()
    logging.disable(logging.NOTSET)


def ask(client: Client, url: str, how: str, data: dict[str, str]) -> HttpResponse:
    """Ask, and leave everything as it was."""
    cookies, point = client.cookies.copy(), transaction.savepoint_create()
    headers = {"X-CSRFToken": TOKEN} if how == POST else {}
    try:
        return client.get(url) if how == GET else client.post(url, data, headers=headers)
    finally:
        transaction.savepoint_rollback(point)
        client.cookies = cookies


def all_answers(world: World, how: str) -> Iterator[tuple[Address, str, HttpResponse]]:
    for where in every_address():
        url, data = world.url(where), DATA.get(where.name.removeprefix("admin:"), {})
        for who, client in world.clients.items():
            yield where, who, ask(client, url, how, data)


def leaks(response: HttpResponse) -> list[str]:
    told = b"".join(response) if response.streaming else response.content
    told += (
        "\n".join(f"{name}: {value}" for name, value in response.items()).encode() + response.cookies.output().encode()
    )
    return [secret for secret in SECRETS if secret.encode() in told]


class TestMatrix:
    def test_has_an_answer_for_every_address(self) -> None:
        assert [where.name for where in every_address() if not is_known(where)] == []

    def test_names_no_address_that_is_gone(self) -> None:
        assert (PAGES.keys() | DESK.keys()) - {where.name for where in every_address()} == set()

    @pytest.mark.parametrize("how", [GET, POST, FORGED])
    def test_is_what_everybody_gets(self, world: World, how: str) -> None:
        wrong, leaked, cases = [], [], 0
        for where, who, response in all_answers(world, how):
            cases += 1
            if response.status_code != expected(where, who, how):
                wrong.append(f"{where.name}, {who}: {response.status_code} and not {expected(where, who, how)}")
            if who in CUSTOMERS or (who in ROLES and where.name in PAGES):
                leaked += [f"{where.name}, {who}: {secret}" for secret in leaks(response)]
        print(f"{how}: {cases} cases")  # noqa: T201  for docs/security.md: pytest -s
        assert wrong == []
        assert leaked == []

    def test_would_see_a_leak(self, world: World) -> None:
        where = next(where for where in every_address() if where.name == "onboarding:step")
        assert leaks(ask(world.clients[HOLDER], world.url(where), GET, {}))


class TestWithoutSecondFactor:
    """Colleagues who have not enrolled, where a second factor is required."""

    def test_opens_no_page_of_the_desk(self, world: World, settings: Any) -> None:
        settings.STAFF_SECOND_FACTOR = True
        client, opened = sign_in("superuser"), []
        for where in every_address():
            if where.pattern.startswith("admin/") and where.name not in ENROLMENT:
                response = ask(client, world.url(where), GET, {})
                if response.status_code not in {302, 403, 404, 405} or leaks(response):
                    opened.append(where.name)
        assert opened == []
