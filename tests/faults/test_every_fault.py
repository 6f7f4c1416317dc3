"""Every write × every fault × every one of its calls: all, nothing, or named. And a second try mends what the first could not do."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import httpx
import pytest

from gateway.events import Crashed, HalfDone
from tests.faults.table import LASTING, ONCE, SHAPES, TIMEOUT, Judge, differs, told


class Table:
    """One write in one world, that is put back for each fault."""

    def __init__(self, up: Any, shape: str) -> None:
        self.up = up
        self.shape = shape
        self.method, self.path, self.body = SHAPES[shape]
        self.judge = Judge(up.world.box)

    async def send(self) -> Any:
        """The write, with ids that are the same in each run."""
        return await self.up.send(self.method, self.path, self.body)

    def fresh(self, *faults: Any) -> None:
        self.judge.restore()
        ids = itertools.count(1)
        self.up.world.change(new_id=lambda: f"id-{next(ids):04}")
        self.up.wrapper.clear()
        for fault in faults:
            self.up.wrapper.broken = httpx.ReadTimeout if fault.code == TIMEOUT else httpx.ReadError
            self.up.wrapper.faults.append(fault)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_write_is_all_or_nothing_or_named(make_upstream: Any, shape: str) -> None:
    table = Table(await make_upstream(users=7), shape)
    before = table.judge.state()
    table.fresh()
    assert (await table.send()).status_code < 300
    after, places = table.judge.state(), worth_a_fault([call.split()[0] for call in table.up.calls()])
    assert before != after
    wrong = []
    for name, skip, lasting in runs(places):
        table.fresh(dataclasses.replace(ONCE[name], skip=skip, times=None if lasting else 1))
        answer = await table.send()
        now = table.judge.state()
        fault = verdict(table, answer, before, now, after)
        if fault:
            meant = before if answer.status_code >= 300 else after
            wrong.append(
                (name, f"call {skip + 1}", "lasting" if lasting else "", fault, told(answer), differs(now, meant))
            )
    assert not wrong, "\n".join(map(str, wrong))


def worth_a_fault(methods: list[str]) -> list[int]:
    """The places of the calls: all from the first write on, and the last read before it."""
    first = next(place for place, method in enumerate(methods) if method != "GET")
    return sorted({max(0, first - 1), *range(first, len(methods))})


def runs(places: list[int]) -> list[tuple[str, int, bool]]:
    once = [(name, place, False) for name in ONCE for place in places]
    return once + [(name, place, True) for name in LASTING for place in places]


def verdict(table: Table, answer: Any, before: Any, now: Any, after: Any) -> str | None:
    events = table.up.world.events
    half = [event for event in events if isinstance(event, HalfDone)]
    if any(isinstance(event, Crashed) for event in events):
        return "crashed"
    if "Bulk" in table.path:
        return (
            None if all(each["status"] < "5" or each["response"] for each in answer.json()["Operations"]) else "silent"
        )
    said = told(answer)
    if "grant" in table.shape and table.up.wrapper.faults[0].effect == "twice":
        return None  # nevisIDM chooses its id and lets two alike be: nothing tells that it came twice
    if said.status < 300:
        return None if now == after else "success, and it is not so"
    if said.code == "GW508":
        return None if now == after else "done, and it is not so"
    if table.method == "DELETE" and said.status == 404 and now == after:
        return None  # it is gone, and that is what is said
    if said.code == "GW506":
        return None if now in (before, after) else "nobody knows, and it is half"
    if said.code == "GW505":
        if not half:
            return "left, and not announced"
        return None
    if half:
        return "announced, and not said"
    return None if now == before else "an error, and something changed"
