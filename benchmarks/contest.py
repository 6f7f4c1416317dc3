"""The gateway over the emulator, and over its recorded answers: same settings, mappings and events as `serve` has, no sockets.

A work is first run over the emulator, which warms up what operations remember, then recorded, then replayed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import orjson
from starlette.types import ASGIApp

from benchmarks.asking import TOKEN, Ask, Asker
from benchmarks.canned import Canned, Recorder
from benchmarks.people import joining
from benchmarks.works import Work
from gateway.assembly import Embedded, application, context_for, embedded, engine_for
from gateway.events import Events
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine
from gateway.nevisidm.login import bearer
from gateway.observe.log import log_events
from gateway.operation.context import Context
from gateway.operation.rate import Rates
from gateway.settings import Settings
from gateway.shared.in_process import InProcess

PEOPLE = 100
ROOT = "http://sandbox"
LEAP = timedelta(seconds=7)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all works share: a filled emulator and the gateway's parts around it."""

    settings: Settings
    inside: Embedded
    context: Context
    people: tuple[str, ...]

    @property
    def person(self) -> str:
        """The id of somebody with every attribute filled."""
        return self.people[-1]

    def gateway(self, engine: Engine | None = None) -> ASGIApp:
        """A whole gateway, on another engine if given."""
        context = self.context if engine is None else dataclasses.replace(self.context, client=self._client(engine))
        return application(self.settings, context, TOKEN)

    def _client(self, engine: Engine) -> Client:
        return Client(engine, ROOT, bearer(self.inside.token), events=self.context.events)

    async def recorded(self, work: Work) -> tuple[Canned, int]:
        """nevisIDM's answers to a work, and the number of calls of one request."""
        recorder = Recorder(engine_for(self.settings.nevisidm, self.inside))
        asker = Asker(self.gateway(recorder), work.asks)
        await asker(len(work.asks))
        recorder.tape.clear()
        await asker(len(work.asks))
        return Canned(recorder.tape), len(recorder.tape) // len(work.asks)

    async def stored_person(self) -> bytes:
        """The full user as nevisIDM has it."""
        recorder = Recorder(engine_for(self.settings.nevisidm, self.inside))
        await Asker(self.gateway(recorder), (Ask("GET", f"/scim/v2/Users/{self.person}"),)).one()
        return recorder.tape[0][2].body


class Nowhere(io.TextIOBase):
    """Takes every line and keeps none."""

    def write(self, text: str) -> int:
        """Taken."""
        return len(text)


def silent_log(level: str) -> Events:
    """Events as `serve` has them, written to nowhere."""
    with contextlib.redirect_stderr(Nowhere()):
        return Events(log_events(level))


def hurried() -> Callable[[], float]:
    """A clock that leaps at every look, so that no rate of requests is too high for the limits of a minute, which are kept all the same."""
    looks = itertools.count()
    return lambda: LEAP.total_seconds() * next(looks)


async def prepare(people: int = PEOPLE) -> Ground:
    """An emulator with its first sample person and a hundred full ones, made by the gateway itself; its log goes nowhere."""
    settings, inside = Settings(), embedded(1)
    events = silent_log(settings.log_level)
    shared = InProcess(clock=hurried())
    context = dataclasses.replace(await context_for(settings, inside, events), shared=shared, rates=Rates(shared))
    asker = Asker(application(settings, context, TOKEN), tuple(joining(number) for number in range(people + 1)))
    made = [await asker.one(number) for number in range(people + 1)]
    return Ground(settings, inside, context, tuple(str(orjson.loads(each.body)["id"]) for each in made))
