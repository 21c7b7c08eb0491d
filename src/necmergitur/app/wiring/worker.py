"""The worker's adapters and chores."""

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.adapters.embedding import E5
from necmergitur.adapters.finder import FinderClient
from necmergitur.adapters.law import rules
from necmergitur.adapters.messages import Messenger, Pusher, Switchboard, Texts, in_inboxes, messenger
from necmergitur.adapters.outward import Policy
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.shred_list import ShredList, shred_list_of
from necmergitur.adapters.webhooks import EVENTS, Webhooks
from necmergitur.app.probing import probes
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import publiclog, store
from necmergitur.governance import law
from necmergitur.governance.assessments import DRONE_CAMERA
from necmergitur.kernel.clock import Clock
from necmergitur.operations import breakglass, ending, erasure, retention, streams
from necmergitur.operations.constants import RETENTION_EVERY
from necmergitur.operations.population import banners, checkins, crises, relaying, telling
from necmergitur.operations.population.doors_ports import Tools
from necmergitur.operations.population.doubling import Doubles
from necmergitur.operations.population.telling import Envelopes
from necmergitur.worker.main import Sweep, WorkerParts
from necmergitur.worker.outbox import Outbox

log = structlog.get_logger(__name__)
WORKER_CONNECTIONS = 6
WEBHOOKS_S = 1.0
BANNERS_S = 5.0  # ours: a banner nobody answered ends with the ten minutes, and a little
PICTURES_S = 60.0  # ours: the same for a picture
READINGS_S = 60.0  # ours: a reading outlives its time by a minute at most
ROOTS_S = 1.0
TRIALS_S = 10.0  # ours: a trial that must end has its keys dead within this time
REPLAYS_S = 2.0  # ours: whoever asked for one looks at its page
RELAY_S = 2.0  # ours: somebody who asks waits for a person's answer anyway
DOUBLES_S = 10.0  # ours: a list of ten thousand is compared in some ten minutes, beside everything else
NAMES_S = 30.0  # ours: each name that waits is a question to the finder
TELLING_S = 0.5  # ours: "your people know" within seconds
CRISES_S = 10.0  # ours: what should be gone is gone within seconds
DOORS_S = 5.0  # ours: somebody stands in the street; a host has two minutes before the next one is asked
LETTERS_S = 2.0  # ours: a link is in its reader's mailbox while they still wait for it
REMIND_S = 60.0  # ours: a reminder is of hours, not of seconds
HOUR_S = 3_600.0
DAY_S = 86_400.0
LETTER_S = 5.0  # ours: whoever asks for the letter waits before their mailbox
CALENDAR_S = 60.0  # ours: a date moved at a desk is moved in calendars at their next reading
WATCH_S = 10.0  # ours: "ask it now" is done within seconds; how often a source is asked is its own rhythm
VECTORS_S = 30.0  # ours: twenty texts, four seconds of a processor, in each
SILENCE_S = 300.0  # the hour's worst is kept: an area silent for five minutes is seen


def worker_parts(settings: Settings) -> WorkerParts:
    """Return the worker's adapters."""
    over = store(settings, WORKER_CONNECTIONS)
    clock = SystemClock()
    shredder = shred_list_of(settings.home)
    quiet: dict[UUID, ending.Quiet] = {}
    watching, post = _Watching(settings, clock), _post(settings)
    hooks = Webhooks(over, clock, settings.secret("seal"), "private" if settings.webhook_private else "public")
    outbox = Outbox(over, clock, {**dict.fromkeys(EVENTS, hooks.fan_out), breakglass.EFFECT: _tell_of_glass})
    return WorkerParts(
        store=over,
        clock=clock,
        home=settings.home,
        outbox=outbox,
        probes=probes(settings),
        zone=ZoneInfo(settings.time_zone),
        sweeps=(
            Sweep("webhooks", WEBHOOKS_S, hooks.begin_due),
            Sweep("deliveries", HOUR_S, hooks.forget_old),
            Sweep("effects", HOUR_S, outbox.forget_old),
            Sweep("accounts", DAY_S, _sweep_accounts),
            Sweep("rights", DAY_S, lambda: _forget_requests(clock)),
            Sweep("applicants", DAY_S, lambda: _forget_applicants(clock)),
            Sweep("hackathons", DAY_S, lambda: _forget_hackathons(clock)),
            Sweep("calendar", CALENDAR_S, lambda: _gather_dates(clock)),
            Sweep("letter", LETTER_S, lambda: _send_issues(post, clock)),
            Sweep("bookings", DAY_S, lambda: _forget_bookings(clock)),
            Sweep("letters", LETTERS_S, lambda: _send_letters(post, clock)),
            Sweep("reminders", REMIND_S, lambda: _remind(clock)),
            Sweep("letters-kept", DAY_S, lambda: _forget_letters(clock)),
            Sweep("retention", RETENTION_EVERY.total_seconds(), lambda: _retain(over, shredder, clock)),
            Sweep("readings", READINGS_S, lambda: streams.erase(over, clock.now())),
            Sweep("trials", TRIALS_S, lambda: _look_at_trials(over, clock, quiet)),
            Sweep("replays", REPLAYS_S, lambda: _play_replays(clock)),
            Sweep("pictures", PICTURES_S, lambda: _drop_pictures(over, clock)),
            Sweep("silence", SILENCE_S, _count_silence),
            Sweep("watch", WATCH_S, watching.turn),
            Sweep("watch-vectors", VECTORS_S, watching.embed),
            *_population(settings, over, clock),
            *publiclog.sweeps(settings, over),
        ),
    )


