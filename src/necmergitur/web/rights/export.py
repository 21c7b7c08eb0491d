"""A person's data as a file for machines and as lines for people. Staff are roles, never names."""

from datetime import datetime
from operator import itemgetter
from typing import Any

from django.utils import timezone

from necmergitur.operations import rights
from necmergitur.operations.constants import PLACES_KEPT, TEXTS_KEPT
from necmergitur.operations.rights import Held, Looked
from necmergitur.web.accounts.models import RoleGrant
from necmergitur.web.accounts.roles import Role
from necmergitur.web.facts.models import Zone
from necmergitur.web.rights import programme, requests
from necmergitur.web.rights.models import RightRequest
from necmergitur.web.store import store

FORM = "necmergitur/own-data/1"


def of(row: RightRequest, now: datetime) -> dict[str, Any] | None:
    """Return what a request opens: a button's data, what the programme holds, or both."""
    said = gather(row.device_id, row.kind, now, row.proven_by_id or 0) if row.device_id else None
    if not row.people:
        return said
    more = programme.gather(row.people, row.kind, now)
    return more | (said or {}) | {name: more[name] for name in ("programme", "read_by") if name in more}


def gather(device_id: str, kind: str, now: datetime, vouched_by: int = 0) -> dict[str, Any] | None:
    """Return everything, or the access log alone for a request of that kind."""
    found = rights.own_data(store(), device_id, now, vouched_by)
    if found is None:
        return None
    held, looked = found
    seen = sorted([*_looked(looked), *_vouched(device_id)], key=itemgetter("at"), reverse=True)
    said: dict[str, Any] = {"form": FORM, "made_at": now, "button": held.device, "who_looked": seen}
    return said if kind == "log" else said | _held(held)


def _held(held: Held) -> dict[str, Any]:
    zones = dict(Zone.objects.values_list("id", "label"))
    return {
        "purpose": "emergency_response",
        "legal_basis": "GDPR art. 6(1)(e); art. 6(1)(d) and recital 46 as the last resort",
        "kept": {"places_days": PLACES_KEPT.days, "words_days": TEXTS_KEPT.days},
        "button_since": held.installed_at,
        "button_until": held.retired_at,
        "holder": held.holder,
        "not_listed": "calls that are open, and calls that were taken back with a PIN: ask the desk",
        "presses": [
            {
                **{name: one[name] for name in ("kind", "received_at", "lon", "lat", "accuracy_m", "test")},
                "zone": zones.get(one["zone"], ""),
            }
            for one in held.presses
        ],
        "calls": [
            {
                name: one[name]
                for name in ("number", "kind", "opened_at", "closed_at", "outcome", "notes", "observations", "stills")
            }
            for one in held.incidents
        ],
    }


def _vouched(device_id: str) -> list[dict[str, Any]]:
    """Return when the desk opened this data to somebody on its own word: the holder may never have asked."""
    row = {"what": "vouched", "by_role": Role.DPO.value, "why": "", "call": "", "break_glass": False}
    return [{"at": one.answered_at, **row} for one in requests.vouched(device_id)]


def _looked(looked: list[Looked]) -> list[dict[str, Any]]:
    roles: dict[int, list[str]] = {}
    for user, role in RoleGrant.objects.filter(user_id__in=rights.accounts_in(looked)).values_list("user_id", "role"):
        roles.setdefault(user, []).append(role)
    return [
        {
            "at": one.at,
            "what": one.what,
            "by_role": one.under_glass or _role(roles.get(one.by, [])),
            "why": one.why,
            "call": one.incident,
            "break_glass": bool(one.under_glass),
        }
        for one in looked
    ]


def _role(held: list[str]) -> str:
    """Return in which role somebody looked: the first of those that may. Somebody who left is `former`."""
    for role in (Role.OPERATOR, Role.LEAD, Role.DUTY_OFFICER, Role.PILOT, Role.RESPONDER):
        if role.value in held:
            return role.value
    return held[0] if held else "former"


def for_machines(value: Any) -> str:
    """Return what JSON has no form for."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    return str(value)
