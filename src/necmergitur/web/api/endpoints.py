"""/api/v1/ for partners. Each call names its scope; commands are the same operations the control room uses."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError

from necmergitur.adapters.postgres.city import middle_of
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import incidents, intake
from necmergitur.operations.intake import Ground, Received
from necmergitur.operations.population.helping import WEB
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.retry import VersionConflict
from necmergitur.signals.press import Press, StatedPosition
from necmergitur.web.api import disclosed, hooks, opened, shapes
from necmergitur.web.api.bodies import BODY_BYTES_MAX, BoundedParser
from necmergitur.web.api.disclosed import PLACES
from necmergitur.web.api.models import ApiToken, WebhookEndpoint
from necmergitur.web.api.openapi import Api
from necmergitur.web.api.tokens import Bearer, ScopeMissing, need, owner, partner, token_of
from necmergitur.web.console.guards import status_of
from necmergitur.web.facts.models import Device, Incident, Mission, Observation
from necmergitur.web.press.ringing import NOWHERE
from necmergitur.web.store import CLOCK, store

api = Api(
    title="Nec Mergitur",
    version="1",
    description="Calls for help, what is done about them, and the health of the buttons. By token, scope by scope.",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=Bearer(),
    parser=BoundedParser(),
)
Refused = {401: shapes.Problem, 403: shapes.Problem, 404: shapes.Problem, 409: shapes.Problem, 422: shapes.Problem}
AWAY = {503: shapes.Problem}


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _failure: Any) -> HttpResponse:
    return _problem(
        request, 401, "token_unknown", "Send a token: Authorization: Bearer nec_…", {"WWW-Authenticate": "Bearer"}
    )


@api.exception_handler(ScopeMissing)
def _scope(request: HttpRequest, failure: ScopeMissing) -> HttpResponse:
    return _problem(request, 403, "scope_missing", f"This token lacks {failure.scope}.")


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _failure: Any) -> HttpResponse:
    return _problem(request, 404, "unknown", "Nothing has this identifier.")


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, failure: ValidationError) -> HttpResponse:
    wrong = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in failure.errors]
    return _problem(request, 422, "malformed", "; ".join(wrong)[:500])


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, failure: Any) -> HttpResponse:
    """Say why a body could not be read: the parser's own words, which ninja keeps as the cause."""
    return _problem(request, 422, "malformed", str(failure.__cause__ or failure)[:500])


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, _failure: Any) -> HttpResponse:
    return _problem(request, 422, "malformed", f"At most {BODY_BYTES_MAX} bytes.")


