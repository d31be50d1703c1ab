"""One timeline per request: everything that happened, in plain words, newest first, readable after thirty days."""

import ast
import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.consent import records
from onboarding.desk.timeline import LONGEST_RUN, MOST_READ, MOST_SHOWN, Story, story_of
from onboarding.desk.timeline_sentences import APART, Line, line_of
from onboarding.desk.timeline_words import ASKED, STAFF, STEPS, WORDS
from onboarding.intake import contact, withdrawal
from onboarding.models import Event, Mail, OnboardingRequest, WebhookDelivery
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.desk import sign_in
from tests.receiver import endpoint

ROOT = Path(__file__).resolve().parents[3] / "onboarding"
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # 12:00 in Brussels
EMAIL = "jan.peeters@mail.example"
# Where code names an event by more than a word: the names that it can become. What is new here needs a line.
MADE_UP = {
    "f'consent-{kind}'": {"consent-withdrawn", "consent-expired", "consent-elsewhere", "consent-replaced"},
    "f'{what}-exported'": {"evidence-exported", "figures-exported", "data-exported"},
    "f'campaign-{step}'": {"campaign-start", "campaign-pause", "campaign-resume", "campaign-end"},
    "state.value": {"connected", "failed", "canceled"},
    "target.value": {"withdrawing", "withdrawn"},
}
# Who takes the name of an event from their caller, and as which argument.
PASSED_ON = {"move_to": 2, "adopt": 2, "_finish": 1, "_believe_when_repeated": 2, "sign": 1, "_note": 1}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Find every call, and the function that it stands in."""
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield from ((function.name, node) for node in ast.walk(function) if isinstance(node, ast.Call))


@cache
def recorded() -> set[str]:
    """Find the names of all events that code records."""
    names: set[str] = set()
    for function, call in calls():
        called = getattr(call.func, "attr", getattr(call.func, "id", ""))
        is_record = called == "record" and ast.unparse(call.func).endswith("Event.record")
        place = 2 if is_record else PASSED_ON.get(called)
        if place is not None and len(call.args) > place:
            names |= names_in(call.args[place], within=function)
    return names


def names_in(node: ast.expr, *, within: str) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)} - {""}
    if isinstance(node, ast.IfExp):
        return names_in(node.body, within=within) | names_in(node.orelse, within=within)
    text = ast.unparse(node)
    if text in {"event", "name"} and within in PASSED_ON:
        return set()
    return MADE_UP.get(text, {f"unknown in {within}: {text}"})


@pytest.fixture
def row(db: None) -> OnboardingRequest:
    return OnboardingRequest.objects.create(
        type="EV", manufacturer="Audi", attributes={"vin": GUIDES_VIN}, contact_email=EMAIL, state="following"
    )


def record(row: OnboardingRequest, name: str, *, at: datetime = NOON, actor: str = "worker", **detail: object) -> Event:
    return Event.objects.create(request=row, name=name, actor=actor, at=at, state="following", detail=detail)


def lines_in(story: Story) -> list[Line]:
    return [line for _day, lines in story.days for line in lines]


def words_of(row: OnboardingRequest) -> list[str]:
    return [line.words for line in lines_in(story_of(row))]


def page(client: Client, row: OnboardingRequest, where: str = "change/") -> str:
    response = client.get(f"/admin/onboarding/onboardingrequest/{row.pk}/{where}")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


class TestEveryEvent:
    def test_that_code_records_has_a_sentence(self) -> None:
        assert {"started", "accepted", "offboarded", "consent-expired", "resumed", "let-go-before"} <= recorded()
        assert recorded() - set(STAFF) - set(WORDS) == set()

    @pytest.mark.parametrize("name", sorted({name.partition(" ")[0] for name in WORDS}))
    def test_that_has_a_sentence_is_recorded(self, name: str) -> None:
        assert name in recorded()

    @pytest.mark.parametrize("words", [*STAFF.values(), *WORDS.values()], ids=str)
    def test_is_told_in_a_whole_sentence(self, words: str) -> None:
        assert re.fullmatch(r"(?:[A-Z]|%\(by\)s).+(?:\.|%\((?:error|note)\)s)", str(words))

    @pytest.mark.parametrize("name", sorted({*STAFF, *WORDS}))
    def test_is_told_even_without_its_details(self, row: OnboardingRequest, name: str) -> None:
        actor = "staff" if name in STAFF else "worker"
        words = line_of(record(row, name.partition(" ")[0], actor=actor), row).words
        assert words != name
        assert "%(" not in words

    def test_tells_a_moment_as_people_do(self, row: OnboardingRequest) -> None:
        line = line_of(record(row, "turned-quiet", since="2026-11-03T13:03:00+00:00"), row)
        assert line.words == "No data has come for longer than is usual."
        assert line.details == (("since", "3 November 2026, 14:03"),)

    def test_that_nobody_knows_any_more_is_told_by_its_name(self, row: OnboardingRequest) -> None:
        assert line_of(record(row, "100%-gone"), row).words == "100%-gone"


class TestWords:
    @pytest.mark.parametrize(
        ("name", "detail", "words"),
        [
            ("started", {"repairs": "ACDE-FH34"}, "The customer began to connect the device of ACDE-FH34 anew."),
            ("answered", {"names": "gridOperator"}, "The customer answered: Grid operator."),
            ("answered", {"names": "manufacturer, type"}, "The customer answered: manufacturer, type."),
            ("consented", {"version": "2026-11-23", "channel": "self"}, "The customer agreed."),
            (
                "continued-elsewhere",
                {"by": "phone"},
                "The customer went on in another browser, by a link: shown for another device.",
            ),
            (
                "needs-staff",
                {"reason": "forgotten"},
                "It was given to a colleague. The platform does not know it any more.",
            ),
            ("trouble", {"error": "RateLimited"}, "We asked the platform in vain. The platform asked us to slow down."),
            ("trouble", {"error": "NewKind"}, "We asked the platform in vain. NewKind"),
            (
                "mail-dropped",
                {"kind": "reminder", "reason": "no longer their turn"},
                "The mail “Still something to do” was not sent: it is no longer their turn.",
            ),
            ("rejected", {"names": "100%Full"}, "The platform refused an answer: 100 full."),
            ("failed", {"codes": "ConsentDenied"}, "It did not work. The platform's reason: Consent denied."),
            ("failed", {}, "It did not work."),
        ],
    )
    def test_are_plain(self, row: OnboardingRequest, name: str, detail: dict[str, str], words: str) -> None:
        assert line_of(record(row, name, **detail), row).words == words

    def test_leave_the_platforms_own_one_press_away(self, row: OnboardingRequest) -> None:
        failed = line_of(record(row, "failed", codes="ConsentDenied"), row)
        assert ("the platform's reasons", "ConsentDenied") in failed.details
        answered = line_of(record(row, "answered", names="gridOperator"), row)
        assert ("fields", "gridOperator") in answered.details

    def test_name_the_colleague(self, row: OnboardingRequest) -> None:
        line = line_of(record(row, "consent-withdrawn", actor="staff", by="ann", reason="asked"), row)
        assert (line.who, line.actor, line.details) == ("ann", "staff", (("reason", "asked"),))
        assert line.words.startswith("ann took the consent back")
        assert line_of(record(row, "consent-withdrawn", actor="customer"), row).words.startswith("The customer")

    def test_mask_what_a_detail_says(self, row: OnboardingRequest) -> None:
        said = {"sent": f'"vin": "{GUIDES_VIN}"', "answer": EMAIL}
        line = line_of(record(row, "rejected", message=f"No car {GUIDES_VIN}", exchange=said), row)
        assert GUIDES_VIN not in str(line)
        assert EMAIL not in str(line)

    def test_are_told_for_a_single_event_too(self, row: OnboardingRequest) -> None:
        event = record(row, "progress", status="Pending", steps=[["A", "", "Done"], ["B", "Pending", "Done"]])
        text = html.unescape(sign_in("viewer").get(f"/admin/onboarding/event/{event.pk}/change/").content.decode())
        assert "A step of the platform's is done: A. A step of the platform's is done: B." in text
        assert "A: Done" in text
        assert "B: Pending → Done" in text


class TestProgress:
    def progress(self, row: OnboardingRequest, *steps: list[str], **detail: object) -> Line:
        return line_of(record(row, "progress", actor="platform", steps=steps, **detail), row)

    @pytest.mark.parametrize(
        ("step", "words"),
        [
            (["CreateEntity", "InProgress", "Done"], "The device was registered."),
            (["CreatePermissions", "Pending", "InProgress"], "The permission is being noted."),
            (["Connect", "InProgress", "Failed"], "The connection could not be made."),
            (["TurnOnMeter", "", "Succeeded"], "A step of the platform's is done: Turn on meter."),
            (["Connect", "", "Dreaming"], "A step of the platform's has news: Connect."),
            (["Connect", "", "Pending"], "The platform has planned its steps."),
        ],
    )
    def test_is_told_in_our_words_and_kept_in_the_platforms(
        self, row: OnboardingRequest, step: list[str], words: str
    ) -> None:
        line = self.progress(row, step)
        assert line.words == words
        kind, before, now = step
        assert (kind, f"{before} → {now}" if before else now) in line.details

    def test_says_what_is_done_and_leaves_out_what_has_only_begun(self, row: OnboardingRequest) -> None:
        line = self.progress(row, ["Connect", "Pending", "InProgress"], ["CreatePermissions", "InProgress", "Done"])
        assert line.words == "The permission was noted."

    def test_begins_with_what_stands_in_the_way(self, row: OnboardingRequest) -> None:
        steps = ["CreateEntity", "InProgress", "Done"], ["Connect", "InProgress", "Failed"]
        line = self.progress(row, *steps, changed=["errors"], codes="VehicleAsleep")
        assert line.words == (
            "The connection could not be made. The platform reports a problem: Vehicle asleep. "
            "The device was registered."
        )

    @pytest.mark.parametrize(
        ("changed", "detail", "words"),
        [
            ("action_type", {"action": "Redirect"}, "The customer has to go to the manufacturer's page."),
            ("action_type", {"action": "Dance"}, "The customer has to do something."),
            ("action_type", {"action": ""}, "The customer has nothing to do any more."),
            ("status", {"status": "InProgress"}, "The platform is at work on it."),
            ("errors", {"codes": "Expired"}, "The platform reports a problem: Expired."),
            ("errors", {"codes": ""}, "The platform reports no problem any more."),
            ("entity_id", {"status": "Pending"}, "The platform has news."),
        ],
    )
    def test_says_what_else_is_new(
        self, row: OnboardingRequest, changed: str, detail: dict[str, str], words: str
    ) -> None:
        assert self.progress(row, **{"changed": [changed], **detail}).words == words

    def test_of_a_real_request_reads_from_the_first_answer_to_the_outcome(self, customer: Customer) -> None:
        row = work_until(customer.submit().request, "connected")
        told = words_of(row)
        assert told[0] == "The device is connected."
        assert told[-1].startswith("The customer began, and answered: ")
        assert not re.search(r"CreateEntity|CreatePermissions|InProgress", " ".join(told))


class TestChapters:
    def test_tell_within_a_few_lines_what_a_machine_did_in_seconds(self, customer: Customer) -> None:
        """It was 23 lines for 16 seconds; every one is still there, below those."""
        row = work_until(customer.submit().request, "connected")
        lines = lines_in(story_of(row))
        assert len(lines) <= 7
        flat = [inner for line in lines for inner in (line.lines or (line,))]
        assert len(flat) >= row.events.exclude(name="mail-sent").count()

    def test_begin_with_the_outcome_and_end_with_what_follows_from_it(self, row: OnboardingRequest) -> None:
        record(row, "progress", actor="platform", steps=[["CreateEntity", "", "Done"]])
        record(row, "failed", at=NOON + timedelta(seconds=5), actor="platform", codes="ConsentDenied")
        sent_at = NOON + timedelta(seconds=7)
        Mail.objects.create(request=row, key="1", kind="failed", to=EMAIL, queued_at=NOON, sent_at=sent_at)
        assert words_of(row) == [
            "It did not work. The platform's reason: Consent denied.",
            "We sent the mail “This did not work” to j•••@mail.example.",
        ]

    def test_put_answers_together(self, row: OnboardingRequest) -> None:
        record(row, "started", actor="customer")
        for minutes, names in ((2, "type"), (9, "manufacturer")):
            record(row, "answered", at=NOON + timedelta(minutes=minutes), actor="customer", names=names)
        assert words_of(row) == ["The customer began, and answered: type, manufacturer."]

    def test_put_webhooks_together(self, row: OnboardingRequest) -> None:
        for number, kind in enumerate(("request.created", "request.connected")):
            at = NOON + timedelta(seconds=number)
            WebhookDelivery.objects.create(
                endpoint=endpoint(), request=row, kind=kind, occurrence=0, body="{}", delivered_at=at
            )
        assert words_of(row) == ["We told the company's systems: consent given, connected."]

    def test_leave_what_a_colleague_did_alone(self, row: OnboardingRequest) -> None:
        for seconds in range(0, 30, 10):
            at = NOON + timedelta(seconds=seconds)
            record(row, "progress", at=at, actor="platform", steps=[["Connect", "", str(seconds)]])
            record(row, "noted", at=at + timedelta(seconds=1), actor="staff", by="ann", note=str(seconds))
        assert [line.name for line in lines_in(story_of(row))] == ["noted", "progress"] * 3

    def test_end_where_nothing_happened_for_a_while(self, row: OnboardingRequest) -> None:
        for minutes in (0, 1, 2):
            at = NOON + timedelta(minutes=minutes)
            record(row, "progress", at=at, actor="platform", steps=[["Connect", "", "InProgress"]])
        assert len(lines_in(story_of(row))) == 3


class TestMails:
    def mail(self, row: OnboardingRequest, **more: object) -> Mail:
        return Mail.objects.create(request=row, key=str(Mail.objects.count()), to=EMAIL, queued_at=NOON, **more)

    def test_are_told_once_sent_with_the_address_masked(self, row: OnboardingRequest) -> None:
        self.mail(row, kind="receipt", sent_at=NOON + timedelta(seconds=3))
        record(row, "mail-sent", kind="receipt")
        assert words_of(row) == ["We sent the mail “Receipt” to j•••@mail.example."]

    def test_that_wait_say_until_when(self, row: OnboardingRequest) -> None:
        self.mail(row, kind="reminder", step=2, due_at=NOON + timedelta(hours=1))
        (line,) = lines_in(story_of(row))
        assert line.words == "The mail “Still something to do” to j•••@mail.example was queued."
        assert dict(line.details)["reminder"] == "2"
        assert "to be sent" in dict(line.details)

    def test_that_waited_stand_at_both_times(self, row: OnboardingRequest) -> None:
        self.mail(row, kind="reminder", sent_at=NOON + timedelta(hours=1))
        assert [line.name for line in lines_in(story_of(row))] == ["mail-sent", "mail-queued"]

    def test_that_were_refused_say_so(self, row: OnboardingRequest) -> None:
        self.mail(row, kind="receipt", ended="refused", trouble="SMTPDataError: 550")
        record(row, "mail-refused", at=NOON + timedelta(minutes=1), kind="receipt")
        assert words_of(row) == [
            "The mail “Receipt” was refused, and is not tried again.",
            "The mail “Receipt” to j•••@mail.example was queued.",
        ]


class TestWebhooks:
    @pytest.mark.parametrize(
        ("times", "words"),
        [
            ({"delivered_at": NOON}, "We told the company's systems: connected."),
            ({"gave_up_at": NOON}, "We gave up telling the company's systems: connected."),
            ({"due_at": NOON}, "The company's systems are to be told: connected."),
        ],
    )
    def test_are_told(self, row: OnboardingRequest, times: dict[str, datetime], words: str) -> None:
        WebhookDelivery.objects.create(
            endpoint=endpoint(),
            request=row,
            kind="request.connected",
            occurrence=0,
            created_at=NOON,
            body=EMAIL,
            **times,
        )
        assert words_of(row) == [words]


class TestLongTimelines:
    def try_again(self, row: OnboardingRequest, times: int, *, since: datetime = NOON) -> None:
        """Try in vain, every two minutes."""
        for number in range(times):
            at = since + number * timedelta(minutes=2)
            record(row, "attempt-started", at=at, attempt=number)
            record(row, "not-sent", at=at + timedelta(seconds=1), attempt=number)

    def test_put_retries_into_one_line(self, row: OnboardingRequest) -> None:
        record(row, "consented", actor="customer", at=NOON - timedelta(minutes=1))
        self.try_again(row, 62)
        record(row, "accepted", actor="platform", at=NOON + timedelta(hours=3))
        lines = lines_in(story_of(row))
        assert [line.name for line in lines] == [*("accepted", "not-sent", "retries", "not-sent", "consented")]
        assert lines[2].words == "Tried 60 more times until 14:00, without effect."
        assert len(lines[2].lines) == 120

    def test_leave_a_few_retries_as_they_are(self, row: OnboardingRequest) -> None:
        self.try_again(row, LONGEST_RUN // 2)
        assert [line.words for line in lines_in(story_of(row))] == [
            f"Attempt {number} had no effect. We try again." for number in (2, 1, "–")
        ]

    def test_stay_readable_after_thirty_days_of_trouble(self, row: OnboardingRequest) -> None:
        for day in range(30):
            for hour in range(0, 24, 3):
                record(row, "trouble", at=NOON + timedelta(days=day, hours=hour), error="PlatformUnavailable")
        assert len(lines_in(story_of(row))) == 5

    def test_show_the_newest_hundred_and_lead_to_the_rest(self, row: OnboardingRequest) -> None:
        for number in range(MOST_SHOWN + 30):
            record(row, "noted", actor="staff", by="ann", at=NOON + timedelta(minutes=number), note=str(number))
        newest = story_of(row)
        older = story_of(row, before=newest.earlier)
        shown = [line.words for line in lines_in(newest) + lines_in(older)]
        assert len(lines_in(newest)) == MOST_SHOWN
        assert shown == [f"ann noted: {number}" for number in reversed(range(MOST_SHOWN + 30))]
        assert older.earlier is None

    def test_lose_nothing_that_happened_at_the_same_moment(self, row: OnboardingRequest) -> None:
        for number in range(150):
            record(row, "noted", actor="staff", by="ann", at=NOON + timedelta(minutes=number // 7), note=str(number))
        found, before, pages = [], None, 0
        while pages == 0 or before:
            story = story_of(row, before=before)
            found += [line.words for line in lines_in(story)]
            before, pages = story.earlier, pages + 1
        assert pages == 2
        assert sorted(found) == sorted(f"ann noted: {number}" for number in range(150))

    def test_read_no_more_than_a_bound_at_once(self, row: OnboardingRequest) -> None:
        self.try_again(row, MOST_READ // 2 + 20)
        Mail.objects.create(request=row, key="1", kind="receipt", to=EMAIL, queued_at=NOON - timedelta(minutes=1))
        newest = story_of(row)
        assert newest.earlier
        assert [line.name for line in lines_in(story_of(row, before=newest.earlier))][-1] == "mail-queued"

    def test_are_paged_by_a_link(self, row: OnboardingRequest) -> None:
        for number in range(MOST_SHOWN + 1):
            record(row, "noted", actor="staff", by="ann", at=NOON + timedelta(minutes=number), note=f"q{number}.")
        viewer = sign_in("viewer")
        first = page(viewer, row)
        assert "noted: q0." not in first
        (link,) = re.findall(r'href="([^"]+\?before=[^"]+)"[^>]*>Show earlier', first)
        earlier = viewer.get(link).content.decode()
        assert urlsplit(link).path.endswith(f"/{row.pk}/timeline/")
        assert "noted: q0." in earlier
        assert "noted: q1." not in earlier
        assert "Show earlier" not in earlier

    @pytest.mark.parametrize("before", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-20"])
    def test_show_the_newest_for_an_address_that_says_nothing(self, row: OnboardingRequest, before: str) -> None:
        record(row, "accepted")
        assert "The platform accepted it." in page(sign_in("viewer"), row, f"timeline/?before={before}")


class TestPage:
    def test_has_a_heading_for_each_day_in_local_time(self, row: OnboardingRequest) -> None:
        record(row, "started", at=datetime(2026, 11, 19, 23, 30, tzinfo=UTC))  # half past midnight in Brussels
        record(row, "accepted", at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
        text = page(sign_in("viewer"), row)
        days = re.findall(r'<h3 class="timeline__day">.*?>([^<]+)</time>', text)
        assert days == ["Saturday 21 November 2026", "Friday 20 November 2026"]
        assert ">\n    00:30</time>" in text

    def test_says_who_did_it_and_gives_it_a_class(self, row: OnboardingRequest) -> None:
        record(row, "resumed", actor="staff", by="ann")
        record(row, "accepted", actor="platform")
        text = page(sign_in("viewer"), row)
        assert re.search(r"timeline__line--staff.*?timeline__who\">ann<", text, re.DOTALL)
        assert re.search(r"timeline__line--platform.*?timeline__who\">platform<", text, re.DOTALL)

    def test_has_what_was_said_one_click_away(self, customer: Customer) -> None:
        row = work_until(customer.submit().request, "connected")
        text = page(sign_in("viewer"), row)
        accepted = text[text.index('data-event="accepted"') :]
        more = accepted[accepted.index("<details") : accepted.index("</details>")]
        assert "call: POST /v1/onboarding/entities" in more
        assert "HTTP status: 20" in more
        assert '"vin": "•••••••••••••0000"' in more[more.index("What we sent") : more.index("What came back")]
        assert f'"id": "{row.platform_id}"' in more[more.index("What came back") :]
        assert GUIDES_VIN not in text

    def test_asks_three_times_however_much_happened(self, row: OnboardingRequest) -> None:
        for number in range(60):
            record(row, "progress", at=NOON + timedelta(minutes=number), steps=[["A", "", str(number)]])
            queued_at = NOON + timedelta(minutes=number)
            Mail.objects.create(request=row, key=str(number), kind="receipt", to=EMAIL, queued_at=queued_at)
        with CaptureQueriesContext(connection) as queries:
            assert len(lines_in(story_of(row))) == MOST_SHOWN
        assert len(queries) == 3

    def test_of_a_customer_does_not_use_it(self) -> None:
        words = re.compile(r"from \.+timeline\w* import|onboarding\.desk(?:\.| import )timeline")
        users = {path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.py") if words.search(path.read_text())}
        assert users == {"desk", "templatetags"}


class TestRealRequests:
    def test_have_a_sentence_for_everything(self, customer: Customer) -> None:
        """From the first answer to the end of a withdrawal."""
        row = customer.submit().request
        contact.send_link(row, EMAIL)
        row = work_until(row, "connected")
        withdrawal.withdraw(row, records.ConsentAct("Stop"))
        row = work_until(row, "withdrawn")
        names = set(row.events.values_list("name", flat=True))
        assert {"started", "answered", "consented", "accepted", "offboarding-accepted", "mail-sent"} <= names
        assert [line.words for line in lines_in(story_of(row)) if line.words == line.name] == []


def test_what_is_told_apart_is_known() -> None:
    assert {"steps", "changed", "exchange"} == APART
    assert {kind for kind, _progress in STEPS} == {"CreateEntity", "CreatePermissions", "Connect", ""}
    assert set(ASKED) == {"Redirect", "Consent", ""}
    assert timezone.get_default_timezone_name() == "Europe/Brussels"
