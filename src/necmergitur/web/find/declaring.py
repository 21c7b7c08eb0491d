"""Declare somebody missing, one question a page; then follow it by the private link. Nothing is kept before the end."""

from typing import Any

from django import forms
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.adapters.crisis_keys import CrisisKey
from necmergitur.adapters.stills import StillCleaner
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import missing, pictures
from necmergitur.operations.population.checkins import Registered
from necmergitur.operations.ports import Unreachable
from necmergitur.people import notices
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Hidden
from necmergitur.people.notices import Declaration, Declared
from necmergitur.people.records import Note, paragraph
from necmergitur.people.texts import one_line
from necmergitur.web.find import ground
from necmergitur.web.find.forms import FIELDS, STEPS, NoteForm, PictureForm, StepForm, mark
from necmergitur.web.find.words import SEX, SURE, screened, wrong
from necmergitur.web.find.words import STATUS as SAID
from necmergitur.web.population import phones
from necmergitur.web.store import CLOCK, store

CHECK = len(STEPS)
FORM_BYTES_MAX = 10_000  # ours: what a form carries around a picture


# No cookie, no session: there is nobody a forged form could speak for.
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, drill: str = "") -> HttpResponse:  # noqa: PLR0911  each ends a page
    """Ask one question after the other; register at the end."""
    is_drill = bool(drill)
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    once = request.POST.get("once", "")
    found = ground.opened(drill=is_drill)
    if request.method != "POST":
        if found is None:
            return ground.page(request, "closed", is_drill, {})
        return _step(request, is_drill, 0, typed, ground.new_once())
    number = ground.bytes_of(once)
    at = _number(request.POST.get("step", ""))
    if number is None or at is None:
        return ground.page(request, "closed", is_drill, {"unread": True}, 400)
    if found is None:
        return ground.page(
            request, "closed", is_drill, {"typed": _summary(typed), "kept": _hidden(typed, once, at)}, 409
        )
    if "back" in request.POST:
        return _step(request, is_drill, max(at - 1, 0), typed, once)
    crisis, key = found
    problems = _problems(typed, number, key)
    if at < CHECK:
        here = [one for one in problems if one.facts.get("field") in STEPS[at].fields]
        # What a page does not ask for is not missing on it.
        return _step(request, is_drill, at if here else at + 1, typed, once, here)
    if problems:
        field = problems[0].facts.get("field", "")
        back = next(n for n, step in enumerate(STEPS) if field in step.fields)
        return _step(request, is_drill, back, typed, once, problems)
    try:
        if not ground.lets_in(ground.DECLARED, request, "declare", crisis, key, number):
            return _step(request, is_drill, CHECK, typed, once, challenge=ground.challenge(number))
    except Unreachable:
        return _not_taken(request, is_drill, typed, number, "unreachable")
    return _register(request, is_drill, crisis, key, typed, number)


def _register(
    request: HttpRequest, drill: bool, crisis: Crisis, key: CrisisKey, typed: dict[str, str], once: bytes
) -> HttpResponse:
    said = _read(typed, once, key)
    assert isinstance(said, Declared), "its problems were looked for"
    try:
        outcome = missing.declare(store(), crisis, key, said, ground.salt(), CLOCK.now())
    except Unreachable:
        outcome = Refusal(rule="unreachable")
    if not isinstance(outcome, Registered):
        return _not_taken(request, drill, typed, once, outcome.rule)
    address = f"{ground.root(drill=drill)}follow/{ground.text_of(outcome.link)}/"
    return ground.private(HttpResponseRedirect(address, status=303))


def _not_taken(request: HttpRequest, drill: bool, typed: dict[str, str], once: bytes, rule: str) -> HttpResponse:
    away = rule == "unreachable"
    context = {"typed": _summary(typed), "kept": _hidden(typed, ground.text_of(once), CHECK), "away": away}
    return ground.page(request, "closed", drill, context, 503 if away else 409)


