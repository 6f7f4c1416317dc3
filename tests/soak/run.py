"""A soak: mixed traffic, faults switched on and off, the process killed now and then; in the end the store is held against every promise.

The gateway is whole (its own settings, audit log, journal) and in this process, in front of the sandbox with its misbehaviour. A kill
drops all requests under way where they stand; what it left is repaired in the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
import resource
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.assembly import Embedded, application, context_for
from gateway.command.repairing import repair_all
from gateway.events import CallEnded, Crashed, Events, HalfDone, Unrecorded
from gateway.ledger import read_lines
from gateway.nevisidm.journal import Seal
from gateway.nevisidm.unfinished import unfinished
from gateway.operation.audit import Audit
from gateway.sandbox.app import sandbox
from gateway.sandbox.misbehave import Fault, Misbehaviour
from gateway.sandbox.people import fill
from gateway.sandbox.table import AUTHORIZATIONS, CREDENTIALS, EAUTHORIZATIONS, PROFILES, USERS
from gateway.settings import Settings
from tests.soak.people import Person, Store
from tests.soak.traffic import GROUPS, Belief, Worker

KEY = "s" * 32
WORKERS = 6
QUIET, NOISY = 1.0, 3.0
"""Seconds without and with faults, in turn."""
KILL_EVERY = 5
"""Turns of noise."""
FAULTS = (
    Fault("none", latency=0.02), Fault("none", latency=0.4), Fault("hang"), Fault("hang_after"),
    Fault("reset_before"), Fault("reset_after"),
    Fault("status", status=500), Fault("status", status=502), Fault("status_after", status=502), Fault("status", status=503, retry_after=1),
    Fault("status", status=429, retry_after=1), Fault("status", status=401), Fault("html404"), Fault("truncated"), Fault("not_json"),
    Fault("empty"), Fault("wrong_type"), Fault("twice"), Fault("status", status=409, code="errors.optimisticLockingFailure"),
)  # fmt: skip


@dataclass(slots=True)
class Soak:
    """What is measured while it runs."""

    seconds: float
    seed: int
    folder: Path
    belief: Belief = field(default_factory=Belief)
    struck: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    calls: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kills: int = 0
    repaired: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    surplus: int = 0
    """Roles that a call delivered twice granted once more."""
    log: io.StringIO = field(default_factory=io.StringIO)
    figures: list[tuple[str, int, int]] = field(default_factory=list)


class Deliveries(Misbehaviour):
    """The faults, and an account of the one thing that a gateway cannot see: a role granted twice by one call.

    nevisIDM chooses an authorization's id and lets two alike stand, so the second delivery is one more that nobody asked for.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app, broken=httpx.ReadError)
        self.surplus: list[str] = []
        """The ids of those that the first delivery made, whose answer nobody heard."""

    async def _strike(self, fault: Fault, scope: Any, receive: Any, send: Any) -> None:
        if (fault.effect, scope["method"]) != ("twice", "POST") or not scope["path"].endswith("/authorizations"):
            await super()._strike(fault, scope, receive, send)
            return
        place = scope["path"].split("/")
        before = self._below(place[-2])
        heard: list[str] = []

        async def listen(message: Any) -> None:
            heard.extend(bytes(value).decode() for name, value in message.get("headers", ()) if name == b"location")
            await send(message)

        try:
            await super()._strike(fault, scope, receive, listen)
        finally:  # killed in between: nobody has heard of any
            known = {each.partition("?")[0].rpartition("/")[2] for each in heard}
            self.surplus += [each for each in self._below(place[-2]) if each not in before and each not in known]

    def _below(self, profile: str) -> list[str]:
        rows = self.app.state.sandbox.store.rows(AUTHORIZATIONS, "parent = ?", (profile,))  # type: ignore[attr-defined]
        return [row.ext_id for row in rows]


