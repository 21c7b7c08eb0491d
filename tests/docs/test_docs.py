"""Documents that cannot rot: what they name exists, what exists is named, and links lead somewhere."""

import re
import shlex
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from necmergitur.app import documents, source_reading
from necmergitur.web.accounts.roles import Role

ROOT = Path(__file__).parents[2]
OURS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in OURS]
SOURCES = sorted((ROOT / "src" / "necmergitur").rglob("*.py"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --- generated pages ---


def test_pages_read_off_the_code_say_what_the_code_says() -> None:
    assert documents.stale() == [], "run `make docs`"


def test_a_stale_and_a_missing_page_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "pages", lambda: dict.fromkeys(("good.md", "old.md", "gone.md"), lambda: "now\n"))
    (tmp_path / "good.md").write_text("now\n")
    (tmp_path / "old.md").write_text("before\n")
    assert documents.stale(tmp_path) == ["old.md", "gone.md"]


def test_every_constant_of_a_rooms_register_states_its_source() -> None:
    assert documents.unsourced() == []


def test_a_constant_without_a_source_is_found(tmp_path: Path) -> None:
    register = tmp_path / "src" / "necmergitur" / "room" / "constants.py"
    register.parent.mkdir(parents=True)
    register.write_text("# ours: because\nWAIT_S = 3.0\nLENGTH_M_MAX = 5\n")
    assert documents.unsourced(tmp_path) == ["src/necmergitur/room/constants.py:3 LENGTH_M_MAX"]


@pytest.mark.parametrize(
    ("line", "value", "unit", "source"),
    [
        ("WAIT_S = 2 * 1.5  # ours", "3", "s", "ours"),
        ("LASTS = timedelta(minutes=90)  # law", "90 min", "", "law"),
        ("SIZE_BYTES_MAX = 64 * 1024  # measured", "65,536", "bytes", "measured"),
        ("SPEED_M_S = -0.25  # manual", "-0.25", "m/s", "manual"),
        ("WORDS = ('a', 'b')  # ours", "`('a', 'b')`", "", "ours"),
        ("STEPS_S = (1.0, 2.5)  # ours", "1, 2.5", "s", "ours"),
    ],
)
def test_a_constant_is_read_with_its_unit_and_source(
    tmp_path: Path, line: str, value: str, unit: str, source: str
) -> None:
    file = tmp_path / "constants.py"
    file.write_text(line + "\n")
    (read,) = source_reading.constants(file)
    assert (read.value, read.unit, read.source) == (value, unit, source)


def test_a_comment_speaks_for_the_next_line_and_a_labelled_one_for_its_whole_run(tmp_path: Path) -> None:
    file = tmp_path / "constants.py"
    file.write_text("# alone\nA = 1\nB = 2\n\n# Ladder: both\nC = 3\nD = 4\n\nE = 5\n")
    assert [c.source for c in source_reading.constants(file)] == ["alone", "", "Ladder: both", "Ladder: both", ""]


def test_every_command_and_option_is_in_the_page_of_commands() -> None:
    page = text_of("docs/cli.md")
    for path, command in documents.commands():
        if path:
            assert f"{'#' * (len(path) + 1)} nec {' '.join(path)}\n" in page
        for parameter in command.params:
            if path and isinstance(parameter, click.Option):
                assert parameter.opts[-1] in page, (path, parameter.name)


def test_every_tagged_event_of_the_source_is_in_the_page_of_events() -> None:
    rooms = [ROOT / "src" / "necmergitur" / room for room in documents.RECORDED]
    declared = {
        name
        for room in rooms
        for path in room.rglob("*.py")
        for name in re.findall(r"^class (\w+)\(.*\btag=True\)", path.read_text(), re.MULTILINE)
    }
    assert {"PressReceived", "IncidentOpened", "MissionLaunched", "AuthorisationGranted", "Audited"} <= declared
    assert set(re.findall(r"^### (\w+)$", text_of("docs/events.md"), re.MULTILINE)) == declared


def test_the_architecture_names_every_stream_of_the_ledger() -> None:
    named = re.search(r"Streams: ([^.]*)\.", text_of("docs/ARCHITECTURE.md"))
    assert named is not None
    assert re.findall(r"`(\w+)`", named[1]) == source_reading.streams(ROOT / "src" / "necmergitur")


# --- what documents name exists ---


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    lost = []
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


def anchors(page: Path) -> set[str]:
    """Return the anchors a forge gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = {(page.parent / target.partition("#")[0]).resolve() for target in LINK.findall(page.read_text())}
        waiting += [link for link in links if link.suffix == ".md" and link.exists()]
    assert [page.as_posix() for page in OURS if page not in reached] == []


@pytest.mark.parametrize("name", NAMES)
def test_tests_that_a_document_names_exist(name: str) -> None:
    for path, test in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text_of(name)):
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in text_of(path), f"{path}::{test}"


@pytest.mark.parametrize("name", NAMES)
def test_source_files_that_a_document_names_exist(name: str) -> None:
    for path in re.findall(r"`((?:src|tests|ui|deploy|docs|requirements)/[\w./-]+)`", text_of(name)):
        assert (ROOT / path).exists(), path
    rooms = "adapters|app|dispatch|engine|governance|kernel|ledger|live|operations|signals|sim|territory|web|worker"
    for path in re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", text_of(name)):
        assert (ROOT / "src" / "necmergitur" / path).exists(), path


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_that_a_document_names_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^ *make ([a-z][a-z0-9-]*)|`make ([a-z][a-z0-9-]*)`", text_of(name), re.MULTILINE))
    assert {one or other for one, other in named} <= targets


@pytest.mark.parametrize("name", [n for n in NAMES if n != "docs/cli.md"])
def test_commands_that_a_document_names_exist_with_their_options(name: str) -> None:
    known = dict(documents.commands())
    for line in commands_in(text_of(name)):
        words = words_of(line)
        path: tuple[str, ...] = ()
        while words and (*path, words[0]) in known:
            path = (*path, words.pop(0))
        command = known[path]
        assert path, line
        assert not isinstance(command, click.Group) or not words or words[0].startswith("-"), line
        options = {o for parameter in command.params if isinstance(parameter, click.Option) for o in parameter.opts}
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= options | {"--help", "--version"}, line


def commands_in(text: str) -> list[str]:
    """Return what stands after `nec` or `nec-admin` in shell blocks and in code within lines."""
    lines = [line for block in re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    called = (re.match(r"\s*(?:NEC_\w+=\S+ )*(?:\S*/)?nec(?:-admin)? ([a-z][^#|&;)(]*)", line) for line in lines)
    return [found[1] for found in called if found]


def words_of(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


@pytest.mark.parametrize("name", NAMES)
def test_settings_that_a_document_names_exist(name: str) -> None:
    documented = set(re.findall(r"^\| `(NEC_[A-Z0-9_]+)`", text_of("docs/settings.md"), re.MULTILINE))
    # What our deployment files and our tests read is theirs to explain.
    elsewhere = "".join(path.read_text() for path in (ROOT / "deploy").rglob("*") if path.is_file())
    elsewhere += "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py")) + text_of("Makefile")
    others = set(re.findall(r"\bNEC_[A-Z0-9_]+\b", elsewhere))
    named = set(re.findall(r"\bNEC_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", text_of(name)))
    assert {n for n in named if f"{n}_WEB" not in documented} <= documented | others


def test_every_figure_that_is_measured_is_explained() -> None:
    made = re.compile(r"(Counter|Gauge|Histogram)\(\s*\"(nec_\w+)\"")
    found = {pair for path in SOURCES for pair in made.findall(path.read_text())}
    names = {n if kind != "Counter" or n.endswith("_total") else f"{n}_total" for kind, n in found}
    shown = set(re.findall(r"^\| `(nec_\w+)", text_of("docs/how-to/observe.md"), re.MULTILINE))
    assert shown == names


def test_every_alarm_is_explained() -> None:
    raised = {name for path in SOURCES for name in re.findall(r"set_alarm[,(][^\"]{0,80}\"(\w+)\"", path.read_text())}
    raised |= {
        name for path in SOURCES for name in re.findall(r"^ALARM\w* = \"(\w+)\"$", path.read_text(), re.MULTILINE)
    }
    assert raised
    explained = set(re.findall(r"^\| `(\w+)` \|", text_of("docs/how-to/operate.md"), re.MULTILINE))
    assert raised == explained


# --- the glossary ---

TERMS = (
    *("signal", "press", "incident", "mission", "dispatch", "unit", "zone", "dock", "gate", "ledger", "authorisation"),
    *("event", "fact", "stream", "refusal", "seal", "offer", "order", "phase", "drone", "link", "fence", "observation"),
    *("still", "shift", "qualification", "handover", "hand-off", "call-back", "note", "log", "queue", "board"),
    *("heartbeat", "lamp", "probe", "duress", "cancellation", "test", "test window", "exercise", "demonstration"),
    *("alarm", "alert", "partner", "webhook", "purpose", "legal basis", "airspace zone", "notice", "escalation"),
)


def glossary() -> list[tuple[str, ...]]:
    """Return (English, French, meaning, in the code) of every row."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", text_of("docs/glossary.md"), re.MULTILINE)
    return [tuple(cell.strip() for cell in row) for row in rows if row[0] != "English"]


