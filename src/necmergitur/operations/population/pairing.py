"""Bring guests and hosts together, one host after the other, and end what nobody answered: the worker's turns."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from necmergitur.governance.accesses import crisis_place
from necmergitur.ledger.ports import StoreRefused, VersionConflict
from necmergitur.operations import accessing
from necmergitur.operations.population import doors as taking
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.doors import circles, held_match
from necmergitur.operations.population.doors_ports import AskRow, Doors, DoorsTransaction, MatchRow, OfferRow, Tools
from necmergitur.operations.population.ground import Grounds
from necmergitur.operations.retry import on_conflict
from necmergitur.people import assignment, shelter
from necmergitur.people.constants import (
    DOORS_KEPT,
    HOSTS_ASKED_MAX,
    NEXT_HOST_AFTER,
    PROPOSAL_LASTS,
    WALK_M_PER_MIN,
)
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import Ask, Circle, MatchState, Meeting, Offer

# Somebody did not arrive, or was reported.
ALARM = "doors_case"


class _Waiting(msgspec.Struct, frozen=True):
    """Everybody of one crisis who may be brought together now."""

    requests: list[AskRow]
    asks: list[Ask]
    rows: list[OfferRow]
    offers: list[Offer]


def propose(doors: Doors, tools: Tools, grounds: Grounds, crisis: Crisis, now: datetime) -> int:
    """Ask one more host for each guest who waits; return how many hosts were asked. Raises Unreachable."""
    key = tools.key_of(crisis.id)
    if key is None or not crisis.offers(taking.SERVICE, now):
        return 0
    with doors.transaction() as tx:
        closed = circles(tx.closed_areas(crisis.id))
        requests = tx.due_requests(crisis.id, now, now - NEXT_HOST_AFTER)
        if not requests:
            return 0
        rows = tx.open_offers(crisis.id, tx.doors_level(crisis.id), now)
        met = tx.met_before(crisis.id)
        ground = grounds.now(tx, closed)
    waiting = _opened(key, requests, rows, closed)
    if ground is None or not waiting.requests or not waiting.rows:
        return 0
    guests = [shelter.guest_party(one) for one in waiting.asks]
    hosts = [
        shelter.host_party(one, row.free, row.level) for one, row in zip(waiting.offers, waiting.rows, strict=True)
    ]
    pairs = assignment.pair(ground, guests, hosts, _barred(waiting, met))
    return sum(_propose(doors, tools, key, waiting, pair, now) for pair in pairs)


def sweep(doors: Doors, tools: Tools, crisis: Crisis, now: datetime) -> dict[str, int]:
    """End what nobody answered, what died and what lies in a closed area now; alert the desk. Raises Unreachable."""
    key = tools.key_of(crisis.id)
    if key is None or not crisis.kept(now):
        return {}
    with doors.transaction() as tx:
        standing, closed = tx.standing(crisis.id), circles(tx.closed_areas(crisis.id))
        shut = _shut(key, tx.offers_standing(crisis.id), closed) if standing and closed else frozenset()
    done = {"ended": 0, "alerted": 0}
    for match in standing:
        if match.state in (MatchState.PROPOSED, MatchState.OFFERED):
            over = now >= (match.offered_at or match.at) + PROPOSAL_LASTS
            if over or match.offer_id in shut:
                done["ended"] += _end(doors, tools, key, match, now)
        elif match.alerted_at is None and (shelter.late(match.agreed_at, now) or match.offer_id in shut):
            done["alerted"] += _alert(doors, match, now)
    with doors.transaction() as tx:
        done["expired"] = tx.expire_due(crisis.id, now)
        done["to_desk"] = tx.to_desk(crisis.id, HOSTS_ASKED_MAX, now)
        done["forgotten"] = tx.forget_doors(crisis.id, now - DOORS_KEPT)
    return done


def run(doors: Doors, tools: Tools, grounds: Grounds, now: datetime) -> int:
    """Do all of it for every crisis whose doors are open, and ring while a case waits; return how many were asked."""
    with doors.transaction() as tx:
        states: list[Crisis] = [
            one
            for one in tx.crises_now()
            if accessing.open_to(tx, "worker", "shelter", "bring_together", crisis_place(one.id), now)
        ]
    asked = waiting = 0
    for crisis in states:
        sweep(doors, tools, crisis, now)
        asked += propose(doors, tools, grounds, crisis, now)
        if not crisis.drill:  # a drill is no alarm
            with doors.transaction() as tx:
                waiting += len(tx.cases(crisis.id))
    with doors.transaction() as tx:
        if waiting:
            tx.raise_alarm(ALARM, f"{waiting}", now)
        else:
            tx.clear_alarm(ALARM, now)
    return asked


def _opened(key: Sealer, requests: Sequence[AskRow], rows: Sequence[OfferRow], closed: tuple[Circle, ...]) -> _Waiting:
    """Open what is sealed; leave out whoever is in a closed area, or at its edge: they stay where they are."""
    found = _Waiting([], [], [], [])
    for request in requests:
        ask = taking.opened(key, request, Ask)
        if ask is not None and not shelter.shut_in(ask.cell, closed):
            found.requests.append(request)
            found.asks.append(ask)
    for row in rows:
        offer = taking.opened(key, row, Offer)
        if offer is not None and not shelter.shut_in(offer.cell, closed):
            found.rows.append(row)
            found.offers.append(offer)
    return found


def _barred(waiting: _Waiting, met: Sequence[tuple[bytes, bytes]]) -> dict[int, frozenset[int]]:
    """Return, for each guest, the hosts whose phone met theirs before: whoever refused or blocked is not sent again."""
    hosts: dict[bytes, set[int]] = {}
    for number, row in enumerate(waiting.rows):
        hosts.setdefault(row.contact, set()).add(number)
    before: dict[bytes, set[int]] = {}
    for guest, host in met:
        before.setdefault(guest, set()).update(hosts.get(host, ()))
    barred: dict[int, frozenset[int]] = {}
    for number, request in enumerate(waiting.requests):
        # A host who is looking for shelter too is not their own guest.
        all_of = before.get(request.contact, set()) | hosts.get(request.contact, set())
        if all_of:
            barred[number] = frozenset(all_of)
    return barred


def _propose(doors: Doors, tools: Tools, key: Sealer, waiting: _Waiting, pair: assignment.Pair, now: datetime) -> bool:
    """Bring two together; False when one of them changed meanwhile."""
    request, row, offer = waiting.requests[pair.guest], waiting.rows[pair.host], waiting.offers[pair.host]
    match_id, salt = tools.random(16), tools.random(16)
    meeting = Meeting("", 0.0, 0.0, max(1, round(pair.walk_m / WALK_M_PER_MIN)), "", "")
    match = MatchRow(
        crisis_id=row.crisis_id,
        id=match_id,
        offer_id=row.id,
        request_id=request.id,
        salt=salt,
        sealed=key.seal(salt, msgspec.json.encode(meeting), match_id),
        state=MatchState.PROPOSED,
        people=request.people,
        at=now,
        changed_at=now,
    )
    try:
        with doors.transaction() as tx:
            current = tx.request_of(request.crisis_id, request.id)
            if current is None:
                return False
            tx.put_match(match)
            tx.change_request(msgspec.structs.replace(current, asked=current.asked + 1))
            taking.tell(tx, tools, key, row, offer, now)
    except StoreRefused as refused:
        if refused.code != "NM019":
            raise
        return False
    except VersionConflict:
        return False
    return True


def _shut(key: Sealer, rows: Sequence[OfferRow], closed: tuple[Circle, ...]) -> frozenset[bytes]:
    """Return the offers that lie in a closed area now."""
    opened = [(row.id, taking.opened(key, row, Offer)) for row in rows]
    return frozenset(row_id for row_id, offer in opened if offer is not None and shelter.shut_in(offer.cell, closed))


def _end(doors: Doors, tools: Tools, key: Sealer, match: MatchRow, now: datetime) -> bool:
    def attempt(tx: DoorsTransaction) -> bool:
        current = held_match(tx, match.crisis_id, match.id)
        if current is None or current.state != match.state:
            return False
        taking.end_match(tx, tools, key, current, MatchState.EXPIRED, now)
        return True

    return on_conflict(doors, attempt)


def _alert(doors: Doors, match: MatchRow, now: datetime) -> bool:
    def attempt(tx: DoorsTransaction) -> bool:
        current = held_match(tx, match.crisis_id, match.id)
        if current is None or current.state != MatchState.AGREED or current.alerted_at is not None:
            return False
        tx.change_match(msgspec.structs.replace(current, alerted_at=now))
        tx.count_up(match.crisis_id, "not_arrived", 1)
        return True

    return on_conflict(doors, attempt)
