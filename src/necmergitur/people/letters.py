"""What the city writes to people in a crisis: short, in their language, one link, no detail that could find somebody.

A message may be read by whoever holds the telephone. It says what its recipient was meant to know and nothing of where.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from necmergitur.people.contacts import Contact

LANGUAGES = ("fr", "en")
# Kind, then language, then the words. `{drill}` begins every message of a drill.
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "safe": {
            "fr": "{drill}{name} vous fait savoir : « Je suis en sécurité. » ({crisis}, {time}) {link}",
            "en": "{drill}{name} lets you know: “I am safe.” ({crisis}, {time}) {link}",
        },
        "need_help": {
            "fr": "{drill}{name} a demandé de l’aide. Les secours en sont informés. ({crisis}, {time}) {link}",
            "en": "{drill}{name} has asked for help. The rescue services know. ({crisis}, {time}) {link}",
        },
        "hurt": {
            "fr": "{drill}{name} a dit être blessé. Les secours en sont informés. ({crisis}, {time}) {link}",
            "en": "{drill}{name} says they are hurt. The rescue services know. ({crisis}, {time}) {link}",
        },
        "withdrawn": {
            "fr": "{drill}{name} a retiré son message. Cela ne dit rien de son état. ({crisis}, {time})",
            "en": "{drill}{name} took their message back. That says nothing of how they are. ({crisis}, {time})",
        },
        "code": {
            "fr": "{drill}Votre code : {code}. Ne le donnez à personne.",
            "en": "{drill}Your code: {code}. Give it to nobody.",
        },
        "confirm": {
            "fr": "{drill}Quelqu’un s’est signalé avec ce numéro ou cette adresse. Était-ce vous ? {link}",
            "en": "{drill}Somebody checked in with this number or address. Was it you? {link}",
        },
        "asked": {
            "fr": "{drill}Quelqu’un demande de vos nouvelles. Vous choisissez de répondre ou non : {link}",
            "en": "{drill}Somebody asks how you are. You choose whether to answer: {link}",
        },
        "answered": {
            "fr": "{drill}Vous avez reçu une réponse : {link}",
            "en": "{drill}You have an answer: {link}",
        },
        "doors": {
            "fr": "{drill}Portes ouvertes : il y a du nouveau pour vous : {link}",
            "en": "{drill}Open doors: there is news for you: {link}",
        },
    }
)
DRILL_SAID = {"fr": "[EXERCICE] ", "en": "[DRILL] "}
_SUBJECT = {"fr": "{drill}Message de la ville : {crisis}", "en": "{drill}Message from the city: {crisis}"}
# What is answered to a text message, by what was understood of it ("": nothing; "none": no crisis is open).
REPLIES: Mapping[str, str] = MappingProxyType(
    {
        "none": "Aucun dispositif n’est ouvert. En danger : 112, ou 114 par SMS.",
        "": "Envoyez SAUF, AIDE, BLESSE ou STOP, puis votre nom.",
        "safe": "C’est noté : vous êtes en sécurité. STOP pour effacer.",
        "need_help": "Votre demande d’aide est transmise. En danger : 112, ou 114 par SMS.",
        "hurt": "Votre demande d’aide est transmise. En danger : 112, ou 114 par SMS.",
        "withdrawn": "Votre message est retiré.",
    }
)
CALL = "call"  # what is no letter, but travels with them: two telephones are to ring, and to hear each other
_NOBODY = {"fr": "Quelqu’un", "en": "Somebody"}


class Letter(msgspec.Struct, frozen=True):
    """One message to one person, before it is put into words."""

    to: Contact
    kind: str
    language: str
    parts: dict[str, str] = {}
    until: datetime | None = None  # afterwards it is better not sent at all


class Written(msgspec.Struct, frozen=True):
    """A message in words. `subject` is for mail and for telephones told by push; there, `link` stands apart.

    `leave`: where whoever gets such mail regularly leaves with one click; `name`: the same however often it is sent.
    """

    to: Contact
    subject: str
    text: str
    link: str = ""
    language: str = ""
    leave: str = ""
    name: str = ""
    connect: str = ""  # not words, but a call: between `to` and this number


def kinds() -> tuple[str, ...]:
    """Return what may be written."""
    return tuple(_WORDS)


def write(letter: Letter, crisis: str, *, drill: bool) -> Written:
    """Put a letter into words. Raises KeyError when a part of its kind is missing."""
    language = letter.language if letter.language in LANGUAGES else LANGUAGES[0]
    parts = {"drill": DRILL_SAID[language] if drill else "", "crisis": crisis, **letter.parts}
    parts["name"] = parts.get("name") or _NOBODY[language]
    if letter.kind == CALL:
        return Written(letter.to, "", "", language=language, connect=letter.parts["other"])
    link = ""
    if letter.to.kind == "push":
        link = parts.get("link", "")
        parts["link"] = ""
    text = " ".join(_WORDS[letter.kind][language].format_map(parts).split())
    return Written(
        letter.to, _SUBJECT[language].format_map(parts), text.removesuffix(" :").removesuffix(":"), link, language
    )
