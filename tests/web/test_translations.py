"""French and English are complete: every text a page looks up has its French, and no text escapes translation."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest

from necmergitur.web import messages

# The product's name, languages named in themselves, and marks that are the same in both languages.
SAME_IN_BOTH = {"Nec Mergitur", "English", "Français", "112", "15", "17", "18", "114", "dBm", "(WGS84, ± m)"}
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
VERBATIM = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}", re.DOTALL)
# Blocks that fill an attribute of the page's frame.
NOT_TEXT = re.compile(r"{%\s*block (?:\w+_class|default_theme|density)\s*%}[\w\s-]*{%\s*endblock\s*%}")
ATTRIBUTES = re.compile(r"^[a-z-]+=[\"']")  # a block that fills its parent's tag
SPOKEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label"}
LETTERS = re.compile(r"[^\W\d_]{2,}")


def templates() -> list[Path]:
    return sorted(path for path in messages.HERE.rglob("*.html") if "templates" in path.parts)


class Texts(HTMLParser):
    """Collects what a reader sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self.inside.append(tag)
        self.found += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


def bare_texts(source: str) -> list[str]:
    reader = Texts()
    for pattern in (VERBATIM, BLOCK, NOT_TEXT, TAG):
        source = pattern.sub(" ", source)
    reader.feed(source)
    said = (" ".join(text.split()).strip(" ·:.,") for text in reader.found)
    return [text for text in said if LETTERS.search(text) and text not in SAME_IN_BOTH and not ATTRIBUTES.match(text)]


@pytest.mark.parametrize("room", messages.rooms())
def test_every_message_has_its_french_and_none_is_fuzzy(room: str) -> None:
    assert [line for line in messages.problems() if line.startswith(f"{room}:")] == []


def test_no_two_rooms_translate_one_text_differently() -> None:
    assert [line for line in messages.problems() if " differ on " in line] == []


def test_a_planted_difference_between_two_rooms_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"one": tmp_path / "one", "other": tmp_path / "other"}
    for french, room in zip(("Aucun.", "Aucune."), both.values(), strict=True):
        (room / "templates").mkdir(parents=True)
        (room / "templates" / "x.html").write_text('{% load i18n %}{% translate "None." %}', encoding="utf-8")
        path = messages.catalogue_path(room)
        path.parent.mkdir(parents=True)
        path.write_text(f'msgid "None."\nmsgstr "{french}"\n', encoding="utf-8")
    monkeypatch.setattr(messages, "HERE", tmp_path)
    monkeypatch.setattr(messages, "rooms", lambda: both)
    assert messages.problems() == ["one and other differ on 'None.': give one a context"]


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(messages.HERE)))
def test_no_template_holds_text_outside_translation(path: Path) -> None:
    assert bare_texts(path.read_text(encoding="utf-8")) == []


def test_a_planted_bare_text_is_found() -> None:
    assert bare_texts("<p>Hello there</p>{% translate 'fine' %}") == ["Hello there"]
    assert bare_texts('<img alt="A drone">{# no #}') == ["A drone"]


def test_a_planted_missing_translation_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "templates" / "x.html").write_text(
        '{% load i18n %}{% translate "One" %}'
        "{% blocktranslate count n=n %}{{ n }} a{% plural %}{{ n }} b{% endblocktranslate %}"
        '{{ value|default:_("Two") }}{% if a == _("Three") %}{% translate "Four" context "c" %}{% endif %}',
        encoding="utf-8",
    )
    monkeypatch.setattr(messages, "HERE", tmp_path)
    monkeypatch.setattr(messages, "rooms", lambda: {"room": room})
    assert len(messages.problems()) == 5
    messages.update()
    assert len(messages.problems()) == 5, "an empty entry is not a translation"
    path = messages.catalogue_path(room)
    path.write_text(re.sub(r'^(msgid "One"\n)msgstr ""', r'\1msgstr "Un"', path.read_text(), flags=re.MULTILINE))
    assert len(messages.problems()) == 4
    path.write_text(path.read_text().replace('msgid "One"', '#, fuzzy\nmsgid "One"'))
    assert any("fuzzy" in line for line in messages.problems())


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root writes everywhere: be somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_tree_starts_with_the_words_it_has(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As under systemd's ProtectSystem=strict, and as an account that does not own the sources."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "locale", "fr", "LC_MESSAGES", "django.po")
        source.parent.mkdir(parents=True)
        source.write_bytes(messages.catalogue_path(messages.HERE).read_bytes())
        monkeypatch.setattr(messages, "rooms", lambda: {"web": Path(folder)})
        for path in (Path(folder), source.parent):
            path.chmod(0o555)
        with as_nobody():
            messages.refresh()
        assert "run make setup" in caplog.text
        assert list(source.parent.iterdir()) == [source]
        source.parent.chmod(0o755)
        messages.refresh()
        assert source.with_suffix(".mo").stat().st_mode & 0o777 == 0o644


def test_compiled_catalogues_follow_their_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = messages.catalogue_path(tmp_path)
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "One"\nmsgstr "Un"\n')
    monkeypatch.setattr(messages, "rooms", lambda: {"room": tmp_path})
    assert messages.compile_catalogues() == [source.with_suffix(".mo")]
    assert messages.compile_catalogues() == []
    source.with_suffix(".mo").chmod(0o600)
    assert messages.compile_catalogues() == [source.with_suffix(".mo")], "the service's account must read it"


def test_one_notion_has_one_word() -> None:
    """`empreinte` is what a text's digest is called (docs/glossary.md); its other name is on no page."""
    catalogues = [path for path in map(messages.catalogue_path, messages.rooms().values()) if path.exists()]
    assert len(catalogues) > 10
    assert not [str(path) for path in catalogues if "ondensat" in path.read_text(encoding="utf-8")]