def _read(typed: dict[str, str], once: bytes, key: CrisisKey) -> Declared | tuple[Refusal, ...]:
    number = missing.record_id(key, once, ground.source())
    form = Declaration(**typed, language=(get_language() or "fr")[:2])
    return notices.declare(form, once, number, ground.source(), ground.REGION)


def _problems(typed: dict[str, str], once: bytes, key: CrisisKey) -> tuple[Refusal, ...]:
    said = _read(typed, once, key)
    return () if isinstance(said, Declared) else said


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 and int(text) <= CHECK else None


def _step(
    request: HttpRequest,
    drill: bool,
    at: int,
    typed: dict[str, str],
    once: str,
    problems: Any = (),
    challenge: str = "",
) -> HttpResponse:
    if at == CHECK:
        context = {"summary": _summary(typed), "kept": _hidden(typed, once, at), "challenge": challenge}
        response = ground.page(request, "check", drill, context, 429 if challenge else 200)
        if challenge:
            response.headers["Retry-After"] = ground.CALM_AFTER_S
        return response
    step = STEPS[at]
    form = StepForm(step, typed if problems else None, initial=typed)
    if problems:
        mark(form, problems)
    others = {name: text for name, text in typed.items() if name not in step.fields}
    context = {
        "form": form,
        "title": step.title,
        "kept": _hidden(others, once, at),
        "number": at + 1,
        "steps": CHECK + 1,
        "first": at == 0,
    }
    return ground.page(request, "step", drill, context, 422 if problems else 200)


def _hidden(typed: dict[str, str], once: str, at: int) -> list[tuple[str, str]]:
    return [*((name, text) for name, text in typed.items() if text), ("once", once), ("step", str(at))]


def _summary(typed: dict[str, str]) -> list[tuple[Any, Any]]:
    told: list[tuple[Any, Any]] = []
    for step in STEPS:
        for name, field in step.fields.items():
            text: Any = typed.get(name, "")
            if isinstance(field, forms.ChoiceField):
                text = dict(field.choices).get(text, "")
            if text:
                told.append((field.label, text))
    return told


# --- the notice, by its link -----------------------------------------------------------------------------------


@require_safe
def follow(request: HttpRequest, text: str, drill: str = "") -> HttpResponse:
    """Show a notice to whoever holds its link."""
    return _show(request, bool(drill), text)


@csrf_exempt
@sensitive_post_parameters()
@require_POST
def act(request: HttpRequest, text: str, step: str, drill: str = "") -> HttpResponse:
    """Add a word or a picture, list or unlist, or erase."""
    request.upload_handlers = [InMemory(request)]
    is_drill, link = bool(drill), ground.bytes_of(text)
    if not ground.within(ground.SAID, request):
        return ground.too_many(request, is_drill)
    known = (
        None if link is None else ground.first(is_drill, lambda c, k: missing.follow(store(), c, k, link, CLOCK.now()))
    )
    if known is None or link is None:
        return ground.nothing(request, is_drill)
    crisis, key, seen = known
    if step == "erase" and request.POST.get("sure") != "yes":
        context = {"person": seen.notice.person, "text": text}
        return ground.page(request, "erase", is_drill, context)
    if step == "erase":
        missing.take_back(store(), crisis, key, link)
        return ground.page(request, "erased", is_drill, {})
    if step == "note":
        outcome = _note(request, crisis, key, link, seen.notice.person.person_record_id)
    else:
        outcome = {"picture": _picture, "list": _list}[step](request, crisis, key, link)
    if isinstance(outcome, Refusal):
        return _show(request, is_drill, text, {step: outcome})
    return ground.private(HttpResponseRedirect(f"{ground.root(drill=is_drill)}follow/{text}/", status=303))


