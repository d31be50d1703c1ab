"""How a request stands, in the desk's words: what is over says how it ended."""

import pytest

from onboarding.desk.words import state_chip
from onboarding.models import OnboardingRequest


@pytest.mark.parametrize(
    ("state", "ended_as", "words"),
    [
        ("withdrawn", "withdrawn", "Disconnected, consent taken back"),
        ("withdrawn", "expired", "Disconnected, its time was over"),
        ("withdrawn", "elsewhere", "Disconnected, ended elsewhere"),
        ("withdrawn", "timed-out", "Not allowed in time"),
        ("withdrawn", "replaced", "Replaced by a new connection"),
        ("withdrawing", "replaced", "Being disconnected"),
        ("connected", "", "Connected"),
    ],
)
def test_what_is_over_says_how_it_ended(state: str, ended_as: str, words: str) -> None:
    assert f">{words}<" in state_chip(OnboardingRequest(state=state, ended_as=ended_as))
