"""How PostgreSQL goes about what the portal asks: with many rows, it reads no growing table from end to end.

The statements are those that pages, the worker and the desk really issue, on 20,000 requests with statistics.
"""

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from benchmarks import many_requests
from onboarding.models import OnboardingRequest
from onboarding.request.work_queues import find_queue

from .plans import Plan, all_plans

GROWING = {
    *("onboarding_onboardingrequest", "onboarding_searchkey", "onboarding_event", "onboarding_transaction"),
    *("onboarding_consent", "onboarding_mail", "onboarding_accesslink", "onboarding_holder", "onboarding_invitation"),
    *("onboarding_invitationrow", "onboarding_pushsubscription"),
    *("onboarding_webhookdelivery", "onboarding_webhookattempt", "onboarding_wish"),
    *("onboarding_erasure", "onboarding_tombstone", "onboarding_device", "onboarding_campaignmember"),
    *("onboarding_staffsignin", "onboarding_answertally", "onboarding_ratelimittally", "onboarding_ratelimitcount"),
    *("onboarding_fault", "django_session", "sandbox_sandboxrequest"),
}
# One row, as many as colleagues or staff's own words, or bounded by a constraint or by the days that they are kept.
SMALL = {
    *("onboarding_brand", "onboarding_logo", "onboarding_helptext", "onboarding_actiontext", "onboarding_consenttext"),
    *("onboarding_cataloguesnapshot", "onboarding_platformhealth", "onboarding_plannedoffer", "onboarding_plannednote"),
    *("onboarding_heartbeat", "onboarding_workcount", "onboarding_webhookendpoint"),
    "onboarding_strayonboarding",  # those of the last backup that was restored
    *("onboarding_cspreport", "onboarding_departure", "onboarding_bulkjob", "onboarding_cataloguechange"),
    *("onboarding_invitationfile", "onboarding_makerhealth", "onboarding_campaign"),
    *("sandbox_sandboxoffering", "sandbox_sandboxweather", "sandbox_sandboxattempt", "sandbox_sandboxoffboarding"),
    "sandbox_sandboxsilence",
    *("auth_user", "auth_group", "auth_permission", "auth_group_permissions", "auth_user_groups"),
    *("auth_user_user_permissions", "django_content_type", "django_migrations", "account_emailaddress"),
    *("django_admin_log", "account_emailconfirmation", "mfa_authenticator", "usersessions_usersession"),
    "onboarding_savedview",
}
# What people wish for is counted as a whole, on two pages that few open.
COUNTED_AS_A_WHOLE = {(page, "onboarding_wish") for page in ("wish", "wishes of an address", "demand")}
# A statement may read so many rows of a growing table that it does not want.
MOST_IN_VAIN = 4_000


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def plans(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[Plan]:
    with django_db_blocker.unblock():
        return all_plans()


class TestStatements:
    def test_are_many(self, plans: list[Plan]) -> None:
        assert len({plan.of for plan in plans}) > 60

    def test_read_no_growing_table_from_end_to_end(self, plans: list[Plan]) -> None:
        whole = {(plan.of, name) for plan in plans for name in plan.read_whole & GROWING}
        assert whole - COUNTED_AS_A_WHOLE == set(), [plan for plan in plans if plan.read_whole & GROWING]

    def test_read_little_of_a_growing_table_in_vain(self, plans: list[Plan]) -> None:
        wasteful = [plan for plan in plans if any(plan.in_vain.get(name, 0) > MOST_IN_VAIN for name in GROWING)]
        assert wasteful == []


class TestQueueOfCustomers:
    def test_looks_up_by_itself_who_tries_again_already(self) -> None:
        went_wrong = {"state": "'failed'"} | dict.fromkeys(("finished_at", "created_at", "updated_at"), "now()")
        codes = {"reference": "'r' || n", "support_code": "'s' || n", "browser": "'b' || n"}
        many_requests.insert(OnboardingRequest, "FROM generate_series(1, 3000) n", **went_wrong, **codes)
        many_requests.execute(f"ANALYZE {OnboardingRequest._meta.db_table}")
        queue = find_queue("customer")
        assert queue
        plan = queue.of(OnboardingRequest.objects.all(), now=timezone.now()).explain()
        assert "SubPlan" in plan
        assert "hashed SubPlan" not in plan  # which would be made of all requests that there are


class TestTables:
    def test_are_known_to_grow_or_to_stay_small(self) -> None:
        assert {*connection.introspection.table_names()} == GROWING | SMALL
