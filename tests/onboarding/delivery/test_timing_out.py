"""An action that nobody takes in thirty days ends by itself; whoever acts before that is not turned away."""

from datetime import timedelta

import pytest
from django.core import mail as post
from django.utils import timezone

from onboarding.consent.records import ConsentAct
from onboarding.delivery import lease, tracking
from onboarding.intake import withdrawal
from onboarding.intake.draft import start_again
from onboarding.models import OnboardingRequest
from onboarding.platform_api import resources
from onboarding.support import operations
from sandbox import bench
from sandbox.models import SandboxRequest
from tests.customers import Customer, claimed, work, work_until
from tests.onboarding.portal.test_wizard import text_of

# Waits at the manufacturer's for its customer.
REDIRECT_VIN = "WA1DMAFE0D0000800"
ASKS = resources.Action("Redirect", "https://maker.example/")
EMAIL = "jan.peeters@mail.example"


@pytest.fixture
def waiting(customer: Customer) -> Customer:
    """A customer who was asked for the manufacturer's step, and did not do it yet."""
    customer.submit(vin=REDIRECT_VIN)
    for _round in range(4):
        OnboardingRequest.objects.update(due_at=timezone.now())
        work()
    assert (customer.request.state, customer.request.turn) == ("following", "customer")
    return customer


def let_days_pass(days: float, **also: object) -> None:
    """Let so many days pass since the customer was asked, and have a worker look."""
    ago = timezone.now() - timedelta(days=days)
    OnboardingRequest.objects.update(turn_since=ago, sent_at=ago, due_at=timezone.now(), **also)
    work()


def be_asked(days: float) -> None:
    """Let the customer have been asked so long ago."""
    ago = timezone.now() - timedelta(days=days)
    OnboardingRequest.objects.update(turn_since=ago, sent_at=ago, due_at=timezone.now())


def look(row: OnboardingRequest, status: str) -> None:
    """Have a worker find out that the platform goes on by itself."""
    OnboardingRequest.objects.update(due_at=timezone.now())
    take_in(claimed(row), status)


def take_in(held: OnboardingRequest, status: str, action: resources.Action | None = None) -> None:
    found = resources.OnboardingRequest(id=held.platform_id, status=status, action=action)
    with lease.holding(held) as row:
        tracking.absorb(row, found, now=timezone.now())


class TestAfterThirtyDays:
    def test_it_ends_with_a_record_of_its_own(self, waiting: Customer) -> None:
        let_days_pass(30.1)
        row = waiting.request
        assert (row.ended_as, row.needs_staff, row.withdrawn_at is None) == ("timed-out", "", False)
        record = row.consents.order_by("-pk")[0]
        assert (record.kind, record.channel) == ("timed-out", "system")
        assert record.is_intact
        assert row.events.filter(name="consent-timed-out", actor="worker").count() == 1

    def test_the_platforms_request_is_called_off(self, waiting: Customer) -> None:
        let_days_pass(30.1)
        work_until(waiting.request, "withdrawn")
        assert SandboxRequest.objects.get(pk=waiting.request.platform_id).canceled_at

    def test_the_page_says_so_and_leads_back(self, waiting: Customer) -> None:
        let_days_pass(30.1)
        assert "so we are calling it off" in text_of(waiting.get("status"))
        work_until(waiting.request, "withdrawn")
        page = text_of(waiting.get("status"))
        assert "This was not allowed in time" in page
        assert "Nobody allowed the connection at Audi within 30 days" in page
        assert "Connect it again" in page
        again = start_again(waiting.request)
        assert again.attributes == {"vin": REDIRECT_VIN}

    def test_the_mails_say_so(self, waiting: Customer) -> None:
        row = waiting.request
        row.contact_email = EMAIL
        row.save()
        let_days_pass(30.1)
        work_until(row, "withdrawn")
        work()
        receipt, outcome = post.outbox[-2:]
        assert "was not allowed at Audi within 30 days" in receipt.body
        assert outcome.subject.startswith("This was not allowed in time: Electric car, Audi")
        assert "Connect it again" in outcome.body

    def test_it_ends_however_long_ago_it_was_sent(self, waiting: Customer) -> None:
        """A customer who was asked late has as long as everybody."""
        asked, sent = timezone.now() - timedelta(days=20), timezone.now() - timedelta(days=45)
        OnboardingRequest.objects.update(turn_since=asked, sent_at=sent, due_at=timezone.now())
        work()
        assert (waiting.request.state, waiting.request.needs_staff) == ("following", "")

    def test_a_withdrawal_later_ends_nothing_twice(self, waiting: Customer) -> None:
        let_days_pass(30.1)
        assert withdrawal.withdraw(waiting.request, ConsentAct("stopped")) is None
        assert waiting.request.consents.count() == 2


