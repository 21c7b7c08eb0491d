"""Rows of the trust desk itself. Signed and granted things are facts (facts.models)."""

from necmergitur.web.trust.signing.models import PartyInvitation

__all__ = ["PartyInvitation"]
