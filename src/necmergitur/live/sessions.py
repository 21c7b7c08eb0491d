"""Who is asking: the web process's session cookie, checked against a table it keeps (no Django here)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from necmergitur.adapters.postgres.queries import load
from necmergitur.governance import accesses, gate
from necmergitur.live.http import cookie
from necmergitur.live.parts import LiveParts, Scope
from necmergitur.live.readings import in_time

COOKIE = "sessionid"
# As web.console.rights has it (may_hear): technicians, administrators and data protection officers are shown no
# incident; they hear of alarms and of their own sign-out.
INCIDENT_ROLES = accesses.readers_of(accesses.CALLS, accesses.ANSWER_CALL)
SCREEN_ROLES = INCIDENT_ROLES | {"technician", "administrator", "dpo", "liaison"}
PICTURE_ROLES = frozenset({"operator", "lead", "duty_officer", "pilot", "responder"})


@dataclass(frozen=True)
class Viewer:
    """A signed-in person."""

    user_id: int
    name: str
    roles: frozenset[str]
    language: str


def sees_calls(viewer: Viewer, now: datetime) -> bool:
    """Return whether the gate opens places and words of calls to somebody; alarms are heard by more."""
    return gate.sees_calls(accesses.ANSWER_CALL, viewer.roles, accesses.ROOM, now)


async def viewer_of(parts: LiveParts, scope: Scope) -> Viewer | None:
    """Return who holds the session cookie, None when nobody does. Raises Unreachable."""
    session = cookie(scope, COOKIE)
    if not session:
        return None
    key = hashlib.sha256(session.encode()).hexdigest()
    return await in_time(_read, parts, key)


def _read(parts: LiveParts, key: str) -> Viewer | None:
    with parts.store.cursor() as cursor:
        row = cursor.execute(load("live")["session"], {"key": key}).fetchone()
    return None if row is None else Viewer(row[0], row[1], frozenset(row[2]), row[3])
