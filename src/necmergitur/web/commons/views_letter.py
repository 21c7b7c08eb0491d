"""The letter: its form and its issues for everybody, the way in and the way out; and its desk."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.rules import require
from necmergitur.web.commons import letters, mailing, pages, words
from necmergitur.web.commons.constants import ADDRESS_MAX, SUBSCRIPTIONS_MAX
from necmergitur.web.commons.forms import FindReaderForm, LetterForm, SubscribeForm
from necmergitur.web.commons.models import Letter, Reader, Way
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.letters.sending import mail_leaves
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK

PART = "letter"
RENEWED_S = 10

asked = Limit(SUBSCRIPTIONS_MAX)
asked_for = Limit(ADDRESS_MAX)


def told(one: Letter) -> dict[str, Any]:
    """Return an issue in the reader's language."""
    return {"row": one, "title": words.said(one, "title"), "text": words.said(one, "text")}


@never_cache
@sensitive_post_parameters("email")
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest) -> HttpResponse:
    """Ask for the letter; read its issues. The answer is the same whether an address is known or not."""
    form = SubscribeForm(request.POST or None, initial={"language": request.LANGUAGE_CODE[:2]})
    if request.method == "POST" and mail_leaves() and form.is_valid():
        if not asked.passed(address_of(request)):
            return too_many(request)
        email = letters.written(form.cleaned_data["email"])
        if email is None:
            form.add_error("email", form.fields["email"].error_messages.get("invalid", ""))
        else:
            # Counted in memory under a key that dies with it, as networks are. Past it nothing is done or said.
            if asked_for.passed(email):
                letters.ask(email, form.cleaned_data["language"], CLOCK.now())
            return redirect("commons:letter-asked")
    page = pages.leaf(request, Letter.objects.exclude(sent_at=None).order_by("-sent_at"))
    context = {"form": form, "page": page, "rows": [told(one) for one in page], "mail_leaves": mail_leaves()}
    return render(request, "commons/letter.html", context, status=422 if form.is_bound else 200)


@require_safe
def letter_asked(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox."""
    return render(request, "commons/letter_asked.html")


@require_safe
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue that left, for everybody."""
    found = get_object_or_404(Letter.objects.exclude(sent_at=None), pk=pk)
    return render(request, "commons/issue.html", {"one": told(found)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Become a reader by a button: programs that look through mail open links, and press none."""
    now = CLOCK.now()
    if request.method == "POST":
        reader = letters.confirm(token, now)
        if reader is not None:
            return pages.show_private(request, "letter_done.html", {"out": letters.way_out(reader)})
    else:
        reader = letters.of_confirmation(token, now)
        if reader is not None:
            return pages.show_private(request, "letter_confirm.html", {"email": reader.email})
    return _nobodys(request)


def _nobodys(request: HttpRequest) -> HttpResponse:
    if not pages.wrong_links.passed(address_of(request)):
        return too_many(request)
    return pages.show_private(request, "letter_late.html", {}, 404)


@csrf_exempt  # RFC 8058: a mail program leaves for its reader; the link is the credential, and it can do nothing else
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """See what is kept of one, take it along, leave and be erased. Opening the page does nothing."""
    ours, reader = letters.of_way_out(token)
    if not ours:
        return _nobodys(request)
    if request.method == "POST" and reader is not None:
        letters.erase(reader)
        reader = None
    if reader is None:
        return pages.show_private(request, "letter_left.html", {})
    if request.GET.get("data") == "1":
        data = JsonResponse(letters.held(reader), json_dumps_params={"ensure_ascii": False, "indent": 1})
        data.headers["Content-Disposition"] = 'attachment; filename="letter.json"'
        return pages.private(data)
    return pages.show_private(request, "letter_leave.html", {"reader": reader})


# --- the desk ---------------------------------------------------------------------------------------------


@require(rights.may_read)
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every issue, and how many read."""
    page = pages.leaf(request, Letter.objects.all())
    context = {
        "page": page,
        "rows": [told(one) for one in page],
        "readers": Reader.objects.exclude(confirmed_at=None).count(),
        "waiting": Reader.objects.filter(confirmed_at=None).count(),
        "mail_leaves": mail_leaves(),
        "find": FindReaderForm(),
    }
    return pages.desk(request, "letter.html", PART, context)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write an issue, or change one that has not left."""
    row = get_object_or_404(Letter, pk=pk, sent_at=None) if pk else None
    form = LetterForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.save(commit=False)
            made.written_at = CLOCK.now()
            made.save()
            pages.note(request, "letter:changed" if row else "letter:written", made.pk)
        return redirect("commons:desk-issue", made.pk)
    context = {"form": form, "row": row and told(row)}
    return pages.desk(request, "letter_write.html", PART, context, 422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_safe
def desk_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue in both languages as it will be read; then how far it is."""
    found = get_object_or_404(Letter, pk=pk)
    stands = mailing.counts(found)
    total, left = sum(stands.values()), stands[Way.DUE] + stands[Way.HANDING]
    sending = found.sent_at is not None and left > 0
    context = {
        "one": found,
        "stands": [(Way(way).label, words.WAYS[way], stands[way]) for way in Way.values if stands[way]],
        "total": total,
        "done": total - left,
        "sending": sending,
        "readers": Reader.objects.exclude(confirmed_at=None).count(),
        "mail_leaves": mail_leaves(),
    }
    response = pages.desk(request, "issue.html", PART, context)
    if sending and found.halted_at is None:
        response.headers["Refresh"] = str(RENEWED_S)  # without script
    return response


@require(rights.may_run)
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an issue; hold it while it leaves, or let it go on."""
    found, do = get_object_or_404(Letter, pk=pk), request.POST.get("do", "")
    with transaction.atomic():
        refused: Refusal | None = None
        if do == "send":
            begun = mailing.begin(found, CLOCK.now()) if mail_leaves() else Refusal(rule="letter_no_mail")
            refused = begun if isinstance(begun, Refusal) else None
        elif do in ("hold", "go"):
            Letter.objects.filter(pk=pk).update(halted_at=CLOCK.now() if do == "hold" else None)
        else:
            raise Http404
        if refused is None:
            pages.note(request, f"letter:{do}", pk)
    if refused is not None:
        return pages.refused(request, refused, request.path.removesuffix("act/"))
    return redirect("commons:desk-issue", pk)


@require(rights.may_run)
@never_cache
@sensitive_post_parameters("email")
@require_POST
def readers(request: HttpRequest) -> HttpResponse:
    """Find one address that somebody says is theirs: what is kept of it, as a file, or erase it. No list is shown."""
    form = FindReaderForm(request.POST)
    email = letters.written(form.cleaned_data["email"]) if form.is_valid() else None
    found = Reader.objects.filter(email=email).first() if email else None
    do = request.POST.get("do", "")
    with transaction.atomic():
        pages.note(request, f"letter:reader:{do if do in ('data', 'erase') else 'find'}", "letter")
        if found is not None and do == "erase":
            letters.erase(found)
            found = None
    if found is not None and do == "data":
        data = JsonResponse(letters.held(found), json_dumps_params={"ensure_ascii": False, "indent": 1})
        data.headers["Content-Disposition"] = 'attachment; filename="letter.json"'
        return data
    context = {"form": form, "found": found, "sought": email or "", "erased": do == "erase" and bool(email)}
    return pages.desk(request, "reader.html", PART, context, 200 if form.is_valid() else 422)
