"""One structured line per event, for programs and for a tired reader, without personal data.

Every process writes JSON to standard error; the supervisor keeps it in NEC_HOME/logs and shows it in plain
words. Names that hold a person are withheld by key, and what looks like one is withheld inside any text;
that catches accidents, it is no licence to log a person.
"""

import json
import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

WITHHELD = "[withheld]"
# Fields that hold a person, a place of theirs, or a secret, whatever process logs them.
WITHHELD_KEYS = frozenset(
    {
        *("name", "first_name", "last_name", "holder", "caller", "person", "email", "mail", "phone"),
        *("address", "street", "ip", "client_ip", "remote_addr", "user_agent"),
        *("lon", "lat", "position", "location", "place"),
        *("payload", "body", "text", "note", "notes", "comment", "description"),
        *("password", "token", "secret", "cookie", "authorization", "key", "session"),
        *("headers", "params", "parameters", "query_params"),
    }
)
_PATTERNS = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    # A telephone number, international or French, however it is grouped (E.164: 15 digits at most).
    re.compile(r"(?<![\w.-])(?:\+\d{1,3}|0)[ .-]?\d(?:[ .-]?\d){7,12}(?![\w-])"),
    # An address of the Internet, save this machine's own.
    re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d)"),
    # Credentials inside an address.
    re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"),
    # A link that works once, or a code that opens what is held about a person: long and random, in a page's path.
    # Numbers of incidents (UUIDs) stay.
    re.compile(r"(?<=/)(?![0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)(?=[\w-]*[A-Z0-9])[\w-]{20,}(?![\w.-])"),
    # PostgreSQL's DETAIL names the values of the row it refused.
    re.compile(r"(?<=DETAIL:).*", re.DOTALL),
)
# A line longer than this is cut: a log is no place for a payload.
VALUE_CHARACTERS_MAX = 2_000
FRAMES_MAX = 30


def configure(process: str, level: str = "info") -> None:
    """Send this process's events, and those of the libraries it uses, to standard error as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.stdlib.PositionalArgumentsFormatter(),
        lambda _logger, _method, event: {**event, "process": process},
        withhold,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One line per request would name an address and a path each: the metrics count them instead.
    logging.getLogger("uvicorn.access").disabled = True
    # One line per simulated component would bury the rest: 720 of them at a start.
    logging.getLogger("pymavlink").setLevel(logging.WARNING)
    # A line for each table of a font that a PDF is set in.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    # Its start and stop are told by the supervisor already.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what may be a person or a secret; turn an exception into its type, words and frames."""
    kept: EventDict = {}
    for key, value in event.items():
        if key == "exc_info":
            kept.update(_described(value))
        elif key.startswith("_"):
            kept[key] = value  # structlog's own, removed before the line is written
        elif key.lower() in WITHHELD_KEYS:
            kept[key] = WITHHELD
        else:
            kept[key] = _cleaned(value)
    return kept


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {k: WITHHELD if str(k).lower() in WITHHELD_KEYS else _cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(v) for v in value]
    return cleaned_text(str(value))


def cleaned_text(text: str) -> str:
    """Return `text` without what looks like a person's address, number or credentials, cut to a bound."""
    for pattern in _PATTERNS:
        text = pattern.sub(WITHHELD, text)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "…"


def _described(given: Any) -> EventDict:
    """Return an exception's type, cleaned words and frames: never the values of its variables."""
    error = sys.exc_info() if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return {}
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "error_words": cleaned_text(str(error)),
        "frames": _frames(error.__traceback__),
    }


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def readable(process: str, line: str) -> str:
    """Return a child's line as the console shows it: time, process, what happened, details."""
    try:
        event = json.loads(line)
        said = str(event.pop("event"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"{'':8} {process:<10} {line}"
    at = str(event.pop("at", ""))[11:19]
    level = event.pop("level", "info")
    for key in ("process", "logger", "frames"):
        event.pop(key, None)
    details = " ".join(f"{key}={value}" for key, value in event.items())
    weight = "" if level in {"info", "debug"} else f"{level.upper()} "
    return f"{at:8} {process:<10} {weight}{said}{'  ' if details else ''}{details}"
