"""A platform that drips, floods and lies, over real sockets: calls end, no thread is lost, memory stays bounded."""

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.delivery import dispatch, lease
from onboarding.lib import deadline
from onboarding.models import OnboardingRequest, PlatformHealth
from onboarding.platform_api import connection
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import PlatformError, PlatformUnavailable, RateLimited
from tests.customers import do
from tests.hostile import HEAD, Behaviour, again_and_again, bomb, hostile, read_call, say, tell, then_silence, whole

DEADLINE = 0.3
# What a busy machine may add.
MARGIN = 1.5
GOOD = {"id": "1", "status": "Pending"}
GZIP = b"Content-Encoding: gzip\r\n"

# Each takes longer than anybody should wait.
NEVER_ENDING: dict[str, Behaviour] = {
    "accepts and says nothing": then_silence(b""),
    "stops in the status line": then_silence(b"HTTP/1.1 2"),
    "stops after the status line": then_silence(b"HTTP/1.1 201 Created\r\n"),
    "stops after the headers": then_silence(HEAD + b"Content-Length: 100\r\n\r\n"),
    "stops in the body": then_silence(HEAD + b'Content-Length: 100\r\n\r\n{"id": '),
    "drips the status line": again_and_again(b"", b"H", 0.05),
    "drips a header": again_and_again(HEAD + b"X-Slow: ", b"x", 0.02),
    "drips headers": again_and_again(HEAD, b"X-Slow: x\r\n", 0.02),
    "drips a body": again_and_again(HEAD + b"Content-Length: 1000000\r\n\r\n", b" ", 0.02),
    "drips chunks": again_and_again(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
    "drips a chunk size": again_and_again(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.02),
    "drips a body without a length": again_and_again(HEAD + b"\r\n", b" ", 0.02),
    "says 100 for ever": again_and_again(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    "says 100 for ever, fast": again_and_again(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "says 103 for ever": again_and_again(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.02),
    "drips a gzip header without end": again_and_again(
        HEAD + GZIP + b"\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"name", 0.02
    ),
    "lies that more is coming": then_silence(whole(b'{"id": "1"}').replace(b"Length: 11", b"Length: 12")),
    "stops in the trailers": then_silence(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
}
# Each ends by itself, or is too much.
UNUSABLE: dict[str, Behaviour] = {
    "hangs up": say(b""),
    "hangs up in the headers": say(HEAD),
    "hangs up in the body": say(HEAD + b'Content-Length: 100\r\n\r\n{"id": '),
    "hangs up in a chunk": say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n{"),
    "speaks something else": say(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "speaks binary": say(bytes(range(256)) * 40),
    "speaks of HTTP/9": say(b"HTTP/9.9 200 OK\r\n\r\n"),
    "has no status": say(b"HTTP/1.1 \r\n\r\n"),
    "has a status of 99999": say(b"HTTP/1.1 99999 Oh\r\n\r\n"),
    "has a status of 000": say(b"HTTP/1.1 000 Oh\r\nContent-Length: 0\r\n\r\n"),
    "sends 100,000 headers": say(HEAD + b"X-Many: many\r\n" * 100_000 + b"\r\n"),
    "sends a header of 10 MB": say(HEAD + b"X-Long: " + b"x" * 10_000_000 + b"\r\n\r\n"),
    "sends headers without end": again_and_again(HEAD, b"X-Many: many\r\n" * 1000),
    "sends a body without end": again_and_again(HEAD + b"\r\n", b" " * 100_000),
    "sends single bytes without end": again_and_again(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1000
    ),
    "says two lengths": say(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "says a length of -1": say(HEAD + b"Content-Length: -1\r\n\r\n{}"),
    "says a length of 10^5000": say(HEAD + b"Content-Length: 1" + b"0" * 5000 + b"\r\n\r\n{}"),
    "says a chunk of 10^30": say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n{}"),
    "says less than it sends": say(HEAD + b"Content-Length: 3\r\n\r\n" + json.dumps(GOOD).encode()),
    "packs 10 GB of zeros": say(HEAD + GZIP + b"\r\n" + bomb(1) * 10),
    "packs 4 GB of zeros small enough": say(whole(bomb(1) * 4, status=b"201 Created", more=GZIP)),
    "packs it twice": say(whole(gzip.compress(bomb(1)), more=b"Content-Encoding: gzip, gzip\r\n")),
    "packs a header of 4 MB without end": say(whole(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 4_000_000, more=GZIP)),
    "packs nothing": say(whole(b"not gzip", more=GZIP)),
    "packs half of it": say(whole(gzip.compress(json.dumps(GOOD).encode())[:-9], more=GZIP)),
    "packs it in an unknown way": say(whole(b"{}", more=b"Content-Encoding: zstd\r\n")),
    "nests 200,000 lists": say(whole(b"[" * 200_000 + b"]" * 200_000)),
    "nests 4,000 objects": say(whole(b'{"id":' * 4_000 + b"1" + b"}" * 4_000)),
    "sends a million small things": say(whole(b'{"id": "1", "x": [' + b"{}," * 1_500_000 + b"{}]}")),
    "sends a number of a million digits": say(whole(b'{"id": "1", "x": ' + b"9" * 1_000_000 + b"}")),
    "sends UTF-7": say(whole("+AHs-".encode("utf-7"), more=b"Content-Type: application/json; charset=utf-7\r\n")),
    "names a charset that is none": say(whole(b"\xff", more=b"Content-Type: text/html; charset=\xff\r\n")),
}
# Each is odd, and good enough to be read.
BEARABLE: dict[str, Behaviour] = {
    "speaks HTTP/1.0": say(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(GOOD).encode()),
    "packs it without being asked": say(whole(gzip.compress(json.dumps(GOOD).encode()), more=GZIP)),
    "says NaN": say(whole(b'{"id": "1", "status": "Pending", "x": [NaN, Infinity, -Infinity, 1e999]}')),
    "says things twice": say(whole(b'{"id": "2", "id": "1", "status": "Pending"}')),
    "says 103 a few times": say(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20 + whole(json.dumps(GOOD).encode())),
    "sets 1,000 cookies": say(
        whole(json.dumps(GOOD).encode(), more=b"".join(b"Set-Cookie: c%d=1\r\n" % n for n in range(1000)))
    ),
}


@pytest.fixture(autouse=True)
def over_the_network(settings: Settings) -> Iterator[None]:
    settings.USES_EMBEDDED_SANDBOX = False
    settings.REALTO_TIMEOUT_SECONDS = DEADLINE
    connection.reset()
    yield
    connection.reset()


def client_of(settings: Settings, url: str) -> Client:
    settings.REALTO_API_URL = url
    return connection.get_client()


def create(client: Client) -> Any:
    return client.create_onboarding(type="EV", manufacturer="Audi", attributes={"vin": "WA1DMAFE0D0000000"})


def seconds_of(client: Client) -> tuple[float, PlatformError]:
    client.authenticate()
    started = time.monotonic()
    with pytest.raises(PlatformError) as caught:
        create(client)
    return time.monotonic() - started, caught.value


def memory() -> int:
    """Return the most memory that this process had so far, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def forget_the_most_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")


class TestCall:
    @pytest.mark.parametrize("behave", NEVER_ENDING.values(), ids=NEVER_ENDING)
    def test_ends_at_its_deadline_and_may_have_had_effect(self, behave: Behaviour, settings: Settings) -> None:
        with hostile(behave) as platform:
            seconds, error = seconds_of(client_of(settings, platform.url))
        assert DEADLINE * 0.9 < seconds < DEADLINE + MARGIN
        assert isinstance(error, PlatformUnavailable)
        assert error.may_have_taken_effect

    @pytest.mark.parametrize("behave", UNUSABLE.values(), ids=UNUSABLE)
    def test_that_brings_nothing_usable_may_have_had_effect(self, behave: Behaviour, settings: Settings) -> None:
        settings.REALTO_TIMEOUT_SECONDS = 5.0  # ends before
        with hostile(behave) as platform:
            forget_the_most_memory()
            before = memory()
            seconds, error = seconds_of(client_of(settings, platform.url))
            assert memory() - before < 150_000_000
        assert seconds < 5
        assert isinstance(error, PlatformUnavailable)
        assert error.may_have_taken_effect

    @pytest.mark.parametrize("behave", BEARABLE.values(), ids=BEARABLE)
    def test_takes_an_odd_answer(self, behave: Behaviour, settings: Settings) -> None:
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        with hostile(behave) as platform:
            assert create(client_of(settings, platform.url)).id == "1"

    @pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary", b"308 Permanent"])
    def test_follows_no_redirect(self, status: bytes, settings: Settings) -> None:
        with hostile(tell(GOOD)) as other:
            location = b"Location: " + other.url.encode() + b"\r\n"
            with hostile(say(whole(b"", status=status, more=location))) as platform:
                _seconds, error = seconds_of(client_of(settings, platform.url))
            assert isinstance(error, PlatformUnavailable)
            assert other.calls == []

    @pytest.mark.parametrize("location", [b"x:y", b"mailto:a", b"http:a:b", b"http://[::1", b"//a:b:c/"])
    @pytest.mark.parametrize("status", [b"302 Found", b"307 Temporary"])
    def test_takes_a_redirect_to_nowhere_for_no_answer(
        self, status: bytes, location: bytes, settings: Settings
    ) -> None:
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        with hostile(say(whole(b"", status=status, more=b"Location: " + location + b"\r\n"))) as platform:
            client = client_of(settings, platform.url)
            _seconds, error = seconds_of(client)
            client._http._transport = httpx.MockTransport(
                lambda _request: httpx.Response(int(status[:3]), headers={"Location": location})
            )
            _seconds, in_process = seconds_of(client)
        assert isinstance(error, PlatformUnavailable)
        assert isinstance(in_process, PlatformUnavailable)

    def test_keeps_no_cookies(self, settings: Settings) -> None:
        seen: list[bytes] = []

        def behave(line: socket.socket, _end: threading.Event) -> None:
            for _call in range(2):
                line.sendall(whole(json.dumps(GOOD).encode(), more=b"Set-Cookie: a=b\r\n"))
                seen.append(line.recv(65536))

        with hostile(behave) as platform:
            client = client_of(settings, platform.url)
            create(client)
            create(client)
        assert b"cookie" not in seen[0].lower()
        assert seen[0].startswith(b"POST")

    def test_reuses_a_connection(self, settings: Settings) -> None:
        lines: list[int] = []

        def behave(line: socket.socket, _end: threading.Event) -> None:
            lines.append(line.fileno())
            for _call in range(3):
                line.sendall(whole(json.dumps(GOOD).encode()))
                read_call(line)

        with hostile(behave) as platform:
            client = client_of(settings, platform.url)
            for _call in range(3):
                create(client)
        assert len(lines) == 1

    def test_may_be_slow_within_its_deadline(self, settings: Settings) -> None:
        settings.REALTO_TIMEOUT_SECONDS = 10.0
        body = whole(json.dumps(GOOD).encode())

        def behave(line: socket.socket, end: threading.Event) -> None:
            for place in range(len(body)):
                line.sendall(body[place : place + 1])
                end.wait(0.005)

        with hostile(behave) as platform:
            assert create(client_of(settings, platform.url)).id == "1"

    def test_status_counts_where_the_words_are_too_many(self, settings: Settings) -> None:
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        long = whole(b" " * 6_000_000, status=b"429 Slow down", more=b"Retry-After: 7\r\n")
        with hostile(say(long)) as platform:
            _seconds, error = seconds_of(client_of(settings, platform.url))
        assert isinstance(error, RateLimited)
        assert error.retry_after == 7


class TestConnecting:
    def test_that_is_refused_had_no_effect(self, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.had_no_effect(client_of(settings, f"http://127.0.0.1:{port}"))

    def test_that_is_never_accepted_had_no_effect(self, settings: Settings) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            waiting = [socket.socket() for _place in range(4)]
            for other in waiting:
                other.setblocking(False)
                other.connect_ex(address)
            self.had_no_effect(client_of(settings, f"http://127.0.0.1:{address[1]}"))
            for other in waiting:
                other.close()

    @pytest.mark.parametrize("pause", [None, 0.02], ids=["says nothing", "drips"])
    def test_to_a_tls_that_never_ends_had_no_effect(self, pause: float | None, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            end = threading.Event()

            def serve() -> None:
                line, _ = listener.accept()
                with line:
                    while not end.wait(pause or 5.0) and pause:
                        line.sendall(b"\x16\x03\x03\x40\x00"[:1])

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            self.had_no_effect(client_of(settings, f"https://127.0.0.1:{listener.getsockname()[1]}"))
            end.set()
            thread.join()

    @pytest.mark.parametrize("fault", ["nobody we know signed it", "for another host", "expired"])
    def test_to_a_bad_certificate_had_no_effect(
        self, fault: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authority, tls = certificates(tmp_path, fault)
        if fault != "nobody we know signed it":
            monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with hostile(tell(GOOD), tls=tls) as platform:
            settings.REALTO_TIMEOUT_SECONDS = 5.0
            self.had_no_effect(client_of(settings, platform.url), within=5)
            assert platform.calls == []

    def test_to_a_good_certificate_works(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authority, tls = certificates(tmp_path, "")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        with hostile(tell(GOOD), tls=tls) as platform:
            assert create(client_of(settings, platform.url)).id == "1"

    def test_through_a_name_that_nobody_finds_ends_in_time(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        end = threading.Event()
        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda *place, **more: end.wait(20) and real(*place, **more))
        self.had_no_effect(client_of(settings, "http://platform.invalid"))
        end.set()

    def had_no_effect(self, client: Client, within: float = DEADLINE) -> None:
        client._tokens._latest = None
        call = connection_call(client)
        started = time.monotonic()
        with pytest.raises(PlatformUnavailable) as caught:
            client._exchange(call)
        assert time.monotonic() - started < within + MARGIN
        assert not caught.value.may_have_taken_effect


def connection_call(client: Client) -> Any:
    from onboarding.platform_api.wire import Call

    return Call("POST", "/v1/onboarding/entities", body={"type": "EV"})


def certificates(folder: Path, fault: str) -> tuple[Path, ssl.SSLContext]:
    """Make an authority of our own, and a server's certificate of it with a fault, or none."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def certificate(subject: str, key: Any, days: int) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("Ours"))
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        made = made.add_extension(signer, critical=False)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
        now = datetime.now(UTC)
        return made.not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = x509.BasicConstraints(ca=True, path_length=None)
    signs = dict.fromkeys(("key_cert_sign", "crl_sign"), True)
    others = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = x509.KeyUsage(**signs, **dict.fromkeys((*others, "encipher_only", "decipher_only"), False))
    authority = certificate("Ours", authority_key, 9).add_extension(ca, critical=True)
    authority = authority.add_extension(usage, critical=True)
    host = ip_address("127.0.0.2" if fault == "for another host" else "127.0.0.1")
    theirs = certificate("Theirs", key, -1 if fault == "expired" else 9)
    theirs = theirs.add_extension(x509.SubjectAlternativeName([x509.IPAddress(host)]), critical=False)
    pem = serialization.Encoding.PEM
    folder.joinpath("ca.pem").write_bytes(authority.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    folder.joinpath("server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + theirs.sign(authority_key, hashes.SHA256()).public_bytes(pem)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem")
    return folder / "ca.pem", tls


class TestThreads:
    def test_are_all_back_after_everything(self, settings: Settings) -> None:
        """Let eight threads meet everything that never ends, at once."""
        behaviours = [*NEVER_ENDING.values()] * 2
        ended: list[float] = []

        def meet(behave: Behaviour) -> None:
            with hostile(behave) as platform:
                settings.REALTO_API_URL = platform.url
                client = connection.connect()
                client.authenticate()
                started = time.monotonic()
                with pytest.raises(PlatformUnavailable):
                    create(client)
                ended.append(time.monotonic() - started)
                client.close()

        before = set(threading.enumerate())
        for start in range(0, len(behaviours), 8):
            threads = [threading.Thread(target=meet, args=(behave,)) for behave in behaviours[start : start + 8]]
            for thread in threads:
                thread.start()
                time.sleep(0.01)
            for thread in threads:
                thread.join(20)
        lost = [thread for thread in threading.enumerate() if thread not in before and "meet" in thread.name]
        assert lost == []
        assert len(ended) == len(behaviours)
        assert max(ended) < DEADLINE + 2 * MARGIN

    def test_that_wait_for_their_turn_leave_no_place_taken(self, settings: Settings) -> None:
        """Call by 40 threads what never answers, so that all are called off at once: those under way, those waiting."""
        with hostile(then_silence(b""), is_hostile_from_the_start=True) as platform:
            client = client_of(settings, platform.url)

            def call() -> None:
                with pytest.raises(PlatformUnavailable):
                    client._exchange(connection_call(client))

            for _round in range(3):
                threads = [threading.Thread(target=call) for _place in range(40)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(20)
            transport = client._http._transport
        with hostile(tell(GOOD), is_hostile_from_the_start=True) as well:
            answers = [transport.handle_request(httpx.Request("GET", well.url)).status_code for _call in range(30)]
        assert answers == [200] * 30

    def test_that_cannot_start_are_no_trouble_for_ever(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        async def without_threads(loop: Any, *place: Any, **more: Any) -> Any:
            with pytest.MonkeyPatch.context() as within:
                within.setattr(threading.Thread, "start", refuse)
                return await usual(loop, *place, **more)

        usual = deadline._Loop.getaddrinfo
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        monkeypatch.setattr(deadline, "_loops", {})
        with hostile(tell(GOOD)) as platform:
            settings.REALTO_API_URL = platform.url.replace("127.0.0.1", "localhost")
            with monkeypatch.context() as patched:
                patched.setattr(threading.Thread, "start", refuse)
                with pytest.raises(RuntimeError):
                    connection.get_client()
            client = connection.get_client()
            with monkeypatch.context() as patched:
                patched.setattr(deadline._Loop, "getaddrinfo", without_threads)
                for _call in range(deadline.MOST_LOOKUPS + 1):
                    with pytest.raises(PlatformUnavailable, match="ConnectError"):
                        client._exchange(connection_call(client))
            assert create(client).id == "1"


@pytest.mark.django_db
class TestRequests:
    """What a worker makes of it: every row goes on, later each time, or is a colleague's."""

    def row(self, state: str, **more: Any) -> OnboardingRequest:
        now = timezone.now()
        made: dict[str, Any] = {"type": "EV", "manufacturer": "Audi", "attributes": {"vin": "WA1DMAFE0D0000000"}}
        made |= {"state": state, "due_at": now, "consented_at": now, "attended_at": now}
        return OnboardingRequest.objects.create(browser="b", **made, **more)

    def turn(self, row: OnboardingRequest) -> OnboardingRequest:
        """Let a worker take its turn with it, as if it were due, and the platform had not been given up."""
        PlatformHealth.objects.all().delete()
        OnboardingRequest.objects.filter(pk=row.pk).update(due_at=timezone.now())
        do(row)
        return OnboardingRequest.objects.get(pk=row.pk)

    @pytest.mark.parametrize("behave", [*NEVER_ENDING.values(), *UNUSABLE.values()], ids=[*NEVER_ENDING, *UNUSABLE])
    def test_that_are_being_sent_may_have_arrived_and_are_not_sent_again(
        self, behave: Behaviour, settings: Settings
    ) -> None:
        with hostile(behave) as platform:
            settings.REALTO_API_URL = platform.url
            row = self.turn(self.row("queued"))
            assert (row.state, row.attempt, row.lease, row.needs_staff) == ("unknown", 1, "", "")
            assert row.settles_at == row.due_at
            assert row.settles_at
            assert row.settles_at > timezone.now() + timedelta(seconds=10)
            posts = [call for call in platform.calls if call == "POST /api/v1/onboarding/entities"]
            assert len(posts) == 1

    @pytest.mark.parametrize("name", ["drips a header", "hangs up in the body", "packs 10 GB of zeros"])
    def test_that_are_followed_or_looked_for_wait_longer_each_time(self, name: str, settings: Settings) -> None:
        with hostile((NEVER_ENDING | UNUSABLE)[name]) as platform:
            settings.REALTO_API_URL = platform.url
            for state in ("following", "unknown", "withdrawing"):
                row, waits = self.row(state, platform_id=f"5d9b-{state}"), []
                for failed_before in (0, 4):
                    OnboardingRequest.objects.filter(pk=row.pk).update(failures=failed_before)
                    row = self.turn(row)
                    assert row.due_at
                    waits.append((row.due_at - timezone.now()).total_seconds())
                assert (row.state, row.lease, row.failures) == (state, "", 5)
                assert waits[0] < 5
                assert waits[1] > 20
                assert row.events.filter(name="trouble").count() == 1

    def test_in_a_list_are_each_others_trouble_in_nothing(self, settings: Settings) -> None:
        """One of many is unreadable in the list; the others are taken in."""
        settings.REALTO_TIMEOUT_SECONDS = 5.0
        rows = [self.row("following", platform_id=f"id-{number}", sent_at=timezone.now()) for number in range(12)]
        said = [{"id": row.platform_id, "status": "InProgress"} for row in rows]
        said[3] = {"id": ["no"]}
        said[4] = {"id": rows[4].platform_id, "status": {"a": "b"}, "transactions": "x" * 100_000}
        with hostile(tell({"data": said})) as platform:
            settings.REALTO_API_URL = platform.url
            dispatch.advance.call(lease.claim())
        now = [OnboardingRequest.objects.get(pk=row.pk) for row in rows]
        assert [row.status for row in now] == ["InProgress"] * 3 + ["", ""] + ["InProgress"] * 7
        assert all(row.lease == "" for row in now)
