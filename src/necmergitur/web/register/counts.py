"""What a stream counted, for whoever asks: where its paper says that everybody may read it, and only then.

It passes the gate like any reading, as "the public" and for the paper's purpose; the database judges again.
"""

import csv
import io
from datetime import timedelta

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from necmergitur.governance.modalities import MODALITIES
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import readings
from necmergitur.operations.readings import PUBLIC, Asked
from necmergitur.web.register import streams
from necmergitur.web.register.constants import COUNT_TOLD_LEAST
from necmergitur.web.register.places import ground
from necmergitur.web.store import CLOCK, store

SHOWN_FOR = timedelta(hours=24)
# Papers that still open what was gathered under them (operations/readings.py); a withdrawn or suspended one opens none.
OPENS = frozenset({"on", "unheard", "shut", "retired", "expired"})
fresh = cache_control(public=True, max_age=60)


def offered(one: streams.Stream) -> bool:
    """Return whether everybody may read what this stream counts. One that tells of persons is never offered."""
    known = MODALITIES.get(one.terms.modality)
    open_to_all = PUBLIC in one.terms.readers and one.state in OPENS
    return open_to_all and one.seen is not None and known is not None and not known.personal


@fresh
@require_safe
def table(_request: HttpRequest, name: str) -> HttpResponse:
    """The last day's counts as .csv, minute by minute. Raises Http404 where the paper does not open them to all."""
    one = streams.one(name, streams.moment(), ground())
    if one is None or not offered(one):
        raise Http404
    now = CLOCK.now()
    asked = Asked(stream=name, role=PUBLIC, purpose=one.terms.purpose, since=now - SHOWN_FOR, until=now)
    found = readings.read(store(), asked, now)
    if isinstance(found, Refusal):
        raise Http404
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("minute", "zone", "count"))
    for row in found:
        count = int(msgspec.json.decode(row.payload).get("count", 0))
        # Few people in one minute of one place may be people somebody knows: as in all open data, fewer than ten are
        # not told apart.
        told = str(count) if count >= COUNT_TOLD_LEAST else f"<{COUNT_TOLD_LEAST}"
        writer.writerow((row.at.strftime("%Y-%m-%dT%H:%MZ"), row.zone_id, told))
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="counts-{now:%Y-%m-%d}.csv"'
    return answer
