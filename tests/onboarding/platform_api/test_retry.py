"""Pauses between attempts."""

import pytest

from onboarding.platform_api.errors import NotFound, PlatformUnavailable, RateLimited
from onboarding.platform_api.retry import Retry

from .conftest import Time


class Failing:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.attempts = 0

    def __call__(self) -> str:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


class TestRetry:
    @pytest.mark.parametrize(("chance", "naps"), [(0.0, [0.0, 0.0]), (0.5, [0.25, 0.5]), (1.0, [0.5, 1.0])])
    def test_backs_off_with_full_jitter(self, time: Time, chance: float, naps: list[float]) -> None:
        attempt = Failing(PlatformUnavailable(), PlatformUnavailable())

        assert Retry(time.sleep, lambda: chance, time)(attempt) == "done"
        assert time.naps == naps

    def test_raises_what_the_third_attempt_raises(self, time: Time) -> None:
        errors = [PlatformUnavailable(str(number)) for number in (1, 2, 3)]

        with pytest.raises(PlatformUnavailable) as caught:
            Retry(time.sleep, lambda: 0.0, time)(Failing(*errors))

        assert caught.value is errors[2]
        assert caught.value.__context__ is None

    def test_leaves_other_errors_alone(self, time: Time) -> None:
        attempt = Failing(NotFound())

        with pytest.raises(NotFound):
            Retry(time.sleep, lambda: 0.0, time)(attempt)

        assert attempt.attempts == 1

    def test_waits_five_seconds_at_most_altogether(self, time: Time) -> None:
        attempt = Failing(RateLimited(retry_after=3.0), RateLimited(retry_after=3.0))

        with pytest.raises(RateLimited):
            Retry(time.sleep, lambda: 1.0, time)(attempt)

        assert time.naps == [3.0]
        assert attempt.attempts == 2

    def test_heeds_an_outage_that_tells_when_to_come_back(self, time: Time) -> None:
        attempt = Failing(PlatformUnavailable(retry_after=4.0))

        assert Retry(time.sleep, lambda: 1.0, time)(attempt) == "done"
        assert time.naps == [4.0]

    def test_is_not_worth_it_after_an_answer_that_was_slow(self, time: Time) -> None:
        errors = [PlatformUnavailable("first"), PlatformUnavailable("second")]

        def attempt() -> str:
            time.now += 4.0
            raise errors.pop(0)

        with pytest.raises(PlatformUnavailable, match="second"):
            Retry(time.sleep, lambda: 0.0, time)(attempt)
