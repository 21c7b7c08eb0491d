"""One-line reasons that operations write in English, in the reader's language. An unknown one stays as it is."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from necmergitur.web.console.words import END_REASONS, KINDS, say

_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"first signal"), lambda found: _("first signal")),
    (re.compile(r"same device"), lambda found: _("same device")),
    (
        re.compile(r"same device, (\d+) min after"),
        lambda found: _("same device, %(minutes)s min after") % {"minutes": found[1]},
    ),
    (re.compile(r"split by (.+)"), lambda found: _("split by %(who)s") % {"who": found[1]}),
    (re.compile(r"merged by (.+)"), lambda found: _("merged by %(who)s") % {"who": found[1]}),
    (re.compile(r"asked by (.+)"), lambda found: _("asked by %(who)s") % {"who": found[1]}),
    (re.compile(r"stood down by (.+)"), lambda found: _("stood down by %(who)s") % {"who": found[1]}),
    (
        re.compile(r"(\d+) m away, (\d+) s after, (\w+)/(\w+)"),
        lambda found: (
            _("%(metres)s m away, %(seconds)s s after, %(one)s and %(other)s")
            % {
                "metres": found[1],
                "seconds": found[2],
                "one": say(KINDS, found[3]),
                "other": say(KINDS, found[4]),
            }
        ),
    ),
    (
        re.compile(
            r"(\S+): ETA (\d+) s(?:, free in (\d+) s)?, "
            r"(?:next best (\d+) s|no other in reach|nearest at (\d+) s serves another)"
        ),
        lambda found: _choice(found),  # noqa: PLW0108 -- defined below
    ),
)


def in_words(reason: str) -> str:
    """Return a stored reason in the reader's language."""
    for pattern, told in _PATTERNS:
        found = pattern.fullmatch(reason)
        if found:
            return told(found)
    if reason in END_REASONS:
        return say(END_REASONS, reason)
    return reason


def _choice(found: re.Match[str]) -> str:
    said: dict[str, Any] = {"drone": found[1], "eta": found[2]}
    parts = [_("%(drone)s: ETA %(eta)s s") % said]
    if found[3]:
        parts.append(_("free in %(n)s s") % {"n": found[3]})
    if found[4]:
        parts.append(_("next best %(n)s s") % {"n": found[4]})
    elif found[5]:
        parts.append(_("the nearest (%(n)s s) serves another") % {"n": found[5]})
    else:
        parts.append(_("no other in reach"))
    return ", ".join(parts)
