import pytest

from onboarding.request import steps
from onboarding.request.steps import Draft, Step

EMPTY = Draft()
CAR = Draft(type="EV")
AUDI = Draft(type="EV", manufacturer="Audi", needed=["vin"], required=["vin"])
COMPLETE = Draft("EV", "Audi", {"vin": "WA1DMAFE0D0000000"}, ["vin"], ["vin"])
HUAWEI = Draft(type="PV", manufacturer="Huawei")


class TestFirstIncomplete:
    @pytest.mark.parametrize(
        ("draft", "step"),
        [(EMPTY, "type"), (CAR, "manufacturer"), (AUDI, "identify"), (COMPLETE, "check"), (HUAWEI, "check")],
    )
    def test_is_the_first_question_without_an_answer(self, draft: Draft, step: str) -> None:
        assert steps.first_incomplete(draft) == step

    @pytest.mark.parametrize("rejected", ["type", "manufacturer", "vin"])
    def test_goes_back_to_what_the_platform_refused(self, rejected: str) -> None:
        draft = Draft("EV", "Audi", COMPLETE.attributes, ["vin"], ["vin"], [rejected])
        step = {"vin": "identify"}.get(rejected, rejected)
        assert steps.first_incomplete(draft) == step

    def test_asks_an_optional_attribute_once(self) -> None:
        unasked = Draft("Battery", "BYD", {}, ["reference"], [])
        left_empty = Draft("Battery", "BYD", {"reference": ""}, ["reference"], [])
        assert steps.first_incomplete(unasked) == Step.IDENTIFY
        assert steps.first_incomplete(left_empty) == Step.CHECK


class TestReachable:
    def test_includes_every_answered_step_and_the_next(self) -> None:
        assert [step for step in Step if steps.is_reachable(AUDI, step)] == ["type", "manufacturer", "identify"]

    def test_leaves_out_the_step_that_this_maker_does_not_have(self) -> None:
        assert [step for step in Step if steps.is_reachable(HUAWEI, step)] == ["type", "manufacturer", "check"]


class TestProgress:
    def test_counts_from_one(self) -> None:
        assert steps.progress(COMPLETE, Step.TYPE) == (1, 4)
        assert steps.progress(COMPLETE, Step.CHECK) == (4, 4)

    def test_counts_fewer_steps_for_a_maker_that_needs_nothing(self) -> None:
        assert steps.progress(HUAWEI, Step.CHECK) == (3, 3)

    def test_leads_back_over_the_missing_step(self) -> None:
        assert steps.before(HUAWEI, Step.CHECK) == Step.MANUFACTURER
        assert steps.before(HUAWEI, Step.TYPE) is None


class TestClearedBy:
    def test_keeps_what_still_applies(self) -> None:
        cleared = steps.cleared_by(COMPLETE, offers_manufacturer=True, needed=["vin"])
        assert cleared == steps.Cleared()

    def test_names_what_does_not(self) -> None:
        cleared = steps.cleared_by(COMPLETE, offers_manufacturer=False, needed=[])
        assert cleared == steps.Cleared(manufacturer="Audi", attributes=("vin",))
