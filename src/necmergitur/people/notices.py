"""What the public's pages take about somebody looked for: a notice, a question, an answer, a word on an appeal."""

import base64
import re
from typing import Literal

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.people import contacts
from necmergitur.people.constants import NAME_MAX, RECORD_TEXT_MAX, WORDS_MAX
from necmergitur.people.contacts import Contact
from necmergitur.people.records import SEXES, Person, paragraph
from necmergitur.people.texts import one_line

_SHARED = re.compile(r"/safe/s/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")
Answer = Literal["safe", "reply", "refuse", "block"]
ANSWERS: tuple[Answer, ...] = ("safe", "reply", "refuse", "block")


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a person's record.

    `contact`: where its author is written to; `sought`: the person's own; `sender`: who brought it in from
    outside;     `link`: its author's own, by which they are told of an answer.
    """

    person: Person
    contact: Contact | None = None
    sought: tuple[Contact, ...] = ()
    relation: str = ""
    language: str = "fr"
    sender: str = ""
    link: bytes = b""


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a question. Exactly one of `about`, `named` and `share` says about whom it is.

    `link`: the asker's own, by which they are told of an answer.
    """

    name: str
    contact: Contact
    relation: str = ""
    words: str = ""
    about: Contact | None = None
    named: str = ""
    share: bytes = b""
    language: str = "fr"
    link: bytes = b""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of an answer."""

    answer: Answer
    words: str = ""


class Declaration(msgspec.Struct, frozen=True):
    """The fields of the form as sent."""

    name: str = ""
    other_names: str = ""
    age: str = ""
    sex: str = ""
    description: str = ""
    place: str = ""
    sought: str = ""
    author: str = ""
    contact: str = ""
    relation: str = ""
    listed: str = ""
    language: str = "fr"


class Declared(msgspec.Struct, frozen=True):
    """A declaration as understood. `listed`: its author wants an appeal."""

    once: bytes
    notice: Notice
    listed: bool


class Asking(msgspec.Struct, frozen=True):
    """The fields of a question as sent. `whom`: a number, an address or a name."""

    whom: str = ""
    name: str = ""
    contact: str = ""
    relation: str = ""
    words: str = ""
    language: str = "fr"


def declare(form: Declaration, once: bytes, record_id: str, source: str, region: str) -> Declared | tuple[Refusal, ...]:
    """Understand a declaration, or say every field to mend (`facts["field"]`)."""
    problems: list[Refusal] = []
    name = _named("name", form.name, problems)
    author = _named("author", form.author, problems)
    contact = _contact("contact", form.contact, region, problems)
    if contact is None and not form.contact.strip():
        problems.append(_at("contact", "contact_missing"))
    sought = _contact("sought", form.sought, region, problems)
    age = one_line(form.age)
    if age and not (age.isdecimal() and len(age) <= len("130")):
        problems.append(_at("age", "age_unreadable"))
    if len(form.description) > RECORD_TEXT_MAX:
        problems.append(_at("description", "words_too_long"))
    words = {field: one_line(getattr(form, field)) for field in ("other_names", "place", "relation")}
    problems += [_at(field, "words_too_long") for field, text in words.items() if len(text) > WORDS_MAX]
    if problems or contact is None:
        return tuple(problems)
    person = Person(
        person_record_id=record_id,
        author_name=author,
        source_name=source,
        full_name=name,
        alternate_names=words["other_names"],
        description=paragraph("\n".join(filter(None, (form.description, words["place"])))),
        sex=form.sex if form.sex in SEXES else "",
        age=str(int(age)) if age else "",
    )
    about = () if sought is None else (sought,)
    return Declared(once, Notice(person, contact, about, words["relation"], form.language), form.listed == "yes")


def ask(form: Asking, region: str) -> Question | tuple[Refusal, ...]:
    """Understand a question, or say every field to mend. Nothing is looked up: who is known changes no answer."""
    problems: list[Refusal] = []
    whom = one_line(form.whom)
    if not whom:
        problems.append(_at("whom", "whom_missing"))
    if len(whom) > NAME_MAX:
        problems.append(_at("whom", "name_too_long"))
    name = _named("name", form.name, problems)
    contact = _contact("contact", form.contact, region, problems)
    if contact is None and not form.contact.strip():
        problems.append(_at("contact", "contact_missing"))
    words, relation = one_line(form.words), one_line(form.relation)
    problems += [
        _at(f, "words_too_long") for f, text in (("words", words), ("relation", relation)) if len(text) > WORDS_MAX
    ]
    if problems or contact is None:
        return tuple(problems)
    share = _shared(whom)
    found = contacts.read(whom, region)
    about = None if share or isinstance(found, Refusal) else found
    named = "" if share or about is not None else whom
    return Question(name, contact, relation, words, about, named, share, form.language)


def _shared(text: str) -> bytes:
    """Return the link that somebody shared, when a text is its address; else nothing."""
    found = _SHARED.search(text)
    try:
        return b"" if found is None else base64.b64decode(found[1] + "==", altchars=b"-_", validate=True)
    except ValueError:
        return b""


def reply(answer: str, words: str) -> Reply | Refusal:
    """Understand an answer."""
    words = one_line(words)
    if answer not in ANSWERS:
        return _at("answer", "answer_missing")
    if len(words) > WORDS_MAX:
        return _at("words", "words_too_long")
    if answer == "reply" and not words:
        return _at("words", "words_missing")
    return Reply(answer, words)


def _named(field: str, text: str, problems: list[Refusal]) -> str:
    name = one_line(text)
    if not name:
        problems.append(_at(field, "name_missing"))
    if len(name) > NAME_MAX:
        problems.append(_at(field, "name_too_long"))
    return name


def _contact(field: str, text: str, region: str, problems: list[Refusal]) -> Contact | None:
    if not text.strip():
        return None
    found = contacts.read(text, region)
    if isinstance(found, Refusal):
        problems.append(_at(field, found.rule))
        return None
    return found


def _at(field: str, rule: str) -> Refusal:
    return Refusal(rule=rule, facts={"field": field})
