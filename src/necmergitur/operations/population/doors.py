"""Offers and requests: taken sealed, confirmed by a code sent to the phone, taken back, erased; each by its own link.

There is no account and no list. Whoever holds the private link is the person; whoever does not learns nothing, and a
phone number that is already known here is answered as any other.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.governance.accesses import OWN_DATA, crisis_place
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import accessing
from necmergitur.operations.population import telling
from necmergitur.operations.population.checkins import Sealer, link_of, text_of
from necmergitur.operations.population.doors_ports import (
    AskRow,
    ClosedArea,
    Doors,
    DoorsTransaction,
    Fields,
    MatchRow,
    OfferRow,
    Tools,
)
from necmergitur.operations.retry import on_conflict
from necmergitur.people import shelter
from necmergitur.people.constants import ADDRESSES_MAX, CODE_LASTS, CODE_TRIES_MAX, CODES_SENT_MAX
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter
from necmergitur.people.shelter import Ask, AskState, Circle, Level, MatchState, Meeting, Offer, OfferState, Side

SERVICE = "doors"
PAGES = {Side.HOST: "host", Side.GUEST: "guest"}
Mine = OfferRow | AskRow


class Found(msgspec.Struct, frozen=True):
    """What a private link opens. `said` is an Offer or an Ask."""

    crisis: Crisis
    key: Any
    row: Any
    said: Any


def offer(
    doors: Doors, tools: Tools, crisis: Crisis, once: bytes, fields: Fields, at: Position | None, now: datetime
) -> str | tuple[Refusal, ...]:
    """Take an offer; return its private link. Nobody is sent there before its phone is confirmed."""
    key = tools.key_of(crisis.id)
    if key is None or not crisis.offers(SERVICE, now):
        return (Refusal(rule="crisis_closed"),)
    said = shelter.read_offer(fields, at, tools.region)
    if not isinstance(said, Offer):
        return said
    link = key.link_of(b"offer" + once)
    row_id, salt = key.row_of(link), tools.random(16)
    said = msgspec.structs.replace(said, link=text_of(link), code=shelter.code_from(tools.random(8)))
    row = OfferRow(
        crisis_id=crisis.id,
        id=row_id,
        salt=salt,
        sealed=key.seal(salt, msgspec.json.encode(said), row_id),
        contact=key.lookup("phone", said.phone.written),
        state=OfferState.UNCONFIRMED,
        level=Level.NOBODY,
        places=said.places,
        free=said.places,
        at=now,
        until=shelter.ends_at(shelter.until_of(fields.get("hours", ""), now), now),
        changed_at=now,
    )
    with doors.transaction() as tx:
        if tx.put_offer(row):
            _send_code(tx, tools, key, row, said, now)
    return said.link


def ask(
    doors: Doors, tools: Tools, crisis: Crisis, once: bytes, fields: Fields, at: Position | None, now: datetime
) -> str | tuple[Refusal, ...]:
    """Take a request; return its private link. No host is asked before its phone is confirmed."""
    key = tools.key_of(crisis.id)
    if key is None or not crisis.offers(SERVICE, now):
        return (Refusal(rule="crisis_closed"),)
    said = shelter.read_ask(fields, at, tools.region)
    if not isinstance(said, Ask):
        return said
    link = key.link_of(b"ask" + once)
    row_id, salt = key.row_of(link), tools.random(16)
    said = msgspec.structs.replace(said, link=text_of(link), code=shelter.code_from(tools.random(8)))
    row = AskRow(
        crisis_id=crisis.id,
        id=row_id,
        salt=salt,
        sealed=key.seal(salt, msgspec.json.encode(said), row_id),
        contact=key.lookup("phone", said.phone.written),
        state=AskState.UNCONFIRMED,
        people=said.people,
        at=now,
        until=shelter.ask_ends_at(now),
        changed_at=now,
    )
    with doors.transaction() as tx:
        if tx.put_request(row):
            _send_code(tx, tools, key, row, said, now)
    return said.link


def find(tx: DoorsTransaction, tools: Tools, side: Side, link: str, now: datetime) -> Found | None:
    """Return what a private link opens; None for a wrong one, an erased one, one of a crisis that is over."""
    raw = link_of(link)
    row: Mine | None = None
    if raw is not None:
        row_id = _row_id(tools, tx, raw)
        if row_id is not None:
            row = tx.find_offer(row_id) if side == Side.HOST else tx.find_request(row_id)
    if row is None:
        return None
    crisis, key = tx.crisis(row.crisis_id), tools.key_of(row.crisis_id)
    if crisis is None or key is None:
        return None
    if not accessing.open_to(tx, "person", "shelter", OWN_DATA, crisis_place(crisis.id), now):
        return None
    said = opened(key, row, Offer if side == Side.HOST else Ask)
    return None if said is None else Found(crisis, key, row, said)


def confirm(doors: Doors, tools: Tools, side: Side, link: str, code: str, now: datetime) -> Refusal | None:
    """Confirm a phone by the code sent to it. Five tries, half an hour."""

    def attempt(tx: DoorsTransaction) -> Refusal | None:
        found = held(tx, tools, side, link, now)
        if found is None:
            return Refusal(rule="link_unknown")
        row, said = found.row, found.said
        if row.state != OfferState.UNCONFIRMED:  # the same number on both sides
            return None
        if row.tries >= CODE_TRIES_MAX:
            return Refusal(rule="code_tries")
        if now >= row.changed_at + CODE_LASTS:
            return Refusal(rule="code_old")
        if not hmac.compare_digest("".join(code.split()).encode(), said.code.encode()):
            change(tx, msgspec.structs.replace(row, tries=row.tries + 1))
            return Refusal(rule="code_wrong", facts={"left": str(CODE_TRIES_MAX - row.tries - 1)})
        if side == Side.HOST:
            open_offer(tx, row, now)
        else:
            _confirmed_guest(tx, row, said, now)
        return None

    return on_conflict(doors, attempt)


def send_again(doors: Doors, tools: Tools, side: Side, link: str, now: datetime) -> Refusal | None:
    """Send another code, three to a number in all; past that the answer is the same, and nothing is sent."""
    with doors.transaction() as tx:
        found = held(tx, tools, side, link, now)
        if found is None:
            return Refusal(rule="link_unknown")
        if found.row.state == OfferState.UNCONFIRMED:
            said = msgspec.structs.replace(found.said, code=shelter.code_from(tools.random(8)))
            row = msgspec.structs.replace(resealed(found.key, found.row, said), changed_at=now)
            if _send_code(tx, tools, found.key, row, said, now):
                change(tx, row)
    return None


def withdraw(doors: Doors, tools: Tools, side: Side, link: str, now: datetime) -> Refusal | None:
    """Take back an offer or a request; whoever waited for it is told at once."""

    def attempt(tx: DoorsTransaction) -> Refusal | None:
        found = held(tx, tools, side, link, now)
        if found is None:
            return Refusal(rule="link_unknown")
        _take_back(tx, tools, found, side, now)
        return None

    return on_conflict(doors, attempt)


def erase(doors: Doors, tools: Tools, side: Side, link: str, now: datetime) -> Refusal | None:
    """Erase a host or a guest in one step: their row with its salt, and all that hangs on it.

    While the desk looks at what was reported or who did not arrive, the case is kept: it may be about somebody's life.
    """

    def attempt(tx: DoorsTransaction) -> Refusal | None:
        found = held(tx, tools, side, link, now)
        if found is None:
            return Refusal(rule="link_unknown")
        _take_back(tx, tools, found, side, now)
        rows = tx.matches_of(found.row.crisis_id, side, found.row.id)
        if any(
            row.handled_at is None and (row.state == MatchState.REPORTED or row.alerted_at is not None) for row in rows
        ):
            return Refusal(rule="case_open")
        tx.drop(found.row.crisis_id, side, found.row.id)
        return None

    return on_conflict(doors, attempt)


# --- parts that pairing and meeting share ------------------------------------------------------------------


def held(tx: DoorsTransaction, tools: Tools, side: Side, link: str, now: datetime) -> Found | None:
    """Return what a private link opens, held until this transaction ends."""
    found = find(tx, tools, side, link, now)
    if found is None:
        return None
    of = tx.offer_of if side == Side.HOST else tx.request_of
    row = of(found.row.crisis_id, found.row.id)
    said = None if row is None else opened(found.key, row, type(found.said))
    return None if said is None else msgspec.structs.replace(found, row=row, said=said)


def opened(key: Sealer, row: Mine | MatchRow, kind: Any) -> Any:
    """Return what a row seals; None when it cannot be opened."""
    plain = key.unseal(row.salt, row.sealed, row.id)
    return None if plain is None else msgspec.json.decode(plain, type=kind)


def resealed(key: Sealer, row: Any, said: msgspec.Struct) -> Any:
    """Return the row with other words sealed in it."""
    return msgspec.structs.replace(row, sealed=key.seal(row.salt, msgspec.json.encode(said), row.id))


def change(tx: DoorsTransaction, row: Mine) -> None:
    """Store an offer or a request as changed."""
    if isinstance(row, OfferRow):
        tx.change_offer(row)
    else:
        tx.change_request(row)


def tell(tx: DoorsTransaction, tools: Tools, key: Sealer, row: Mine, said: Offer | Ask, now: datetime) -> None:
    """Write to somebody that there is news behind their link."""
    page = PAGES[Side.HOST if isinstance(row, OfferRow) else Side.GUEST]
    letter = Letter(said.phone, "doors", said.language, {"link": f"{tools.address}/doors/{page}/{said.link}/"})
    tx.put_messages([telling.waiting(key, row.crisis_id, row.id, letter, tools.random)], now)


def end_match(tx: DoorsTransaction, tools: Tools, key: Sealer, row: MatchRow, state: MatchState, now: datetime) -> None:
    """End a pair that had not met: places are free again, the guest waits again, and both are told if they had agreed.

    The request and the offer are read again, and held, in this order.
    """
    request, offered = tx.request_of(row.crisis_id, row.request_id), tx.offer_of(row.crisis_id, row.offer_id)
    agreed = row.state == MatchState.AGREED
    tx.change_match(msgspec.structs.replace(row, state=state, changed_at=now))
    if request is not None and agreed and request.state == AskState.AGREED:
        tx.change_request(msgspec.structs.replace(request, state=AskState.WAITING, changed_at=now))
    if offered is not None and agreed:
        free = min(offered.places, offered.free + row.people)
        tx.change_offer(msgspec.structs.replace(offered, free=free, changed_at=now))
    if agreed or row.state == MatchState.OFFERED:
        for person, kind in ((request, Ask), (offered, Offer)):
            said = None if person is None else opened(key, person, kind)
            if person is not None and said is not None and (agreed or kind is Ask):
                tell(tx, tools, key, person, said, now)


def held_match(tx: DoorsTransaction, crisis_id: UUID, match_id: bytes) -> MatchRow | None:
    """Return a pair whose request and offer are held until this transaction ends."""
    found = tx.match_of(crisis_id, match_id)
    if found is None:
        return None
    tx.request_of(crisis_id, found.request_id)
    tx.offer_of(crisis_id, found.offer_id)
    return tx.match_of(crisis_id, match_id)


def circles(areas: Sequence[ClosedArea]) -> tuple[Circle, ...]:
    """Return closed areas as nobody walks them."""
    return tuple(Circle(Position(area.lon, area.lat), area.radius_m) for area in areas)


def sealed_meeting(key: Sealer, row: MatchRow) -> Meeting:
    """Return what a pair seals."""
    found: Meeting | None = opened(key, row, Meeting)
    assert found is not None, "a pair is sealed under the key of its own crisis"
    return found


def _row_id(tools: Tools, tx: DoorsTransaction, raw: bytes) -> bytes | None:
    """Return the row's name for a link: the same function whatever the crisis, so any key will do."""
    for crisis in tx.crises_now():
        key = tools.key_of(crisis.id)
        if key is not None:
            return key.row_of(raw)
    return None


