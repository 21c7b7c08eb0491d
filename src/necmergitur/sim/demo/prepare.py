"""What the demonstration needs in the database before it starts: drones, keys, authorisations, accounts, pilots.

Every row says that it is a demonstration; none of it is made outside one.
"""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from necmergitur.adapters.law import rules
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.probing import tell_broker
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.gate import FLIGHT
from necmergitur.kernel.geo import Position, offset
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import authorising, shifts
from necmergitur.operations import city as cities
from necmergitur.operations.ports import DroneRecord
from necmergitur.operations.ways import EMERGENCY
from necmergitur.sim import papers
from necmergitur.sim.demo.assessed import DRONE_LAW, TITLE, put_assessment, put_population_assessment
from necmergitur.sim.demo.counters import put_counter
from necmergitur.sim.demo.dialogue import put_dialogue
from necmergitur.sim.devices.credentials import write_identities
from necmergitur.territory.geozones import Circle, Geozone, GeozoneSet, Limit, Volume

# MAVLink's habit is 14550 and up; one UDP port for each simulated vehicle, one TCP port for each camera.
CAMERA_PORTS_ABOVE = 1_000  # the cameras' TCP ports, above the vehicles' UDP ports
SIMULATED_PILOTS = 10
SIMULATED_PILOT_ID_FIRST = 9_000_001  # far above any account
AUTHORISED_FOR = timedelta(days=90)
DEMO = " (demonstration)"


def prepare(settings: Settings, store: PostgresStore, now: datetime) -> str:
    """Make the demonstration's rows and files, or renew them. Returns what to show at the start."""
    put_fleet(store, settings.sim_port)
    enrol_posts(settings, store)
    put_counter(settings, store, now)
    authorise_flights(store, now)
    put_population_assessment(store, now)
    put_geozones(store, now)
    put_pilots(store, now)
    told = _accounts(settings, store, now)
    ask_people(now)
    return told


def put_fleet(store: PostgresStore, first_port: int) -> int:
    """Give every dock a simulated drone on a loopback port from `first_port` up; return how many."""
    with store.cursor() as cursor:
        docks = cursor.execute("SELECT id, zone_id, lon, lat FROM dock WHERE retired_at IS NULL ORDER BY id").fetchall()
    drones = [
        DroneRecord(
            id=f"D-{number:03d}",
            dock=Position(lon, lat),
            zone_id=zone_id,
            link_url=f"udp://127.0.0.1:{first_port + number}",
            camera_url=f"http://127.0.0.1:{first_port + CAMERA_PORTS_ABOVE + number}/stream",
            system_id=1,
            signing_key=os.urandom(32),
            speed_m_s=15.0,
            enabled=True,
            disabled_reason="",
        )
        for number, (_, zone_id, lon, lat) in enumerate(docks, start=1)
    ]
    with store.transaction() as tx:
        tx.put_drones(drones, [d[0] for d in docks])
    return len(drones)


def enrol_posts(settings: Settings, store: PostgresStore) -> int:
    """Issue certificates to every post that has none, and tell the broker. Returns how many."""
    with store.cursor() as cursor:
        known = {row[0] for row in cursor.execute(load("registry")["certificates"])}
        posts = [row[0] for row in cursor.execute(load("registry")["posts"])]
    identities = settings.home / "sim" / "identities.jsonl"
    missing = posts if not identities.exists() else [p for p in posts if p not in known]
    if missing:
        authority = CityAuthority.open(settings.home / "pki")
        credentials = list(authority.issue_devices(posts))
        identities.parent.mkdir(parents=True, exist_ok=True)
        write_identities(identities, credentials)
        with store.transaction() as tx:
            tx.set_certificates({c.device_id: c.subject for c in credentials})
        tell_broker(settings, store)
    return len(missing)


def authorise_flights(store: PostgresStore, now: datetime) -> None:
    """Enter a labelled flight authorisation on an invented assessment, unless one is there."""
    with store.transaction() as tx:
        held = tx.gate_table(now).by_modality.get(FLIGHT, ())
    # One that somebody suspended stays so: that is what the demonstration is to show.
    ended = [a for a in held if a.revoked_at is not None or a.valid_until is None or a.valid_until <= now]
    if any(a.purpose == EMERGENCY and a.rests_on is not None and a not in ended for a in held):
        return
    rests_on = papers.on(put_assessment(store, now), DRONE_LAW)
    asked = msgspec.structs.replace(flights_asked(store.ids.new(), now), rests_on=rests_on)
    outcome = authorising.grant(store, asked, now, rules=rules())
    assert not isinstance(outcome, Refusal), outcome


