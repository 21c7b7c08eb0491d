"""Sources: followed, paused, asked now; what went wrong, in plain words."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK, store
from necmergitur.web.watch import words
from necmergitur.web.watch.forms import SourceForm
from necmergitur.web.watch.models import Source, SourceState

SHOWN = 500


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_read)
def all_sources(request: HttpRequest) -> HttpResponse:
    """Every source and how it fares; a new one."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and rights.may_run(request.user) and form.is_valid():
        made = form.save(commit=False)
        made.id, made.created_at, made.due_at = store().ids.new(), CLOCK.now(), CLOCK.now()
        made.created_by_id = request.user.pk
        made.save()
        return redirect("watch:sources")
    rows = [told(one) for one in Source.objects.all()[:SHOWN]]
    status = 422 if form.is_bound else 200
    return pages.show(
        request, "watch/sources.html", {"rows": rows, "form": form, "part": "sources"}, tab="watch", status=status
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_read)
def source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One source: what it said last, and its form."""
    found = get_object_or_404(Source, pk=pk)
    form = SourceForm(request.POST or None, instance=found)
    if request.method == "POST" and rights.may_run(request.user) and form.is_valid():
        form.save(commit=False)
        fields = list(form.changed_data)
        if {"url", "format", "question"}.intersection(fields):  # another place: nothing is known of it yet
            found.etag = found.last_modified = found.following = found.problem = ""
            found.memory, found.read_at, found.failures = [], None, 0
            fields += ["etag", "last_modified", "following", "problem", "memory", "read_at", "failures"]
        if fields:
            found.save(update_fields=fields)
        return redirect("watch:source", pk)
    status = 422 if form.is_bound and form.errors else 200
    found.refresh_from_db()
    context = told(found) | {"form": form, "items": found.items.all()[:50], "part": "sources"}
    return pages.show(request, "watch/source.html", context, tab="watch", status=status)


@require(rights.may_run)
@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Pause a source, follow it again, or have it asked now (by the worker, within seconds)."""
    found = get_object_or_404(Source, pk=pk)
    to = request.POST.get("to", "")
    if to == "pause":
        Source.objects.filter(pk=pk).update(state=SourceState.PAUSED)
    elif to in {"follow", "now"}:
        Source.objects.filter(pk=pk).update(state=SourceState.ON, due_at=CLOCK.now(), failures=0)
    return redirect("watch:source", found.pk)


def told(source: Source) -> dict[str, Any]:
    """Return a source as pages show it."""
    waits = source.state == SourceState.ON and source.due_at <= CLOCK.now()
    return {"source": source, "tone": words.tone_of(source), "problem": words.problem_of(source), "waits": waits}
