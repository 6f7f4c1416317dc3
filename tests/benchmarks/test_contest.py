"""What is measured is what it says: R answers as the gateway does, every work succeeds, replayed as well as by the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.__main__ import enter
from benchmarks.asking import Asker
from benchmarks.canned import Canned
from benchmarks.contest import ROOT, Ground
from benchmarks.measure import Cost, Pace, Run, measure, repeated
from benchmarks.pieces import pieces
from benchmarks.reference import reference
from benchmarks.table import Row, table
from benchmarks.works import works

NAMES = [work.name for work in works("")]


@pytest.mark.parametrize("name", [work.name for work in works("") if work.reference])
async def test_the_reference_answers_as_the_gateway_does(ground: Ground, name: str) -> None:
    work = next(each for each in works(ground.person) if each.name == name)
    canned, _ = await ground.recorded(work)
    ours = await Asker(ground.gateway(canned), work.asks).one()
    by_hand = await Asker(reference(canned, f"{ROOT}/nevisidm/api"), work.asks).one()
    assert (ours.status, by_hand.status) == (200, 200)
    assert plain(json.loads(by_hand.body)) == plain(json.loads(ours.body))
    assert len(ours.body) > 1000


def plain(told: Any) -> Any:
    """Without versions: R hands nevisIDM's on, ours speak of all that was shown (decision 007)."""
    for person in told.get("Resources", [told]):
        person["meta"].pop("version")
    return told


async def test_every_work_is_done_by_all_who_enter_for_it(ground: Ground) -> None:
    for work in works(ground.person):
        contenders: dict[str, Run] = {}
        assert await enter(work, ground, contenders) > 0
        assert len(contenders) == (3 if work.reference else 2)
        for run in contenders.values():
            await run(4)


async def test_searches_find_somebody(ground: Ground) -> None:
    for work in works(ground.person):
        if "search" in work.name or "list" in work.name:
            told = await Asker(ground.gateway(), work.asks).one()
            assert json.loads(told.body)["totalResults"] > 0, work.name


async def test_an_error_answer_ends_the_run(ground: Ground) -> None:
    nobody = next(iter(works("nobody")))
    with pytest.raises(RuntimeError, match="404"):
        await Asker(ground.gateway(), nobody.asks)(1)


async def test_every_piece_runs(ground: Ground) -> None:
    for name, function in pieces(ground, await ground.stored_person()).items():
        assert function(), name


async def test_a_tape_gives_the_answers_of_an_address_in_turn_and_over_again(ground: Ground) -> None:
    patch = works(ground.person)[-1]
    canned, calls = await ground.recorded(patch)
    assert isinstance(canned, Canned)
    asker = Asker(ground.gateway(canned), patch.asks)
    titles = [json.loads((await asker.one(number % 2)).body)["title"] for number in range(4)]
    assert (titles, calls) == (["A", "B", "A", "B"], 3)


async def test_costs_are_compared_round_by_round() -> None:
    costs = await measure({"little": repeated(int), "much": repeated(lambda: sum(range(2000)))}, Pace(3, 0.001))
    assert costs["much"].over(costs["little"]) > 1
    assert Cost((3.0, 8.0, 1.0)).over(Cost((1.0, 2.0, 1.0))) == 3
    assert Cost((3.0, 8.0)).minus(Cost((1.0, 2.0))) == Cost((2.0, 6.0))


def test_a_row_shows_only_what_was_measured() -> None:
    lines = table([Row("GET", 1.234, 1, 2.0, 30.4), Row("parse", 0.5)]).splitlines()
    assert lines[2:] == ["| GET | 1 | 1.23 | 2.00 | 30 |", "| parse |  | 0.50 |  |  |"]
