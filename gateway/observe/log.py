"""Events as JSON lines on standard error, one canonical line per request.

An event carries no secret and no personal data (see events.py), so nothing needs to be taken out here; the level of each kind is
the one decision of this file.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import BufferedIOBase
from typing import TextIO

import orjson

from gateway.events import (
    CallEnded,
    Consumer,
    ConsumerFailed,
    Crashed,
    Event,
    FileMissed,
    HalfDone,
    HostChanged,
    KeysMissed,
    Learnt,
    MappingsKept,
    Mistrusted,
    NevisRefused,
    RestartNeeded,
    RouteClosed,
    SettingsKept,
    SharedBack,
    SharedLost,
    TurnedAway,
    Unrecorded,
    WorkerEnded,
)

LEVELS: dict[type, int] = {
    CallEnded: logging.DEBUG,
    Learnt: logging.DEBUG,
    Mistrusted: logging.WARNING,
    RouteClosed: logging.WARNING,
    KeysMissed: logging.WARNING,
    MappingsKept: logging.ERROR,
    SettingsKept: logging.ERROR,
    RestartNeeded: logging.WARNING,
    HostChanged: logging.WARNING,
    FileMissed: logging.WARNING,
    SharedLost: logging.WARNING,
    TurnedAway: logging.WARNING,
    SharedBack: logging.WARNING,
    HalfDone: logging.ERROR,
    Unrecorded: logging.ERROR,
    Crashed: logging.ERROR,
    WorkerEnded: logging.ERROR,
    ConsumerFailed: logging.ERROR,
}

_ONE_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_NAMES = {level: logging.getLevelName(level).lower() for level in (10, 20, 30, 40)}


def log_events(least: str) -> Consumer:
    """A consumer that writes every event of at least that level ("debug", "info", "warning", "error")."""
    threshold = logging.getLevelNamesMapping()[least.upper()]
    write = _writer(sys.stderr)

    def consume(event: Event) -> None:
        level = _level(event)
        if level >= threshold:
            write(_line(event, level))

    return consume


def _line(event: Event, level: int) -> bytes:
    """One line: what the event says, then its kind, its level and the time."""
    kind = {"event": type(event).__name__, "level": _NAMES[level], "timestamp": datetime.now(UTC)}
    return orjson.dumps({**vars(event), **kind}, option=_ONE_LINE)


def _level(event: Event) -> int:
    if type(event) is NevisRefused:
        return logging.ERROR if event.alarm else logging.WARNING if event.reason else logging.INFO
    return LEVELS.get(type(event), logging.INFO)


def _writer(stream: TextIO) -> Callable[[bytes], None]:
    """Writes a whole line to a stream and lets it go at once, past the layer that would decode and encode it again."""
    below: BufferedIOBase | None = getattr(stream, "buffer", None)

    def write(line: bytes) -> None:
        if below is None:
            stream.write(line.decode())
            stream.flush()
        else:
            below.write(line)
            below.flush()

    return write
