"""How long a colleague's session lasts: twelve hours, and an hour of silence. Both are checked here, on the server."""

from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.internal.usersessionkit import track_activity
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from .record import Outcome, note

BEGAN, SEEN = "desk_began", "desk_seen"
NOTED_SECONDS = 60  # signs of life are written down no more often


def on_signed_in(request: HttpRequest, **_more: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = _now()


def is_over(request: HttpRequest) -> bool:
    """Tell whether a session's time is over; so is one of which nobody knows when it began."""
    began, seen = request.session.get(BEGAN, 0), request.session.get(SEEN, 0)
    return bool(_now() - began >= settings.SESSION_COOKIE_AGE or _now() - seen >= settings.STAFF_SILENCE_SECONDS)


def end(request: HttpRequest) -> None:
    """End the session of this request, and say so on the record."""
    note(request, Outcome.EXPIRED, user=request.user)
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.flush()


def note_sign_of_life(request: HttpRequest) -> None:
    """Write down that somebody is there, where from, and by what browser."""
    if _now() - request.session[SEEN] >= NOTED_SECONDS:
        request.session[SEEN] = _now()
        track_activity(request, user=request.user, session=request.session)


def end_all_of(user: Any, *, but: str | None = None) -> int:
    """End the sessions of somebody at once, `but` the one with this key. Returns how many lasted still."""
    ended = list(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for session in ended:
        session.end()
    return sum(session.last_seen_at > _silent_since() for session in ended)


def renew_key(request: HttpRequest) -> None:
    """Go on under another key, because this session may do more, or other things, from now on."""
    request.session.cycle_key()
    track_activity(request, user=request.user, session=request.session)


def forget_old() -> None:
    """Delete what is known of sessions whose time is over."""
    UserSession.objects.filter(last_seen_at__lte=_silent_since()).delete()


def connect() -> None:
    user_logged_in.connect(on_signed_in)


def _now() -> float:
    return timezone.now().timestamp()


def _silent_since() -> datetime:
    return timezone.now() - timedelta(seconds=settings.STAFF_SILENCE_SECONDS)
