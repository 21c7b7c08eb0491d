"""From an invitation to a credential on one telephone: made by a technician, used once, within a day."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import cast

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from necmergitur.adapters.pins import PIN_DIGITS_MAX, PIN_DIGITS_MIN, credential_hash, pin_digest
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import devices
from necmergitur.operations.population.helping import PREFIX, WEB
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.registry import NewDevice
from necmergitur.web.accounts.constants import TOKEN_BYTES
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import is_technician, require
from necmergitur.web.console.pages import show
from necmergitur.web.facts.models import Device
from necmergitur.web.press.models import PressInvitation
from necmergitur.web.press.ringing import pin_key
from necmergitur.web.store import CLOCK, person, store

CREDENTIAL_BYTES = 32  # 256 random bits: a plain hash of it is enough
LASTS = timedelta(hours=24)  # as an account's invitation
PIN = re.compile(rf"[0-9]{{{PIN_DIGITS_MIN},{PIN_DIGITS_MAX}}}")
DEVICE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InviteForm(forms.Form):
    """A personal button about to be handed out, or put on another telephone."""

    device_id = forms.CharField(
        label=_("Number of the button"),
        max_length=64,
        help_text=_("Letters, figures and dashes, such as p-0042. An existing number moves it to another telephone."),
    )
    holder = forms.CharField(
        label=_("Who holds it"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Sealed. Opened only for a call, with a reason, and each opening is logged."),
    )
    cancel_pin = forms.CharField(
        label=_("PIN that takes a call back"),
        required=False,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("4 to 8 figures, chosen by the holder."),
    )
    duress_pin = forms.CharField(
        label=_("PIN to give under threat"),
        required=False,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("The screen says cancelled; the room knows the truth. Not a neighbour of the other PIN."),
    )

    def clean_device_id(self) -> str:
        """Refuse what is no number of a button, and a street button's number."""
        value = str(self.cleaned_data["device_id"]).strip()
        if not DEVICE.fullmatch(value):
            raise forms.ValidationError(_("Letters, figures and dashes only."))
        if Device.objects.filter(id=value).exclude(kind="personal").exists() or value.startswith(PREFIX):
            raise forms.ValidationError(_("A street button has this number."))
        return value

    def clean(self) -> dict[str, object]:
        """Check the PINs: two, different, not neighbours; needed for a new button."""
        cleaned = super().clean() or {}
        one, other = cleaned.get("cancel_pin", ""), cleaned.get("duress_pin", "")
        new = not Device.objects.filter(id=cleaned.get("device_id", "")).exists()
        if not one and not other and not new:
            return cleaned
        for name, pin in (("cancel_pin", one), ("duress_pin", other)):
            if not PIN.fullmatch(pin):
                self.add_error(name, _("4 to 8 figures."))
        # CP-01: a duress code next to the ordinary one is the first guess.
        if not self.errors and abs(int(one) - int(other)) <= 1:
            self.add_error("duress_pin", _("Too close to the other PIN."))
        return cleaned


@require(is_technician)
@never_cache
@sensitive_post_parameters("cancel_pin", "duress_pin", "holder")
def invite(request: HttpRequest) -> HttpResponse:
    """Make a button and its link; the link is shown once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said, user = form.cleaned_data, cast(User, request.user)
        token = create(said["device_id"], said, person(user), CLOCK.now())
        link = settings.ORIGIN.url + reverse("press:enrol", args=[token])
        return show(request, "press/invited.html", {"link": link, "device": said["device_id"]}, here="devices")
    context = {"form": form, "tab": "devices"}
    return show(request, "press/invite.html", context, here="devices", status=422 if form.errors else 200)


def create(device_id: str, said: dict[str, str], by: Person, now: datetime) -> str:
    """Make the button known and return its invitation's token; an older one for it is void."""
    device = NewDevice(
        id=device_id,
        kind="personal",
        transport="https",
        label=device_id,  # neutral: what it is, its kind says in the reader's language
        cancel_hash=pin_digest(pin_key(), device_id, said.get("cancel_pin")) or None,
        duress_hash=pin_digest(pin_key(), device_id, said.get("duress_pin")) or None,
    )
    devices.enrol(store(), [device], by, now)
    if said.get("holder"):
        devices.set_holder(store(), device_id, said["holder"], by, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    PressInvitation.objects.filter(device_id=device_id, used_at=None).update(expires_at=now)
    PressInvitation.objects.create(
        token_hash=_digest(token),
        device_id=device_id,
        created_by_id=by.id,
        created_by_name=by.name,
        expires_at=now + LASTS,
    )
    return token


def find(token: str) -> PressInvitation | None:
    """Return an invitation that still works."""
    row = PressInvitation.objects.filter(token_hash=_digest(token)).first()
    return row if row is not None and row.usable(CLOCK.now()) else None


def accept(token: str) -> str | Refusal:
    """Use an invitation up: give the button a new credential and return it. The old one stops at once."""
    now = CLOCK.now()
    with transaction.atomic():
        row = PressInvitation.objects.select_for_update().filter(token_hash=_digest(token)).first()
        if row is None or not row.usable(now):
            return Refusal(rule="link_not_usable")
        device = Device.objects.filter(id=row.device_id, kind="personal").exclude(transport=WEB).first()
        if device is None:
            return Refusal(rule="link_not_usable")
        credential = secrets.token_urlsafe(CREDENTIAL_BYTES)
        renewed = NewDevice(
            id=device.id,
            kind="personal",
            transport="https",
            label=device.label,
            zone_id=device.zone_id,
            credential_hash=credential_hash(credential),
        )
        try:
            devices.enrol(store(), [renewed], Person(row.created_by_id, row.created_by_name), now)
        except Unreachable:
            return Refusal(rule="unreachable")
        row.used_at = now
        row.save(update_fields=["used_at"])
    return credential


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
