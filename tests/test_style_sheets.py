"""The cascade: every rule is in a layer, Django's are below all of ours, and pages of the desk link nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client

from onboarding.branding import contrast
from onboarding.catalogue.catalogue import Catalogue
from tests.desk import sign_in
from tests.security.matrix import every_address, make_world

FOLDER = Path(settings.BASE_DIR) / "static" / "css"
SHEETS = sorted(FOLDER.glob("*.css"))
IN_LAYER = re.compile(r"@layer [\w, ]+[;{]|@import url\([^)]+\) layer\(\w+\);")
NAMED = re.compile(r"@layer ([\w, ]+)[;{]|\blayer\((\w+)\)")
OF_THE_DESK = ["django.css", "portal.css", "desk.css"]
# Templates of Django's whose style sheets ours leave out, and pages that are made of them.
LEFT_OUT = ("change_form", "change_list", "auth/user/add_form", "auth/user/change_password")
DJANGOS = {f"admin:auth_user_{page}" for page in ("add", "change", "changelist", "password_change", "delete")}


def statements(css: str) -> Iterator[str]:
    """Give what a style sheet consists of, blocks in one piece, without comments."""
    text = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    start = depth = 0
    for at, sign in enumerate(text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth and sign in "};":
            yield text[start : at + 1].strip()
            start = at + 1
    yield from filter(None, [text[start:].strip()])


def outside_layers(css: str) -> list[str]:
    return [found for found in statements(css) if not IN_LAYER.match(found)]


def layers(css: str) -> list[str]:
    """Give the layers that a style sheet names, in the order in which it does so first."""
    named = [one or other for found in statements(css) for one, other in NAMED.findall(found)]
    return list(dict.fromkeys(name.strip() for names in named for name in names.split(",")))


def linked(page: str) -> list[str]:
    """Give the style sheets that a page links, by their names without hashes; `<style` for one that it carries."""
    links = [link for link in re.findall(r"<link\b[^>]*>", page) if "stylesheet" in link]
    names = [re.sub(r'.*href="[^"]*/([\w-]+)[^"]*(\.css)".*', r"\1\2", link, flags=re.DOTALL) for link in links]
    return names + re.findall(r"<style", page)


class TestStyleSheets:
    @pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
    def test_have_every_rule_in_a_layer(self, sheet: Path) -> None:
        assert outside_layers(sheet.read_text()) == []

    def test_of_a_brand_are_in_a_layer_too(self) -> None:
        assert outside_layers(contrast.stylesheet("#b84a03", "#fb7f30")) == []

    @pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
    def test_agree_on_one_order(self, sheet: Path) -> None:
        order = layers((FOLDER / "django.css").read_text())
        assert order[0] == "django"
        assert layers(sheet.read_text()) == [name for name in order if name in layers(sheet.read_text())]

    @pytest.mark.parametrize("template", LEFT_OUT)
    def test_bring_what_djangos_templates_would_link(self, template: str) -> None:
        text = (Path(admin.__file__).parent / "templates" / "admin" / f"{template}.html").read_text()
        needed = re.findall(r"admin/css/[\w/]+\.css", text)
        assert needed
        assert [name for name in needed if f"../{name}" not in (FOLDER / "django.css").read_text()] == []

    @pytest.mark.parametrize(
        "css",
        [
            "a { color: red }",
            "@layer base, components; a { color: red }",
            "@layer base { a { color: red } } b { color: red }",
            "@media print { @layer base { a { color: red } } }",
            '@import url("../admin/css/base.css");',
            '@import url("../admin/css/base.css") screen;',
        ],
    )
    def test_rules_outside_are_found(self, css: str) -> None:
        assert len(outside_layers(css)) == 1

    def test_comments_are_none(self) -> None:
        assert outside_layers("/* a { } */ @layer base { /* } */ a { color: red } }") == []


@pytest.mark.django_db
class TestPages:
    def test_of_the_desk_link_our_style_sheets_alone(self, platform: Catalogue) -> None:
        world, desk = make_world(), sign_in("superuser")
        addresses = [where for where in every_address() if "admin/" in where.pattern and "logout" not in where.pattern]
        answers = {where.name: desk.get(world.url(where), follow=True) for where in addresses}
        pages = {name: answer.content.decode() for name, answer in answers.items() if "html" in answer["Content-Type"]}
        desks = {name: page for name, page in pages.items() if "desk.css" in page or "/admin/css/" in page}
        assert set(desks) >= DJANGOS
        assert {name: found for name, page in desks.items() if (found := linked(page)) != OF_THE_DESK} == {}

    def test_for_signing_in_do_so_too(self) -> None:
        assert linked(Client().get("/admin/login/").content.decode()) == OF_THE_DESK

    @pytest.mark.parametrize(
        ("page", "found"),
        [
            ('<link rel="stylesheet" href="/static/admin/css/forms.0a1b2c3d4e5f.css" nonce="x">', ["forms.css"]),
            (
                '<link href="/static/admin/css/vendor/select2/select2.css" media="all" rel="stylesheet">',
                ["select2.css"],
            ),
            ('<link rel="icon" href="/static/img/logo.svg"><style nonce="x">a { color: red }</style>', ["<style"]),
        ],
    )
    def test_links_are_found(self, page: str, found: list[str]) -> None:
        assert linked(page) == found
