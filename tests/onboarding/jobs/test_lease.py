"""The one lease that requests, mails, webhooks and bulk jobs share, shown with bulk jobs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from onboarding.models import BulkJob, Lease, LeaseLost, Mail, OnboardingRequest, WebhookDelivery

pytestmark = pytest.mark.django_db
NOW, DAY = timezone.now(), timedelta(days=1)
MINUTE = timedelta(minutes=1)


def make(key: str = "a", **columns: object) -> BulkJob:
    return BulkJob.objects.create(**{"action": "add_note", "by": "ann", "key": key, "due_at": NOW} | columns)


def claim(holds: timedelta = MINUTE, limit: int = 1) -> list[BulkJob]:
    token = BulkJob.claim(BulkJob.due(timezone.now()).order_by("pk"), holds=holds, limit=limit)
    return list(BulkJob.objects.filter(lease=token).order_by("pk")) if token else []


class TestLease:
    @pytest.mark.parametrize("model", [OnboardingRequest, Mail, WebhookDelivery, BulkJob])
    def test_is_the_same_everywhere(self, model: type[Lease]) -> None:
        columns = {field.name for field in model._meta.get_fields()}
        assert {"due_at", "lease", "lease_expires_at", "failures"} <= columns
        assert issubclass(model, Lease)

    @pytest.mark.parametrize(
        ("columns", "is_due"),
        [
            ({}, True),
            ({"due_at": None}, False),
            ({"due_at": NOW + DAY}, False),
            ({"lease": "x", "lease_expires_at": NOW + DAY}, False),
            ({"lease": "of the dead", "lease_expires_at": NOW}, True),
        ],
    )
    def test_lets_only_what_is_due_and_free_be_claimed(self, columns: dict[str, object], is_due: bool) -> None:
        make(**columns)
        assert bool(claim()) == is_due

    def test_is_one_workers_at_a_time(self) -> None:
        make()
        [claimed] = claim()
        assert claimed.lease_expires_at
        assert timedelta(seconds=59) < claimed.lease_expires_at - timezone.now() <= MINUTE
        assert claim() == []

    def test_takes_many_under_one_token_in_their_order(self) -> None:
        for key in "abc":
            make(key)
        claimed = claim(limit=2)
        assert [job.key for job in claimed] == ["a", "b"]
        assert len({job.lease for job in claimed}) == 1
        assert [job.key for job in claim(limit=2)] == ["c"]

    def test_is_let_go_with_the_outcome(self) -> None:
        make()
        [claimed] = claim()
        with claimed.held() as row:
            row.done = 7
        [again] = claim()
        assert (again.done, again.lease != claimed.lease) == (7, True)
        assert again.write(done=8, due_at=None)
        assert BulkJob.objects.values_list("done", "due_at", "lease", "lease_expires_at").get() == (8, None, "", None)

    @pytest.mark.parametrize("takes_over", [True, False])
    def test_that_is_lost_lets_nothing_be_written(self, takes_over: bool) -> None:
        make()
        [claimed] = claim(holds=timedelta())
        if takes_over:
            assert claim()
        else:
            BulkJob.objects.update(lease="", lease_expires_at=None)
        with pytest.raises(LeaseLost), claimed.held() as row:
            row.done = 7
        assert not claimed.write(done=8)
        assert BulkJob.objects.get().done == 0

    def test_that_was_never_had_is_lost(self) -> None:
        with pytest.raises(LeaseLost), make().held():
            pass

    def test_of_a_row_that_is_gone_is_lost(self) -> None:
        make()
        [claimed] = claim()
        BulkJob.objects.all().delete()
        with pytest.raises(LeaseLost), claimed.held():
            pass
        assert not claimed.write(done=8)

    def test_is_renewed_when_it_is_nearly_over(self) -> None:
        for key in "ab":
            make(key)
        claimed = claim(holds=timedelta(seconds=10), limit=2)
        BulkJob.renew(claimed, holds=MINUTE, unless_left=timedelta(seconds=5))
        assert claimed[0].lease_expires_at
        assert claimed[0].lease_expires_at < timezone.now() + timedelta(seconds=11)
        BulkJob.renew(claimed, holds=MINUTE, unless_left=timedelta(seconds=20))
        ends = set(BulkJob.objects.values_list("lease_expires_at", flat=True))
        assert ends == {row.lease_expires_at for row in claimed}
        assert min(ends) > timezone.now() + timedelta(seconds=55)

    def test_is_not_renewed_once_it_is_lost(self) -> None:
        make()
        claimed = claim(holds=timedelta())
        [other] = claim()
        BulkJob.renew(claimed, holds=timedelta(days=1), unless_left=MINUTE)
        assert BulkJob.objects.get().lease_expires_at == other.lease_expires_at


class TestBeginning:
    def test_happens_once_however_often_the_token_comes(self) -> None:
        make()
        token = BulkJob.claim(BulkJob.due(timezone.now()), holds=MINUTE)
        [begun] = BulkJob.begin(token, holds=MINUTE)
        assert not BulkJob.begin(token, holds=MINUTE)
        assert begun.write(done=1, due_at=None)

    def test_does_not_happen_once_the_lease_is_over(self) -> None:
        make()
        late = BulkJob.claim(BulkJob.due(timezone.now()), holds=timedelta())
        assert not BulkJob.begin(late, holds=MINUTE)
        assert claim()

    def test_never_takes_what_nobody_holds(self) -> None:
        make()
        assert not BulkJob.begin("", holds=MINUTE)
        assert BulkJob.objects.get().lease == ""

    def test_holds_from_now_on(self) -> None:
        make()
        token = BulkJob.claim(BulkJob.due(timezone.now()), holds=timedelta(seconds=5))
        [begun] = BulkJob.begin(token, holds=MINUTE)
        assert begun.lease_expires_at
        assert begun.lease_expires_at > timezone.now() + timedelta(seconds=55)
