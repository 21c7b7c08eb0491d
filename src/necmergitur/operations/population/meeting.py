"""How a guest and a host meet: both accept, a public place first, then the address, a code from each at the door.

Neither ever sees the other's number. Until both have accepted, the host knows how many come and what they need, and
the guest how far it is on foot, reckoned between the middles of two cells.
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doors as taking
from necmergitur.operations.population.doors import (
    Found,
    circles,
    end_match,
    held_match,
    resealed,
    sealed_meeting,
    tell,
)
from necmergitur.operations.population.doors_ports import (
    AskRow,
    Doors,
    DoorsTransaction,
    Line,
    MatchRow,
    OfferRow,
    Tools,
)
from necmergitur.operations.population.telling import waiting
from necmergitur.operations.retry import on_conflict
from necmergitur.people import shelter
from necmergitur.people.constants import CALL_WITHIN, CALLS_MAX, CODE_TRIES_MAX, TALK_MAX, WORDS_MAX
from necmergitur.people.letters import CALL, Letter
from necmergitur.people.screening import screen
from necmergitur.people.shelter import Ask, AskState, Circle, MatchState, Meeting, Offer, OfferState, Side
from necmergitur.people.texts import one_line

CALLED = "☎".encode()  # stands between the messages where somebody let the telephones ring
POSTS_LOOKED_AT = 50  # ours: the nearest street buttons, past those in a closed area


class Both(NamedTuple):
    """A pair with both its people, held."""

    mine: Found
    side: Side
    match: MatchRow
    request: AskRow
    offer: OfferRow
    ask: Ask
    offered: Offer

    @property
    def meeting(self) -> Meeting:
        """What the pair seals."""
        return sealed_meeting(self.mine.key, self.match)

    def tell(self, tx: DoorsTransaction, tools: Tools, side: Side, now: datetime) -> None:
        """Write to one of the two that there is news."""
        row, said = (self.offer, self.offered) if side == Side.HOST else (self.request, self.ask)
        tell(tx, tools, self.mine.key, row, said, now)


def answer(
    doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, *, yes: bool, now: datetime
) -> Refusal | None:
    """Say yes or no. The host answers first, on what is needed; then the guest, who is agreed with one host alone."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        wanted = MatchState.PROPOSED if side == Side.HOST else MatchState.OFFERED
        if both.match.state != wanted:
            return Refusal(rule="match_over")
        if not yes:
            end_match(tx, tools, both.mine.key, both.match, MatchState.DECLINED, now)
            return None
        problem = _may_meet(tx, both, now)
        if problem is not None:
            return problem
        if side == Side.HOST:
            tx.change_match(
                msgspec.structs.replace(both.match, state=MatchState.OFFERED, offered_at=now, changed_at=now)
            )
            both.tell(tx, tools, Side.GUEST, now)
            return None
        return _agree(tx, tools, both, now)

    return _on(doors, tools, side, link, match_id, now, change)


def there(doors: Doors, tools: Tools, link: str, match_id: bytes, now: datetime) -> Refusal | None:
    """The guest is at the meeting place: the host is told, and comes, or lets them have the address."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        if both.match.state != MatchState.AGREED:
            return Refusal(rule="match_over")
        if both.match.there_at is None:
            tx.change_match(msgspec.structs.replace(both.match, there_at=now, changed_at=now))
            both.tell(tx, tools, Side.HOST, now)
        return None

    return _on(doors, tools, Side.GUEST, link, match_id, now, change)


def give_address(doors: Doors, tools: Tools, link: str, match_id: bytes, now: datetime) -> Refusal | None:
    """The host lets the guest who is at the meeting place have the address."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        if both.match.state != MatchState.AGREED or both.match.there_at is None:
            return Refusal(rule="guest_not_there")
        if shelter.shut_in(both.offered.cell, _closed(tx, both)):
            return Refusal(rule="area_closed")
        tx.change_match(msgspec.structs.replace(both.match, address_at=both.match.address_at or now, changed_at=now))
        both.tell(tx, tools, Side.GUEST, now)
        return None

    return _on(doors, tools, Side.HOST, link, match_id, now, change)


