"""The work queues of the support desk: who has to act, how many wait, and for how long."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from onboarding.desk.listing import BoundedPaginator
from onboarding.models import (
    CatalogueSnapshot,
    Device,
    Mail,
    MakerHealth,
    OnboardingRequest,
    PlatformHealth,
    WebhookDelivery,
)
from onboarding.request import lifecycle, work_queues
from onboarding.request.lifecycle import OPEN, Actor, State
from tests.customers import Customer, work_until
from tests.receiver import endpoint

LIST = "/admin/onboarding/onboardingrequest/"
NOW = timezone.now()


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def make(state: str = "following", **columns: object) -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", state=state, type="EV", manufacturer="Audi", **columns)


def connect(health: str, **facts: object) -> OnboardingRequest:
    row = make("connected", consented_at=NOW, finished_at=NOW)
    Device.objects.create(request=row, health=health, **facts)
    return row


def listed(desk: Client, queue: str) -> list[OnboardingRequest]:
    return list(desk.get(LIST, {"queue": queue}).context["cl"].result_list)


@pytest.mark.django_db
class TestTurn:
    def test_in_the_database_is_whose_the_lifecycle_says(self) -> None:
        flags = product(State, ("", "Redirect"), ("", "several"), (None, NOW))
        rows = [
            OnboardingRequest(browser="b", state=state, action_type=action, needs_staff=reason, due_at=due)
            for state, action, reason, due in flags
        ]
        OnboardingRequest.objects.bulk_create(rows)
        for row in OnboardingRequest.objects.all():
            state, has_stopped = State(row.state), row.due_at is None and row.state in OPEN
            needs_staff = bool(row.needs_staff) and has_stopped
            expected = lifecycle.who_acts(state, has_action=bool(row.action_type), needs_staff=needs_staff)
            assert (row.turn, row.actor) == (expected, expected)
        for actor in Actor:
            found = OnboardingRequest.objects.filter(turn=actor)
            assert {row.pk for row in found} == {
                row.pk for row in OnboardingRequest.objects.all() if row.actor == actor
            }

    def test_is_with_staff_in_the_database_when_the_row_says_so(self) -> None:
        """Every state, with and without a reason and a time to go on: workers stopped, and something is left to do."""
        stops = {"queued", "sending", "unknown", "following", "withdrawing"}
        assert stops == OPEN
        for state, reason, due in product(State, ("", "several"), (None, NOW)):
            row = make(state, needs_staff=reason, due_at=due)
            expected = (state, reason, due) in {(state, "several", None) for state in stops}
            assert row.is_with_staff == expected
            assert OnboardingRequest.objects.filter(work_queues.WITH_STAFF, pk=row.pk).exists() == expected

    def test_of_who_just_came_back_is_not_theirs_on_their_page(self) -> None:
        row = make(action_type="Redirect", returned_at=timezone.now())
        assert (row.actor, row.shown_actor) == (Actor.CUSTOMER, Actor.MANUFACTURER)
        row.checked_at = timezone.now()
        assert (row.actor, row.shown_actor) == (Actor.CUSTOMER, Actor.CUSTOMER)
        row.checked_at, row.returned_at = None, NOW - timedelta(hours=1)
        assert (row.actor, row.shown_actor) == (Actor.CUSTOMER, Actor.CUSTOMER)

    def test_follows_whichever_way_the_row_is_written(self) -> None:
        row = make()
        assert OnboardingRequest.objects.get().turn == Actor.MANUFACTURER
        OnboardingRequest.objects.filter(pk=row.pk).update(action_type="Consent")
        assert OnboardingRequest.objects.get().turn == Actor.CUSTOMER

    def test_begins_when_it_changes(self) -> None:
        began = NOW - timedelta(days=3)
        make(turn_since=began)
        row = OnboardingRequest.objects.get()
        row.status = "InProgress"
        row.save()
        assert OnboardingRequest.objects.get().turn_since == began
        row.action_type = "Redirect"
        row.save(update_fields=["action_type"])
        assert timezone.now() - OnboardingRequest.objects.get().turn_since < timedelta(minutes=1)

    def test_begins_anew_with_consent(self, customer: Customer) -> None:
        OnboardingRequest.objects.filter(pk=customer.start().request.pk).update(turn_since=NOW - timedelta(days=3))
        customer.choose("EV", "Audi").post("identify", vin="WA1DMAFE0D0000000")
        assert customer.request.turn_since == NOW - timedelta(days=3)
        customer.consent()
        assert (customer.request.turn, customer.request.turn_since) == (Actor.US, customer.request.consented_at)


QUEUED = [
    ("us", {"needs_staff": "too-old"}),
    ("us", {"state": "connected", "needs_staff": "several"}),
    ("us", {"state": "queued", "trouble": "NotAuthorized", "due_at": NOW}),
    ("customer", {"action_type": "Redirect"}),
    ("customer", {"state": "rejected"}),
    ("manufacturer", {}),
    ("withdrawing", {"state": "withdrawing", "withdrawn_at": NOW}),
    ("withdrawing", {"state": "unknown", "withdrawn_at": NOW}),
    ("customer", {"state": "failed", "finished_at": NOW - timedelta(days=2)}),
]
NOT_QUEUED = [
    {"state": "draft"},
    {"state": "queued", "due_at": NOW},
    {"state": "connected", "finished_at": NOW},
    {"state": "withdrawn", "trouble": "NotAuthorized", "withdrawn_at": NOW},
    {"state": "failed", "finished_at": NOW - timedelta(days=8)},
    {"state": "failed", "finished_at": NOW - timedelta(days=2), "withdrawn_at": NOW},
]


class TestQueues:
    @pytest.mark.parametrize(("queue", "columns"), QUEUED)
    def test_hold_what_waits(self, desk: Client, queue: str, columns: dict[str, object]) -> None:
        row = make(**columns)
        assert [name for name in all_queues() if row in listed(desk, name)] == [queue]

    @pytest.mark.parametrize("columns", NOT_QUEUED)
    def test_leave_out_what_does_not(self, desk: Client, columns: dict[str, object]) -> None:
        row = make(**columns)
        assert [name for name in all_queues() if row in listed(desk, name)] == []

    @pytest.mark.parametrize(("health", "turn"), [("quiet", "the customer"), ("gone", "ours")])
    def test_hold_what_sends_nothing_and_say_since_when(self, desk: Client, health: str, turn: str) -> None:
        recent, old = (connect(health, health_since=NOW - timedelta(days=days)) for days in (2, 6))
        connect("flowing")
        connect("waiting")
        assert listed(desk, "quiet") == [old, recent]
        page = words(desk.get(LIST, {"queue": "quiet"}))
        assert "<strong>2</strong> <span>No data</span> <small>longest: 6 days</small>" in page
        assert re.search(rf'class="field-whose_turn">{turn}[^<]*, for 6 days', page)
        assert {"quiet": "No data any more", "gone": "Not found"}[health] in page
        assert '<td data-head="Device" class="field-named">Electric car, Audi</td>' in page

    def test_of_a_silent_manufacturer_wait_for_it(self, desk: Client) -> None:
        connect("quiet")
        MakerHealth.objects.create(type="EV", manufacturer="Audi", silent_since=NOW)
        assert 'class="field-whose_turn">the manufacturer' in words(desk.get(LIST, {"queue": "quiet"}))

    @pytest.mark.parametrize("state", ["failed", "canceled"])
    def test_hold_what_went_wrong_today_twice_until_the_customer_tries_again(self, desk: Client, state: str) -> None:
        row = make(state, finished_at=NOW)
        assert [name for name in all_queues() if row in listed(desk, name)] == ["customer", "failed"]
        make("draft", retry_of=row)
        assert [name for name in all_queues() if row in listed(desk, name)] == ["failed"]

    def test_begin_with_what_waits_longest_and_say_how_long(self, desk: Client) -> None:
        recent, old = (make(turn_since=NOW - timedelta(days=days)) for days in (1, 5))
        answer = desk.get(LIST, {"queue": "manufacturer"})
        assert list(answer.context["cl"].result_list) == [old, recent]
        page = words(answer)
        assert "<h1>Needs the manufacturer</h1>" in page
        assert '<td data-head="Whose turn" class="field-whose_turn">the manufacturer&#x27;s, for 5 days' in page

    @pytest.mark.parametrize("page", ["/admin/", LIST])
    def test_are_counted_on_the_first_page_and_above_the_list(self, desk: Client, page: str) -> None:
        for days in (2, 4):
            make(action_type="Redirect", turn_since=NOW - timedelta(days=days))
        counted = words(desk.get(page))
        assert f'<a href="{LIST}?queue=customer"' in counted
        assert "<strong>2</strong> <span>Needs the customer</span> <small>longest: 4 days</small>" in counted
        assert "<strong>0</strong> <span>Needs us</span></a>" in counted

    def test_of_an_unknown_name_are_the_whole_list(self, desk: Client) -> None:
        row = make()
        assert listed(desk, "tea-time") == [row]

    def test_are_read_by_their_indexes(self, desk: Client) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        indexes = {"us": "needs_us", "customer": "turn", "manufacturer": "turn", "withdrawing": "turn"}
        indexes["quiet"] = "device_quiet"
        for queue in work_queues.QUEUES:
            plan = queue.of(OnboardingRequest.objects.order_by(queue.since), now=NOW).explain()
            assert f"onboarding_{indexes.get(queue.name, '')}" in plan
            assert "_idx" in plan

    def test_are_for_those_who_may_read_requests(self, db: None) -> None:
        client = Client()
        client.force_login(User.objects.create_user("new", is_staff=True))
        assert "queue=" not in client.get("/admin/").content.decode()


class TestBoundedPaginator:
    def test_counts_no_further_than_anybody_reads(self, db: None) -> None:
        class Short(BoundedPaginator):
            most = 2

        for _row in range(3):
            make()
        rows = OnboardingRequest.objects.order_by("pk")
        assert (Short(rows, 1).count, Short(rows, 1).is_bounded) == (2, True)
        assert (BoundedPaginator(rows, 1).count, BoundedPaginator(rows, 1).is_bounded) == (3, False)


class TestHealth:
    def test_is_well_on_a_good_day(self, desk: Client, customer: Customer) -> None:
        customer.submit()
        work_until(customer.request, "connected")
        page = words(desk.get("/admin/"))
        for title in ("Platform", "List of devices", "Workers", "Mails", "Webhooks"):
            assert f"{title}</a> <span>well" in page

    def test_tells_what_is_wrong(self, desk: Client) -> None:
        hour_ago = NOW - timedelta(hours=1)
        PlatformHealth.objects.create(pk=1, failures=5, away_since=hour_ago)
        CatalogueSnapshot.objects.create(pk=1, fetched_at=NOW - timedelta(days=2))
        row = make(due_at=hour_ago)
        Mail.objects.create(request=row, kind="link", key="k", due_at=NOW, trouble="SMTPServerDisconnected: ")
        for occurrence, ended in enumerate(({"due_at": NOW, "failures": 1}, {"gave_up_at": NOW})):
            WebhookDelivery.objects.create(
                endpoint=endpoint(), request=row, kind="request.failed", occurrence=occurrence, body="", **ended
            )
        page = words(desk.get("/admin/"))
        assert "Platform</a> <span>It does not answer, for 1 hour now." in page
        assert "List of devices</a> <span>Our copy is 2 days old." in page
        assert "Workers</a> <span>Work waits for 1 hour. Is one running?" in page
        assert "Mails</a> <span>1 could not be sent yet" in page
        assert "Webhooks</a> <span>1 did not arrive yet. 1 was given up since yesterday." in page

    def test_tells_of_a_silent_manufacturer_once(self, desk: Client) -> None:
        silent = {"devices": 20, "quiet": 11, "gone": 1, "silent_since": NOW}
        MakerHealth.objects.create(type="EV", manufacturer="Audi", **silent)
        page = words(desk.get("/admin/"))
        assert "Data of connected devices</a> <span>Audi (Electric car): silent since today at" in page
        assert "12 of 20 devices." in page

    def test_misses_a_list_of_devices_that_never_came(self, desk: Client) -> None:
        assert "List of devices</a> <span>It was never fetched." in words(desk.get("/admin/"))


def all_queues() -> list[str]:
    return [queue.name for queue in work_queues.QUEUES]


def words(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())
