"""Person Finder's addresses, as a tool that knows them would use them; keyed, bounded, and never a way around."""

from typing import Any

import pytest
from django.test import Client

from necmergitur.adapters.pfif import reading
from necmergitur.adapters.pfif.reading import Document
from necmergitur.operations.population import tending
from necmergitur.web.api import tokens
from necmergitur.web.find import exchange, ground
from necmergitur.web.store import store
from tests.web.find.conftest import Night
from tests.web.find.test_find import listed, person_of

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person>
<pfif:person_record_id>example.org/1</pfif:person_record_id><pfif:full_name>Zoë Martin</pfif:full_name>
<pfif:author_email>x@example.org</pfif:author_email><pfif:source_date>2026-01-01T00:00:00Z</pfif:source_date>
<pfif:note><pfif:note_record_id>example.org/n1</pfif:note_record_id><pfif:author_name>A</pfif:author_name>
<pfif:source_date>2026-01-01T00:00:00Z</pfif:source_date><pfif:text>seen</pfif:text>
<pfif:status>believed_alive</pfif:status></pfif:note></pfif:person>
<pfif:note><pfif:note_record_id>example.org/n2</pfif:note_record_id>
<pfif:person_record_id>example.org/404</pfif:person_record_id><pfif:text>lost</pfif:text></pfif:note></pfif:pfif>"""


def token(night: Night, *scopes: str) -> str:
    expires = night.now.replace(year=night.now.year + 1)
    return tokens.create("Red Cross", list(scopes), [], expires, night.city.users["administrator"])[1]


def get(path: str, key: str, **asked: str) -> Any:
    return Client().get(f"/find/{path}", {"key": key} | asked)


def send(key: str, body: str | bytes = FILE) -> Any:
    return Client().post(f"/find/api/write?key={key}", data=body, content_type="application/xml")


def read(answer: Any) -> Document:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("application/xml")
    found = reading.read(answer.content)
    assert isinstance(found, Document), found
    return found


def test_a_partner_writes_reads_and_follows_feeds(night: Night) -> None:
    key = token(night, "people:write", "people:full")
    answer = send(key)
    assert answer.status_code == 200, answer.content
    told = answer.content.decode()
    assert "<status:record_type>pfif:person</status:record_type>\n    <status:parsed>1</status:parsed>" in told
    assert "<status:written>1</status:written>" in told
    assert "<pfif:note_record_id>example.org/n2</pfif:note_record_id>" in told
    assert "<status:error>person_unknown</status:error>" in told
    document = read(get("api/read", key, id="example.org/1"))
    assert document.persons[0]["author_email"] == "x@example.org"
    assert document.notes[0]["status"] == "believed_alive"
    assert get("api/read", key, id="example.org/2").status_code == 404
    assert get("api/read", key).status_code == 400
    feed = get("feeds/person", key, min_entry_date="2026-01-01T00:00:00Z", max_results="5")
    assert key.encode() not in feed.content
    assert read(feed).persons[0]["full_name"] == "Zoë Martin"
    assert read(get("feeds/note", key)).notes[0]["note_record_id"] == "example.org/n1"
    assert len(read(get("feeds/note", key, person_record_id="example.org/1")).notes) == 1
    assert read(get("feeds/person", key, omit_notes="yes")).notes == []


def test_appeals_are_read_and_searched_without_what_is_private(night: Night) -> None:
    path, _person = listed(night, description="red coat")
    night.declare(name="Amélie Quiet")
    number = f"{ground.source()}/person.{person_of(night, path).hex()}"
    key = token(night, "people:read")
    for answer in (get("feeds/person", key), get("api/read", key, id=number), get("api/search", key, q="amelie")):
        document = read(answer)
        assert [each["full_name"] for each in document.persons] == ["Amélie Durand"]
        assert "author_email" not in document.persons[0]
        assert b"rose@example.org" not in answer.content
    assert read(get("api/search", key, q="nobody")).persons == []
    assert get("api/search", key).status_code == 400
    full = token(night, "people:full")
    assert [p["full_name"] for p in read(get("api/search", full, q="amelie")).persons] == ["Amélie Durand"], (
        "no key opens a search of everybody by name"
    )


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        ((), "feeds/person"),
        (("people:write",), "feeds/person"),
        (("people:write",), "api/read"),
        (("incidents:read",), "feeds/note"),
        (("people:write",), "api/search"),
    ],
)
def test_a_key_opens_what_it_is_for_and_nothing_else(night: Night, scopes: tuple[str, ...], path: str) -> None:
    key = token(night, *scopes) if scopes else "nec_guess"
    assert get(path, key, id="x", q="x").status_code == 403
    assert send(token(night, "people:read")).status_code == 403


def test_wrong_keys_and_busy_ones_are_slowed(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [get("feeds/person", f"nec_{n}").status_code for n in range(35)]
    assert codes == [403] * 30 + [429] * 5
    monkeypatch.setattr(exchange, "CALLS", ground.Limit(2))
    key = token(night, "people:read")
    assert [get("feeds/person", key).status_code for _each in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"garbage", 400),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 400),
        (b"<a>" * 10_000, 400),
        (b"x" * 8_000_001, 413),
    ],
)
def test_what_is_no_pfif_is_refused_and_nothing_is_kept(night: Night, body: bytes, status: int) -> None:
    assert send(token(night, "people:write"), body).status_code == status
    assert night.city.sql("SELECT count(*) FROM population.person") == [(0,)]


def test_wrong_parameters_are_named_and_other_versions_refused(night: Night) -> None:
    key = token(night, "people:read")
    for asked in ({"skip": "-1"}, {"max_results": "x"}, {"min_entry_date": "yesterday"}, {"version": "1.1"}):
        assert get("feeds/person", key, **asked).status_code == 400


def test_a_minors_record_leaves_by_no_key_until_the_desk_lists_it(night: Night) -> None:
    path = night.declare(age="9", listed="yes")
    key = token(night, "people:full")
    number = f"{ground.source()}/person.{person_of(night, path).hex()}"
    assert get("api/read", key, id=number).status_code == 404
    assert read(get("feeds/person", key)).persons == []
    tending.show(store(), night.crisis, person_of(night, path), night.by("operator"), night.now)
    assert len(read(get("feeds/person", key)).persons) == 1


def test_nothing_is_written_once_the_crisis_is_closed(night: Night) -> None:
    key = token(night, "people:write", "people:full")
    night.close()
    assert send(key).status_code == 409
    assert read(get("feeds/person", key)).persons == []
