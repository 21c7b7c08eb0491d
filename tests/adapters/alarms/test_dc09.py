"""Alarm panels, played by an independent implementation of the standard (the `siadc09` package)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09.account import Account
from siadc09.admcid import parse_admcid
from siadc09.message import AckMessage, EventMessage, NullMessage, parse_frame
from siadc09.siadcs import parse_siadcs

from necmergitur.adapters.alarms import dc09
from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.constants import DC09_LINE_BYTES_MAX
from necmergitur.adapters.alarms.dc09 import read_line, serve_dc09
from necmergitur.kernel.refusal import Refusal

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
KEY = "850cba22f7dd4f033405da83e4c5bae9"
KEYS = {"123A": KEY}


def panel(
    content: str, *, kind: str = "SIA-DCS", seq: int = 7, key: str | None = None, at: datetime | None = None
) -> bytes:
    """What a panel of account 123A sends."""
    account = Account(acct=0x123A, key=key)
    if kind == "NULL":
        return bytes(NullMessage(account, seqno=seq).encode())
    data = (parse_siadcs if kind == "SIA-DCS" else parse_admcid)(content.encode())
    return bytes(EventMessage(account, {"idtoken": kind, "seqno": seq, "data": data, "timestamp": at}).encode())


def resealed(body: bytes) -> bytes:
    """Any body under a checksum and a length that hold."""
    from siadc09.util import crc

    return b"%04X%04X%s" % (crc(body), len(body), body)


def says(frame: bytes, keys: dict[str, str] | None = None, now: datetime = NOW) -> Call | Sign:
    line = read_line(frame.strip(b"\r\n"), now, keys or {})
    assert not isinstance(line, Refusal), line
    return line.says


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    ("kind", "content", "call"),
    [
        ("SIA-DCS", "#123A|Nri1/PA99", "sos"),
        ("SIA-DCS", "#123A|NQA1", "sos"),
        ("SIA-DCS", "#123A|NMA1", "medical"),
        ("SIA-DCS", "#123A|NFA129", "fire"),
        ("SIA-DCS", "#123A|NHA1", "violence"),
        ("SIA-DCS", "#123A|NRX1", "test"),
        ("SIA-DCS", "#123A|NBA1", "possible_press"),
        ("ADM-CID", "#123A|1120 00 005", "sos"),
        ("ADM-CID", "#123A|1100 00 005", "medical"),
        ("ADM-CID", "#123A|1110 00 005", "fire"),
        ("ADM-CID", "#123A|1121 00 005", "violence"),
        ("ADM-CID", "#123A|1999 00 005", "possible_press"),
    ],
)
def test_every_alarm_of_a_panel_is_a_call(kind: str, content: str, call: str, key: str | None) -> None:
    said = says(panel(content, kind=kind, key=key), KEYS if key else None)
    assert isinstance(said, Call)
    assert (said.external_key, said.kind) == ("123A", call)
    assert said.press("post-9").key == ("post-9", said.boot_id, said.seq)


@pytest.mark.parametrize(
    ("kind", "content"),
    [("SIA-DCS", "#123A|NPH1"), ("SIA-DCS", "#123A|NOP1"), ("ADM-CID", "#123A|3120 00 005"), ("NULL", "")],
)
def test_a_restoral_an_opening_or_a_link_test_is_only_a_sign_of_life(kind: str, content: str) -> None:
    assert isinstance(says(panel(content, kind=kind)), Sign)


@pytest.mark.parametrize("key", [None, KEY])
def test_the_panel_understands_its_acknowledgement(key: str | None) -> None:
    line = read_line(panel("#123A|NPA1", seq=4711, key=key).strip(b"\r\n"), NOW, KEYS if key else {})
    assert not isinstance(line, Refusal)
    heard = parse_frame(line.acknowledgement, key and bytes.fromhex(key))
    assert isinstance(heard, AckMessage)
    assert (heard.seq, heard.account.acct, heard.encrypted) == (4711, 0x123A, key is not None)


def test_a_panel_with_a_wrong_clock_still_calls_and_its_time_is_kept() -> None:
    wrong = datetime(2003, 1, 1, tzinfo=UTC)
    said = says(panel("#123A|NPA1", at=wrong))
    assert isinstance(said, Call)
    assert said.claimed_time == wrong


def test_a_repeated_line_is_the_same_call_and_another_event_is_not() -> None:
    first = says(panel("#123A|Nri1/PA", seq=9999, at=NOW))
    assert says(panel("#123A|Nri1/PA", seq=9999, at=NOW + timedelta(seconds=20))) == _at(first, NOW, 20)
    others = [
        says(panel("#123A|Nri1/PA", seq=1)),
        says(panel("#123A|Nri2/PA", seq=9999)),
        says(panel("#123A|Nri1/FA", seq=9999)),
        says(panel("#123A|Nri1/PA", seq=9999), now=NOW + timedelta(hours=1)),  # the counter came round
    ]
    names = {(c.boot_id, c.seq) for c in [first, *others] if isinstance(c, Call)}
    assert len(names) == 5


def _at(said: Call | Sign, now: datetime, seconds: int) -> Call:
    assert isinstance(said, Call)
    return Call(
        **{f: getattr(said, f) for f in said.__struct_fields__} | {"claimed_time": now + timedelta(seconds=seconds)}
    )


@pytest.mark.parametrize(
    ("frame", "keys"),
    [
        (panel("#123A|NPA1", key=KEY), {}),  # encrypted, and we were given no key
        (panel("#123A|NPA1", key=KEY), {"123A": "00" * 16}),  # or another
        (panel("#123A|NPA1"), KEYS),  # plain, where a key was agreed: perhaps forged, perhaps reset
        (resealed(b'"SIA-DCS"0007L0#123A[what is this'), {}),
        (resealed(b'"*SIA-DCS"0007R12L0#123A[not hexadecimal'), KEYS),
        (resealed(b'"SIA-DCS"0007L0#123A[#123A|NPA][][]'), {}),
    ],
)
def test_a_line_of_a_known_account_that_makes_no_sense_reaches_a_human(frame: bytes, keys: dict[str, str]) -> None:
    said = says(frame, keys)
    assert isinstance(said, Call)
    assert (said.external_key, said.kind) == ("123A", "possible_press")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"", "alarm_unreadable"),
        (b"GET / HTTP/1.1", "alarm_unreadable"),
        ("é".encode(), "alarm_unreadable"),
        (panel("#123A|NPA1").strip(b"\r\n").replace(b"NPA1", b"NPA2"), "alarm_damaged"),
        (panel("#123A|NPA1").strip(b"\r\n") + b"x", "alarm_damaged"),
        (b'0000000F"SIA-DCS"0007L0#123A[' + b"9" * DC09_LINE_BYTES_MAX, "alarm_too_long"),
    ],
)
def test_a_damaged_line_is_refused_by_name_for_the_panel_to_repeat(line: bytes, rule: str) -> None:
    read = read_line(line, NOW)
    assert isinstance(read, Refusal)
    assert read.rule == rule


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line_or_a_named_refusal(raw: bytes) -> None:
    read = read_line(raw, NOW, KEYS)
    assert isinstance(read, Refusal)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200), st.booleans(), st.booleans())
def test_any_content_under_a_good_checksum_is_told_to_somebody(content: str, encrypted: bool, known: bool) -> None:
    star = "*" if encrypted else ""
    frame = resealed(f'"{star}SIA-DCS"0007L0#123A[{content}'.encode())
    line = read_line(frame, NOW, KEYS if known else {})
    assert not isinstance(line, Refusal)
    assert line.says.external_key == "123A"
    assert b'ACK"' in line.acknowledgement


# --- over a socket --------------------------------------------------------------------------------------


class Here:
    def now(self) -> datetime:
        return NOW


def over_tcp(take: dc09.Take, talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    async def play() -> None:
        server = await serve_dc09("127.0.0.1", 0, take, clock=Here(), keys={})
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            server.close()
            await server.wait_closed()

    asyncio.run(play())


async def silence(reader: asyncio.StreamReader) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.readexactly(1)


def test_the_panel_hears_nothing_before_its_call_is_kept() -> None:
    committed = asyncio.Event()
    taken: list[tuple[str, Call | Sign]] = []

    async def take(account: str, what: Call | Sign) -> bool:
        taken.append((account, what))
        await committed.wait()
        return True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(panel("#123A|NPA1", seq=42))
        await silence(reader)
        assert [account for account, _ in taken] == ["123A"]
        committed.set()
        heard = parse_frame(await reader.readuntil(b"\r"))
        assert isinstance(heard, AckMessage)
        assert heard.seq == 42

    over_tcp(take, talk)


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_a_call_nobody_kept_is_not_acknowledged(how: str) -> None:
    async def take(_account: str, _what: Call | Sign) -> bool:
        if how == "failed":
            raise OSError("the database is away")
        return False

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(panel("#123A|NPA1"))
        await silence(reader)

    over_tcp(take, talk)


def test_lines_cut_anywhere_and_sent_together_are_all_answered_in_order() -> None:
    async def take(_account: str, _what: Call | Sign) -> bool:
        return True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = b"".join(panel("#123A|NPA1", seq=n) for n in (1, 2, 3)) + b"\nnoise\r" + panel("#123A|NPA1", seq=4)
        for start in range(0, len(stream), 17):
            writer.write(stream[start : start + 17])
            await writer.drain()
            await asyncio.sleep(0)
        assert [parse_frame(await reader.readuntil(b"\r")).seq for _ in range(4)] == [1, 2, 3, 4]

    over_tcp(take, talk)


def test_a_panel_that_never_ends_its_line_is_let_go() -> None:
    async def take(_account: str, _what: Call | Sign) -> bool:
        return True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * (2 * DC09_LINE_BYTES_MAX))
        async with asyncio.timeout(2):
            assert await reader.read() == b""

    over_tcp(take, talk)


def test_one_connection_too_many_costs_the_address_that_holds_most_its_idlest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dc09, "DC09_CONNECTIONS_MAX", 2)

    async def take(_account: str, _what: Call | Sign) -> bool:
        return True

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")
        idle, idle_writer = await asyncio.open_connection(*address)
        await asyncio.sleep(0.1)
        writer.write(panel("#123A|NPA1"))
        await reader.readuntil(b"\r")
        newcomer, newcomer_writer = await asyncio.open_connection(*address, local_addr=("127.0.0.2", 0))
        newcomer_writer.write(panel("#123A|NPA1"))
        async with asyncio.timeout(2):
            await newcomer.readuntil(b"\r")
            with contextlib.suppress(ConnectionResetError):
                assert await idle.read() == b""
        writer.write(panel("#123A|NPA1"))
        await reader.readuntil(b"\r")
        for one in (idle_writer, newcomer_writer):
            one.close()

    over_tcp(take, talk)


def test_a_key_that_is_no_key_stops_the_start() -> None:
    async def take(_account: str, _what: Call | Sign) -> bool:
        return True

    with pytest.raises(ValueError, match="account 123A"):
        asyncio.run(serve_dc09("127.0.0.1", 0, take, clock=Here(), keys={"123A": "abcd"}))
