"""Who may follow what: each path of the live process, role by role."""

from collections.abc import Callable

import pytest

from tests.live.serving import Live
from tests.web.pages import ROLES

PATHS = ("/live/state", "/live/events", "/live/picture/00000000-0000-7000-8000-000000000009")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_signed_in_is_refused(live: Live, path: str) -> None:
    assert live.ask(path)[0] == 401
    assert live.ask(path, "a cookie that nobody issued")[0] == 401


@pytest.mark.parametrize("role", ROLES)
def test_the_state_is_for_those_who_work_in_the_room(live: Live, session: Callable[[str], str], role: str) -> None:
    assert live.ask("/live/state", session(role))[0] == (403 if role == "responder" else 200)
