"""Forms of hackathons. What was typed is kept when something is to mend."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation import editions, reviews
from necmergitur.innovation.chain import ChallengeState
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.hackathon import words
from necmergitur.web.hackathon.models import Announcement, Edition, Helper, Participant, Question, Review, Skill
from necmergitur.web.programme.forms import WebAddress, long
from necmergitur.web.programme.models import LONG, Challenge, Project
from necmergitur.web.store import CLOCK

RESERVED = ("desk", "mine", "jury", "mentor", "new")
PLACES_MOST = 2_000  # ours: five times the largest edition there was
TEAMS_MOST = 300  # ours: PLACES_MOST in teams of seven
WISHES = 3  # ours: further wishes say little


class ApplyForm(forms.ModelForm):  # type: ignore[type-arg]
    """An application: no account, no document."""

    skills = forms.MultipleChoiceField(
        label=_("What you bring"), choices=Skill.choices, widget=forms.CheckboxSelectMultiple
    )
    conduct: Any = forms.BooleanField(label=_("I have read the code of conduct, and keep to it"))

    class Meta:
        model = Participant
        fields = ("name", "email", "organisation", "skills", "access_needs")
        labels: ClassVar[dict[str, Any]] = {
            "name": _("Your name"),
            "email": _("E-mail"),
            "organisation": _("Organisation, if any"),
            "access_needs": _("What you need to take part (access, food, quiet)"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "name": _("Your team reads it, and the organisers."),
            "organisation": _("So that no colleague of yours judges your work."),
            "access_needs": _("Only the organisers read it."),
        }

    def __init__(self, *args: Any, edition: Edition, **kwargs: Any) -> None:
        """Ask for wishes among the edition's challenges."""
        super().__init__(*args, **kwargs)
        self.themes = {str(one.pk): one for one in edition.challenges.order_by("title")}
        choices = [("", "–"), *((key, one.title) for key, one in self.themes.items())]
        conduct = self.fields.pop("conduct", None)
        for number, label in enumerate((_("First wish"), _("Second wish"), _("Third wish"))[: len(self.themes)]):
            self.fields[f"wish_{number + 1}"] = forms.ChoiceField(label=label, choices=choices, required=False)
        if conduct is not None:
            self.fields["conduct"] = conduct

    def clean(self) -> dict[str, Any]:
        """Wishes in their order, each once."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        named = [said.pop(f"wish_{number}", "") for number in range(1, WISHES + 1)]
        said["wishes"] = [UUID(one) for one in dict.fromkeys(named) if one]
        said.pop("conduct", None)
        return said


class MineForm(ApplyForm):
    """What somebody may change of what they said."""

    conduct: Any = None

    class Meta(ApplyForm.Meta):
        fields: Any = ("skills", "access_needs")


class AskForm(forms.ModelForm):  # type: ignore[type-arg]
    """A question to mentors."""

    class Meta:
        model = Question
        fields = ("text", "skill")
        labels: ClassVar[dict[str, Any]] = {"text": _("Your question"), "skill": _("Who could know")}


class HandInForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a team hands in."""

    demo = WebAddress(label=_("Demonstration (address)"))
    repository = WebAddress(label=_("Source (address)"))
    summary = forms.CharField(
        label=_("What it does, for whom, how one would measure it"), max_length=LONG, min_length=50, widget=long(8)
    )

    class Meta:
        model = Project
        fields = ("title", "summary", "demo", "repository")
        labels: ClassVar[dict[str, Any]] = {"title": _("Name of the project")}
        help_texts: ClassVar[dict[str, Any]] = {
            "title": _("The jury reads name and text first, without knowing who you are: name nobody.")
        }


