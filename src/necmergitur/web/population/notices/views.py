"""Write a notice, approve somebody else's, end one."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from necmergitur.people.texts import one_line
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import rights
from necmergitur.web.console.pages import show
from necmergitur.web.population import state
from necmergitur.web.population.models import Notice
from necmergitur.web.store import CLOCK

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
    hours = forms.IntegerField(
        label=_("Shown for how many hours"), min_value=1, max_value=HOURS_MAX, initial=6, help_text=_("It then goes.")
    )

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
        now, by = CLOCK.now(), cast(User, request.user)
        Notice.objects.create(
            text_fr=form.cleaned_data["text_fr"],
            text_en=form.cleaned_data["text_en"],
            until=now + timedelta(hours=form.cleaned_data["hours"]),
            written_by=by.pk,
            written_name=by.display_name,
            written_at=now,
        )
        return redirect("notices:home")
    return _page(request, form, 422 if form.is_bound else 200)


@require(rights.may_open_crisis)
@never_cache
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let everybody read it: not by its author."""
    now, by = CLOCK.now(), cast(User, request.user)
    waiting = Notice.objects.filter(pk=pk, approved_at=None, ended_at=None, until__gt=now).exclude(written_by=by.pk)
    return _done(request, waiting.update(approved_by=by.pk, approved_name=by.display_name, approved_at=now))


@require(rights.may_open_crisis)
@never_cache
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it away, shown or not: one person is enough."""
    now, by = CLOCK.now(), cast(User, request.user)
    going = Notice.objects.filter(pk=pk, ended_at=None)
    return _done(request, going.update(ended_by=by.pk, ended_name=by.display_name, ended_at=now))


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
