"""Forms of accounts."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role


class EnrolForm(forms.Form):
    """What a new person chooses. The address is asked only when the invitation names none."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    display_name = forms.CharField(
        label=_("Name shown to colleagues"),
        help_text=_("Your own name, or the name of your seat."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. A sentence only you would write is easiest to remember."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str = "", restoring: bool = False, **kwargs: Any) -> None:
        """Leave out what is already known: a fixed address, the name of a restored account."""
        super().__init__(*args, **kwargs)
        self.fixed_email = email
        if email:
            del self.fields["email"]
        if restoring:
            del self.fields["display_name"]

    def clean(self) -> dict[str, Any]:
        """Check that both passwords agree and that the password is not a weak one."""
        cleaned = super().clean() or {}
        first, again = cleaned.get("password"), cleaned.get("again")
        if first and again and first != again:
            self.add_error("again", _("The two passwords differ."))
        if first:
            person = User(
                email=self.fixed_email or cleaned.get("email", ""),
                display_name=cleaned.get("display_name", ""),
            )
            try:
                validate_password(first, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class InviteForm(forms.Form):
    """Whom an administrator invites, and to what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Only this address can use the invitation."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)


class RolesForm(forms.Form):
    """The roles a person should hold."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class RecoveryForm(forms.Form):
    """Why a colleague's second factor must be replaced."""

    reason = forms.CharField(
        label=_("How did you make sure it is really them?"),
        help_text=_("For example: I see them in front of me; I called them back on the number we know."),
        max_length=200,
    )


class OwnForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person changes about themselves."""

    class Meta:
        model = User
        fields = ("display_name", "language")
