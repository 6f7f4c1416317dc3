"""Time in the sandbox: a clock is passed in, instants are epoch milliseconds inside and `2026-01-12T08:15:30Z` outside.

Milliseconds because nevisIDM's continuation tokens carry them; the DTOs show whole seconds.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The clock used when nobody passes another."""
    return datetime.now(UTC)


def millis(moment: datetime) -> int:
    """An instant as epoch milliseconds, without the rounding of a float."""
    gone = moment.astimezone(UTC) - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1000 + gone.microseconds // 1000


def stamp(epoch_ms: int) -> str:
    """Epoch milliseconds as nevisIDM writes a date-time."""
    return (_EPOCH + timedelta(seconds=epoch_ms // 1000)).strftime(_FORM).zfill(len("2026-01-12T08:15:30Z"))


def parse_moment(text: str) -> int:
    """Epoch milliseconds of an ISO date or date-time (UTC when it names no zone); ValueError if it is neither."""
    moment = datetime.fromisoformat(text)
    return millis(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


_FORM = "%Y-%m-%dT%H:%M:%SZ"  # %Y has no leading zeros everywhere
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
