"""(status, headers, body) -> data or error, as tables."""

from email.utils import formatdate

import pytest

from onboarding.platform_api.errors import (
    Conflict,
    InvalidAnswers,
    NotAuthorized,
    NotFound,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RequestRejected,
)
from onboarding.platform_api.responses import Answer, read, retry_after

NOW = 1_800_000_000.0
NAMES_VIN = b'{"errors": [{"code": "InvalidVin", "message": "No."}]}'


def error_of(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        read(Answer(status, headers or {}, body), now=NOW)
    return caught.value


class TestRead:
    @pytest.mark.parametrize("status", [200, 201, 202, 206])
    def test_returns_the_json_of_a_good_answer(self, status: int) -> None:
        assert read(Answer(status, {}, b'{"id": "1"}'), now=NOW) == {"id": "1"}

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (200, PlatformUnavailable),
            (204, PlatformUnavailable),
            (301, PlatformUnavailable),
            (304, PlatformUnavailable),
            (400, RequestRejected),
            (401, NotAuthorized),
            (402, RequestRejected),
            (403, NotAuthorized),
            (404, NotFound),
            (405, RequestRejected),
            (408, PlatformUnavailable),
            (409, Conflict),
            (410, NotFound),
            (413, RequestRejected),
            (422, RequestRejected),
            (429, RateLimited),
            (500, PlatformUnavailable),
            (503, PlatformUnavailable),
            (999, PlatformUnavailable),
        ],
    )
    def test_raises_by_the_status(self, status: int, kind: type[PlatformError]) -> None:
        assert type(error_of(status)) is kind

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, InvalidAnswers),
            (422, InvalidAnswers),
            (409, Conflict),
            (413, RequestRejected),
            (404, NotFound),
        ],
    )
    def test_looks_for_fields_where_answers_can_be_wrong(self, status: int, kind: type[PlatformError]) -> None:
        error = error_of(status, NAMES_VIN)

        assert type(error) is kind
        assert isinstance(error, RequestRejected)
        assert (error.status, error.code, error.message) == (status, "InvalidVin", "No.")
        if isinstance(error, (InvalidAnswers, Conflict)):
            assert error.fields == {"vin": ("No.",)}

    def test_a_conflict_may_name_no_field(self) -> None:
        error = error_of(409, b"{}")

        assert isinstance(error, Conflict)
        assert error.fields == {}

    @pytest.mark.parametrize(("status", "effect"), [(200, True), (500, True), (408, True), (302, False), (429, False)])
    def test_tells_whether_it_may_have_taken_effect(self, status: int, effect: bool) -> None:
        error = error_of(status)

        assert isinstance(error, PlatformUnavailable)
        assert error.may_have_taken_effect is effect


class TestRequestId:
    @pytest.mark.parametrize(
        ("headers", "found"),
        [
            ({}, ""),
            ({"x-request-id": "abc-1"}, "abc-1"),
            ({"request-id": "|abc.1"}, "|abc.1"),
            ({"x-correlation-id": "c"}, "c"),
            ({"x-request-id": "two words"}, ""),
            ({"x-request-id": "a\nb"}, ""),
            ({"x-request-id": "x" * 101}, ""),
        ],
    )
    def test_is_taken_from_the_headers(self, headers: dict[str, str], found: str) -> None:
        assert error_of(500, headers=headers).request_id == found


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("", None),
            ("0", 0.0),
            ("7", 7.0),
            (" 7 ", 7.0),
            ("-7", None),
            ("soon", None),
            ("9" * 400, 86_400.0),
            (formatdate(NOW + 30, usegmt=True), 30.0),
            (formatdate(NOW - 30, usegmt=True), 0.0),
            (formatdate(NOW + 1e6, usegmt=True), 86_400.0),
            ("Wed, 99 Foo 2027 99:99:99 GMT", None),
        ],
    )
    def test_is_seconds_or_a_date(self, value: str, seconds: float | None) -> None:
        assert retry_after(value, now=NOW) == seconds

    def test_comes_with_a_rate_limit_and_with_an_outage(self) -> None:
        for status in (429, 503):
            error = error_of(status, headers={"retry-after": "7"})
            assert isinstance(error, PlatformUnavailable)
            assert error.retry_after == 7.0
