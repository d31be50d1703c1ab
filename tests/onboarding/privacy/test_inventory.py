"""The inventory of what is held of people: every column is in it, and the page for lawyers says the same."""

from pathlib import Path

import pytest
from django.apps import apps

from onboarding.privacy.holdings import COLLEAGUES, CUSTOMERS
from onboarding.privacy.inventory import columns_of, model_of, table
from realto_portal.retention_settings import USUAL_DAYS

ROOT = Path(__file__).resolve().parents[3]
ALL = CUSTOMERS | COLLEAGUES
# Of the portal's tables, those that have nothing of anybody: all that their columns can hold. A new one is new to think
# about.
OF_NOBODY = {
    "Logo": "id sha256 media_type ratio content",
    "Brand": "id name logo logo_dark is_name_in_logo accent accent_dark support_phone support_email support_url "
    "sender_name sender_address privacy_url legal_notice_url terms_url accessibility_url",
    "HelpText": "id type manufacturer language attribute label question missing hint example where picture",
    "ActionText": "id type manufacturer language action headline sentence duration days",
    "CatalogueSnapshot": "id offers fetched_at is_wanted busy_until trouble paces measured_at",
    "CatalogueChange": "id at kind type manufacturer before after others",
    "PlannedOffer": "id type manufacturer kind",
    "PlannedNote": "id offer language words",
    "PlatformHealth": "id failures away_since next_probe_at next_call_at lost_threads thread_lost_at",
    "Fault": "id day room error times last_at",
    "RateLimitCount": "key ends_at count",  # hashes of addresses, for minutes
    "RateLimitTally": "id hour name scope times",
    "CspReport": "id day directive blocked times slot",
    "AnswerTally": "id day type manufacturer tenant_id field outcome times",
    "Heartbeat": "id beaten_at",
    "WorkCount": "id name outcome amount",
    "Departure": "id kind day times last_at",
    "MakerHealth": "id type manufacturer devices flowing quiet gone first_data_seconds usual_silence_seconds "
    "silent_since measured_at",
}
# Of what the portal is built on; the sandbox plays the platform, and is not there in production.
OF_OTHERS = {
    *("auth.Permission", "auth.Group", "contenttypes.ContentType", "account.EmailConfirmation"),
    *("socialaccount.SocialApp", "socialaccount.SocialAccount", "socialaccount.SocialToken"),
}


class TestInventory:
    @pytest.mark.parametrize("label", ALL)
    def test_names_every_column_once(self, label: str) -> None:
        has = ALL[label]
        named = [*has.told, *(name for names in has.not_told.values() for name in names)]
        assert sorted(named) == sorted(columns_of(model_of(label)))

    def test_knows_every_table_of_the_portal(self) -> None:
        models = [model for model in apps.get_app_config("onboarding").get_models() if not model._meta.proxy]
        known = {label.partition(".")[2] for label in ALL if label.startswith("onboarding.")}
        assert {model.__name__ for model in models} == known | OF_NOBODY.keys()

    @pytest.mark.parametrize("name", OF_NOBODY)
    def test_leaves_out_only_tables_with_nothing_of_anybody(self, name: str) -> None:
        assert columns_of(model_of(f"onboarding.{name}")) == set(OF_NOBODY[name].split())

    def test_knows_every_table_of_what_the_portal_is_built_on(self) -> None:
        labels = {model._meta.label for model in apps.get_models() if not model._meta.proxy}
        others = {label for label in labels if not label.startswith(("onboarding.", "sandbox."))}
        assert others - COLLEAGUES.keys() - OF_OTHERS == set()

    def test_names_kinds_that_are_kept_for_a_time(self) -> None:
        terms = {word for has in ALL.values() for word in has.kept.split("`")[1::2]}
        assert terms <= USUAL_DAYS.keys()


class TestPage:
    @pytest.mark.parametrize(
        "written",
        [
            table(CUSTOMERS, "Told in a copy", "Not told, and why"),
            table(COLLEAGUES, "Of a person", "Else"),
        ],
        ids=["customers", "colleagues"],
    )
    def test_has_the_table_as_it_is_now(self, written: str) -> None:
        assert written in (ROOT / "docs" / "privacy.md").read_text()
