"""Whether a person has a second factor, and which one. Recovery codes alone do not count."""

from allauth.mfa.models import Authenticator
from django.conf import settings

from necmergitur.web.accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """Return whether a person can prove who they are by something else than a password."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def is_exempt(user: User) -> bool:
    """Return whether this is a labelled demonstration account, in a demonstration (which serves loopback only)."""
    return bool(settings.DEMO and user.is_demo)


def is_last(authenticator: Authenticator) -> bool:
    """Return whether removing this factor would leave its holder with none."""
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
    return authenticator.type in FACTORS and not others.exists()


def remove_all(user: User) -> None:
    """Forget every factor and recovery code of a person; what follows must be a new enrolment."""
    Authenticator.objects.filter(user_id=user.pk).delete()
