"""Colours as a table: what WCAG measures, what follows from an accent, and that the style sheet agrees."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from onboarding.branding.contrast import (
    DARK,
    LIGHT,
    NEEDED,
    Scheme,
    contrast,
    dark_of,
    is_colour,
    lowest_contrast,
    nearest,
    rounded_down,
    stylesheet,
    tokens,
)

CSS = (Path(settings.BASE_DIR) / "static" / "css" / "portal.css").read_text()
BRANDS = ["#e85d04", "#ff6600", "#ffd500", "#00c853", "#0055ff", "#6a1b9a", "#b5179e", "#808080", "#000000", "#ffffff"]
SCHEMES = pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])


def properties(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", css))


class TestContrast:
    @pytest.mark.parametrize(
        ("one", "other", "ratio"),
        [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#767676", "#ffffff", 4.54),  # the lightest grey that passes on white
            ("#777777", "#ffffff", 4.48),
            ("#FF0000", "#ffffff", 4.0),
            ("#0000ff", "#ffffff", 8.59),
        ],
    )
    def test_is_what_wcag_says_either_way_round(self, one: str, other: str, ratio: float) -> None:
        assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == ratio

    def test_just_short_never_reads_as_enough(self) -> None:
        assert rounded_down(4.499) == 4.4


class TestColour:
    @pytest.mark.parametrize("text", ["#0a5546", "#ABCDEF"])
    def test_is_six_digits(self, text: str) -> None:
        assert is_colour(text)

    @pytest.mark.parametrize("text", ["", "0a5546", "#fff", "#0a5546ff", "#0a554g", "red", "#0a5546;", "#0a5546\n"])
    def test_is_nothing_else(self, text: str) -> None:
        assert not is_colour(text)


class TestNearest:
    @SCHEMES
    @pytest.mark.parametrize("brand", BRANDS)
    def test_can_be_read_in_all_that_follows_from_it(self, brand: str, scheme: Scheme) -> None:
        found = nearest(brand, scheme)
        derived = tokens(found, scheme)
        backgrounds = (*scheme.backgrounds, derived["tint"])
        pairs = [(text, background) for text in (found, derived["accent-strong"]) for background in backgrounds]
        pairs += [(derived["on-accent"], button) for button in (found, derived["accent-strong"])]
        assert [pair for pair in pairs if contrast(*pair) < NEEDED] == []

    @SCHEMES
    @pytest.mark.parametrize("brand", BRANDS)
    def test_goes_no_further_than_it_has_to(self, brand: str, scheme: Scheme) -> None:
        found = nearest(brand, scheme)
        assert found == brand if lowest_contrast(brand, scheme) >= NEEDED else lowest_contrast(found, scheme) < 4.7

    @pytest.mark.parametrize(
        ("brand", "light"), [("#e85d04", "#b84a03"), ("#0055ff", "#0055ff"), ("#00c853", "#007e34")]
    )
    def test_keeps_the_hue(self, brand: str, light: str) -> None:
        assert nearest(brand, LIGHT) == light

    @pytest.mark.parametrize("brand", BRANDS)
    def test_for_dark_pages_is_easy_to_read(self, brand: str) -> None:
        assert lowest_contrast(dark_of(nearest(brand, LIGHT)), DARK) >= 5.5


class TestStylesheet:
    def test_sets_only_what_the_portals_own_sets_too(self) -> None:
        written = properties(stylesheet("#b84a03", "#fb7f30"))
        assert set(written) == {"accent", "accent-strong", "on-accent", "tint", "focus"}
        assert set(written) <= set(properties(CSS))

    def test_stands_in_the_layer_and_the_query_of_the_portals_own(self) -> None:
        layer, query = "@layer tokens {", "@media screen and (prefers-color-scheme: dark)"
        for css in (stylesheet("#b84a03", "#fb7f30"), CSS):
            assert layer in css
            assert query in css

    @pytest.mark.parametrize(("scheme", "is_dark"), [(LIGHT, False), (DARK, True)])
    def test_is_measured_against_the_backgrounds_that_pages_have(self, scheme: Scheme, is_dark: bool) -> None:
        light, dark = CSS.split("@layer base {")[0].split("prefers-color-scheme: dark")
        found = properties(dark if is_dark else light)
        assert scheme.backgrounds == tuple(found[name] for name in ("paper", "surface", "warning-tint", "danger-tint"))
        assert scheme.surface == found["surface"]

    @pytest.mark.parametrize(("scheme", "is_dark"), [(LIGHT, False), (DARK, True)])
    def test_of_the_portal_passes_too(self, scheme: Scheme, is_dark: bool) -> None:
        light, dark = CSS.split("@layer base {")[0].split("prefers-color-scheme: dark")
        assert lowest_contrast(properties(dark if is_dark else light)["accent"], scheme) >= NEEDED
