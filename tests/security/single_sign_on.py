"""A provider on this machine, and colleagues who come by it; run by `test_single_sign_on` with settings that name it.

Prints what happened as JSON. The provider's address is known before it answers: it is part of the settings.
"""

import base64
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}"
# What the provider says of whoever signs in next, and the nonce-less code flow's only secret.
PERSON: dict[str, Any] = {}
CODE = "good-code"


class Provider(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/.well-known/"):
            self.answer(
                {
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "userinfo_endpoint": f"{ISSUER}/userinfo",
                    "jwks_uri": f"{ISSUER}/keys",
                }
            )
        elif self.headers.get("Authorization") == "Bearer token":
            self.answer(PERSON)
        else:
            self.answer({}, 401)

    def do_POST(self) -> None:
        told = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if told.get("code") != [CODE] or "code_verifier" not in told:
            return self.answer({"error": "invalid_grant"}, 400)
        claims = PERSON | {"iss": ISSUER, "aud": "portal", "exp": 4102444800, "iat": 1700000000}
        parts = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            for part in ({"alg": "RS256"}, claims)
        )
        return self.answer({"access_token": "token", "token_type": "Bearer", "id_token": ".".join([*parts, "c2ln"])})

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_words: object) -> None:
        pass


def main() -> None:
    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", PORT), Provider).serve_forever, daemon=True).start()
    import django

    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0, interactive=False)
    sys.stdout.write(json.dumps({name: story() for name, story in STORIES.items()}))


def sign_in(client: Any, *, code: str = CODE, state: str = "", next: str = "", **person: Any) -> str:
    """Go to the provider and come back; give where one ends up."""
    PERSON.clear()
    PERSON.update({"sub": "1", "preferred_username": "ann"} | person)
    away = client.post("/admin/account/oidc/sso/login/", {"next": next} if next else {})
    query = parse_qs(urlsplit(away.url).query)
    back = {"code": code, "state": state or query["state"][0]}
    answer = client.get(urlsplit(query["redirect_uri"][0]).path, back)
    return str(answer.headers.get("Location", answer.status_code))


def person() -> list[Any]:
    from django.contrib.auth.models import User

    return [
        [user.username, user.is_staff, user.is_superuser, sorted(group.name for group in user.groups.all())]
        for user in User.objects.order_by("pk")
    ]


def comes_in() -> Any:
    from django.test import Client

    client = Client()
    page = client.get("/admin/login/").content.decode()
    ends = sign_in(client, groups=["desk-agents", "everybody"])
    return ["Sign in at your company" in page, ends, client.get("/admin/").status_code, person()]


def changes_group() -> Any:
    from django.test import Client

    return [sign_in(Client(), groups="auditors"), person()]


def loses_groups() -> Any:
    from django.test import Client

    client = Client()
    ends = sign_in(client, groups=["everybody"])
    words = client.get("/admin/login/").content.decode()
    return [ends, client.get("/admin/").status_code, person(), "in no group that works at this desk" in words]


def stranger() -> Any:
    from django.test import Client

    client = Client()
    return [sign_in(client, sub="2", preferred_username="eve"), client.get("/admin/").status_code, len(person())]


def namesake() -> Any:
    """Somebody at the provider is called like an administrator here."""
    from django.contrib.auth.models import User
    from django.test import Client

    User.objects.create_superuser("boss", password="correct horse battery")
    client = Client()
    ends = sign_in(client, sub="3", preferred_username="boss", groups=["desk-agents"], email="boss@example.org")
    return [ends, [row[1:] for row in person() if row[0].startswith("boss")], len(person())]


def forged() -> Any:
    from django.test import Client

    return [sign_in(Client(), code="bad", groups=["desk-agents"]), sign_in(Client(), state="x", groups=["desk-agents"])]


def is_sent_elsewhere() -> Any:
    from django.test import Client

    return [sign_in(Client(), groups=["desk-agents"], next=url) for url in ("//evil.example", "/admin/figures/")]


def proves_again() -> Any:
    """Before what is sensitive they go to the provider once more."""
    import time

    from django.test import Client

    client = Client()
    sign_in(client, groups=["desk-agents"])
    session = client.session
    for proof in session["account_authentication_methods"]:
        proof["at"] = time.time() - 3600
    session.save()
    asked = client.post("/admin/account/app/add/").url
    return [
        asked,
        sign_in(client, groups=["desk-agents"], next="/admin/account/"),
        client.get("/admin/account/").status_code,
    ]


def says_odd_things() -> Any:
    """It has somebody's mail address, and groups of no kind that was agreed on; it is away, or answers nonsense."""
    from unittest.mock import patch

    from django.contrib.auth.models import User
    from django.test import Client

    User.objects.create_user("carl", email="carl@example.org", is_staff=True)
    ends = [sign_in(Client(), sub="30", preferred_username="carl2", email="Carl@example.org", groups=["desk-agents"])]
    ends += [sign_in(Client(), sub="31", preferred_username="dora", groups=groups) for groups in (5, True, {"a": 1})]
    for status, body in ((500, {}), (200, []), (200, {}), (200, {"token_endpoint": 5})):
        with patch.object(Provider, "do_GET", lambda self, body=body, status=status: self.answer(body, status)):
            ends.append(Client().post("/admin/account/oidc/sso/login/").url)
    ends.append(sign_in(Client(), sub=None, groups=["desk-agents"]))
    return ends


def comes_round() -> Any:
    """Somebody whom the provider knows tries a password that an administrator set, and a passkey."""
    from unittest.mock import patch

    from allauth.mfa.models import Authenticator
    from django.contrib.auth.models import User
    from django.test import Client

    sign_in(Client(), groups=["desk-agents"])
    user = User.objects.get(username="ann")
    user.set_password("correct horse battery")
    user.save()
    client = Client()
    ends = [client.post("/admin/login/", {"username": "ann", "password": "correct horse battery"})]
    factor = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "key"})
    client.get("/admin/login/passkey/", headers={"accept": "application/json"})
    with (
        patch("allauth.mfa.webauthn.forms.auth.complete_authentication", return_value=factor),
        patch("allauth.mfa.webauthn.forms.auth.extract_user_from_response", return_value=user),
        patch("allauth.mfa.webauthn.forms.auth.parse_authentication_response"),
        patch.object(Authenticator, "record_usage"),
    ):
        ends.append(client.post("/admin/login/passkey/", {"credential": "{}"}))
    seen = [client.get("/admin/").status_code]
    factor.delete()
    return [[answer.url for answer in ends], seen, sign_in(Client(), groups=["desk-agents"])]


def is_on_record() -> Any:
    from onboarding.models import StaffSignIn

    return sorted({(line.outcome, line.how) for line in StaffSignIn.objects.all()})


STORIES = {
    story.__name__: story
    for story in (
        *(comes_in, changes_group, loses_groups, stranger, namesake, forged, is_sent_elsewhere, proves_again),
        says_odd_things,
        comes_round,
        is_on_record,
    )
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
    main()
