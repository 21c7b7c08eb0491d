"""What a person does: ask, follow, read, take away. No account; works without scripts."""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from necmergitur.governance.rights import cited
from necmergitur.operations.ports import Unreachable
from necmergitur.web.accounts.roles import Role
from necmergitur.web.console.words import KINDS as PRESS_KINDS
from necmergitur.web.console.words import OUTCOMES as CALL_OUTCOMES
from necmergitur.web.console.words import say
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.rights import export, programme, proving, requests, words
from necmergitur.web.rights.constants import ASKED_MAX, CREDENTIAL_LENGTH_MAX, WORDS_MAX
from necmergitur.web.store import CLOCK

ASKING = Limit(ASKED_MAX)
_ROLES = dict(Role.choices)


class AskForm(forms.Form):
    """What a person wants, and what they already have that shows who they are."""

    kind = forms.ChoiceField(label=_("What do you want?"), choices=list(words.KINDS.items()), widget=forms.RadioSelect)
    who = forms.ChoiceField(label=_("Who are you to us?"), choices=list(words.WHO.items()), widget=forms.RadioSelect)
    device = forms.CharField(
        label=_("Number of your button"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("On its paper. Not needed when you come from the button's own page on your phone."),
    )
    credential = forms.CharField(
        label=_("Its credential"),
        max_length=CREDENTIAL_LENGTH_MAX,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "On the same paper. Without it the desk asks you something only you can know. Never give a PIN here."
        ),
    )
    page = forms.CharField(
        label=_("Address of your private page of the programme"),
        max_length=CREDENTIAL_LENGTH_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
        help_text=_("It shows who you are: of a hackathon, an application, a review, a mentor, a partner."),
    )
    words = forms.CharField(
        label=_("In your words"),
        max_length=WORDS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is wrong, when and where you were there. We need no name, no address, no identity card."),
    )

    def __init__(self, *args: Any, shown: str = "", **kwargs: Any) -> None:
        """`shown`: the button this browser showed already."""
        super().__init__(*args, **kwargs)
        self.shown = shown
        if shown:
            del self.fields["device"], self.fields["credential"], self.fields["who"], self.fields["page"]

    def clean(self) -> dict[str, Any]:
        """Hold the credential against the button, before anything is kept."""
        said = super().clean() or {}
        said["proven"] = self.shown
        device, credential = said.get("device", "").strip(), said.get("credential", "").strip()
        if not self.shown and credential:
            if proving.is_credential_of(device, credential):
                said["proven"] = device
            else:
                self.add_error("credential", _("This is not the credential of that button."))
        page = said.get("page", "").strip()
        said["people"] = programme.proven_by(page) if page and not said["proven"] else []
        if page and not said["proven"] and not said["people"]:
            self.add_error("page", _("This is nobody's private page, or it was erased."))
        if said.get("kind") in ("rectify", "object") and not said.get("words", "").strip():
            self.add_error("words", _("Say what is wrong, or what you object to."))
        return said


@never_cache
@sensitive_post_parameters("credential", "page")
def start(request: HttpRequest) -> HttpResponse:
    """Say what may be asked, and take a request."""
    shown = proving.shown(request)
    form = AskForm(request.POST or None, shown=shown)
    status = 200
    if request.method == "POST":
        if not ASKING.passed(address_of(request)):
            form.add_error(None, _("Too many requests from here just now. Wait ten minutes, or write to the desk."))
            status = 429
        elif form.is_valid():
            said = form.cleaned_data
            who = "button" if said["proven"] else "programme" if said["people"] else said["who"]
            try:
                code = requests.make(
                    said["kind"], who, said.get("words", "").strip(), said["proven"], CLOCK.now(), said["people"]
                )
            except Unreachable:
                form.add_error(None, _("The database does not answer: nothing was recorded. Try again in a moment."))
                status = 503
            else:
                return _private(redirect("rights:follow", code=code))
        else:
            status = 422
    return render(request, "rights/start.html", {"form": form, "shown": shown}, status=status)


@never_cache
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """What became of one request. Whoever has the code reads it: that is what it is for."""
    row = _row(code)
    context = {
        "row": row,
        "code": code,
        "kind": words.KINDS.get(row.kind, row.kind),
        "outcome": words.OUTCOMES.get(row.outcome, ""),
        "ground": words.GROUNDS.get(row.ground, ""),
        "cited": cited(row.kind, row.outcome, row.ground) if row.answered_at else "",
        "why": words.EXTENSIONS.get(row.extended_why, ""),
        "may_export": requests.may_export(row, CLOCK.now()),
        "erased": _counts(row.erased),
    }
    return _private(render(request, "rights/follow.html", context))


@never_cache
@require_safe
@sensitive_variables("said")
def data(request: HttpRequest, code: str) -> HttpResponse:
    """A person's own data, for machines (GDPR art. 20)."""
    row, said = _exported(code)
    body = json.dumps(said, default=export.for_machines, ensure_ascii=False, indent=1)
    name = f"own-data-{timezone.localtime().strftime('%Y-%m-%d')}.json"
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    del row
    return _private(response)


@never_cache
@require_safe
@sensitive_variables("said")
def readable(request: HttpRequest, code: str) -> HttpResponse:
    """The same, to read and to print."""
    row, said = _exported(code)
    looked = [
        one | {"words": words.LOOKED.get(one["what"], one["what"]), "role": _ROLES.get(one["by_role"], one["by_role"])}
        for one in said["who_looked"]
    ]
    presses = [one | {"words": say(PRESS_KINDS, one["kind"])} for one in said.get("presses", ())]
    calls = [
        one
        | {"words": say(PRESS_KINDS, one["kind"]), "end": say(CALL_OUTCOMES, one["outcome"]) if one["outcome"] else ""}
        for one in said.get("calls", ())
    ]
    parts = [
        {
            "as": words.HELD_NAMES[part["as"]],
            "of": part["of"],
            "fields": [(words.FIELDS[name], _plain(value)) for name, value in part["fields"].items() if value],
            "more": part,
        }
        for part in said.get("programme", ())
    ]
    context = {
        "parts": parts,
        "said": said,
        "looked": looked,
        "presses": presses,
        "calls": calls,
        "code": code,
        "row": row,
    }
    return _private(render(request, "rights/readable.html", context))


def _plain(value: Any) -> Any:
    """Return a value as people read it."""
    if value is True:
        return _("Yes")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j F Y, H:i")
    return ", ".join(value) if isinstance(value, list) else value


def _row(code: str) -> Any:
    row = requests.find(code)
    if row is None:
        raise Http404
    return row


def _exported(code: str) -> tuple[Any, dict[str, Any]]:
    row, now = _row(code), CLOCK.now()
    said = export.of(row, now) if requests.may_export(row, now) else None
    if said is None:
        raise Http404
    return row, said


def _counts(erased: dict[str, int] | None) -> list[tuple[Any, int]]:
    return [(words.HELD_NAMES.get(name, name), count) for name, count in (erased or {}).items() if count]


def _private(response: HttpResponse) -> Any:
    """The address is the key: it leaves in no referrer, and no search engine keeps it."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
