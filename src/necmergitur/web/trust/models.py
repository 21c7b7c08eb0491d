"""Rows of the trust desk itself. Signed and granted things are facts (facts.models)."""

from necmergitur.web.trust.desk_models import Breach, Processing, ProcessingVersion, Processor, Study, StudyStep
from necmergitur.web.trust.signing.models import PartyInvitation

__all__ = ["Breach", "PartyInvitation", "Processing", "ProcessingVersion", "Processor", "Study", "StudyStep"]
