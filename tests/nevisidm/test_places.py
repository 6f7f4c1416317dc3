"""Places for calls: so many at once, a bounded queue in which callers take turns, and an early no where waiting is of no use."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from gateway.nevisidm.places import Aside, Departure, Full, Left, Places


class Street:
    """Calls that hold a place until they are told to go; who got one is noted, in order."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.time = 0.0
        self.places = Places(at_once, waiting, lambda: self.time)
        self.got: list[str] = []
        self.go = asyncio.Event()
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, whose: str = "", *, begun: bool = False, patience: float = 5.0) -> None:
        async def call() -> None:
            async with self.places.taken(patience, whose, begun=begun):
                self.got.append(name)
                await self.go.wait()

        self.tasks[name] = asyncio.create_task(call())
        await settle()

    async def leave(self) -> list[str]:
        """Everybody goes, one after the other; who failed for want of a place."""
        self.go.set()
        ended = await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return [name for name, end in zip(self.tasks, ended, strict=True) if isinstance(end, Full)]


async def settle() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


@pytest.fixture
async def taken() -> AsyncIterator[Callable[[Places], Awaitable[AsyncExitStack]]]:
    """Takes a place until the end of the test, or until what it gives is closed."""
    async with AsyncExitStack() as all_:

        async def take(places: Places) -> AsyncExitStack:
            stack = await all_.enter_async_context(AsyncExitStack())
            await stack.enter_async_context(places.taken(1.0))
            return stack

        yield take


async def test_a_full_queue_says_no_at_once() -> None:
    street = Street(1, 2)
    for name in "abcd":
        await street.come(name)
    assert street.tasks["d"].done()
    assert await street.leave() == ["d"]
    assert street.got == ["a", "b", "c"]


async def test_what_was_begun_goes_first_and_is_never_sent_away() -> None:
    street = Street(1, 1)
    await street.come("first")
    await street.come("new")
    for number in range(3):
        await street.come(f"begun{number}", begun=True)
    assert await street.leave() == []
    assert street.got == ["first", "begun0", "begun1", "begun2", "new"]


async def test_long_requests_leave_a_share_for_new_ones() -> None:
    street = Street(1, 5)
    await street.come("first")
    await street.come("new")
    for number in range(8):
        await street.come(f"begun{number}", begun=True)
    await street.leave()
    assert street.got.index("new") == 4


async def test_callers_take_turns() -> None:
    street = Street(1, 10)
    await street.come("first", "flood")
    for name, whose in (("f1", "flood"), ("f2", "flood"), ("f3", "flood"), ("a1", "a"), ("b1", "b"), ("a2", "a")):
        await street.come(name, whose)
    await street.leave()
    assert street.got == ["first", "f1", "a1", "b1", "f2", "a2", "f3"]


async def test_who_floods_makes_room_for_others_and_not_for_itself() -> None:
    street = Street(1, 3)
    await street.come("first", "flood")
    for name in ("f1", "f2", "f3", "f4"):
        await street.come(name, "flood")
    await street.come("a1", "a")
    await street.come("a2", "a")
    assert await street.leave() == ["f3", "f4", "a2"]
    assert street.got == ["first", "f1", "a1", "f2"]


async def test_who_would_be_too_late_need_not_wait() -> None:
    street = Street(1, 100)
    await street.come("slow")
    street.time = 10.0
    await street.leave()  # a place is held for a second in the mean now
    street.go.clear()
    for number in range(4):
        await street.come(f"call{number}", patience=3.1)  # two thirds of it should do
    assert [name for name, task in street.tasks.items() if task.done()] == ["slow", "call3"]
    assert await street.leave() == ["call3"]


async def test_when_nothing_comes_free_nobody_new_waits_until_it_does() -> None:
    street = Street(2, 100)
    await street.come("hangs")
    await street.come("hangs, too")
    await street.come("waits", patience=3.0)
    street.time = 3.1
    await street.come("late", patience=3.0)
    assert street.tasks["late"].done()
    await street.come("begun", begun=True, patience=30.0)
    assert await street.leave() == ["late"]
    assert street.got == ["hangs", "hangs, too", "begun", "waits"]
    street.go.clear()
    await street.come("after")
    assert street.got[-1] == "after"
    await street.leave()


