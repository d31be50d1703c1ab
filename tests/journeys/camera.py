"""Takes the pictures in `docs/screenshots/` anew: `make screenshots`.

In English those that are there, in all sizes and colours: to have one more, `touch` its file first. In each other
language every page, on a phone.
"""

from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, ViewportSize

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "desktop": {"width": 1280, "height": 900},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Camera:
    """Takes a page in the sizes and colours that `docs/` has of it."""

    def take(self, page: Page, name: str, *, language: str = "en", full_page: bool = True) -> None:
        """Take it whole, or only what fits the screen where a page is long."""
        page.mouse.move(0, 0)
        if language != "en":
            page.set_viewport_size(SIZES["phone"])
            shoot(page, FOLDER / f"phone-{language}" / f"{name}.png", full_page=full_page)
            return
        for (size, viewport), scheme in product(SIZES.items(), SCHEMES):
            path = FOLDER / f"{size}-{scheme}" / f"{name}.png"
            if path.exists():
                page.set_viewport_size(viewport)
                page.emulate_media(color_scheme=scheme)
                shoot(page, path, full_page=full_page)
        page.emulate_media(color_scheme="light")


def shoot(page: Page, path: Path, *, full_page: bool) -> None:
    page.screenshot(path=path, full_page=full_page, animations="disabled", caret="hide")
    make_smaller(path)


def make_smaller(path: Path) -> None:
    """64 colours are enough for a page, and a quarter of the bytes; weighed once more, so that accents stay theirs."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(64, kmeans=1, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
