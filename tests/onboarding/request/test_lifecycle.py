import itertools

import pytest
from django.conf import settings

from onboarding.request import lifecycle
from onboarding.request.lifecycle import Actor, IllegalMove, Progress, State


class TestMoves:
    @pytest.mark.parametrize(
        "path",
        [
            ["draft", "queued", "sending", "following", "connected"],
            ["draft", "queued", "sending", "queued", "sending", "following", "failed"],
            ["draft", "queued", "sending", "unknown", "following", "canceled"],
            ["draft", "queued", "sending", "unknown", "queued", "sending", "rejected", "queued"],
            ["draft", "queued", "sending", "failed"],
            ["draft", "queued", "sending", "following", "connected", "withdrawing", "withdrawn"],
            ["draft", "queued", "withdrawn"],
        ],
    )
    def test_lead_from_draft_to_an_outcome(self, path: list[str]) -> None:
        for current, following in itertools.pairwise(path):
            lifecycle.check_move(State(current), State(following))

    @pytest.mark.parametrize(
        ("current", "target"),
        [
            ("draft", "sending"),
            ("draft", "connected"),
            ("queued", "connected"),
            ("queued", "draft"),
            ("unknown", "sending"),
            ("unknown", "failed"),
            ("following", "queued"),
            ("connected", "following"),
            ("failed", "queued"),
            ("sending", "sending"),
        ],
    )
    def test_refuse_a_short_cut_or_a_way_back(self, current: str, target: str) -> None:
        with pytest.raises(IllegalMove, match=current):
            lifecycle.check_move(State(current), State(target))

    def test_know_every_state(self) -> None:
        assert set(lifecycle.MOVES) == set(State)
        assert {state for targets in lifecycle.MOVES.values() for state in targets} == set(State) - {State.DRAFT}

    def test_end_in_exactly_four_states(self) -> None:
        assert {state for state in State if lifecycle.is_final(state)} == {
            State.CONNECTED,
            State.FAILED,
            State.CANCELED,
            State.WITHDRAWN,
        }
        dead_ends = {state for state, targets in lifecycle.MOVES.items() if not targets}
        assert dead_ends == {State.FAILED}

    def test_leave_every_state_to_somebody(self) -> None:
        assert set(State) == lifecycle.EDITABLE | lifecycle.OPEN | lifecycle.FINAL
        assert not lifecycle.EDITABLE & lifecycle.OPEN


class TestOutcome:
    @pytest.mark.parametrize("status", ["Succeeded", "Done", "Completed", "succeeded"])
    def test_is_connected_for_every_word_of_success(self, status: str) -> None:
        assert lifecycle.outcome(status) == State.CONNECTED

    @pytest.mark.parametrize(("status", "state"), [("Failed", "failed"), ("Canceled", "canceled")])
    def test_tells_failed_from_canceled(self, status: str, state: str) -> None:
        assert lifecycle.outcome(status) == state

    @pytest.mark.parametrize("status", ["Pending", "InProgress", "OnHold", "", "SucceededPartly"])
    def test_is_open_for_everything_else(self, status: str) -> None:
        assert lifecycle.outcome(status) == State.FOLLOWING


class TestProgress:
    @pytest.mark.parametrize(
        ("status", "progress"),
        [
            ("Pending", Progress.PENDING),
            ("InProgress", Progress.ACTIVE),
            ("Done", Progress.DONE),
            ("Succeeded", Progress.DONE),
            ("Failed", Progress.FAILED),
            ("Reticulating", Progress.UNKNOWN),
            ("", Progress.UNKNOWN),
        ],
    )
    def test_reads_the_platforms_words(self, status: str, progress: Progress) -> None:
        assert lifecycle.progress(status) == progress

    @pytest.mark.parametrize(
        ("current", "reported"), [("Done", "Pending"), ("Done", "InProgress"), ("InProgress", "Pending")]
    )
    def test_never_goes_back(self, current: str, reported: str) -> None:
        assert lifecycle.is_step_back(current, reported)

    @pytest.mark.parametrize(
        ("current", "reported"), [("Pending", "Done"), ("Pending", "Pending"), ("InProgress", "Failed")]
    )
    def test_goes_forward(self, current: str, reported: str) -> None:
        assert not lifecycle.is_step_back(current, reported)


class TestWhoActs:
    @pytest.mark.parametrize(
        ("state", "has_action", "actor"),
        [
            ("draft", False, Actor.CUSTOMER),
            ("rejected", False, Actor.CUSTOMER),
            ("queued", False, Actor.US),
            ("sending", False, Actor.US),
            ("unknown", False, Actor.US),
            ("following", False, Actor.MANUFACTURER),
            ("following", True, Actor.CUSTOMER),
            ("connected", True, Actor.NOBODY),
            ("failed", False, Actor.CUSTOMER),  # they may try again
            ("canceled", False, Actor.CUSTOMER),
            ("withdrawn", False, Actor.NOBODY),
        ],
    )
    def test_names_one_actor(self, state: str, has_action: bool, actor: Actor) -> None:
        assert lifecycle.who_acts(State(state), has_action=has_action) == actor


class TestDiagram:
    def test_in_the_documentation_is_the_one_that_decides(self) -> None:
        documented = (settings.BASE_DIR / "docs" / "lifecycle.md").read_text()
        assert f"```mermaid\n{lifecycle.diagram()}```" in documented
