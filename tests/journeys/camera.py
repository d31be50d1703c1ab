"""Takes the pictures in `docs/screenshots/` anew: `make screenshots`. To have one more, `touch` its file first."""

from pathlib import Path
from typing import Literal

from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, ViewportSize

FOLDER = Path(settings.BASE_DIR) / "docs" / "screenshots"
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "desktop": {"width": 1280, "height": 900},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Camera:
    """Takes a page in the sizes and colours that `docs/` has of it."""

    def take(self, page: Page, name: str, *, full_page: bool = True) -> None:
        """Take it whole, or only what fits the screen where a page is long."""
        page.mouse.move(0, 0)
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            for scheme in SCHEMES:
                path = FOLDER / f"{size}-{scheme}" / f"{name}.png"
                if path.exists():
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=path, full_page=full_page, animations="disabled", caret="hide")
                    make_smaller(path)
        page.emulate_media(color_scheme="light")


def make_smaller(path: Path) -> None:
    """256 colours are enough for a page, and a third of the bytes."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
