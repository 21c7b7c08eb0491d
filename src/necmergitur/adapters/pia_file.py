"""Impact assessments in the JSON that CNIL's PIA software writes and reads.

What that file says and we have no place for is kept as it came (`kept`), and written out again. Its texts are HTML and
ours are plain: a text that nobody changed here leaves as it came in.
"""

import copy
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from necmergitur.governance import pia
from necmergitur.governance.constants import ANSWER_LENGTH_MAX, POINTS_MAX
from necmergitur.governance.pia import Answer, Evaluation, Measure, Writing
from necmergitur.kernel.refusal import Refusal

# The largest file read: CNIL's software embeds attachments, which are not wanted here. Ours.
FILE_BYTES_MAX = 2_000_000
MEASURES_MAX = 200  # ours: more than any assessment has
_ENDS_A_LINE = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4"})
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9]*)")
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}


class Imported(msgspec.Struct, frozen=True):
    """What was read: the assessment as we write it, and the whole file as it came."""

    writing: Writing
    kept: dict[str, Any]


def read(body: bytes) -> Imported | Refusal:
    """Read one assessment. Anything else comes back as a Refusal."""
    if len(body) > FILE_BYTES_MAX:
        return Refusal(rule="pia_too_large", facts={"bytes": str(FILE_BYTES_MAX)})
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return Refusal(rule="pia_unreadable", detail="This is no JSON.")
    if not isinstance(whole, dict) or not isinstance(whole.get("pia"), dict):
        return Refusal(rule="pia_unreadable", detail="It holds no 'pia'.")
    measures = [one for one in _rows(whole, "measures")[:MEASURES_MAX] if isinstance(one.get("id"), int)]
    top = whole["pia"]
    writing = Writing(
        title=_line(top.get("name")),
        author=_line(top.get("author_name")),
        evaluator=_line(top.get("evaluator_name")),
        validator=_line(top.get("validator_name")),
        officer=_line(top.get("dpos_names")),
        opinion=plain(top.get("dpo_opinion")),
        favourable={0: False, 1: True}.get(top.get("dpo_status")) if _is_int(top.get("dpo_status")) else None,
        people_searched=top.get("concerned_people_searched_opinion") is not False,
        people_opinion=plain(top.get("concerned_people_opinion")),
        people_not_searched=plain(top.get("concerned_people_searched_content")),
        answers={
            str(one["reference_to"]): _answer(one["data"])
            for one in _rows(whole, "answers")
            if _known(one) and isinstance(one.get("data"), dict)
        },
        measures=tuple(Measure(one["id"], _line(one.get("title")), plain(one.get("content"))) for one in measures),
        evaluations={
            str(one["reference_to"]): _evaluation(one)
            for one in _rows(whole, "evaluations")
            if _judges(str(one.get("reference_to")), {each["id"] for each in measures})
        },
    )
    return Imported(writing, whole)


def write(writing: Writing, kept: Mapping[str, Any] | None) -> bytes:
    """Return the file: what came in, with what we know in its place."""
    whole: dict[str, Any] = copy.deepcopy(dict(kept or {}))
    top = whole.setdefault("pia", {"id": 1, "status": 0})
    told = {
        "name": writing.title,
        "author_name": writing.author,
        "evaluator_name": writing.evaluator,
        "validator_name": writing.validator,
        "dpos_names": writing.officer,
        "dpo_opinion": writing.opinion,
        "concerned_people_opinion": writing.people_opinion,
        "concerned_people_searched_content": writing.people_not_searched,
    }
    for name, text in told.items():
        _put_text(top, name, text)
    if writing.favourable is not None or "dpo_status" in top:
        top["dpo_status"] = None if writing.favourable is None else int(writing.favourable)
    if (top.get("concerned_people_searched_opinion") is not False) != writing.people_searched:
        top["concerned_people_searched_opinion"] = writing.people_searched
    _write_answers(whole, writing)
    _write_measures(whole, writing)
    _write_evaluations(whole, writing)
    whole.setdefault("comments", [])
    return msgspec.json.encode(whole)


def plain(text: object) -> str:
    """Return the words of an HTML text, a line for each paragraph."""
    if not isinstance(text, str):
        return ""
    lines = [" ".join(line.split()) for line in "".join(_words(text)).split("\n")]
    return "\n".join(line for line in lines if line)[:ANSWER_LENGTH_MAX]


def _words(text: str) -> Iterator[str]:
    """Yield words, never what a browser would run. Each sign is looked at a few times, whatever is left unclosed.

    Files are read in the process that answers pages, and the standard parser takes minutes for unclosed tags.
    """
    at = 0
    while (begin := text.find("<", at)) >= 0:
        yield html.unescape(text[at:begin])
        if text.startswith("<!--", begin):
            at = _after(text, "-->", begin + 4)
            continue
        tag = _TAG.match(text, begin)
        if tag is None:  # a sign of its own, as in "less than"
            yield "<"
            at = begin + 1
            continue
        name, at = tag[2].lower(), _after(text, ">", tag.end())
        if name in _ENDS_A_LINE:
            yield "\n"
        if name in _ENDS and not tag[1]:
            end = _ENDS[name].search(text, at)
            at = len(text) if end is None else _after(text, ">", end.end())
    yield html.unescape(text[at:])


