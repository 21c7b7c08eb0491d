"""The watch's turn, in the worker: ask the sources that are due, keep what is new, match it to open needs."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from django.db.models import F

from necmergitur.adapters.watch import apart, oai, openalex, ted
from necmergitur.adapters.watch.constants import PAGES_MAX
from necmergitur.adapters.watch.entries import Entry, Reading
from necmergitur.adapters.watch.fetching import Fetched, Fetcher, Known, Unchanged
from necmergitur.innovation import texts
from necmergitur.innovation.matching import Embedder
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.store import store
from necmergitur.web.watch import judging, matching, vectors
from necmergitur.web.watch.constants import (
    BACK_OFF_MAX,
    FAILURES_MAX,
    MATCH_S_A_TURN,
    SHEET_KEPT,
    SOURCES_A_TURN_MAX,
    VECTORS_A_TURN,
)
from necmergitur.web.watch.likeness import Prints, stored
from necmergitur.web.watch.models import Format, Identifier, Item, Sheet, Source, SourceState

log = structlog.get_logger(__name__)

# What no patience mends: the source said so itself, or was never one.
FINAL = frozenset({"watch_robots", "watch_gone", "watch_address", "address_not_allowed"})
OVERLAP = timedelta(days=1)  # of an archive's days: what was added on the day we asked comes the next time
GOES_ON = timedelta(minutes=10)  # ours: a long list is read over hours


class Watch:
    """Follows sources. One for each worker: it remembers when each host was last asked."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], datetime]) -> None:
        """Follow through `fetcher`."""
        self._fetcher, self._clock = fetcher, clock
        self._matched_at: datetime | None = None
        self._anew = False  # something came that is to be matched
        self._closed: date | None = None  # the Monday on which the weeks before it were kept
        self._unmatched = 0  # vectors made since
        self._rest: Iterator[int] | None = None  # what is left of a matching under way
        self._matching = threading.Lock()  # turns of sources and of vectors come in threads of their own

    def turn(self) -> int:
        """Ask what is due; return how many items are new."""
        now = self._clock()
        due = Source.objects.filter(state=SourceState.ON, due_at__lte=now).order_by("due_at")[:SOURCES_A_TURN_MAX]
        fresh = sum(self.follow(source) for source in due)
        Sheet.objects.filter(at__lt=now - SHEET_KEPT).delete()
        if self._closed != judging.monday_of(now):
            judging.close(now)
            self._closed = judging.monday_of(now)
        if fresh or matching.newer_need(self._matched_at):
            self._anew = True
        self.go_on()
        return fresh

    def go_on(self, seconds: float = MATCH_S_A_TURN) -> bool:
        """Match for some seconds at most; the next turn goes on from there. Return whether all is matched."""
        if not self._matching.acquire(blocking=False):
            return False
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                if self._rest is None:
                    if not self._anew:
                        return True
                    self._anew, self._matched_at = False, self._clock()
                    self._rest = matching.slices(self._matched_at)
                if next(self._rest, None) is None:
                    self._rest = None
        except Exception:
            self._anew, self._rest = True, None  # from the beginning, the next time
            raise
        else:
            return self._rest is None and not self._anew
        finally:
            self._matching.release()

    def embed(self, embedder: Embedder) -> int:
        """Give vectors to a few texts that have none; match anew once all have. Return how many were made."""
        made = vectors.make(embedder)
        self._unmatched += made
        if self._unmatched and made < VECTORS_A_TURN:
            self._anew, self._unmatched = True, 0
            self.go_on()
        return made

    def follow(self, source: Source) -> int:
        """Ask one source; return how many items are new. What goes wrong is written on it, and holds up no other."""
        try:
            return self._follow(source)
        except OperationalError:  # the database is away: that is no fault of the source's
            raise
        except Exception:
            log.exception("watch_broke", source=str(source.pk))
            source.refresh_from_db()
            self._failed(source, Refusal(rule="watch_broken"))
            return 0

    def _follow(self, source: Source) -> int:
        source.asked_at = self._clock()
        fresh, prints = 0, Prints()
        for page in range(PAGES_MAX):
            found = self._page(source, first=page == 0 and not source.following)
            if isinstance(found, Refusal):
                if page:  # what follows was not read: the first page is asked anew, as if it had changed
                    source.etag = source.last_modified = ""
                self._failed(source, found)
                return fresh
            new = keep_all(source, found.entries, self._clock(), prints)
            fresh += new
            source.following = "" if _nothing_newer(source, found, new) else found.following
            if not source.following:
                break
        self._succeeded(source, fresh)
        return fresh

    def _page(self, source: Source, *, first: bool) -> Reading | Refusal:
        url, question, since = source.url, None, None
        if first and source.read_at is not None:
            since = source.read_at - OVERLAP
        if source.format == Format.TED and source.question:
            question = ted.question(source.question, source.following)
        elif source.following:
            url = source.following
        elif source.format == Format.OAI:
            url = oai.address(url, since)
        elif source.format == Format.OPENALEX:
            url = openalex.address(url)
        known = Known(etag=source.etag, last_modified=source.last_modified) if first and question is None else None
        answer = self._fetcher.fetch(url, known, question)
        if isinstance(answer, Refusal):
            return answer
        if isinstance(answer, Unchanged):
            return Reading()
        return self._read(source, answer, first=first)

    def _read(self, source: Source, answer: Fetched, *, first: bool) -> Reading | Refusal:
        found = apart.read(
            source.format, answer.body, answer.url, self._clock(), charset=answer.charset, known=source.memory
        )
        if isinstance(found, Refusal):
            return found
        if first:
            source.etag, source.last_modified = answer.known.etag, answer.known.last_modified
        if found.memory:
            source.memory = list(found.memory)
        source.problem = "watch_cut" if found.cut else ""
        return found

    def _failed(self, source: Source, refused: Refusal) -> None:
        """Come back later, each time much later; give up with the reason when it goes on, or can never be."""
        now = self._clock()
        source.failures += 1
        source.following = ""
        source.problem = refused.rule
        source.problem_detail = refused.facts.get("status", "")
        pause = min(timedelta(hours=source.every_hours) * 2 ** min(source.failures - 1, 16), BACK_OFF_MAX)
        source.due_at = max(now + pause, refused.until or now)
        if refused.rule in FINAL or source.failures >= FAILURES_MAX:
            source.state = SourceState.OFF
        self._write(source)
        log.info("watch_failed", source=str(source.pk), rule=refused.rule, failures=source.failures)

    def _succeeded(self, source: Source, fresh: int) -> None:
        now = self._clock()
        source.failures, source.found = 0, source.found + fresh
        source.problem = source.problem if source.problem == "watch_cut" else ""
        source.problem_detail = ""
        every = timedelta(hours=source.every_hours)
        if source.following and source.format == Format.OAI:
            every = min(every, GOES_ON)  # the whole list first: what is asked `since` counts from its end
        else:
            if source.following:
                source.problem = "watch_more"
            source.following, source.read_at = "", now
        source.due_at = now + every
        self._write(source)

    @staticmethod
    def _write(source: Source) -> None:
        """Write what the turn found; what the desk may have changed meanwhile (its name, a pause) stays."""
        fields = [
            *("etag", "last_modified", "memory", "following", "due_at", "asked_at", "read_at", "failures"),
            *("problem", "problem_detail", "found"),
        ]
        same = Source.objects.filter(pk=source.pk, url=source.url, format=source.format, question=source.question)
        same.update(
            **{name: getattr(source, name) for name in fields}
        )  # another place meanwhile: nothing is known of it
        if source.state == SourceState.OFF:
            Source.objects.filter(pk=source.pk, state=SourceState.ON).update(state=SourceState.OFF)


