"""Page or fragment: the same address, view and context for both."""

from tests.customers import Customer

HTMX = {"HX-Request": "true", "HX-Boosted": "true"}


class TestRenderPanel:
    def test_gives_a_plain_browser_the_page(self, customer: Customer) -> None:
        content = customer.start().get("type").content.decode()
        assert content.startswith("<!doctype html>")
        assert "HX-Push-Url" not in customer.get("type").headers

    def test_gives_htmx_the_panel_of_the_same_page(self, customer: Customer) -> None:
        customer.start()
        page, fragment = customer.get("type"), customer.get("type", **HTMX)
        content = fragment.content.decode()
        assert content.startswith("<title>What would you like to connect?")
        assert "<html" not in content
        assert content.count("<h1") == 1
        assert fragment.headers["HX-Push-Url"] == "/start/type/"
        assert 'name="type" value="EV"' in content
        assert 'name="type" value="EV"' in page.content.decode()

    def test_gives_the_page_when_history_is_restored(self, customer: Customer) -> None:
        restored = customer.start().get("type", **HTMX, **{"HX-History-Restore-Request": "true"})
        assert restored.content.decode().startswith("<!doctype html>")

    def test_keeps_caches_from_mixing_them_up(self, customer: Customer) -> None:
        for headers in ({}, HTMX):
            response = customer.start().get("type", **headers)
            assert "HX-Request" in response.headers["Vary"]
            assert "HX-History-Restore-Request" in response.headers["Vary"]
            assert response.headers["Cache-Control"] == "no-store"

    def test_answers_a_bad_form_with_the_panel_and_leaves_the_address(self, customer: Customer) -> None:
        customer.start()
        response = customer.client.post(customer.url("type"), {}, headers=HTMX)
        assert response.status_code == 200
        assert b'class="error-summary"' in response.content
        assert "HX-Push-Url" not in response.headers
