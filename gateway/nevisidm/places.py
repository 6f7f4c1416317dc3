"""How many calls are under way at once, who waits for a place, and who is told no at once.

Under overload an immediate no is worth more than a late one, and finishing what was begun more than beginning anew:

- The later calls of a request that nevisIDM has begun to answer go before first ones (three of four places are theirs), and are sent away
  only when their own time is up: half a write helps nobody.
- A first call is sent away at once where the queue is full, or where it would hardly get a place in time: by how long places are held now,
  how many of them go to first calls, and by how long none has come free (a nevisIDM that hangs). Who is let in should not be told no later.
- First calls take turns by who asks (tenant and caller). Whoever has more waiting than a newcomer makes room for it in a full queue, so
  that one who floods keeps nobody else out.
- A first read waits no longer than its caller does: who has closed the connection leaves the queue at once (`Departure`).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType

_NEWEST = 0.1
"""What the last call counts for in the mean time that a place is held."""
_SHARE = 4
"""Each such place goes to a first call, so that long requests keep no others out."""
_SURE = 2 / 3
"""The part of its patience that a first call may have to wait by what is known: the rest is for what is not."""

_MOMENT = 0.1
"""Seconds for which a no that was said to one caller holds for the same one's next call, at most."""
_PART = 4
"""It holds for a fourth of the time that the queue takes, if that is shorter: a queue must not run dry on it."""

_STEP = 8
"""Answers that are read in one turn of the loop while calls wait for places."""

Waiter = asyncio.Future[None]


class Full(Exception):
    """No place, and none in time. `moment`: the seconds for which another call of the same caller would fare no better."""

    def __init__(self, moment: float = 0.0) -> None:
        super().__init__()
        self.moment = moment


class Left(Exception):
    """Who asked is gone."""


class Departure:
    """Whether who asked has closed its connection, and what waits on its behalf."""

    __slots__ = ("_waiting", "happened")

    def __init__(self) -> None:
        self.happened = False
        self._waiting: set[Waiter] = set()

    def happen(self) -> None:
        """It is gone: what waits for it ends with Left."""
        self.happened = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(Left())

    @contextmanager
    def ends(self, waiter: Waiter) -> Iterator[None]:
        """Ends what waits, if it happens within the block. Raises Left where it has happened."""
        if self.happened:
            raise Left
        self._waiting.add(waiter)
        try:
            yield
        finally:
            self._waiting.discard(waiter)


class Aside:
    """Who was answered lets those go first that can be sent now, and is called a few at a time in the turns of the loop that follow."""

    def __init__(self) -> None:
        self._waiting: deque[Waiter] = deque()

    def step(self) -> Waiter:
        """To be awaited."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._call, loop)
        waiter: Waiter = loop.create_future()
        self._waiting.append(waiter)
        return waiter

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(_STEP, len(self._waiting))):
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
        if self._waiting:
            loop.call_soon(self._call, loop)


class Places:
    """`at_once` places, and room for `waiting` first calls to queue."""

    def __init__(self, at_once: int, waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._free = at_once
        self._room = waiting
        self._clock = clock
        self._begun: deque[Waiter] = deque()
        self._first: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self.aside = Aside()
        self._handed = 0
        self._firsts = 1.0  # of the places that waiting calls got, the part that went to first ones
        self._held = 0.0
        self._freed = clock()

    def taken(self, patience: float, whose: str = "", *, begun: bool = False) -> Place:
        """One place for the length of the block. Raises Full after `patience` seconds, or at once where waiting is of no use."""
        return Place(self, patience, whose, begun)

    def grab(self) -> float | None:
        """As `take` where a place is free; None where it is not."""
        if self._free <= 0:
            return None
        self._free -= 1
        return self._clock()

    async def take(self, patience: float, whose: str, begun: bool, departure: Departure | None = None) -> float:
        """See `taken`: the moment from which it is held, for `give_back`, which must follow. Raises Left upon the `departure`."""
        since = self.grab()
        if since is not None:
            return since
        await self._queue(patience, whose, begun, departure)
        return self._clock()

    def give_back(self, since: float) -> bool:
        """The place is free again; whether somebody who waited gets it, in the next turn of the loop."""
        self._freed = self._clock()
        self._held += _NEWEST * (self._freed - since - self._held)
        return self._release()

    def wait(self, ahead: int) -> float:
        """The seconds after which who has so many before it may hope for a place."""
        return (ahead + 1) * self._held / self._at_once / max(self._firsts, 1 / _SHARE)

    @property
    def waiting(self) -> int:
        """How many first calls wait."""
        return sum(map(len, self._first.values()))

    async def _queue(self, patience: float, whose: str, begun: bool, departure: Departure | None) -> None:
        if not begun:
            self._admit(patience, whose)
        line = self._begun if begun else self._first.setdefault(whose, deque())
        waiter: Waiter = asyncio.get_running_loop().create_future()
        line.append(waiter)
        try:
            with departure.ends(waiter) if departure is not None else nullcontext():
                async with asyncio.timeout(patience):
                    await waiter
        except BaseException as error:
            if waiter in line:
                line.remove(waiter)
                self._tidy(whose)
            elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release()  # it was handed a place in the very moment that it gave up
            if isinstance(error, TimeoutError):
                raise Full from None
            raise

    def _admit(self, patience: float, whose: str) -> None:
        """Raises Full where a first call need not wait; makes room for it at the expense of who has most waiting."""
        waiting, own = self.waiting, len(self._first.get(whose, ()))
        # turns are taken: before it come as many of each other as it has itself
        ahead = len(self._begun) + sum(min(len(line), own + 1) for line in self._first.values())
        wait = self.wait(ahead)
        moment = min(_MOMENT, wait / _PART)
        if wait > patience * _SURE or self._clock() - self._freed > patience:
            raise Full(moment)
        if waiting < self._room:
            return
        longest = max(self._first, key=lambda name: len(self._first[name]), default=None)
        if longest is None or len(self._first[longest]) <= own + 1:
            raise Full(moment)
        evicted = self._first[longest].pop()
        if not evicted.done():
            evicted.set_exception(Full())

    def _release(self) -> bool:
        """Hand the place to the next one who still wants it, or keep it free; whether it was handed on."""
        self._handed += 1
        while (waiter := self._next()) is not None:
            if not waiter.done():  # its time is up, it only has not run since
                waiter.set_result(None)
                return True
        self._free += 1
        return False

    def _next(self) -> Waiter | None:
        """Who comes next leaves the queue."""
        if not self._begun and not self._first:
            return None
        first = not self._begun or (bool(self._first) and self._handed % _SHARE == 0)
        self._firsts += _NEWEST * (first - self._firsts)
        if not first:
            return self._begun.popleft()
        whose, line = self._first.popitem(last=False)
        waiter = line.popleft()
        if line:
            self._first[whose] = line  # behind the others
        return waiter

    def _tidy(self, whose: str) -> None:
        if whose in self._first and not self._first[whose]:
            del self._first[whose]


class Place:
    """One place, as a block."""

    __slots__ = ("_begun", "_patience", "_places", "_since", "_whose")

    def __init__(self, places: Places, patience: float, whose: str, begun: bool) -> None:
        self._places = places
        self._patience = patience
        self._whose = whose
        self._begun = begun
        self._since = 0.0

    async def __aenter__(self) -> None:
        self._since = await self._places.take(self._patience, self._whose, self._begun)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.give_back(self._since)
