"""What a page or a fragment says, read with the standard library: headings, forms, links and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass
class Field:
    name: str
    kind: str
    value: str
    is_checked: bool = False


@dataclass
class Form:
    method: str
    action: str
    is_boosted: bool
    fields: list[Field] = field(default_factory=list)
    buttons: list[Element] = field(default_factory=list)

    def values(self) -> list[tuple[str, str]]:
        """Give what a browser would send: a box or a radio button only when it is checked."""
        sent = [item for item in self.fields if item.kind not in ("radio", "checkbox") or item.is_checked]
        return [(item.name, item.value) for item in sent]

    def fill(self, name: str, value: str) -> None:
        """Type into a field, or choose the radio button with this value, or tick the box."""
        named = [item for item in self.fields if item.name == name]
        if named[0].kind in ("radio", "checkbox"):
            assert any(item.value == value for item in named), f"{name} does not offer {value}."
            for item in named:
                item.is_checked = item.value == value
        else:
            named[0].value = value


@dataclass
class Element:
    """Something with text; `is_boosted` tells whether htmx would follow it."""

    tag: str
    attributes: dict[str, str]
    is_boosted: bool
    text: str = ""

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    def has_class(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()


class Reading(HTMLParser):
    """Reads one document; `is_boosted` is what it inherits from the place where it stands."""

    def __init__(self, html: str, *, is_boosted: bool = False) -> None:
        super().__init__()
        self.is_boosted = is_boosted
        self.open: list[Element] = []
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        inherited = self.open[-1].is_boosted if self.open else self.is_boosted
        boost = attributes.get("hx-boost", "")
        element = Element(tag, attributes, inherited if not boost else boost == "true")
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)
        if tag == "form":
            self.forms.append(Form(attributes.get("method", "get"), attributes.get("action", ""), element.is_boosted))
        elif tag == "input" and self._form and "name" in attributes:
            self._form.fields.append(_field(attributes))
        elif tag == "button" and self._form:
            self._form.buttons.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    @property
    def _form(self) -> Form | None:
        return self.forms[-1] if any(element.tag == "form" for element in self.open) else None

    # --- Questions ---

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def with_class(self, name: str) -> list[str]:
        return [element.words for element in self.elements if element.has_class(name)]

    def with_id(self, id: str) -> Element:
        return next(element for element in self.elements if element.attributes.get("id") == id)

    @property
    def heading(self) -> str:
        [heading] = self.all("h1")
        return heading.words

    def form_with(self, name: str) -> Form:
        """Find the form that has a field of this name."""
        return next(form for form in self.forms if any(item.name == name for item in form.fields))

    def form_of_button(self, words: str) -> tuple[Form, Element]:
        found = [(form, button) for form in self.forms for button in form.buttons if button.words.startswith(words)]
        assert found, f"There is no button “{words}” on “{self.heading}”."
        return found[0]

    def link(self, words: str) -> Element:
        found = [link for link in self.all("a") if link.words.startswith(words)]
        assert found, f"There is no link “{words}” on “{self.heading}”."
        return found[0]


def _field(attributes: dict[str, str]) -> Field:
    kind = attributes.get("type", "text")
    default = "on" if kind in ("radio", "checkbox") else ""
    return Field(attributes["name"], kind, attributes.get("value", default), "checked" in attributes)
