"""Reading a logo that somebody uploads: what kind of picture it is, its shape, and whether it is only a picture.

SVG is read with Python's own expat, which loads nothing and which we let know no entities. defusedxml wraps the same
parser, and had no release since 2021.
"""

import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

MAX_BYTES = 100 * 1024
MAX_SIDE = 2000  # pixels: a small file can unpack to a large picture
SVG, PNG = "image/svg+xml", "image/png"
MEDIA_TYPES = frozenset({SVG, PNG})
# Of the sides of a drawing, in whatever unit; and of its shape, either way.
SMALLEST, LARGEST, LONGEST_SHAPE = 0.001, 1_000_000.0, 50.0
# A drawing has short names: long ones are there to be repeated.
LONGEST_NAME = 300
SVG_ROOT = "http://www.w3.org/2000/svg svg"
# What runs, embeds a page, or changes where an address leads.
ACTIVE = re.compile(
    r"script|foreignobject|handler|listener|iframe|object|embed|audio|video|animate.*|set", re.IGNORECASE
)
EMBEDDED = r"#|data:image/(?:png|jpeg|gif|webp);base64,"
HREF = re.compile(EMBEDDED, re.IGNORECASE)
# A style that loads, or hides with a backslash that it does.
LOADS = re.compile(rf"@import|image(?:-set)?\(|\\|url\(\s*+[\"']?+(?!{EMBEDDED})", re.IGNORECASE)
PIXELS = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?|\.[0-9]{1,12})(?:px)?")


@dataclass(frozen=True)
class Picture:
    content: bytes
    media_type: str
    ratio: float  # width : height


def read_logo(content: bytes) -> Picture:
    """Tell what kind of picture this is, and its shape.

    Raises: ValidationError with a sentence for the person who uploads it.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(_("The file is larger than 100 KB. Use a smaller picture, or an SVG file."))
    is_png = content.startswith(b"\x89PNG")
    ratio = _png_ratio(content) if is_png else _svg_ratio(content)
    if not is_shape(ratio):
        raise ValidationError(_("The picture is too long and narrow. Cut it."))
    return Picture(content, PNG if is_png else SVG, ratio)


def is_shape(ratio: object) -> bool:
    """Tell whether this is a width by height that can be drawn."""
    if not isinstance(ratio, float | int) or not math.isfinite(ratio):
        return False
    return 1 / LONGEST_SHAPE <= ratio <= LONGEST_SHAPE


def _png_ratio(content: bytes) -> float:
    """Read the shape of a PNG file, and unpack it once, as far as that is bounded: what browsers draw is all there."""
    _check_sides(int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))
    try:
        with _open_png(content) as picture:
            picture.verify()
        with _open_png(content) as picture:
            width, height = picture.size
            _check_sides(width, height)  # the last word of a file that says it twice
            picture.load()
    except ValidationError:
        raise
    except Exception as trouble:  # Pillow raises whatever the library for a part of a file raises
        raise ValidationError(_("The PNG file is damaged. Save it anew.")) from trouble
    return width / height if height else 0.0


def _check_sides(*sides: int) -> None:
    if max(sides) > MAX_SIDE:
        raise ValidationError(_("The picture is larger than %(side)d pixels. Make it smaller.") % {"side": MAX_SIDE})


def _open_png(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["PNG"])


def _svg_ratio(content: bytes) -> float:
    reader = _SvgReader()
    try:
        reader.parser.Parse(content, True)
    except ValidationError:
        raise
    except Exception as trouble:  # a file may name any of Python's encodings, and these raise what they like
        raise ValidationError(_("This is neither an SVG file nor a PNG file that can be read.")) from trouble
    reader.check_styles()
    return _ratio(reader.root)


def _ratio(root: Mapping[str, str]) -> float:
    """Read the shape of an SVG file from its view box, or else from its sizes."""
    box = root.get("viewBox", "").replace(",", " ").split()
    numbers = [PIXELS.fullmatch(text.strip()) for text in box[2:] or (root.get("width", ""), root.get("height", ""))]
    sides = [float(found[1]) for found in numbers if found]
    if len(sides) != 2 or not all(SMALLEST <= side <= LARGEST for side in sides):
        raise ValidationError(_("The SVG file does not say how large it is. Save it with a view box."))
    return sides[0] / sides[1]


class _SvgReader:
    """Refuses what is more than a picture; a page would not run it, but somebody may open the file by itself."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._element
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.AttlistDeclHandler = self._entity  # a value for every element that is not there
        self.parser.ProcessingInstructionHandler = self._instruction
        self.root: dict[str, str] = {}
        self.styles: list[str] = []
        self.is_in_style = False

    def check_styles(self) -> None:
        _check_style("".join(self.styles))

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _space, tag = name.rpartition(" ")
        if len(name) > LONGEST_NAME or any(len(attribute) > LONGEST_NAME for attribute in attributes):
            raise ValidationError(_("This is neither an SVG file nor a PNG file that can be read."))
        if not self.root:
            if name != SVG_ROOT:
                raise ValidationError(_("This is neither an SVG file nor a PNG file that can be read."))
            self.root = attributes | {"xmlns": namespace}
        self.is_in_style = self.is_in_style or tag == "style"
        if ACTIVE.fullmatch(tag) or namespace.endswith("xhtml"):
            raise ValidationError(_("The SVG file contains “%(tag)s”. Save it as a plain picture.") % {"tag": tag})
        for attribute, value in attributes.items():
            _check_attribute(attribute.rpartition(" ")[2], value.strip(), is_foreign=" " in attribute)

    def _end(self, name: str) -> None:
        self.is_in_style = self.is_in_style and not name.endswith("style")

    def _text(self, text: str) -> None:
        if self.is_in_style:
            self.styles.append(text)

    def _entity(self, *_declared: object) -> None:
        raise ValidationError(_("The SVG file declares entities. Save it as plain SVG."))

    def _instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            raise _refers_outside(data)


def _check_attribute(name: str, value: str, *, is_foreign: bool) -> None:
    if name.lower().startswith("on") and not is_foreign:
        raise ValidationError(
            _("The SVG file runs something (“%(name)s”). Save it as a plain picture.") % {"name": name}
        )
    if name.lower() in {"href", "src"} and not HREF.match(value):
        raise _refers_outside(value)
    if not is_foreign:
        _check_style(value)


def _check_style(style: str) -> None:
    if found := LOADS.search(style):
        raise _refers_outside(style[found.start() :])


def _refers_outside(what: str) -> ValidationError:
    message = _("The SVG file refers to something outside itself: “%(what)s”. Save it with everything in it.")
    return ValidationError(message % {"what": what[:40]})
