"""A process is killed between two calls of one write: the journal tells the next one, and `repair` finishes it or takes it back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.command.repairing import repair_all
from gateway.events import Unrecorded
from gateway.nevisidm.journal import Journal, Seal
from gateway.nevisidm.unfinished import sweep, unfinished
from gateway.operation.audit import Audit
from gateway.sandbox.misbehave import Fault
from tests.faults.table import IDCS, SHAPES, differs, replaced, told
from tests.faults.test_every_fault import Table, worth_a_fault

KEY = "k" * 32
SECRET = "Correct-Horse-1"


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it."""


class Life:
    """One process after the other over the same nevisIDM and the same folder."""

    def __init__(self, table: Table, folder: Path, key: str | None = KEY) -> None:
        self.table = table
        self.folder = folder
        self.seal = Seal(key) if key is not None else None
        self.journal: Journal | None = None

    def begin(self, *faults: Fault) -> None:
        context = self.table.up.world.context
        self.table.fresh(*faults)
        self.journal = Journal(self.folder, self.seal, context.events)
        self.table.up.world.change(journal=self.journal)

    async def killed(self, fault: Fault) -> Any:
        """Send the write and be killed at the fault; None if it was never met."""
        self.begin(fault)
        self.table.up.wrapper.broken = Killed
        try:
            return await self.table.send()
        except Killed:
            return None
        finally:
            assert self.journal is not None
            self.journal.ledger.close()
            self.table.up.wrapper.clear()

    async def repair(self, capsys: Any, *, dry: bool = False) -> tuple[int, str]:
        found = unfinished(self.folder, self.seal)
        status = await repair_all(found, self.table.up.world.context.client, Audit(), dry=dry)
        return status, capsys.readouterr().out


MANY = [name for name in SHAPES if name not in ("a bulk", "one record", "a credential", "a password")]


@pytest.mark.parametrize("shape", MANY)
async def test_whoever_comes_next_repairs_it(make_upstream: Any, shape: str, tmp_path: Path, capsys: Any) -> None:
    table = Table(await make_upstream(users=7), shape)
    life = Life(table, tmp_path)
    before = table.judge.state()
    life.begin()
    assert (await table.send()).status_code < 300
    after = table.judge.state()
    life.journal.close()
    assert list(tmp_path.iterdir()) == [], "nothing is open, so nothing stays"
    for place in worth_a_fault([call.split()[0] for call in table.up.calls()]):
        for effect in ("reset_before", "reset_after"):
            assert await life.killed(Fault(effect, skip=place, times=1)) is None, "it was killed"
            halfway = table.judge.state()
            assert SECRET not in "".join(file.read_text() for file in tmp_path.iterdir())
            _, plan = await life.repair(capsys, dry=True)
            assert table.judge.state() == halfway, plan
            status, out = await life.repair(capsys)
            now = table.judge.state()
            assert now in (before, after), f"{place} {effect} {out} {differs(now, before)}"
            assert status == 0, (place, effect, out)
            assert await life.repair(capsys) == (0, "No unfinished writes.\n")
            sweep(tmp_path)
            assert list(tmp_path.iterdir()) == []


async def test_a_write_that_stayed_half_done_is_taken_back_later(
    make_upstream: Any, tmp_path: Path, capsys: Any
) -> None:
    """The process lives, and has given up: its undo failed, too."""
    table = Table(await make_upstream(), "two records")
    life, before = Life(table, tmp_path), table.judge.state()
    life.begin(Fault("status", status=500, method="PATCH", skip=1))
    answer = await table.send()
    assert told(answer).code == "GW505"
    assert "User u-1001" in told(answer).detail
    assert table.judge.state() != before
    table.up.wrapper.clear()
    assert (await life.repair(capsys))[0] == 0
    assert table.judge.state() == before
    assert await life.repair(capsys) == (0, "No unfinished writes.\n")


async def test_without_a_key_former_values_are_not_kept_and_it_says_so(
    make_upstream: Any, tmp_path: Path, capsys: Any
) -> None:
    table = Table(await make_upstream(), "two records")
    life = Life(table, tmp_path, key=None)
    await life.killed(Fault("reset_after", method="PATCH", skip=1, times=1))
    assert "Changed" not in "".join(file.read_text() for file in tmp_path.iterdir())
    status, out = await life.repair(capsys)
    assert status == 1
    assert "LEFT  profileProperties" in out or "LEFT  user" in out
    (write,) = unfinished(tmp_path, None)
    assert await repair_all([write], table.up.world.context.client, Audit(), dry=False, accept=(write.name,)) == 0
    assert unfinished(tmp_path, None) == []


