"""What is public is proved to anybody, what is not stays hidden, and an export holds on another machine."""

import hashlib
import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.export import FACTS, SUMS, Wrong, audit, write_export
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.adapters.publiclog.proofs import Prover, as_json, check_tree
from necmergitur.governance.authorisations import AuthorisationRevoked
from necmergitur.governance.gate import admit_record
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.commitment import Opening
from necmergitur.ledger.proof import Proof, check
from necmergitur.operations.publishing import names_somebody, shown_of
from tests.adapters.publiclog.conftest import NOW, SECRET, signer
from tests.adapters.publiclog.test_notary import Write
from tests.operations.scene import Scene
from tests.operations.town import TOWN, install

KEY = signer().verifier
LATER = NOW + timedelta(days=400)


@pytest.fixture
def prover(store: PostgresStore, folder: LogFolder) -> Prover:
    return Prover(store, LogFolder(folder.root), SECRET)


@pytest.fixture
def flown(database: str, scene: Scene, notary: Notary) -> Scene:
    """A town where a drone flew, all of it signed."""
    install(database, TOWN)
    scene.fly()
    assert notary.turn(NOW) is not None
    return scene


def seq_of(scene: Scene, kind: str) -> int:
    return next(fact.seq for fact in scene.facts() if fact.kind == kind)


def test_an_authorisation_is_proved_whole_and_believed_by_its_key_alone(flown: Scene, prover: Prover) -> None:
    proof = prover.public(seq_of(flown, "AuthorisationGranted"), LATER)
    assert isinstance(proof, Proof)
    assert "AuthorisationGranted" in proof.fact.detail
    verdict = check(proof, KEY)
    assert verdict.included and verdict.signed
    assert not check(proof, signer(2).verifier).signed


def test_a_flight_is_proved_a_day_later_without_its_pilot(flown: Scene, prover: Prover) -> None:
    seq = seq_of(flown, "MissionAccepted")
    fact = flown.facts()[seq - 1]
    early = prover.public(seq, fact.recorded_at + timedelta(hours=23, minutes=59))
    assert isinstance(early, Refusal)
    proof = prover.public(seq, fact.recorded_at + timedelta(hours=24))
    assert isinstance(proof, Proof)
    assert check(proof, KEY).included
    told = msgspec.json.encode(proof).decode()
    assert "MissionAccepted" in told and "pilot" not in told.lower() and '"by"' not in told
    assert proof.fact.detail == ""


@pytest.mark.parametrize("kind", ["PressReceived", "IncidentOpened", "SignalsAttached"])
def test_what_concerns_people_is_never_shown_to_everybody(flown: Scene, prover: Prover, kind: str) -> None:
    outcome = prover.public(seq_of(flown, kind), LATER)
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "fact_not_public"
    assert isinstance(prover.public(10**9, LATER), Refusal)


@pytest.mark.parametrize(
    ("stream", "kind", "hours", "shown"),
    [
        ("authorisation:1", "AuthorisationGranted", 0, "whole"),
        ("sensor:1", "ReadingsRooted", 0, "whole"),
        ("sensor:1", "ReadingsRead", 0, "header"),
        ("breakglass:1", "BreakGlassUsed", 0, "header"),
        ("mission:1", "MissionLaunched", 23.9, None),
        ("mission:1", "MissionLaunched", 24, "header"),
        ("incident:1", "IncidentOpened", 10_000, None),
        ("signal:1", "PressReceived", 10_000, None),
        ("audit:holder", "Audited", 10_000, None),
        ("audit:retention", "Audited", 0, "whole"),
        ("audit:pictures", "Audited", 0, "whole"),
        ("audit:erasure", "Audited", 0, "header"),
        ("party:1", "PartyEnrolled", 0, "whole"),
        ("authorisations", "x", 0, None),
    ],
)
def test_how_much_of_a_fact_everybody_sees(stream: str, kind: str, hours: float, shown: str | None) -> None:
    assert shown_of(stream, kind, NOW, NOW + timedelta(hours=hours)) == shown


