"""The same question is asked of nevisIDM once, however many rows need the answer: the roles of a profile, for each of its grants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.nevisidm.call import Call, Reply
from gateway.nevisidm.template import Lookup
from gateway.operation.reading import Calls

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Once:
    """Reads that remember their replies, for as long as one answer is being made; who asks meanwhile waits for the first."""

    def __init__(self, run: Calls) -> None:
        self._run = run
        self._replies: dict[Key, Reply] = {}
        self._asking: dict[Key, asyncio.Lock] = {}

    async def call(self, call: Call, lookup: Lookup) -> Reply:
        """As `Run.call`."""
        return await self.reply(call, lookup, None)

    async def reply(self, call: Call, lookup: Lookup, before: Callable[[], None] | None) -> Reply:
        """The reply; `before` is called where the call is really made. Raises what the call raises, to everybody who asks."""
        filled = call.fill(lookup)
        key = (filled.method, filled.path, tuple(filled.query))
        async with self._asking.setdefault(key, asyncio.Lock()):
            if key not in self._replies:
                if before is not None:
                    before()
                self._replies[key] = await self._run.call(call, lookup)
            return self._replies[key]


class Counted:
    """The same, and each call that is really made is counted before."""

    def __init__(self, once: Once, before: Callable[[], None]) -> None:
        self._once = once
        self._before = before

    async def call(self, call: Call, lookup: Lookup) -> Reply:
        """As `Run.call`."""
        return await self._once.reply(call, lookup, self._before)
