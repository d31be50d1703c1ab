"""Colours: contrast as WCAG 2 measures it, and what follows from a company's accent. A colour is `#rrggbb`."""

import colorsys
import math
import re
from dataclasses import dataclass

NEEDED = 4.5  # WCAG 2.2, 1.4.3: text against its background
COMFORTABLE = 5.5  # what a colour that we choose ourselves is given
HEXADECIMAL = re.compile(r"#[0-9a-fA-F]{6}")
WHITE, BLACKISH = "#ffffff", "#101815"
STEPS = 256


@dataclass(frozen=True)
class Scheme:
    """What a page offers an accent to stand on, as `portal.css` has it."""

    surface: str
    backgrounds: tuple[str, ...]  # where links stand, besides the accent's own tint
    stronger: str  # what an accent is mixed with where a pointer rests on it
    tint_share: float
    is_dark: bool = False


LIGHT = Scheme("#ffffff", ("#faf8f3", "#ffffff", "#fff0cf", "#fcebe8"), stronger="#000000", tint_share=0.1)
DARK = Scheme("#18221e", ("#101815", "#18221e", "#33270f", "#351b18"), stronger=WHITE, tint_share=0.1, is_dark=True)


def is_colour(text: str) -> bool:
    return bool(HEXADECIMAL.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def tokens(accent: str, scheme: Scheme) -> dict[str, str]:
    """Derive the custom properties that follow from an accent."""
    strong = _mix(accent, scheme.stronger, 0.25)
    return {
        "accent": accent.lower(),
        "accent-strong": strong,
        "on-accent": max(WHITE, BLACKISH, key=lambda text: contrast(text, accent)),
        "tint": _mix(scheme.surface, accent, scheme.tint_share),
        "focus": strong if scheme.is_dark else accent.lower(),
    }


def lowest_contrast(accent: str, scheme: Scheme) -> float:
    """Measure the pair of text and background that is hardest to read, among all that an accent takes part in."""
    derived = tokens(accent, scheme)
    as_text = [contrast(accent, background) for background in (*scheme.backgrounds, derived["tint"])]
    return min(
        *as_text, contrast(derived["on-accent"], accent), contrast(derived["on-accent"], derived["accent-strong"])
    )


def nearest(accent: str, scheme: Scheme, needed: float = NEEDED) -> str:
    """Darken an accent, or lighten it for a dark page, just as far as it takes; hue and saturation stay."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    end = 1.0 if scheme.is_dark else 0.0
    for step in range(STEPS):
        share = step / STEPS
        candidate = _colour(*colorsys.hls_to_rgb(hue, lightness + (end - lightness) * share, saturation))
        if lowest_contrast(candidate, scheme) >= needed:
            return candidate
    return WHITE if scheme.is_dark else BLACKISH


def dark_of(accent: str) -> str:
    """Choose the accent of dark pages for a company that names only the one of light pages."""
    return nearest(accent, DARK, COMFORTABLE)


def stylesheet(light: str, dark: str) -> str:
    """Write the few lines that come after those of `portal.css`, in the layer of its tokens."""
    return (
        f"@layer tokens {{\n  :root {{ {_declared(tokens(light, LIGHT))} }}\n"
        f"  @media screen and (prefers-color-scheme: dark) {{ :root {{ {_declared(tokens(dark, DARK))} }} }}\n}}\n"
    )


def rounded_down(ratio: float) -> float:
    """Round so that 4.49 does not read as 4.5."""
    return math.floor(ratio * 10) / 10


def _declared(properties: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in properties.items())


def _luminance(colour: str) -> float:
    """Weigh the channels as WCAG 2 defines relative luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mix(colour: str, other: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return _colour(*(part + (target - part) * share for part, target in pairs))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


def _colour(*channels: float) -> str:
    return "#" + bytes(round(part * 255) for part in channels).hex()