def _after(text: str, sign: str, at: int) -> int:
    """Return the place behind the next sign; the text's end where it is missing."""
    found = text.find(sign, at)
    return len(text) if found < 0 else found + len(sign)


def _rows(whole: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = whole.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _line(text: object) -> str:
    return " ".join(plain(text).split())[:300]


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _known(row: Mapping[str, Any]) -> bool:
    return any(str(row.get("reference_to")) in refs for refs in pia.ITEMS.values())


def _judges(ref: str, measures: set[int]) -> bool:
    return ref in pia.EVALUATED or any(ref == f"3.1.{one}" for one in measures)


def _gauge(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value <= pia.GAUGE_MAX else 0


def _answer(data: Mapping[str, Any]) -> Answer:
    points = data.get("list")
    listed = points if isinstance(points, list) else []
    told = tuple(line for each in listed[:POINTS_MAX] if (line := _line(each)))
    return Answer(text=plain(data.get("text")), points=told, gauge=_gauge(data.get("gauge")))


def _evaluation(row: Mapping[str, Any]) -> Evaluation:
    found = row.get("gauges")
    gauges = found if isinstance(found, dict) else {}
    status = row.get("status")
    return Evaluation(
        status=status if isinstance(status, int) and pia.PENDING <= status <= pia.ACCEPTABLE else pia.PENDING,
        comment=plain(row.get("evaluation_comment")),
        plan=plain(row.get("action_plan_comment")),
        # On its map, x of what is left is severity (drawn upwards) and y likelihood: as the software itself draws it.
        severity=_gauge(gauges.get("x")),
        likelihood=_gauge(gauges.get("y")),
    )


def _put_text(row: dict[str, Any], name: str, text: str, read: Any = plain) -> None:
    """Replace a text only when its words changed: what came in as HTML leaves as the same HTML."""
    if read(row.get(name)) == text or _line(row.get(name)) == text:
        return
    row[name] = "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n")) if text else ""


def _row_of(whole: dict[str, Any], name: str, key: str, value: str) -> dict[str, Any] | None:
    return next((row for row in _rows(whole, name) if str(row.get(key)) == value), None)


def _append(whole: dict[str, Any], name: str, row: dict[str, Any]) -> dict[str, Any]:
    rows = whole.setdefault(name, [])
    top = whole["pia"].get("id", 1)
    numbers = [each["id"] for each in _rows(whole, name) if _is_int(each.get("id"))]
    row = {"pia_id": top, **row, "id": row.get("id", max(numbers, default=0) + 1)}
    rows.append(row)
    return row


def _write_answers(whole: dict[str, Any], writing: Writing) -> None:
    whole.setdefault("answers", [])
    for refs in pia.ITEMS.values():
        for ref in refs:
            said = writing.answer(ref)
            row = _row_of(whole, "answers", "reference_to", ref)
            if row is None and said == Answer():
                continue
            if row is None or not isinstance(row.get("data"), dict):
                row = row or _append(whole, "answers", {"reference_to": int(ref)})
                row["data"] = {"text": None, "gauge": None, "list": []}
            data = row["data"]
            if _answer(data) == said:
                continue
            _put_text(data, "text", said.text)
            if _gauge(data.get("gauge")) != said.gauge:
                data["gauge"] = said.gauge or None
            if _answer(data).points != said.points:
                data["list"] = list(said.points)


def _write_measures(whole: dict[str, Any], writing: Writing) -> None:
    wanted = {str(one.id): one for one in writing.measures}
    rows = whole.get("measures")
    ours = rows if isinstance(rows, list) else []
    # A measure that was removed here goes; a row that was never one of ours stays.
    whole["measures"] = [
        row for row in ours if not (isinstance(row, dict) and _is_int(row.get("id")) and str(row["id"]) not in wanted)
    ]
    for number, one in wanted.items():
        row = _row_of(whole, "measures", "id", number)
        if row is None:
            row = _append(whole, "measures", {"id": one.id, "title": "", "content": "", "placeholder": ""})
        if _line(row.get("title")) != one.title:
            row["title"] = one.title
        _put_text(row, "content", one.content)


def _write_evaluations(whole: dict[str, Any], writing: Writing) -> None:
    whole.setdefault("evaluations", [])
    for ref, judged in writing.evaluations.items():
        row = _row_of(whole, "evaluations", "reference_to", ref)
        if row is None:
            if judged == Evaluation():
                continue
            row = _append(whole, "evaluations", {"reference_to": ref, "global_status": 0, "gauges": {"x": 0, "y": 0}})
        if _evaluation(row) == judged:
            continue
        row["status"] = judged.status
        row["global_status"] = 2 if judged.status else 0
        _put_text(row, "evaluation_comment", judged.comment)
        _put_text(row, "action_plan_comment", judged.plan)
        row["gauges"] = {"x": judged.severity, "y": judged.likelihood}
