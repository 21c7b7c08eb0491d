"""What every format becomes: an entry without people, its texts plain and bounded, its date never in the future."""

import html
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import msgspec

from necmergitur.adapters.watch.constants import (
    FUTURE_MAX,
    IDENTIFIER_CHARS_MAX,
    IDENTIFIERS_MAX,
    SUMMARY_CHARS_MAX,
    TITLE_CHARS_MAX,
    URL_CHARS_MAX,
)

_SPACE = re.compile(r"\s+")
_UNSAID = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"^[a-zA-Z]{2,3}(?:[-_].*)?$")
# ISO 639-2 and -3 as TED, OAI repositories and patents write them, to the two letters of ISO 639-1.
_THREE = {
    "fra": "fr", "fre": "fr", "eng": "en", "deu": "de", "ger": "de", "spa": "es", "ita": "it", "nld": "nl",
    "dut": "nl", "por": "pt", "pol": "pl", "swe": "sv", "dan": "da", "fin": "fi", "ces": "cs", "ell": "el",
    "ron": "ro", "hun": "hu", "bul": "bg", "hrv": "hr", "slk": "sk", "slv": "sl", "est": "et", "lav": "lv",
    "lit": "lt", "gle": "ga", "mlt": "mt",
}  # fmt: skip
# ISO 3166-1 alpha-3 as eForms write them.
_COUNTRIES = {
    "FRA": "FR", "DEU": "DE", "ESP": "ES", "ITA": "IT", "NLD": "NL", "BEL": "BE", "LUX": "LU", "PRT": "PT",
    "POL": "PL", "SWE": "SE", "DNK": "DK", "FIN": "FI", "CZE": "CZ", "GRC": "GR", "ROU": "RO", "HUN": "HU",
    "BGR": "BG", "HRV": "HR", "SVK": "SK", "SVN": "SI", "EST": "EE", "LVA": "LV", "LTU": "LT", "IRL": "IE",
    "MLT": "MT", "AUT": "AT", "CYP": "CY", "NOR": "NO", "CHE": "CH", "GBR": "GB", "ISL": "IS",
}  # fmt: skip


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a source says. Authors and inventors are left out: organisations have no privacy, people do."""

    title: str
    summary: str = ""
    url: str = ""
    organisation: str = ""
    country: str = ""
    language: str = ""
    published: datetime | None = None
    identifiers: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a body held. `cut`: it broke off or passed a bound, and what came before counts. `following`: the next page.

    `memory`: what a web page said, so that only what is new makes news the next time.
    """

    entries: tuple[Entry, ...] = ()
    cut: bool = False
    following: str = ""
    memory: tuple[str, ...] = ()


