"""Who may do what, as small predicates that compose: `is_lead | is_duty_officer`, `is_pilot & ~is_demo`."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from necmergitur.web.accounts.back import READS, way_back
from necmergitur.web.accounts.models import RoleGrant, User
from necmergitur.web.accounts.roles import Role

View = Callable[..., HttpResponseBase]
NOT_KEPT = _("You were signed out, so what you sent was not kept. Sign in, and send it again.")


class RoleRefused(PermissionDenied):
    """A page is for other roles. `roles` lists them, for the page that says so."""

    def __init__(self, roles: Iterable[Role]) -> None:
        """Keep the roles that would have been let in, in their usual order."""
        wanted = set(roles)
        self.roles = tuple(role for role in Role if role in wanted)
        super().__init__("this page is for: " + ", ".join(self.roles))


def roles_of(user: User | AnonymousUser | None) -> frozenset[Role]:
    """Return the roles a person holds now; empty when not signed in. One query per user object."""
    if user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    person = user
    if person.roles_held is None:
        values = RoleGrant.objects.filter(user_id=person.pk).values_list("role", flat=True)
        person.roles_held = frozenset(Role(value) for value in values)
    return person.roles_held


class Rule:
    """A named predicate over a person. `roles` are those that can satisfy it, for plain-word refusals."""

    def __init__(
        self,
        name: str,
        test: Callable[[User | AnonymousUser | None], bool],
        roles: Iterable[Role] = (),
    ) -> None:
        """Wrap `test`."""
        self.name = name
        self.test = test
        self.roles = frozenset(roles)

    def __call__(self, user: User | AnonymousUser | None) -> bool:
        """Return whether the rule holds for a person. False for anyone not signed in or not active."""
        return user is not None and user.is_authenticated and user.is_active and self.test(user)

    def __or__(self, other: "Rule") -> "Rule":
        """Either rule."""
        return Rule(
            f"({self.name} | {other.name})",
            lambda user: self(user) or other(user),
            self.roles | other.roles,
        )

    def __and__(self, other: "Rule") -> "Rule":
        """Both rules."""
        roles = self.roles & other.roles if self.roles and other.roles else self.roles | other.roles
        return Rule(
            f"({self.name} & {other.name})",
            lambda user: self(user) and other(user),
            roles,
        )

    def __invert__(self) -> "Rule":
        """The opposite, still only for people signed in."""
        return Rule(f"~{self.name}", lambda user: not self(user), frozenset())

    def __repr__(self) -> str:
        """Show the composed name."""
        return f"Rule({self.name})"


def holds(role: Role) -> Rule:
    """Return the rule that a person holds `role`."""
    return Rule(f"is_{role.value}", lambda user: role in roles_of(user), {role})


is_signed_in = Rule("is_signed_in", lambda _user: True, frozenset(Role))
is_demo = Rule("is_demo", lambda user: bool(getattr(user, "is_demo", False)))
is_operator = holds(Role.OPERATOR)
is_lead = holds(Role.LEAD)
is_duty_officer = holds(Role.DUTY_OFFICER)
is_pilot = holds(Role.PILOT)
is_technician = holds(Role.TECHNICIAN)
is_responder = holds(Role.RESPONDER)
is_administrator = holds(Role.ADMINISTRATOR)
is_dpo = holds(Role.DPO)
is_liaison = holds(Role.LIAISON)
is_analyst = holds(Role.ANALYST)
# Whoever works in the room: sees the queue, the map and the incidents.
is_room = is_operator | is_lead | is_duty_officer | is_pilot


def require(rule: Rule) -> Callable[[View], View]:
    """Open a view to whoever satisfies `rule`.

    Anyone not signed in goes to the sign-in page and comes back; anyone else raises RoleRefused (403, and
    the page names the roles that may). The rule stays readable as `view.rule`.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.method not in READS:
                    messages.warning(request, NOT_KEPT, fail_silently=True)
                return redirect_to_login(way_back(request))
            if not rule(cast(User, request.user)):
                raise RoleRefused(rule.roles)
            return view(request, *args, **kwargs)

        guarded.rule = rule  # type: ignore[attr-defined]
        return guarded

    return guard
