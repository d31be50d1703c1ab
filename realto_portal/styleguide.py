"""A living page of every component in every state, in development only: `/styleguide/`.

The samples go into the same templates as the portal's pages do, so the guide cannot drift away from them.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CODE_HELP = {
    "label": "Vehicle identification number (VIN)",
    "example": "WA1DMAFE0D0000000",
    "where": "The car's app often shows it too, among the details of the car.",
    "drawing": {"file": "find-vin.svg", "height": 292, "places": ("Windscreen", "Door frame", "Papers")},
}
CHOICE_HELP = {"label": "For whom is it?", "choices": (("B2C", "A private person"), ("B2B", "A business"))}


def _field(id: str, help_text: dict[str, Any], **more: Any) -> dict[str, Any]:
    sample = {"id": id, "name": "vin", "help": help_text, "hint": "17 letters and digits.", "value": ""}
    return sample | {"is_required": True, "errors": [], "question": ""} | more


FIELDS = [
    _field("empty", CODE_HELP),
    _field("optional", CODE_HELP | {"where": ""}, is_required=False, value="WA1DMAFE0D0000000"),
    _field("wrong", CODE_HELP | {"where": ""}, value="WA1DMAFE", errors=["9 characters are missing."]),
    _field("unusual", CODE_HELP | {"where": ""}, value="WVWZZZ1K", question="Is it a Volkswagen and not an Audi?"),
    _field("choice", CHOICE_HELP, name="flow", value="B2C", hint="Choose what your contract says."),
    _field("no-choice", CHOICE_HELP, name="flow-2", hint="", errors=["Choose one of the two."]),
]
PROGRESSES = ("done", "active", "pending", "failed", "unknown")
ACTORS = ("customer", "manufacturer", "us", "nobody")
ICONS = ("action", "waiting", "done", "problem")
TYPES = ("ev", "pv", "smartmeter", "retrofitmeter", "battery", "chargepole", "heatpump", "boiler", "other")
TOKENS = {
    "Ground": ("paper", "surface", "sunken", "tint", "line", "edge"),
    "Ink": ("ink", "muted", "accent", "accent-strong", "on-accent", "focus"),
    "Meaning": ("danger", "danger-tint", "warning", "warning-tint", "sun", "pointer"),
}


def _card(name: str, maker: str, words: str, *, is_draft: bool) -> dict[str, Any]:
    device = {"name": name, "icon": "ev"}
    return {"device": device, "manufacturer": maker, "words": words, "url": "#cards", "is_draft": is_draft}


def _device(state: str, tone: str, line: str, *, errand: str = "") -> dict[str, Any]:
    device = {"name": "Electric car", "icon": "ev"}
    told = {"device": device, "manufacturer": "Audi", "state": state, "tone": tone, "lines": [line], "url": "#cards"}
    return told | ({"errand": {"words": errand, "url": "#cards"}} if errand else {})


DEVICES = [
    _device("No data since 3 November", "attention", "Connecting it again usually helps.", errand="Connect it again"),
    _device("No data yet", "waiting", "The first data usually comes by tomorrow, after the first drive."),
    _device("Data flows", "well", "The last data came today at 14:03."),
    _device("Ended on 3 November, by you", "over", ""),
]


def styleguide(request: HttpRequest) -> HttpResponse:
    paragraphs = ("The readings and the status of this device.", "The details that you entered here.")
    context = {
        "title": "Style guide",
        "fields": FIELDS,
        "progresses": PROGRESSES,
        "actors": ACTORS,
        "icons": ICONS,
        "types": TYPES,
        "tokens": TOKENS,
        "monograms": range(8),
        "errors": [("wrong", "9 characters are missing."), ("no-choice", "Choose one of the two.")],
        "cards": [
            _card("Electric car", "Audi", "Step 3 of 4", is_draft=True),
            _card("Electric car", "Volkswagen", "Connected", is_draft=False),
        ],
        "devices": DEVICES,
        "consent": {
            "sections": [{"heading": "What is accessed", "paragraphs": paragraphs}],
            "statement": "I agree that this device is connected.",
        },
        "form": {"consent": {"errors": ["Tick the box if you agree."]}, "contact_email": {"value": ""}},
        "back_url": "#main",
        "number": 3,
        "total": 4,
    }
    return render(request, "styleguide.html", context)
