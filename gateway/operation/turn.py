"""One writer at a time for one nevisIDM record, in this process: between its read and its write nobody else's write comes.

nevisIDM compares a version where a call takes one, and many do not. Writers of the same record wait here for each other, each then reads
what the one before it wrote, and checks its If-Match against that. Processes do not wait for each other (decision 007). A lock lives as
long as somebody holds it or waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from weakref import WeakValueDictionary

from gateway.errors import Unavailable
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in

CHANGES = frozenset(("replace", "modify", "delete"))


class Turns:
    """The locks of those who write at the moment, by what they write."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._locks)

    def __contains__(self, record: str) -> bool:
        """Whether somebody holds the lock of this record, or waits for it."""
        return record in self._locks

    def of(self, record: str) -> asyncio.Lock:
        """The lock of this record; the caller keeps it alive."""
        lock = self._locks.get(record)
        if lock is None:
            lock = self._locks[record] = asyncio.Lock()
        return lock


def turn(turns: Turns, tenant: str, mapping: Mapping, identifier: str, run: Run) -> AbstractAsyncContextManager[None]:
    """Wait until nobody else writes this resource. Raises Unavailable GW504 when the request's time is up before."""
    return held(turns, f"{tenant} {_record(mapping, identifier)}", run)


def taken(turns: Turns, tenant: str, mapping: Mapping, identifier: str) -> bool:
    """Whether somebody else writes this resource at the moment."""
    return turns.of(f"{tenant} {_record(mapping, identifier)}").locked()


@asynccontextmanager
async def held(turns: Turns, name: str, run: Run) -> AsyncIterator[None]:
    """Wait until nobody else holds what has this name. Raises Unavailable GW504 when the request's time is up before."""
    free = name not in turns
    lock = turns.of(name)
    if free:  # nobody waits for it either, so this takes no time
        await lock.acquire()
    else:
        await _acquired(lock, run.remaining())
    try:
        yield
    finally:
        lock.release()


async def _acquired(lock: asyncio.Lock, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await lock.acquire()
    except TimeoutError:
        raise Unavailable(
            "GW504", "Others who change this resource took too long; nothing was changed. Try again."
        ) from None


def _record(mapping: Mapping, identifier: str) -> str:
    """The first record's address, so that types on the same record share a lock; the id where there is none."""
    known = parse_id(mapping, identifier)
    first = next(iter(mapping.records.values()), None)
    if known is None or first is None or not first.reads:
        return f"{mapping.name} {identifier}"
    return f"{first.reads[0].path.fill_path(lookup_in({'client': '-', **known}))}"
