"""What hostile browsers send: addresses from the URL conf itself, with nasty values wherever a value goes."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import strategies as st

from onboarding.models import Consent, OnboardingRequest
from tests.desk import models_of_the_desk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"/>'


def listed(text: str) -> list[str]:
    return text.split()


LETTERS = {"dotless": "\u0131", "long s": "\u017f", "kelvin": "\u212a", "three": "\u0663", "two": "\u00b2"}
LONG_ADDRESS = f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.org"
NASTY = [
    *(
        "\0",
        "a\0b",
        "\0" * 300,
        "\ud800",
        "a\udfffb",
        "\ufeff",
        "\u202e\u2066",
        "\x85\u2028",
        "\r\nX: y",
        "a\nb",
        "\x7f",
    ),
    *("x" * 65, "x" * 129, "x" * 256, "x" * 321, "x" * 5000, "\u00e9" * 255, "\U0001f600" * 200, *LETTERS.values()),
    *listed(
        "0 -1 1 9999999999999999999 -9223372036854775809 1e400 nan inf 1_0 [] {} null true 1,2,x , __ a__b__c pk -pk -9"
    ),
    *listed(
        "99999-01-01 0000-00-00 9999-12-31T23:59:60Z 2026-02-30 -1-1-1 24:61 % {{a}} ' \" ';-- ../.. //x.org http://["
    ),
    *listed(
        "https://[::1 \\ javascript:1 ann@example.org @ <b> &#0; EV Audi SmartMeter Fluvius on en xx 541448820000000008"
    ),
    *(
        "1" * 400,
        "10000-01-01 00:00:00",
        " 1 ",
        "[" * 3000,
        "%s %d %(x)s",
        "{0} {x} {",
        '{"a": [1e400]}',
        "zh-" + "x" * 600,
    ),
    *(LONG_ADDRESS, f"{LETTERS['dotless']}@gma{LETTERS['dotless']}l.com", "WA1DMAFE0D0000000"),
]
QUERIES = [
    *listed(
        "q p e o all _changelist_filters _popup _to_field _facets _preview queue v k type manufacturer vin ean code"
    ),
    *listed("reference email language lang l next of table id pk id__in pk__exact request__id request__id__exact"),
    *listed("content_type__id__exact user__id days day from to tenant by field app_label model_name field_name term"),
    *("before", "\0", "a\0"),
]
LOOKUPS = (
    "",
    "__exact",
    "__gte",
    "__lt",
    "__year",
    "__month",
    "__day",
    "__isnull",
    "__in",
    "__range",
    "__contains",
    "__x",
)
HEADERS = [
    *listed("Referer Accept-Language HX-Request HX-Current-URL HX-Target HX-Trigger HX-Boosted Accept Origin"),
    *listed("HX-History-Restore-Request HX-Current-URL-URI-AutoEncoded HX-Trigger-Name HX-Prompt Range User-Agent"),
    *listed("X-Forwarded-For X-Forwarded-Proto X-Requested-With If-None-Match If-Modified-Since Content-Type"),
    *listed("Accept-Encoding X-CSRFToken Sec-Fetch-Site X-HTTP-Method-Override"),
]
COOKIES = ("portal", "csrftoken", "django_language", "messages", "sessionid", "x")
WORDS = [
    *listed("type manufacturer vin ean code properties.flow reference email confirmed consent page_sha256"),
    *listed("contact_email language csrfmiddlewaretoken action _selected_action select_across index reason note"),
    *listed("secret what step version en nl key page post _save _popup _continue _addanother _preview k username"),
    *listed("password next table q by own_reference tenant_id collective_id owner_id return_address days attribute"),
    *listed("label hint statement valid_days"),
]
GROUP = re.compile(r"<(?:(\w+):)?(\w+)>")
REGEX_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """One address of the URL conf, as a template: `{}` stands where a value goes, named by what it is."""

    template: str
    names: tuple[str, ...]

    def url(self, values: list[str]) -> str:
        pieces = self.template.split("{}")
        quoted = [quote(value.encode(errors="surrogatepass"), safe="") for value in values]
        return "".join(piece + value for piece, value in zip(pieces, [*quoted, ""], strict=True))


def routes() -> list[Route]:
    """Read every address that the portal answers to out of its URL conf."""
    return sorted(set(_walk(get_resolver().url_patterns, "/", ())), key=lambda route: route.template)


def _walk(patterns: list[Any], before: str, names: tuple[str, ...]) -> Iterator[Route]:
    for pattern in patterns:
        text = str(pattern.pattern)
        found = [match[-1] for match in GROUP.findall(text)] if "(?P" not in text else REGEX_GROUP.findall(text)
        template = REGEX_GROUP.sub("{}", text) if "(?P" in text else GROUP.sub("{}", text)
        template = before + template.strip("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, template, (*names, *found))
        elif isinstance(pattern, URLPattern):
            yield Route(template, (*names, *found))


def known_values(name: str) -> list[str]:
    """Return values that lead somewhere, for a part of an address with this name."""
    match name:
        case "reference":
            return list(OnboardingRequest.objects.values_list("reference", flat=True)[:10])
        case "record_id":
            return [str(key) for key in Consent.objects.values_list("record_id", flat=True)[:5]]
        case "object_id":
            return ["1", "2", "3", *(str(row.pk) for row in OnboardingRequest.objects.all()[:5])]
        case "step":
            return ["type", "manufacturer", "identify", "check"]
        case "light" | "dark":
            return ["0a5546", "ffffff"]
        case "app_label":
            return ["auth", "onboarding"]
        case "kind":
            return ["receipt", "link"]
    return ["1"]


def filters() -> list[str]:
    """Return what the lists of the desk can be asked for."""
    fields = {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    return [f"{name}{lookup}" for name in sorted(fields) for lookup in LOOKUPS]


def form_fields() -> list[str]:
    """Return the names of all fields of the desk's forms, and those of the portal's."""
    names = {field.name for model in models_of_the_desk().values() for field in model._meta.fields}
    split = {f"{name}_{place}" for name in names if name.endswith("_at") for place in "01"}
    rows = {f"{prefix}-{part}" for prefix in ("form", "notes") for part in ("TOTAL_FORMS", "INITIAL_FORMS", "0-words")}
    return sorted(names | split | rows | set(WORDS))


nasty = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(QUERIES), st.sampled_from(filters())), nasty), max_size=3)
headers = st.dictionaries(st.sampled_from(HEADERS), nasty, max_size=2)
cookies = st.lists(st.tuples(st.sampled_from(COOKIES), nasty), max_size=1)
answers = st.lists(st.tuples(st.sampled_from(form_fields()), nasty), max_size=6)
files = st.dictionaries(
    st.sampled_from(["logo_file", "logo_dark_file", "picture_file", "vin"]),
    st.sampled_from([PNG, SVG, b"", b"\0"]),
    max_size=1,
)


class Inputs(HTMLParser):
    """The forms of a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append((given.get("action", ""), {}))
        elif tag in {"input", "select", "textarea", "button"} and self.forms and given.get("name"):
            self.forms[-1][1].setdefault(given["name"], given.get("value", ""))


