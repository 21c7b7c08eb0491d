"""The administrator's pages: who is here, inviting, roles, switching off, restoring access."""

from typing import cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import audit, grants, recovery
from necmergitur.web.accounts.constants import PEOPLE_PER_PAGE
from necmergitur.web.accounts.enrolment import create_enrolment_link
from necmergitur.web.accounts.forms import InviteForm, RecoveryForm, RolesForm
from necmergitur.web.accounts.models import AccountEvent, RecoveryRequest, User
from necmergitur.web.accounts.recovery import may_recover
from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import RoleRefused, is_administrator, require
from necmergitur.web.accounts.second_factor import FACTORS
from necmergitur.web.accounts.views import explain

HISTORY_LINES = 30


@require(may_recover)
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """List accounts by name, with their roles and whether they have a second factor (three queries)."""
    everyone = User.objects.prefetch_related("grants", "authenticator_set").order_by("display_name", "pk")
    page = Paginator(everyone, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    waiting = (
        RecoveryRequest.objects.filter(approved_at=None, expires_at__gt=timezone.now())
        .select_related("user", "requested_by")
        .order_by("requested_at")
    )
    rows = [
        {
            "person": person,
            "roles": _in_order(grant.role for grant in person.grants.all()),
            "protected": any(factor.type in FACTORS for factor in person.authenticator_set.all()),
        }
        for person in page
    ]
    return render(
        request,
        "accounts/people.html",
        {"rows": rows, "page": page, "waiting": waiting},
    )


@require(is_administrator)
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation and show its link once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        path = create_enrolment_link(
            form.cleaned_data["role"],
            email=form.cleaned_data["email"],
            invited_by=cast(User, request.user),
        )
        context = {
            "link": settings.ORIGIN.url + path,
            "email": form.cleaned_data["email"],
        }
        return render(request, "accounts/link_made.html", context)
    return render(
        request,
        "accounts/invite.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@require(may_recover)
@never_cache
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account: roles, history, restoring access. Only an administrator changes roles."""
    user = get_object_or_404(User, pk=pk)
    held = [grant.role for grant in user.grants.all()]
    form = RolesForm(request.POST or None, initial={"roles": held})
    why = ""
    if request.method == "POST" and not is_administrator(cast(User, request.user)):
        raise RoleRefused(is_administrator.roles)
    if request.method == "POST" and form.is_valid():
        refusal = _set_roles(user, set(form.cleaned_data["roles"]), by=cast(User, request.user))
        if refusal is None:
            return redirect("accounts:person", pk=pk)
        why = explain(refusal)
    return _person_page(request, user, form, why, RecoveryForm())


@require(is_administrator)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off or on."""
    user = get_object_or_404(User, pk=pk)
    by = cast(User, request.user)
    if "on" in request.POST:
        grants.reactivate(user, by=by)
        return redirect("accounts:person", pk=pk)
    refusal = grants.deactivate(user, by=by)
    if refusal is None:
        return redirect("accounts:person", pk=pk)
    return _person_page(request, user, RolesForm(), explain(refusal), RecoveryForm())


@require(may_recover)
@require_POST
def ask_recovery(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, as the first of two, that a person's second factor be replaced."""
    user = get_object_or_404(User, pk=pk)
    form = RecoveryForm(request.POST)
    if not form.is_valid():
        return _person_page(request, user, RolesForm(), "", form)
    outcome = recovery.request_recovery(user, by=cast(User, request.user), reason=form.cleaned_data["reason"])
    if isinstance(outcome, Refusal):
        return _person_page(request, user, RolesForm(), explain(outcome), form)
    return redirect("accounts:people")


@require(may_recover)
@require_POST
@never_cache
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve as the second of two, and show the new link once."""
    asked = get_object_or_404(RecoveryRequest.objects.select_related("user"), pk=pk)
    outcome = recovery.approve_recovery(pk, by=cast(User, request.user))
    if isinstance(outcome, Refusal):
        return render(
            request,
            "accounts/recovery_refused.html",
            {"why": explain(outcome)},
            status=409,
        )
    context = {"link": settings.ORIGIN.url + outcome, "email": asked.user.email}
    return render(request, "accounts/link_made.html", context)


def _person_page(
    request: HttpRequest,
    user: User,
    form: RolesForm,
    why: str,
    recovery_form: RecoveryForm,
) -> HttpResponse:
    held = [grant.role for grant in user.grants.all()]
    history = list(AccountEvent.objects.filter(subject_id=user.pk).order_by("-at", "-pk")[:HISTORY_LINES])
    names = User.objects.in_bulk({event.actor_id for event in history if event.actor_id})
    context = {
        "person": user,
        "form": form if form.is_bound else RolesForm(initial={"roles": held}),
        "held": _in_order(held),
        "why": why,
        "recovery_form": recovery_form,
        "history": [
            {
                "at": event.at,
                "words": audit.TAGS.get(event.tag, event.tag),
                "role": Role(event.details["role"]).label if event.details.get("role") else "",
                "actor": names.get(event.actor_id or 0),
                "actor_id": event.actor_id,
            }
            for event in history
        ],
    }
    return render(
        request,
        "accounts/person.html",
        context,
        status=422 if why or recovery_form.errors or form.errors else 200,
    )


def _set_roles(user: User, wanted: set[str], *, by: User) -> Refusal | None:
    held = {grant.role for grant in user.grants.all()}
    for role in Role:
        if role.value in wanted - held:
            grants.grant_role(user, role, by=by)
        elif role.value in held - wanted:
            refusal = grants.revoke_role(user, role, by=by)
            if refusal is not None:
                return refusal
    return None


def _in_order(values: object) -> list[Role]:
    held = set(cast("list[str]", values))
    return [role for role in Role if role.value in held]
