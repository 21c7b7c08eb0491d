"""Open doors on PostgreSQL: from two strangers to a guest behind a door, and what each never learns of the other."""

import os

import pytest

from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import crises, doors, meeting
from necmergitur.operations.population.checkins import text_of
from necmergitur.people import shelter
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import AskState, Level, MatchState, OfferState, Side
from tests.operations.population.doors_scene import Evening, lay_streets
from tests.operations.population.scene import FIRST, Night
from tests.operations.scene import refused
from tests.operations.town import place

ONCE = bytes(range(16))
CLEAR = ("Hélène", "Gaël", "612000", "Essais", "45B12")


@pytest.fixture
def evening(night: Night, empty_database: str) -> Evening:
    lay_streets(empty_database)
    return Evening(night, night.opened(None))


def test_two_strangers_meet_without_ever_seeing_each_others_number(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.proposed(host, guest)
    assert evening.matches(Side.GUEST, guest)[0].state == MatchState.PROPOSED
    assert evening.answer(Side.HOST, host, match) is None
    assert evening.answer(Side.GUEST, guest, match) is None
    key = evening.night.key(evening.crisis)

    def state():
        (row,) = evening.matches(Side.GUEST, guest)
        return row, doors.sealed_meeting(key, row)

    row, agreed = state()
    assert row.state == MatchState.AGREED
    assert agreed.point.startswith("Carrefour")
    assert agreed.host_code != agreed.guest_code
    assert evening.row(Side.HOST, host).free == 1
    assert refused(meeting.give_address(evening.store, evening.tools, host, match, evening.now)) == "guest_not_there"
    assert meeting.there(evening.store, evening.tools, guest, match, evening.now) is None
    assert meeting.give_address(evening.store, evening.tools, host, match, evening.now) is None
    row, _ = state()
    assert row.address_at is not None
    assert meeting.met(evening.store, evening.tools, Side.HOST, host, match, agreed.guest_code, evening.now) is None
    assert state()[0].state == MatchState.AGREED, "one of the two is not both"
    assert meeting.met(evening.store, evening.tools, Side.GUEST, guest, match, agreed.host_code, evening.now) is None
    assert state()[0].state == MatchState.ARRIVED
    assert evening.row(Side.GUEST, guest).state == AskState.ARRIVED


def test_nothing_of_hosts_and_guests_lies_in_clear(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    meeting.say(evening.store, evening.tools, Side.GUEST, guest, match, "Gaël, je suis là", evening.now)
    stored = ""
    for table in ("offer", "request", "match", "match_message", "message", "code_sent"):
        for (row,) in evening.night.rows(f"SELECT t::text FROM population.{table} t"):
            stored += row
        raw = evening.night.rows(f"SELECT * FROM population.{table}")
        stored += "".join(bytes(v).decode("latin-1") for r in raw for v in r if isinstance(v, bytes | memoryview))
    cell = evening.said(Side.HOST, host).cell
    assert not [word for word in (*CLEAR, cell, host, guest) if word in stored]


def test_an_offer_serves_nobody_before_its_phone_is_confirmed(evening: Evening) -> None:
    link = evening.offer()
    guest = evening.guest()
    assert evening.propose() == 0
    assert refused(evening.confirm(Side.HOST, link, "000000")) == "code_wrong"
    assert evening.confirm(Side.HOST, link, evening.code(Side.HOST, link)) is None
    assert evening.row(Side.HOST, link).level == Level.PHONE
    assert evening.propose() == 1
    assert len(evening.matches(Side.GUEST, guest)) == 1


def test_a_code_cannot_be_guessed_nor_a_number_pestered(evening: Evening) -> None:
    phone = evening.phone()
    link = evening.offer(phone=phone)
    for _ in range(5):
        assert refused(evening.confirm(Side.HOST, link, "x")) == "code_wrong"
    assert refused(evening.confirm(Side.HOST, link)) == "code_tries"
    for _ in range(4):
        doors.send_again(evening.store, evening.tools, Side.HOST, link, evening.now)
    evening.offer(phone=phone)
    evening.ask(phone=phone)
    assert len([one for one in evening.letters() if one.kind == "code"]) == 3
    evening.wait(minutes=31)
    old = evening.offer()
    evening.wait(minutes=30)
    assert refused(evening.confirm(Side.HOST, old)) == "code_old"


def test_a_form_sent_twice_is_one_offer(evening: Evening) -> None:
    phone = evening.phone()
    assert evening.offer(once=ONCE, phone=phone) == evening.offer(once=ONCE, phone=phone)
    assert evening.night.rows("SELECT count(*) FROM population.offer") == [(1,)]


def test_a_link_that_was_guessed_opens_nothing(evening: Evening) -> None:
    evening.host()
    for link in ("", "x", text_of(os.urandom(16)), "../../etc/passwd", "é" * 22):
        assert evening.found(Side.HOST, link) is None
        assert refused(evening.confirm(Side.HOST, link, "1")) == "link_unknown"


def test_at_most_three_hosts_are_asked_then_a_person_helps(evening: Evening) -> None:
    hosts = [evening.host(place(200 + 50 * n, 0)) for n in range(4)]
    guest = evening.guest()
    for n in range(1, 4):
        assert evening.propose() == 1
        assert evening.propose() == 0, "the next one two minutes later"
        assert len(evening.matches(Side.GUEST, guest)) == n
        evening.wait(minutes=2, seconds=1)
    assert evening.propose() == 0
    evening.wait(minutes=11)
    evening.sweep()
    assert evening.row(Side.GUEST, guest).state == AskState.DESK
    assert sum(len(evening.matches(Side.HOST, host)) for host in hosts) == 3


def test_postgresql_refuses_a_fourth_host_a_stranger_and_a_step_left_out(evening: Evening) -> None:
    hosts = [evening.host(place(200 + 50 * n, 0)) for n in range(4)]
    guest = evening.guest()
    for _ in range(3):
        evening.propose()
        evening.wait(minutes=3)
    taken = {m.offer_id for m in evening.matches(Side.GUEST, guest)}
    (fourth,) = [evening.row(Side.HOST, h) for h in hosts if evening.row(Side.HOST, h).id not in taken]
    first = evening.matches(Side.GUEST, guest)[-1]
    import msgspec

    planted = msgspec.structs.replace(first, id=os.urandom(16), offer_id=fourth.id)
    with pytest.raises(StoreRefused, match="NM019"), evening.store.transaction() as tx:
        tx.put_match(planted)
    with pytest.raises(StoreRefused, match="NM019"), evening.store.transaction() as tx:
        tx.change_match(msgspec.structs.replace(first, state=MatchState.AGREED, offered_at=None))
    other = evening.guest()
    unknown = evening.offer()
    for offer_id in (evening.row(Side.HOST, unknown).id,):
        planted = msgspec.structs.replace(
            first, id=os.urandom(16), offer_id=offer_id, request_id=evening.row(Side.GUEST, other).id
        )
        with pytest.raises(StoreRefused, match="NM019"), evening.store.transaction() as tx:
            tx.put_match(planted)


def test_an_offer_dies_after_twelve_hours(evening: Evening) -> None:
    host, short = evening.host(hours="40"), evening.host(hours="2")
    evening.wait(hours=2)
    evening.sweep()
    assert evening.row(Side.HOST, short).state == OfferState.EXPIRED
    assert evening.row(Side.HOST, host).state == OfferState.OPEN
    evening.wait(hours=10)
    evening.guest()
    assert evening.propose() == 0, "dead before any sweep"
    evening.sweep()
    assert evening.row(Side.HOST, host).state == OfferState.EXPIRED


def test_an_offer_in_a_closed_area_is_frozen_and_thaws(evening: Evening) -> None:
    host, guest = evening.host(place(900, 0)), evening.guest(place(0, 0))
    match = evening.proposed(host, guest)
    evening.close_area(place(900, 0), 150.0, "stay_indoors")
    assert refused(evening.answer(Side.HOST, host, match)) == "area_closed"
    assert evening.sweep()["ended"] == 1
    assert evening.propose() == 0
    with evening.store.transaction() as tx:
        (area,) = tx.closed_areas(evening.crisis.id)
        assert tx.end_closed(evening.crisis.id, area.id, 102, evening.now)
    other = evening.guest(place(0, 100))
    assert evening.propose() == 1
    assert len(evening.matches(Side.GUEST, other)) == 1
    assert evening.row(Side.HOST, host).state == OfferState.OPEN


def test_who_agreed_before_the_area_closed_is_the_desks_at_once(evening: Evening) -> None:
    host, guest = evening.host(place(900, 0)), evening.guest(place(0, 0))
    match = evening.agreed(host, guest)
    meeting.there(evening.store, evening.tools, guest, match, evening.now)
    evening.close_area(place(900, 0), 150.0)
    assert refused(meeting.give_address(evening.store, evening.tools, host, match, evening.now)) == "area_closed"
    assert evening.sweep()["alerted"] == 1


def test_a_guest_who_does_not_arrive_in_half_an_hour_alerts_the_desk(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    evening.wait(minutes=29, seconds=59)
    assert evening.sweep()["alerted"] == 0
    evening.wait(seconds=1)
    assert evening.sweep()["alerted"] == 1
    assert evening.sweep()["alerted"] == 0
    with evening.store.transaction() as tx:
        (case,) = tx.cases(evening.crisis.id)
    assert case.id == match


def test_of_two_guests_who_accept_the_last_place_one_gets_it(evening: Evening) -> None:
    import concurrent.futures

    host = evening.host(places="2")
    first = evening.guest()
    match = evening.proposed(host, first)
    assert evening.answer(Side.HOST, host, match) is None
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _n: evening.answer(Side.GUEST, first, match), range(4)))
    assert sorted(one is None for one in said) == [False, False, False, True]
    assert evening.row(Side.HOST, host).free == 0
    evening.guest()
    assert evening.propose() == 0, "no room"


def test_two_hosts_who_accept_one_guest_are_not_both_taken(evening: Evening) -> None:
    import concurrent.futures

    hosts = [evening.host(place(200, 0)), evening.host(place(300, 0))]
    guest = evening.guest()
    evening.propose()
    evening.wait(minutes=3)
    evening.propose()
    pairs = [(h, evening.matches(Side.HOST, h)[0].id) for h in hosts]
    for host, match in pairs:
        assert evening.answer(Side.HOST, host, match) is None
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda pair: evening.answer(Side.GUEST, guest, pair[1]), pairs))
    assert sorted(one is None for one in said) == [False, True]
    assert sorted(evening.row(Side.HOST, h).free for h in hosts) == [1, 3]


