"""What must never show: in an error's text, its repr, its traceback and causes, in values, in the log."""

import copy
import logging
import pickle
import traceback
from typing import Any

import httpx
import pytest

from onboarding.platform_api.auth import Credentials, Token
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import InvalidAnswers, PlatformError, RateLimited
from onboarding.platform_api.resources import OnboardingRequest
from onboarding.platform_api.wire import GENERATIONS

from .conftest import SECRET, TOKEN, VIN, Platform, answer

EMAIL, EAN, CODE, REFERENCE = "jo@example.org", "541448820000000000", "839201", "P1000000000"
PRIVATE = [SECRET, TOKEN, VIN, EMAIL, EAN, CODE, REFERENCE]
ECHO = " ".join(PRIVATE)
ATTRIBUTES = {"vin": VIN, "email": EMAIL, "ean": EAN, "code": CODE, "reference": REFERENCE}

ANSWERS: list[Any] = [
    *[
        answer(status, body, x_request_id=VIN + " " + SECRET)
        for status in (200, 302, 400, 401, 403, 404, 409, 422, 429, 500)
        for body in (
            ECHO,
            {"errors": [{"code": ECHO, "message": f"vin {ECHO}", "description": ECHO}]},
            {"title": ECHO, "detail": ECHO, "errors": {"vin": [ECHO], ECHO: [ECHO]}},
            {"status": ECHO, "data": ECHO},
        )
    ],
    *[httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.DecodingError],
]


def shown(error: BaseException) -> str:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    texts = [f"{e} {e!r} {e.args}" for e in chain]
    return "\n".join([*texts, *traceback.format_exception(error)])


def assert_nothing_private(text: str) -> None:
    assert [value for value in PRIVATE if value in text] == []


class TestErrors:
    @pytest.mark.parametrize("step", ANSWERS, ids=str)
    def test_give_nothing_away_when_a_call_fails(
        self, client: Client, platform: Platform, caplog: pytest.LogCaptureFixture, step: Any
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="onboarding")
        platform.will_answer(step)

        with pytest.raises(PlatformError) as caught:
            client.create_onboarding(type="EV", manufacturer="Audi", attributes=ATTRIBUTES)

        assert_nothing_private(shown(caught.value))
        assert_nothing_private(caught.value.request_id)
        assert_nothing_private("\n".join(r.getMessage() for r in caplog.records if "httpx" not in r.name))

    @pytest.mark.parametrize("step", ANSWERS, ids=str)
    def test_give_nothing_away_when_the_token_fails(
        self, client: Client, platform: Platform, caplog: pytest.LogCaptureFixture, step: Any
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="onboarding")
        platform.will_give_tokens(step)

        with pytest.raises(PlatformError) as caught:
            client.get_onboarding(id="1")

        assert_nothing_private(shown(caught.value))
        assert_nothing_private("\n".join(r.getMessage() for r in caplog.records if "httpx" not in r.name))

    @pytest.mark.parametrize("step", ANSWERS, ids=str)
    def test_do_not_carry_the_request_in_their_chain(self, client: Client, platform: Platform, step: Any) -> None:
        platform.will_answer(step)

        with pytest.raises(PlatformError) as caught:
            client.create_onboarding(type="EV", manufacturer="Audi", attributes=ATTRIBUTES)

        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None

    def test_keep_the_platforms_words_where_they_belong(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(400, {"errors": [{"message": f"vin {VIN} is wrong"}]}))

        with pytest.raises(InvalidAnswers) as caught:
            client.create_onboarding(type="EV", manufacturer="Audi", attributes=ATTRIBUTES)

        assert caught.value.message == f"vin {VIN} is wrong"
        assert caught.value.fields["vin"] == (f"vin {VIN} is wrong",)

    @pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
    def test_can_be_copied_whole(self, copied: Any) -> None:
        error = InvalidAnswers(fields={"vin": ("No.",)}, status=422, code="c", message="m", request_id="r")
        limited = RateLimited(retry_after=3.0, request_id="r")

        assert vars(copied(error)) == vars(error)
        assert str(copied(error)) == str(error)
        assert vars(copied(limited)) == vars(limited)


class TestValues:
    def test_give_nothing_away_in_a_log_line(self) -> None:
        link = f"https://consent.test/{SECRET}"
        request = OnboardingRequest.from_json(
            {
                "id": "1",
                "returnUrl": link,
                "action": {"type": "Redirect", "redirectLink": link},
                "errors": [{"code": "X", "message": ECHO}],
                "data": {"entity": {"information": ATTRIBUTES}},
            }
        )

        assert request.information == ATTRIBUTES
        assert_nothing_private(repr(request))
        calls = [generation.token_call("https://p.test", "id", SECRET) for generation in GENERATIONS.values()]
        assert_nothing_private(repr([Credentials("id", SECRET), Token(TOKEN, 0.0), *calls]))