@dataclass
class Browser:
    """Somebody with a client; what is answered 500 or more is kept with what broke."""

    who: str
    client: Client
    tried: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    statuses: dict[int, int] = field(default_factory=dict)

    def send(self, method: str, url: str, **options: Any) -> HttpResponse | None:
        broken: list[str] = []

        def note(**_signal: Any) -> None:
            import traceback

            broken.append(traceback.format_exc(limit=-6))

        got_request_exception.connect(note)
        started = time.monotonic()
        try:
            response = getattr(self.client, method)(url, **options)
        finally:
            got_request_exception.disconnect(note)
        self.tried += 1
        self.slowest = max(self.slowest, (time.monotonic() - started, f"{method} {url[:200]}"))
        self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
        if response.status_code >= 500:
            words = broken[-1] if broken else response.content.decode()[:300]
            last = words.strip().splitlines()[-1][:120]
            self.faults.setdefault(
                f"{response.status_code} {last}", f"{method} {url[:300]} {str(options)[:600]}\n{words}"
            )
        return response


@dataclass(frozen=True)
class Nonsense:
    """What one try puts where, drawn before anything is sent: what comes of it depends on what is stored by then."""

    picks: list[int]
    values: list[str]
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    cookies: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    files: dict[str, bytes]

    def address(self, route: Route) -> str:
        """Write an address of which most parts lead somewhere."""
        parts = []
        for place, name in enumerate(route.names):
            known, pick = known_values(name), self.picks[place]
            parts.append(known[pick % len(known)] if known and pick % 3 else self.values[place])
        query = urlencode([(name, value.encode(errors="surrogatepass")) for name, value in self.pairs])
        return route.url(parts) + (f"?{query}" if query else "")

    def real_address(self, route: Route) -> str:
        known = [(known_values(name) or ["1"]) for name in route.names]
        return route.url([values[pick % len(values)] for values, pick in zip(known, self.picks, strict=False)])

    def options(self, client: Client, method: str) -> dict[str, Any]:
        """Give the headers, cookies and fields of a request."""
        sent = {name: _latin(value) for name, value in self.headers.items()}
        sent = {name: value for name, value in sent.items() if "\n" not in value and "\r" not in value}
        options: dict[str, Any] = {"headers": sent}
        if self.cookies:
            kept = [f"{name}={morsel.value}" for name, morsel in client.cookies.items() if self.picks[0] % 2]
            nasty_ones = [f'{name}="{_latin(value).replace(chr(0), chr(92) + "000")}"' for name, value in self.cookies]
            options["headers"] |= {"Cookie": "; ".join([*kept, *nasty_ones])}
        return options | self.body() if method == "post" else options

    def body(self, fields: dict[str, str] | None = None) -> dict[str, Any]:
        """Fill in a form: what it holds, but for every third field or so."""
        data = dict(fields or {}) | dict(self.answers)
        for place, name in enumerate(fields or {}):
            if (self.picks[place % len(self.picks)] + place) % 3 == 0:
                data[name] = self.values[place % len(self.values)]
        return _encoded(data, self.files)