def _send_code(tx: DoorsTransaction, tools: Tools, key: Sealer, row: Mine, said: Offer | Ask, now: datetime) -> bool:
    if tx.count_code(row.crisis_id, row.contact) > CODES_SENT_MAX:
        return False
    letter = Letter(said.phone, "code", said.language, {"code": said.code})
    tx.put_messages([telling.waiting(key, row.crisis_id, row.id, letter, tools.random)], now)
    return True


def open_offer(tx: DoorsTransaction, row: OfferRow, now: datetime) -> None:
    """Open an offer. The same phone's older one ends; one that is held keeps the new one held too."""
    state = OfferState.HELD if row.contact in tx.banned(row.crisis_id) else OfferState.OPEN
    for other_id in tx.same_contact(row.crisis_id, Side.HOST, row.contact, row.id):
        other = tx.offer_of(row.crisis_id, other_id)
        if other is None:
            continue
        if other.state == OfferState.HELD:
            state = OfferState.HELD
        else:
            tx.change_offer(msgspec.structs.replace(other, state=OfferState.WITHDRAWN, changed_at=now))
    tx.change_offer(msgspec.structs.replace(row, state=state, level=max(row.level, Level.PHONE), changed_at=now))
    tx.count_up(row.crisis_id, "offers", 1)


