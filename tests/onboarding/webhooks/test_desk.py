"""The desk's pages of endpoints: added with a secret that is shown once, changed, tried, paused and taken away."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.models import Event, OnboardingRequest, WebhookDelivery, WebhookEndpoint
from tests.desk import sign_in
from tests.onboarding.webhooks.test_outbox import sweep, tell
from tests.receiver import Receiver, answer, endpoint

pytestmark = pytest.mark.django_db

LIST = "/admin/onboarding/webhookendpoint/"
FORM = {"name": "CRM", "address": "https://crm.example.org/hooks/key-7", "contact_address": "it@crm.example"}


@pytest.fixture
def admin(db: None) -> Client:
    return sign_in("superuser")


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def row() -> WebhookEndpoint:
    return WebhookEndpoint.objects.get()


def names() -> list[str]:
    """List what is on the record, and see that all of it is the colleague's and belongs to no request."""
    events = list(Event.objects.order_by("pk"))
    assert {(event.actor, event.by, event.request) for event in events} == {("staff", "superuser-ann", None)}
    return [event.name for event in events]


def press(admin: Client, button: str, which: WebhookEndpoint) -> str:
    return admin.post(f"{LIST}{which.pk}/{button}/", follow=True).content.decode()


class TestAdding:
    def test_stores_it_and_shows_its_secret_in_this_answer_only(self, admin: Client) -> None:
        told = {"told": ["request.connected", "device.ended"]}
        page = admin.post(f"{LIST}add/", FORM | told).content.decode()
        stored = row()
        assert (stored.name, stored.url, stored.contact) == ("CRM", FORM["address"], FORM["contact_address"])
        assert stored.kinds.split() == ["request.connected", "device.ended"]
        assert re.findall(r"whsec_[\w+/=]+", page) == [stored.secret]
        assert names() == ["endpoint-added", "revealed"]
        later = admin.get(f"{LIST}{stored.pk}/change/").content.decode()
        assert "whsec_" not in later
        assert "key-7" not in later

    @pytest.mark.parametrize(
        "wrong",
        [
            {"address": "http://crm.example.org/"},
            {"address": "https://user:word@crm.example.org/"},
            {"address": ""},
            {"contact_address": "nobody"},
            {"name": ""},
            {"told": ["request.unknown"]},
        ],
    )
    def test_says_what_is_wrong_and_stores_nothing(self, admin: Client, wrong: dict[str, object]) -> None:
        page = admin.post(f"{LIST}add/", FORM | wrong).content.decode()
        assert "errorlist" in page
        assert not WebhookEndpoint.objects.exists()

    def test_is_done_once_for_each_page_however_often_it_is_sent(self, admin: Client) -> None:
        page = admin.get(f"{LIST}add/").context["adminform"].form.initial["page"]
        sent = [admin.post(f"{LIST}add/", FORM | {"page": str(page)}).content.decode() for _time in range(2)]
        assert row().key == page
        assert row().secret in sent[0]
        assert "It is added already." in sent[1]

    def test_takes_no_http_in_production(self, admin: Client, settings: Settings) -> None:
        local = FORM | {"address": "http://127.0.0.1:9000/"}
        settings.IS_PRODUCTION = True
        assert "begins with https://" in admin.post(f"{LIST}add/", local).content.decode()
        settings.IS_PRODUCTION = False
        admin.post(f"{LIST}add/", local)
        assert row().url == "http://127.0.0.1:9000/"

    def test_asks_who_is_there_first(self, admin: Client, settings: Settings) -> None:
        settings.STAFF_SECOND_FACTOR = True
        assert admin.post(f"{LIST}add/", FORM).status_code in {302, 403}
        assert not WebhookEndpoint.objects.exists()

    def test_offers_what_can_be_told_in_the_colleagues_language(self, admin: Client) -> None:
        pages = [
            admin.get(f"{LIST}add/", headers={"Accept-Language": code}).content.decode() for code in ("en", "nl", "de")
        ]
        for kind in WebhookDelivery.Kind.values:
            labels = {re.search(rf"([^>]*) \({re.escape(kind)}\)", page)[1].strip() for page in pages}  # type: ignore[index]
            assert len(labels) == 3, labels


