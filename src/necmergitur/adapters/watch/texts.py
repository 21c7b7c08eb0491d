"""Bodies as text: whatever charset they claim, and XML and JSON under bounds, without entities of their own."""

import codecs
import html.entities
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from necmergitur.adapters.watch.constants import DEPTH_MAX, ELEMENTS_MAX

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
# What the Encoding Standard knows (https://encoding.spec.whatwg.org/#names-and-labels), by Python's names. Of Python's
# others some are no charsets: `punycode` takes an hour for a megabyte, `unicode_escape` makes what no database keeps.
_CHARSETS = frozenset(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "cp866", "cp874", "koi8-r", "koi8-u"]
    + ["mac-roman", "mac-cyrillic", "gbk", "gb2312", "gb18030", "big5", "euc_jp", "iso2022_jp", "shift_jis", "euc_kr"]
    + ["cp932", "cp949", "big5hkscs", "tis-620"]
    + [f"iso8859-{number}" for number in range(1, 17)]
    + [f"cp{number}" for number in range(1250, 1259)]
)
_PROLOG = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_FIVE = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BARE = re.compile(r"&(?!#?\w{1,32};)")


class Unreadable(ValueError):
    """A body that is not what its format says; the message is the rule."""


def text_of(body: bytes, charset: str = "") -> str:
    """Return a body's text: as its mark says, else as what was sent with it, as it declares, as UTF-8, as Windows-1252.

    A charset that does not decode the body was a mistake: the next one is tried.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    head = body[:2_048]
    declared = [found[1].decode() for found in (_DECLARED.search(head), _META.search(head)) if found]
    for name in (charset, *declared, "utf-8", "windows-1252"):
        try:
            if name and codecs.lookup(name).name in _CHARSETS:
                return body.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return body.decode("windows-1252", "replace")


class Records:
    """The elements of some names in an XML document, one at a time. `cut`: it broke off, or passed a bound."""

    def __init__(self, text: str, names: frozenset[str], aside: frozenset[str] = frozenset()) -> None:
        """`aside`: elements outside of the records whose text is kept."""
        self._text = _whole(text)
        self._names = names
        self.root = ""
        self.cut = False
        self.aside: dict[str, str] = {}
        self._aside = aside

    def __iter__(self) -> Iterator[Element]:
        """Yield each element when it is complete, then empty it. Raises Unreadable before the first one."""
        yielded = 0
        try:
            for element in self._complete():
                yielded += 1
                yield element
                element.clear()
        except DefusedXmlException:
            raise Unreadable("watch_entities") from None
        except (ParseError, ValueError) as wrong:
            if not yielded:
                raise wrong if isinstance(wrong, Unreadable) else Unreadable("watch_malformed") from None
            self.cut = True

    def _complete(self) -> Iterator[Element]:
        seen = depth = inside = 0
        body = io.BytesIO(self._text.encode())
        for event, element in iterparse(body, events=("start", "end"), forbid_entities=True, forbid_external=True):
            name = local(element)
            if event == "start":
                seen, depth, inside = seen + 1, depth + 1, inside + (name in self._names)
                self.root = self.root or name
                if depth > DEPTH_MAX or seen > ELEMENTS_MAX:
                    raise Unreadable("watch_too_deep")
                continue
            depth -= 1
            if name in self._names:
                inside -= 1
                if inside == 0:
                    yield element
            elif not inside and depth:
                if name in self._aside and element.text:
                    self.aside[name] = element.text.strip()
                element.clear()


def _whole(text: str) -> str:
    """Return XML that a strict reader takes: no prolog (it is text already), names of HTML as their characters."""
    text = _PROLOG.sub("", text, count=1)
    text = _NAMED.sub(lambda m: m[0] if m[1] in _FIVE else html.entities.html5.get(f"{m[1]};", m[0]), text)
    return _NOT_XML.sub("", _BARE.sub("&amp;", text)).lstrip()


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def found(element: Element, *names: str) -> Iterator[Element]:
    """Yield descendants by name, those of the first name first."""
    for name in names:
        for one in element.iter():
            if one is not element and local(one) == name:
                yield one


def child(element: Element, *names: str) -> str:
    """Return the text of the first child that has one, by the order of names."""
    for name in names:
        for one in element:
            if local(one) == name:
                said = "".join(one.itertext()).strip()
                if said:
                    return said
    return ""


def inner(element: Element, *names: str) -> str:
    """Return the text of the first descendant that has one, by the order of names."""
    return next((said for one in found(element, *names) if (said := "".join(one.itertext()).strip())), "")


def language_in(element: Element) -> str:
    """Return what `xml:lang` says of an element."""
    return element.get("{http://www.w3.org/XML/1998/namespace}lang", "")


def json_of(text: str) -> Any:
    """Return a JSON document. Raises Unreadable."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Unreadable("watch_malformed") from None


def said(value: Any) -> str:
    """Return a JSON value that should be text, as text; of a list the first."""
    if isinstance(value, list):
        return said(value[0]) if value else ""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def part(value: Any, *path: str) -> Any:
    """Return what lies at a path of names in a JSON value; None when it is not there."""
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
