"""What happened to papers and assessments, from the facts themselves, each with the number that proves it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from necmergitur.governance import assessments, authorisations
from necmergitur.operations.publishing import rule_of
from necmergitur.web.facts.models import LedgerEvent
from necmergitur.web.register import words
from necmergitur.web.register.constants import HISTORY_MAX

KINDS = {
    "AuthorisationGranted": _("Signed and granted"),
    "AuthorisationRevoked": _("Withdrawn before its time"),
    "AuthorisationSuspended": _("Suspended"),
    "AuthorisationResumed": _("Open again, unchanged"),
    "AssessmentSigned": _("Impact assessment signed"),
    "AssessmentWentStale": _("Impact assessment no longer holds"),
    "SensorEnrolled": _("Device installed"),
    "SensorChanged": _("Device says that it changed"),
    "SensorRetired": _("Device taken out of service"),
    "StreamStarted": _("Device told to run"),
    "StreamStopped": _("Device told to stop"),
    "StreamClosed": _("Gate closed, its paper's time being over"),
    "ReadingKeysDestroyed": _("Keys destroyed: what they had sealed cannot be read any more"),
    "ReadingsErased": _("Readings erased, their time being over"),
}


class Line(msgspec.Struct, frozen=True):
    """One thing that happened. `said` is the city's own reason, or what a reason means.

    `provable`: the log shows such facts one by one, so there is a proof to take.
    """

    seq: int
    at: datetime
    kind: str
    word: Any
    said: str
    stream: str
    provable: bool


class Checkpoint(msgspec.Struct, frozen=True):
    """The log as last signed: its name, how many facts it holds, the root over them."""

    origin: str
    size: int
    root: str


def of(
    authorisation_ids: Iterable[UUID], assessment_ids: Iterable[UUID] = (), device: str = "", limit: int = HISTORY_MAX
) -> list[Line]:
    """Return the facts of papers, of the assessments they rest on and of a device, newest first."""
    streams = [authorisations.stream_of(one) for one in authorisation_ids]
    streams += [assessments.stream_of(one) for one in assessment_ids]
    streams += [device] if device else []
    rows = LedgerEvent.objects.filter(stream__in=streams, kind__in=KINDS).order_by("-seq")[:limit]
    return [
        Line(row.seq, row.recorded_at, row.kind, KINDS[row.kind], _said(row), row.stream, _provable(row.stream))
        for row in rows
    ]


def _provable(stream: str) -> bool:
    return rule_of(stream) is not None


def checkpoint() -> Checkpoint | None:
    """Return the log's last signed checkpoint (C2SP tlog-checkpoint), None while no log is kept here."""
    try:
        lines = (settings.HOME / "log-tiles" / "checkpoint").read_text(encoding="utf-8").splitlines()
        return Checkpoint(lines[0], int(lines[1]), lines[2])
    except (OSError, ValueError, IndexError):
        return None


def _said(row: LedgerEvent) -> str:
    """Return the reason as it may be shown: of a withdrawal the city's words, of any rule what it means."""
    said = row.payload if isinstance(row.payload, dict) else {}
    reason = str(said.get("reason", ""))
    if row.kind == "StreamStopped":
        return words.refusal(str(said.get("why", "")).partition(" ")[0])
    if row.kind == "AuthorisationRevoked":
        return words.why_revoked(reason)
    return words.why_stopped(reason) if row.kind in ("AuthorisationSuspended", "AssessmentWentStale") else ""
