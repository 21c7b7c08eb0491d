"""Template tags every page may use: `{% load nec %}`."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import BaseForm, BoundField, ModelChoiceField, Select
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from necmergitur.web.portal import icons

register = template.Library()

# Each state has a colour, a shape and a word, so that none depends on colour alone. Shapes are drawn, not typed:
# a font may lack a glyph, a path cannot. 16 x 16 box.
STATES: dict[str, tuple[str, Any]] = {
    "critical": ("M8 1 15 8 8 15 1 8Z", _("Critical")),
    "serious": ("M8 1.5 15.2 14.5H.8Z", _("Serious")),
    "attention": ("M2 2H14V14H2Z", _("Attention")),
    "ours": ("M1 3 15 8 1 13 4.5 8Z", _("Ours, moving")),
    "resolved": (
        "M8 1.5A6.5 6.5 0 1 0 8 14.5 6.5 6.5 0 1 0 8 1.5ZM4.3 8.2 6.9 10.8 11.7 5.6",
        _("Resolved"),
    ),
    "neutral": ("M2 7H14V9H2Z", _("Quiet")),
}
# The ring's circle: radius 14 in a 32 x 32 box, started at the top.
RING_RADIUS = 14
RING_LENGTH = 87.96
MINUTE_S = 60
NONE = ("", "\N{EN DASH}")  # as tables say that there is nothing


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an inline Lucide icon. With a label it speaks; without one it is decoration beside a text."""
    inside = mark_safe(icons.body(name))  # noqa: S308 -- our own build's sprite
    if label:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>',
            label,
            inside,
        )
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        inside,
    )


@register.filter
def quoted(words: str) -> str:
    """Return words somebody wrote between the quotation marks of the reader's language."""
    return gettext("“%(words)s”") % {"words": words}


@register.simple_tag
def said(what: object, words: object) -> str:
    """Return a name and what is said of it, with the colon of the reader's language."""
    return gettext("%(what)s: %(words)s") % {"what": what, "words": words}


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """Return a state as shape and word. Raises KeyError on a name that is not one of STATES."""
    path, usual = STATES[name]
    return format_html(
        '<span class="state state--{0}">'
        '<svg class="state__shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="{1}"/></svg>'
        '<span class="state__word">{2}</span></span>',
        name,
        path,
        word or usual,
    )


@register.simple_tag
def ring(
    fraction: float,
    seconds: float,
    owner: str = "",
    state_name: str = "attention",
) -> SafeString:
    """Return a deadline that empties: `fraction` left in 0..1, seconds in figures, and whose it is."""
    left = min(max(float(fraction), 0.0), 1.0)
    shown = max(0, round(seconds))
    spoken = ngettext("%(seconds)d second left", "%(seconds)d seconds left", shown) % {"seconds": shown}
    return format_html(
        '<span class="ring ring--{0}" role="img" aria-label="{1}">'
        '<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">'
        '<circle class="ring__track" cx="16" cy="16" r="{2}"/>'
        '<circle class="ring__left" cx="16" cy="16" r="{2}" stroke-dasharray="{3} {4}"'
        ' transform="rotate(-90 16 16)"/></svg>'
        '<span class="ring__seconds num">{5}</span></span>{6}',
        state_name,
        f"{spoken}, {owner}" if owner else spoken,
        RING_RADIUS,
        f"{left * RING_LENGTH:.2f}",
        RING_LENGTH,
        shown,
        format_html('<span class="ring__owner" aria-hidden="true">{}</span>', owner) if owner else "",
    )


@register.simple_tag
def relative_time(when: datetime | None) -> SafeString:
    """Return a time as people say it under an hour, as a clock after; title and print show the absolute."""
    if when is None:
        return mark_safe('<span class="num">-</span>')
    local = timezone.localtime(when)
    absolute = formats.date_format(local, "DATETIME_FORMAT")
    age = timezone.now() - when
    if timedelta(0) <= age < timedelta(hours=1):
        shown = _age(int(age.total_seconds()))
    elif local.date() == timezone.localdate():
        shown = local.strftime("%H:%M:%S")
    else:
        shown = formats.date_format(local, "SHORT_DATETIME_FORMAT")
    return format_html(
        '<time class="time num" datetime="{}" title="{}"><span class="time__said">{}</span>'
        '<span class="time__absolute">{}</span></time>',
        when.isoformat(),
        absolute,
        shown,
        absolute,
    )


def _age(seconds: int) -> str:
    if seconds < MINUTE_S:
        return pgettext("age", "%(count)d s ago") % {"count": seconds}
    return pgettext("age", "%(count)d min ago") % {"count": seconds // MINUTE_S}


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "", hint: str | None = None) -> dict[str, Any]:
    """Show one form field: label, hint, error beside it, control, all tied together for a screen reader.

    `hint=""` hides the form's own hint.
    """
    said = bound.help_text if hint is None else hint
    kind = getattr(bound.field.widget, "input_type", "")
    # A label says it better, and stays while one types.
    bound.field.widget.attrs.pop("placeholder", None)
    _say_none(bound.field)
    # A group of boxes has no single control, so no id_for_label: its fieldset is what is described.
    identity = bound.id_for_label or bound.auto_id
    described = [f"{identity}-hint"] if said else []
    if bound.errors:
        described.append(f"{identity}-error")
    attributes: dict[str, str | bool] = {"class": "control"}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    grouped = bound.field.widget.use_fieldset
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attributes) if not grouped else "",
        "choices": [(choice, getattr(choice, "id_for_label", "")) for choice in bound] if grouped else [],
        "label": label or bound.label,
        "hint": said,
        "kind": kind,
        "grouped": grouped,
        "described": " ".join(described),
    }


def _say_none(of: Any) -> None:
    """Say "nothing of these" in a list as it is said everywhere else."""
    if isinstance(of, ModelChoiceField):
        if of.empty_label == BLANK_CHOICE_DASH[0][1]:
            of.empty_label = NONE[1]
    elif isinstance(of.widget, Select):
        of.widget.choices = [NONE if each == BLANK_CHOICE_DASH[0] else each for each in of.widget.choices]


@register.inclusion_tag("parts/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """List what is wrong at the top of the page, each line leading to its field."""
    beside = [
        {"id": bound.id_for_label or bound.auto_id, "label": bound.label, "error": error}
        for bound in form
        for error in bound.errors
    ]
    return {
        "beside": beside,
        "general": list(form.non_field_errors()) if form.is_bound else [],
    }


@register.simple_tag
def key(name: str) -> SafeString:
    """Return a keyboard key's cap."""
    return format_html('<kbd class="key">{}</kbd>', name)