class Field:
    """The sandbox, its misbehaviour, and the gateway that is alive at the moment."""

    def __init__(self, soak: Soak, *, prompt: bool) -> None:
        self.faults = [fault for fault in FAULTS if not prompt or (fault.latency < 0.1 and "hang" not in fault.effect)]
        self.soak = soak
        self.inner = sandbox(token="technical")
        self.box = self.inner.state.sandbox
        fill(self.box, 10)
        self.wrapper = Deliveries(self.inner)
        self.dice = random.Random(soak.seed)
        self.under_way: set[asyncio.Task[Any]] = set()
        self.up = asyncio.Event()
        self.settings = Settings(
            probe=False,
            journal={"folder": soak.folder / "journal", "key": KEY},
            audit={"file": soak.folder / "audit.jsonl"},
            rates={"tier": "none"},
            nevisidm={
                "connect_timeout": 0.2,
                "read_timeout": 5.0 if prompt else 0.3,
                "total_timeout": 20 if prompt else 3,
            },
        )

    async def begin(self) -> None:
        """A gateway, as at its start."""
        events = Events(self._hear)
        self.context = await context_for(self.settings, Embedded(self.wrapper, "technical"), events)
        engine = self.context.client._engine
        engine._transport = httpx.ASGITransport(app=self.wrapper)  # its breaks are httpx's own errors
        app = application(self.settings, self.context, "caller")
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway", headers={"Authorization": "Bearer caller"}
        )
        self.up.set()

    def _hear(self, event: Any) -> None:
        self.soak.events.update([type(event).__name__])
        if isinstance(event, CallEnded):
            self.soak.calls[event.request_id].append(f"{event.call} {event.status}")

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """One request to the gateway that lives; raises CancelledError when it is killed meanwhile."""
        await self.up.wait()
        began = time.perf_counter()
        task = asyncio.ensure_future(self.client.request(method, path, json=body))
        self.under_way.add(task)
        try:
            return await task
        finally:
            self.under_way.discard(task)
            self.soak.times.append(time.perf_counter() - began)

    async def kill(self) -> None:
        """Drop what is under way, without a chance to tidy; then start anew and repair."""
        self.up.clear()
        self.soak.kills += 1
        dropped = list(self.under_way)
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
        if self.context.journal is not None:
            self.context.journal.ledger.close()
        await self.begin()

    async def repair(self) -> None:
        """As the command does."""
        found = unfinished(self.soak.folder / "journal", Seal(KEY))
        with contextlib.redirect_stdout(self.soak.log):
            await repair_all(found, self.context.client, Audit(), dry=False)
        self.soak.repaired["repaired"] += len(found) - len(unfinished(self.soak.folder / "journal", Seal(KEY)))

    def noise(self) -> None:
        """A few faults, each at every so manieth call."""
        for fault in self.dice.sample(self.faults, 3):
            method = self.dice.choice((None, None, "GET", "POST", "PATCH", "DELETE"))
            self.wrapper.faults.append(
                Fault(
                    fault.effect,
                    fault.status,
                    fault.latency,
                    fault.retry_after,
                    method,
                    every=self.dice.randint(3, 15),
                    code=fault.code,
                )
            )

    def quiet(self) -> None:
        """None any more."""
        for fault in self.wrapper.faults:
            name = f"{fault.effect} {fault.status}" if fault.effect.startswith("status") else fault.effect
            self.soak.struck[name] += self.wrapper.struck(fault)
        self.wrapper.clear()


