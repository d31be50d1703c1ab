"""One bad row never takes the portal down: whatever stands in a column, put there by SQL, every page still works."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import BinaryField, BooleanField, CharField, DateTimeField, Field, FloatField, ForeignKey, Model
from django.test import Client
from django.utils import timezone, translation

from onboarding.branding import change_brand
from onboarding.branding.brand import current
from onboarding.branding.image_upload import read_logo
from onboarding.catalogue import availability, catalogue, refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent import records, triggers
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import receipt_for
from onboarding.consent.texts import consent_words
from onboarding.delivery.lease import MOST_UNEXPECTED
from onboarding.desk import health
from onboarding.gateway import upstream
from onboarding.intake import draft, withdrawal
from onboarding.jobs.crew import Crew
from onboarding.jobs.work import Work, hand_out
from onboarding.lib import faults, sealed
from onboarding.mail.content import message
from onboarding.models import (
    ActionText,
    Brand,
    BulkJob,
    CatalogueSnapshot,
    Consent,
    ConsentText,
    Fault,
    HelpText,
    Logo,
    Mail,
    OnboardingRequest,
    PlannedOffer,
    PlatformHealth,
    WebhookDelivery,
    Wish,
)
from onboarding.platform_api.errors import RateLimited
from onboarding.request.lifecycle import State
from onboarding.support import bulk
from tests.customers import GUIDES_VIN, Customer, do, work, work_until
from tests.receiver import endpoint
from tests.security.test_images import GOOD_SVG

pytestmark = pytest.mark.django_db(transaction=True)

ON_SQLITE = connection.vendor == "sqlite"
TEXTS = [
    "",
    " ",
    "\x01\x1b",
    "a\r\nb",
    "\u202e",
    "x" * 5000,
    "%s {x} {{ y }} %(z)s",
    "../../x",
    "<script>",
    "9" * 300,
    "javascript:1",
]
NUMBERS = ["0", "-1", "1e-300", "1e308", "'NaN'", "'Infinity'", "'-Infinity'"]
# What SQLite takes anywhere.
ANYTHING = [
    "x'00ff'",
    "CAST(x'ff' AS TEXT)",
    "'a' || char(0) || 'b'",
    "12345",
    "9e999",
    "-9e999",
    "'nonsense'",
    "1.5",
    "''",
]
PAGES = ("type", "manufacturer", "identify", "check")


def values_for(field: Field[Any, Any]) -> list[str]:
    """Write nasty values for a column, as SQL."""
    texts = ["'" + text.replace("'", "''") + "'" for text in TEXTS]
    match field:
        case ForeignKey():
            found = ["99999999"]
        case CharField():
            longest = field.max_length or 5000
            found = sorted({"'" + text.replace("'", "''")[:longest] + "'" for text in TEXTS})
        case BooleanField():
            found = ["TRUE"]
        case FloatField():
            found = NUMBERS
        case BinaryField():
            found = ["''", "'<svg/>'"]
        case DateTimeField():
            found = ["'9999-12-31 23:59:59+00:00'", "'0001-01-01 00:00:00+00:00'"]
        case _:
            found = texts if field.get_internal_type() == "TextField" else ["0", "32767"]
    return found + (ANYTHING if ON_SQLITE else [])


def columns_of(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


MODELS = [Brand, Logo, HelpText, ActionText, PlannedOffer, ConsentText]
# Every value of every column is the long run, as in `test_fuzz`.
IS_LONG, AT_ONCE = "FUZZ_EXAMPLES" in os.environ, 1


def set_by_sql(model: type[Model], column: str, value: str) -> bool:
    """Put a value into a column of every row behind the portal's back; False when the database takes none such."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'UPDATE {model._meta.db_table} SET "{column}" = {value}')  # noqa: S608
            if not ON_SQLITE:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError:
        return False
    cache.clear()
    return True


@pytest.fixture
def furnished(platform: Catalogue) -> None:
    """Store a brand, pictures, words and texts of staff's, all of them in use."""
    logo = change_brand.keep_picture(read_logo(GOOD_SVG))
    Brand.objects.create(pk=1, name="Bright Energy", logo=logo, logo_dark=logo, accent="#0a5546")
    HelpText.objects.create(attribute="vin", label="Number of the car", where="There.", picture=logo)
    HelpText.objects.create(type="EV", label="Car", hint="With a plug.")
    ActionText.objects.create(action="Redirect", headline="Go to {manufacturer}", sentence="Sign in.")
    PlannedOffer.objects.create(type="EV", manufacturer="Lada")
    cache.clear()


