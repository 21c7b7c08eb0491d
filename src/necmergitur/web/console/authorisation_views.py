"""Authorisations: who may fly or collect what, where and until when. A lead enters them on a plain screen."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.law import rules
from necmergitur.governance import law
from necmergitur.governance.assessments import DRONE_CAMERA, Foundation
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.constants import CEILING_MAX_M, CEILING_MIN_M, LABEL_LENGTH_MAX, TRANSIT_ALTITUDE_M
from necmergitur.governance.gate import FLIGHT
from necmergitur.governance.law import Rule
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising
from necmergitur.web import last_words
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, people, refusals, rights
from necmergitur.web.console.pages import show
from necmergitur.web.console.words import ACTORS, AUTHORISATION_KINDS, MODALITIES, PURPOSES, STANDING, say
from necmergitur.web.facts.models import Assessment, Zone
from necmergitur.web.facts.models import Authorisation as AuthorisationRow
from necmergitur.web.register.words import why_revoked
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trust.reasons import drift
from necmergitur.web.trust.signing import words as signing
from necmergitur.web.trust.words import OPERATORS

Choices = list[tuple[str, str]]
UUID_LENGTH = 36

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
    "review_first": "valid_until",
    "law_ends_first": "valid_until",
    "law_purpose": "purpose",
    "law_operator": "operator_class",
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
    assessment = forms.ChoiceField(
        label=_("Impact assessment it rests on"),
        help_text=_("While it does not hold, no drone flies under this authorisation."),
    )
    operator_class = forms.ChoiceField(
        label=_("Who operates the drones"), help_text=_("The law lists which services may use their cameras.")
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

    def __init__(self, *args: Any, zones: Choices, assessments: Choices, now: datetime, **kwargs: Any) -> None:
        """Offer the city's present zones, the assessments that hold, and the operators the law leaves."""
        super().__init__(*args, **kwargs)
        operators = law.operator_classes(rules(), DRONE_CAMERA, now)
        for name, choices in (
            ("zones", zones),
            ("assessment", assessments),
            ("operator_class", [(one, say(OPERATORS, one)) for one in operators]),
        ):
            cast(forms.ChoiceField, self.fields[name]).choices = choices


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
            for name, title in (
                ("suspended", pgettext_lazy("authorisation", "Suspended")),
                ("current", _("In force")),
                ("to_come", _("To come")),
                ("over", _("Over")),
            )
        ],
        "may_authorise": rights.may_authorise(request.user),
        "may_trust": rights.may_trust(request.user),
        "back": request.path,
        "tab": "authorisations",
    }
    return show(request, "console/authorisations.html", context, here="supervisor")