@pytest.mark.parametrize(("by", "named"), [("Louise Martin", True), ("user:7", False), ("nec demo", False)])
def test_whoever_decided_by_name_before_the_log_was_public_stays_unnamed(by: str, named: bool) -> None:
    assert names_somebody("AuthorisationRevoked", msgspec.json.encode({"by": by})) is named
    assert names_somebody("AuthorisationGranted", msgspec.json.encode({"authorisation": {"granted_by": by}})) is named
    assert not names_somebody("ReadingsRooted", b"{}")


def test_a_name_in_an_old_fact_is_shown_to_nobody(flown: Scene, prover: Prover, notary: Notary) -> None:
    old = AuthorisationRevoked(UUID(int=5), NOW, "Louise Martin", "enough")
    with flown.store.transaction() as tx:
        fact = Fact(stream=f"authorisation:{UUID(int=5)}", version=1, event=old, actor="user:7")
        seq = tx.append(admit_record([fact], NOW))
    notary.turn(NOW)
    proof = prover.public(seq, LATER)
    assert isinstance(proof, Proof)
    assert b"Louise" not in as_json(proof) and b"AuthorisationRevoked" in as_json(proof)


def test_a_proof_that_was_touched_does_not_hold(flown: Scene, prover: Prover) -> None:
    proof = prover.any(seq_of(flown, "PressReceived"), "whole")
    assert isinstance(proof, Proof)
    assert check(proof, KEY).included
    path = [*proof.path]
    path[0] = "00" * 32
    for changed in (
        {"index": proof.index + 1},
        {"seq": proof.seq + 1},
        {"path": path},
        {"path": ["zz"]},
        {"fact": msgspec.structs.replace(proof.fact, detail=proof.fact.detail.replace("device", "devise"))},
        {"fact": msgspec.structs.replace(proof.fact, header="[]")},
        {"checkpoint": "nothing"},
        {"form": "other"},
    ):
        verdict = check(msgspec.structs.replace(proof, **changed), KEY)
        assert not (verdict.included and verdict.signed), changed


def test_a_fact_no_checkpoint_holds_yet_is_said_to_come(flown: Scene, prover: Prover) -> None:
    flown.call()
    outcome = prover.any(len(flown.facts()), "header")
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "fact_not_signed_yet"


def test_a_fact_edited_after_it_was_signed_has_no_proof_any_more(flown: Scene, prover: Prover, as_intruder) -> None:
    seq = seq_of(flown, "AuthorisationGranted")
    with as_intruder() as cursor:
        cursor.execute("UPDATE ledger_event SET actor = 'user:666' WHERE seq = %s", [seq])
    outcome = prover.public(seq, LATER)
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "fact_not_what_was_signed"


def test_the_tree_is_held_against_the_record(
    notary: Notary, write: Write, store: PostgresStore, folder: LogFolder, as_intruder
) -> None:
    assert check_tree(store, folder, SECRET) == 0
    write(700)
    notary.turn(NOW)
    assert check_tree(store, LogFolder(folder.root), SECRET) == 700
    with as_intruder() as cursor:
        cursor.execute("UPDATE ledger_event SET kind = 'Other' WHERE seq = 513")
    assert check_tree(store, LogFolder(folder.root), SECRET) == "fact 513 is not what the log holds"


# --- exports ------------------------------------------------------------------------------------------


@pytest.fixture
def exported(flown: Scene, write: Write, notary: Notary, prover: Prover, folder: LogFolder, tmp_path: Path) -> Path:
    write(600)
    notary.turn(NOW)
    write_export(prover, LogFolder(folder.root), tmp_path / "export", LATER)
    return tmp_path / "export"


def test_an_export_holds_and_tells_nothing_of_people(exported: Path, flown: Scene, tmp_path: Path) -> None:
    found = audit(exported, None, None, None)
    assert found.facts == len(flown.facts())
    assert 0 < found.shown < found.facts
    shown = (exported / FACTS).read_text()
    assert "AuthorisationGranted" in shown and "MissionLaunched" in shown
    for hidden in ("PressReceived", "IncidentOpened", "P-1", '"by"'):
        assert hidden not in shown