def _confirmed_guest(tx: DoorsTransaction, row: AskRow, said: Ask, now: datetime) -> None:
    """Let a request wait for a host; minors alone, and whoever is helped by a person already, go to the desk."""
    state = AskState.WAITING
    for other_id in tx.same_contact(row.crisis_id, Side.GUEST, row.contact, row.id):
        other = tx.request_of(row.crisis_id, other_id)
        if other is not None and other.state == AskState.WAITING:
            tx.change_request(msgspec.structs.replace(other, state=AskState.WITHDRAWN, changed_at=now))
        elif other is not None:
            state = AskState.DESK
    banned = row.contact in tx.banned(row.crisis_id)
    if banned or not said.adult or tx.addresses_given(row.crisis_id, row.contact) >= ADDRESSES_MAX:
        state = AskState.DESK
    tx.change_request(msgspec.structs.replace(row, state=state, changed_at=now))
    tx.count_up(row.crisis_id, "requests", 1)


def _take_back(tx: DoorsTransaction, tools: Tools, found: Found, side: Side, now: datetime) -> None:
    row: Any = found.row
    for match in tx.matches_of(row.crisis_id, side, row.id):
        if match.state in shelter.LIVE:
            end_match(tx, tools, found.key, match, MatchState.ENDED, now)
    if side == Side.HOST:
        now_offer = tx.offer_of(row.crisis_id, row.id)
        if now_offer is not None and now_offer.state in (OfferState.UNCONFIRMED, OfferState.OPEN):
            tx.change_offer(msgspec.structs.replace(now_offer, state=OfferState.WITHDRAWN, changed_at=now))
        return
    request = tx.request_of(row.crisis_id, row.id)
    if request is not None and request.state != AskState.ARRIVED:
        tx.change_request(msgspec.structs.replace(request, state=AskState.WITHDRAWN, changed_at=now))
