"""Platforms that answer one thing only, as transports named by settings.SANDBOX_TRANSPORT."""

import httpx


class NothingOnOffer(httpx.BaseTransport):
    """Lets everybody in and offers nothing."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/authentication"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        return httpx.Response(200, json={"data": []})