def _population(settings: Settings, over: PostgresStore, clock: Clock) -> tuple[Sweep, ...]:
    """Return the chores of crises: roots, messages, the end."""
    keys = KeyFiles(settings.home)
    post = _post(settings)
    zone = ZoneInfo(settings.time_zone)
    finder = FinderClient(settings.home)
    doubles = Doubles(over, keys.of, finder)
    envelopes = Envelopes(keys.of, os.urandom, settings.public_url.rstrip("/"), zone, settings.region)
    return (
        Sweep("roots", ROOTS_S, lambda: checkins.put_roots(over, clock.now())),
        Sweep("telling", TELLING_S, lambda: telling.unfold(over, envelopes, clock.now())),
        Sweep("relay", RELAY_S, lambda: relaying.relay(over, envelopes, clock.now())),
        Sweep("doubles", DOUBLES_S, lambda: doubles.propose(clock.now())),
        Sweep("names", NAMES_S, lambda: relaying.match_names(over, envelopes, finder, clock.now())),
        Sweep("sending", TELLING_S, lambda: telling.send_due(over, post, envelopes, clock.now())),
        Sweep("banners", BANNERS_S, lambda: banners.show_now(over, clock.now())),
        Sweep("crises", CRISES_S, lambda: crises.erase_due(over, keys, clock.now())),
        Sweep("doors", DOORS_S, _OpenDoors(over, clock, keys, settings.public_url.rstrip("/"), settings.region)),
    )


def _post(settings: Settings) -> Messenger:
    """Return what carries messages away; in a demonstration without a server of its own, its people's inboxes."""
    # RFC 8292 2.1: whom a push service writes to when something of ours goes wrong there.
    contact = f"mailto:{settings.mail_from}" if settings.mail_from else settings.public_url
    pusher = Pusher(settings.secret("push"), contact, settings.push_hosts)
    switchboard = Switchboard(settings.calls_url, settings.calls_token) if settings.calls_url else None
    if in_inboxes(settings.mail_url, settings.sms_url, demo=settings.demo):
        inbox = Texts(f"{settings.sim_devices_url}/messages", "demo")
        return Messenger(inbox, inbox, pusher, switchboard)
    return messenger(settings.mail_url, settings.mail_from, settings.sms_url, settings.sms_token, pusher, switchboard)


