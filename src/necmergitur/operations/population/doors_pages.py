"""What the page of one host, or one guest, may show of the other: as much as the step they have reached."""

from datetime import datetime

import msgspec

from necmergitur.operations.population import doors as taking
from necmergitur.operations.population.doors_ports import AskRow, Doors, DoorsTransaction, MatchRow, OfferRow, Tools
from necmergitur.people import shelter
from necmergitur.people.crises import Crisis
from necmergitur.people.screening import screen
from necmergitur.people.shelter import Ask, AskState, Level, MatchState, Offer, OfferState, Side


class Said(msgspec.Struct, frozen=True):
    """One message, screened. `mine`: the reader wrote it."""

    mine: bool
    text: str
    at: datetime


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair as one of the two may see it. What the other has not given is empty."""

    id: str
    state: str
    walk_min: int
    people: int
    children: bool
    animals: bool
    wheelchair: bool
    women: bool
    languages: tuple[str, ...]
    verified: bool = False
    name: str = ""
    point: str = ""
    lon: float = 0.0
    lat: float = 0.0
    address: str = ""
    my_code: str = ""
    there: bool = False
    i_met: bool = False
    they_met: bool = False
    late: bool = False
    closed: bool = False
    lines: tuple[Said, ...] = ()


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one person.

    `pairs`: what they must look at, newest first; `reference`: what they tell the desk; `looked`: when somebody at the
    desk opened what they said.
    """

    crisis: Crisis
    side: Side
    state: str
    reference: str
    said: Offer | Ask
    free: int
    until: datetime
    frozen: bool
    takes: bool
    looked: tuple[datetime, ...]
    pairs: tuple[Pair, ...]


def own(doors: Doors, tools: Tools, side: Side, link: str, now: datetime) -> Own | None:
    """Return the page of a private link; None for a wrong one."""
    with doors.transaction() as tx:
        found = taking.find(tx, tools, side, link, now)
        if found is None:
            return None
        row: OfferRow | AskRow = found.row
        closed = taking.circles(tx.closed_areas(row.crisis_id))
        looked = tuple(look.at for look in tx.looks_of(row.crisis_id, row.id))
        pairs = [_pair(tx, tools, found, side, one, now) for one in tx.matches_of(row.crisis_id, side, row.id)]
    state = OfferState(row.state) if isinstance(row, OfferRow) else AskState(row.state)
    return Own(
        crisis=found.crisis,
        side=side,
        state=state.name.lower(),
        reference=row.id.hex()[:8],
        said=found.said,
        free=row.free if isinstance(row, OfferRow) else 0,
        until=row.until,
        frozen=shelter.shut_in(found.said.cell, closed),
        looked=looked,
        takes=found.crisis.offers(taking.SERVICE, now),
        pairs=tuple(pair for pair in pairs if pair is not None),
    )


def _pair(
    tx: DoorsTransaction, tools: Tools, found: taking.Found, side: Side, match: MatchRow, now: datetime
) -> Pair | None:
    if match.state in (MatchState.DECLINED, MatchState.EXPIRED, MatchState.ENDED):
        return None
    if side == Side.GUEST and match.state == MatchState.PROPOSED:
        return None  # a host who has not said yes is nobody yet
    offer_row, ask_row = tx.offer_of(match.crisis_id, match.offer_id), tx.request_of(match.crisis_id, match.request_id)
    offer = None if offer_row is None else taking.opened(found.key, offer_row, Offer)
    ask = None if ask_row is None else taking.opened(found.key, ask_row, Ask)
    if offer is None or ask is None or offer_row is None:
        return None
    meeting = taking.sealed_meeting(found.key, match)
    other: Offer | Ask = ask if side == Side.HOST else offer
    host = side == Side.HOST
    pair = Pair(
        id=match.id.hex(),
        state=MatchState(match.state).name.lower(),
        walk_min=meeting.walk_min,
        people=match.people,
        children=other.children,
        animals=other.animals,
        wheelchair=other.wheelchair,
        women=ask.all_women if host else offer.women_at_home,
        languages=other.languages,
        verified=offer_row.level >= Level.VERIFIED,
    )
    if match.state not in (MatchState.AGREED, MatchState.ARRIVED):
        return pair
    closed = taking.circles(tx.closed_areas(match.crisis_id))
    return msgspec.structs.replace(
        pair,
        name=other.name,
        point=meeting.point,
        lon=meeting.lon,
        lat=meeting.lat,
        address=offer.address if host or match.address_at is not None else "",
        my_code=meeting.host_code if host else meeting.guest_code,
        there=match.there_at is not None,
        i_met=(match.host_met_at if host else match.guest_met_at) is not None,
        they_met=(match.guest_met_at if host else match.host_met_at) is not None,
        late=match.state == MatchState.AGREED and shelter.late(match.agreed_at, now),
        closed=shelter.shut_in(offer.cell, closed),
        lines=_lines(tx, tools, found, side, match),
    )


def _lines(tx: DoorsTransaction, tools: Tools, found: taking.Found, side: Side, match: MatchRow) -> tuple[Said, ...]:
    shown: list[Said] = []
    for line in tx.lines(match.crisis_id, match.id):
        plain = found.key.unseal(line.salt, line.sealed, match.id)
        if plain is not None:
            shown.append(Said(line.side == side, screen(plain.decode(), tools.region).text, line.at))
    return tuple(shown)
