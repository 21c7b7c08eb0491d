"""Template tags of the population's pages: `{% load population %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from necmergitur.web.population import frame

register = template.Library()


@register.simple_tag
def frame_style() -> SafeString:
    """Return the inlined stylesheet. The page's policy names its digest, so nothing else is let in."""
    return format_html("<style>{}</style>", mark_safe(frame.style()))  # noqa: S308 -- our own file
