"""Coming in: enrolment, the second factor, where to go after signing in, one's own account."""

from typing import Any, cast

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import enrolment, second_factor
from necmergitur.web.accounts.demo import demo_accounts
from necmergitur.web.accounts.forms import EnrolForm, OwnForm
from necmergitur.web.accounts.models import EnrolmentLink, User
from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import is_signed_in, require, roles_of

BACKEND = "necmergitur.web.accounts.backend.SignInBackend"

# A refusal's stable name, in words for the person reading it.
WORDS = {
    "link_not_usable": _("This link no longer works. It was used, replaced, or is more than 24 hours old."),
    "address_taken": _("An account already signs in with this address."),
    "account_inactive": _("This account is switched off. Ask an administrator."),
    "own_account": _("Nobody restores their own access: ask a colleague."),
    "same_person": _("You asked for this yourself. A second person must approve it."),
    "not_allowed": _("An administrator, a room lead or a duty officer restores access."),
    "recovery_closed": _("This request is done, unknown, or more than an hour old."),
    "last_administrator": _("This is the only active administrator. Give the role to someone else first."),
}


class SignIn(LoginView):
    """allauth's sign-in, which lists the labelled accounts while a demonstration runs."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demonstration accounts; none outside a demonstration."""
        return {**super().get_context_data(**kwargs), "demo_accounts": demo_accounts()}


# Where each role works, in the order asked; the first page that exists wins.
WORKPLACES: tuple[tuple[frozenset[Role], str], ...] = (
    (frozenset({Role.OPERATOR, Role.LEAD, Role.DUTY_OFFICER}), "/console/"),
    (frozenset({Role.PILOT}), "/console/pilot/"),
    (frozenset({Role.TECHNICIAN}), "/console/"),
    (frozenset({Role.RESPONDER}), "/field/"),
    (frozenset({Role.LIAISON}), "/console/people/"),
    (frozenset({Role.DPO}), "/trust/"),
    (frozenset({Role.ANALYST}), "/programme/desk/"),
    (frozenset({Role.ADMINISTRATOR}), "/account/people/"),
)


@never_cache
@sensitive_post_parameters("password", "again")
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Open an invitation. Reading the page burns nothing: only a valid form does."""
    link = enrolment.find(token)
    if link is None:
        return render(
            request,
            "accounts/link_refused.html",
            {"why": WORDS["link_not_usable"]},
            status=410,
        )
    restoring = link.purpose == EnrolmentLink.Purpose.RESTORE
    form = EnrolForm(request.POST or None, email=link.email, restoring=restoring)
    if request.method == "POST" and form.is_valid():
        outcome = enrolment.enrol(
            token,
            email=form.cleaned_data.get("email", link.email),
            display_name=form.cleaned_data.get("display_name", ""),
            password=form.cleaned_data["password"],
            language=get_language() or settings.LANGUAGE_CODE,
        )
        if isinstance(outcome, User):
            login(request, outcome, backend=BACKEND)
            reauthenticate_by_password(request)
            return redirect("accounts:second_factor")
        if outcome.rule == "link_not_usable":
            return render(
                request,
                "accounts/link_refused.html",
                {"why": WORDS[outcome.rule]},
                status=410,
            )
        form.add_error(None, WORDS[outcome.rule])
    role = Role(link.role).label if link.role else ""
    context = {"form": form, "link": link, "role": role, "restoring": restoring}
    return render(request, "accounts/enrol.html", context, status=422 if form.errors else 200)


@require(is_signed_in)
@never_cache
def second_factor_choice(request: HttpRequest) -> HttpResponse:
    """Offer the two kinds of second factor to somebody who has none yet."""
    if second_factor.has_second_factor(cast(User, request.user)):
        return redirect("mfa_index")
    return render(request, "accounts/second_factor.html")


@require(is_signed_in)
@never_cache
def landing(request: HttpRequest) -> HttpResponse:
    """Send a person who just signed in to where they work, among the places that exist."""
    held = roles_of(cast(User, request.user))
    for roles, address in WORKPLACES:
        if held & roles and _exists(address):
            return redirect(address)
    return redirect("accounts:me")


@require(is_signed_in)
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name and language; list one's roles and second factors."""
    user = cast(User, request.user)
    form = OwnForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        response = redirect("accounts:me")
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    factors = Authenticator.objects.filter(user=user).order_by("created_at")
    context = {
        "form": form,
        "held": [role for role in Role if role in roles_of(user)],
        "factors": factors,
    }
    return render(request, "accounts/me.html", context, status=422 if form.errors else 200)


@require(is_signed_in)
@never_cache
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a passkey unless it is the last second factor (allauth asks its adapter only for apps)."""
    key = Authenticator.objects.filter(user_id=cast(User, request.user).pk, pk=pk).first()
    if key is not None and second_factor.is_last(key):
        return render(request, "accounts/last_factor.html", status=409)
    return cast(HttpResponseBase, remove_webauthn(request, pk=pk))


def ask_administrator(request: HttpRequest) -> HttpResponse:
    """Say how a forgotten password is replaced: a person vouches, no message is sent."""
    return render(request, "accounts/forgotten.html")


def explain(refusal: Refusal) -> str:
    """Return a refusal in the reader's language."""
    return str(WORDS.get(refusal.rule, refusal.detail))


def _exists(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True
