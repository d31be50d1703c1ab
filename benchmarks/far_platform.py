"""A platform that answers after 50 ms and costs next to nothing: `python -m benchmarks.far_platform PORT`.

It knows no rules: every request is taken, and stays pending. `GET /arrivals` tells when which arrived, by the
reference in its return address, in Unix seconds.
"""

import asyncio
import json
import re
import sys
import time
from uuid import uuid4

SECONDS = 0.05
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOKEN = {"access_token": "far", "expires_in": 3599, "token_type": "Bearer"}
MAKERS = ("Audi", *(f"Maker {number}" for number in range(40)))
TYPES = [{"type": "EV", "manufacturer": name, "properties": ["vin"]} for name in MAKERS]
STEPS = [{"type": name, "status": "Pending"} for name in ("CreateEntity", "CreatePermissions", "Connect")]

arrivals: dict[str, float] = {}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one call after the other on one connection, until it is closed."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            arrived_at = time.time()
            method, path = head.decode().split(" ", 2)[:2]
            await asyncio.sleep(0 if path == "/arrivals" else SECONDS)
            writer.write(written(answer(method, path, body, arrived_at)))
    except EOFError:
        writer.close()


def answer(method: str, path: str, body: bytes, arrived_at: float) -> object:
    match method, path.partition("?")[0].removeprefix("/v1"):
        case _, "/arrivals":
            return arrivals
        case _, "/authentication":
            return TOKEN
        case _, "/onboarding/types":
            return TYPES
        case "POST", _:
            told = json.loads(body)
            arrivals[str(told.get("returnUrl", "")).rstrip("/").rpartition("/")[2]] = arrived_at
            return request(str(uuid4()))
    return request(path.rpartition("/")[2])


def request(id: str) -> dict[str, object]:
    """Write a request as the platform's reference does; its entity is called as it is itself."""
    return {"id": id, "status": "Pending", "data": {"entity": {"id": id}}, "transactions": STEPS, "errors": []}


def written(content: object) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
