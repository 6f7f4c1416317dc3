"""The short run of the fuzzer, and proof that it would notice: `make fuzz` runs a million."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shipped
from tests.fuzz.grammar import KINDS, Grammar
from tests.fuzz.report import written
from tests.fuzz.runner import Hang, Runner, Tally, bounded, prepared, together
from tests.fuzz.stages import Failed, Stages, Whole

COUNT = 1600
PEOPLE = 5


@pytest.fixture
async def parts() -> Any:
    world, mappings, found = await prepared(shipped(), PEOPLE)
    whole = Whole(world, often=40)
    yield world, Grammar(mappings, found.ids), Stages(mappings, found), whole
    whole.close()


async def test_nothing_that_is_sent_breaks_anything(parts: Any) -> None:
    _, grammar, stages, whole = parts
    tally = await Runner(grammar, stages, whole, Tally(seed=2, whole_every=20)).run(COUNT)
    assert not tally.failures
    assert (tally.done, tally.whole) == (COUNT, COUNT // 20)
    assert set(tally.kinds.values()) == {COUNT // len(KINDS)}
    fine = {where: tally.outcomes[f"{where} fine"] for where in ("pure", "whole")}
    assert fine["pure"] > COUNT // 10, "most inputs were refused at the door: the grammar says nothing any more"
    assert fine["whole"] > 0
    assert len(tally.outcomes) > 20


async def test_an_input_is_a_function_of_its_number(parts: Any) -> None:
    _, grammar, _, _ = parts
    assert [grammar.make(3, number) for number in range(40)] == [grammar.make(3, number) for number in range(40)]
    assert grammar.make(3, 7) != grammar.make(4, 7)


async def test_a_run_goes_on_where_it_stopped(parts: Any, tmp_path: Path) -> None:
    _, grammar, stages, whole = parts
    file = tmp_path / "state.json"
    tally = Tally.load(file, 5, 50)
    await Runner(grammar, stages, whole, tally).run(120)
    tally.save(file)
    assert Tally.load(file, 6, 50).done == 0, "another seed is another run"
    again = await Runner(grammar, stages, whole, Tally.load(file, 5, 50)).run(200)
    once = await Runner(grammar, stages, whole, Tally(5, 50)).run(200)
    assert (again.done, again.runs) == (200, 2)
    assert again.kinds == once.kinds
    pure = {name: count for name, count in again.outcomes.items() if name.startswith("pure")}
    assert pure == {name: count for name, count in once.outcomes.items() if name.startswith("pure")}
    shares = [await Runner(grammar, stages, whole, Tally(5, 50, start)).run(100) for start in (0, 100)]
    both = together(shares)
    assert (both.done, both.kinds) == (200, once.kinds)
    assert pure == {name: count for name, count in both.outcomes.items() if name.startswith("pure")}
    assert "| inputs | 200 |" in written(again, 200)
    assert "200 of 1000" in written(again, 1000)


async def test_a_crash_a_5xx_and_a_hang_are_findings(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, grammar, stages, whole = parts

    def odd(sent: Any) -> str:
        if sent.kind == "filter":
            raise KeyError("secret-4711")
        if sent.kind == "patch":
            raise Failed("502 GW501")
        if sent.kind == "path":
            raise Hang
        return "fine"

    monkeypatch.setattr(stages, "run", odd)
    tally = await Runner(grammar, stages, whole, Tally(1, 10_000)).run(4)
    assert [each["what"].split()[0] for each in tally.failures if each["where"] == "pure"] == [
        "KeyError",
        "502",
        "Hang",
    ]
    assert "## Findings" in written(tally, 4)


async def test_a_crash_in_the_gateway_itself_is_a_finding(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world, grammar, stages, whole = parts
    monkeypatch.setattr(world.box, "store", None)
    tally = await Runner(grammar, stages, whole, Tally(1, 1)).run(40)
    assert any(each["where"] == "whole" for each in tally.failures)


def endless() -> None:
    while True:
        pass


def test_an_endless_computation_is_stopped() -> None:
    began = time.process_time()
    with bounded(0.05), pytest.raises(Hang):
        endless()
    assert time.process_time() - began < 1.0
