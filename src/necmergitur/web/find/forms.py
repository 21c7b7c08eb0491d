"""The questions of a declaration, one page each, and the other forms. What is wrong is said by the people room."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import NAME_MAX, RECORD_TEXT_MAX, WORDS_MAX
from necmergitur.people.notes import Status
from necmergitur.web.find.words import SEX, STATUS, wrong


def _line(label: Any, help_text: Any = "", most: int = WORDS_MAX, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"} | attrs)
    return forms.CharField(label=label, help_text=help_text, max_length=most, required=False, widget=widget)


class Step(NamedTuple):
    """One page of the declaration: what it asks."""

    name: str
    title: Any
    fields: dict[str, forms.Field]


STEPS: tuple[Step, ...] = (
    Step(
        "name",
        _("Who are you looking for?"),
        {
            "name": _line(_("Their name"), _("As you know it. One word is enough."), NAME_MAX),
            "other_names": _line(_("Other names, if any"), _("A nickname, a name before marriage, another spelling.")),
        },
    ),
    Step(
        "looks",
        _("What do they look like?"),
        {
            "age": _line(_("Age, about"), "", 3, inputmode="numeric"),
            "sex": forms.ChoiceField(
                label=_("Woman or man"), choices=[("", _("I would rather not say")), *SEX.items()], required=False
            ),
            "description": forms.CharField(
                label=_("Clothes, hair, height, anything one would notice"),
                help_text=_("No home address and no phone number here."),
                max_length=RECORD_TEXT_MAX,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
            ),
        },
    ),
    Step("place", _("Where were they last?"), {"place": _line(_("A street, a station, a hall"))}),
    Step(
        "sought",
        _("How is this person reached?"),
        {
            "sought": _line(
                _("Their own phone number or e-mail address"),
                _("Never shown. If they register, the crisis desk sees that it may be them."),
            )
        },
    ),
    Step(
        "author",
        _("Who are you?"),
        {
            "author": _line(_("Your name"), "", NAME_MAX, autocomplete="name"),
            "contact": _line(_("Your phone number or e-mail address"), _("Only the crisis desk sees it.")),
            "relation": _line(_("What are you to them?"), _("Mother, friend, colleague…")),
        },
    ),
    Step(
        "listed",
        _("Shall everybody see that you are looking?"),
        {
            "listed": forms.ChoiceField(
                label=_("Publish an appeal"),
                help_text=_(
                    "An appeal shows the name, the age and the description, never your number. The crisis desk "
                    "reads it first. If this person may be hiding from somebody, choose no."
                ),
                choices=[("", _("No, only the crisis desk")), ("yes", _("Yes, publish an appeal"))],
                required=False,
                widget=forms.RadioSelect,
            )
        },
    ),
)
FIELDS = tuple(name for step in STEPS for name in step.fields)


class StepForm(forms.Form):
    """One page's fields."""

    def __init__(self, step: Step, *args: Any, **kwargs: Any) -> None:
        """Ask what `step` asks."""
        super().__init__(*args, **kwargs)
        self.fields.update(step.fields)


class AskForm(forms.Form):
    """A question about somebody."""

    whom = _line(
        _("About whom?"),
        _("Their phone number or e-mail address, or the link they shared: it reaches them surely. Or the name."),
        NAME_MAX,
    )
    words = _line(_("A word to them, if you like"))
    name = _line(_("Your name"), _("They see it, and decide whether to answer."), NAME_MAX, autocomplete="name")
    contact = _line(_("Your phone number or e-mail address"), _("They do not see it. The answer goes there."))
    relation = _line(_("What are you to them?"), _("Mother, friend, colleague…"))


class NoteForm(forms.Form):
    """A word on a notice or an appeal."""

    status = forms.ChoiceField(
        label=_("What do you know?"),
        choices=[
            ("", _("Something else")),
            ("believed_alive", _("They were seen, or heard from")),
            ("believed_missing", STATUS[Status.MISSING]),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In your words"), max_length=RECORD_TEXT_MAX, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    author = _line(_("Your name, if you like"), "", NAME_MAX)


class AnswerForm(forms.Form):
    """What the person answers."""

    answer = forms.ChoiceField(
        label=_("What do you want to tell them?"),
        choices=[
            ("safe", _("I’m safe")),
            ("reply", _("What I write below")),
            ("refuse", _("Nothing: they will not know that you read this")),
            ("block", _("Nothing, and never let this person ask about me again")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    words = _line(_("A word to them, if you like"))


class PictureForm(forms.Form):
    """A picture of the person."""

    picture = forms.FileField(
        label=_("A picture"),
        help_text=_("JPEG or PNG. We keep its pixels alone: no place, no date. The crisis desk sees it first."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png"}),
    )


def mark(form: forms.Form, problems: Sequence[Refusal]) -> bool:
    """Say beside each field what is wrong with it; return whether anything is."""
    form.is_valid()
    for problem in problems:
        field = problem.facts.get("field", "")
        if field in form.fields:
            form.add_error(field, wrong(problem.rule))
        elif not field:
            form.add_error(None, wrong(problem.rule))
    return bool(form.errors)
