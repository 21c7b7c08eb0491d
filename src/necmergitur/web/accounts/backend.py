"""Who may be signed in at all, asked at sign-in and again at each request."""

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser


class SignInBackend(AuthenticationBackend):
    """allauth's backend; a demonstration account exists only while the demonstration runs."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        """Return whether `user` is active and, when labelled a demonstration, whether one is running."""
        if not super().user_can_authenticate(user):
            return False
        return bool(settings.DEMO or not getattr(user, "is_demo", False))