def _told(row: AuthorisationRow, now: Any, names: dict[str, str]) -> dict[str, Any]:
    over = row.revoked_at is not None or (row.valid_until is not None and row.valid_until <= now)
    suspended = row.suspended_at is not None and not over
    begun = "current" if row.valid_from <= now else "to_come"
    when = "over" if over else "suspended" if suspended else begun
    on = row.rests_on or (row.paper or {}).get("terms") or {}
    ours = STANDING.get(row.id, {})
    return {
        "row": row,
        "label": ours.get("label", row.label),
        "holder": ours.get("holder", row.holder),
        "legal_basis": ours.get("legal_basis", row.legal_basis),
        "assessment": on.get("assessment_id", ""),
        "why": drift(row.suspended_reason or "") if suspended else "",
        "unfounded": row.kind == "flight" and not row.rests_on,
        "granted_by": names.get(row.granted_by) or ACTORS.get(row.granted_by, row.granted_by),
        "revoked_by": names.get(row.revoked_by or "", row.revoked_by),
        "why_revoked": why_revoked(row.revoked_reason),
        "when": when,
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
    now = CLOCK.now()
    zones = list(Zone.objects.filter(retired_at=None).order_by("label", "id").values_list("id", "label"))
    held = {
        str(row.id): row
        for row in Assessment.objects.filter(covers__modality=DRONE_CAMERA, stale_at=None, review_by__gt=now)
    }
    titles = [(name, f"{row.title} ({say(PURPOSES, row.covers['purpose'])})") for name, row in held.items()]
    initial = _initial(request.GET.get("again", ""))
    form = GrantForm(request.POST or None, zones=zones, assessments=titles, now=now, initial=initial)
    if request.method == "POST" and form.is_valid():
        on = held[form.cleaned_data["assessment"]]
        outcome = guards.run(
            request,
            lambda by, now: authorising.grant(store(), _asked(form.cleaned_data, on, by, now), now, rules=rules()),
        )
        if not isinstance(outcome, Refusal):
            return redirect("console:authorisations")
        form.add_error(_field(outcome.rule, form), _words(outcome))
    context = {
        "form": form,
        "tab": "authorisations",
        "none_holds": not held,
        "may_trust": rights.may_trust(request.user),
        "law": [rule.says.in_language(get_language() or "en") for rule in _opening(now)],
    }
    return show(request, "console/grant.html", context, here="supervisor", status=422 if form.errors else 200)


def _opening(now: datetime) -> list[Rule]:
    """Return the rules that open the drones' cameras now: flights name them all."""
    return [rule for rule in law.speaking(rules(), DRONE_CAMERA, now) if rule.opens]


def _field(rule: str, form: forms.Form) -> str | None:
    if rule.startswith(("assessment_", "beyond_")):
        return "assessment"
    field = FIELD_OF.get(rule) or rule.removesuffix("_missing").removesuffix("_too_long")
    return field if field in form.fields else None


def _words(refusal: Refusal) -> str:
    return refusals.sentence(refusal) if refusal.rule in refusals.RULES else signing.explain(refusal)


def _initial(again: str) -> dict[str, Any]:
    """Return an authorisation as the form says it, to be entered anew; empty when it names none."""
    row = AuthorisationRow.objects.filter(kind="flight", id=again).first() if len(again) == UUID_LENGTH else None
    if row is None:
        return {}
    said = {name: getattr(row, name) for name in ("label", "holder", "legal_basis", "purpose", "valid_until")}
    conditions = {name: row.conditions.get(name) for name in ("ceiling_m", "transit_m", "recording", "operator_class")}
    return {
        **said,
        **conditions,
        "where": "all" if row.zones is None else "zones",
        "zones": row.zones or [],
        "assessment": (row.rests_on or {}).get("assessment_id", ""),
        "valid_from": timezone.localtime(CLOCK.now()),
        "geozones": ", ".join(row.conditions.get("geozones") or ()),
    }


def _asked(said: dict[str, Any], on: Assessment, by: Any, now: Any) -> Authorisation:
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
        rests_on=Foundation(
            assessment_id=on.id,
            assessment_version=on.version,
            assessment_digest=on.digest,
            law=tuple(rule.id for rule in _opening(now)),
        ),
    )


def _conditions(said: dict[str, Any]) -> Conditions:
    ceiling_m = said["ceiling_m"] or CEILING_MAX_M
    return Conditions(
        ceiling_m=ceiling_m,
        transit_m=said["transit_m"] or min(TRANSIT_ALTITUDE_M, ceiling_m),
        geozones=tuple(name.strip() for name in said["geozones"].split(",") if name.strip()),
        recording=said["recording"],
        operator_class=said["operator_class"],
    )


@require(rights.may_authorise)
@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End an authorisation now, with a reason. Drones that fly under it are called back."""
    reason = request.POST.get("reason", "")[:LABEL_LENGTH_MAX]
    last_words.hear([pk])
    outcome = guards.run(request, lambda by, now: authorising.revoke(store(), pk, reason, by, now))
    return guards.answer(request, outcome, reverse("console:authorisations"))