def met(doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, code: str, now: datetime) -> Refusal | None:
    """One types the code the other reads aloud: they are who they should be. Both have, and the guest has arrived."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        match, meeting = both.match, both.meeting
        if match.state != MatchState.AGREED:
            return Refusal(rule="match_over")
        host = side == Side.HOST
        tries = match.host_tries if host else match.guest_tries
        if tries >= CODE_TRIES_MAX:
            return Refusal(rule="code_tries")
        expected = meeting.guest_code if host else meeting.host_code
        if not hmac.compare_digest("".join(code.split()).encode(), expected.encode()):
            last = tries + 1 >= CODE_TRIES_MAX
            counted = {"host_tries" if host else "guest_tries": tries + 1}
            alerted = now if last and match.alerted_at is None else match.alerted_at
            tx.change_match(msgspec.structs.replace(match, alerted_at=alerted, changed_at=now, **counted))
            return Refusal(rule="code_wrong", facts={"left": str(CODE_TRIES_MAX - tries - 1)})
        after = msgspec.structs.replace(match, changed_at=now, **{"host_met_at" if host else "guest_met_at": now})
        if after.host_met_at is not None and after.guest_met_at is not None:
            after = msgspec.structs.replace(after, state=MatchState.ARRIVED)
            tx.change_request(msgspec.structs.replace(both.request, state=AskState.ARRIVED, changed_at=now))
            tx.count_up(match.crisis_id, "arrived", 1)
            if after.alerted_at is not None and after.handled_at is None:
                after = msgspec.structs.replace(after, handled_at=now)
        tx.change_match(after)
        return None

    return _on(doors, tools, side, link, match_id, now, change)


def say(doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, text: str, now: datetime) -> Refusal | None:
    """Pass a message on, sealed; it is screened again each time it is shown."""
    text = one_line(text)
    if not text or len(text) > WORDS_MAX:
        return Refusal(rule="words_missing" if not text else "words_too_long")

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        if both.match.state != MatchState.AGREED:
            return Refusal(rule="match_over")
        if len(tx.lines(both.match.crisis_id, both.match.id)) >= TALK_MAX:
            return Refusal(rule="talk_full")
        # Covered before it is kept, too: whoever opens the row one day finds no number either.
        shown = screen(text, tools.region).text
        salt = tools.random(16)
        sealed = both.mine.key.seal(salt, shown.encode(), both.match.id)
        tx.put_line(both.match.crisis_id, both.match.id, Line(side, salt, sealed, now))
        both.tell(tx, tools, Side.GUEST if side == Side.HOST else Side.HOST, now)
        return None

    return _on(doors, tools, side, link, match_id, now, change)


def ring(doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, now: datetime) -> Refusal | None:
    """Let both telephones ring and hear each other: the city's operator calls them, and neither sees a number."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        match, key = both.match, both.mine.key
        if match.state != MatchState.AGREED:
            return Refusal(rule="match_over")
        lines = tx.lines(match.crisis_id, match.id)
        calls = sum(key.unseal(line.salt, line.sealed, match.id) == CALLED for line in lines)
        if calls >= CALLS_MAX or len(lines) >= TALK_MAX:
            return Refusal(rule="calls_full")
        me, other = (both.offered, both.ask) if side == Side.HOST else (both.ask, both.offered)
        letter = Letter(me.phone, CALL, me.language, {"other": other.phone.written}, now + CALL_WITHIN)
        row = both.offer if side == Side.HOST else both.request
        tx.put_messages([waiting(key, match.crisis_id, row.id, letter, tools.random)], now)
        salt = tools.random(16)
        tx.put_line(match.crisis_id, match.id, Line(side, salt, key.seal(salt, CALLED, match.id), now))
        return None

    return _on(doors, tools, side, link, match_id, now, change)


