"""Events as JSON lines on standard error, one canonical line per request.

An event carries no secret and no personal data (see events.py), so nothing needs to be taken out here; the level of each kind is
the one decision of this file.
"""

from __future__ import annotations

import logging
import sys

import orjson
import structlog

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


def log_events(least: str) -> Consumer:
    """A consumer that writes every event of at least that level ("debug", "info", "warning", "error")."""
    threshold = logging.getLevelNamesMapping()[least.upper()]
    logger = (structlog.get_logger() if structlog.is_configured() else _logger()).bind()

    def consume(event: Event) -> None:
        level = _level(event)
        if level >= threshold:
            logger.log(level, type(event).__name__, **_said(event))

    return consume


def _said(event: Event) -> dict[str, object]:
    """What an event says. Events are flat: `asdict` would copy every tuple of theirs, and cost more than all the rest of a line."""
    return {name: getattr(event, name) for name in type(event).__slots__}


def _level(event: Event) -> int:
    if isinstance(event, NevisRefused):
        return logging.ERROR if event.alarm else logging.WARNING if event.reason else logging.INFO
    return LEVELS.get(type(event), logging.INFO)


def _json(line: dict[str, object], **_: object) -> str:
    return orjson.dumps(line).decode()


def _logger() -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
    )
    return logger
