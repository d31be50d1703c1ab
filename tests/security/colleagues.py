"""Colleagues at the door: with a password, an app for codes, and a clock of their own."""

import base64
import hashlib
import hmac
import re
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

NAME, PASSWORD = "ann", "correct horse battery"
LOGIN, CODE = "/admin/login/", "/admin/login/code/"
ENROL, APP, CODES = "/admin/account/second-factor/", "/admin/account/app/add/", "/admin/account/codes/"


class Clock:
    """What the time is, for this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.at)
        monkeypatch.setattr(time, "time", lambda: self.at.timestamp())

    def move(self, **step: float) -> None:
        self.at += timedelta(**step)


class Colleague:
    """Signs in as a browser would."""

    def __init__(self, name: str = NAME, role: str = "supervisor", **columns: Any) -> None:
        self.user = User.objects.create_user(name, password=PASSWORD, **({"is_staff": True} | columns))
        self.user.groups.add(Group.objects.get(name=role))
        self.client, self.key, self.codes = Client(), "", []

    def sign_in(self, client: Client | None = None, **more: str) -> Any:
        """Give name and password; whatever comes next is the answer."""
        client = client or self.client
        return client.post(LOGIN, {"username": self.user.username, "password": PASSWORD} | more)

    def enrol(self) -> "Colleague":
        """Set up an app and keep the recovery codes, as one does at the first sign-in."""
        page = self.client.get(APP).content.decode()
        self.key = found(r'class="card-key">([A-Z2-7]+)<', page)
        answer = self.client.post(APP, {"code": self.code()})
        assert answer.url == CODES, answer.content.decode()
        self.codes = re.findall(r"\b\d{10}\b", self.client.get(CODES).content.decode().split("</textarea>")[0])
        return self

    def code(self) -> str:
        return code_of(self.key)

    def come_in(self, client: Client | None = None) -> Client:
        """Sign in with password and code, and give the browser."""
        client = client or self.client
        assert self.sign_in(client).url == CODE
        assert client.post(CODE, {"code": self.code()}).url == "/admin/"
        return client


def code_of(key: str) -> str:
    """Work out what an app shows now, by RFC 6238."""
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match, page
    return match[1]


def without_what_differs(page: str, *words: str) -> str:
    """Take out the token against forged forms, and what was typed."""
    for word in words:
        page = page.replace(word, "…")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
