"""A calendar as other programs read it: parsed back by a library, to the octet."""

from datetime import UTC, datetime, timedelta, timezone

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.adapters import ical

BEGINS = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)


def event(**changes: object) -> ical.Event:
    fields = {"uid": "a1", "title": "Journée de démonstration", "begins": BEGINS, "changed_at": BEGINS}
    return ical.Event(**fields | changes)  # type: ignore[arg-type]


def read(*events: ical.Event) -> list[icalendar.Event]:
    found = icalendar.Calendar.from_ical(ical.calendar(events, "Programme", "-//x//y//EN"))
    return list(found.walk("VEVENT"))


@given(
    st.text(max_size=400).map(lambda text: "".join(c for c in text if c in "\n\t" or (ord(c) > 31 and ord(c) != 127))),
)
def test_whatever_is_written_is_read_back_and_no_line_is_longer_than_75_octets(words: str) -> None:
    made = ical.calendar([event(title="x" + words, about=words, place=words)], words or "x", "-//x//y//EN")
    lines = made.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) <= 75 for line in lines)
    assert b"\n" not in made.replace(b"\r\n", b"") and all(line.decode() is not None for line in lines)
    found = next(iter(icalendar.Calendar.from_ical(made).walk("VEVENT")))
    assert str(found["SUMMARY"]) == "x" + words and str(found.get("DESCRIPTION", "")) == words


def test_times_are_in_utc_whatever_the_clock_they_came_from() -> None:
    paris = timezone(timedelta(hours=2))
    found = read(
        event(begins=datetime(2027, 7, 14, 9, 0, tzinfo=paris), ends=datetime(2027, 7, 14, 18, 0, tzinfo=paris))
    )
    assert found[0].decoded("DTSTART") == datetime(2027, 7, 14, 7, 0, tzinfo=UTC)
    assert found[0].decoded("DTEND") == datetime(2027, 7, 14, 16, 0, tzinfo=UTC)


def test_a_moment_has_no_end_and_blocks_nobodys_time() -> None:
    found = read(event())[0]
    assert "DTEND" not in found and str(found["TRANSP"]) == "TRANSPARENT"


def test_what_is_called_off_says_so_under_the_same_uid_with_a_higher_number() -> None:
    first, then = read(event()), read(event(sequence=1, cancelled=True))
    assert str(first[0]["UID"]) == str(then[0]["UID"])
    assert (str(first[0]["STATUS"]), str(then[0]["STATUS"])) == ("CONFIRMED", "CANCELLED")
    assert (int(first[0]["SEQUENCE"]), int(then[0]["SEQUENCE"])) == (0, 1)


def test_the_same_events_are_the_same_octets() -> None:
    assert ical.calendar([event()], "P", "-//x//y//EN") == ical.calendar([event()], "P", "-//x//y//EN")


def test_words_cannot_begin_a_line_of_their_own() -> None:
    found = read(event(title="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:planted"))
    assert len(found) == 1 and str(found[0]["UID"]) == "a1"
