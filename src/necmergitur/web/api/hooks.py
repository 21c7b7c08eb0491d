"""Webhook endpoints as rows: made by an administrator or a partner's token, their secret sealed."""

import json
import os

from django.utils import timezone

from necmergitur.adapters import webhooks
from necmergitur.adapters.outward import Policy
from necmergitur.adapters.webhooks import EVENTS, PING
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.api.models import WebhookDelivery, WebhookEndpoint
from necmergitur.web.store import CLOCK, store

PER_PARTNER_MAX = 10
EVENT_NAMES = tuple(EVENTS.values())


def policy() -> Policy:
    """Return whether events may go to private addresses (a test bench, a partner on the same network)."""
    return "private" if os.environ.get("NEC_WEBHOOK_PRIVATE", "") in {"1", "true", "yes", "on"} else "public"


def create(name: str, url: str, events: list[str], *, by: str) -> tuple[WebhookEndpoint, str] | Refusal:
    """Make an endpoint; return it with its secret, which is shown once."""
    wrong = webhooks.check_url(url, policy())
    if wrong is not None:
        return wrong
    secret = webhooks.new_secret()
    row = WebhookEndpoint.objects.create(
        name=name, url=url, secret_sealed=webhooks.seal_secret(_seal(), secret), events=events, created_by_name=by
    )
    return row, secret


def renew(row: WebhookEndpoint) -> str:
    """Give an endpoint a new secret, switch it on again, and return the secret once."""
    secret = webhooks.new_secret()
    row.secret_sealed = webhooks.seal_secret(_seal(), secret)
    row.disabled_at, row.disabled_reason = None, ""
    row.save(update_fields=["secret_sealed", "disabled_at", "disabled_reason"])
    return secret


def ping(row: WebhookEndpoint) -> WebhookDelivery:
    """Queue an event that means nothing, to try the way."""
    now = CLOCK.now()
    body = {"type": PING, "timestamp": now.isoformat(), "data": {"name": row.name}}
    return WebhookDelivery.objects.create(
        endpoint=row,
        event_id=f"msg_{store().ids.new().hex}",
        kind=PING,
        body=json.dumps(body, separators=(",", ":"), sort_keys=True),
        due_at=now,
        created_at=timezone.now(),
    )


def _seal() -> bytes:
    return bytes.fromhex(os.environ["NEC_SECRET_SEAL"])