def test_who_refused_or_called_off_is_never_sent_to_the_same_again(evening: Evening) -> None:
    phone = evening.phone()
    host, guest = evening.host(), evening.guest(phone=phone)
    match = evening.proposed(host, guest)
    assert evening.answer(Side.HOST, host, match, yes=False) is None
    evening.wait(minutes=3)
    assert evening.propose() == 0
    evening.guest(phone=phone)
    assert evening.propose() == 0, "nor under a new request of the same phone"


def test_a_reported_host_is_sent_nobody_more_whatever_offer_they_make(evening: Evening) -> None:
    phone = evening.phone()
    host, guest = evening.host(phone=phone), evening.guest()
    match = evening.agreed(host, guest)
    assert meeting.report(evening.store, evening.tools, Side.GUEST, guest, match, "he followed me", evening.now) is None
    assert evening.row(Side.HOST, host).state == OfferState.HELD
    assert evening.row(Side.GUEST, guest).state == AskState.DESK
    again = evening.host(phone=phone)
    assert evening.row(Side.HOST, again).state == OfferState.HELD
    evening.guest()
    assert evening.propose() == 0
    assert refused(doors.erase(evening.store, evening.tools, Side.HOST, host, evening.now)) == "case_open"


def test_a_guest_who_collects_addresses_is_helped_by_a_person_from_the_third_on(evening: Evening) -> None:
    phone = evening.phone()
    for n in range(2):
        host, guest = evening.host(place(200 + 50 * n, 0)), evening.guest(phone=phone)
        match = evening.agreed(host, guest)
        meeting.call_off(evening.store, evening.tools, Side.GUEST, guest, match, evening.now)
        doors.withdraw(evening.store, evening.tools, Side.GUEST, guest, evening.now)
    third = evening.guest(phone=phone)
    assert evening.row(Side.GUEST, third).state == AskState.DESK


