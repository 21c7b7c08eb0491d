"""Webhooks: signed as the standard says, sent nowhere private, retried, never followed elsewhere."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from standardwebhooks import Webhook

from necmergitur.adapters import outward, webhooks
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.webhooks import Delivered, Endpoint, Event, Webhooks, check_url, deliver
from necmergitur.kernel.refusal import Refusal

SEAL = b"\x07" * 32
NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)
EVENT = Event(id="msg_1", body='{"type":"ping"}')


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class Partner:
    """A partner's server on this machine, and what it was sent."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers = 204, {}
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                partner.got.append((dict(self.headers), body))
                self.send_response(partner.status)
                for name, value in partner.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A listening partner."""
    made = Partner()
    yield made
    made.server.shutdown()
    made.server.server_close()


def rule(outcome: Delivered | Refusal) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.rule


def send(url: str, policy: outward.Policy = "private") -> Delivered | Refusal:
    return deliver(Endpoint(url=url, secret=webhooks.new_secret()), EVENT, datetime.now(UTC), policy)


# --- signing ----------------------------------------------------------------------------------------------------


def test_a_partner_can_verify_what_it_gets(partner: Partner) -> None:
    secret = webhooks.new_secret()
    assert deliver(Endpoint(url=partner.url, secret=secret), EVENT, datetime.now(UTC), "private") == Delivered(204)
    headers, body = partner.got[0]
    assert Webhook(secret).verify(body, headers) == {"type": "ping"}
    with pytest.raises(Exception, match="signature"):
        Webhook(webhooks.new_secret()).verify(body, headers)


def test_the_signature_is_hmac_sha256_over_id_time_and_body(partner: Partner) -> None:
    secret = webhooks.new_secret()
    deliver(Endpoint(url=partner.url, secret=secret), EVENT, NOW, "private")
    headers, body = partner.got[0]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = hmac.new(key, f"msg_1.{int(NOW.timestamp())}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()
    assert len(key) == 32


def test_the_lines_of_the_manual_verify_what_a_partner_gets_and_nothing_else(partner: Partner) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "how-to" / "partners.md").read_text()
    lines: dict[str, Any] = {}
    exec(manual.split("```python\n")[1].split("```")[0], lines)
    secret = webhooks.new_secret()
    for at in (datetime.now(UTC), datetime.now(UTC) - timedelta(minutes=6)):
        deliver(Endpoint(url=partner.url, secret=secret), EVENT, at, "private")
    (headers, body), (old_headers, old_body) = partner.got
    verified = lines["verified"]
    assert verified(secret, headers, body.encode() if isinstance(body, str) else body)
    assert not verified(webhooks.new_secret(), headers, body)
    assert not verified(secret, headers, body + b" ")
    assert not verified(secret, old_headers, old_body)


def test_a_secret_is_sealed_and_opens_only_under_its_seal() -> None:
    secret = webhooks.new_secret()
    sealed = webhooks.seal_secret(SEAL, secret)
    assert secret.encode() not in sealed
    assert webhooks.open_secret(SEAL, sealed) == secret
    assert webhooks.open_secret(b"\x08" * 32, sealed) is None
    assert webhooks.open_secret(SEAL, sealed[:-1] + b"\x00") is None
    assert webhooks.open_secret(SEAL, b"") is None


# --- where to ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://192.168.1.1/", "https://169.254.169.254/",
     "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/", "https://100.64.0.1/",
     "https://224.0.0.1/", "https://2130706433/", "https://[2002:7f00:1::]/"],
)  # fmt: skip
def test_no_event_goes_to_a_private_address_unless_allowed(url: str) -> None:
    assert rule(send(url, "public")) in {"address_not_allowed", "host_unknown"}


def test_a_planted_private_address_would_be_reached_without_the_guard(partner: Partner) -> None:
    assert isinstance(send(partner.url, "private"), Delivered)
    assert rule(send(partner.url.replace("http:", "https:"), "public")) == "address_not_allowed"
    assert len(partner.got) == 1


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://partner.example/", "url_not_https"),
        ("ftp://partner.example/", "url_not_https"),
        ("https://user:pass@partner.example/", "url_malformed"),
        ("https://", "url_malformed"),
        ("partner.example", "url_malformed"),
        ("https://partner.example:99999/", "url_malformed"),
        ("https://partner.example/#x", "url_malformed"),
        ("https://partner.example/" + "x" * 600, "url_malformed"),
        ("https://partner.example/hook?key=1", None),
    ],
)
def test_an_address_is_checked_before_it_is_kept(url: str, wanted: str | None) -> None:
    found = check_url(url, "public")
    assert (None if found is None else found.rule) == wanted


def test_a_redirect_is_not_followed(partner: Partner) -> None:
    partner.status, partner.headers = 307, {"Location": partner.url + "/elsewhere"}
    outcome = send(partner.url)
    assert isinstance(outcome, Refusal)
    assert (outcome.rule, outcome.detail) == ("not_taken", "HTTP 307")
    assert len(partner.got) == 1


def test_a_closed_door_and_an_unknown_name_are_refusals() -> None:
    assert rule(send("http://127.0.0.1:9/")) == "no_answer"
    assert rule(send("http://no-such-name.invalid/")) == "host_unknown"


def test_a_partner_that_never_answers_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(outward, "READ_TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert rule(send(f"http://127.0.0.1:{silent.getsockname()[1]}/")) == "no_answer"


def test_a_certificate_nobody_vouches_for_is_refused(partner: Partner, tmp_path: Any) -> None:
    files = CityAuthority.open(tmp_path).ensure_server(["localhost", "127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    partner.server.socket = context.wrap_socket(partner.server.socket, server_side=True)
    assert rule(send(partner.url.replace("http:", "https:"))) == "no_answer"
    assert partner.got == []


# --- deliveries ----------------------------------------------------------------------------------------------------


@pytest.fixture
def hooks(database: str) -> Iterator[tuple[Webhooks, Clock, Callable[..., list[Any]]]]:
    """Webhooks over a real database, a clock to move, and a way to look."""
    over, clock = PostgresStore(database, connections_max=2), Clock()

    def look(statement: str, *parameters: object) -> list[Any]:
        with psycopg.connect(database, autocommit=True) as opened:
            cursor = opened.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    yield Webhooks(over, clock, SEAL, "private"), clock, look
    over.close()


def listening(look: Callable[..., list[Any]], url: str, events: list[str], secret: str | None = None) -> int:
    sealed = webhooks.seal_secret(SEAL, secret or webhooks.new_secret())
    return look(
        "INSERT INTO webhook_endpoint (name, url, secret_sealed, events, created_by_name, created_at, disabled_reason)"
        " VALUES ('x', %s, %s, %s, 'x', now(), '') RETURNING id",
        url, sealed, events,
    )[0][0]  # fmt: skip


def test_an_effect_goes_to_each_partner_that_asked_for_it(hooks: Any, partner: Partner) -> None:
    out, _clock, look = hooks
    secret = webhooks.new_secret()
    listening(look, partner.url, ["incident.opened"], secret)
    listening(look, partner.url + "/other", ["incident.handed_off"])
    out.fan_out("incident_opened", {"incident_id": "i", "number": "2026-0001", "kind": "sos"}, "effect-1")
    assert out.deliver_due() == 1
    headers, body = partner.got[0]
    said = Webhook(secret).verify(body, headers)
    assert (said["type"], said["data"]["number"]) == ("incident.opened", "2026-0001")
    assert out.deliver_due() == 0
    assert look("SELECT status, error FROM webhook_delivery WHERE done_at IS NOT NULL") == [(204, "")]


def test_a_failure_is_tried_again_later_under_the_same_id_and_then_given_up(hooks: Any, partner: Partner) -> None:
    out, clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    partner.status = 500
    out.fan_out("incident_opened", {"number": "1"}, "effect-2")
    assert out.deliver_due() == 1
    assert out.deliver_due() == 0
    for _each in range(webhooks.ATTEMPTS_MAX + 3):
        clock.at += webhooks.RETRY_MAX + timedelta(seconds=1)
        out.deliver_due()
    assert len(partner.got) == webhooks.ATTEMPTS_MAX
    assert len({headers["webhook-id"] for headers, _body in partner.got}) == 1
    assert look("SELECT attempts, status FROM webhook_delivery WHERE done_at IS NOT NULL") == [
        (webhooks.ATTEMPTS_MAX, 500)
    ]


def test_a_partner_that_was_away_for_a_day_still_gets_its_event(hooks: Any, partner: Partner) -> None:
    out, clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    partner.status = 503
    out.fan_out("incident_opened", {"number": "1"}, "effect-away")
    out.deliver_due()
    gone_at = clock.at
    while clock.at < gone_at + timedelta(days=1):
        clock.at += timedelta(minutes=10)
        out.deliver_due()
    partner.status = 204
    clock.at += webhooks.RETRY_MAX
    out.deliver_due()
    assert look("SELECT status FROM webhook_delivery WHERE done_at IS NOT NULL") == [(204,)]


def test_a_partner_that_is_gone_is_switched_off(hooks: Any, partner: Partner) -> None:
    out, clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    partner.status = 410
    out.fan_out("incident_opened", {"number": "1"}, "effect-3")
    out.deliver_due()
    assert look("SELECT disabled_reason FROM webhook_endpoint WHERE disabled_at IS NOT NULL") == [("410 Gone",)]
    out.fan_out("incident_opened", {"number": "2"}, "effect-4")
    clock.at += timedelta(days=1)
    assert out.deliver_due() == 0
    assert len(partner.got) == 1


def test_two_workers_never_send_the_same_delivery(hooks: Any, partner: Partner, database: str) -> None:
    out, clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    for number in range(6):
        out.fan_out("incident_opened", {"number": str(number)}, f"effect-{number}")
    other_store = PostgresStore(database, connections_max=2)
    other = Webhooks(other_store, clock, SEAL, "private")
    threads = [threading.Thread(target=each.deliver_due) for each in (out, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other_store.close()
    sent = [json.loads(body)["data"]["number"] for _headers, body in partner.got]
    assert sorted(sent) == [str(number) for number in range(6)]


def test_a_secret_nobody_can_open_stops_only_its_own_partner(hooks: Any, partner: Partner) -> None:
    out, _clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    lost = listening(look, partner.url + "/lost", ["incident.opened"])
    look("UPDATE webhook_endpoint SET secret_sealed = 'x' WHERE id = %s", lost)
    out.fan_out("incident_opened", {"number": "1"}, "effect-6")
    assert out.deliver_due() == 2
    assert len(partner.got) == 1
    assert look("SELECT error FROM webhook_delivery WHERE done_at IS NULL") == [("secret_unreadable",)]


def test_what_was_sent_long_ago_is_forgotten(hooks: Any, partner: Partner) -> None:
    out, clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    out.fan_out("incident_opened", {"number": "1"}, "effect-7")
    out.deliver_due()
    assert out.forget_old() == 0
    clock.at += webhooks.KEPT + timedelta(days=1)
    assert out.forget_old() == 1
    assert look("SELECT count(*) FROM webhook_delivery") == [(0,)]


def test_the_same_effect_carried_out_twice_is_one_message(hooks: Any, partner: Partner) -> None:
    out, _clock, look = hooks
    listening(look, partner.url, ["incident.opened"])
    for _ in range(2):  # a worker that died between the two marks
        out.fan_out("incident_opened", {"number": "1"}, "incident_opened:1")
    assert out.deliver_due() == 1
    assert partner.got[0][0]["webhook-id"] == webhooks.message_id("incident_opened:1")


@pytest.fixture
def dripping() -> Iterator[str]:
    """A partner that answers one byte a tenth of a second, for ever: no single read is ever slow."""
    listener = socket.create_server(("127.0.0.1", 0))

    def drip(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            while True:
                line.sendall(b"H")
                time.sleep(0.1)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_partner_that_drips_is_cut_off_and_delays_nobody_else(
    hooks: Any, partner: Partner, dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _clock, look = hooks
    monkeypatch.setattr(webhooks, "DELIVERY_S_MAX", 2.0)
    listening(look, dripping, ["incident.opened"])
    listening(look, partner.url, ["incident.opened"])
    out.fan_out("incident_opened", {"number": "1"}, "incident_opened:1")
    began = time.monotonic()
    assert out.begin_due() == 2
    # Not only heard by the partner: noted by us, which frees it for its next.
    while not look("SELECT 1 FROM webhook_delivery WHERE status = 204"):
        assert time.monotonic() - began < 1.5
        time.sleep(0.01)
    while len(out._busy) > 1:
        time.sleep(0.01)
    out.fan_out("incident_opened", {"number": "2"}, "incident_opened:2")
    assert out.deliver_due() == 1, "the slow partner is still being served: only the other gets its second"
    while not look("SELECT 1 FROM webhook_delivery WHERE error LIKE 'no_answer%%'"):
        assert time.monotonic() - began < 6
        time.sleep(0.05)
