"""The catalogues of translations: all that the code says, translated, in the same shape, and compiled.

`make messages` brings them up to date; docs/languages.md says how to go on.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import django
import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import override
from django.views.i18n import JavaScriptCatalog

from onboarding.desk.django_words import WORDS
from tests.pseudo import for_customers

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
AT_THE_DESK = [code for code in LANGUAGES if code in settings.DESK_LANGUAGES]
# What the messages are read out of.
SOURCES = ("bin", "locale", "onboarding", "realto_portal", "sandbox", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|%%|\{\w+\}")
TAG = re.compile(r"<[^>]+>")
FINAL = ".?!:;,…"

MAIL = r"(?<!\be-)\bmails?\b"
# What an editor of the language would strike out: another address than the formal one, other words for the same thing,
# spaces at which a line breaks before a mark, apostrophes of typewriters, a unit that the format of times has already.
NEVER = {
    "nl": (r"\b(je|jij|jou|jouw|jullie)\b", MAIL, r"\w'\w", r"\buitlezers?\b", r"\bgrafste"),
    "fr": (
        r"\b(tu|toi|ton|ta|tes)\b",
        MAIL,
        r" [:;?!»]",
        r"« ",
        r"\w'\w",
        r"\b(vos|leurs) reçus\b",
        r"\b(le|au|du|notre) personnel\b",
    ),
    "de": (r"\b(du|dich|dir|dein\w*)\b", MAIL, r"\bfahrgestell", r"%\(\w+\)s Uhr\b", r"\bhersteller fehlt\b"),
    "es": (r"\b(tú|tu|tus|ti|contigo)\b", r"[“”]", r"\bmails?\b"),
}

Key = tuple[str | None, str | tuple[str, ...]]


def catalogue(language: str, root: Path = ROOT) -> Catalog:
    with (root / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(found: Catalog) -> dict[Key, Message]:
    return {(context_of(message), forms(message.id)): message for message in found if message.id}


def context_of(message: Message) -> str | None:
    """Give the context as text: Babel leaves that of a compiled message in bytes."""
    return message.context.decode() if isinstance(message.context, bytes) else message.context


def forms(said: str | Iterable[str]) -> str | tuple[str, ...]:
    return said if isinstance(said, str) else tuple(said)


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Pair what is said in English with what is said for it, one pair for each form of a plural."""
    if isinstance(message.string, str):
        yield str(message.id), message.string
    else:
        singular, plural = message.id
        for number, form in enumerate(message.string):
            yield (plural if number else singular), form


def is_translated(message: Message) -> bool:
    return all(form for _said, form in texts(message))


def needed(language: str) -> list[Message]:
    """Name what has to be translated: to a language that the desk does not speak, only what customers read."""
    found = list(messages(catalogue(language)).values())
    return found if language in settings.DESK_LANGUAGES else [message for message in found if for_customers(message)]


def differences(language: str) -> dict[str, list[tuple[str, str]]]:
    """Name what has another shape in a translation than in English; what is not translated yet is another test's."""
    found: dict[str, list[tuple[str, str]]] = {"placeholders": [], "tags": [], "spaces at the ends": [], "ends": []}
    for message in filter(is_translated, needed(language)):
        whole = " ".join(message.id) if isinstance(message.id, tuple) else message.id
        for said, form in texts(message):
            shapes = {
                "placeholders": not set(PLACEHOLDER.findall(said)) <= set(PLACEHOLDER.findall(form))
                or not set(PLACEHOLDER.findall(form)) <= set(PLACEHOLDER.findall(whole)),
                "tags": sorted(TAG.findall(said)) != sorted(TAG.findall(form)),
                "spaces at the ends": margins(said) != margins(form),
                "ends": last(said) != last(form),
            }
            for what, differs in shapes.items():
                found[what] += [(said, form)] * differs
    return found


