"""What was said before a paper is closed by hand is heard first: closed, it opens nothing, not even what is waiting.

Closing waits a moment for that at most, and never fails for it.
"""

import threading
from collections.abc import Collection
from uuid import UUID

import structlog

from necmergitur.operations import ending
from necmergitur.web.store import CLOCK, store

HEARD_WITHIN_S = 1.0  # ours: ten seconds of advice are read in a tenth of it; a city that revokes is obeyed at once
log = structlog.get_logger(__name__)


def hear(papers: Collection[UUID] = (), resting_on: UUID | None = None) -> None:
    """Hear what vendors on trial said under these papers, and under those that rest on an assessment."""
    over, now = store(), CLOCK.now()

    def work() -> None:
        try:
            closed = set(papers)
            if resting_on is not None:
                with over.transaction() as tx:
                    closed |= {one.id for one in tx.resting_on(resting_on)}
            ending.hear(over, now, closed)
        except Exception:  # whatever it is: the paper is closed all the same
            log.exception("last_words_not_heard")

    hearing = threading.Thread(target=work, name="last-words", daemon=True)
    hearing.start()
    hearing.join(HEARD_WITHIN_S)
    if hearing.is_alive():
        log.warning("last_words_not_waited_for")
