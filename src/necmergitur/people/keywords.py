"""What people send by text message: a word, perhaps a name, perhaps numbers to tell. "SAUF Amélie 06 12 34 56 78"."""

import re

import msgspec

from necmergitur.people.constants import TELL_MAX
from necmergitur.people.names import fold
from necmergitur.people.texts import one_line

WORDS = {
    "safe": ("sauf", "sauve", "safe", "ok", "securite", "indemne", "vivant", "vivante", "salvo", "seguro"),
    "need_help": ("aide", "help", "sos", "secours", "ayuda", "hilfe"),
    "hurt": ("blesse", "blessee", "hurt", "injured", "herido", "herida"),
    "withdrawn": ("stop", "retirer", "efface", "effacer", "withdraw", "delete"),
}
_STATUS = {word: status for status, words in WORDS.items() for word in words}
# What surrounds the word: "je suis en sécurité", "I am safe".
_FILLERS = frozenset({"je", "suis", "en", "i", "am", "im", "i'm", "nous", "sommes", "moi"})
_NUMBER = re.compile(r"\+?\d[\d .()/-]{6,}\d")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Sent(msgspec.Struct, frozen=True):
    """A message as understood. `status` is "" when no word of ours was in it."""

    status: str
    name: str
    tell: tuple[str, ...]


def read(text: str) -> Sent:
    """Understand a message: the first known word decides, numbers and addresses are to be told, the rest is a name."""
    tell = (*_NUMBER.findall(text), *_ADDRESS.findall(text))
    rest = _ADDRESS.sub(" ", _NUMBER.sub(" ", text))
    status, kept = "", list[str]()
    for word in one_line(rest).split():
        bare = fold(word).strip(" .,;:!?")
        if not status and bare in _STATUS:
            status = _STATUS[bare]
        elif status or bare not in _FILLERS:
            kept.append(word.strip(",;:"))
    return Sent(status, " ".join(kept), tuple(tell[:TELL_MAX]))
