"""From the settings to a client."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pytest_django.fixtures import Settings

from onboarding.platform_api import connection
from onboarding.platform_api.client import Client

from .conftest import answer


class RecordedTransport(httpx.BaseTransport):
    """Stands in for the sandbox; remembers what it was asked."""

    asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path.endswith("/authentication"):
            return answer(200, {"access_token": "t"})
        return answer(200, {"id": "1"})


@pytest.fixture(autouse=True)
def fresh(settings: Settings) -> Iterator[None]:
    settings.USES_EMBEDDED_SANDBOX = True
    settings.SANDBOX_TRANSPORT = f"{__name__}.RecordedTransport"
    settings.SANDBOX_URL = "http://sandbox.invalid"
    RecordedTransport.asked = []
    connection.reset()
    yield
    connection.reset()


def http_of(client: Client) -> httpx.Client:
    return client._http


class TestConnect:
    def test_reaches_the_sandbox_through_its_transport(self) -> None:
        client = connection.connect()

        assert client.get_onboarding(id="1").id == "1"
        assert str(RecordedTransport.asked[-1].url) == "http://sandbox.invalid/api/v1/onboarding/entities/1"
        assert RecordedTransport.asked[-1].headers["user-agent"] == "realto-portal"
        client.close()

    def test_reaches_the_platform_by_the_settings(self, settings: Settings) -> None:
        settings.USES_EMBEDDED_SANDBOX = False
        settings.SANDBOX_TRANSPORT = "no.such.Transport"
        settings.REALTO_API_URL = "https://platform.test/api"
        settings.REALTO_TIMEOUT_SECONDS = 4.0

        client = connection.connect()

        http = http_of(client)
        assert str(http.base_url) == "https://platform.test/api/"
        assert http.timeout == httpx.Timeout(connect=4.0, read=4.0, write=4.0, pool=4.0)
        assert not http.follow_redirects
        client.close()


class TestGetClient:
    def test_makes_one_for_all_threads(self) -> None:
        with ThreadPoolExecutor(20) as pool:
            clients = list(pool.map(lambda _: connection.get_client(), range(200)))

        assert len({id(client) for client in clients}) == 1

    def test_makes_another_after_a_reset(self) -> None:
        first = connection.get_client()
        connection.reset()

        assert connection.get_client() is not first
        assert http_of(first).is_closed

    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    def test_makes_another_in_a_forked_process_even_when_the_lock_was_held(self) -> None:
        inherited = connection.get_client()
        with connection._lock:
            child = os.fork()
            if child == 0:
                signal.alarm(5)
                try:
                    own = connection.get_client()
                    os._exit(0 if own is not inherited and not http_of(inherited).is_closed else 1)
                finally:
                    os._exit(2)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert connection.get_client() is inherited