class TestChanging:
    def test_keeps_an_address_that_is_not_entered_anew(self, admin: Client) -> None:
        which = endpoint(contact="it@crm.example", kinds="request.failed")
        admin.post(f"{LIST}{which.pk}/change/", FORM | {"name": "Sales", "address": ""})
        assert (row().name, row().url, row().kinds, row().secret) == ("Sales", which.url, "", which.secret)
        assert names() == ["endpoint-changed"]

    def test_leaves_what_a_worker_wrote_meanwhile(self, admin: Client) -> None:
        which = endpoint(contact="it@crm.example", paused_at=timezone.now(), pause_reason="gone")
        admin.post(f"{LIST}{which.pk}/change/", FORM)
        assert (row().url, row().pause_reason) == (FORM["address"], "gone")

    def test_counts_from_the_next_announcement(self, admin: Client, crm: Receiver) -> None:
        which = endpoint(crm.url, contact="it@crm.example")
        request = OnboardingRequest.objects.create(browser="b")
        tell(request, WebhookDelivery.Kind.CREATED)
        admin.post(f"{LIST}{which.pk}/change/", FORM | {"address": "", "told": ["device.quiet"]})
        tell(request, WebhookDelivery.Kind.CONNECTED)
        assert WebhookDelivery.objects.count() == 1

    def test_can_begin_where_the_address_does_not_open(self, admin: Client, settings: Settings) -> None:
        which = endpoint(contact="it@crm.example")
        settings.DATA_KEYS = [settings.INDEX_KEY]
        page = admin.get(f"{LIST}{which.pk}/change/").content.decode()
        assert "cannot be read" in page
        admin.post(f"{LIST}{which.pk}/change/", FORM)
        assert (row().url, row().contact) == (FORM["address"], FORM["contact_address"])


class TestTest:
    def test_is_sent_at_once_and_shows_the_answer(self, admin: Client, crm: Receiver) -> None:
        which = endpoint(crm.url)
        crm.answers = [answer(202, "<b>stored</b> for jan@mail.example")]
        page = press(admin, "test", which)
        assert "The test arrived. The answer: 202 &lt;b&gt;stored&lt;/b&gt;" in page
        assert "jan@mail.example" not in page
        assert len(crm.got) == 1
        assert names() == ["endpoint-tested"]
        assert Event.objects.get().detail["status"] == 202

    @pytest.mark.parametrize(("status", "words"), [(500, "500 out of order"), (301, "301 out of order")])
    def test_says_what_was_refused(self, admin: Client, crm: Receiver, status: int, words: str) -> None:
        crm.answers = [answer(status, "out of order", Location="http://127.0.0.1:1/")]
        assert f"was refused: {words}" in press(admin, "test", endpoint(crm.url))

    def test_says_that_nobody_is_there(self, admin: Client) -> None:
        assert "was refused: ConnectError" in press(admin, "test", endpoint())

    def test_changes_nothing_of_a_paused_one(self, admin: Client, crm: Receiver) -> None:
        which = endpoint(crm.url, paused_at=timezone.now(), pause_reason="gone")
        assert "The test arrived" in press(admin, "test", which)
        assert not row().is_active
        assert not WebhookDelivery.objects.exists()