async def soak(seconds: float, seed: int, folder: Path, *, prompt: bool = False) -> Soak:
    """Run it for so long, and hold the store against what was promised. `prompt`: without faults that are about time."""
    told = Soak(seconds, seed, folder)
    place = Field(told, prompt=prompt)
    await place.begin()
    groups = {}
    for name in GROUPS:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name}
        groups[name] = (await place.send("POST", "/scim/v2/Groups", body)).json()["id"]
    base = {
        table.name: Store(place.box).count(table)
        for table in (USERS, PROFILES, CREDENTIALS, EAUTHORIZATIONS, AUTHORIZATIONS)
    }
    until = time.monotonic() + seconds
    working = [
        asyncio.create_task(_work(Worker(each, told.belief, groups, seed), place, until)) for each in range(WORKERS)
    ]
    turn = 0
    while time.monotonic() < until:
        turn += 1
        await asyncio.sleep(QUIET)
        place.noise()
        await asyncio.sleep(min(NOISY, seconds / 3))
        if turn % KILL_EVERY == 0 or (turn == 1 and seconds < 60):
            await place.kill()
        place.quiet()
        told.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    await asyncio.gather(*working)
    place.quiet()
    await place.repair()
    await place.kill()
    await place.repair()
    _judge(told, place, base)
    told.belief.wrong += [
        f"{name}: {calls}" for name, calls in told.calls.items() if name and name in str(told.belief.wrong)
    ]
    await place.client.aclose()
    return told


async def _work(worker: Worker, place: Field, until: float) -> None:
    while time.monotonic() < until:
        try:
            await worker.step(place.send)
        except asyncio.CancelledError:
            worker.belief.told[("killed", "open")] += 1
        await asyncio.sleep(0)


def _judge(told: Soak, place: Field, base: dict[str, int]) -> None:
    """Every person, then every figure."""
    store, belief = Store(place.box, frozenset(place.wrapper.surplus)), told.belief
    told.surplus = len(place.wrapper.surplus)
    for login, person in belief.sure.items():
        if wrong := store.differences(person, login):
            belief.wrong.append(
                f"{login}: not as it was acknowledged: {'; '.join(wrong)}. Last: {belief.last[login]}, {belief.requests.get(login)}"
            )
    for login, (before, after) in belief.open.items():
        belief.sure[login] = _settled(store, login, before, after, belief)
    there = [person for person in belief.sure.values() if person is not None]
    sums: list[tuple[str, Any, int]] = [
        ("people", USERS, len(there)),
        ("profiles", PROFILES, len(there)),
        ("credentials", CREDENTIALS, sum(len(each.badges) + (each.password is not None) for each in there)),
        ("memberships of groups", EAUTHORIZATIONS, sum(len(each.groups) for each in there)),
        ("roles granted", AUTHORIZATIONS, sum(each.grant is not None for each in there)),
    ]
    told.figures += [(name, base[table.name] + promised, store.count(table)) for name, table, promised in sums]
    told.figures.append(("rows below nothing", 0, store.orphans()))
    told.figures.append(("unfinished writes in the journal", 0, len(unfinished(told.folder / "journal", Seal(KEY)))))
    for kind in (Crashed, Unrecorded):
        told.figures.append((f"events {kind.__name__}", 0, told.events[kind.__name__]))
    asked = sum(count for (kind, _), count in belief.told.items() if kind not in ("read", "search", "killed", "open"))
    ended = sum(line["result"] not in ("begun", "started") for line in read_lines(told.folder / "audit.jsonl"))
    told.figures.append(("writes answered and in the audit log", asked, ended - 2))  # the two groups
    told.repaired["stayed half done until then"] = told.events[HalfDone.__name__]


def _settled(store: Store, login: str, before: Person | None, after: Any, belief: Belief) -> Person | None:
    """Which of the two an open person turned out to be."""
    if store.holds(before, login):
        belief.told[("open", "was not done, or was taken back")] += 1
        return before
    made = store.made(before, login)
    done: Person | None = after(made)
    if store.holds(done, login):
        belief.told[("open", "was done")] += 1
        return done
    wrong = f"{store.differences(before, login)}, {store.differences(done, login)}"
    wrong += f". Last: {belief.last[login]}, {belief.requests.get(login)}"
    belief.wrong.append(f"{login}: neither as before nor as it was to be: {wrong}")
    return before
