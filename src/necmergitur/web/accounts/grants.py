"""Giving and taking roles, switching accounts off and on. Every change is audited and reaches open sessions."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import audit, tickets
from necmergitur.web.accounts.models import EnrolmentLink, RoleGrant, User
from necmergitur.web.accounts.roles import Role


def grant_role(user: User, role: Role, *, by: User | None) -> None:
    """Give `role` to a person; nothing happens when already held."""
    with transaction.atomic():
        _grant, created = RoleGrant.objects.get_or_create(user=user, role=role, defaults={"granted_by": by})
        if created:
            audit.record("account:role:granted", subject=user, actor=by, role=role.value)
            _spread(user)


def revoke_role(user: User, role: Role, *, by: User | None) -> Refusal | None:
    """Take `role` away. Refuses to leave the city without an administrator."""
    with transaction.atomic():
        if role is Role.ADMINISTRATOR and _is_last_administrator(user):
            return _last_administrator()
        deleted, _each = RoleGrant.objects.filter(user=user, role=role).delete()
        if deleted:
            audit.record("account:role:revoked", subject=user, actor=by, role=role.value)
            _spread(user)
    return None


def void_links(user: User) -> None:
    """Close every link that leads to this account, or that it sent: a thief may have sent some to themselves."""
    links = EnrolmentLink.objects.filter(Q(user=user) | Q(created_by=user), used_at=None, voided_at=None)
    links.update(voided_at=timezone.now())


def deactivate(user: User, *, by: User | None) -> Refusal | None:
    """Switch an account off: its sessions and live tickets end, for good. Refuses for the last administrator."""
    with transaction.atomic():
        if _is_last_administrator(user):
            return _last_administrator()
        User.objects.filter(pk=user.pk).update(is_active=False)
        user.is_active = False
        tickets.void_person(user)
        void_links(user)
        audit.record("account:person:deactivated", subject=user, actor=by)
    return None


def reactivate(user: User, *, by: User | None) -> None:
    """Switch an account back on."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True)
        user.is_active = True
        audit.record("account:person:reactivated", subject=user, actor=by)


def administrators() -> list[User]:
    """Return active administrators, oldest account first."""
    return list(User.objects.filter(is_active=True, grants__role=Role.ADMINISTRATOR).order_by("pk"))


def _is_last_administrator(user: User) -> bool:
    # Locking the grants makes two administrators removing each other meet here, one after the other.
    locked = list(
        RoleGrant.objects.select_for_update().filter(role=Role.ADMINISTRATOR).values_list("user_id", flat=True)
    )
    active = set(User.objects.filter(pk__in=locked, is_active=True).values_list("pk", flat=True))
    return active == {user.pk}


def _last_administrator() -> Refusal:
    return Refusal(
        rule="last_administrator",
        detail="this is the only active administrator: give the role to someone else first",
        owner="accounts",
    )


def _spread(user: User) -> None:
    user.roles_held = None
    tickets.refresh_roles(user, RoleGrant.objects.filter(user=user).values_list("role", flat=True))