def known_words() -> set[str]:
    """Return every English word of the glossary and every name it gives in the code."""
    code = {word for *_, names in glossary() for word in re.findall(r"`([\w.]+)`", names)}
    return code | {row[0] for row in glossary()}


def test_one_word_for_each_thing_in_both_languages() -> None:
    english = [row[0] for row in glossary()]
    french = [row[1] for row in glossary()]
    assert sorted(set(english)) == sorted(english)
    assert sorted(set(french)) == sorted(french)


def test_the_words_of_the_domain_are_in_the_glossary() -> None:
    assert set(TERMS) <= {row[0] for row in glossary()}


def test_every_role_and_every_room_is_in_the_glossary() -> None:
    words = known_words()
    rooms = {path.parent.name for path in (ROOT / "src" / "necmergitur").glob("*/__init__.py")}
    assert {room for room in rooms if not {room, room.removesuffix("s")} & words} == set()
    assert {role.value for role in Role} <= words


def test_every_table_of_the_facts_is_in_the_glossary() -> None:
    migration = text_of("src/necmergitur/web/facts/migrations/0001_facts.py")
    tables = set(re.findall(r"CREATE (?:UNLOGGED )?TABLE ([\w.]+)", migration))
    assert len(tables) > 25
    assert tables - known_words() == set()


def test_the_glossarys_french_is_what_screens_say() -> None:
    said: dict[str, set[str]] = {}
    for catalogue in (ROOT / "src" / "necmergitur" / "web").rglob("django.po"):
        with catalogue.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
                    said.setdefault(message.id.lower(), set()).add(message.string.lower())
    different = {
        row[0]: (row[1], said[row[0].lower()])
        for row in glossary()
        if row[0].lower() in said and row[1].lower() not in said[row[0].lower()]
    }
    assert different == {}


# --- manners ---


@pytest.mark.parametrize("name", [*NAMES, "Makefile", "pyproject.toml"])
def test_no_path_of_a_developers_machine(name: str) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|root|home/\w+|Users|private)/\S*", text_of(name)) == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", text_of("docs/adr/README.md")))
    assert {path.name for path in (ROOT / "docs" / "adr").glob("0*.md")} == listed
