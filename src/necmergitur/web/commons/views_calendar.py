"""The calendar: a page, a feed that calendar programs follow, one event as a file; the desk writes and calls off."""

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.adapters import ical
from necmergitur.web.accounts.rules import require
from necmergitur.web.commons import happenings, pages
from necmergitur.web.commons.constants import FEED_AGE_S, FEED_BACK, FEED_MOST
from necmergitur.web.commons.forms import HappeningForm
from necmergitur.web.commons.models import Happening
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK, store

PART = "calendar"


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """What is to come, by months; or what was."""
    now, past = CLOCK.now(), request.GET.get("past") == "1"
    rows = Happening.objects.filter(begins__lt=now).order_by("-begins") if past else _ahead(now)
    page = pages.leaf(request, rows)
    feed = request.build_absolute_uri(reverse("commons:feed"))
    context = {
        "page": page,
        "rows": [happenings.told(one) for one in page],
        "past": past,
        "feed": f"{feed}?language={request.LANGUAGE_CODE[:2]}",
        "subscribe": f"webcal:{feed.partition(':')[2]}?language={request.LANGUAGE_CODE[:2]}",
    }
    return render(request, "commons/calendar.html", context)


def _ahead(now: Any) -> Any:
    running = Happening.objects.filter(ends__gte=now)
    return (Happening.objects.filter(begins__gte=now) | running).order_by("begins", "pk")


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Everything to come and what was lately, cancelled events too: programs follow it by its ETag."""
    rows = Happening.objects.filter(begins__gte=CLOCK.now() - FEED_BACK).order_by("begins", "pk")[:FEED_MOST]
    return _answer(request, list(rows), "programme.ics")


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event as a file."""
    return _answer(request, [get_object_or_404(Happening, pk=pk)], f"{pk}.ics")


def _answer(request: HttpRequest, rows: list[Happening], name: str) -> HttpResponse:
    asked = request.GET.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else request.LANGUAGE_CODE
    with override(language):
        body = ical.calendar(map(happenings.event, rows), _("Innovation programme"), happenings.PRODUCT)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    changed = max((int(row.changed_at.timestamp()) for row in rows), default=None)
    response: Any = get_conditional_response(request, etag=etag, last_modified=changed)
    if response is None:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["ETag"] = etag
    if changed is not None:
        response.headers["Last-Modified"] = http_date(changed)
    response.headers["Cache-Control"] = f"public, max-age={FEED_AGE_S}"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response  # type: ignore[no-any-return]


# --- the desk ---------------------------------------------------------------------------------------------


@require(rights.may_read)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every event, the next first; dates of other rooms are gathered when somebody looks, and each minute."""
    now = CLOCK.now()
    happenings.gather(now)
    past = request.GET.get("past") == "1"
    rows = Happening.objects.filter(begins__lt=now).order_by("-begins") if past else _ahead(now)
    page = pages.leaf(request, rows)
    context = {"page": page, "rows": [happenings.told(one) for one in page], "past": past}
    return pages.desk(request, "calendar.html", PART, context)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Write an event, or change it. Dates of other rooms are changed there."""
    row = get_object_or_404(Happening, pk=pk, source=None) if pk else None
    form = HappeningForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        now = CLOCK.now()
        with transaction.atomic():
            made = form.save(commit=False)
            if row is None:
                made.id, made.changed_at = store().ids.new(), now
                made.save()
            else:
                happenings.touch(made, now)
            pages.note(request, "event:changed" if row else "event:written", made.pk)
        return redirect("commons:desk-calendar")
    context = {"form": form, "row": row and happenings.told(row)}
    return pages.desk(request, "event_write.html", PART, context, 422 if form.is_bound else 200)


@require(rights.may_run)
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call an event off, or back on."""
    now = CLOCK.now()
    with transaction.atomic():
        found = get_object_or_404(Happening.objects.select_for_update(), pk=pk, source=None)
        found.cancelled_at = None if found.cancelled_at else now
        happenings.touch(found, now)
        pages.note(request, "event:cancelled" if found.cancelled_at else "event:back", pk)
    return redirect("commons:desk-calendar")
