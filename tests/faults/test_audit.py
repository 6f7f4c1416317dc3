"""The audit log: who did what to which attributes of what, and what came of it; no write without its line, no value in any."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.events import Changed, Unrecorded
from gateway.ledger import Ledger, read_lines
from gateway.operation.audit import Audit
from gateway.settings import Settings
from tests.faults.table import IDCS, RFC, SHAPES, replaced, somebody, told


def lines(file: Path) -> list[dict[str, Any]]:
    return [line for line in read_lines(file) if line["result"] != "started"]


@pytest.fixture
async def kept(make_upstream: Any, tmp_path: Path) -> Any:
    up = await make_upstream(users=7, audit={"file": tmp_path / "audit.jsonl"})
    up.file = tmp_path / "audit.jsonl"
    return up


async def test_a_change_is_noted_before_and_after_with_who_and_what(kept: Any) -> None:
    answer = await kept.send(
        "PATCH", f"{IDCS}/Users/u-1001", replaced(**{"name.familyName": "Zq7mark", "title": "Zq7mark"})
    )
    begun, done = lines(kept.file)
    assert begun == {
        "at": "2026-01-15T10:00:00.000+00:00", "request": answer.headers["opc-request-id"], "who": "sandbox", "tenant": "100",
        "operation": "modify", "resource": "User", "id": "u-1001", "attributes": [], "result": "begun",
    }  # fmt: skip
    assert done == {**begun, "attributes": ["name.familyName", "title"], "result": "done", "status": 200}
    assert "Zq7mark" not in kept.file.read_text()
    assert kept.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_kind_of_write_is_noted(kept: Any, shape: str) -> None:
    method, path, body = SHAPES[shape]
    await kept.send(method, path, body)
    noted = lines(kept.file)
    assert [line["result"] for line in noted if line["result"] != "begun"] == ["done"] * (3 if "Bulk" in path else 1)
    for line in noted:
        assert line["id"] or line["result"] == "begun", line
        assert line["attributes"] or line["operation"] == "delete" or line["result"] == "begun", line


async def test_reads_are_not_noted(kept: Any) -> None:
    await kept.send("GET", f"{RFC}/Users/u-1001")
    await kept.send("GET", f'{RFC}/Users?filter=userName eq "bjensen"')
    assert lines(kept.file) == []


async def test_what_was_refused_left_or_lost_is_noted_as_such(kept: Any) -> None:
    async def noted(method: str, path: str, body: Any, *faults: Any) -> tuple[Any, ...]:
        kept.wrapper.clear()
        for effect, how in faults:
            kept.fault(effect, **how)
        answer = await kept.send(method, path, body)
        line = lines(kept.file)[-1]
        assert (line["status"], line.get("code")) == (answer.status_code, told(answer).code)
        return line["result"], line["id"], bool(line["attributes"])

    password = somebody(password="short")
    assert await noted("POST", f"{RFC}/Users", somebody("bjensen")) == ("refused", "id-0001", True)
    broken = ("status", {"status": 500, "method": "DELETE"})
    assert await noted("POST", f"{RFC}/Users", password, broken) == ("half done", "id-0003", True)
    unread = ("reset_before", {"method": "GET"})
    assert await noted("POST", f"{RFC}/Users", somebody("other"), unread) == ("done", "id-0005", True)
    lost = ("reset_after", {"path": "/password/change$"})
    assert await noted("PATCH", f"{RFC}/Users/u-1002", replaced(password="Correct-Horse-1"), lost) == (
        "unknown",
        "u-1002",
        True,
    )
    announced = [event.status for event in kept.world.events if isinstance(event, Changed)]
    assert announced == [502], "the last one may have changed something"


async def test_a_disk_that_is_full_lets_nothing_be_changed(make_upstream: Any) -> None:
    up = await make_upstream()
    up.world.change(audit=Audit(Ledger(Path("/dev/full")), True, up.world.context.events))
    for method, path, body in SHAPES.values():
        if "Bulk" in path:
            continue
        answer = await up.send(method, path, body)
        assert (answer.status_code, told(answer).code, up.calls()) == (503, "GW511", [])
        assert answer.headers["retry-after"] == "10"
    assert Unrecorded("audit", "OSError") in up.world.events
    assert (await up.send("GET", f"{IDCS}/Users/u-1001")).status_code == 200


async def test_where_that_is_allowed_writes_go_on_and_the_operator_hears_of_it(make_upstream: Any) -> None:
    up = await make_upstream()
    up.world.change(audit=Audit(Ledger(Path("/dev/full")), False, up.world.context.events))
    answer = await up.send("PATCH", f"{IDCS}/Users/u-1001", replaced(title="Head"))
    assert (answer.status_code, Unrecorded("audit", "OSError") in up.world.events) == (200, True)


async def test_a_directory_that_went_away_stops_writes_until_it_is_back(make_upstream: Any, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    up = await make_upstream(audit={"file": folder / "audit.jsonl"})
    (folder / "audit.jsonl").unlink()
    folder.rmdir()
    answer = await up.send("PATCH", f"{IDCS}/Users/u-1001", replaced(title="Head"))
    assert told(answer).code == "GW511"
    folder.mkdir()
    assert (await up.send("PATCH", f"{IDCS}/Users/u-1001", replaced(title="Head"))).status_code == 200
    assert len(lines(folder / "audit.jsonl")) == 2


async def test_a_rotated_file_is_left_alone_and_a_new_one_begun(kept: Any) -> None:
    await kept.send("PATCH", f"{IDCS}/Users/u-1001", replaced(title="One"))
    kept.file.rename(kept.file.with_suffix(".1"))
    await kept.send("PATCH", f"{IDCS}/Users/u-1001", replaced(title="Two"))
    assert [len(lines(file)) for file in (kept.file.with_suffix(".1"), kept.file)] == [2, 2]


async def test_a_gateway_that_cannot_record_does_not_start(make_upstream: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"audit\.file"):
        await make_upstream(audit={"file": tmp_path / "no" / "audit.jsonl"})
    assert Settings(audit={"file": tmp_path}).audit.required  # type: ignore[union-attr,arg-type]


def _write(file: str, mark: str) -> None:
    ledger = Ledger(Path(file))
    for number in range(2_000):
        ledger.append({"result": mark, "n": number, "filler": mark * 50})


def test_two_processes_never_mix_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=_write, args=(str(file), mark)) for mark in "ab"]
    for each in both:
        each.start()
    for each in both:
        each.join()
    noted = lines(file)
    assert len(noted) == len(file.read_bytes().splitlines()) == 4_000
    for mark in "ab":
        assert [line["n"] for line in noted if line["result"] == mark] == list(range(2_000))


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of a line, and has room again later."""
    ledger = Ledger(tmp_path / "audit.jsonl")
    ledger.append({"result": "1"})
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, data: whole(file, data[:10]))
    with pytest.raises(OSError, match="No space"):
        ledger.append({"result": "2", "long": "x" * 100})
    monkeypatch.undo()
    ledger.append({"result": "3"})
    assert [line["result"] for line in lines(tmp_path / "audit.jsonl")] == ["1", "3"]