async def test_what_somebody_has_changed_since_is_left_to_a_person(
    make_upstream: Any, tmp_path: Path, capsys: Any
) -> None:
    table = Table(await make_upstream(), "two records")
    life = Life(table, tmp_path)
    await life.killed(Fault("reset_after", method="PATCH", skip=2, times=1))
    table.up.world.change(journal=None)
    await table.up.send("PATCH", f"{IDCS}/Users/u-1001", replaced(**{"name.familyName": "Third"}))
    status, out = await life.repair(capsys)
    assert (status, "changed it since" in out) == (1, True), out
    assert (await table.up.send("GET", f"{IDCS}/Users/u-1001")).json()["name"]["familyName"] == "Third"


async def test_another_key_opens_nothing(make_upstream: Any, tmp_path: Path, capsys: Any) -> None:
    table = Table(await make_upstream(), "two records")
    life = Life(table, tmp_path)
    await life.killed(Fault("reset_after", method="PATCH", skip=1, times=1))
    life.seal = Seal("x" * 32)
    status, out = await life.repair(capsys)
    assert (status, "another one" in out) == (1, True)


async def test_the_writes_of_a_living_process_are_its_own(make_upstream: Any, tmp_path: Path) -> None:
    table = Table(await make_upstream(), "two records")
    life = Life(table, tmp_path)
    life.begin(Fault("hang", method="PATCH", skip=1))
    task = asyncio.create_task(table.send())
    while not table.up.calls("PATCH"):
        await asyncio.sleep(0.005)
    assert unfinished(tmp_path, life.seal) == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    life.journal.ledger.close()
    assert len(unfinished(tmp_path, life.seal)) == 1


async def test_a_write_that_cannot_be_noted_is_not_begun(make_upstream: Any, tmp_path: Path) -> None:
    table = Table(await make_upstream(), "two records")
    folder = tmp_path / "there"
    life, before = Life(table, folder), table.judge.state()
    life.begin()
    life.journal.ledger.path.unlink()
    folder.rmdir()
    answer = await table.send()
    assert (answer.status_code, told(answer).code) == (503, "GW511")
    assert "retry-after" in answer.headers
    assert table.judge.state() == before
    assert Unrecorded("journal", "FileNotFoundError") in table.up.world.events
    folder.mkdir()
    assert (await table.send()).status_code == 200


KILL = """
import asyncio, os, signal, sys
from pathlib import Path
import httpx
from gateway.assembly import Embedded, application, context_for
from gateway.events import Events
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.sandbox.store import Store
from gateway.settings import Settings

folder = Path(sys.argv[1])
inner = sandbox(store=Store(str(folder / "nevis.db")), token="technical")
fill(inner.state.sandbox, 3)

async def deadly(scope, receive, send):
    if scope["path"].endswith("/password"):
        os.kill(os.getpid(), signal.SIGKILL)
    await inner(scope, receive, send)

async def main():
    settings = Settings(probe=False, journal={"folder": folder / "journal", "key": "k" * 32}, audit={"file": folder / "audit.jsonl"})
    context = await context_for(settings, Embedded(deadly, "technical"), Events())
    app = application(settings, context, "caller")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "halfway", "password": "Correct-Horse-1",
                "name": {"givenName": "Half", "familyName": "Way"}, "emails": [{"value": "half@example.org", "type": "work"}]}
        await client.post("/scim/v2/Users", json=body, headers={"Authorization": "Bearer caller"})

asyncio.run(main())
"""


async def test_a_real_sigkill(tmp_path: Path, capsys: Any) -> None:
    """A process of its own, so that what the kernel keeps is what counts."""
    import httpx

    from gateway.nevisidm.client import Client
    from gateway.nevisidm.engine_httpx import HttpxEngine
    from gateway.nevisidm.login import bearer
    from gateway.sandbox.app import sandbox
    from gateway.sandbox.store import Store
    from gateway.sandbox.table import USERS

    child = subprocess.run(
        [sys.executable, "-c", KILL, str(tmp_path)], env=os.environ, check=False, capture_output=True
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    inner = sandbox(store=Store(str(tmp_path / "nevis.db")), token="technical")
    logins = [row.doc["loginId"] for row in inner.state.sandbox.store.rows(USERS, "client = '100'")]
    assert "halfway" in logins, "half of it was done"
    audit = (tmp_path / "audit.jsonl").read_text()
    assert '"operation":"create"' in audit
    assert '"result":"begun"' in audit
    client = Client(HttpxEngine(httpx.ASGITransport(app=inner)), "http://sandbox", bearer("technical"))
    assert await repair_all(unfinished(tmp_path / "journal", Seal(KEY)), client, Audit(), dry=False) == 0
    logins = [row.doc["loginId"] for row in inner.state.sandbox.store.rows(USERS, "client = '100'")]
    assert "halfway" not in logins
    for file in (*(tmp_path / "journal").iterdir(), tmp_path / "audit.jsonl"):
        assert not {"Horse", "halfway", "half@example.org"} & set(file.read_text().replace('"', " ").split())
