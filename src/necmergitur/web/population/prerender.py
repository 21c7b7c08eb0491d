"""The form, rendered ahead for each language and state, so that it is served without Django when everybody comes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from necmergitur.people.crises import Crisis
from necmergitur.web.boot import boot

# Filled in by `live.pages` at each answer, and at each crisis.
ONCE, CRISIS, DAYS, LOOK = "[[once]]", "[[crisis]]", "[[days]]", "[[look]]"
DAY_OR_MORE = "[[day]]", "[[more]]", "[[end]]"  # around what is said of one day, and of more
STATES = ("open", "drill", "none", "none-drill")
FOLDER = "pages"  # in NEC_HOME


def render_pages(home: Path) -> list[Path]:
    """Write every page of the form into `home`; return them. One left over from a language no longer there goes."""
    boot()
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, page in _pages():
        path = folder / name
        new = path.with_suffix(".new")
        new.write_bytes(page)
        new.replace(path)  # a reader sees the old one or the new one, whole
        written.append(path)
    for path in folder.glob("safe.*.html"):
        if path not in written:
            path.unlink()
    return written


def public_key_file(home: Path) -> Path:
    """Return where the public half of the key that signs pushes lies: pages give it to browsers, and hold no other."""
    return home / FOLDER / "push.key"


def _pages() -> Iterator[tuple[str, bytes]]:
    from necmergitur.web.population import frame, safe  # noqa: PLC0415 -- Django must have been started

    for language in frame.languages():
        for state in STATES:
            drill = state.endswith("drill")
            if state.startswith("none"):
                page = frame.show(None, "population/none.html", {"look": LOOK}, language=language, drill=drill)
            else:
                context = safe.form_context(None, {}, {}, ONCE)
                context |= {"days": DAYS, "ahead": DAY_OR_MORE, "look": LOOK}
                page = frame.show(
                    None, "population/safe.html", context, language=language, crisis=_standing_for(CRISIS), drill=drill
                )
            yield f"safe.{language}.{state}.html", page.content


def _standing_for(name: str) -> Crisis:
    return Crisis(
        id=UUID(int=0),
        incident_id=None,
        name=name,
        lon=0.0,
        lat=0.0,
        radius_m=0.0,
        services=("safe",),
        languages=(),
        kept_s=int(timedelta(days=1).total_seconds()),
        drill=False,
        asked_by=0,
        asked_role="",
        asked_at=datetime(1970, 1, 1, tzinfo=UTC),
    )
