"""Write a notice, approve somebody else's, end one."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from necmergitur.operations.registry import audit
from necmergitur.people.constants import CLOSED_RADIUS_MAX_M
from necmergitur.people.texts import one_line
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import rights
from necmergitur.web.console.pages import show
from necmergitur.web.doors import where
from necmergitur.web.population import state
from necmergitur.web.population.models import Notice
from necmergitur.web.store import CLOCK, beside_rows, person, store

TEXT_MAX = 400  # ours, and the table's: what is read standing
HOURS_MAX = 24 * 14  # ours: after two weeks it is no notice any more, and has a page of its own
SHOWN_MAX = 50  # ours


class NoticeForm(forms.Form):
    """What everybody is to read."""

    text_fr = forms.CharField(
        label=_("In French"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "fr"}),
        help_text=_("Short sentences: what happens, where, what to do. No name of anybody."),
    )
    text_en = forms.CharField(
        label=_("In English"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "en"}),
        help_text=_("The same, for those who do not read French."),
    )
    indoors_m = forms.FloatField(
        label=_("An order to stay indoors, so many metres around the place below"),
        min_value=100,
        max_value=CLOSED_RADIUS_MAX_M,
        required=False,
        help_text=_("Empty: no order. Open doors freeze there while everybody reads it, and open again with its end."),
    )
    quarter = forms.ChoiceField(label=_("Quarter"), required=False)
    near = forms.CharField(label=_("Street, or number of the nearest post"), max_length=where.NEAR_MAX, required=False)
    hours = forms.IntegerField(
        label=_("Shown for how many hours"), min_value=1, max_value=HOURS_MAX, initial=6, help_text=_("It then goes.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the quarters of this city."""
        super().__init__(*args, **kwargs)
        self.fields["quarter"].choices = [("", _("Choose")), *((name, name) for name in where.quarters())]

    def clean(self) -> dict[str, Any]:
        """Find the place of an order."""
        said = super().clean() or {}
        said["at"] = None
        if said.get("indoors_m") is not None:
            said["at"] = where.place_of(said.get("quarter", ""), said.get("near", ""))
            if said["at"] is None:
                self.add_error("quarter", str(_("Say where people are to stay indoors.")))
        return said

    def clean_text_fr(self) -> str:
        """Keep one line without hidden characters."""
        return _text(self.cleaned_data["text_fr"])

    def clean_text_en(self) -> str:
        """Keep one line without hidden characters."""
        return _text(self.cleaned_data["text_en"])


def _text(written: str) -> str:
    text = one_line(written)
    if not text:
        raise forms.ValidationError(_("Write something that can be read."))
    return text


@require(rights.may_open_crisis)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """List what waits, what is shown and what has ended (constant queries); take a new one."""
    form = NoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, by, said = CLOCK.now(), cast(User, request.user), form.cleaned_data
        at = said["at"]
        with transaction.atomic():
            made = Notice.objects.create(
                text_fr=said["text_fr"],
                text_en=said["text_en"],
                until=now + timedelta(hours=said["hours"]),
                indoors_lon=None if at is None else at.lon,
                indoors_lat=None if at is None else at.lat,
                indoors_m=None if at is None else said["indoors_m"],
                written_by=by.pk,
                written_name=by.display_name,
                written_at=now,
            )
            _keep(made, "written", by, now)
        return redirect("notices:home")
    return _page(request, form, 422 if form.is_bound else 200)


@require(rights.may_open_crisis)
@never_cache
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let everybody read it: not by its author."""
    now, by = CLOCK.now(), cast(User, request.user)
    waiting = Notice.objects.filter(pk=pk, approved_at=None, ended_at=None, until__gt=now).exclude(written_by=by.pk)
    changes = {"approved_by": by.pk, "approved_name": by.display_name, "approved_at": now}
    return _done(request, _change(waiting, changes, "approved", by, now))


@require(rights.may_open_crisis)
@never_cache
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it away, shown or not: one person is enough."""
    now, by = CLOCK.now(), cast(User, request.user)
    going = Notice.objects.filter(pk=pk, ended_at=None)
    changes = {"ended_by": by.pk, "ended_name": by.display_name, "ended_at": now}
    return _done(request, _change(going, changes, "ended", by, now))


def _change(rows: QuerySet[Notice], changes: dict[str, Any], what: str, by: User, now: datetime) -> int:
    """Change one notice and keep a fact of it, both or neither; return how many changed."""
    with transaction.atomic():
        found = rows.select_for_update().first()
        if found is None:
            return 0
        changed = Notice.objects.filter(pk=found.pk).update(**changes)
        _keep(found, what, by, now)
    return changed


def _keep(notice: Notice, what: str, by: User, now: datetime) -> None:
    """Put into the record who did what with which words."""
    words = hashlib.sha256(f"{notice.text_fr}\n{notice.text_en}".encode()).hexdigest()
    facts = {"words_sha256": words, "until": notice.until.isoformat()}
    if notice.indoors_m is not None:
        facts |= {"indoors_m": f"{notice.indoors_m:g}"}
    with beside_rows() as tx:
        tx.serialise()
        audit(store(), tx, f"web:notice:{what}", str(notice.pk), person(by), now, **facts)


def _done(request: HttpRequest, changed: int) -> HttpResponse:
    state.forget()
    return redirect("notices:home") if changed else _page(request, NoticeForm(), 409)


def _page(request: HttpRequest, form: NoticeForm, status: int) -> HttpResponse:
    now = CLOCK.now()
    rows = list(Notice.objects.order_by("-id")[:SHOWN_MAX])
    context: dict[str, Any] = {
        "form": form,
        "waiting": [one for one in rows if one.approved_at is None and one.ended_at is None and now < one.until],
        "shown": [one for one in rows if one.shown(now)],
        "past": [one for one in rows if one.ended_at is not None or now >= one.until],
        "me": request.user.pk,
        "too_late": status == 409,
        "tab": "notices",
    }
    return show(request, "population/notices.html", context, here="supervisor", status=status)
