"""Thousands of callers in one process, each over a connection of its own, who ask again as soon as they are answered.

wrk cannot wait as it was told to; these do: who is refused comes again after `pause` seconds, or at once.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
AGAIN = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LOOK = 0.005
"""Seconds between the looks at the callers' own clock."""
SLICE = 0.25
"""Seconds of one point of the rate over time."""


@dataclass(slots=True)
class Tally:
    """What the callers saw. `good`: answers of 200 by slice of time; `refused`: seconds that each 503 took.

    `late`: seconds by which the callers' own loop came late to a look it takes every few milliseconds: no answer is seen sooner.
    """

    began: float = field(default_factory=time.monotonic)
    good: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)

    def answered(self, status: int, seconds: float, head: bytes, body: bytes) -> None:
        """Count one answer."""
        if status == 200:
            self.good[int((time.monotonic() - self.began) / SLICE)] += 1
            self.took.append(seconds)
        elif status == 503:
            self.refused.append(seconds)
            if not proper(head, body):
                self.other["503 without Retry-After or SCIM body"] += 1
        else:
            self.other[str(status)] += 1

    def rate(self, since: float, until: float) -> float:
        """Good answers a second between two moments after the beginning."""
        first, last = round(since / SLICE), round(until / SLICE)
        return sum(self.good[each] for each in range(first, last)) / (until - since)

    def full_from(self, rate: float, since: float, until: float) -> float:
        """The seconds after `since` from which a whole second reached this rate; infinite if none did."""
        steps = range(round(since / SLICE), round((until - 1) / SLICE) + 1)
        found = (each * SLICE for each in steps if self.rate(each * SLICE, each * SLICE + 1) >= rate)
        return next(found, float("inf")) - since


def proper(head: bytes, body: bytes) -> bool:
    """Whether a refusal says when to come again, and is a SCIM Error."""
    try:
        return AGAIN.search(head) is not None and ERROR in orjson.loads(body)["schemas"]
    except (ValueError, KeyError, TypeError):
        return False


def share(seconds: Sequence[float], part: float) -> float:
    """The quantile, in milliseconds; 0 of nothing."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(part * len(seconds)))] if seconds else 0.0


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, asked: bytes, tally: Tally, pause: float) -> None:
        self._asked = asked
        self._tally = tally
        self._pause = pause
        self._came = b""
        self._since = 0.0
        self._transport: asyncio.Transport | None = None
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are no subclass
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take what came; ask again when it is whole."""
        self._came += data
        head, found, body = self._came.partition(b"\r\n\r\n")
        length = LENGTH.search(head) if found else None
        if length is None or len(body) < int(length[1]):
            return
        self._came = b""
        status = int(head[9:12])
        self._tally.answered(status, time.monotonic() - self._since, head, body)
        wait = self._pause if status == 503 else 0.0
        if wait:
            asyncio.get_running_loop().call_later(wait, self._ask)
        else:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 — a protocol's signature
        """The other side closed it: an error, unless the time is up."""
        if not self.ended:
            self._tally.other["connection lost"] += 1

    def stop(self) -> None:
        """Ask no more."""
        self.ended = True
        if self._transport is not None:
            self._transport.abort()

    def _ask(self) -> None:
        if not self.ended and self._transport is not None:
            self._since = time.monotonic()
            self._transport.write(self._asked)


async def press(port: int, asked: bytes, connections: int, seconds: float, pause: float = 0.0) -> Tally:
    """So many callers for so long; all are there before the time begins to run."""
    loop, tally, callers = asyncio.get_running_loop(), Tally(), []
    for number in range(connections):
        _, caller = await loop.create_connection(lambda: Caller(asked, tally, pause), "127.0.0.1", port)
        callers.append(caller)
        if number % 50 == 49:
            await asyncio.sleep(0.005)
    watch = asyncio.create_task(_look(tally))
    await asyncio.sleep(seconds)
    watch.cancel()
    for each in callers:
        each.stop()
    return tally


async def _look(tally: Tally) -> None:
    while True:
        due = time.monotonic() + LOOK
        await asyncio.sleep(LOOK)
        tally.late.append(time.monotonic() - due)
