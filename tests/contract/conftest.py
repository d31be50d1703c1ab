"""The two ways to the sandbox, in-process and over real HTTP, and the two generations of the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from django.db import connections

from sandbox.server import serve

# Of the generations of the API, by their names in the settings: where the sandbox has them.
BASES = {"realto": "/api", "der-connect": "/connect"}


@contextmanager
def sandbox_server() -> Iterator[str]:
    """Run the sandbox in a thread that shares this test's database."""
    connection = connections["default"]
    # Only an in-memory database has to be shared as a connection; others are reached by a second one.
    shared = {"default": connection} if connection.vendor == "sqlite" else None
    connection.inc_thread_sharing()
    served, url = serve(0, connections_override=shared)
    served.daemon_threads = False
    thread = Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield url
    finally:
        served.shutdown()
        served.server_close()
        thread.join()
        connection.dec_thread_sharing()


@pytest.fixture(params=["in-process", "over-http"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=BASES)
def generation(request: pytest.FixtureRequest) -> str:
    return str(request.param)
