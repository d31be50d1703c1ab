import pytest

from sandbox.rules import (
    BEHAVIOURS,
    Consent,
    Facts,
    Progress,
    canceled,
    find_behaviour,
    link_window,
    offboarding_status,
    progress,
    steps_in,
)

STEP = 10.0


def at(behaviour: str, steps: float, consent: Consent = Consent.NONE, answered: float = 0.0) -> Progress:
    """Look `steps` steps after creation; `answered` says how many steps ago the answer was given."""
    return progress(BEHAVIOURS[behaviour], Facts(steps * STEP, consent, answered * STEP), STEP)


def words(found: Progress) -> str:
    short = {"Pending": "p", "InProgress": "i", "Done": "D", "Failed": "F", "Canceled": "C"}
    return " ".join(short.get(word, word) for _, word in found.transactions or ())


class TestDirect:
    @pytest.mark.parametrize(
        ("steps", "status", "transactions"),
        [
            (-1, "Pending", "p p p"),
            (0, "Pending", "p p p"),
            (0.9, "Pending", "p p p"),
            (1, "InProgress", "i p p"),
            (2, "InProgress", "D i p"),
            (3, "InProgress", "D D i"),
            (4, "Succeeded", "D D D"),
            (400, "Succeeded", "D D D"),
        ],
    )
    def test_moves_one_transaction_per_step(self, steps: float, status: str, transactions: str) -> None:
        found = at("direct", steps)

        assert (found.status, words(found), found.action) == (status, transactions, "")

    def test_names_the_documented_transactions(self) -> None:
        assert [name for name, _ in at("direct", 0).transactions or ()] == [
            "CreateEntity",
            "CreatePermissions",
            "Connect",
        ]

    def test_is_over_at_once_when_steps_have_no_length(self) -> None:
        assert progress(BEHAVIOURS["direct"], Facts(0), 0).status == "Succeeded"
        assert progress(BEHAVIOURS["consent"], Facts(0), 0).status == "Succeeded"

    def test_still_waits_for_the_customer_when_steps_have_no_length(self) -> None:
        redirect = BEHAVIOURS["redirect"]

        assert progress(redirect, Facts(0), 0).action == "Redirect"
        assert progress(redirect, Facts(0, Consent.ALLOWED), 0).status == "Succeeded"


class TestActions:
    @pytest.mark.parametrize(
        ("behaviour", "steps", "status", "action"),
        [
            ("redirect", 0, "Pending", ""),
            ("redirect", 1, "Pending", "Redirect"),
            ("redirect", 1000, "Pending", "Redirect"),
            ("redirect-expiring", 1000, "Pending", "Redirect"),
            ("consent", 0, "Pending", ""),
            ("consent", 1, "Pending", "Consent"),
            ("consent", 2, "Pending", "Consent"),
            ("consent", 3, "InProgress", ""),
            ("consent", 6, "Succeeded", ""),
            ("slow-consent", 4, "Pending", "Consent"),
            ("slow-consent", 5, "InProgress", ""),
            ("slow-consent", 8, "Succeeded", ""),
            ("unknown-action", 1, "Pending", "Telephone"),
            ("unknown-action", 8, "Succeeded", ""),
        ],
    )
    def test_are_there_while_somebody_must_act(self, behaviour: str, steps: float, status: str, action: str) -> None:
        found = at(behaviour, steps)

        assert (found.status, found.action) == (status, action)

    @pytest.mark.parametrize(
        ("answered", "status", "transactions"),
        [(0, "InProgress", "i p p"), (1, "InProgress", "D i p"), (3, "Succeeded", "D D D")],
    )
    def test_end_when_the_customer_allows(self, answered: float, status: str, transactions: str) -> None:
        found = at("redirect", 20, Consent.ALLOWED, answered)

        assert (found.status, words(found), found.action) == (status, transactions, "")

    def test_never_end_when_the_answer_is_not_heard(self) -> None:
        assert at("redirect-unheard", 20, Consent.ALLOWED, 10).action == "Redirect"

    @pytest.mark.parametrize("behaviour", ["redirect", "consent", "unknown-action"])
    def test_fail_the_request_when_the_customer_denies(self, behaviour: str) -> None:
        found = at(behaviour, 2, Consent.DENIED)

        assert (found.status, words(found), found.action) == ("Failed", "D F p", "")
        assert found.errors[0][0] == "ConsentDenied"


class TestOddities:
    def test_a_failing_transaction_fails_the_request(self) -> None:
        assert at("failing", 3).status == "InProgress"
        found = at("failing", 4)
        assert (found.status, words(found)) == ("Failed", "D D F")
        assert found.errors[0][0] == "DeviceNotReachable"

    def test_the_platform_may_cancel(self) -> None:
        assert at("canceled", 1).status == "InProgress"
        found = at("canceled", 2)
        assert (found.status, words(found)) == ("Canceled", "D C C")

    def test_an_unknown_status_stays(self) -> None:
        assert [at("unknown-status", steps).status for steps in (0, 1, 99)] == ["Pending", "OnHold", "OnHold"]

    def test_an_unknown_transaction_has_words_of_its_own(self) -> None:
        assert words(at("unknown-transaction", 2)) == "D Queued p p"
        found = at("unknown-transaction", 5)
        assert (found.status, words(found)) == ("Succeeded", "D Waived D D")

    def test_transactions_may_be_missing(self) -> None:
        assert at("no-transactions", 4) == Progress("Succeeded", None)
        assert at("no-transactions", 1) == Progress("InProgress", None)


class TestCanceling:
    def test_ends_what_was_not_done(self) -> None:
        found = canceled(at("redirect", 1))

        assert (found.status, words(found), found.action) == ("Canceled", "C C C", "")

    def test_needs_no_transactions(self) -> None:
        assert canceled(at("no-transactions", 0)).transactions is None


class TestLinks:
    @pytest.mark.parametrize(("age", "window"), [(0, 0), (59.9, 0), (60, 1), (119.9, 1), (601, 10)])
    def test_that_expire_change_every_minute(self, age: float, window: int) -> None:
        assert link_window(BEHAVIOURS["redirect-expiring"], age) == window

    def test_of_all_others_never_change(self) -> None:
        others = [behaviour for name, behaviour in BEHAVIOURS.items() if name != "redirect-expiring"]

        assert {link_window(behaviour, 601) for behaviour in others} == {None}


class TestUnheardOfBehaviour:
    def test_is_the_plain_way(self) -> None:
        assert find_behaviour("nobody-knows") == BEHAVIOURS["direct"]


class TestTime:
    @pytest.mark.parametrize(("seconds", "steps"), [(-5, 0), (0, 0), (9.9, 0), (10, 1), (35, 3)])
    def test_is_counted_in_whole_steps(self, seconds: float, steps: int) -> None:
        assert steps_in(seconds, STEP) == steps

    @pytest.mark.parametrize(("steps", "status"), [(0, "Pending"), (1, "Pending"), (2, "Succeeded")])
    def test_ends_an_offboarding(self, steps: int, status: str) -> None:
        assert offboarding_status(steps * STEP, STEP) == status
