"""What somebody sent that could not be taken: put back on the page, so that one press sends it again."""

import re
from typing import Any

from django.http import HttpRequest

# More than any form of ours holds is not sent back and forth.
MOST_KEPT = 20_000
# The form's own token is made anew, and secrets are typed again.
NOT_KEPT = re.compile("csrfmiddlewaretoken|.*password.*")


def kept(http: HttpRequest, *, is_allowed: bool = True) -> dict[str, Any]:
    """Give what `_unsent.html` shows: a button that sends again what was sent, where `is_allowed`, else a link."""
    answers = _answers_in(http) if http.method == "POST" and is_allowed else None
    return {"answers": answers, "can_repeat": answers is not None, "address": http.get_full_path()}


def _answers_in(http: HttpRequest) -> list[tuple[str, str]] | None:
    """List what was sent, to send it again, without secrets; None when it is more than a page holds, as a file is."""
    if http.FILES:
        return None
    sent = [(name, value) for name, values in http.POST.lists() for value in values]
    listed = [(name, value) for name, value in sent if not NOT_KEPT.fullmatch(name)]
    return listed if sum(len(name + value) for name, value in listed) <= MOST_KEPT else None