def entry(  # noqa: PLR0913 -- each is a field of the entry
    now: datetime,
    base: str = "",
    *,
    title: str = "",
    summary: str = "",
    url: str = "",
    organisation: str = "",
    country: str = "",
    language: str = "",
    published: str = "",
    identifiers: Iterable[str] = (),
) -> Entry | None:
    """Clean what a format gave and return an entry; None when it has no title and says nothing."""
    summary = plain(summary, SUMMARY_CHARS_MAX)
    title = plain(title, TITLE_CHARS_MAX) or cut(summary, TITLE_CHARS_MAX // 2)
    if not title:
        return None
    address = web_address(url, base)
    names = dict.fromkeys(filter(None, (identifier(one) for one in identifiers)))
    if address:
        names.setdefault(f"url:{as_compared(address)}")
    return Entry(
        title=title,
        summary=summary,
        url=address,
        organisation=plain(organisation, 160),
        country=country_of(country),
        language=language_code(language),
        published=moment(published, now),
        identifiers=tuple(names)[:IDENTIFIERS_MAX],
    )


class _Text(HTMLParser):
    """The text of a piece of HTML, without scripts and styles."""

    SILENT = frozenset({"script", "style", "template", "noscript", "svg"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.SILENT
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in self.SILENT))
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain(text: str, most: int) -> str:
    """Return text without markup, control or direction marks, its spaces single, cut at a word."""
    text = text[: most * 20]  # what is longer is markup, or is cut anyway
    if "<" in text:
        parser = _Text()
        parser.feed(text)
        parser.close()
        text = "".join(parser.parts)
    elif "&" in text:
        text = html.unescape(text)
    return cut(_SPACE.sub(" ", _UNSAID.sub("", text)).strip(), most)


def cut(text: str, most: int) -> str:
    """Return the text, no longer than `most`; what is cut ends at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[most // 2 :] else head) + "…"


def web_address(url: str, base: str = "") -> str:
    """Return an address that a page may link to; empty for any other scheme (`javascript:`), or when it is too long."""
    try:
        joined = urljoin(base, url.strip()) if url.strip() else ""
        parts = urlsplit(joined)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            return ""
    except ValueError:
        return ""
    said = len(joined) <= URL_CHARS_MAX and joined.isprintable() and not re.search(r"[\s<>\"]", joined)
    return joined if said else ""


def as_compared(url: str) -> str:
    """Return an address as two sources would both write it: no trace of who sent it, a place within a page kept.

    `/news#b` may be another news than `/news#a`; `#xtor=RSS-1` says who counts the reader.
    """
    parts = urlsplit(url)
    place = f"#{parts.fragment}" if parts.fragment and "=" not in parts.fragment else ""
    query = "&".join(one for one in parts.query.split("&") if one and not one.startswith(("utm_", "fbclid", "gclid")))
    # Small letters may be longer: a Turkish İ is two.
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{'?' + query if query else ''}{place}"[:URL_CHARS_MAX]


def identifier(given: str) -> str:
    """Return an identifier as it is compared: a DOI however it is written, else the words themselves."""
    given = _UNSAID.sub("", given).strip()
    found = _DOI.search(given)
    if found is not None:
        return f"doi:{found[0].rstrip('.,;').lower()}"[:IDENTIFIER_CHARS_MAX]
    if not given or len(given) > IDENTIFIER_CHARS_MAX:
        return ""
    if given.startswith(("http://", "https://")):
        return f"url:{as_compared(given)}"
    return given


def language_code(given: str) -> str:
    """Return the two letters of a language however it is written; empty when it is not told."""
    given = given.strip()
    if not _LANGUAGE.match(given):
        return ""
    head = re.split(r"[-_]", given.lower())[0]
    return head if len(head) == 2 else _THREE.get(head, "")  # noqa: PLR2004 -- ISO 639-1


def country_of(given: str) -> str:
    """Return the two letters of a country; CORDIS says EL and UK."""
    given = given.strip().upper()
    given = _COUNTRIES.get(given, given)
    given = {"EL": "GR", "UK": "GB"}.get(given, given)
    return given if len(given) == 2 and given.isascii() and given.isalpha() else ""  # noqa: PLR2004 -- ISO 3166-1


def moment(given: str, now: datetime) -> datetime | None:
    """Read a date as feeds write them (RFC 5322, ISO 8601, DD/MM/YYYY); one of the future is read as today."""
    given = given.strip()[:60]
    found = _iso(given) or _mail(given)
    if found is None or not found.year >= 1900:  # noqa: PLR2004 -- older is a mistake
        return None
    return now if found > now + FUTURE_MAX else found


def _iso(given: str) -> datetime | None:
    if re.fullmatch(r"\d{4}", given):
        given += "-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", given):
        given += "-01"
    elif found := re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", given):
        given = f"{found[3]}-{found[2]}-{found[1]}"
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}([+-]\d{2}:\d{2}|Z)", given):  # xs:date with its zone, as TED writes it
        given = given[:10]
    try:
        return _aware(datetime.fromisoformat(given))
    except ValueError:
        pass
    try:
        return datetime.combine(date.fromisoformat(given[:10]), time(), UTC)
    except ValueError:
        return None


def _mail(given: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(given))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _aware(found: datetime) -> datetime | None:
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
