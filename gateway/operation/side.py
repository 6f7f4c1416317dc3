"""Doing several things side by side; how many calls that means at once, `Run` decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def side_by_side(tasks: Iterable[Awaitable[T]]) -> list[T]:
    """The results in order. When one fails, the others are stopped and have ended before its exception is raised."""
    awaited = list(tasks)
    if len(awaited) < 2:
        return [await each for each in awaited]
    running = [asyncio.ensure_future(task) for task in awaited]
    try:
        return list(await asyncio.gather(*running))
    except BaseException:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
