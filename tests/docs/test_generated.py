"""The generated pages of docs/ are what the code says today, and numbers name their source."""

from pathlib import Path

import pytest

from necmergitur.app.documents import DOCS, PAGES, Constant, constants

# Numbers that still name no source. It may only fall: give a new number its comment.
UNSOURCED_MAX = 75


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_current(page: str) -> None:
    assert (DOCS / page).read_text() == PAGES[page](), f"run `make docs`: docs/{page} is not what the code says"


def test_numbers_name_their_source() -> None:
    silent = [f"{c.module}.{c.name}" for c in constants() if not c.source]
    assert len(silent) <= UNSOURCED_MAX, silent


def test_the_platform_names_every_source() -> None:
    rooms = ("kernel", "ledger", "governance", "signals", "app/constants", "app/documents", "adapters/broker")
    assert [c for c in constants() if c.module.startswith(rooms) and not c.source] == []


def test_a_comment_above_or_beside_is_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "planted.py").write_text(
        "# RFC 1\nA_S = 1.5\nB_S = 2\n\nC_S = 3 * 60  # measured\n\nD_S = -4\nname = 5\n_PRIVATE = 6\nTEXT = 'x'\n"
    )
    monkeypatch.setattr("necmergitur.app.documents.PACKAGE", tmp_path)
    assert constants() == [
        Constant("kernel/planted", "A_S", "1.5", "RFC 1"),
        Constant("kernel/planted", "B_S", "2", "RFC 1"),
        Constant("kernel/planted", "C_S", "3 * 60", "measured"),
        Constant("kernel/planted", "D_S", "-4", ""),
    ]