class InMemory(MemoryFileUploadHandler):
    """Holds a picture in memory, whatever its size up to the bound: none is ever written to a disk in clear."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any) -> None:  # noqa: N803
        """Take what is not too long; else nothing of it."""
        del input_data, META, args
        self.activated = content_length <= pictures.PICTURE_BYTES_MAX + FORM_BYTES_MAX


def _note(request: HttpRequest, crisis: Crisis, key: CrisisKey, link: bytes, record: str) -> Any:
    once = ground.bytes_of(request.POST.get("once", ""))
    note = note_of(request, record, once or b"")
    if once is None or isinstance(note, Refusal):
        return note if isinstance(note, Refusal) else Refusal(rule="words_missing", facts={"field": "text"})
    return missing.say(store(), crisis, key, link, note, once, ground.salt(), CLOCK.now())


def note_of(request: HttpRequest, record: str, once: bytes) -> Note | Refusal:
    """Read a word as it was sent; one that says nothing is refused."""
    text, status = paragraph(request.POST.get("text", "")), request.POST.get("status", "")
    if status not in ("", "believed_alive", "believed_missing"):
        status = ""
    if not text and not status:
        return Refusal(rule="words_missing", facts={"field": "text"})
    return Note(
        note_record_id=f"{ground.source()}/note.{once.hex()}",
        person_record_id=record,
        author_name=one_line(request.POST.get("author", ""))[:120],
        status=status,
        text=text,
    )


def _picture(request: HttpRequest, crisis: Crisis, key: CrisisKey, link: bytes) -> Any:
    sent = request.FILES.get("picture")
    if sent is None:
        much = int(request.headers.get("Content-Length") or 0) > pictures.PICTURE_BYTES_MAX
        return Refusal(rule="still_too_large" if much else "still_unreadable", facts={"field": "picture"})
    raw = sent.read(pictures.PICTURE_BYTES_MAX + 1)
    outcome = pictures.put(store(), crisis, key, StillCleaner(), link, raw, ground.salt(), CLOCK.now())
    return Refusal(rule=outcome.rule, facts={"field": "picture"}) if isinstance(outcome, Refusal) else outcome


def _list(request: HttpRequest, crisis: Crisis, key: CrisisKey, link: bytes) -> Any:
    return missing.choose(store(), crisis, key, link, CLOCK.now(), listed=request.POST.get("listed") == "yes")


def _show(request: HttpRequest, drill: bool, text: str, refused: dict[str, Refusal] | None = None) -> HttpResponse:
    link = ground.bytes_of(text)
    if not ground.within(ground.FOLLOWED, request):
        return ground.too_many(request, drill)
    found = None if link is None else ground.first(drill, lambda c, k: missing.follow(store(), c, k, link, CLOCK.now()))
    if found is None:
        return ground.nothing(request, drill)
    (crisis, _key, seen), now = found, CLOCK.now()
    note, picture = NoteForm(request.POST if refused and "note" in refused else None), PictureForm()
    if refused and "note" in refused:
        mark(note, [refused["note"]])
    context = {
        "seen": seen,
        "person": seen.notice.person,
        "sex": SEX.get(seen.notice.person.sex, ""),
        "notes": told(seen.notes),
        "status": None if seen.verdict is None else SAID[seen.verdict.status],
        "sure": None if seen.verdict is None else SURE[seen.verdict.assurance],
        "open": crisis.offers(ground.SERVICE, now),
        "ended": seen.row.expires_at is not None and seen.row.expires_at <= now,
        "until": crisis.purge_at,
        "waits": seen.row.hidden == Hidden.WAITS,
        "hidden": seen.row.hidden == Hidden.DESK,
        "note_form": note,
        "picture_form": picture,
        "picture_wrong": wrong(refused["picture"].rule) if refused and "picture" in refused else "",
        "once": ground.new_once(),
        "text": text,
        **phones.offered(request, f"{ground.root(drill=drill)}follow/{text}"),
    }
    return ground.page(request, "follow", drill, context, 422 if refused else 200)


def told(notes: Any) -> list[dict[str, Any]]:
    """Return notes as pages show them: each with its author and its time, the contradicting ones too."""
    return [
        {
            "text": screened(each.note.text),
            "author": screened(each.note.author_name),
            "at": each.kept.source_at,
            "status": SAID[each.kept.status],
            "sure": SURE[each.kept.assurance],
            "source": each.note.note_record_id.split("/", 1)[0],
        }
        for each in notes
    ]