@pytest.fixture
def meddler() -> Iterator[None]:
    """Let published texts be changed, as only the owner of the database can; and no foreign key be checked."""
    triggers.take_down(connection)
    with connection.cursor() as cursor:
        if ON_SQLITE:
            cursor.execute("PRAGMA foreign_keys = OFF")
    yield
    if ON_SQLITE:
        for table in ("onboarding_brand", "onboarding_helptext"):
            set_null(table)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = ON")


def set_null(table: str) -> None:
    columns = ("logo_id", "logo_dark_id") if table.endswith("brand") else ("picture_id",)
    with connection.cursor() as cursor:
        for column in columns:
            cursor.execute(f"UPDATE {table} SET {column} = NULL")  # noqa: S608


class Round:
    """Everything that shows what staff stored: each page, the desk, a mail, a receipt and an error."""

    def __init__(self, customer: Customer, desk: Client) -> None:
        customer.submit()
        self.request = work_until(customer.request, "connected")
        self.finished = customer.reference
        self.draft = Customer(customer.client).start()
        self.draft.choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        self.customer, self.desk = customer, desk

    def addresses(self) -> list[str]:
        record = Consent.objects.filter(request=self.request).latest("pk").record_id
        finished = f"/onboarding/{self.finished}"
        return [
            "/",
            *(self.draft.url(page) for page in PAGES),
            f"/onboarding/{self.draft.reference}/not-listed/",
            *(f"{finished}/{page}/" for page in ("status", "device", "consent")),
            f"{finished}/receipts/{record}/",
            f"{finished}/receipts/{record}.pdf",
        ]

    def problems(self, *desk_pages: str) -> list[str]:
        """Say what does not work."""
        cache.clear()
        answers = {url: self.customer.client.get(url).status_code for url in self.addresses()}
        answers |= {url: self.desk.get(url).status_code for url in ("/admin/", *desk_pages)}
        wrong = [f"{url}: {status}" for url, status in answers.items() if status != 200]
        if self.customer.client.get("/nowhere/").status_code != 404:
            wrong.append("the page for what is not there")
        mail = Mail(pk=1, kind="connected", to="ann@example.org", request=self.request, language="en")
        if not message(mail, "https://x.org").message().as_bytes():
            wrong.append("the mail")
        with translation.override("en"):
            record = Consent.objects.filter(request=self.request).latest("pk")
            if not receipt_pdf(receipt_for(record), look=current()).startswith(b"%PDF"):
                wrong.append("the receipt")
        return wrong


@pytest.fixture
def everything(customer: Customer, furnished: None, admin_client: Client, meddler: None) -> Round:
    admin_client.raise_request_exception = customer.client.raise_request_exception = False
    return Round(customer, admin_client)


def mending_pages(model: type[Model]) -> list[str]:
    """Return the addresses where staff would mend rows of this kind."""
    name = model._meta.model_name
    if model in {Logo, Brand}:
        return ["/admin/onboarding/brand/1/change/"]
    rows = model._default_manager.values_list("pk", flat=True)
    return [f"/admin/onboarding/{name}/", *(f"/admin/onboarding/{name}/{key}/change/" for key in rows[:2])]


class TestEveryColumn:
    @pytest.mark.parametrize("model", MODELS)
    def test_may_hold_nonsense(self, everything: Round, model: type[Model]) -> None:
        broken, tried = [], 0
        for place, field in enumerate(columns_of(model)):
            before = list(model._default_manager.values_list("pk", field.attname))
            values = values_for(field)
            chosen = values if IS_LONG else [values[(place + turn) % len(values)] for turn in range(AT_ONCE)]
            for value in chosen:
                if set_by_sql(model, str(field.column), value):
                    tried += 1
                    # Whoever can change a published text behind our back has to put it right there too.
                    pages = [] if model is ConsentText else mending_pages(model)
                    broken += [f"{field.name} {value[:40]}: {problem}" for problem in everything.problems(*pages)]
                for key, old in before:
                    model._default_manager.filter(pk=key).update(**{field.attname: old})
        print(f"{model.__name__}: {tried} values")  # noqa: T201
        assert broken == []


