"""The page of attacks forgets none: whoever adds one to tests/hostile says there what stands in its way."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_hostile_test_is_on_the_page_of_attacks() -> None:
    page = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    honest = {"test_an_honest_change_with_its_fact_passes", "test_an_honest_paper_opens"}
    written = {
        f"tests/hostile/{path.name}::{name}"
        for path in (ROOT / "tests" / "hostile").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
        if name not in honest
    }
    named = set(re.findall(r"`(tests/hostile/\w+\.py::\w+)`", page))
    assert written == named
