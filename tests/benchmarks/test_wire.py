"""The bench over sockets, by its pieces: what wrk is told and says, what nginx is told, what is made of it all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from benchmarks.asking import Ask
from benchmarks.contest import Ground
from benchmarks.figure import Figure, summary
from benchmarks.load import Score, lua, read
from benchmarks.process import cpu, forget_peak, peak, rss
from benchmarks.wire.contest import Pace, Total
from benchmarks.wire.report import GATEWAY, HTTPX, PEER, R, figures, table
from benchmarks.wire.stub import recorded, stub
from benchmarks.wire.works import EDIT, EQ, GET, LIST, MANY, NAMES, group_works, joining, populate, works
from gateway.nevisidm.engine import Exchange

SAID = """\
  Latency Distribution
     50%  659.00us
     75%    4.04ms
     90%    7.35ms
     99%    1.20s
  17076 requests in 1.01s, 5.02MB read
"""


def test_what_wrk_says_is_read() -> None:
    score = read(SAID, spent=1.7076, seconds=2)
    assert (score.rate, score.p50, score.p99) == (8538, 0.659, 1200)
    assert score.cpu == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "line", ["  Non-2xx or 3xx responses: 1\n", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"]
)
def test_one_error_ends_the_run(line: str) -> None:
    with pytest.raises(RuntimeError, match="not all was answered well"):
        read(SAID + line, 1, 1)


def test_wrk_is_told_method_address_headers_and_body() -> None:
    said = lua([Ask("PATCH", "/Users/1", (("filter", 'a eq "]]"'),), body={"op": "]]"}), Ask("GET", "/x")])
    first, second = re.findall(r"^  \{ (.*) \},$", said, re.MULTILINE)
    assert first.startswith(
        "[===[PATCH]===], [===[/Users/1?filter=a%20eq%20%22%5D%5D%22]===], { [ [===[authorization]===] ] = "
    )
    assert first.endswith('[===[{"op": "]]"}]===]')
    assert second.endswith("nil")


def test_the_slow_have_longer_turns() -> None:
    pace = Pace(3, 2)
    assert [pace.long(rate) for rate in (1000, 13, 10, 0)] == [2, 2, 3, 6]


def found(**rates: float) -> dict[tuple[str, str], Total]:
    """The gateway and its measures; a rate of 100 is 10 ms of CPU."""
    who = {"ours": GATEWAY, "reference": R, "httpx": HTTPX, "peer": PEER}
    scores = {who[name]: Total(Score(rate, 1, 3, 1 / rate), 80) for name, rate in rates.items()}
    return {(work, name): total for work in (GET, LIST, NAMES, EQ) for name, total in scores.items()}


def test_figures_say_what_is_met() -> None:
    reached = {each.name: each for each in figures(found(ours=100, reference=110, httpx=20, peer=11))}
    assert reached[f"{GET}: CPU over R's {GET}"].met
    assert not reached[f"{LIST}: CPU over R's {LIST}"].met
    assert reached[f"{LIST}: CPU over R's {LIST}"].found == pytest.approx(1.1)
    assert reached[f"{EQ}: req/s over {HTTPX}"].found == 5
    assert not reached[f"{LIST}: req/s over {PEER}"].met
    assert not reached[f"{GET}: p99 over p50 at 32 connections"].met
    assert len(reached) == 4 + 4 + 1 + 1


def test_the_table_has_the_verdict_beside_the_work() -> None:
    lines = table(found(ours=100, reference=100)).splitlines()
    assert lines[2] == (
        f"| {GET} | {GATEWAY} | 10000 | 1.00 | 1 | 100 | 1.0 | 3.0 | 80 "
        f"| CPU over R's {GET} ≤ 1.3 ×: 1 ×, met; p99 over p50 at 32 connections ≤ 2 ×: 3 ×, **not met** |"
    )


def test_a_summary_names_target_and_verdict() -> None:
    lines = summary([Figure("rate", 3.14159, 4, "×", at_least=True), Figure("idle", 79.96, 80, "MiB")]).splitlines()
    assert lines[2:] == ["| rate | ≥ 4 × | 3.14 × | **not met** |", "| idle | ≤ 80 MiB | 80 MiB | met |"]


def test_a_process_is_accounted_for() -> None:
    before = cpu(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.02 <= cpu(os.getpid()) - before < 1
    forget_peak(os.getpid())
    assert 20 < rss(os.getpid()) < peak(os.getpid()) + 1


def test_nginx_is_told_the_first_answer_of_each_address(tmp_path: Path) -> None:
    def given(method: str, path: str, status: int, body: bytes) -> tuple[str, str, Exchange]:
        return method, f"http://sandbox{path}", Exchange(status, {}, body)

    tape = [given("GET", "/a?b=1", 200, b"one"), given("GET", "/a?b=1", 200, b"two"), given("POST", "/a", 204, b"")]
    command = stub(tmp_path, tape, 1)
    said = Path(command[2]).read_text("utf-8")
    assert 'default /nothing; "GET /a?b=1" /200/a0; "POST /a" /204; ' in said
    assert (tmp_path / "200" / "a0").read_bytes() == b"one"
    assert "echo_sleep 1.000; echo_exec @answer;" in Path(stub(tmp_path, tape, 2, delay=1)[2]).read_text("utf-8")
    if shutil.which("nginx"):
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


async def test_every_work_can_be_recorded(ground: Ground) -> None:
    chosen = works(ground, spread=2)
    tape, last = await recorded(ground, chosen)
    asked = {(method, url) for method, url, _ in tape}
    assert all(200 <= exchange.status < 300 for _, _, exchange in tape)
    assert set(last) == {work.name for work in chosen if work.upstream}
    assert len([url for method, url in asked if method == "PATCH"]) == 2  # of the works EDIT and MANY
    assert {EDIT, MANY} <= set(last)


async def test_a_member_costs_the_same_calls_in_every_group(ground: Ground) -> None:
    await populate(ground, (1, 20))
    for work in group_works(ground, (1, 20), spread=2):
        tape, _ = await recorded(ground, [work])
        assert sum(method == "POST" for method, _, _ in tape) == 2, work.name
        assert len(tape) == 2 * (4 + 3), work.name  # the second time they are members already
    assert joining(10_000) == "add 1 member to a group of 10,000"
