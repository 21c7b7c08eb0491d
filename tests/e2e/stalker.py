"""Whoever hunts for one person with a program: knows their name, their number and their address, and tries every way in.

Everything a stranger can send without an account or a key is sent here, for the person and for somebody who is nobody;
what comes back is kept whole, so that the two can be compared and searched.
"""

import os
import re
import secrets
from base64 import urlsafe_b64encode
from ipaddress import IPv4Address
from urllib.parse import quote, urlencode

import msgspec
import urllib3

# A private number of a question or a notice: 16 bytes in base64url, in addresses and in hidden fields.
NUMBER = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
PASSING = {"date", "expires", "server"}
GUESSES = 15  # of each kind of link; more is a matter of 2^128
WHERE_LINKS_LEAD = (
    "/drill/safe/{}", "/drill/safe/s/{}", "/drill/find/follow/{}/", "/drill/find/asked/{}/", "/drill/find/nobody/{}/",
    "/drill/find/appeals/{}/", "/drill/find/appeals/{}/picture.jpg", "/doors/host/{}/", "/doors/guest/{}/",
)  # fmt: skip
PUBLIC = (
    "/", "/easy/", "/status/", "/status.json", "/status.atom", "/register/crises/", "/drill/safe", "/drill/find/",
    "/drill/find/appeals/", "/drill/doors/", "/register/", "/register/data/",
)  # fmt: skip
BEHIND_A_DOOR = ("/console/people/", "/console/crises/", "/console/doors/", "/console/", "/metrics", "/api/v1/people")
PERSON_FINDER = (
    "/drill/find/feeds/person", "/drill/find/feeds/note", "/drill/find/api/search?q={name}",
    "/drill/find/api/read?id={name}", "/drill/find/feeds/note?person_record_id={name}",
)  # fmt: skip


def once() -> str:
    """Return a form's number, as a page would give it."""
    return urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


class Stalker:
    """One of them. `got`: all that was ever sent back."""

    CONTACT = "worried.friend@mail.example"

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[bytes] = []
        self._questions: dict[str, str] = {}
        self._notices: dict[str, str] = {}

    def get(self, where: str, *, address: str = "", **headers: str) -> urllib3.BaseHTTPResponse:
        """Ask for a page, from an address of its own unless one is given."""
        return self._kept("GET", where, None, headers | {"X-Forwarded-For": address or _address()})

    def post(self, where: str, fields: dict[str, str], *, address: str = "") -> urllib3.BaseHTTPResponse:
        """Send a form, likewise."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address or _address()}
        return self._kept("POST", where, urlencode(fields), headers)

    def _kept(self, method: str, where: str, body: str | None, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        answer = urllib3.request(method, self.url + where, body=body, headers=headers, redirect=False, timeout=30.0)
        self.got.append(repr(dict(answer.headers)).encode() + answer.data)
        return answer

    def asks(self, whom: str) -> bytes:
        """Ask how somebody is; return all there is to see, the page that follows included."""
        fields = {"whom": whom, "name": "Jean", "contact": self.CONTACT, "words": "", "once": once()}
        sent = self.post("/drill/find/ask/", fields)
        assert sent.status == 303, sent.data
        self._questions[whom] = sent.headers["Location"]
        return seen(sent) + seen(self.get(sent.headers["Location"]))

    def declares(self, number: str) -> bytes:
        """Declare the same invented person missing, with somebody's number; return all there is to see."""
        fields = {"name": "Alix Example", "author": "Jean", "contact": self.CONTACT, "sought": number}
        sent = self.post("/drill/find/declare/", fields | {"once": once(), "step": "6"})
        assert sent.status == 303, sent.data
        self._notices[number] = sent.headers["Location"]
        return seen(sent) + seen(self.get(sent.headers["Location"]))

    def looks_again(self) -> tuple[set[bytes], set[bytes]]:
        """Return what the pages of all questions, and of all notices, say by now."""
        questions, notices = (list(one.values()) for one in (self._questions, self._notices))
        return {seen(self.get(one)) for one in questions}, {seen(self.get(one)) for one in notices}

    def guesses(self) -> dict[str, set[bytes]]:
        """Guess links of every kind, wild ones and ones beside a real one's; return what each kind answers."""
        own = next(iter(self._questions.values())).rstrip("/").rpartition("/")[2]
        beside = [own[:-2] + end for end in ("AA", "AQ", "Ag", "gw") if not own.endswith(end)]
        guessed = [once() for _ in range(GUESSES)] + beside
        return {where: {seen(self.get(where.format(one))) for one in guessed} for where in WHERE_LINKS_LEAD}

    def replays(self, name: str, number: str) -> tuple[set[str], set[str]]:
        """Send one form again and again, with other words; return where each of the two kinds leads."""
        asked, said = once(), once()
        fields = {"name": "Jean", "contact": self.CONTACT, "words": "", "once": asked}
        questions = [self.post("/drill/find/ask/", fields | {"whom": whom}) for whom in (number, name, number, name)]
        safe = [
            self.post("/drill/safe", {"status": "safe", "name": "Jean", "contact": where, "words": whom, "once": said})
            for where, whom in ((self.CONTACT, ""), (self.CONTACT, name), (number, name))
        ]
        for one in (*questions, *safe):
            assert one.status == 303, one.data
            self.get(one.headers["Location"])
        return {one.headers["Location"] for one in questions}, {one.headers["Location"] for one in safe}

    def knocks(self, name: str) -> dict[str, int]:
        """Try everything that needs a key or an account, without one and with a wrong one; return what was answered."""
        tried = {}
        for where in (*BEHIND_A_DOOR, *(one.format(name=quote(name)) for one in PERSON_FINDER)):
            sep = "&" if "?" in where else "?"
            tried[where] = self.get(where).status
            tried[f"{where} key"] = self.get(f"{where}{sep}key={secrets.token_hex(16)}").status
            tried[f"{where} bearer"] = self.get(where, Authorization=f"Bearer {secrets.token_hex(16)}").status
        tried["write"] = self.post("/drill/find/api/write?key=none", {"pfif": name}).status
        tried["text"] = self.post("/api/v1/checkins/sms?drill=1", {"from": "+33600000009", "text": "SAUF"}).status
        return tried

    def reads_what_is_public(self) -> None:
        """Read every page that is anybody's."""
        for where in PUBLIC:
            self.get(where)

    def hammers(self, whom: str, times: int) -> list[int]:
        """Ask as fast as one telephone can; return the answers' numbers."""
        address = _address()
        fields = {"whom": whom, "name": "Jean", "contact": self.CONTACT, "words": ""}
        return [self.post("/drill/find/ask/", fields | {"once": once()}, address=address).status for _ in range(times)]


def seen(answer: urllib3.BaseHTTPResponse) -> bytes:
    """Return all that a stranger gets, less the private number of what they sent, and the hour."""
    heads = sorted(f"{name.lower()}: {value}" for name, value in answer.headers.items() if name.lower() not in PASSING)
    return NUMBER.sub(b"#", "\n".join([str(answer.status), *heads, ""]).encode() + answer.data)


def checks_in(url: str, **said: object) -> None:
    """Check somebody in as a program does."""
    body = msgspec.json.encode({"once": once(), "status": "safe", **said})
    headers = {"Content-Type": "application/json"}
    answer = urllib3.request("POST", f"{url}/api/v1/checkins?drill=1", body=body, headers=headers)
    assert answer.status == 201, answer.data


def _address() -> str:
    return str(IPv4Address(0x0A000001 + secrets.randbelow(1 << 23)))