def test_minors_alone_go_to_the_desk(evening: Evening) -> None:
    evening.host()
    guest = evening.guest(minors="yes")
    assert evening.row(Side.GUEST, guest).state == AskState.DESK
    assert evening.propose() == 0


def test_women_who_ask_for_women_alone_go_to_verified_ones(evening: Evening) -> None:
    evening.host(women_at_home="yes")
    guest = evening.guest(all_women="yes", women_only="yes")
    assert evening.propose() == 0
    verified = evening.host(place(900, 0), women_at_home="yes", women_only="yes")
    import msgspec

    with evening.store.transaction() as tx:
        tx.change_offer(msgspec.structs.replace(evening.row(Side.HOST, verified), level=Level.VERIFIED))
    assert evening.propose() == 1
    assert len(evening.matches(Side.HOST, verified)) == 1
    assert evening.matches(Side.GUEST, guest)[0].offer_id == evening.row(Side.HOST, verified).id


@pytest.mark.parametrize("need", ["children", "animals", "wheelchair"])
def test_what_a_guest_needs_a_host_must_have(evening: Evening, need: str) -> None:
    evening.host()
    evening.guest(**{need: "yes"})
    assert evening.propose() == 0
    evening.host(**{need: "yes"})
    assert evening.propose() == 1