async def test_whoever_gives_up_leaves_the_queue_and_takes_no_place_along(
    taken: Callable[[Places], Awaitable[AsyncExitStack]],
) -> None:
    places = Places(1, 5)
    first = await taken(places)
    with pytest.raises(Full):
        async with places.taken(0.01, "a"):
            raise AssertionError("there was no place")
    waiting = asyncio.create_task(places.taken(5.0, "b").__aenter__())
    await settle()
    waiting.cancel()
    await settle()
    assert (places.waiting, waiting.cancelled()) == (0, True)
    last = asyncio.create_task(places.taken(5.0, "c").__aenter__())
    await settle()
    await first.aclose()  # the place is handed over, and its new owner is gone before it knows
    last.cancel()
    await settle()
    await taken(places)


async def test_who_is_gone_leaves_the_queue_at_once(taken: Callable[[Places], Awaitable[AsyncExitStack]]) -> None:
    places = Places(1, 1)
    first = await taken(places)
    departure = Departure()
    gone = asyncio.create_task(places.take(5.0, "a", False, departure))
    await settle()
    departure.happen()
    with pytest.raises(Left):
        await gone
    with pytest.raises(Left):
        await places.take(5.0, "a", False, departure)
    assert places.waiting == 0
    other = asyncio.create_task(places.take(5.0, "b", False))
    await settle()
    await first.aclose()
    await other


async def test_a_place_is_not_lost_on_who_is_gone_in_the_moment_that_it_got_one(
    taken: Callable[[Places], Awaitable[AsyncExitStack]],
) -> None:
    places = Places(1, 1)
    first = await taken(places)
    departure = Departure()
    late = asyncio.create_task(places.take(5.0, "a", False, departure))
    await settle()
    await first.aclose()
    departure.happen()
    since = await late  # it was sent as good as already
    places.give_back(since)
    await taken(places)


async def test_answers_are_read_behind_what_can_be_sent_and_a_few_at_a_time() -> None:
    aside = Aside()
    order: list[tuple[int, int]] = []
    turn = [0]

    async def read(number: int) -> None:
        await aside.step()
        order.append((turn[0], number))

    tasks = [asyncio.create_task(read(number)) for number in range(40)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    sent = asyncio.create_task(asyncio.sleep(0))
    while not all(each.done() for each in tasks):
        await asyncio.sleep(0)
        turn[0] += 1
    assert sent.done()
    assert [number for _, number in order] == [number for number in range(40) if number != 3]
    assert max(Counter(each for each, _ in order).values()) == 8


async def test_a_no_holds_for_a_moment_and_no_longer_than_a_part_of_the_queue() -> None:
    street = Street(1, 3)
    await street.come("held")
    street.time = 10.0
    await street.leave()  # a second each
    street.go.clear()
    for number in range(4):
        await street.come(f"call{number}")
    with pytest.raises(Full) as caught:
        await street.places.take(100.0, "", False)
    assert caught.value.moment == 0.1
    await street.leave()
    quick = Street(1, 0)
    await quick.come("held")
    with pytest.raises(Full) as caught:
        await quick.places.take(100.0, "", False)
    assert caught.value.moment == 0.0
    await quick.leave()


async def test_a_place_is_not_lost_on_whose_time_is_up_in_that_moment() -> None:
    street = Street(1, 5)
    await street.come("first")
    await street.come("late")
    await street.come("next")
    street.tasks["late"].cancel()  # as its timeout does: it stands in the queue until it runs
    street.tasks["first"].cancel()
    await settle()
    assert street.got == ["first", "next"]
    street.go.set()
    await street.tasks["next"]
    await street.come("after")
    assert street.got[-1] == "after"


async def test_what_was_begun_makes_new_ones_wait_longer() -> None:
    street = Street(1, 100)
    ticks = itertools.count()
    street.places = Places(1, 100, lambda: float(next(ticks)))  # every place is held for a few ticks
    for number in range(40):
        await street.come(f"new{number}", patience=1000.0)
    await street.leave()
    before = street.places.wait(3)
    street.go.clear()
    await street.come("holds")
    for number in range(40):
        await street.come(f"begun{number}", begun=True, patience=1000.0)
    await street.come("new", patience=1000.0)
    await street.leave()
    assert street.places.wait(3) > 2 * before
