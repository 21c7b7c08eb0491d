"""Accounts as ordinary rows, so that a person can be erased; what happened to them as rows only added to."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from necmergitur.web.accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an address is always kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved account. With no password it can only be entered through an enrolment link."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account of an address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in. Residents never need an account."""

    email = models.EmailField(_("E-mail address"), max_length=254, unique=True)
    display_name = models.CharField(_("Name shown to colleagues"), max_length=80)
    language = models.CharField(_("Language"), max_length=5, choices=settings.LANGUAGES, default="fr")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(
        default=False,
        help_text="A labelled demonstration account: no second factor, loopback only.",
    )
    created_at = models.DateTimeField(default=timezone.now)

    # Filled by accounts.rules the first time this request asks; never stored.
    roles_held: frozenset[Role] | None = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        """Return the name shown to colleagues."""
        return self.display_name


def display(user: User) -> str:
    """Return how an account is named on screen."""
    return user.display_name


class RoleGrant(models.Model):
    """One role held by one person. Taking it away deletes the row; the audit keeps both facts."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "role"], name="one_grant_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.role}"


class AccountEvent(models.Model):
    """What happened to an account. Rows are only added (a trigger refuses the rest); people are numbers.

    `tag` is `source:subject:action`, such as `account:role:granted`. A null actor is the server's own shell.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    tag = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    subject_id = models.BigIntegerField(db_index=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "account_event"

    def __str__(self) -> str:
        return f"{self.tag} {self.subject_id}"


class LiveSession(models.Model):
    """A ticket by which the live process recognises a signed-in browser without Django.

    Keyed by the hex SHA-256 of the session cookie: reading this table gives nobody a session.
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    user_id = models.BigIntegerField(db_index=True)
    display_name = models.TextField()
    roles = ArrayField(models.TextField())
    language = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "live_session"

    def __str__(self) -> str:
        return f"live session of {self.user_id}"


class EnrolmentLink(models.Model):
    """An invitation to choose a password and a second factor. Only the token's SHA-256 is kept."""

    class Purpose(models.TextChoices):
        """Why a link was made."""

        FIRST = "first", _("First administrator")
        INVITATION = "invitation", _("Invitation")
        RESTORE = "restore", _("Restored access")

    token_hash = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at:%Y-%m-%d %H:%M}"

    def usable(self, now: datetime) -> bool:
        """Return whether the link still opens."""
        return self.used_at is None and self.voided_at is None and now < self.expires_at


class RecoveryRequest(models.Model):
    """One person asks that a colleague's lost second factor be removed; another must approve."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery of {self.user_id}"