class _Watching:
    """Follow the innovation watch's sources. What reads and compares them is loaded when the first turn comes."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._embedder = E5()
        self._made: Any = None

    def turn(self) -> int:
        """Ask the sources that are due."""
        found: int = self._watch().turn()
        return found

    def embed(self) -> int:
        """Make a few vectors that are missing. The model is loaded with the first."""
        made: int = self._watch().embed(self._embedder)
        return made

    def _watch(self) -> Any:
        from necmergitur.web.boot import boot

        boot()
        from necmergitur.web.watch.gathering import Watch

        if self._made is None:
            self._made = Watch(fetcher(self._settings, self._clock), self._clock.now)
        return self._made


def fetcher(settings: Settings, clock: Clock) -> Any:
    """Return what asks the watch's sources. A demonstration's invented ones stand on one port of this machine."""
    from necmergitur.adapters.watch.fetching import Fetcher

    policy: Policy = "private" if settings.watch_private else "public"
    besides = settings.sim_programme_url if settings.demo else ""
    return Fetcher(clock.now, f"{settings.public_url.rstrip('/')}/programme/", policy, besides=besides)


class _OpenDoors:
    """Bring guests and hosts together. What reckons with streets is loaded when the first crisis opens."""

    def __init__(self, over: PostgresStore, clock: Clock, keys: KeyFiles, address: str, region: str) -> None:
        self._over, self._clock = over, clock
        self._tools = Tools(keys.of, os.urandom, address, region)
        self._grounds: Any = None

    def __call__(self) -> int:
        with self._over.transaction() as tx:
            if self._grounds is None and not any("doors" in one.services for one in tx.crises_now()):
                return 0
        from necmergitur.operations.population import pairing
        from necmergitur.operations.population.ground import Grounds

        self._grounds = self._grounds or Grounds()
        return pairing.run(self._over, self._tools, self._grounds, self._clock.now())


def _look_at_trials(over: PostgresStore, clock: Clock, quiet: dict[UUID, ending.Quiet]) -> int:
    """Look at every trial; one that fails holds up no other, and is told of at the end."""
    failed: dict[UUID, Exception] = {}
    ended = ending.look_at_all(over, clock.now(), quiet, failed.__setitem__)
    for trial_id, error in failed.items():
        log.error("trial_not_looked_at", trial=str(trial_id), exc_info=error)
    return ended


def _retain(over: PostgresStore, shredder: ShredList, clock: Clock) -> dict[str, int]:
    """Make good an erasure that died between the list and the keys, then erase what was kept long enough."""
    erasure.replay(over, shredder.entries(), clock.now())
    return retention.erase(over, clock.now(), shredder)


def _drop_pictures(over: PostgresStore, clock: Clock) -> dict[str, int]:
    """Erase pictures whose time is over, as the rules of law are now."""
    now = clock.now()
    return retention.erase_pictures(over, law.kept(rules(), DRONE_CAMERA, now), now)


def _sweep_accounts() -> int:
    """Forget expired sessions, tickets and invitations. Django is loaded only when this first runs."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.accounts.housekeeping import sweep

    return sweep()


def _count_silence() -> int:
    """Note how many street buttons are silent, for the supervisor's plot."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.console.silence import count

    return count()


def _tell_of_glass(_kind: str, payload: Mapping[str, Any], _name: str) -> None:
    """Write to every data protection officer. Raises when no mail server takes it: the outbox tries again."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.breakglass.telling import tell

    tell(payload)


def _forget_hackathons(clock: Clock) -> int:
    """Erase who took part in a hackathon a year after its results."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.hackathon.people import sweep

    return sweep(clock.now())


def _forget_bookings(clock: Clock) -> int:
    """Empty what bookings were for a month after they are over; free what erased people hold."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.commons.bookings import sweep

    return sweep(clock.now())


def _gather_dates(clock: Clock) -> int:
    """Bring dates of hackathons and calls into the programme's calendar."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.commons.happenings import gather

    return gather(clock.now())


def _play_replays(clock: Clock) -> int:
    """Play the evenings that experiments' desks asked for."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.trials.replaying import play_due

    return play_due(clock.now())


def _send_letters(post: Messenger, clock: Clock) -> int:
    """Send what the programme wrote to people without account."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.letters.sending import mail_leaves, send_due

    return send_due(post, clock.now()) if mail_leaves() else 0


def _remind(clock: Clock) -> None:
    """Write to whoever has something to do before it ends."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.letters.sending import remind

    remind(clock.now())


def _forget_letters(clock: Clock) -> int:
    """Forget letters that left long ago."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.letters.sending import forget_old

    return forget_old(clock.now())


def _send_issues(post: Messenger, clock: Clock) -> int:
    """Ask addresses to confirm, and send what is due of the newsletter.

    Where mail leaves: without a way each reader would look like a wrong address.
    """
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.commons.mailing import turn
    from necmergitur.web.letters.sending import mail_leaves

    return turn(post, clock.now) if mail_leaves() else 0


def _forget_requests(clock: Clock) -> int:
    """Forget who asked for their rights a year after they were answered."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.rights.requests import forget_old

    return forget_old(clock.now())


def _forget_applicants(clock: Clock) -> int:
    """Forget whom to write to of an application a year after its decision."""
    from necmergitur.web.boot import boot

    boot()
    from necmergitur.web.incubation.keeping import forget_old

    return forget_old(clock.now())
