"""Which addresses are the desk's."""

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


def is_of_desk(request: HttpRequest) -> bool:
    return is_desk_address(request.path)


def is_desk_address(path: str) -> bool:
    try:
        return path.startswith(reverse("admin:index"))
    except NoReverseMatch:  # the sandbox alone has no desk
        return False
