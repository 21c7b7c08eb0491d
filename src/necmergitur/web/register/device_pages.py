"""The page of one device: a sensor's stream, a drone, a street button."""

from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from necmergitur.adapters.law import rules
from necmergitur.dispatch.observations import STILL_LASTS
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.gate import FLIGHT
from necmergitur.governance.terms import data_clause, digest
from necmergitur.operations.constants import PLACES_KEPT, TEXTS_KEPT
from necmergitur.operations.ways import EMERGENCY
from necmergitur.web.console.words import PURPOSES, say
from necmergitur.web.facts.models import Assessment, Device, Drone
from necmergitur.web.register import counts, ending, flights, history, refusals, sensors, signage, streams, words
from necmergitur.web.register.constants import SILENT_AFTER
from necmergitur.web.register.places import Ground, ground


def stream_page(request: HttpRequest, name: str) -> HttpResponse:
    """A sensor's stream. Raises Http404 when no paper ever named it."""
    city, at = ground(), streams.moment()
    one = streams.one(name, at, city)
    if one is None:
        return _unpapered_page(request, name, at, city)
    terms = one.terms
    context = {
        "one": one,
        "terms": terms,
        "at": at.at,
        "silent": _silent(one, at.at),
        "purpose": say(PURPOSES, terms.purpose),
        "data": data_clause(terms),
        "readers": [words.reader(role) for role in terms.readers],
        "counts": counts.offered(one),
        "law": law(terms.law),
        "digest": digest(terms).hex(),
        "signatures": [(say(words.PARTIES, mark.role), mark.name, mark.at) for mark in one.paper.signatures],
        "assessment": Assessment.objects.filter(pk=terms.assessment_id).first(),
        "dialogue": dialogue((terms.assessment_id, terms.id)),
        "history": history.of(
            [row.id for row in one.rows], {streams.paper_of(row).terms.assessment_id for row in one.rows}, name
        ),
        "refused": refusals.of_stream(name, at.at),
        "ending": ending.of(one, at.at),
        "checkpoint": history.checkpoint(),
    }
    return render(request, "register/stream.html", context)


def _unpapered_page(request: HttpRequest, name: str, at: streams.Moment, city: Ground) -> HttpResponse:
    """A device that stands there although no paper ever named it. Raises Http404 when there is none."""
    one = sensors.seen([name]).get(name)
    if one is None or one.retired:
        raise nothing()
    context = {
        "one": one,
        "kind": words.kind_of(one.modality),
        "at": at.at,
        "zone": city.labels.get(one.zone_id, ""),
        "history": history.of([], device=name),
        "refused": refusals.of_stream(name, at.at),
        "checkpoint": history.checkpoint(),
    }
    return render(request, "register/unpapered.html", context)


def drone_page(request: HttpRequest, number: str) -> HttpResponse:
    """A drone, by its dock. Raises Http404 for one that is not there."""
    one = Drone.objects.filter(pk=number, dock__retired_at=None).only("id", "zone_id", "enabled").first()
    if one is None:
        raise nothing()
    city, at = ground(), streams.moment()
    state = streams.flights(at, one.zone_id)
    paper = _flight_paper(at, one.zone_id)
    context = {
        "one": one,
        "name": f"drone:{one.id}",
        "kind": words.kind_of(FLIGHT),
        "shape": words.STATES[state][0],
        "word": words.STATES[state][1],
        "state": state,
        "at": at.at,
        "district": city.district_of.get(one.zone_id, ""),
        "zone": city.labels.get(one.zone_id, ""),
        "elements": signage.elements(FLIGHT, EMERGENCY, ("operator", "pilot", "responder"), STILL_LASTS.days),
        "paper": paper,
        "flights": flights.told(at.at, city, drone=one.id).listed[:20],
        "history": history.of([paper.id]) if paper is not None else [],
        "checkpoint": history.checkpoint(),
        "purpose": say(PURPOSES, EMERGENCY),
    }
    return render(request, "register/drone.html", context)


def button_page(request: HttpRequest, number: str) -> HttpResponse:
    """A street button. Raises Http404 for whatever does not stand in the street, personal buttons first."""
    one = Device.objects.filter(pk=number, retired_at=None).select_related("zone").first()
    if one is None or not flights.on_street(one):
        raise nothing()
    city = ground()
    context = {
        "one": one,
        "name": f"button:{one.id}",
        "kind": words.kind_of("call_for_help"),
        "district": city.district_of.get(one.zone_id or "", ""),
        "elements": signage.elements("call_for_help", EMERGENCY, ("operator",), PLACES_KEPT.days),
        "days": PLACES_KEPT.days,
        "text_days": TEXTS_KEPT.days,
    }
    return render(request, "register/button.html", context)


def nothing() -> Http404:
    """Return the one answer for whatever is not listed."""
    return Http404(_("Nothing is registered under this name."))


def dialogue(subjects: tuple[UUID, ...]) -> str:
    """Return the address of the dialogue held about an assessment or an authorisation, "" when there is none."""
    if not apps.is_installed("necmergitur.web.dialogue"):
        return ""
    held = apps.get_model("dialogue", "Conversation").objects.filter(subject_id__in=subjects).order_by("-opened_at")
    found = held.values_list("pk", flat=True).first()
    try:
        return reverse("dialogue:conversation", args=[found]) if found is not None else ""
    except NoReverseMatch:
        return ""


def law(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return the dated rules a paper rests on: title, what it says, where it stands."""
    known = {rule.id: rule for rule in rules()}
    language = get_language() or "en"
    return [
        (known[name].title.in_language(language), known[name].says.in_language(language), known[name].url)
        if name in known
        else (name, "", "")
        for name in names
    ]


def _silent(one: streams.Stream, at: datetime) -> bool:
    heard = one.seen.heard_at if one.seen is not None else None
    return one.on and heard is not None and at - heard > SILENT_AFTER


def _flight_paper(at: streams.Moment, zone_id: str) -> Authorisation | None:
    """Return the authorisation flights from this dock rest on now, as listed; None when they may not fly."""
    covering = [
        one
        for one in at.table.by_modality.get(FLIGHT, ())
        if one.purpose == EMERGENCY and (one.zones is None or zone_id in one.zones) and one.current(at.at)
    ]
    return covering[0] if covering else None