def margins(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def last(text: str) -> str:
    return text[-1] if text[-1] in FINAL else ""


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's sources elsewhere, with catalogues that are up to date."""
    if not shutil.which("xgettext"):
        pytest.fail("These tests need GNU gettext: run `make test-tools`.", pytrace=False)
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    (folder / "static").mkdir()
    done = subprocess.run([folder / "bin" / "messages"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class TestLanguages:
    def test_have_a_catalogue_each(self) -> None:
        assert sorted(path.name for path in (ROOT / "locale").glob("*/")) == sorted(LANGUAGES)

    def test_have_a_consent_text_each(self) -> None:
        texts = {path.name.split(".")[1] for path in (ROOT / "onboarding" / "consent" / "shipped").glob("*.toml")}
        assert texts == set(dict(settings.LANGUAGES))

    def test_call_themselves_by_their_own_names(self) -> None:
        assert ("nl", "Nederlands") in settings.LANGUAGES
        assert ("fr", "Français") in settings.LANGUAGES
        assert [name for _code, name in settings.LANGUAGES] == sorted(name for _code, name in settings.LANGUAGES)

    def test_name_only_files_that_customers_can_read(self) -> None:
        patterns = (ROOT / "locale" / "customers").read_text().split()
        assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_holds_what_the_code_says_and_nothing_else(self, extracted: Path, language: str) -> None:
        kept, said = messages(catalogue(language)), messages(catalogue(language, extracted))
        assert sorted(map(str, said.keys() - kept.keys())) == [], "Missing: run `make messages`, and translate."
        assert sorted(map(str, kept.keys() - said.keys())) == [], "Said no more: run `make messages`."
        assert not catalogue(language).obsolete

    def test_is_complete(self, language: str) -> None:
        assert [message.id for message in needed(language) if not is_translated(message)] == []

    def test_holds_no_guesses(self, language: str) -> None:
        assert [message.id for message in needed(language) if message.fuzzy] == []

    def test_has_as_many_plural_forms_as_its_language(self, language: str) -> None:
        found = catalogue(language)
        plurals = [message for message in messages(found).values() if not isinstance(message.id, str)]
        assert plurals
        assert {len(message.string) for message in plurals} == {found.num_plurals}

    def test_keeps_placeholders_tags_spaces_and_ends(self, language: str) -> None:
        assert {what: pairs for what, pairs in differences(language).items() if pairs} == {}

    def test_says_nothing_that_its_editor_would_strike_out(self, language: str) -> None:
        said = [form for message in needed(language) for _said, form in texts(message)]
        struck = re.compile("|".join(NEVER.get(language, ("(?!)",))), re.IGNORECASE)
        assert [form for form in said if struck.search(form)] == []

    def test_is_compiled(self, language: str) -> None:
        with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
            compiled = messages(read_mo(file))
        translated = {
            key: forms(message.string)
            for key, message in messages(catalogue(language)).items()
            if is_translated(message) and not message.fuzzy
        }
        assert {key: forms(message.string) for key, message in compiled.items()} == translated, "Run `make messages`."


class TestTool:
    def test_finds_messages_in_code_templates_and_mails(self, extracted: Path) -> None:
        said = {key[1] for key in messages(catalogue(LANGUAGES[0], extracted))}
        assert {"Your device is connected", "Skip to the content", "%(button)s:", "The sandbox platform"} <= said

    def test_changes_nothing_when_nothing_changed(self, extracted: Path) -> None:
        paths = list((extracted / "locale").rglob("*.po"))
        for path in paths:
            path.write_text(re.sub(r"(POT-Creation-Date: )\d{4}", r"\g<1>2020", path.read_text()))
        before = [path.read_bytes() for path in paths]
        subprocess.run([extracted / "bin" / "messages"], capture_output=True, check=True)
        assert [path.read_bytes() for path in paths] == before

    def test_begins_a_language_with_what_customers_read_and_takes_it_back(self, extracted: Path) -> None:
        tool, todo = extracted / "bin" / "translate", extracted / "it.po"
        subprocess.run([tool, "it"], capture_output=True, check=True)
        written = todo.read_text()
        assert 'msgid "Agree and connect"' in written
        assert 'msgid "Work queues"' not in written
        todo.write_text(
            written.replace('msgid "Agree and connect"\nmsgstr ""', 'msgid "Agree and connect"\nmsgstr "Accetta"')
        )
        done = subprocess.run([tool, "it", "it.po"], capture_output=True, text=True, check=True)
        assert "1 translated message" in done.stderr
        assert 'msgid "Agree and connect"' not in todo.read_text()
        with (extracted / "locale" / "it" / "LC_MESSAGES" / "django.mo").open("rb") as file:
            assert [message.string for message in read_mo(file) if message.id] == ["Accetta"]


class TestDjango:
    """Pages of the desk are Django's in part: what it has not in a language of ours, our catalogue has."""

    APPS = ("contrib/admin", "contrib/auth", "conf")
    # Names of languages and of states of tasks, which no page shows.
    NOT_SHOWN = {"Haitian Creole", "Ready", "Running", "Failed", "Successful"}

    @pytest.mark.parametrize("language", AT_THE_DESK)
    def test_says_nothing_in_english_only(self, language: str) -> None:
        ours = {key[1] for key in messages(catalogue(language))}
        missing = set().union(*(self.missing(app, language) for app in self.APPS))
        assert {text for text in missing if text not in ours} - self.NOT_SHOWN == set()

    def test_has_not_learnt_since_what_we_say_for_it(self) -> None:
        missing = {text for app in self.APPS for language in AT_THE_DESK for text in self.missing(app, language)}
        assert set(WORDS) - missing == set()

    def missing(self, app: str, language: str) -> set[str | tuple[str, ...]]:
        """Find what Django says in English, and has no words or a mere guess for in another language."""
        folder = Path(django.__file__).parent / app / "locale"
        with (folder / "en" / "LC_MESSAGES" / "django.po").open("rb") as file:
            said = {forms(message.id) for message in read_po(file, locale="en") if message.id}
        with (folder / language / "LC_MESSAGES" / "django.po").open("rb") as file:
            known = [message for message in read_po(file, locale=language) if message.id and not message.fuzzy]
        return said - {forms(message.id) for message in known if is_translated(message)}

    @pytest.mark.parametrize("language", AT_THE_DESK)
    def test_says_nothing_in_english_only_in_its_scripts(self, language: str) -> None:
        with override(language):
            words = JavaScriptCatalog.as_view()(RequestFactory().get("/")).content.decode()
        said = json.loads(re.search(r"const newcatalog = (\{.*?\});", words, re.DOTALL)[1])  # type: ignore[index]
        folder = Path(django.__file__).parent / "contrib" / "admin" / "locale" / "en" / "LC_MESSAGES"
        with (folder / "djangojs.po").open("rb") as file:
            found = [message for message in read_po(file, locale="en") if message.id]
        assert {key_in_scripts(message) for message in found} - said.keys() == set()


def key_in_scripts(message: Message) -> str:
    """Return the name of a message in a catalogue for scripts, which has a plural's words under its singular."""
    context = f"{message.context}\x04" if message.context else ""
    return context + (message.id if isinstance(message.id, str) else message.id[0])
