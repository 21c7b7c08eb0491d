"""Authorisations: who may fly or collect what, where and until when. A lead enters them on a plain screen."""

from datetime import UTC
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.governance.authorisations import STANDING, Authorisation, Conditions
from necmergitur.governance.constants import CEILING_MAX_M, CEILING_MIN_M, LABEL_LENGTH_MAX, TRANSIT_ALTITUDE_M
from necmergitur.governance.gate import FLIGHT
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, people, refusals, rights
from necmergitur.web.console.pages import show
from necmergitur.web.console.words import AUTHORISATION_KINDS, MODALITIES, PURPOSES, say
from necmergitur.web.facts.models import Authorisation as AuthorisationRow
from necmergitur.web.facts.models import Zone
from necmergitur.web.store import CLOCK, store

GEOZONES_LENGTH_MAX = 500
SHOWN_MAX = 200
# A refusal names the field it is about: which form field shows it.
FIELD_OF = {
    "valid_until_missing": "valid_until",
    "valid_until_before_start": "valid_until",
    "valid_until_past": "valid_until",
    "zones_empty": "zones",
    "ceiling_out_of_range": "ceiling_m",
    "transit_out_of_range": "transit_m",
}


class GrantForm(forms.Form):
    """An authorisation as a lead writes it."""

    label = forms.CharField(label=_("Name"), max_length=LABEL_LENGTH_MAX, help_text=_("As people will read it."))
    holder = forms.CharField(
        label=_("Who may"), max_length=LABEL_LENGTH_MAX, help_text=_("The operator or service that is authorised.")
    )
    legal_basis = forms.CharField(
        label=_("By which law or decision"),
        max_length=LABEL_LENGTH_MAX,
        help_text=_("For example: prefect's order no. 2026-123 of 3 March 2026."),
    )
    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=[(name, PURPOSES[name]) for name in ("emergency_response", "crowd_safety", "maintenance", "training")],
        help_text=_("A call for help needs the purpose of response to calls for help."),
    )
    valid_from = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    valid_until = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    where = forms.ChoiceField(
        label=_("Where"),
        choices=[("all", _("The whole territory")), ("zones", _("Only these zones"))],
        widget=forms.RadioSelect,
        initial="all",
    )
    zones = forms.MultipleChoiceField(
        label=_("Zones"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Where a call may be answered. A drone may cross other zones on its way there."),
    )
    ceiling_m = forms.FloatField(
        label=_("Ceiling, metres above ground"),
        min_value=CEILING_MIN_M,
        max_value=CEILING_MAX_M,
        initial=CEILING_MAX_M,
        required=False,
    )
    transit_m = forms.FloatField(
        label=_("Height of the way, metres above ground"),
        min_value=CEILING_MIN_M,
        max_value=CEILING_MAX_M,
        initial=TRANSIT_ALTITUDE_M,
        required=False,
        help_text=_("Above every roof and crane of the area, measured from the lowest dock. At most the ceiling."),
    )
    recording = forms.BooleanField(
        label=_("On scene, the camera may look"),
        required=False,
        initial=True,
        help_text=_("Otherwise their picture needs a signed authorisation of the camera beside this one."),
    )
    geozones = forms.CharField(
        label=_("Airspace zones it opens"),
        max_length=GEOZONES_LENGTH_MAX,
        required=False,
        help_text=_("Their identifiers, separated by commas, such as LF-P 23. Empty: none."),
    )

    def __init__(self, *args: Any, zones: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the city's present zones."""
        super().__init__(*args, **kwargs)
        cast(forms.MultipleChoiceField, self.fields["zones"]).choices = zones


@require(rights.may_see | rights.may_supervise)
@never_cache
@require_safe
def authorisations(request: HttpRequest) -> HttpResponse:
    """What is in force, what is to come, what is over."""
    now = CLOCK.now()
    rows = list(AuthorisationRow.objects.order_by("-granted_at", "id")[:SHOWN_MAX])
    names = people.names([*(row.granted_by for row in rows), *(row.revoked_by for row in rows)])
    told = [_told(row, now, names) for row in rows]
    context = {
        "groups": [
            (name, title, [one for one in told if one["when"] == name])
            for name, title in (("current", _("In force")), ("to_come", _("To come")), ("over", _("Over")))
        ],
        "may_authorise": rights.may_authorise(request.user),
        "back": request.path,
        "tab": "authorisations",
    }
    return show(request, "console/authorisations.html", context, here="supervisor")


def _told(row: AuthorisationRow, now: Any, names: dict[str, str]) -> dict[str, Any]:
    over = row.revoked_at is not None or (row.valid_until is not None and row.valid_until <= now)
    return {
        "row": row,
        "granted_by": names.get(row.granted_by, row.granted_by),
        "revoked_by": names.get(row.revoked_by or "", row.revoked_by),
        "when": "over" if over else "current" if row.valid_from <= now else "to_come",
        "kind": say(AUTHORISATION_KINDS, row.kind),
        "modality": say(MODALITIES, row.modality),
        "purpose": say(PURPOSES, row.purpose),
        "standing": row.id in STANDING,
        "ceiling_m": row.conditions.get("ceiling_m") if row.kind == "flight" else None,
        "blind": row.kind == "flight" and row.conditions.get("recording") is False,
        "geozones": ", ".join(row.conditions.get("geozones") or ()),
    }


@require(rights.may_authorise)
@never_cache
def grant(request: HttpRequest) -> HttpResponse:
    """Enter an authorisation of flights. The gate follows it within a second."""
    zones = list(Zone.objects.filter(retired_at=None).order_by("label", "id").values_list("id", "label"))
    form = GrantForm(request.POST or None, zones=zones)
    if request.method == "POST" and form.is_valid():
        outcome = guards.run(
            request, lambda by, now: authorising.grant(store(), _asked(form.cleaned_data, by, now), now)
        )
        if not isinstance(outcome, Refusal):
            return redirect("console:authorisations")
        field = FIELD_OF.get(outcome.rule) or outcome.rule.removesuffix("_missing").removesuffix("_too_long")
        form.add_error(field if field in form.fields else None, refusals.sentence(outcome))
    context = {"form": form, "tab": "authorisations"}
    return show(request, "console/grant.html", context, here="supervisor", status=422 if form.errors else 200)


def _asked(said: dict[str, Any], by: Any, now: Any) -> Authorisation:
    return Authorisation(
        id=store().ids.new(),
        kind="flight",
        label=said["label"],
        purpose=said["purpose"],
        legal_basis=said["legal_basis"],
        holder=said["holder"],
        modality=FLIGHT,
        zones=tuple(said["zones"]) if said["where"] == "zones" else None,
        streams=None,
        valid_from=said["valid_from"].astimezone(UTC),
        valid_until=said["valid_until"].astimezone(UTC),
        conditions=_conditions(said),
        demo=False,
        granted_by=f"user:{by.id}",
        granted_at=now,
    )


def _conditions(said: dict[str, Any]) -> Conditions:
    ceiling_m = said["ceiling_m"] or CEILING_MAX_M
    return Conditions(
        ceiling_m=ceiling_m,
        transit_m=said["transit_m"] or min(TRANSIT_ALTITUDE_M, ceiling_m),
        geozones=tuple(name.strip() for name in said["geozones"].split(",") if name.strip()),
        recording=said["recording"],
    )


@require(rights.may_authorise)
@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End an authorisation now, with a reason. Drones that fly under it are called back."""
    reason = request.POST.get("reason", "")[:LABEL_LENGTH_MAX]
    outcome = guards.run(request, lambda by, now: authorising.revoke(store(), pk, reason, by, now))
    return guards.answer(request, outcome, reverse("console:authorisations"))
