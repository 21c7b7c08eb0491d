"""SIA DC-09 (and Contact ID over it): alarm panels call over TCP and are answered only after our commit.

`pysiaalarm` reads the content, checks the CRC, decrypts and writes answers; its server is not used, because
it answers before anybody has kept the event. Keys are AES keys in hexadecimal, as panels are given them.
"""

import asyncio
import contextlib
import functools
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec
import structlog
from pysiaalarm.account import SIAAccount
from pysiaalarm.data.sia_codes import SIA_CODES
from pysiaalarm.event import BaseEvent, OHEvent, SIAEvent

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.constants import (
    DC09_CONNECTIONS_MAX,
    DC09_LINE_BYTES_MAX,
    DC09_SILENCE_S_MAX,
    DC09_TAKE_S_MAX,
)
from necmergitur.kernel.clock import Clock
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.press import Kind

log = structlog.get_logger(__name__)

# SIA DC-03 event codes of somebody calling; Contact ID events are mapped onto the same codes by the library.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "PA": "sos",  # panic
        "QA": "sos",  # emergency
        "HA": "violence",  # hold-up, or a person under duress
        "MA": "medical",
        "FA": "fire",
        "KA": "fire",  # heat
        "SA": "fire",  # sprinkler
        "GA": "fire",  # gas: the same people go
        "RX": "test",  # a person tests the panel
        "TX": "test",
    }
)
# Any other alarm is for a human to look at; YN is the library's word for a Contact ID event it does not know.
_OTHER_ALARMS = frozenset({"YN", "UA"} | {code for code, known in SIA_CODES.items() if known.type.endswith(" Alarm")})
# Where the account stands in a line whose content cannot be read: it is never encrypted (DC-09 5.5.1.6).
_HEAD = re.compile(
    r'[0-9A-F]{8}"\*?(?:SIA-DCS|ADM-CID|NULL)"(?P<sequence>[0-9]{4})(?:R[0-9A-F]{1,6})?L[0-9A-F]{1,6}'
    r"#(?P<account>[0-9A-F]{3,16})\[",
    re.IGNORECASE,
)
_AES_KEY_BYTES = frozenset({16, 24, 32})
_CRC_DIGITS = 4
_HEADER_DIGITS = 8
_HOUR_S = 3_600


class Line(msgspec.Struct, frozen=True):
    """One line as understood: what it says, and the bytes that acknowledge it."""

    says: Call | Sign
    acknowledgement: bytes


Take = Callable[[str, Call | Sign], Awaitable[bool]]


def read_line(line: bytes, received_at: datetime, keys: Mapping[str, str] = MappingProxyType({})) -> Line | Refusal:
    """Read one line without its LF and CR. A damaged one is refused unanswered: the panel repeats it.

    A line whose checksum holds but whose content makes no sense, is encrypted with a key we do not have, or is
    plain where a key was agreed, is a `possible_press`: a human looks (promise 3).
    """
    if len(line) > DC09_LINE_BYTES_MAX:
        return Refusal(rule="alarm_too_long", detail=f"{len(line)} bytes; at most {DC09_LINE_BYTES_MAX}.")
    try:
        text = line.decode("ascii").strip("\r\n")
    except UnicodeDecodeError:
        return Refusal(rule="alarm_unreadable", detail="Not ASCII.")
    head = _HEAD.match(text)
    if head is None:
        return Refusal(rule="alarm_unreadable", detail="Not a DC-09 line that names an account.")
    if not _is_whole(text):
        return Refusal(rule="alarm_damaged", detail="The checksum or the length does not hold.")
    account = head["account"].upper()
    key = keys.get(account)
    event = _event(text, account, key)
    if event is None or (key is not None and not event.encrypted):
        event = _bare(text, head)
        says: Call | Sign = _call(account, event, "possible_press", received_at, unread=text)
    else:
        says = _meaning(account, event, received_at)
    return Line(says, _acknowledgement(event, account, key if event.encrypted else None))


def _is_whole(text: str) -> bool:
    body = text[_HEADER_DIGITS:]
    # The library computes the checksum but compares the length in the wrong base, so that is done here.
    return (
        int(text[_CRC_DIGITS:_HEADER_DIGITS], 16) == len(body)
        and BaseEvent._crc_calc(body) == text[:_CRC_DIGITS].upper()  # noqa: SLF001 - the library's own checksum
    )


def _event(text: str, account: str, key: str | None) -> SIAEvent | None:
    """Return the library's reading, None when it has none. Its parser raises whatever its input provokes."""
    accounts = {account: _account(account, key)}
    try:
        event = SIAEvent.from_line(text[:_HEADER_DIGITS] + _account_in_capitals(text[_HEADER_DIGITS:]), accounts)
    except Exception:  # noqa: BLE001 - bytes from outside, a parser with known holes: IndexError, ValueError, ...
        return None
    return None if isinstance(event, OHEvent) or not isinstance(event, SIAEvent) else event


def _account(account: str, key: str | None) -> SIAAccount:
    # Without a time band: a panel whose clock is wrong still calls (promise 3), and its press is flagged.
    known = SIAAccount(account, allowed_timeband=None)
    # The library would take the digits themselves for the key.
    known.key_b = None if key is None else bytes.fromhex(key)
    return known


def _account_in_capitals(body: str) -> str:
    start = body.index("#") + 1
    end = body.index("[", start)
    return body[:start] + body[start:end].upper() + body[end:]


