"""Data that experiments open to public actors by a clause of their terms: listed while open, read through the gate."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Router, Status

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.terms import DataClause
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import opening
from necmergitur.web.api import shapes
from necmergitur.web.api.tokens import Bearer, partner, token_of
from necmergitur.web.console.guards import status_of
from necmergitur.web.opendata.opened import opened
from necmergitur.web.store import CLOCK, store

router = Router(auth=Bearer("data:read"), tags=["data"])
Refused = dict.fromkeys((401, 403, 404, 409, 422, 503), shapes.Problem)


@router.get("", response={200: list[shapes.DatasetOut], **Refused})
def list_datasets(request: HttpRequest) -> Any:
    """List what is open now."""
    return [_told(paper, clause) for paper, clause in opened(CLOCK.now())]


@router.get("/{uuid:pk}", response={200: list[shapes.HourOut], **Refused})
def read_dataset(request: HttpRequest, pk: UUID, since: datetime, until: datetime) -> Any:
    """Read the whole hours within a range, at most 31 days. Each reading is on record."""
    now = CLOCK.now()
    with store().transaction() as tx:
        paper = tx.authorisation(pk)
    if paper is None or paper.paper is None:
        raise Http404
    aware = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in (since, until))
    found = opening.hours(store(), paper, *aware, partner(token_of(request)), now)
    if isinstance(found, Refusal):
        status = 403 if found.rule == "data_not_open" else status_of(found)
        return Status(status, {"rule": found.rule, "detail": found.detail})
    return [{"zone_id": one.zone_id, "begins": one.begins, "mean": one.mean} for one in found]


def _told(paper: Authorisation, clause: DataClause) -> dict[str, Any]:
    assert paper.paper is not None
    return {
        "id": paper.id,
        "dataset": clause.dataset,
        "stream": paper.paper.terms.stream,
        "zones": list(paper.zones or ()),
        "step": clause.step,
        "since": paper.valid_from,
        "until": clause.until,
    }
