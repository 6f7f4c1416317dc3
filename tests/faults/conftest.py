"""A gateway over a sandbox that misbehaves: the same world as everywhere, with a wrapper between the two whose faults a test sets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.events import HalfDone, NevisRefused
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.sandbox.misbehave import Fault, Misbehaviour

QUICK = Timeouts(connect=0.05, read=0.05)


@dataclass
class Upstream:
    """A world and the wrapper around its sandbox."""

    world: Any
    wrapper: Misbehaviour

    def fault(self, effect: Any, **how: Any) -> Fault:
        """Set one fault; those set before are tried first."""
        fault = Fault(effect, **how)
        self.wrapper.faults.append(fault)
        return fault

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request, its nevisIDM calls noted."""
        self.world.box.journal.clear()
        self.world.box.journal.on = True
        self.world.events.clear()
        return await self.world.send(method, path, body, **headers)

    def calls(self, method: str | None = None, ending: str = "") -> list[str]:
        """The nevisIDM calls that arrived behind the wrapper: method and last part of the path."""
        return [
            f"{entry.method} {entry.path.rpartition('/')[2]} {entry.status}"
            for entry in self.world.box.journal()
            if method in (None, entry.method) and entry.path.endswith(ending)
        ]

    def refusals(self) -> list[NevisRefused]:
        return [event for event in self.world.events if isinstance(event, NevisRefused)]

    def half_done(self) -> list[HalfDone]:
        return [event for event in self.world.events if isinstance(event, HalfDone)]


MakeUpstream = Callable[..., Awaitable[Upstream]]


@pytest.fixture
def make_upstream(make_world: Callable[..., Awaitable[Any]]) -> MakeUpstream:
    async def make(*, timeouts: Timeouts = QUICK, cut: bool = False, users: int = 3, **world: Any) -> Upstream:
        """`cut`: a broken connection ends the answer where it stands, as on a socket; else it is httpx's own error."""
        made = await make_world(users, probe=False, **world)
        wrapper = Misbehaviour(made.inner, broken=httpx.ReadError)
        engine = HttpxEngine(httpx.ASGITransport(app=wrapper, raise_app_exceptions=not cut))
        client = Client(
            engine,
            "http://sandbox",
            bearer("technical"),
            timeouts=timeouts,
            events=made.context.events,
            pause=lambda: 0.0,
        )
        made.change(client=client)
        return Upstream(made, wrapper)

    return make


@pytest.fixture
async def upstream(make_upstream: MakeUpstream) -> Upstream:
    return await make_upstream()
