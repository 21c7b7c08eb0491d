"""The administrator's page of partners: tokens, webhooks, and what was sent."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population.helping import WEB
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_administrator, require
from necmergitur.web.api import hooks, tokens
from necmergitur.web.api.models import ApiToken, WebhookDelivery, WebhookEndpoint
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Device
from necmergitur.web.store import CLOCK

DELIVERIES_SHOWN = 30
DAYS_MAX = tokens.LASTS_MAX.days
WRONG_URL: dict[str, Any] = {
    "url_malformed": _("This is not an address."),
    "url_not_https": _("It must begin with https://"),
}


class TokenForm(forms.Form):
    """A partner's key."""

    name = forms.CharField(label=_("Partner"), max_length=80, help_text=_("As it will be named on incidents."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=list(tokens.SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    devices = forms.CharField(
        label=_("Its own buttons"),
        required=False,
        max_length=2_000,
        help_text=_("Numbers separated by commas; only for sending calls."),
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=DAYS_MAX, initial=90)

    def clean_devices(self) -> list[str]:
        """Refuse a button that does not exist."""
        named = [one.strip() for one in self.cleaned_data["devices"].split(",") if one.strip()]
        known = set(
            Device.objects.filter(id__in=named, retired_at=None).exclude(transport=WEB).values_list("id", flat=True)
        )
        unknown = [one for one in named if one not in known]
        if unknown:
            raise forms.ValidationError(_("No such button: %(names)s"), params={"names": ", ".join(unknown)})
        return named


class WebhookForm(forms.Form):
    """Where a partner listens."""

    name = forms.CharField(label=_("Partner"), max_length=80)
    url = forms.CharField(label=_("Address"), max_length=500, help_text="https://…")
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=[(one, one) for one in hooks.EVENT_NAMES], widget=forms.CheckboxSelectMultiple
    )


@require(is_administrator)
@never_cache
@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """List tokens, webhooks and the last deliveries (constant queries)."""
    now = CLOCK.now()
    context = {
        "tokens": [
            {
                "row": row,
                "usable": row.usable(now),
                "scopes": [str(tokens.SCOPES.get(scope, scope)) for scope in row.scopes],
            }
            for row in ApiToken.objects.all()[:100]
        ],
        "endpoints": WebhookEndpoint.objects.all()[:100],
        "deliveries": WebhookDelivery.objects.select_related("endpoint")[:DELIVERIES_SHOWN],
        "document": reverse("api:openapi-json"),
        "tab": "partners",
    }
    return show(request, "api/partners.html", context, here="supervisor")


@require(is_administrator)
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        end = CLOCK.now() + timedelta(days=said["days"])
        row, token = tokens.create(said["name"], said["scopes"], said["devices"], end, cast(User, request.user))
        return show(
            request, "api/secret.html", {"title": row.name, "secret": token, "tab": "partners"}, here="supervisor"
        )
    context = {"form": form, "title": _("A token for a partner"), "tab": "partners"}
    return show(request, "api/form.html", context, here="supervisor", status=422 if form.errors else 200)


@require(is_administrator)
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token now, and its webhooks."""
    tokens.revoke(get_object_or_404(ApiToken, pk=pk))
    return redirect("partners:partners")


@require(is_administrator)
@never_cache
def make_webhook(request: HttpRequest) -> HttpResponse:
    """Make a webhook and show its secret once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = hooks.create(said["name"], said["url"], said["events"], by=cast(User, request.user).display_name)
        if not isinstance(made, Refusal):
            context = {"title": made[0].name, "secret": made[1], "tab": "partners"}
            return show(request, "api/secret.html", context, here="supervisor")
        form.add_error("url", WRONG_URL.get(made.rule, made.rule))
    context = {"form": form, "title": _("A webhook for a partner"), "tab": "partners"}
    return show(request, "api/form.html", context, here="supervisor", status=422 if form.errors else 200)


@require(is_administrator)
@never_cache
@require_POST
def change_webhook(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Try, switch off, renew the secret of, or drop a webhook."""
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    if what == "try":
        hooks.ping(row)
    elif what == "off":
        WebhookEndpoint.objects.filter(pk=pk).update(disabled_at=CLOCK.now(), disabled_reason="")
    elif what == "drop":
        row.delete()
    else:
        context = {"title": row.name, "secret": hooks.renew(row), "tab": "partners"}
        return show(request, "api/secret.html", context, here="supervisor")
    return redirect("partners:partners")
