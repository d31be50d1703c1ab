"""Which addresses are the desk's."""

from django.http import HttpRequest
from django.urls import reverse


def is_of_desk(request: HttpRequest) -> bool:
    return is_desk_address(request.path)


def is_desk_address(path: str) -> bool:
    return path.startswith(reverse("admin:index"))
