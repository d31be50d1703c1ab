"""A customer with a plain browser, and the worker that serves them, for tests within one process."""

from datetime import timedelta
from http import HTTPStatus

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from onboarding.delivery import dispatch, lease
from onboarding.jobs.lease import Lease
from onboarding.mail import outbox
from onboarding.models import BulkJob, Campaign, Mail, OnboardingRequest, WebhookDelivery
from onboarding.portal import pages
from onboarding.support import bulk, campaign_work
from onboarding.webhooks.outbox import deliver

FIRST = "/start/type/"
GUIDES_VIN = "WA1DMAFE0D0000000"
TASKS = {
    OnboardingRequest: dispatch.advance,
    Mail: outbox.send_mail,
    BulkJob: bulk.run_bulk,
    Campaign: campaign_work.run_campaign,
    WebhookDelivery: deliver,
}


class Customer:
    """Answers the wizard's pages as a browser without scripts would.

    Their request begins with the first answer. Who asks for it before one was given gets one that connects a car.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.begun = ""

    @property
    def reference(self) -> str:
        if not self.begun:
            self.post("type", type="EV")
        return self.begun

    @reference.setter
    def reference(self, reference: str) -> None:
        self.begun = reference

    @property
    def request(self) -> OnboardingRequest:
        return OnboardingRequest.objects.get(reference=self.reference)

    def start(self) -> "Customer":
        assert self.client.post("/start/").headers["Location"] == FIRST
        self.begun = ""
        return self

    def start_unanswered(self) -> "Customer":
        """Be at a draft without any answer, as there are from earlier days."""
        OnboardingRequest.objects.filter(reference=self.start().reference).update(type="")
        return self

    def url(self, page: str) -> str:
        return f"/onboarding/{self.reference}/{page}/"

    def get(self, page: str, **headers: str) -> HttpResponse:
        return self.client.get(self._page(page), headers=headers)

    def post(self, page: str, **answers: object) -> HttpResponse:
        named = {name.replace("__", "."): value for name, value in answers.items()}
        response = self.client.post(self._page(page), named)
        if not self.begun and response.status_code == HTTPStatus.FOUND:
            self.begun = response.headers["Location"].split("/")[2]
        return response

    def _page(self, page: str) -> str:
        return FIRST if page == "type" and not self.begun else self.url(page)

    def choose(self, type: str, manufacturer: str) -> "Customer":
        self.post("type", type=type)
        self.post("manufacturer", manufacturer=manufacturer)
        return self

    def consent(self) -> HttpResponse:
        return self.post("check", consent="on", page_sha256=pages.page_sha256(self.request))

    def submit(self, type: str = "EV", manufacturer: str = "Audi", **attributes: str) -> "Customer":
        """Go from the start page to consent; a car with the guide's VIN unless told otherwise."""
        self.start().choose(type, manufacturer)
        if attributes := attributes or ({"vin": GUIDES_VIN} if type == "EV" else {}):
            self.post("identify", **attributes)
        self.consent()
        assert self.request.state != "draft"
        return self


def work() -> None:
    """Do what a worker does in one round: all that is due by now, but for webhooks."""
    for claim, do in (
        (lease.claim, dispatch.advance),
        (outbox.claim, outbox.send_mail),
        (bulk.claim, bulk.run_bulk),
        (campaign_work.claim, campaign_work.run_campaign),
    ):
        for token in list(iter(claim, "")):
            do.call(token)


def claim(row: Lease) -> str:
    """Lease this one row as a worker would; return its token, "" when it is not due or somebody holds it."""
    rows = type(row)
    return rows.claim(rows.due(timezone.now()).filter(pk=row.pk), holds=timedelta(minutes=1))


def claimed(row: OnboardingRequest) -> OnboardingRequest:
    """Be a worker that has just claimed this request."""
    [request] = lease.claimed(claim(row))
    return request


def do(row: Lease) -> None:
    """Do the next thing for this one row, if it is due and nobody holds it."""
    TASKS[type(row)].call(claim(row))


def let_time_pass(request: OnboardingRequest, seconds: float = 3600.0) -> None:
    """Make everything that waits for a moment within so many seconds due now."""
    row = OnboardingRequest.objects.get(pk=request.pk)
    ago = timedelta(seconds=seconds)
    for name in ("due_at", "settles_at", "lease_expires_at"):
        if value := getattr(row, name):
            setattr(row, name, value - ago)
    row.save()


def work_until(request: OnboardingRequest, *states: str, rounds: int = 40) -> OnboardingRequest:
    """Work, and let time pass, until the request is in one of the states."""
    for _round in range(rounds):
        work()
        row = OnboardingRequest.objects.get(pk=request.pk)
        if row.state in states:
            return row
        let_time_pass(row)
    raise AssertionError(f"The request stays {row.state} ({row.trouble or row.status}); wanted {states}.")