def test_a_host_less_known_than_the_lead_wants_is_sent_nobody(evening: Evening) -> None:
    evening.host()
    evening.guest()
    with evening.store.transaction() as tx:
        tx.put_doors_level(evening.crisis.id, Level.VERIFIED, 102, evening.now)
    assert evening.propose() == 0


def test_messages_pass_without_a_number_in_them(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.proposed(host, guest)
    say = meeting.say
    assert refused(say(evening.store, evening.tools, Side.HOST, host, match, "hello", evening.now)) == "match_over"
    evening.answer(Side.HOST, host, match)
    evening.answer(Side.GUEST, guest, match)
    assert say(evening.store, evening.tools, Side.HOST, host, match, "Appelez le 06 12 34 56 78", evening.now) is None
    with evening.store.transaction() as tx:
        (line,) = tx.lines(evening.crisis.id, match)
    plain = evening.night.key(evening.crisis).unseal(line.salt, line.sealed, match)
    assert plain is not None and plain.decode() == "Appelez le •••"


def test_somebody_elses_pair_is_as_unknown_as_none(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    stranger = evening.guest()
    for _ in range(2):
        assert refused(meeting.there(evening.store, evening.tools, stranger, match, evening.now)) == "match_over"
    assert refused(meeting.there(evening.store, evening.tools, stranger, os.urandom(16), evening.now)) == "match_over"


def test_erase_me_takes_one_step_and_frees_the_other(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    evening.agreed(host, guest)
    assert doors.erase(evening.store, evening.tools, Side.HOST, host, evening.now) is None
    assert evening.found(Side.HOST, host) is None
    assert evening.night.rows("SELECT count(*) FROM population.match") == [(0,)]
    assert evening.row(Side.GUEST, guest).state == AskState.WAITING


def test_closing_takes_no_more_and_the_end_leaves_counts_alone(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    evening.agreed(host, guest)
    closed = crises.close(evening.store, evening.crisis.id, FIRST, evening.now)
    assert isinstance(closed, Crisis)
    (problem,) = doors.offer(evening.store, evening.tools, closed, ONCE, {}, place(0, 0), evening.now)
    assert problem.rule == "crisis_closed"
    with pytest.raises(StoreRefused, match="NM018"):
        evening.offer()  # the crisis as this process still knows it
    evening.wait(days=8)
    assert crises.erase_due(evening.store, evening.night.keys, evening.now) == 1
    for table in ("offer", "request", "match", "match_message", "code_sent", "message"):
        assert evening.night.rows(f"SELECT count(*) FROM population.{table}") == [(0,)], table
    assert dict(evening.night.rows("SELECT what, n FROM population.tally"))["brought_together"] == 1


def test_what_is_over_is_forgotten_after_two_days(evening: Evening) -> None:
    host = evening.host()
    doors.withdraw(evening.store, evening.tools, Side.HOST, host, evening.now)
    evening.wait(days=2, seconds=1)
    assert evening.sweep()["forgotten"] == 1
    assert evening.found(Side.HOST, host) is None


def test_the_shown_place_does_not_move_however_often_one_asks(evening: Evening) -> None:
    """Averaging, and asking from many places: all walks are between middles of cells, so nothing narrows a cell."""
    inside = [place(300 + east, north) for east in range(-40, 41, 20) for north in range(-40, 41, 20)]
    cell = shelter.cell_of(place(300, 0))
    same = [at for at in inside if shelter.cell_of(at) == cell]
    assert len(same) > 10
    walks = set()
    for at in same:
        host, guest = evening.host(at), evening.guest(place(-400, 100))
        evening.proposed(host, guest)
        (row,) = evening.matches(Side.GUEST, guest)
        walks.add(doors.sealed_meeting(evening.night.key(evening.crisis), row).walk_min)
        for side, link in ((Side.HOST, host), (Side.GUEST, guest)):
            doors.withdraw(evening.store, evening.tools, side, link, evening.now)
    assert len(walks) == 1


def test_there_is_no_way_to_list_hosts(evening: Evening) -> None:
    """No use case returns more than the pairs of one link, and pages have no right on the tables."""
    evening.host()
    for table in ("offer", "request", "match", "match_message", "code_sent"):
        ((allowed,),) = evening.night.rows(
            "SELECT has_table_privilege('nec_web', %(t)s, 'SELECT')", t=f"population.{table}"
        )
        assert not allowed


def test_the_code_travels_through_a_gateway_and_what_was_sent_is_forgotten(evening: Evening) -> None:
    """A real HTTP gateway of this test: what reaches the telephone confirms it, and nothing of it stays."""
    import http.server
    import json
    import threading

    from necmergitur.adapters.messages import messenger
    from necmergitur.operations.population import telling
    from necmergitur.operations.population.telling import Envelopes

    received: list[dict[str, str]] = []

    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Authorization"] == "Bearer secret"
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        link = evening.offer(phone="06 12 34 56 78")
        sender = messenger("", "", f"http://127.0.0.1:{server.server_port}/", "secret")
        envelopes = Envelopes(evening.night.keys.of, os.urandom, "https://ville.example", evening.now.tzinfo)
        assert telling.send_due(evening.store, sender, envelopes, evening.now) == 1
    finally:
        server.shutdown()
        server.server_close()
    (message,) = received
    assert message["to"] == "+33612345678"
    (code,) = [word for word in message["text"].replace(".", " ").split() if word.isdigit() and len(word) == 6]
    assert evening.confirm(Side.HOST, link, code) is None
    assert evening.night.rows("SELECT count(*) FROM population.message") == [(0,)]


def test_a_stalker_who_offers_a_bed_learns_no_address_name_or_number(evening: Evening) -> None:
    """They open their door to learn who stands where; they see a number of people and a walk between two cells."""
    from necmergitur.operations.population.doors_pages import own

    stalker = evening.host(place(150, 0))
    victims = [evening.guest(place(-300 + 7 * n, 5 * n), name=f"Victim {n}") for n in range(3)]
    seen: list[object] = []
    for _ in victims:
        evening.propose()
        page = own(evening.store, evening.tools, Side.HOST, stalker, evening.now)
        assert page is not None
        seen += page.pairs
        for pair in page.pairs:
            assert (pair.name, pair.address, pair.point, pair.my_code, pair.lines) == ("", "", "", "", ())
            evening.answer(Side.HOST, stalker, bytes.fromhex(pair.id), yes=True)
            after = own(evening.store, evening.tools, Side.HOST, stalker, evening.now)
            assert after is not None and after.pairs[0].name == "", "nor by saying yes: the guest decides"
        evening.wait(minutes=11)
        evening.sweep()
    told = repr(seen)
    cells = {evening.said(Side.GUEST, guest).cell for guest in victims}
    assert len(seen) == 3
    assert not [word for word in ("Victim", "+336", *cells) if word in told]
    assert len({pair.walk_min for pair in seen}) == len(
        {(cell, evening.said(Side.HOST, stalker).cell) for cell in cells}
    ), "one walk for each cell, however they stand in it"


def test_a_false_guest_gets_no_address_before_the_host_gives_it(evening: Evening) -> None:
    from necmergitur.operations.population.doors_pages import own

    host, guest = evening.host(), evening.guest()
    match = evening.agreed(host, guest)
    meeting.there(evening.store, evening.tools, guest, match, evening.now)
    page = own(evening.store, evening.tools, Side.GUEST, guest, evening.now)
    assert page is not None
    (pair,) = page.pairs
    assert pair.point and not pair.address
    assert "45B12" not in repr(page.pairs)
    for _ in range(5):
        said = meeting.met(evening.store, evening.tools, Side.GUEST, guest, match, "000000", evening.now)
        assert refused(said) == "code_wrong"
    assert (
        refused(meeting.met(evening.store, evening.tools, Side.GUEST, guest, match, "1", evening.now)) == "code_tries"
    )
    with evening.store.transaction() as tx:
        assert [case.id for case in tx.cases(evening.crisis.id)] == [match], "five wrong codes alert the desk"


def test_the_workers_turn_does_nothing_without_a_crisis_and_asks_hosts_in_one(
    night: Night, empty_database: str
) -> None:
    from types import SimpleNamespace

    from necmergitur.app.wiring.worker import _OpenDoors

    clock = SimpleNamespace(now=lambda: night.now)
    turn = _OpenDoors(night.store, clock, night.keys, "https://ville.example", "FR")
    assert turn() == 0
    assert turn._grounds is None, "nothing that reckons with streets is loaded before"
    lay_streets(empty_database)
    evening = Evening(night, night.opened(None))
    evening.host()
    evening.guest()
    assert turn() == 1
    assert turn() == 0
