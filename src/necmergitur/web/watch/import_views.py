"""The import's three steps: a file, what would be made of it, a yes."""

from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.adapters import sheets
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import pages, rights
from necmergitur.web.store import CLOCK, store
from necmergitur.web.watch import columns, importing, words
from necmergitur.web.watch.constants import SHEET_BYTES_MAX, SHEET_ROWS_MAX
from necmergitur.web.watch.models import Sheet

_DONE = "imported"  # in the session, until the next page says it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_run)
def begin(request: HttpRequest) -> HttpResponse:
    """Take a file; go to its preview."""
    if request.method != "POST":
        return _begin_page(request)
    kind, sent = request.POST.get("kind", ""), request.FILES.get("file")
    if kind not in importing.FORMS or sent is None or sent.size is None:
        return _begin_page(request, _("Choose what the file holds, and the file."), kind)
    call = next((one for one in importing.calls(CLOCK.now()) if str(one.pk) == request.POST.get("call")), None)
    if kind == importing.APPLICATIONS and call is None:
        return _begin_page(request, _("Choose the call these applications answer."), kind)
    if sent.size > SHEET_BYTES_MAX:
        return _begin_page(request, str(words.SHEETS["sheet_too_large"]), kind)
    rows = sheets.read(sent.read(), SHEET_ROWS_MAX)
    if not isinstance(rows, Refusal):
        rows = importing.headed(rows, kind)  # type: ignore[assignment]
    if isinstance(rows, Refusal):
        return _begin_page(request, str(words.SHEETS[rows.rule]) % rows.facts, kind)
    if call is not None and kind == importing.APPLICATIONS:
        rows = [row | {"call": str(call.pk)} for row in rows]  # type: ignore[operator]
    kept = Sheet.objects.create(
        id=store().ids.new(),
        kind=kind,
        name=(sent.name or "")[:160],
        rows=rows,
        at=CLOCK.now(),
        by_id=cast(User, request.user).pk,
    )
    return redirect("watch:sheet", kept.pk)


def _begin_page(request: HttpRequest, wrong: str = "", kind: str = "") -> HttpResponse:
    context = {
        "wrong": wrong,
        "kind": kind or importing.NEEDS,
        "part": "import",
        "rows_max": SHEET_ROWS_MAX,
        "tables": [{"kind": one, "word": words.KINDS[one], "columns": columns.of(one)} for one in importing.FORMS],
        "calls": importing.calls(CLOCK.now()),
        "call": request.POST.get("call", ""),
        "done": request.session.pop(_DONE, None) if request.method != "POST" else None,
    }
    return pages.show(request, "watch/import.html", context, tab="watch", status=422 if wrong else 200)


@require(rights.may_run)
@never_cache
@require_safe
def sample(_request: HttpRequest, kind: str) -> HttpResponse:
    """A file to begin with: it can be imported as it is."""
    if kind not in importing.FORMS:
        raise Http404
    answer = HttpResponse(columns.sample(kind), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}-example.csv"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require(rights.may_run)
def sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what would be made and what is wrong, row by row; make it when told to."""
    found = get_object_or_404(Sheet, pk=pk, by_id=cast(User, request.user).pk)
    rows = importing.judged(found.rows, found.kind)
    good = [row for row in rows if row.is_good]
    bad = sum(bool(row.problems) for row in rows)
    refused = ""
    if request.method == "POST":
        if request.POST.get("drop"):
            found.delete()
            return redirect("watch:import")
        if good and (not bad or request.POST.get("leave_out")):
            made = importing.make(found, good, cast(User, request.user))
            if not isinstance(made, Refusal):
                request.session[_DONE] = importing.told(found, rows, made)
            if not isinstance(made, Refusal) or made.rule == "sheet_answered":
                return redirect("watch:import")
            refused = str(importing.sentence(made, found.kind))
        elif not good and not bad:
            refused = _("Nothing was made: every row is there already.")
        else:
            refused = _("Nothing was made: some rows are wrong. Mend the file, or say that they are left out.")
    context: dict[str, Any] = {
        "sheet": found,
        "rows": rows,
        "good": len(good),
        "bad": bad,
        "passed": sum(bool(row.passed) and not row.problems for row in rows),
        "refused": refused,
        "part": "import",
        "is_leads": found.kind == importing.LEADS,
        "is_applications": found.kind == importing.APPLICATIONS,
    }
    return pages.show(request, "watch/sheet.html", context, tab="watch", status=422 if refused else 200)