def test_an_export_is_checked_on_a_machine_with_nothing_else(exported: Path, tmp_path: Path) -> None:
    key = tmp_path / "city.key"
    key.write_text(f"{KEY}\n")
    words = (sys.executable, "-m", "necmergitur.app.cli", "ledger", "verify", "--export", str(exported))
    bare = {"PATH": "/usr/bin", "NEC_HOME": str(tmp_path / "nothing"), "PYTHONPATH": ":".join(sys.path)}
    held = subprocess.run([*words, "--key-file", str(key)], env=bare, check=False, capture_output=True, text=True)
    assert held.returncode == 0, held.stderr
    assert "facts of city.example/log hold" in held.stdout
    assert "No witness vouches" in held.stdout
    assert not (tmp_path / "nothing").exists()
    key.write_text(f"{signer(2).verifier}\n")
    refused = subprocess.run([*words, "--key-file", str(key)], env=bare, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "not signed by that key" in refused.stderr


@pytest.mark.parametrize(
    "name", ["tile/0/000", "tile/0/001", "tile/1/000.p/2", "tile/entries/001", "checkpoint", FACTS]
)
def test_an_export_that_was_touched_does_not_hold(exported: Path, name: str) -> None:
    path = exported / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Wrong, match=f"{name} is not as it was written"):
        audit(exported, None, None, None)
    (exported / SUMS).unlink()  # whoever touched it on purpose would have written its sums anew
    with pytest.raises(Wrong, match=r"is not|cut|malformed|Invalid|invalid|base64"):
        audit(exported, None, None, None)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/001", "checkpoint", FACTS])
def test_an_export_that_lost_a_file_does_not_hold(exported: Path, name: str) -> None:
    (exported / name).unlink()
    with pytest.raises(Wrong, match=f"{name} is not as it was written"):
        audit(exported, None, None, None)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"header":"["}', "[" * 100_000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_an_export_with_nonsense_in_it_is_told_as_wrong_and_not_by_a_crash(exported: Path, line: str | bytes) -> None:
    (exported / SUMS).unlink()
    whole = (exported / FACTS).read_bytes()
    (exported / FACTS).write_bytes(whole + (line if isinstance(line, bytes) else line.encode()) + b"\n")
    with pytest.raises(Wrong):
        audit(exported, None, None, None)


def test_a_folder_that_is_no_export_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match=r"key is not there: it was left out, or this is no export"):
        audit(tmp_path, None, None, None)


def test_a_fact_that_everybody_may_see_cannot_be_kept_back(exported: Path) -> None:
    """The tree says that a fact is there and not what it is; its stream's numbering says that one was left out."""
    (exported / SUMS).unlink()
    whole = (exported / FACTS).read_text().splitlines()
    streams = [json.loads(json.loads(line)["header"])[1] for line in whole]
    several = next(name for name in streams if streams.count(name) > 1)
    first = streams.index(several)

    def told(lines: list[str]) -> str:
        (exported / FACTS).write_text("".join(f"{line}\n" for line in lines))
        with pytest.raises(Wrong) as why:
            audit(exported, None, None, None)
        return str(why.value)

    assert f"a fact of {several} was left out" in told(whole[:first] + whole[first + 1 :])
    assert "shown twice, or out of its order" in told([*whole[: first + 1], *whole[first:]])
    assert "shown twice, or out of its order" in told([whole[1], whole[0], *whole[2:]])
    granted = next(number for number, line in enumerate(whole) if "AuthorisationGranted" in line)
    opened = msgspec.json.decode(whole[granted], type=Opening)
    hidden = hashlib.sha256(
        b"necmergitur/detail/v1\x00"
        + bytes.fromhex(opened.detail_salt)
        + hashlib.sha256(opened.detail.encode()).digest()
    ).hexdigest()
    kept_back = msgspec.structs.replace(opened, detail="", detail_salt="", hidden=hidden)
    whole[granted] = msgspec.json.encode(kept_back).decode()
    assert "its content was left out" in told(whole)


def test_what_was_signed_earlier_must_be_continued(
    exported: Path, folder: LogFolder, store: PostgresStore, write: Write, prover: Prover, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    shutil.copy(exported / "checkpoint", kept)
    write(5)
    Notary(store, LogFolder(folder.root), signer(), SECRET).turn(NOW)
    grown = tmp_path / "grown"
    write_export(prover, LogFolder(folder.root), grown, LATER)
    assert audit(grown, None, None, kept).since is not None
    shutil.copy(grown / "checkpoint", kept)
    with pytest.raises(Wrong, match="it was cut"):
        audit(exported, None, None, kept)