def flights_asked(authorisation_id: UUID, now: datetime) -> Authorisation:
    """Return the labelled flight authorisation as asked for; what it rests on is the caller's."""
    return Authorisation(
        id=authorisation_id,
        kind="flight",
        label="Emergency flights over the whole city",  # the pages mark it as a demonstration's
        purpose=EMERGENCY,
        legal_basis="Invented for the demonstration; in France: CSI L242-5, decree 2023-283",
        holder="Prefecture" + DEMO,
        modality=FLIGHT,
        zones=None,
        streams=None,
        valid_from=now - timedelta(minutes=1),
        valid_until=now + AUTHORISED_FOR,
        conditions=Conditions(ceiling_m=120.0, operator_class="civil_security"),
        demo=True,
        granted_by="nec demo",
        granted_at=now,
    )


def put_geozones(store: PostgresStore, now: datetime) -> None:
    """Store an invented geozone set: one helipad to fly around, at the city's edge."""
    with store.cursor() as cursor:
        if cursor.execute("SELECT FROM geozone_set LIMIT 1").fetchone() is not None:
            return
        row = cursor.execute("SELECT lon, lat FROM dock WHERE retired_at IS NULL ORDER BY lon LIMIT 1").fetchone()
    assert row is not None, "there is a city by now"
    helipad = Geozone(
        id="DEMO-HELIPAD",
        name="Helipad" + DEMO,
        restriction="PROHIBITED",
        volumes=(
            Volume(
                circle=Circle(offset(Position(row[0], row[1]), -600.0, 0.0), 250.0),
                lower=Limit(0.0, "AGL"),
                upper=Limit(300.0, "AGL"),
            ),
        ),
    )
    cities.read_geozones(store, GeozoneSet("invented for the demonstration", (helipad,)), MACHINE, now)


def simulated_pilots() -> list[Person]:
    """Return the pilots who are programs."""
    return [Person(SIMULATED_PILOT_ID_FIRST + i, f"Simulated pilot {i + 1} (demo)") for i in range(SIMULATED_PILOTS)]


def put_pilots(store: PostgresStore, now: datetime) -> None:
    """Qualify the simulated pilots and put them on shift."""
    for pilot in simulated_pilots():
        shifts.set_qualification(store, pilot.id, now + AUTHORISED_FOR, MACHINE, now)
        with store.transaction() as tx:
            on_shift = tx.current_shift(pilot.id, now)
        if on_shift is None:
            shifts.start_shift(store, pilot, shifts.SHIFT_MAX, now)


def ask_people(now: datetime) -> None:
    """Open a dialogue on the drones' assessment in the officer's name, with votes: see `dialogue.py`."""
    from necmergitur.web.accounts.models import User
    from necmergitur.web.accounts.roles import Role
    from necmergitur.web.trust.models import Study

    officer = User.objects.filter(is_demo=True, grants__role=Role.DPO).order_by("pk").first()
    study = Study.objects.filter(title=TITLE).order_by("-version").first()
    if officer is not None and study is not None:
        put_dialogue(study.assessment_id, Person(officer.pk, officer.display_name), now)


def _accounts(settings: Settings, store: PostgresStore, now: datetime) -> str:
    """Make the labelled accounts, qualify the demonstration's human pilots, and list them."""
    from necmergitur.web.accounts.demo import create_demo_accounts
    from necmergitur.web.accounts.models import User

    accounts = create_demo_accounts(settings.home / "sim" / "accounts.json")
    assert not isinstance(accounts, Refusal), accounts
    for account in accounts:
        if account.role == "pilot":
            user = User.objects.get(email=account.email)
            shifts.set_qualification(store, user.pk, now + AUTHORISED_FOR, MACHINE, now)
    lines = [f"    {a.role:<14} {a.email:<24} {a.password}" for a in accounts]
    return "\n".join(
        ["", f"  DEMONSTRATION. Accounts anybody on this machine can use, at {settings.public_url}:", *lines, ""]
    )


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)
