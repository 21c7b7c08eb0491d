"""Template tags of the register: `{% load register %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from necmergitur.web.register.drawings import HEXAGON, STROKES

register = template.Library()


@register.simple_tag
def hexagon(name: str) -> SafeString:
    """Return a sign's drawing in its hexagon: decoration beside its name. Raises KeyError on an unknown one."""
    return format_html(
        '<svg class="hexagon" viewBox="0 0 48 48" aria-hidden="true" focusable="false">'
        '<path class="hexagon__edge" d="{}"/>'
        '<path transform="translate(12 12)" d="{}"/></svg>',
        HEXAGON,
        STROKES[name],
    )
