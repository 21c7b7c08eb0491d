"""Appeals: notices whose authors want everybody to see them, once the desk read them."""

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing, pictures
from necmergitur.web.dialogue.limits import address_of, network_of
from necmergitur.web.find import ground
from necmergitur.web.find.declaring import note_of, told
from necmergitur.web.find.forms import NoteForm, mark
from necmergitur.web.find.words import SEX, SURE, screened
from necmergitur.web.find.words import STATUS as SAID
from necmergitur.web.store import CLOCK, store

PER_PAGE = 20  # ours: a few screens of a telephone


@require_safe
def index(request: HttpRequest, drill: str = "") -> HttpResponse:
    """List appeals, newest first."""
    is_drill = bool(drill)
    if not ground.within(ground.LOOKED, request):
        return ground.too_many(request, is_drill)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 5 else 1
    skip, found = (max(number, 1) - 1) * PER_PAGE, []
    for crisis, key in ground.kept(drill=is_drill):
        found += missing.appeals(store(), crisis, key, CLOCK.now(), skip=skip, limit=PER_PAGE + 1)
        break
    rows = [_told(seen) for seen in found[:PER_PAGE]]
    context = {"rows": rows, "page": max(number, 1), "more": len(found) > PER_PAGE, "next": max(number, 1) + 1}
    return ground.page(request, "appeals", is_drill, context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show one appeal, and take a word on it, which the desk reads before anybody else."""
    is_drill, person = bool(drill), ground.bytes_of(text)
    if not ground.within(ground.LOOKED, request):
        return ground.too_many(request, is_drill)
    found = (
        None
        if person is None
        else ground.first(is_drill, lambda c, k: missing.appeal(store(), c, k, person, CLOCK.now()))
    )
    if found is None or person is None:
        return ground.nothing(request, is_drill)
    crisis, key, seen = found
    form, status = NoteForm(), 200
    if request.method == "POST":
        once = ground.bytes_of(request.POST.get("once", ""))
        form, status = NoteForm(request.POST), 422
        if not ground.lets_in(ground.SAID, request, "tip", crisis, key, once or b""):
            return ground.too_many(request, is_drill)
        note = note_of(request, seen.notice.person.person_record_id, once or b"")
        outcome = note
        if once is not None and not isinstance(note, Refusal):
            outcome = missing.tip(store(), crisis, key, person, note, once, ground.salt(), CLOCK.now())
        if not isinstance(outcome, Refusal) and once is not None:
            return ground.private(HttpResponseRedirect(f"{request.path}?said", status=303))
        if isinstance(outcome, Refusal):
            mark(form, [outcome])
    context = _told(seen) | {
        "notes": told(seen.notes),
        "conflict": seen.conflict,
        "form": form,
        "once": ground.new_once(),
        "said": "said" in request.GET,
        "open": crisis.offers(ground.SERVICE, CLOCK.now()),
    }
    return ground.page(request, "appeal", is_drill, context, status)


@require_safe
def picture(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Return the picture of an appeal; who looked is kept, as a digest that dies with the crisis."""
    is_drill, person = bool(drill), ground.bytes_of(text)
    if not ground.within(ground.LOOKED, request):
        return HttpResponse(status=429)
    who = network_of(address_of(request))
    found = (
        None
        if person is None
        else ground.first(is_drill, lambda c, k: pictures.view(store(), c, k, person, who, CLOCK.now()))
    )
    if found is None:
        return ground.nothing(request, is_drill)
    return ground.private(HttpResponse(found[2], content_type="image/jpeg"))


def _told(seen: missing.Seen) -> dict[str, object]:
    return {
        "id": ground.text_of(seen.row.id),
        "person": msgspec.structs.replace(
            seen.notice.person,
            full_name=screened(seen.notice.person.full_name),
            alternate_names=screened(seen.notice.person.alternate_names),
        ),
        "description": screened(seen.notice.person.description),
        "sex": SEX.get(seen.notice.person.sex, ""),
        "pictured": seen.pictured,
        "since": seen.row.entered_at,
        "status": None if seen.verdict is None else SAID[seen.verdict.status],
        "sure": None if seen.verdict is None else SURE[seen.verdict.assurance],
        "source": seen.notice.person.person_record_id.split("/", 1)[0],
    }
