"""Where mail goes, wherever a page says that some was sent: `{% load mail %}{% where_mail_goes %}`."""

from django import template

from necmergitur.web.letters import sending

register = template.Library()


@register.inclusion_tag("letters/parts/inboxes.html")
def where_mail_goes() -> dict[str, bool]:
    """Say that a demonstration's mail stays here, and where it is read; nothing where a server carries it."""
    return {"inboxes": sending.in_inboxes()}
