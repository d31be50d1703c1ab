"""What the portal's answers allow a browser to do, and where its browsers may have themselves called.

Which is as little as the pages need. Only the settings read it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.csp import CSP

REPORTS = "/csp-reports/"
GROUP = "csp"

# Features of browsers. What no page uses, a script that got into one shall not use either. Passkeys are for staff.
DENIED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "usb", "window-management"),
    "xr-spatial-tracking",
)
OWN = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")


def features(*also: str) -> str:
    """Return the Permissions-Policy: what is denied to all, and what our own pages may do, `also` these."""
    denied = [f"{name}=()" for name in DENIED if name not in also]
    return ", ".join(denied + [f"{name}=(self)" for name in (*OWN, *also)])


# On every answer, besides what Django's own middleware says.
HEADERS = {
    "Permissions-Policy": features(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Reporting-Endpoints": f'{GROUP}="{REPORTS}"',
}
# The one page that uses a camera, by which a customer's own device reads a code. No picture leaves it.
SCANNING = {"Permissions-Policy": features("camera")}

# Where messages reach browsers, of Google, Mozilla, Apple and Microsoft. Nothing else that a browser names is called.
PUSH_SERVICES = ("fcm.googleapis.com", ".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")

# A picture is drawn, with the styles that stand in it, and nothing else: also when somebody opens it by itself.
PICTURE: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "object-src": [CSP.NONE],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "sandbox": "",
}


def content_policy(form_action: Sequence[str], provider: str = "") -> dict[str, list[str]]:
    """Return the Content-Security-Policy of all answers.

    `form_action`: other origins that a form may lead to; so does the button that leads to the identity `provider`.
    """
    parts = urlsplit(provider)
    form_action = [*form_action, *([f"{parts.scheme}://{parts.netloc}"] if parts.netloc else [])]
    return {
        "default-src": [CSP.NONE],
        "script-src": [CSP.SELF],
        "style-src": [CSP.SELF],
        "img-src": [CSP.SELF, "data:"],
        "font-src": [CSP.SELF],
        "connect-src": [CSP.SELF],
        "manifest-src": [CSP.SELF],
        "object-src": [CSP.NONE],
        "form-action": [CSP.SELF, *form_action],
        "base-uri": [CSP.NONE],
        "frame-ancestors": [CSP.NONE],
        "report-uri": [REPORTS],
        "report-to": [GROUP],
    }


def scanning_policy(usual: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Content-Security-Policy of the page that reads codes: there one of our files may be compiled."""
    return {**usual, "script-src": [CSP.SELF, CSP.WASM_UNSAFE_EVAL]}