class TestSecret:
    def test_is_shown_to_who_presses_and_that_is_a_disclosure(self, admin: Client) -> None:
        which = endpoint()
        page = admin.post(f"{LIST}{which.pk}/reveal/", {"secret": "secret"}).content.decode()
        assert which.secret.replace("+", "+") in page
        assert names() == ["revealed"]
        disclosures = admin.get("/admin/onboarding/disclosure/").content.decode()
        assert "superuser-ann looked at: signing secret." in disclosures
        assert f"webhookendpoint {which.pk}" in disclosures

    def test_is_replaced_and_the_new_one_shown(self, admin: Client) -> None:
        which = endpoint()
        page = press(admin, "renew", which)
        assert row().secret in page
        assert row().secret != which.secret == row().previous_secret
        assert names() == ["endpoint-secret-renewed", "revealed"]

    def test_is_replaced_once_however_often_that_is_pressed(self, admin: Client) -> None:
        which = endpoint()
        pages = [press(admin, "renew", which) for _time in range(2)]
        assert row().signing_secrets(timezone.now()) == [row().secret, which.secret]
        assert all(row().secret in page for page in pages)

    def test_is_replaced_where_it_does_not_open(self, admin: Client) -> None:
        which = endpoint()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE onboarding_webhookendpoint SET secret = 'broken'")
        page = press(admin, "renew", which)
        assert row().secret in page
        assert row().signing_secrets(timezone.now()) == [row().secret]

    def test_of_before_stops_nothing_where_it_does_not_open(self, admin: Client) -> None:
        which = endpoint()
        press(admin, "renew", which)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE onboarding_webhookendpoint SET previous_secret = 'broken'")
        assert row().signing_secrets(timezone.now()) == [row().secret]

    def test_of_before_can_be_ended(self, admin: Client) -> None:
        which = endpoint()
        press(admin, "renew", which)
        assert "Let only the new one sign" in admin.get(f"{LIST}{which.pk}/change/").content.decode()
        assert "the new secret signs alone" in press(admin, "end-previous", which)
        assert (row().previous_secret, row().previous_ends_at) == ("", None)


class TestPausing:
    def test_and_going_on_say_so(self, admin: Client, crm: Receiver) -> None:
        which = endpoint(crm.url)
        assert "What it is to be told waits." in press(admin, "pause", which)
        tell(OnboardingRequest.objects.create(browser="b"))
        assert "by a colleague" in admin.get(LIST).content.decode()
        assert "CRM is paused" in admin.get("/admin/").content.decode()
        assert "What waited is sent now." in press(admin, "go-on", which)
        sweep()
        assert len(crm.got) == 1
        assert "CRM is paused" not in admin.get("/admin/").content.decode()


class TestTakingAway:
    def test_asks_first_and_keeps_the_log(self, admin: Client) -> None:
        which = endpoint()
        delivery = tell(OnboardingRequest.objects.create(browser="b"))
        url = f"{LIST}{which.pk}/delete/"
        assert "Take “CRM” away?" in admin.get(url).content.decode()
        admin.post(url, {"post": "yes"})
        assert names() == ["endpoint-removed"]
        assert "CRM" not in re.sub(
            r"<ul class=.messagelist.*?</ul>", "", admin.get(LIST).content.decode(), flags=re.DOTALL
        )
        assert admin.get(f"{LIST}{which.pk}/change/", follow=True).redirect_chain
        page = admin.get(f"/admin/onboarding/webhookdelivery/{delivery.pk}/change/").content.decode()
        assert "its endpoint was taken away" in page
        assert "CRM" in page


class TestLog:
    @pytest.mark.parametrize(
        "asked",
        [
            "endpoint__secret__startswith=w",
            "endpoint__url__contains=crm",
            "endpoint__deliveries__request__browser__startswith=b",
            "kind__startswith=request",
        ],
    )
    def test_is_filtered_by_nothing_that_its_filters_do_not_offer(self, admin: Client, asked: str) -> None:
        endpoint()
        tell(OnboardingRequest.objects.create(browser="b"))
        assert admin.get(f"/admin/onboarding/webhookdelivery/?{asked}").status_code == 400

    def test_is_filtered_by_endpoint(self, admin: Client) -> None:
        which, other = endpoint(), endpoint(name="Billing", kinds="device.quiet")
        request = OnboardingRequest.objects.create(browser="b")
        tell(request, WebhookDelivery.Kind.CREATED)
        log = "/admin/onboarding/webhookdelivery/"
        code = request.spoken_support_code
        assert code in admin.get(log, {"endpoint__id__exact": which.pk}).content.decode()
        assert code not in admin.get(log, {"endpoint__id__exact": other.pk}).content.decode()
