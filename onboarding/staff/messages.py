"""Where one-time messages wait for the next page."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

from .desk import is_of_desk


class MessageCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """A cookie; what is too long for it goes into the session at the desk, and nowhere else: customers have none."""

    storage_classes = (MessageCookie, SessionStorage)

    def __init__(self, request: HttpRequest, *args: Any, **more: Any) -> None:
        super().__init__(request, *args, **more)
        if not is_of_desk(request):
            self.storages = self.storages[:1]
