"""Where one-time messages wait for the next page."""

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

from .desk import is_of_desk


class MessageCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class DeskMessages(FallbackStorage):
    storage_classes = (MessageCookie, SessionStorage)


def messages_of(request: HttpRequest) -> BaseStorage:
    """Return a cookie; at the desk, what is too long for it goes into the session, which customers have none of."""
    return DeskMessages(request) if is_of_desk(request) else MessageCookie(request)