class TestBrokenRow:
    def test_makes_room_for_the_portals_own(self, everything: Round) -> None:
        set_by_sql(Logo, "ratio", "9e999" if ON_SQLITE else "'Infinity'")
        page = everything.customer.client.get("/").content.decode()
        assert "img/logo.svg" in page
        assert "Bright Energy" in page

    def test_keeps_what_is_whole_in_it(self, everything: Round) -> None:
        set_by_sql(Brand, "accent", "'#zzzzzz'")
        page = everything.customer.client.get("/").content.decode()
        assert "Bright Energy" in page
        assert "/static/css/portal.css" in page

    def test_is_told_to_staff_once(self, everything: Round, caplog: pytest.LogCaptureFixture) -> None:
        set_by_sql(Brand, "accent", "'#zzzzzz'")
        with caplog.at_level(logging.ERROR):
            for _turn in range(5):
                everything.customer.client.get("/")
                cache.delete("onboarding.brand")
        assert caplog.text.count("Brand 1 is broken (accent)") == 1
        assert "brand 1: accent colour" in everything.desk.get("/admin/").content.decode()

    def test_of_a_picture_whose_content_is_another_is_not_shown(self, everything: Round) -> None:
        logo = Logo.objects.get()
        set_by_sql(Logo, "content", "x'00'" if ON_SQLITE else "'\\x00'")
        assert everything.customer.client.get(f"/brand/logo/{logo.sha256}/").status_code == 404
        assert "img/logo.svg" in everything.customer.client.get("/").content.decode()
        assert "brand 1: logo" in everything.desk.get("/admin/").content.decode()

    def test_can_be_mended_at_the_desk(self, everything: Round) -> None:
        set_by_sql(Brand, "accent", "'#zzzzzz'")
        set_by_sql(Logo, "ratio", "9e999" if ON_SQLITE else "'Infinity'")
        url = "/admin/onboarding/brand/1/change/"
        assert everything.desk.post(url, {"name": "Bright", "accent": "#0a5546"}).status_code == 302
        for row in HelpText.objects.exclude(picture=None):
            data = {"attribute": row.attribute, "label": row.label, "where": row.where}
            assert everything.desk.post(f"/admin/onboarding/helptext/{row.pk}/change/", data).status_code == 302
        assert "well" in everything.desk.get("/admin/").content.decode()
        assert health_of("Brand and words") == ""

    def test_of_a_published_text_makes_room_for_the_portals(self, everything: Round) -> None:
        set_by_sql(ConsentText, "statement", "''")
        assert everything.draft.get("check").status_code == 200
        everything.draft.consent()
        record = Consent.objects.latest("pk")
        assert everything.draft.request.state != "draft"
        assert (record.text, record.version) == (None, "2026-11-28")
        assert record.is_intact


def health_of(title: str) -> str:
    return next(sign.trouble for sign in health.read_signs(timezone.now()) if str(sign.title) == title)


def set_by_key(model: type[Model], key: int, **columns: str) -> None:
    with connection.cursor() as cursor:
        for column, value in columns.items():
            cursor.execute(f'UPDATE {model._meta.db_table} SET "{column}" = {value} WHERE id = {key}')  # noqa: S608


def followed(customer: Customer) -> OnboardingRequest:
    request = Customer(customer.client).submit().request
    work_until(request, "following", "connected")
    OnboardingRequest.objects.filter(pk=request.pk).update(state="following", due_at=timezone.now())
    return request


def agreed() -> OnboardingRequest:
    """Store what a customer's answers and consent do, without the pages."""
    request = draft.start(browser="b", language="en")
    request.type, request.manufacturer, request.attributes = "EV", "Audi", {"vin": GUIDES_VIN}
    request.save()
    draft.give_consent(request, consent_words(type="EV", device="Car", manufacturer="Audi"), records.ConsentAct("yes"))
    return request


class Surprise(Exception):
    """What nobody expected."""


