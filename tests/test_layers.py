"""The rooms of the house: their order, what may stand in a template, and how large things grow.

Read from the source with `ast`, so that imports inside functions count too. `docs/architecture.md` says why.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("realto_portal", "onboarding", "sandbox")
# The rooms of `onboarding`: each imports only those that stand before it. `docs/architecture.md` says what is in them.
ROOMS = (
    *("lib", "limits", "jobs", "platform_api", "gateway", "branding", "request", "catalogue", "consent", "access"),
    *(
        "status",
        "mail",
        "webhooks",
        "push",
        "notifications",
        "delivery",
        "intake",
        "devices",
        "support",
        "portal",
        "monitoring",
        "staff",
    ),
    *("retention", "privacy", "desk"),
)
# What Django looks for at the root of an app, and the commands that it finds: they use any room.
ENTRANCES = {"__init__", "admin", "apps", "models", "urls", "templatetags", "management"}
PURE = {
    "onboarding.lib.addresses",
    "onboarding.lib.masks",
    "onboarding.catalogue.shipped_help",
    "onboarding.branding.contrast",
    "onboarding.catalogue.causes",
    "onboarding.catalogue.identifiers",
    "onboarding.catalogue.shipped_guidance",
    "onboarding.request.search_keys",
    "onboarding.request.lifecycle",
    "onboarding.limits.limit_table",
    "onboarding.branding.image_upload",
    "onboarding.catalogue.connection_times",
    "onboarding.lib.patterns",
    "onboarding.platform_api.responses",
    "onboarding.request.schedule",
    "onboarding.catalogue.maker_search",
    "onboarding.request.steps",
    "sandbox.lives",
    *("onboarding.devices.schedule", "onboarding.devices.judgement", "onboarding.devices.learning"),
    "onboarding.webhooks.answers",
    "sandbox.rules",
}
# What Django offers that knows no database, settings or request.
HARMLESS = {"django.core.exceptions", "django.core.validators", "django.utils.functional", "django.utils.translation"}

# Who, what they may not import, and who of them may. Names cover everything below them.
IMPORT_TABLE = [
    ("onboarding", "sandbox", ()),
    ("sandbox", "onboarding", ()),
    ("onboarding", "realto_portal", ()),
    ("sandbox", "realto_portal", ()),
    (
        "",
        "httpx",
        (
            *("onboarding.lib.deadline", "onboarding.platform_api", "onboarding.push.sender"),
            *("onboarding.webhooks.sender", "sandbox.transport"),
        ),
    ),
    (
        "onboarding",
        "onboarding.lib.deadline",
        ("onboarding.platform_api.connection", "onboarding.push.sender", "onboarding.webhooks.sender"),
    ),
    ("onboarding.lib.deadline", "django", ()),
    ("onboarding", "onboarding.webhooks.sender", ("onboarding.webhooks.endpoints",)),
    ("onboarding.webhooks.sender", "django", ()),
    ("onboarding", "onboarding.push.sender", ("onboarding.push.outbox", "onboarding.push.subscriptions")),
    ("onboarding.push.sender", "django", ()),
    ("onboarding.push.encryption", "django", ()),
    ("onboarding.platform_api", "django", ("onboarding.platform_api.connection",)),
    # What customers read goes through what staff wrote.
    ("onboarding", "onboarding.catalogue.shipped_help.help_for", ("onboarding.catalogue.help_texts",)),
    ("onboarding", "onboarding.catalogue.shipped_help.type_help", ("onboarding.catalogue.help_texts",)),
    ("onboarding", "onboarding.catalogue.shipped_guidance.action_guidance", ("onboarding.catalogue.help_texts",)),
    ("onboarding", "onboarding.catalogue.shipped_guidance.usual_wait", ("onboarding.catalogue.help_texts",)),
    # Rooms that store know nothing of pages.
    *((f"onboarding.{room}", "django.http", ()) for room in ("jobs", "gateway", "request", "mail", "webhooks")),
    ("onboarding.push", "django.http", ()),
    *((f"onboarding.{room}", "django.http", ()) for room in ("delivery", "support", "retention")),
    ("onboarding", "django_htmx", ("onboarding.portal.htmx",)),
    ("", "allauth", ("onboarding.staff", "onboarding.desk.users")),
    ("onboarding", "onboarding.models", ("onboarding.management",)),
]
NO_INLINE = {
    "an inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "an inline style": r"<style|\sstyle\s*=",
    "an event handler": r"\s(?:on[a-z]+|hx-on[^=\s]*)\s*=",
    "script in an address": r"javascript:|[\"']js:",
    "an asset from elsewhere": r"https?://|\s(?:src|href)\s*=\s*[\"']//",
}
# What a style sheet or a script would load; a namespace in a drawing is a name, not an address.
FROM_ELSEWHERE = {".css": r"@import(?! url\(\"\.\./)|url\(\s*[\"']?(?:https?:)?//", ".js": r"https?://"}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> set[str]:
        """Every name that is imported, in full: `from . import x` in a.b is `a` and `a.x`."""
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                source = self._absolute(node)
                found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
        return found

    @cached_property
    def needs(self) -> set[str]:
        """The modules of ours that have to be there for this one to run: not what only types are made of."""
        for_types = {
            id(node)
            for block in self.nodes
            if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
            for node in ast.walk(block)
        }
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom) and id(node) not in for_types:
                source = self._absolute(node)
                found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
        return {name for name in found if name in MODULES} - {self.name}

    @cached_property
    def words(self) -> set[str]:
        nodes = (node for node in self.nodes if isinstance(node, ast.Constant))
        return {node.value for node in nodes if isinstance(node.value, str)}

    def functions(self) -> Iterator[tuple[str, int]]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{self.name}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") + (["__init__"] if self.path.name == "__init__.py" else [])
        return ".".join([*package[: -node.level], *([node.module] if node.module else [])])


def modules_of(*rooms: str) -> dict[str, Module]:
    paths = (path for room in rooms for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts)
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths}
    return {name: Module(name, path) for path, name in names.items()}


def is_within(name: str, room: str) -> bool:
    return not room or name == room or name.startswith(f"{room}.")


def breaches(who: str, what: str, allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in MODULES.values()
        if is_within(module.name, who) and not any(is_within(module.name, room) for room in allowed)
        for name in sorted(module.imports)
        if is_within(name, what)
    ]


def reached_from(name: str) -> dict[str, set[str]]:
    """Follow imports within our rooms. Returns each module that is reached with what it imports."""
    reached: dict[str, set[str]] = {}
    waiting = [name]
    while waiting:
        module = MODULES[waiting.pop()]
        if module.name not in reached:
            reached[module.name] = module.imports
            waiting += [found for found in module.imports if found in MODULES]
    return reached


MODULES = modules_of(*PACKAGES)
# Mail programs know inline styles only; no page of ours is made from these.
MAILS = ROOT / "templates" / "mail"
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parent != MAILS)


def translates(node: ast.AST) -> bool:
    """Tell whether code asks for the translation of words that stand there."""
    names = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
        return False
    return bool(node.args) and isinstance(node.args[0], ast.Constant)


class TestImports:
    @pytest.mark.parametrize(("who", "what", "allowed"), IMPORT_TABLE)
    def test_keep_to_the_table(self, who: str, what: str, allowed: tuple[str, ...]) -> None:
        assert not breaches(who, what, allowed)

    @pytest.mark.parametrize("name", sorted({part for row in IMPORT_TABLE for part in (row[0], *row[2]) if part}))
    def test_table_names_rooms_that_exist(self, name: str) -> None:
        assert name in MODULES

    def test_platform_client_knows_nothing_else_of_the_portal(self) -> None:
        room = modules_of("onboarding/platform_api")
        imported = {(module.name, name) for module in room.values() for name in module.imports}
        portals = {pair for pair in imported if is_within(pair[1], "onboarding")}
        others = {pair for pair in portals if not is_within(pair[1], "onboarding.platform_api")}
        # How long a call may take is the same for whoever calls.
        assert {pair for pair in others if not is_within(pair[1], "onboarding.lib.deadline")} == set()

    def test_connection_knows_of_django_only_settings_and_dotted_paths(self) -> None:
        known = {name for name in MODULES["onboarding.platform_api.connection"].imports if is_within(name, "django")}
        assert known == {
            "django.conf",
            "django.conf.settings",
            "django.utils.module_loading",
            "django.utils.module_loading.import_string",
        }

    def test_relative_imports_are_understood(self) -> None:
        assert "onboarding.platform_api.wire" in MODULES["onboarding.platform_api.client"].imports
        assert "onboarding.catalogue.models.CatalogueSnapshot" in MODULES["onboarding.catalogue.refresh"].imports


class TestRooms:
    """The order of `ROOMS` is the rule; imports inside functions count."""

    def test_are_all_there_is(self) -> None:
        parts = {path.stem for path in (ROOT / "onboarding").iterdir() if path.suffix in {"", ".py"}}
        assert parts - {"migrations", "__pycache__"} == {*ROOMS, *ENTRANCES}

    def test_leave_at_most_six_modules_at_the_root(self) -> None:
        assert len(list((ROOT / "onboarding").glob("*.py"))) <= 6

    @pytest.mark.parametrize("room", ROOMS)
    def test_import_only_rooms_that_stand_before_them(self, room: str) -> None:
        later = ROOMS[ROOMS.index(room) + 1 :]
        others = (*later, *(ENTRANCES - {"__init__"}))
        assert [line for other in others for line in breaches(f"onboarding.{room}", f"onboarding.{other}", ())] == []

    def test_have_no_circles(self) -> None:
        sorter = TopologicalSorter({name: module.needs for name, module in MODULES.items()})
        sorter.prepare()  # raises CycleError, and names them

    def test_circles_are_found(self) -> None:
        with pytest.raises(CycleError):
            TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


class TestPureModules:
    @pytest.mark.parametrize("name", sorted(PURE))
    def test_reach_no_database_settings_or_network(self, name: str) -> None:
        impure = [
            f"{module} imports {found}"
            for module, imports in reached_from(name).items()
            for found in sorted(imports)
            if is_within(found, "httpx")
            or (is_within(found, "django") and not any(is_within(found, harmless) for harmless in HARMLESS))
        ]
        assert impure == []


class TestPackages:
    @pytest.mark.parametrize(("room", "other"), [("onboarding", "sandbox"), ("sandbox", "onboarding")])
    def test_name_each_other_in_no_dotted_path(self, room: str, other: str) -> None:
        dotted = re.compile(rf"{other}(\.[a-z_]\w*)+")
        found = [(module.name, word) for module in modules_of(room).values() for word in module.words]
        assert [pair for pair in found if dotted.fullmatch(pair[1])] == []

    def test_only_one_file_knows_the_headers_of_htmx(self) -> None:
        knowing = {module.name for module in MODULES.values() if any("HX-" in word for word in module.words)}
        assert knowing == {"onboarding.portal.htmx"}

    @pytest.mark.parametrize(
        ("room", "owner"),
        [("onboarding", "onboarding.platform_api.wire"), ("sandbox", "sandbox.generations")],
    )
    def test_keep_the_newer_words_of_the_api_in_one_module(self, room: str, owner: str) -> None:
        newer = {"pairingCode", "associatedEmail", "identifier", "SolarPlant", "Meter", "ChargePoint"}
        assert {module.name for module in modules_of(room).values() if module.words & newer} == {owner}

    def test_only_settings_read_the_environment(self) -> None:
        reading = re.compile(r"\bos\.(?:environ|getenv)\b|\bEnvironment\(\)")
        readers = {name for name, module in MODULES.items() if reading.search(module.path.read_text())}
        entry_points = {"realto_portal.asgi", "realto_portal.wsgi"}  # they name the settings module
        assert readers == {"realto_portal.settings"} | entry_points


class TestTemplates:
    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_carry_nothing_inline_and_nothing_from_elsewhere(self, path: Path) -> None:
        text = path.read_text()
        assert [what for what, pattern in NO_INLINE.items() if re.search(pattern, text, re.IGNORECASE)] == []

    @pytest.mark.parametrize(
        ("what", "text"),
        [
            ("an inline script", "<script>alert()</script>"),
            ("an inline script", '<script type="module">1</script>'),
            ("an inline style", "<style>"),
            ("an inline style", '<p style="color: red">'),
            ("an event handler", '<a onclick="go()">'),
            ("an event handler", '<a hx-on:click="go()">'),
            ("script in an address", '<a href="javascript:go()">'),
            ("an asset from elsewhere", '<img src="https://example.org/a.png">'),
            ("an asset from elsewhere", '<link href="//example.org/a.css">'),
        ],
    )
    def test_patterns_find_what_they_are_for(self, what: str, text: str) -> None:
        assert re.search(NO_INLINE[what], text, re.IGNORECASE)

    def test_own_scripts_pass(self) -> None:
        assert not re.search(NO_INLINE["an inline script"], "<script src=\"{% static 'js/a.js' %}\" defer></script>")

    @pytest.mark.parametrize("name", ["css", "js", "sandbox"])
    def test_own_files_load_nothing_from_elsewhere(self, name: str) -> None:
        files = [path for path in (ROOT / "static" / name).rglob("*") if path.suffix in FROM_ELSEWHERE]
        assert files
        assert [path.name for path in files if re.search(FROM_ELSEWHERE[path.suffix], path.read_text())] == []

    def test_style_sheets_leave_it_open_how_a_phone_is_held(self) -> None:
        files = list((ROOT / "static" / "css").glob("*.css"))
        assert files
        assert [path.name for path in files if "orientation" in path.read_text()] == []


class TestWords:
    def test_none_to_translate_stand_inside_an_f_string(self) -> None:
        """Gettext reads no code inside text: what stands there would never reach a translator."""
        hidden = [
            f"{module.name}: line {node.lineno}"
            for module in MODULES.values()
            for node in module.nodes
            if isinstance(node, ast.JoinedStr) and any(translates(part) for part in ast.walk(node))
        ]
        assert hidden == []


class TestSizes:
    def test_no_function_has_more_than_40_lines(self) -> None:
        assert [f"{name}: {lines}" for name, lines in self.functions() if lines > 40] == []

    def test_nine_functions_in_ten_fit_into_25_lines(self) -> None:
        functions = self.functions()
        long = sorted(((lines, name) for name, lines in functions if lines > 25), reverse=True)
        assert len(long) <= len(functions) / 10, long

    def test_no_module_has_more_than_300_lines(self) -> None:
        sizes = {name: len(module.path.read_text().splitlines()) for name, module in MODULES.items()}
        assert {name: lines for name, lines in sizes.items() if lines > 300} == {}

    def test_every_function_says_what_it_returns(self) -> None:
        silent = [
            f"{module.name}.{node.name}"
            for module in MODULES.values()
            for node in module.nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
        ]
        assert silent == []

    @staticmethod
    def functions() -> list[tuple[str, int]]:
        return [function for module in MODULES.values() for function in module.functions()]
