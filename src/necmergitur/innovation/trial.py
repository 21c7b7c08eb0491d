"""A trial as it stands: what its row says, folded from its facts."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from necmergitur.innovation.protocol import (
    TrialBegun,
    TrialEvent,
    TrialExit,
    TrialProtocol,
    TrialReported,
    TrialStopped,
)

State = Literal["frozen", "running", "stopped", "reported"]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial; `id` is that of the experiment it is the record of. `protocol` is the canonical text."""

    id: UUID
    protocol: str
    digest: str
    state: State
    frozen_at: datetime
    begun_at: datetime | None = None
    stopped_at: datetime | None = None
    why: str = ""
    exit: str = ""
    exit_reason: str = ""


def evolve(state: Trial | None, trial_id: UUID, event: TrialEvent, at: datetime) -> Trial:
    """Fold one fact recorded at `at`. Raises ValueError when nothing was fixed before it."""
    if isinstance(event, TrialProtocol):
        return Trial(id=trial_id, protocol=event.text, digest=event.digest, state="frozen", frozen_at=at)
    if state is None:
        raise ValueError("nothing was fixed before it")
    if isinstance(event, TrialBegun):
        return msgspec.structs.replace(state, state="running", begun_at=at)
    if isinstance(event, TrialStopped):
        return msgspec.structs.replace(state, state="stopped", stopped_at=at, why=event.why)
    if isinstance(event, TrialReported):
        return msgspec.structs.replace(state, state="reported")
    if isinstance(event, TrialExit):
        return msgspec.structs.replace(state, exit=event.how, exit_reason=event.reason)
    return state