class EditionForm(forms.ModelForm):  # type: ignore[type-arg]
    """An edition: its dates, its challenges, its rules."""

    challenges = forms.ModelMultipleChoiceField(
        label=_("Challenges"),
        queryset=Challenge.objects.filter(state=ChallengeState.OPEN).order_by("title"),
        widget=forms.CheckboxSelectMultiple,
    )
    places = forms.IntegerField(
        label=pgettext_lazy("hackathon", "Places"), min_value=editions.TEAM_PEOPLE_LEAST, max_value=PLACES_MOST
    )

    class Meta:
        model = Edition
        dated = ("registration_at", "teams_at", "work_at", "submission_at", "review_at", "results_at")
        fields = ("title", "slug", "place", "about", "places", "challenges", *dated, "conduct")
        labels: ClassVar[dict[str, Any]] = {
            "title": pgettext_lazy("hackathon", "Title"),
            "slug": _("Short name in the address"),
            "place": _("Where"),
            "about": _("In a few words"),
            "conduct": _("Code of conduct"),
            "registration_at": _("Registration from"),
            "teams_at": _("Teams form from"),
            "work_at": _("Work from"),
            "submission_at": _("Handing in from"),
            "review_at": _("Handing in until; the jury reads from"),
            "results_at": _("Results from"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "about": long(3),
            "conduct": long(8),
            **{name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M") for name in dated},
        }

    def clean_slug(self) -> str:
        """Refuse what is an address of ours."""
        slug: str = self.cleaned_data["slug"].lower()
        if slug in RESERVED:
            raise forms.ValidationError(_("This word has another use in addresses."))
        return slug

    def clean(self) -> dict[str, Any]:
        """Refuse dates that make no edition."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        dated = {name: said.get(name) for name in self.Meta.dated}
        if all(dated.values()):
            refused = editions.check_dates(editions.Dates(**dated))
            if refused is None and self.instance.pk is not None:
                refused = self._goes_back(editions.Dates(**dated))
            if refused is not None:
                self.add_error("results_at", words.sentence(refused))
        return said

    def _goes_back(self, dates: editions.Dates) -> Refusal | None:
        """Return why dates are not moved so: marks that were looked at are not followed by others."""
        held, now = Edition.objects.get(pk=self.instance.pk), CLOCK.now()
        if held.published_at is not None:
            return None if dates == held.dates else Refusal(rule="results_published")
        marked = Review.objects.filter(submission__entry__edition=held, blind_at__isnull=False).exists()
        order = list(editions.Phase)
        back = order.index(editions.phase_of(dates, now)) < order.index(held.phase(now))
        return Refusal(rule="edition_goes_back") if marked and back else None


class AnnounceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What everybody should know now."""

    class Meta:
        model = Announcement
        fields = ("text",)
        labels: ClassVar[dict[str, Any]] = {"text": _("Announcement")}


class HelperForm(forms.ModelForm):  # type: ignore[type-arg]
    """A juror or a mentor."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("fr", "Français"), ("en", "English")], initial="fr", required=False
    )

    def clean_language(self) -> str:
        """Write in French to whoever did not choose."""
        return self.cleaned_data["language"] or "fr"

    class Meta:
        model = Helper
        fields = ("kind", "name", "email", "organisation", "language")
        labels: ClassVar[dict[str, Any]] = {
            "kind": _("Comes as"),
            "name": pgettext_lazy("person", "Name"),
            "email": _("E-mail"),
            "organisation": _("Organisation"),
        }


class MatchForm(forms.Form):
    """How many teams, of whom."""

    teams = forms.IntegerField(label=_("How many teams"), min_value=1, max_value=TEAMS_MOST)
    present = forms.BooleanField(label=_("Only people who are checked in"), required=False)


class HandForm(forms.Form):
    """A team made by hand, or somebody moved."""

    challenge = forms.ModelChoiceField(label=_("Challenge"), queryset=Challenge.objects.none())
    people = forms.ModelMultipleChoiceField(
        label=_("People without a team"), queryset=Participant.objects.none(), widget=forms.CheckboxSelectMultiple
    )


class MoveForm(forms.Form):
    """Bring somebody to another table."""

    table = forms.IntegerField(label=_("To table"), min_value=1, max_value=TEAMS_MOST)


class AssignForm(forms.Form):
    """How many jurors read each work."""

    each = forms.IntegerField(label=_("Jurors for each work"), min_value=1, max_value=reviews.REVIEWS_MOST, initial=3)


class DeclareForm(forms.Form):
    """Whom a juror knows."""

    knows = forms.CharField(
        label=_("People you know who may take part: one a line, name or e-mail"),
        max_length=LONG,
        required=False,
        widget=long(6),
        help_text=_("Family, friends, colleagues, students. Nobody reads it; the works of their teams go to others."),
    )


class MarksForm(forms.Form):
    """The marks of one step."""

    def __init__(self, *args: Any, step: tuple[str, ...], **kwargs: Any) -> None:
        """Ask for a mark for each criterion of the step; in the last also for a remark."""
        super().__init__(*args, **kwargs)
        for name in step:
            self.fields[name] = forms.IntegerField(
                label=words.CRITERIA[name], min_value=0, max_value=reviews.MARK_MOST, help_text=_("0 to 10")
            )
        if step == reviews.SEEN:
            self.fields["remark"] = forms.CharField(
                label=_("What the team should hear"), max_length=400, required=False, widget=long(3)
            )


class TakeBackForm(forms.Form):
    """Why a prize is taken back."""

    why = forms.CharField(label=_("Why"), min_length=10, max_length=400)


class AwardForm(forms.Form):
    """A prize."""

    title = forms.CharField(label=_("Prize"), max_length=80)
    why = forms.CharField(label=_("Why"), max_length=400, required=False)
