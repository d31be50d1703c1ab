"""Who is a colleague."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class StaffBackend(AuthenticationBackend):
    """Knows active staff and nobody else; whoever ceases to be one is signed out with the next request."""

    def user_can_authenticate(self, user: AbstractBaseUser | AnonymousUser | None) -> bool:
        return bool(super().user_can_authenticate(user) and getattr(user, "is_staff", False))