tries = st.builds(
    Nonsense,
    picks=st.lists(st.integers(0, 10_000), min_size=6, max_size=6),
    values=st.lists(nasty, min_size=6, max_size=6),
    pairs=pairs,
    headers=headers,
    cookies=cookies,
    answers=answers,
    files=files,
)


def _encoded(data: dict[str, Any], uploads: dict[str, bytes]) -> dict[str, Any]:
    if uploads:
        clean = {name: value.encode(errors="replace").decode() for name, value in data.items()}
        return {"data": clean | {name: SimpleUploadedFile(f"{name}.png", content) for name, content in uploads.items()}}
    pairs = [
        (name.encode(errors="surrogatepass"), value.encode(errors="surrogatepass")) for name, value in data.items()
    ]
    return {"data": urlencode(pairs), "content_type": "application/x-www-form-urlencoded"}


def _latin(text: str) -> str:
    """Write a text as WSGI hands bytes on."""
    return text.encode(errors="surrogatepass").decode("latin-1")


def forms_of(response: HttpResponse | None) -> list[tuple[str, dict[str, str]]]:
    page = Inputs()
    if response is not None and response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
        page.feed(response.content.decode())
    return page.forms


def stay_signed_in(client: Client) -> None:
    """Begin as a superuser again, whatever was done to the account."""
    user, _is_new = User.objects.get_or_create(username="root", defaults={"is_staff": True, "is_superuser": True})
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True, is_active=True)
    client.force_login(User.objects.get(pk=user.pk))
