"""The last requests as shapes: a ring that listens to events and holds what an event may hold, so nobody's data and no value.

Bounded, in this process only, and gone when it stops. What the console itself runs is no request of the gateway's and is not in it.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

from gateway.events import Event, RequestEnded

MOST = 200
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Recent:
    """A consumer of events. Each request has a number, by which a page asks for what is newer."""

    def __init__(self, most: int = MOST) -> None:
        self._ring: deque[dict[str, Any]] = deque(maxlen=most)
        self._count = 0

    def __call__(self, event: Event) -> None:
        """Keep a request's shape."""
        if isinstance(event, RequestEnded):
            self._count += 1
            self._ring.append(_shape(event, self._count))

    def since(self, number: int) -> dict[str, Any]:
        """The requests after that number, oldest first; `last` is the number to ask with next time, `seen` how many there ever were."""
        newer = [each for each in self._ring if each["number"] > number]
        return {"requests": newer, "last": self._count, "seen": self._count}


def _shape(event: RequestEnded, number: int) -> dict[str, Any]:
    known = event.operation in METHODS or not event.operation.isupper()
    return {
        "number": number,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "dialect": event.dialect,
        "operation": event.operation if known else "?",
        "resource": event.resource,
        "shape": event.shape,
        "status": event.status,
        "code": event.code,
        "milliseconds": round(event.seconds * 1000, 1),
        "calls": event.calls,
        "stages": [{"stage": name, "milliseconds": round(each * 1000, 2)} for name, each in event.stages],
    }
