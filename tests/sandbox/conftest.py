import httpx
import pytest
from pytest_django import Settings

from sandbox.transport import SandboxTransport


@pytest.fixture
def platform(db: None, settings: Settings) -> httpx.Client:
    """A client of the in-process sandbox, with a token, whose steps last a minute."""
    settings.SANDBOX_STEP_SECONDS = 60.0
    client = httpx.Client(transport=SandboxTransport(), base_url=f"{settings.SANDBOX_URL}/api", timeout=5)
    body = {"clientId": settings.SANDBOX_CLIENT_ID, "clientSecret": settings.SANDBOX_CLIENT_SECRET}
    token = client.post("/v1/authentication", json=body).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client