def _problem(
    request: HttpRequest, status: int, rule: str, detail: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    response = api.create_response(request, {"rule": rule, "detail": detail}, status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def _run(command: Any) -> Any:
    """Carry out an operation; return its outcome, or the refusal as an answer of its own."""
    try:
        outcome = command(CLOCK.now())
    except VersionConflict:
        outcome = Refusal(rule="too_late", detail="Somebody changed this at the same moment.")
    except Unreachable:
        outcome = Refusal(rule="unreachable", detail="Nothing was recorded. Try again.")
    if not isinstance(outcome, Refusal):
        return outcome
    status = 404 if outcome.rule == "incident_unknown" else status_of(outcome)
    return Status(status, {"rule": outcome.rule, "detail": outcome.detail})


def _page(rows: QuerySet[Any], page: int, per_page: int) -> dict[str, Any]:
    first = (page - 1) * per_page
    return {"items": list(rows[first : first + per_page]), "count": rows.count(), "page": page}


def _one(rows: QuerySet[Any], pk: UUID) -> Any:
    row = rows.filter(id=pk).first()
    if row is None:
        raise Http404
    return row


api.add_router("/data", opened.router)

# --- the token itself ----------------------------------------------------------------------------------------


@api.get("/me", response={200: shapes.Me, 401: shapes.Problem}, tags=["token"])
def me(request: HttpRequest) -> ApiToken:
    """Say which token asks, and what it may."""
    return token_of(request)


# --- incidents -------------------------------------------------------------------------------------------------


@api.get(
    "/incidents", response={200: shapes.IncidentPage, **Refused}, auth=Bearer("incidents:read"), tags=["incidents"]
)
def list_incidents(
    request: HttpRequest,
    state: str | None = Query(None, pattern="^(open|closed|merged)$"),
    kind: str | None = Query(None, max_length=40),
    zone_id: str | None = Query(None, max_length=64),
    since: datetime | None = None,
    until: datetime | None = None,
    test: bool | None = None,
    page: shapes.Page = 1,
    per_page: shapes.PerPage = 50,
) -> dict[str, Any]:
    """List incidents, newest first. `since` and `until` bound when they opened."""
    rows = Incident.objects.order_by("-opened_at", "-id")
    if zone_id is not None:  # an answer by zone says where: it needs the scope, and leaves personal calls out
        need(request, PLACES)
        rows = rows.filter(personal_device=None)
    wanted = {"state": state, "kind": _clean(kind), "zone_id": _clean(zone_id), "test": test}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if since is not None:
        rows = rows.filter(opened_at__gte=_utc(since))
    if until is not None:
        rows = rows.filter(opened_at__lt=_utc(until))
    found = _page(rows, page, per_page)
    return found | {"items": [disclosed.incident(token_of(request), row) for row in found["items"]]}


def _clean(text: str | None) -> str | None:
    """PostgreSQL keeps no NUL: a filter holding one matches nothing."""
    return text if text is None or "\x00" not in text else "�"


def _utc(when: datetime) -> datetime:
    """Return an instant in UTC: PostgreSQL refuses offsets beyond 16 hours, which RFC 3339 can spell."""
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:  # the first or the last day a calendar has
        return when.replace(tzinfo=UTC)


@api.get(
    "/incidents/{uuid:pk}",
    response={200: shapes.IncidentOut, **Refused},
    auth=Bearer("incidents:read"),
    tags=["incidents"],
)
def read_incident(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Read one incident."""
    return disclosed.incident(token_of(request), _one(Incident.objects.all(), pk))


@api.post(
    "/incidents/{uuid:pk}/climb",
    response={200: shapes.IncidentOut, **Refused, **AWAY},
    auth=Bearer("incidents:act"),
    tags=["incidents"],
)
def climb(request: HttpRequest, pk: UUID, said: shapes.ClimbIn) -> Any:
    """Say that the partner saw, acknowledged or acts. 409 when somebody already did."""
    by = partner(token_of(request))
    refused = _run(lambda now: incidents.climb(store(), pk, said.rung, by, now))
    return refused if isinstance(refused, Status) else read_incident(request, pk)


@api.post(
    "/incidents/{uuid:pk}/notes",
    response={200: shapes.NoteOut, **Refused, **AWAY},
    auth=Bearer("incidents:act"),
    tags=["incidents"],
)
def note(request: HttpRequest, pk: UUID, said: shapes.NoteIn) -> Any:
    """Write a note, a call-back or a hand-off on an incident."""
    by = partner(token_of(request))
    return _run(lambda now: incidents.write_note(store(), pk, said.kind, said.body, by, now))


@api.post(
    "/incidents/{uuid:pk}/close",
    response={200: shapes.IncidentOut, **Refused, **AWAY},
    auth=Bearer("incidents:act"),
    tags=["incidents"],
)
def close(request: HttpRequest, pk: UUID, said: shapes.CloseIn) -> Any:
    """Close an incident with an outcome. Its drone comes home."""
    by = partner(token_of(request))
    refused = _run(lambda now: incidents.close(store(), pk, said.outcome, by, now))
    return refused if isinstance(refused, Status) else read_incident(request, pk)


# --- missions, devices, observations ------------------------------------------------------------------------------


@api.get("/missions", response={200: shapes.MissionPage, **Refused}, auth=Bearer("missions:read"), tags=["missions"])
def list_missions(
    request: HttpRequest,
    incident_id: UUID | None = None,
    state: str | None = Query(None, pattern="^(offered|accepted|flying|ended)$"),
    page: shapes.Page = 1,
    per_page: shapes.PerPage = 50,
) -> dict[str, Any]:
    """List missions, newest first."""
    rows = Mission.objects.order_by("-offered_at", "-id")
    wanted = {"incident_id": incident_id, "state": state}
    return _page(rows.filter(**{name: value for name, value in wanted.items() if value is not None}), page, per_page)


@api.get(
    "/missions/{uuid:pk}", response={200: shapes.MissionOut, **Refused}, auth=Bearer("missions:read"), tags=["missions"]
)
def read_mission(request: HttpRequest, pk: UUID) -> Mission:
    """Read one mission."""
    return _one(Mission.objects.all(), pk)


@api.get("/devices", response={200: shapes.DevicePage, **Refused}, auth=Bearer("devices:read"), tags=["devices"])
def list_devices(
    request: HttpRequest,
    deaf: bool | None = None,
    zone_id: str | None = Query(None, max_length=64),
    page: shapes.Page = 1,
    per_page: shapes.PerPage = 50,
) -> dict[str, Any]:
    """List buttons in service with their last sign of life, by id."""
    rows = Device.objects.select_related("health").filter(retired_at=None).exclude(transport=WEB).order_by("id")
    if deaf is not None:
        rows = rows.filter(health__deaf=deaf)
    if zone_id is not None:
        rows = rows.filter(kind="post", zone_id=_clean(zone_id))
    found = _page(rows, page, per_page)
    return found | {"items": [_device(row) for row in found["items"]]}


def _device(row: Device) -> dict[str, Any]:
    health = getattr(row, "health", None)
    post = row.kind == "post"
    return {
        "id": row.id,
        "kind": row.kind,
        "transport": row.transport,
        "label": row.label if post else "",
        "zone_id": row.zone_id if post else None,
        "lon": row.lon if post else None,
        "lat": row.lat if post else None,
        **{
            name: getattr(health, name, None)
            for name in ("heartbeat_at", "battery_pct", "rssi_dbm", "firmware", "deaf")
        },
    }


@api.get(
    "/observations",
    response={200: shapes.ObservationPage, **Refused},
    auth=Bearer("observations:read"),
    tags=["observations"],
)
def list_observations(
    request: HttpRequest, incident_id: UUID | None = None, page: shapes.Page = 1, per_page: shapes.PerPage = 50
) -> dict[str, Any]:
    """List what pilots saw, newest first."""
    rows = Observation.objects.order_by("-observed_at", "-id")
    found = _page(rows if incident_id is None else rows.filter(incident_id=incident_id), page, per_page)
    return found | {"items": [disclosed.observation(token_of(request), row) for row in found["items"]]}


# --- signals in -----------------------------------------------------------------------------------------------------


@api.post(
    "/signals",
    response={200: shapes.SignalOut, 201: shapes.SignalOut, **Refused, **AWAY},
    auth=Bearer("signals:write"),
    tags=["signals"],
)
def send_signal(request: HttpRequest, said: shapes.SignalIn) -> Any:
    """Send a call for help of one of the token's own buttons. 201 means committed; 200, the same call again."""
    row = token_of(request)
    if said.device not in row.devices:
        return Status(403, {"rule": "device_not_yours", "detail": "This token does not speak for that button."})
    position = None
    if said.position is not None:
        position = StatedPosition(lon=said.position.lon, lat=said.position.lat, accuracy_m=said.position.accuracy_m)
    pressed = Press(
        device=said.device,
        boot_id=said.boot_id,
        seq=said.seq,
        kind=said.kind,
        claimed_time=None if said.claimed_time is None else _utc(said.claimed_time),
        position=position,
    )
    answer = _run(lambda now: _take(pressed, now))
    if isinstance(answer, Status):
        return answer
    told = {
        "lamp": "lit",
        "signal_id": answer.signal_id,
        "incident_id": answer.incident_id,
        "duplicate": answer.duplicate,
        "seen": answer.seen,
    }
    return Status(200 if answer.duplicate else 201, told)


def _take(pressed: Press, now: datetime) -> Any:
    with store().cursor() as cursor:
        middle = middle_of(cursor) or NOWHERE
    answer = intake.take(store(), [Received(pressed, now)], Ground(middle, exercise=settings.EXERCISE), now)[0]
    return answer if answer.lit else Refusal(rule=answer.refused or "unknown_device", detail="No such button.")


# --- webhooks ---------------------------------------------------------------------------------------------------------


@api.get(
    "/webhooks", response={200: list[shapes.WebhookOut], **Refused}, auth=Bearer("webhooks:manage"), tags=["webhooks"]
)
def list_webhooks(request: HttpRequest) -> list[WebhookEndpoint]:
    """List the webhooks this token made."""
    return list(_own(request))


@api.post(
    "/webhooks",
    response={201: shapes.WebhookMade, **Refused},
    auth=Bearer("webhooks:manage"),
    tags=["webhooks"],
)
def make_webhook(request: HttpRequest, said: shapes.WebhookIn) -> Any:
    """Ask to be told of events. The signing secret is in this answer and in no other."""
    row = token_of(request)
    if _own(request).count() >= hooks.PER_PARTNER_MAX:
        return Status(409, {"rule": "too_many_webhooks", "detail": f"At most {hooks.PER_PARTNER_MAX} a token."})
    made = hooks.create(said.name, said.url, sorted(set(said.events)), by=owner(row))
    if isinstance(made, Refusal):
        return Status(409, {"rule": made.rule, "detail": made.detail})
    endpoint, secret = made
    return Status(
        201,
        {
            "id": endpoint.pk,
            "name": endpoint.name,
            "url": endpoint.url,
            "events": endpoint.events,
            "disabled_at": None,
            "secret": secret,
        },
    )


@api.delete("/webhooks/{int:pk}", response={204: None, **Refused}, auth=Bearer("webhooks:manage"), tags=["webhooks"])
def drop_webhook(request: HttpRequest, pk: int) -> Any:
    """Stop a webhook this token made."""
    if pk > 2**63 - 1 or not _own(request).filter(pk=pk).delete()[0]:
        raise Http404
    return Status(204, None)


def _own(request: HttpRequest) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(created_by_name=owner(token_of(request)))
