"""Colleagues who come by the company's own provider: its groups decide, and nobody slips in beside them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.portal import clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
ANN, BOSS = "ann", "boss"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run all stories in a process whose settings name a provider: they decide which applications there are."""
    port = free_port()
    environment = clean_environment() | {
        "LOCAL": "true",
        "STAFF_SECOND_FACTOR": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('sso') / 'portal.sqlite3'}",
        "OIDC_SERVER_URL": f"http://127.0.0.1:{port}",
        "OIDC_CLIENT_ID": "portal",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_GROUPS": "desk-agents=agent,auditors=auditor",
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    script = [sys.executable, "-m", "tests.security.single_sign_on", str(port)]
    done = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


class TestProvider:
    def test_lets_in_who_is_in_one_of_our_groups(self, told: dict[str, Any]) -> None:
        assert told["comes_in"] == [True, "/admin/", 200, [[ANN, True, False, ["agent"]]]]

    def test_decides_on_groups_at_each_sign_in(self, told: dict[str, Any]) -> None:
        assert told["changes_group"] == ["/admin/", [[ANN, True, False, ["auditor"]]]]

    def test_shuts_out_who_is_in_none_any_more(self, told: dict[str, Any]) -> None:
        assert told["loses_groups"] == ["/admin/login/", 302, [[ANN, False, False, []]], True]

    def test_lets_no_stranger_in_and_keeps_none(self, told: dict[str, Any]) -> None:
        assert told["stranger"] == ["/admin/login/", 302, 1]

    def test_gives_nobody_the_account_of_a_namesake(self, told: dict[str, Any]) -> None:
        ends, namesakes, people = told["namesake"]
        assert (ends, people) == ("/admin/", 3)
        assert namesakes == [[True, True, []], [True, False, ["agent"]]]

    def test_is_believed_only_when_it_was_asked(self, told: dict[str, Any]) -> None:
        assert told["forged"] == ["401", "401"]

    def test_leads_back_to_the_desk_and_nowhere_else(self, told: dict[str, Any]) -> None:
        assert told["is_sent_elsewhere"] == ["/admin/", "/admin/figures/"]

    def test_is_asked_again_before_what_is_sensitive(self, told: dict[str, Any]) -> None:
        asked, ends, status = told["proves_again"]
        assert asked.startswith("/admin/account/oidc/sso/login/?next=")
        assert (ends, status) == ("/admin/account/", 200)

    def test_cannot_be_passed_by_a_passkey_or_a_password(self, told: dict[str, Any]) -> None:
        assert told["comes_round"] == [["/admin/login/", "/admin/login/"], [302], "/admin/"]

    def test_breaks_nothing_by_odd_answers(self, told: dict[str, Any]) -> None:
        assert told["says_odd_things"] == ["/admin/", *["/admin/login/"] * 8]

    def test_is_on_the_record(self, told: dict[str, Any]) -> None:
        assert {("signed-in", "socialaccount"), ("refused", "")} <= {tuple(line) for line in told["is_on_record"]}