def _nothing_newer(source: Source, found: Reading, new: int) -> bool:
    """Return whether all of a page is known and what follows is older still."""
    sorts = source.format == Format.OPENALEX and openalex.is_newest_first(openalex.address(source.url))
    return sorts and bool(found.entries) and not new


def keep_all(source: Source, entries: Iterable[Entry], now: datetime, prints: Prints) -> int:
    """Keep entries that nobody said before; return how many."""
    return sum(keep(source, one, now, prints) is not None for one in entries)


@transaction.atomic
def keep(source: Source, entry: Entry, now: datetime, prints: Prints) -> Item | None:
    """Keep an entry; None when it is here already, by one of its names or by what it says."""
    text = f"{entry.title} {entry.summary}"
    number = texts.simhash(text)
    known = Identifier.objects.filter(value__in=entry.identifiers).values_list("item_id", flat=True).first()
    old = known or prints.near(text, number)
    if old is not None:
        Item.objects.filter(pk=old).update(again=F("again") + 1)
        _name(old, entry)
        return None
    made = Item.objects.create(
        id=store().ids.new(),
        source=source,
        title=entry.title,
        summary=entry.summary,
        url=entry.url,
        organisation=entry.organisation,
        country=entry.country,
        language=entry.language,
        published=entry.published,
        found_at=now,
        print=stored(number),
    )
    prints.add(made.pk, number)
    _name(made.pk, entry)
    return made


def _name(item: UUID, entry: Entry) -> None:
    rows = [Identifier(item_id=item, value=value) for value in entry.identifiers]
    Identifier.objects.bulk_create(rows, ignore_conflicts=True)
