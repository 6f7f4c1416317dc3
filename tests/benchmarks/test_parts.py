"""Overload, growth, instructions and the summary, by their pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.contest import Ground
from benchmarks.counts import total
from benchmarks.growth.files import file_of, make
from benchmarks.growth.works import KEY, LAST, PAGE, asks, bound_of
from benchmarks.overload.__main__ import figures, table
from benchmarks.overload.callers import Tally, proper, share
from benchmarks.overload.scenarios import SCENARIOS, Outcome
from gateway.operation.cursor import Cursors, Onward
from gateway.sandbox.store import Store

SCIM = b'{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"]}'


def test_a_refusal_without_retry_after_or_in_plain_text_is_an_error() -> None:
    assert proper(b"HTTP/1.1 503\r\nretry-after: 1", SCIM)
    assert not proper(b"HTTP/1.1 503\r\nx: 1", SCIM)
    assert not proper(b"HTTP/1.1 503\r\nretry-after: 1", b"Service Unavailable")
    tally = Tally()
    tally.answered(503, 0.02, b"HTTP/1.1 503\r\nretry-after: 1", SCIM)
    tally.answered(503, 0.03, b"HTTP/1.1 503", SCIM)
    tally.answered(500, 0.01, b"", b"")
    assert (tally.refused, dict(tally.other)) == ([0.02, 0.03], {"503 without Retry-After or SCIM body": 1, "500": 1})


def test_full_throughput_is_a_whole_second_of_it() -> None:
    tally = Tally()
    tally.good.update({0: 5, 1: 20, 2: 25, 3: 25, 4: 25, 5: 25, 6: 25})  # quarters of a second
    assert tally.rate(0.5, 1.5) == 100
    assert tally.full_from(100, 0, 1.75) == 0.5
    assert tally.full_from(101, 0, 1.75) == float("inf")
    assert (share([0.1, 0.2, 0.3], 0.99), share([], 0.5)) == (300, 0)


@pytest.mark.parametrize(("errors", "recovered", "met"), [(0, 1.0, True), (1, 1.0, False), (0, float("inf"), False)])
def test_a_scenario_is_met_by_share_errors_speed_and_recovery(errors: int, recovered: float, met: bool) -> None:
    outcome = Outcome(
        SCENARIOS[1], 0.95, 1216, 900, 20, errors, "1 × 500" if errors else "", 90, 8, recovered, 0.6, 0.2, 4.0
    )
    assert all(each.met for each in figures(outcome)) is met
    assert len(list(figures(outcome))) == 4
    assert "| 1216 | 95 % | 900 | 20 |" in table([outcome])


def test_a_file_of_people_appears_when_it_is_whole_and_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_FILES", str(tmp_path))
    make(file_of(3), 3)
    assert [each.name for each in tmp_path.iterdir()] == ["people-3.sqlite"]
    store = Store(str(file_of(3)))
    assert len(store.connection.execute("SELECT 1 FROM users").fetchall()) == 5  # and two apps
    store.close()


def test_the_cursor_of_a_page_that_was_not_walked_to_opens_as_one_that_was(ground: Ground) -> None:
    bound, now = bound_of(ground.context.mappings), ground.context.now()
    cursor = Cursors(KEY).seal(Onward("list", "1704096000000_u-1001"), bound, now)
    assert Cursors(KEY).open(cursor, bound, now) == Onward("list", "1704096000000_u-1001")
    assert dict(asks(1000, cursor)[LAST][0].query) == {"cursor": cursor, "count": str(PAGE)}


def test_callgrinds_total_is_read(tmp_path: Path) -> None:
    dump = tmp_path / "out.2"
    dump.write_text("events: Ir\nfn=(1)\n1 2\nsummary: 1543980\n")
    assert total(dump) == 1_543_980
    dump.write_text("events: Ir\n")
    with pytest.raises(ValueError, match="no total"):
        total(dump)
