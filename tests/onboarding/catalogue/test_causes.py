"""Why a connection failed: what the platform's codes and messages are taken for, and that there are words for each."""

import pytest

from onboarding.catalogue.causes import Cause, cause_of
from onboarding.catalogue.help_models import ActionText
from onboarding.catalogue.shipped_guidance import FAILURES


class TestCause:
    @pytest.mark.parametrize(
        ("code", "message", "cause"),
        [
            ("ConsentDenied", "", Cause.DENIED),
            ("access_denied", "", Cause.DENIED),
            ("E17", "The customer did not allow access at the manufacturer.", Cause.DENIED),
            ("ConsentExpired", "", Cause.EXPIRED),
            ("DeviceAlreadyConnected", "", Cause.TAKEN),
            ("DUPLICATE_ENTITY", "", Cause.TAKEN),
            ("ModelNotSupported", "", Cause.UNSUPPORTED),
            ("", "An active subscription is needed.", Cause.UNSUPPORTED),
            ("InvalidCredentials", "", Cause.ACCOUNT),
            ("", "You are not the primary user of this car.", Cause.ACCOUNT),
            ("", "You are not the main user of this car.", Cause.ACCOUNT),
            ("LoginUserFailed", "Wrong password.", Cause.ACCOUNT),
            ("VehicleInUse", "", Cause.TAKEN),
            ("", "The device is in use.", Cause.TAKEN),
            ("DeviceNotReachable", "", Cause.UNREACHABLE),
            ("device.offline", "", Cause.UNREACHABLE),
            ("", "The manufacturer could not reach the device.", Cause.UNREACHABLE),
            ("VehicleNotFound", "", Cause.UNKNOWN),
            ("UnknownDevice", "", Cause.UNKNOWN),
            ("", "Unknown vehicle", Cause.UNKNOWN),
            ("UNKNOWN_ERROR", "The vehicle is offline.", Cause.UNREACHABLE),
            ("Unknown", "", Cause.OTHER),
            ("", "An unknown error occurred.", Cause.OTHER),
            ("ServiceUnavailable", "", Cause.AWAY),
            ("Timeout", "", Cause.AWAY),
            ("Error", "Something went wrong.", Cause.OTHER),
            ("", "", Cause.OTHER),
        ],
    )
    def test_is_known_by_what_the_platform_mentions(self, code: str, message: str, cause: Cause) -> None:
        assert cause_of([{"code": code, "message": message}]) == cause

    def test_is_what_a_code_says_whatever_the_message_mentions(self) -> None:
        error = {"code": "DeviceOffline", "message": "The device was not found online; it may already be asleep."}
        assert cause_of([error]) == Cause.UNREACHABLE

    def test_is_the_most_telling_of_several(self) -> None:
        errors = [{"code": "InternalError", "message": ""}, {"code": "ConsentDenied", "message": ""}]
        assert cause_of(errors) == Cause.DENIED

    def test_of_nothing_is_not_known(self) -> None:
        assert cause_of([]) == Cause.OTHER
        assert cause_of([{}]) == Cause.OTHER


@pytest.mark.parametrize("cause", Cause)
class TestEachCause:
    def test_has_words_for_every_device(self, cause: Cause) -> None:
        words = FAILURES[cause, "", ""]
        assert words.headline
        assert words.sentence

    def test_can_be_given_words_of_their_own_by_staff(self, cause: Cause) -> None:
        assert cause in ActionText.Action.values