@pytest.fixture
def surprising(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let a function fail for one row, in a way that no code of ours knows."""

    def surprise(path: str, key: int) -> None:
        module, _dot, name = path.rpartition(".")
        owner = __import__(module, fromlist=[name])
        usual = getattr(owner, name)

        def failing(first: Any, *more: Any, **named: Any) -> Any:
            if getattr(first, "pk", None) == key:
                raise Surprise
            return usual(first, *more, **named)

        monkeypatch.setattr(owner, name, failing)

    return surprise


class TestLoop:
    @pytest.mark.parametrize(
        ("state", "path"),
        [
            (State.QUEUED, "onboarding.delivery.submission.send"),
            (State.FOLLOWING, "onboarding.delivery.tracking.check"),
            (State.WITHDRAWING, "onboarding.delivery.offboarding.let_go"),
            (State.UNKNOWN, "onboarding.delivery.look_up._conclude"),
        ],
    )
    def test_of_requests_lets_one_rest_and_hands_it_to_staff_once(
        self, customer: Customer, surprising: Callable[[str, int], None], state: State, path: str
    ) -> None:
        request = followed(customer)
        OnboardingRequest.objects.filter(pk=request.pk).update(state=state, withdrawn_at=None)
        surprising(path, request.pk)
        tries = 0
        for _turn in range(10):
            work()
            row = OnboardingRequest.objects.get(pk=request.pk)
            if row.needs_staff:
                break
            tries += 1
            assert row.due_at
            assert row.due_at > timezone.now()
            assert row.lease == ""
            OnboardingRequest.objects.filter(pk=row.pk).update(due_at=timezone.now())
        work()
        assert tries == MOST_UNEXPECTED - 1
        assert (row.needs_staff, row.due_at, row.trouble, row.is_with_staff) == (
            "unexpected",
            None,
            "Surprise",
            True,
        )
        assert row.events.filter(name="needs-staff").count() == 1
        assert "Surprise" in health_of("The portal itself")

    def test_of_many_requests_goes_on_after_one(
        self, customer: Customer, surprising: Callable[[str, int], None]
    ) -> None:
        rows = [followed(customer) for _turn in range(3)]
        OnboardingRequest.objects.filter(pk__in=[row.pk for row in rows]).update(
            state="unknown", platform_id="", due_at=timezone.now()
        )
        surprising("onboarding.delivery.look_up._conclude", rows[0].pk)
        work()
        states = {row.pk: OnboardingRequest.objects.get(pk=row.pk) for row in rows}
        assert states[rows[0].pk].trouble == "Surprise"
        assert all(states[row.pk].trouble != "Surprise" and not states[row.pk].lease for row in rows[1:])

    def test_of_consents_that_end_goes_on_after_one(
        self, customer: Customer, surprising: Callable[[str, int], None]
    ) -> None:
        rows = [work_until(followed(customer), "connected") for _turn in range(3)]
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() - timedelta(days=1))
        surprising("onboarding.intake.withdrawal.newest", rows[0].pk)
        assert withdrawal.end_expired_consents() >= 2
        assert [OnboardingRequest.objects.get(pk=row.pk).withdrawn_at is not None for row in rows] == [
            False,
            True,
            True,
        ]
        for _turn in range(5):
            withdrawal.end_expired_consents()
        assert OnboardingRequest.objects.get(pk=rows[0].pk).needs_staff == "unexpected"
        assert Fault.objects.get(room="end_expired_consents").times == MOST_UNEXPECTED
        cache.clear()  # as after an hour
        withdrawal.end_expired_consents()
        assert Fault.objects.get(room="end_expired_consents").times == MOST_UNEXPECTED + 1

    def test_of_consents_ends_what_another_duty_set_aside(self, customer: Customer) -> None:
        request = followed(customer)
        yesterday = timezone.now() - timedelta(days=1)
        rows = OnboardingRequest.objects.filter(pk=request.pk)
        rows.update(needs_staff="unexpected", due_at=None, consent_ends_at=yesterday)
        assert withdrawal.end_expired_consents() == 1
        assert rows.get().state == "withdrawing"

    @pytest.mark.parametrize("state", ["unknown", "sending"])
    def test_that_set_a_request_aside_takes_it_up_when_consent_is_taken_back(
        self, customer: Customer, state: str
    ) -> None:
        request = followed(customer)
        rows = OnboardingRequest.objects.filter(pk=request.pk)
        rows.update(state=state, platform_id="", due_at=None, needs_staff="unexpected")
        withdrawal.withdraw(request, records.ConsentAct("I take it back"))
        assert rows.get().needs_staff == ""
        assert work_until(request, "withdrawn").needs_staff == ""

    def test_that_found_several_leaves_them_to_staff(self, customer: Customer) -> None:
        request = followed(customer)
        rows = OnboardingRequest.objects.filter(pk=request.pk)
        rows.update(state="unknown", platform_id="", due_at=None, needs_staff="several")
        withdrawal.withdraw(request, records.ConsentAct("I take it back"))
        assert (rows.get().needs_staff, rows.get().due_at) == ("several", None)

    @pytest.mark.parametrize("is_sealed", [True, False])
    @pytest.mark.parametrize("attributes", ["[]", '"x"', "null", '["vin"]', "[1"])
    @pytest.mark.parametrize(("state", "count"), [("unknown", 3), ("following", 12)])
    def test_of_many_requests_goes_on_beside_one_that_is_broken(
        self, platform: Catalogue, monkeypatch: Any, state: str, count: int, attributes: str, is_sealed: bool
    ) -> None:
        rows = [agreed() for _turn in range(count)]
        for row in rows:
            work_until(row, "following", "connected")
        OnboardingRequest.objects.update(state=state, checked_at=None, lease="", due_at=timezone.now())
        if state == "unknown":
            OnboardingRequest.objects.update(platform_id="")
        monkeypatch.setattr("onboarding.platform_api.resources.link", lambda _value: "")  # no return URLs
        if is_sealed:
            attributes = sealed.seal(attributes, ("onboarding_onboardingrequest", "attributes", rows[0].reference))
        set_by_key(OnboardingRequest, rows[0].pk, attributes=f"'{attributes}'")
        for _turn in range(3):
            work()
        others = OnboardingRequest.objects.exclude(pk=rows[0].pk)
        assert not others.exclude(trouble="").exists()
        assert not others.exclude(lease="").exists()
        if state == "following":
            assert not others.filter(checked_at=None).exists()
        else:
            assert not others.filter(state="unknown", needs_staff="").exists()

    @pytest.mark.parametrize("keys", ['["x"]', '{"a": 1}', '"abc"', "[null]", "[1e400]", "7", '[["a"]]'])
    def test_of_bulk_jobs_ends_one_that_is_broken(self, customer: Customer, keys: str) -> None:
        customer.submit()
        jobs = [
            bulk.start_bulk("add_note", [customer.request.pk], by="ann", page=p, detail={"note": "n"}) for p in "ab"
        ]
        if not set_json(BulkJob, jobs[0].pk, "keys", keys):
            return
        for _turn in range(3):
            work()
        assert [bool(BulkJob.objects.get(pk=job.pk).finished_at) for job in jobs] == [True, True]
        assert BulkJob.objects.get(pk=jobs[1].pk).done == 1
        assert BulkJob.objects.get(pk=jobs[0].pk).failed + BulkJob.objects.get(pk=jobs[0].pk).skipped >= 1

    def test_of_webhooks_backs_off_whatever_fails(self, customer: Customer, monkeypatch: Any) -> None:
        endpoint()
        customer.submit()
        delivery = WebhookDelivery.objects.latest("pk")

        def surprise(*_given: Any, **_named: Any) -> None:
            raise Surprise

        monkeypatch.setattr("onboarding.webhooks.sender.send", surprise)
        do(delivery)
        delivery.refresh_from_db()
        assert delivery.due_at
        assert delivery.due_at > timezone.now()
        assert delivery.lease == ""
        assert delivery.attempts.get().trouble == "Surprise"
        assert "did not arrive" in health_of("Webhooks")

    def test_of_the_catalogue_keeps_the_old_list(self, platform: Catalogue, monkeypatch: Any) -> None:
        def surprise(*_given: Any, **_named: Any) -> None:
            raise Surprise

        monkeypatch.setattr("onboarding.platform_api.client.Client.list_types", surprise)
        assert not refresh.refresh_catalogue()
        assert CatalogueSnapshot.objects.get().trouble == "Surprise"
        assert CatalogueSnapshot.objects.get().offers
        assert "Surprise" in health_of("The portal itself")

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            *(("offers", v) for v in ('[{"nonsense": 1}]', '{"EV": ["Audi"]}', "[1]", "null", '"x"')),
            *(("paces", v) for v in ("[1]", "{}", "null", '[{"nonsense": 1}]')),
        ],
    )
    def test_of_the_catalogue_heals_a_copy_that_is_broken(
        self, customer: Customer, admin_client: Client, column: str, value: str
    ) -> None:
        customer.start().choose("EV", "Audi")
        if not set_json(CatalogueSnapshot, CatalogueSnapshot.objects.get().pk, column, value):
            return
        cache.clear()
        catalogue.forget()
        for client, page in (
            (customer.client, "/"),
            (customer.client, customer.url("type")),
            (admin_client, "/admin/"),
        ):
            assert client.get(page).status_code in {200, 503}
        assert refresh.refresh_catalogue()
        availability.measure_manufacturers()
        catalogue.forget()
        assert customer.get("manufacturer").status_code == 200
        assert catalogue.load().find("EV", "Audi")

    def test_of_wishes_goes_on_after_one(self, platform: Catalogue, surprising: Callable[[str, int], None]) -> None:
        wishes = [
            Wish.objects.create(type="EV", manufacturer="Audi", contact_email=f"{name}@example.org", language="en")
            for name in "abc"
        ]
        # The key of the first one's mail is taken by a row that cannot be read.
        Mail.objects.create(key=f"wish:{wishes[0].pk}:0", kind="available", wish=wishes[0])
        with faults.contained("test"):
            refresh.refresh_catalogue()
        assert Mail.objects.filter(wish__in=wishes[1:]).count() == 2

    def test_of_measuring_goes_on_after_one(self, customer: Customer, monkeypatch: Any) -> None:
        from onboarding.catalogue import connection_times

        work_until(followed(customer), "connected")
        usual = connection_times.measure

        def surprise(kind: str, maker: str, *more: Any, **named: Any) -> Any:
            if maker == "Audi":
                raise Surprise
            return usual(kind, maker, *more, **named)

        monkeypatch.setattr("onboarding.catalogue.connection_times.measure", surprise)
        availability.measure_manufacturers()
        assert "Surprise" in health_of("The portal itself")

    def test_of_a_workers_round_is_said_and_holds_up_no_other(self, db: None) -> None:
        def fail() -> None:
            raise Surprise

        def fail_to_claim() -> str:
            raise Surprise

        def lose_the_database() -> str:
            raise InterfaceError

        done: list[str] = []
        crew = Crew(threading.Event(), longest=lambda: 9.0, on_lost=lambda _lost: None)
        works = [
            Work("fail", fail, lane="requests"),
            Work("fail_to_claim", done.append, claim=fail_to_claim, lane="requests"),
            Work("lose_the_database", done.append, claim=lose_the_database, lane="requests"),
            Work("lose_it_later", lose_the_database, lane="requests"),
            Work("good", done.append, claim=lambda: "token", lane="requests"),
        ]
        assert hand_out(works, crew)
        assert done == ["token"]
        assert "fail: Surprise" in health_of("The portal itself")
        assert "fail_to_claim: Surprise" in health_of("The portal itself")


class TestSign:
    def test_of_webhooks_tells_of_those_that_nobody_sends(self, customer: Customer) -> None:
        endpoint()
        customer.submit()
        assert health_of("Webhooks") == ""
        WebhookDelivery.objects.update(due_at=timezone.now() - timedelta(days=2), failures=0)
        assert "did not arrive" in health_of("Webhooks")

    def test_of_words_looks_at_what_is_planned_anew(self, platform: Catalogue) -> None:
        PlannedOffer.objects.create(type="EV", manufacturer="Lada")
        set_by_sql(PlannedOffer, "kind", "'nonsense'")
        assert "kind" in health_of("Brand and words")
        PlannedOffer.objects.update(kind="planned")
        assert health_of("Brand and words") == ""

    def test_of_the_platform_tells_of_a_first_long_pause(self, platform: Catalogue) -> None:
        PlatformHealth.objects.all().delete()
        with suppress(RateLimited), upstream.platform():
            raise RateLimited(retry_after=86400.0)
        assert "pause" in health_of("Platform")
        with pytest.raises(upstream.NotNow), upstream.platform():
            pass


def set_json(model: type[Model], key: int, column: str, value: str) -> bool:
    cast = "" if ON_SQLITE else "::jsonb"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET {column} = %s{cast} WHERE id = %s",  # noqa: S608
                [value, key],
            )
    except DatabaseError:
        return False
    return True
