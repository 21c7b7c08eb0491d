"""The watch's desk: what was found for each open need, and why; judged, made a lead, or set aside."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.innovation.chain import NeedState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.programme import pages, rights
from necmergitur.web.programme.models import Lead, Need
from necmergitur.web.store import CLOCK
from necmergitur.web.watch import judging, leading, matching, plot
from necmergitur.web.watch.constants import MATCHED_A_NEED_MAX
from necmergitur.web.watch.forms import AsideForm
from necmergitur.web.watch.models import Item, Judgement, Match, Source, SourceState, unread

NEEDS_SHOWN = 200
FIRST = 3  # of each need, on the front of the desk


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open needs with the best of what was found for each."""
    openly = Q(matches__strong=True) | Q(matches__strong=None)  # as they are listed: what is folded away is not counted
    counts = {
        "waiting": Count("matches", filter=openly & Q(matches__aside="")),
        "folded": Count("matches", filter=Q(matches__strong=False, matches__aside="")),
    }
    needs = list(Need.objects.filter(state=NeedState.OPEN).annotate(**counts)[:NEEDS_SHOWN])
    ranked = Window(RowNumber(), partition_by="need", order_by=Match._meta.ordering)  # noqa: SLF001 -- Django's own name
    shown = Match.objects.filter(need__in=needs, aside="").exclude(strong=False).annotate(at=ranked)
    best: dict[UUID, list[Item]] = {}
    for one in shown.filter(at__lte=FIRST).select_related("item"):
        best.setdefault(one.need_id, []).append(one.item)
    rows = [
        {"need": need, "waiting": need.waiting, "folded": need.folded, "best": best.get(need.pk, [])} for need in needs
    ]
    context = {
        "rows": rows,
        "sources": Source.objects.count(),
        "failing": Source.objects.filter(Q(failures__gt=0) | Q(state=SourceState.OFF)).count(),
        "items": Item.objects.count(),
        "unread": unread().exists(),
    }
    return pages.show(request, "watch/home.html", context | {"part": "news"}, tab="watch")


def _open_matches(need: Need) -> Any:
    return Match.objects.filter(need=need, aside="").select_related("item", "item__source", "need")


@require(rights.may_read)
@never_cache
@require_safe
def news(request: HttpRequest, number: int) -> HttpResponse:
    """What was found for one need, best first, with why."""
    return _news_page(request, get_object_or_404(Need, chain=number))


def _news_page(
    request: HttpRequest, need: Need, wrong: AsideForm | None = None, of: UUID | None = None
) -> HttpResponse:
    matches = list(_open_matches(need)[:MATCHED_A_NEED_MAX])
    items = [one.item_id for one in matches]
    said = judging.verdicts(need, items)
    by = request.user.pk
    mine = dict(Judgement.objects.filter(need=need, item__in=items, by_id=by).values_list("item_id", "relevant"))
    leads = dict(Lead.objects.filter(need=need, item__in=items).values_list("item", "pk"))
    rows = [
        matching.told(one)
        | {
            "verdict": said.get(one.item_id),
            "mine": mine.get(one.item_id),
            "lead": leads.get(one.item_id),
            "aside": wrong if one.item_id == of else AsideForm(),
        }
        for one in matches
    ]
    weeks = judging.weeks(need, CLOCK.now())
    aside = Match.objects.filter(need=need).exclude(aside="").select_related("item").order_by("-aside_at")
    context = {
        "need": need,
        "rows": rows,
        "groups": matching.grouped(need, rows),
        "weeks": weeks,
        "plot": plot.plot(weeks) if any(one.judged for one in weeks) else "",
        "aside": aside[:MATCHED_A_NEED_MAX],
        "unread": unread().exists(),
        "part": "news",
        "is_open": need.state == NeedState.OPEN,
    }
    return pages.show(request, "watch/news.html", context, tab="watch", status=422 if wrong else 200)


@require(rights.may_run)
@require_POST
def judge(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Say whether an item is relevant to a need; say it again to change one's mind."""
    match = get_object_or_404(Match, need__chain=number, item_id=pk)
    relevant = request.POST.get("relevant", "")
    if relevant in {"yes", "no"}:
        values = {"relevant": relevant == "yes", "at": CLOCK.now()}
        Judgement.objects.update_or_create(item_id=pk, need=match.need, by_id=request.user.pk, defaults=values)
    return redirect(_back(number, pk))


def _back(number: int, pk: UUID) -> str:
    return f"{reverse('watch:news', args=[number])}#item-{pk}"


@require(rights.may_run)
@require_POST
def lead(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Make a lead of an item: the next stage of the need's chain. Once for each need."""
    match = get_object_or_404(Match.objects.select_related("item", "need"), need__chain=number, item_id=pk)
    made = leading.lead_from(match, cast(User, request.user), CLOCK.now())
    if isinstance(made, Refusal):
        return pages.refused(request, made, reverse("watch:news", args=[number]))
    return redirect("programme:lead", made.pk)


@require(rights.may_run)
@require_POST
def aside(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Set an item aside for a need, with the reason; it counts as judged not relevant."""
    match = get_object_or_404(Match.objects.select_related("need"), need__chain=number, item_id=pk)
    form, now = AsideForm(request.POST), CLOCK.now()
    if not form.is_valid():
        return _news_page(request, match.need, form, pk)
    with transaction.atomic():
        match.aside, match.aside_at, match.aside_by_id = form.cleaned_data["reason"], now, request.user.pk
        match.save(update_fields=["aside", "aside_at", "aside_by_id"])
        values = {"relevant": False, "at": now}
        Judgement.objects.update_or_create(item_id=pk, need=match.need, by_id=request.user.pk, defaults=values)
    return redirect("watch:news", number)


@require(rights.may_run)
@require_POST
def back(request: HttpRequest, number: int, pk: UUID) -> HttpResponse:
    """Take an item up again."""
    match = get_object_or_404(Match, need__chain=number, item_id=pk)
    match.aside, match.aside_at, match.aside_by_id = "", None, None
    match.save(update_fields=["aside", "aside_at", "aside_by_id"])
    return redirect(_back(number, pk))


@require(rights.may_read)
@never_cache
@require_safe
def precision(request: HttpRequest) -> HttpResponse:
    """How good matching is, need by need and week by week, by analysts' own judgements."""
    now = CLOCK.now()
    needs = list(Need.objects.filter(Exists(Match.objects.filter(need=OuterRef("pk"))))[:NEEDS_SHOWN])
    told = judging.weeks_of(needs, now)
    rows = [{"need": need, "weeks": told[need.pk], "plot": plot.plot(told[need.pk])} for need in needs if told[need.pk]]
    judged = Judgement.objects.count()
    return pages.show(
        request, "watch/precision.html", {"rows": rows, "judged": judged, "part": "precision"}, tab="watch"
    )


@require(rights.may_read)
@require_safe
def judgements(request: HttpRequest) -> StreamingHttpResponse:
    """All judgements, as a judgement set."""
    answer = StreamingHttpResponse(judging.exported(), content_type="text/tab-separated-values; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="judgements.tsv"'
    return answer