def call_off(doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, now: datetime) -> Refusal | None:
    """One of the two no longer wants to; they are not brought together again."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        if both.match.state not in shelter.LIVE:
            return Refusal(rule="match_over")
        end_match(tx, tools, both.mine.key, both.match, MatchState.ENDED, now)
        return None

    return _on(doors, tools, side, link, match_id, now, change)


def report(
    doors: Doors, tools: Tools, side: Side, link: str, match_id: bytes, words: str, now: datetime
) -> Refusal | None:
    """Say that something is wrong with the other: the desk looks, and nobody else is sent to them meanwhile."""

    def change(tx: DoorsTransaction, both: Both) -> Refusal | None:
        if both.match.state == MatchState.REPORTED:
            return None
        said = msgspec.structs.replace(both.meeting, reported=one_line(words)[:WORDS_MAX])
        row = resealed(both.mine.key, both.match, said)
        tx.change_match(
            msgspec.structs.replace(
                row, state=MatchState.REPORTED, reported_by=side, alerted_at=row.alerted_at or now, changed_at=now
            )
        )
        if side == Side.GUEST:
            for other in tx.matches_of(both.match.crisis_id, Side.HOST, both.offer.id):
                if other.id != both.match.id and other.state in shelter.LIVE:
                    end_match(tx, tools, both.mine.key, other, MatchState.ENDED, now)
            offer = tx.offer_of(both.match.crisis_id, both.offer.id) or both.offer
            tx.change_offer(msgspec.structs.replace(offer, state=OfferState.HELD, changed_at=now))
        elif both.match.state == MatchState.AGREED:
            free = min(both.offer.places, both.offer.free + both.match.people)
            tx.change_offer(msgspec.structs.replace(both.offer, free=free, changed_at=now))
        # Either way a person helps the guest from now on: they were wronged, or they are looked at.
        tx.change_request(msgspec.structs.replace(both.request, state=AskState.DESK, changed_at=now))
        tx.count_up(both.match.crisis_id, "reports", 1)
        return None

    return _on(doors, tools, side, link, match_id, now, change)


def _agree(tx: DoorsTransaction, tools: Tools, both: Both, now: datetime) -> Refusal | None:
    match, key = both.match, both.mine.key
    point = _meeting_place(tx, both)
    if point is None:
        return Refusal(rule="area_closed")
    meeting = msgspec.structs.replace(
        both.meeting,
        point=point.label,
        lon=point.lon,
        lat=point.lat,
        host_code=shelter.code_from(tools.random(8)),
        guest_code=shelter.code_from(tools.random(8)),
    )
    for other in tx.matches_of(match.crisis_id, Side.GUEST, both.request.id):
        if other.id != match.id and other.state in shelter.LIVE:
            end_match(tx, tools, key, other, MatchState.ENDED, now)
    row = resealed(key, match, meeting)
    tx.change_match(msgspec.structs.replace(row, state=MatchState.AGREED, agreed_at=now, changed_at=now))
    tx.change_offer(msgspec.structs.replace(both.offer, free=both.offer.free - match.people, changed_at=now))
    tx.change_request(msgspec.structs.replace(both.request, state=AskState.AGREED, changed_at=now))
    tx.count_up(match.crisis_id, "brought_together", 1)
    both.tell(tx, tools, Side.HOST, now)
    return None


class _Point(NamedTuple):
    label: str
    lon: float
    lat: float


def _meeting_place(tx: DoorsTransaction, both: Both) -> _Point | None:
    """Return the street button nearest to the middle of the host's cell: the same for every guest who ever asks.

    It is public, and help is one press away.
    """
    middle = shelter.middle_of(both.offered.cell)
    closed = _closed(tx, both)
    for post in tx.posts_near(middle.lon, middle.lat, POSTS_LOOKED_AT):
        at = Position(post.lon, post.lat)
        if all(distance_m(at, area.middle) > area.radius_m for area in closed):
            return _Point(post.label, post.lon, post.lat)
    return None


def _may_meet(tx: DoorsTransaction, both: Both, now: datetime) -> Refusal | None:
    """Judge again, at the last moment, what the worker judged when it brought them together."""
    if both.offer.state != OfferState.OPEN or now >= both.offer.until or both.request.state != AskState.WAITING:
        return Refusal(rule="match_over")
    if both.offer.free < both.match.people:
        return Refusal(rule="no_room_left")
    closed = _closed(tx, both)
    if shelter.shut_in(both.offered.cell, closed) or shelter.shut_in(both.ask.cell, closed):
        return Refusal(rule="area_closed")
    return None


def _closed(tx: DoorsTransaction, both: Both) -> tuple[Circle, ...]:
    return circles(tx.closed_areas(both.match.crisis_id))


def _on(
    doors: Doors,
    tools: Tools,
    side: Side,
    link: str,
    match_id: bytes,
    now: datetime,
    change: Callable[[DoorsTransaction, Both], Refusal | None],
) -> Refusal | None:
    """Hold a pair of whoever has this link, and change it. A pair of others is as unknown as one that never was."""

    def attempt(tx: DoorsTransaction) -> Refusal | None:
        mine = taking.find(tx, tools, side, link, now)
        if mine is None:
            return Refusal(rule="link_unknown")
        match = held_match(tx, mine.row.crisis_id, match_id)
        if match is None or mine.row.id != (match.offer_id if side == Side.HOST else match.request_id):
            return Refusal(rule="match_over")
        request, row = tx.request_of(match.crisis_id, match.request_id), tx.offer_of(match.crisis_id, match.offer_id)
        ask = None if request is None else taking.opened(mine.key, request, Ask)
        offered = None if row is None else taking.opened(mine.key, row, Offer)
        if request is None or row is None or ask is None or offered is None:
            return Refusal(rule="match_over")
        return change(tx, Both(mine, side, match, request, row, ask, offered))

    return on_conflict(doors, attempt)
