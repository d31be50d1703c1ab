"""A browser that translates pages leaves codes, numbers and names as they are."""

from html.parser import HTMLParser

import pytest

from tests.customers import GUIDES_VIN, Customer

VOID = {"input", "img", "br", "meta", "link", "hr"}


class Translated(HTMLParser):
    """Collects the texts that a browser may translate."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.marks: list[bool] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.marks.append(dict(attributes).get("translate") == "no" or tag in {"script", "style", "title"})

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.marks.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.marks):
            self.texts.append(data)


def translated(customer: Customer, path: str) -> str:
    return " ".join(Translated(customer.client.get(path).content.decode()).texts)


@pytest.fixture
def connected(customer: Customer) -> Customer:
    customer.submit()
    return customer


class TestTranslation:
    def test_leaves_what_was_entered(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        page = translated(customer, customer.url("check"))
        assert "Electric car" in page
        assert GUIDES_VIN not in page
        answers = page.partition("Device")[2].partition("What you agree to")[0]
        assert "Electric car" in answers
        assert "Audi" not in answers

    def test_leaves_the_code_for_support(self, connected: Customer) -> None:
        page = translated(connected, connected.url("status"))
        assert "Support code" in page
        assert connected.request.spoken_support_code not in page

    def test_leaves_the_number_of_a_device(self, connected: Customer) -> None:
        assert GUIDES_VIN not in translated(connected, connected.url("device"))

    def test_leaves_the_proof_of_a_receipt(self, connected: Customer) -> None:
        record = connected.request.consents.get()
        page = translated(connected, connected.url("receipts") + f"{record.record_id}/")
        assert "Fingerprint of the words" in page
        for kept in (GUIDES_VIN, record.sha256, str(record.record_id)):
            assert kept not in page

    def test_leaves_names_of_manufacturers(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = translated(customer, customer.url("manufacturer"))
        assert "Which brand is your car?" in page
        assert "Audi" not in page
        customer.post("manufacturer", manufacturer="Audi")
        assert "Audi" not in translated(customer, "/devices/")

    def test_leaves_examples(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        page = translated(customer, customer.url("identify"))
        assert "For example:" in page
        assert "WA1DMAFE0D0000000" not in page