class TestBeforeThat:
    def test_it_waits(self, waiting: Customer) -> None:
        let_days_pass(29.9)
        assert (waiting.request.state, waiting.request.withdrawn_at, waiting.request.due_at is None) == (
            *("following", None),
            False,
        )

    def test_whoever_acts_on_the_last_day_has_acted(self, waiting: Customer) -> None:
        """The worker asks the platform before it ends anything, and that knows."""
        bench.allow(waiting.request.platform_id)
        bench.let_steps_pass(9)
        let_days_pass(31)
        assert (waiting.request.state, waiting.request.withdrawn_at) == ("connected", None)

    def test_while_the_platform_goes_on_it_has_as_long_again(self, waiting: Customer) -> None:
        be_asked(31)
        for _round in range(2):
            look(waiting.request, "InProgress")
            assert (waiting.request.state, waiting.request.needs_staff) == ("following", "")

    def test_whoever_came_back_a_moment_ago_is_believed_for_a_day(self, waiting: Customer) -> None:
        let_days_pass(30.1, returned_at=timezone.now() - timedelta(hours=20))
        assert (waiting.request.state, waiting.request.withdrawn_at) == ("following", None)
        let_days_pass(31, returned_at=timezone.now() - timedelta(hours=25))
        assert waiting.request.ended_as == "timed-out"

    def test_a_platform_that_is_away_ends_nothing(self, waiting: Customer) -> None:
        bench.go_away()
        let_days_pass(40)
        assert (waiting.request.state, waiting.request.withdrawn_at) == ("following", None)

    def test_what_could_not_be_offered_is_for_staff(self, waiting: Customer) -> None:
        let_days_pass(31, needs_staff="bad-link")
        assert (waiting.request.state, waiting.request.needs_staff) == ("following", "too-old")

    def test_what_could_not_be_offered_waits_for_its_customer_from_when_a_colleague_put_that_right(
        self, waiting: Customer
    ) -> None:
        be_asked(29)
        OnboardingRequest.objects.update(needs_staff="bad-link")
        work()
        assert operations.mark_handled(waiting.request, by="ann", reason="The manufacturer mended its link.")
        row = waiting.request
        later = row.turn_since - timedelta(days=2)  # two more days pass
        OnboardingRequest.objects.update(
            turn_since=later, sent_at=row.sent_at - timedelta(days=2), due_at=timezone.now()
        )
        work()
        assert (waiting.request.ended_as, waiting.request.needs_staff) == ("", "")

    def test_what_waits_for_nobody_is_for_staff(self, waiting: Customer) -> None:
        look(waiting.request, "InProgress")
        be_asked(31)
        look(waiting.request, "InProgress")
        assert (waiting.request.state, waiting.request.needs_staff) == ("following", "too-old")


class TestTheSameMoment:
    """The worker has asked, and its answer is on the way, when somebody else acts."""

    @pytest.fixture
    def held(self, waiting: Customer) -> OnboardingRequest:
        be_asked(31)
        return claimed(waiting.request)

    def test_a_customer_who_stops_is_the_one_who_ended_it(self, waiting: Customer, held: OnboardingRequest) -> None:
        assert withdrawal.withdraw(waiting.request, ConsentAct("stopped"))
        with pytest.raises(lease.LeaseLost):
            take_in(held, "Pending", ASKS)
        assert (waiting.request.ended_as, waiting.request.consents.count()) == ("withdrawn", 2)

    def test_a_customer_who_comes_back_is_believed(self, waiting: Customer, held: OnboardingRequest) -> None:
        tracking.came_back(waiting.reference)
        take_in(held, "Pending", ASKS)
        assert (waiting.request.state, waiting.request.withdrawn_at) == ("following", None)

    def test_a_customer_who_stops_after_it_finds_it_done(self, waiting: Customer, held: OnboardingRequest) -> None:
        take_in(held, "Pending", ASKS)
        assert withdrawal.withdraw(waiting.request, ConsentAct("stopped")) is None
        assert (waiting.request.ended_as, waiting.request.consents.count()) == ("timed-out", 2)

    def test_a_customer_who_renews_after_it_agrees_to_nothing(self, waiting: Customer, held: OnboardingRequest) -> None:
        take_in(held, "Pending", ASKS)
        waiting.post("consent", consent="on")
        assert waiting.request.consents.count() == 2