def _bare(text: str, head: re.Match[str]) -> SIAEvent:
    """Return an event that can be acknowledged though its content says nothing to us."""
    receiver = re.search(r"R[0-9A-Fa-f]{1,6}(?=L)", text[: head.end()])
    line = re.search(r"L[0-9A-Fa-f]{1,6}(?=#)", text[: head.end()])
    event = SIAEvent(encrypted=False, sequence=head["sequence"], account=head["account"])
    event.receiver = receiver[0] if receiver else ""
    event.line = line[0] if line else "L0"
    return event


def _meaning(account: str, event: SIAEvent, received_at: datetime) -> Call | Sign:
    code = (event.code or "").upper()
    kind = KINDS.get(code)
    if kind is None and (code in _OTHER_ALARMS or not code) and event.event_qualifier != "3":  # 3: a restoral
        kind = "possible_press"
    if kind is None:
        return Sign(external_key=account, code=code)
    return _call(account, event, kind, received_at)


def _call(account: str, event: SIAEvent, kind: Kind, received_at: datetime, unread: str = "") -> Call:
    """Name the call so that a repeated line is the same call and a new event never is.

    A repeat keeps its sequence number, which returns to 0001 after 9999 events or a restart; with the hour and
    what the event says, two calls share a name only if the panel restarted and says the same within the hour.
    """
    said = unread[_HEADER_DIGITS:] or f"{event.code}|{event.ri}|{event.id}|{event.partition}|{event.message}"
    return Call(
        external_key=account,
        kind=kind,
        boot_id=int(received_at.timestamp()) // _HOUR_S,
        seq=int(event.sequence or 0) << 32 | zlib.crc32(said.encode()),
        claimed_time=event.timestamp.astimezone(UTC) if isinstance(event.timestamp, datetime) else None,
    )


def _acknowledgement(event: SIAEvent, account: str, key: str | None) -> bytes:
    event.sia_account = _account(account, key)
    # An acknowledgement of ours means "kept", whatever the code: we never answer DUH or NAK to a call.
    event.sia_code = event.sia_code or SIA_CODES["PA"]
    event.msg_crc = event.calc_crc
    event.receiver = event.receiver or ""
    event.extended_data = None
    return bytes(event.create_response())


async def serve_dc09(
    host: str, port: int, take: Take, *, clock: Clock, keys: Mapping[str, str] = MappingProxyType({})
) -> asyncio.Server:
    """Listen for panels. `take(account, what)` keeps it and returns True, or the panel hears nothing and repeats.

    `keys` are AES keys by account: 32, 48 or 64 hexadecimal digits. Raises ValueError for a key that is none,
    OSError when the port is taken.
    """
    for account, key in keys.items():
        if len(bytes.fromhex(key)) not in _AES_KEY_BYTES:
            raise ValueError(f"the key of account {account} is not 32, 48 or 64 hexadecimal digits")
    held: dict[asyncio.StreamWriter, float] = {}  # when each last said something

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(held) >= DC09_CONNECTIONS_MAX:
            _hang_up_on_the_idlest(held)
        spoke = functools.partial(_note, held, writer)
        spoke()
        try:
            await _listen(reader, writer, take, clock, keys, spoke)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a panel that left, fell silent or talks too much: it comes back by itself
        finally:
            held.pop(writer, None)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    return await asyncio.start_server(serve, host, port, limit=DC09_LINE_BYTES_MAX)


def _note(held: dict[asyncio.StreamWriter, float], writer: asyncio.StreamWriter) -> None:
    held[writer] = asyncio.get_running_loop().time()


def _hang_up_on_the_idlest(held: dict[asyncio.StreamWriter, float]) -> None:
    """Make room for a newcomer: whoever holds most connections loses the one that has been silent longest.

    So one address that opens connections and says nothing shuts nobody out; a panel comes back by itself.
    """
    by_address: dict[str, list[asyncio.StreamWriter]] = {}
    for writer in held:
        by_address.setdefault(str((writer.get_extra_info("peername") or ("",))[0]), []).append(writer)
    crowd = max(by_address.values(), key=len)
    idlest = min(crowd, key=held.__getitem__)
    log.warning("alarm_panels_too_many", connections=len(held), from_one_address=len(crowd))
    del held[idlest]
    idlest.transport.abort()


async def _listen(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    take: Take,
    clock: Clock,
    keys: Mapping[str, str],
    spoke: Callable[[], None],
) -> None:
    while True:  # until the panel leaves or falls silent
        async with asyncio.timeout(DC09_SILENCE_S_MAX):
            raw = await reader.readuntil(b"\r")
        line = read_line(raw.strip(b"\r\n"), clock.now(), keys)
        if isinstance(line, Refusal):
            log.warning("alarm_refused", rule=line.rule, size=len(raw))
            continue
        spoke()
        if await _is_kept(take, line.says):
            writer.write(line.acknowledgement)
            await writer.drain()


async def _is_kept(take: Take, says: Call | Sign) -> bool:
    try:
        async with asyncio.timeout(DC09_TAKE_S_MAX):
            return await take(says.external_key, says) is True
    except TimeoutError:
        log.error("alarm_not_kept_in_time")  # noqa: TRY400 - the trace says nothing
    except Exception:
        log.exception("alarm_not_kept")
    return False
