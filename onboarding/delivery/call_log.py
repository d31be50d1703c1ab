"""What the timeline keeps of a call to the platform: enough to see what was said, masked before it is stored."""

import json
from typing import Any

from onboarding.platform_api.trace import Trace
from onboarding.request.events import CALL
from onboarding.request.masking import LONGEST, scrub, scrub_json, scrub_words
from onboarding.request.models import OnboardingRequest

# In bytes: some 4 KB for an event, whatever the platform says.
LARGEST_SENT, LARGEST_ANSWER = 1200, 2400


def call_detail(trace: Trace | None, request: OnboardingRequest) -> dict[str, Any]:
    """Return a call as the detail of an event; nothing where no call was made."""
    if trace is None:
        return {}
    told = {
        "call": f"{trace.method} {scrub_words(trace.path, request)}",
        "sent": _cut(_as_text(trace.sent, request), LARGEST_SENT),
        "status": trace.status,
        "answer": _cut(_as_text(trace.answer, request), LARGEST_ANSWER),
        "request_id": scrub(trace.request_id, request),
        "milliseconds": trace.milliseconds,
    }
    return {CALL: {name: value for name, value in told.items() if value not in ("", None)}}


def _as_text(value: object, request: OnboardingRequest) -> str:
    if value is None:
        return ""
    if isinstance(value, str):  # an answer that is no JSON
        return scrub_words(value[:LONGEST].replace("\0", ""), request)
    return json.dumps(scrub_json(value, request), indent=1, ensure_ascii=False)


def _cut(text: str, most: int) -> str:
    whole = text.encode("utf-8", "replace")
    return whole.decode() if len(whole) <= most else f"{whole[:most].decode('utf-8', 'ignore')}…"
