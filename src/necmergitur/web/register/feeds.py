"""The register for machines: all of it as JSON, its changes as Atom, and each paper with its signatures."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.governance.terms import canonical, digest
from necmergitur.web.facts.models import Authorisation, Drone
from necmergitur.web.register import flights, history, refusals, signage, streams, views
from necmergitur.web.register.constants import CHANGES_SHOWN_MAX, PAPERS_MAX
from necmergitur.web.register.places import ground

FORM = "necmergitur/register/1"
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
shared = cache_control(public=True, max_age=60)


@shared
@require_safe
def whole(_request: HttpRequest) -> HttpResponse:
    """All that is listed. In English: codes are for machines, and a cache keeps one answer for everybody."""
    city, at = ground(), streams.moment()
    with override("en"):
        told = flights.told(at.at, city)
        body = {
            "form": FORM,
            "city": city.name,
            "at": at.at.isoformat(),
            "streams": [_stream(one, city) for one in streams.every(at, city)],
            "drones": [
                {
                    "name": f"drone:{one.id}",
                    "district": city.district_of.get(one.zone_id, ""),
                    "may_fly": streams.flights(at, one.zone_id) == "on",
                    "lon": one.dock.lon,
                    "lat": one.dock.lat,
                }
                for one in Drone.objects.filter(dock__retired_at=None).select_related("dock").order_by("id")
            ],
            "street_buttons": dict(views.in_districts(city, "")),
            "flights": {
                "told_after_hours": int(flights.FLIGHT_TOLD_AFTER.total_seconds() // 3600),
                "listed": [msgspec.to_builtins(one) for one in told.listed],
                "personal_by_month": dict(told.personal),
            },
            "refusals": {
                "weeks": [week.isoformat() for week in refusals.weeks(at.at)],
                "rules": {row.rule: list(row.weeks) for row in refusals.rows(at.at)},
            },
            "checkpoint": _or_none(history.checkpoint()),
        }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@shared
@require_safe
def paper(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """A signed paper, with all that is needed to check it without us."""
    row = get_object_or_404(Authorisation, pk=pk, kind="stream", paper__isnull=False)
    signed = streams.paper_of(row)
    body = {
        "form": "necmergitur/paper/1",
        "how": (
            'The digest is SHA-256 of the bytes "necmergitur/terms/v1", a zero byte, and the canonical text in UTF-8. '
            "Each signature is a passkey assertion (W3C Web Authentication) whose challenge is the digest."
        ),
        "canonical": canonical(signed.terms).decode(),
        "digest": digest(signed.terms).hex(),
        "terms": msgspec.to_builtins(signed.terms),
        "signatures": msgspec.to_builtins(signed.signatures),
    }
    named = {"Content-Disposition": f'attachment; filename="paper-{pk}.json"', "Access-Control-Allow-Origin": "*"}
    return JsonResponse(body, headers=named, json_dumps_params={"indent": 1, "ensure_ascii": False})


@shared
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Papers granted, suspended, withdrawn; and each week's refusals. In French: a feed has one language."""
    language = "en" if request.GET.get("language") == "en" else "fr"
    with override(language):
        feed = Atom1Feed(
            title=_("Register of sensors and drones: changes"),
            link=settings.ORIGIN.url + reverse("register:home"),
            feed_url=settings.ORIGIN.url + reverse("register:atom"),
            description="",
            language=language,
        )
        for line, name, label in _changes():
            address = settings.ORIGIN.url + reverse("register:device", args=[name])
            feed.add_item(
                title=_clean(f"{label}: {line.word}"),
                link=f"{address}#{line.seq}",
                description=_clean(line.said),
                unique_id=f"{settings.ORIGIN.url}/register/facts/{line.seq}",
                pubdate=line.at,
                updateddate=line.at,
            )
        for week, count in _refused_by_week():
            feed.add_item(
                title=_("Week of %(week)s: %(count)s refusals") % {"week": week.isoformat(), "count": count},
                link=settings.ORIGIN.url + reverse("register:refusals"),
                description="",
                unique_id=f"{settings.ORIGIN.url}/register/refusals/{week.isoformat()}",
                pubdate=_end_of(week),
                updateddate=_end_of(week),
            )
        return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _changes() -> list[tuple[history.Line, str, str]]:
    rows = Authorisation.objects.filter(kind="stream", paper__isnull=False).order_by("-last_seq")[:PAPERS_MAX]
    by_stream = {f"authorisation:{row.id}": (row.streams[0], row.label) for row in rows if row.streams}
    lines = history.of([row.id for row in rows], limit=CHANGES_SHOWN_MAX)
    return [(line, *by_stream[line.stream]) for line in lines if line.stream in by_stream]


def _clean(said: str) -> str:
    """Return a text without what XML cannot say (control characters): a label may be anything."""
    return CONTROLS.sub("", said)


def _refused_by_week() -> list[tuple[date, int]]:
    """Return the weeks that are over, newest first, and how much was refused in each."""
    now = timezone.now()
    rows, weeks = refusals.rows(now), refusals.weeks(now)
    return [(week, sum(row.weeks[number] for row in rows)) for number, week in enumerate(weeks[:-1])][::-1]


def _end_of(week: date) -> datetime:
    return datetime.combine(week + timedelta(weeks=1), datetime.min.time(), timezone.get_current_timezone())


def _stream(one: streams.Stream, city: Any) -> dict[str, Any]:
    terms = one.terms
    return {
        "name": one.name,
        "label": terms.label,
        "modality": terms.modality,
        "payload_schema": terms.payload_schema,
        "purpose": terms.purpose,
        "accountable": terms.holder,
        "legal_basis": terms.legal_basis,
        "law": list(terms.law),
        "readers": list(terms.readers),
        "retention_days": terms.retention_days,
        "rate_per_minute": terms.rate_per_minute,
        "zones": list(terms.zones),
        "districts": list(one.districts),
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
        "state": one.state,
        "why": (one.row.suspended_reason or "").partition(" ")[0] if one.state == "suspended" else "",
        "reading_at": one.seen.reading_at.isoformat() if one.seen is not None and one.seen.reading_at else None,
        "dtpr": [signage.identity(element) for element in one.elements],
        "digest": digest(terms).hex(),
        "papers": [reverse("register:paper", args=[row.id]) for row in one.rows],
        "place": streams.place(one, city),
        "facts": [line.seq for line in history.of([row.id for row in one.rows])],
    }


def _or_none(value: Any) -> Any:
    return None if value is None else msgspec.to_builtins(value)
