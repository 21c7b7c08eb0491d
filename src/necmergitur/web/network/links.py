"""A partner's private link: whoever has it is the partner."""

from django.http import Http404

from necmergitur.web.network.models import Partner
from necmergitur.web.programme.links import digest


def partner_of(token: str) -> Partner:
    """Return whose link it is. Raises Http404 for no link, an old one, or a partnership that ended."""
    found = Partner.objects.filter(link_hash=digest(token), ended_at=None).first()
    if found is None:
        raise Http404
    return found
