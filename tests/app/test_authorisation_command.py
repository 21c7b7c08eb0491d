"""A paper is checked by anybody, from its file alone."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from necmergitur.adapters import papers
from necmergitur.adapters.passkeys import b64, fingerprint
from necmergitur.app.commands.authorisation import command
from necmergitur.governance.signing import Paper, Signature
from necmergitur.governance.terms import digest
from necmergitur.kernel.refusal import Refusal
from tests import signed
from tests.passkeys import ORIGIN, RP_ID, Authenticator

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TERMS = signed.terms(NOW, label="Compter à l'entrée\n\tdu « métro » \\ 😀")


def paper(**keys: Authenticator) -> Paper:
    signatures = tuple(
        Signature(
            party_id=signed.party(role, NOW).id,  # type: ignore[arg-type]
            role=role,  # type: ignore[arg-type]
            name=role.title(),
            public_key=b64(key.cose),
            rp_id=RP_ID,
            origin=ORIGIN,
            assertion=key.get(digest(TERMS)),
            at=NOW,
        )
        for role, key in keys.items()
    )
    return Paper(terms=TERMS, signatures=signatures)


@pytest.fixture
def three() -> dict[str, Authenticator]:
    return {"territory": Authenticator("ES256"), "company": Authenticator("EdDSA"), "state": Authenticator("RS256")}


def run(tmp_path: Path, raw: bytes) -> Any:
    file = tmp_path / "paper.json"
    file.write_bytes(raw)
    return CliRunner().invoke(command, ["verify", str(file)])


def test_a_paper_signed_by_three_holds_and_shows_each_key(tmp_path: Path, three: dict[str, Authenticator]) -> None:
    said = run(tmp_path, papers.write(paper(**three)))
    assert (said.exit_code, said.output.count(": holds")) == (0, 3)
    for key in three.values():
        assert fingerprint(b64(key.cose)) in said.output
    assert digest(TERMS).hex() in said.output


def test_it_needs_no_database_no_server_and_no_folder(tmp_path: Path, three: dict[str, Authenticator]) -> None:
    file = tmp_path / "paper.json"
    file.write_bytes(papers.write(paper(**three)))
    bare = {name: value for name, value in os.environ.items() if not name.startswith("NEC_")}
    source = str(Path(papers.__file__).parents[2])
    run_ = subprocess.run(
        [sys.executable, "-m", "necmergitur.app.cli", "authorisation", "verify", str(file)],
        env=bare | {"NEC_HOME": str(tmp_path / "nowhere"), "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run_.returncode, run_.stdout.count(": holds")) == (0, 3), run_.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_forged_third_signature_and_a_missing_one_are_told_apart(
    tmp_path: Path, three: dict[str, Authenticator]
) -> None:
    forged = paper(**three)
    swapped = msgspec.structs.replace(
        forged.signatures[2], assertion=forged.signatures[1].assertion, public_key=forged.signatures[2].public_key
    )
    said = run(tmp_path, papers.write(msgspec.structs.replace(forged, signatures=(*forged.signatures[:2], swapped))))
    assert said.exit_code == 1
    assert "state: State, key" in said.output and "REFUSED: signature forged" in said.output
    del three["state"]
    said = run(tmp_path, papers.write(paper(**three)))
    assert (said.exit_code, "state: MISSING" in said.output) == (1, True)


def test_signatures_under_other_terms_do_not_hold(tmp_path: Path, three: dict[str, Authenticator]) -> None:
    signed_ones = paper(**three)
    longer = msgspec.structs.replace(signed_ones, terms=msgspec.structs.replace(TERMS, retention_days=300))
    said = run(tmp_path, papers.write(longer))
    assert (said.exit_code, said.output.count("REFUSED: signature of other terms")) == (1, 3)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw.replace(b'"terms":{', b'"terms":{"also":"sound",'), "paper_not_canonical"),
        (lambda raw: raw.replace(b"00Z", b"00+00:00"), "paper_not_canonical"),
        (lambda raw: raw.replace(b'"retention_days":30', b'"retention_days":30.0'), "paper_unreadable"),
        (lambda raw: raw[:-1], "paper_unreadable"),
        (lambda raw: b"[" * 100_000, "paper_unreadable"),
        (lambda raw: raw + b" " * 300_000, "paper_too_long"),
        (lambda raw: b"{}", "paper_unreadable"),
    ],
)
def test_a_file_that_says_other_than_was_signed_is_refused(
    three: dict[str, Authenticator], spoil: Any, why: str
) -> None:
    found = papers.read(spoil(papers.write(paper(**three))))
    assert isinstance(found, Refusal) and found.rule == why


def test_the_lines_of_the_guide_say_the_same_as_the_command(tmp_path: Path, three: dict[str, Authenticator]) -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/authorise-a-stream.md").read_text(encoding="utf-8")
    lines = guide.partition("```python\n")[2].partition("```")[0]
    honest, forged = tmp_path / "paper.json", tmp_path / "forged.json"
    made = papers.write(paper(**three))
    honest.write_bytes(made)
    forged.write_bytes(made.replace(b'"retention_days":30', b'"retention_days":31'))
    answers = [
        subprocess.run([sys.executable, "-c", lines, str(file)], capture_output=True, text=True, check=False)
        for file in (honest, forged)
    ]
    assert answers[0].returncode == 0, answers[0].stderr
    assert f"digest {digest(TERMS).hex()}" in answers[0].stdout
    assert answers[1].returncode == 1 and "other terms" in answers[1].stderr
