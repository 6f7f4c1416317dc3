"""One SCIM request's conversation with nevisIDM: its calls, counted and timed, and its writes, taken back when one of them fails.

Nothing else of the gateway calls nevisIDM. What could neither be finished nor taken back is raised as HalfDone and announced as an event.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway import events as happenings
from gateway.errors import Unsupported
from gateway.nevisidm.call import Call, Refusal, Reply, Request
from gateway.nevisidm.client import Client
from gateway.nevisidm.journal import Entry, Journal
from gateway.nevisidm.login import Login
from gateway.nevisidm.places import Departure
from gateway.nevisidm.step import HalfDone, WriteStep, left_behind
from gateway.nevisidm.template import Lookup
from gateway.nevisidm.writing import Writing
from gateway.trace import Trace

__all__ = ["Exchanged", "HalfDone", "Run", "WriteStep"]

Json = Any


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One call of a conversation that is kept: what was sent and what came; `began` by time.perf_counter, and how long it took."""

    request: Request
    outcome: Reply | Refusal
    began: float
    seconds: float


GRACE = 10.0
"""Seconds that looking and undoing may take after the request's own deadline: leaving a mess is worse than being late."""


class Run:
    """A conversation. `calls` and `seconds` say what it cost; `exchanges` holds it, in the order of the answers, if `keep`.

    `attributes`: what its writes are to change, by name, once that is known; `made`: the id of what they make.
    `seconds` is the time in which at least one call was under way. `budget` bounds the calls, `at_once` how many run side by side (so
    that one long list cannot fill the client's queue). `whose`: who takes turns with others where calls have to wait; upon the `departure`
    nothing is read any more that was not begun. `moment`: if there was no place, the seconds for which there will be none.
    """

    def __init__(
        self,
        client: Client,
        request_id: str,
        events: happenings.Events,
        *,
        login: Login | None = None,
        x_token: str | None = None,
        budget: int | None = None,
        deadline: float | None = None,
        trace: Trace | None = None,
        journal: Journal | None = None,
        whose: str = "",
        departure: Departure | None = None,
        at_once: int = 8,
        keep: bool = False,
    ) -> None:
        self.client = client
        self.request_id = request_id
        self.calls = 0
        self.seconds = 0.0
        self.attributes: tuple[str, ...] = ()
        self.made: str | None = None
        self.exchanges: list[Exchanged] = []
        self._events = events
        self._login = login
        self._x_token = x_token
        self._budget = budget
        self._deadline = deadline
        self._trace = trace
        self._journal = journal
        self._whose = whose
        self._departure = departure
        self.moment = 0.0
        self._answered = False
        self._at_once = at_once
        self._crowded: asyncio.Semaphore | None = (
            None  # from the first moment on at which `at_once` calls are under way
        )
        self._told: dict[tuple[str, tuple[tuple[str, str], ...]] | None, Reply] | None = None
        self._under_way = 0
        self._busy_since = 0.0
        self._keep = keep

    def remaining(self) -> float | None:
        """Seconds until the request's deadline, None if it has none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def remember(self) -> None:
        """From here to the first write, what was read is not read again."""
        self._told = {}

    def forget(self) -> None:
        """Read everything anew."""
        self._told = None

    def call(self, call: Call, lookup: Lookup) -> Coroutine[Any, Any, Reply]:
        """Fill the call's holes and send it. Raises Refusal with the path's holes; KeyError when nobody fills one (a planning fault).

        Raises Unsupported GW202 when the budget is spent.
        """
        if self._told is None and self._budget is None:
            return self._call(call, lookup, self._deadline)
        return self._call_unless(call, lookup)

    async def _call_unless(self, call: Call, lookup: Lookup) -> Reply:
        """The call, unless its answer is remembered, or the budget is spent."""
        key = _asked(call, lookup) if self._told is not None and call.method == "GET" else None
        if self._told is not None and key in self._told:
            return self._told[key]
        if self._budget is not None and self.calls >= self._budget:
            raise Unsupported(
                "GW202", f"Answering would take more than {self._budget} nevisIDM calls. Ask for less at once."
            )
        reply = await self._call(call, lookup, self._deadline)
        if self._told is not None and key is not None:
            self._told[key] = reply
        return reply

    async def write(
        self,
        steps: Sequence[WriteStep],
        known: MutableMapping[str, Json],
        *,
        resource: str = "",
        prove: Callable[[], Awaitable[None]] | None = None,
        repeatable: bool = False,
        repeated: bool = False,
    ) -> dict[str, Reply]:
        """Run the steps in order and return their replies by call name. `known` fills holes; extIds that nevisIDM chose are put into it.
        A write of several steps is in the journal before its first, with all that undoing it takes. Raises Unavailable GW511.

        When a step fails, those before it are taken back, last first, and its Refusal is raised, or HalfDone if something stays.
        `resource` names the type in that event. `prove` looks at what was done: when it refuses, that is taken back, too. `repeatable`:
        the same request finishes what this one began, so nothing is taken back unless nevisIDM refused it for good; and what is there
        already under the id that was chosen for it counts as done. `repeated`: see Writing.
        """
        self.forget()
        entry: Entry | None = None
        # what the same request finishes, no repair may take back
        if self._journal is not None and not repeatable and (len(steps) > 1 or prove is not None):
            entry = await self._journal.begin(
                resource, self.request_id, steps, known, proof=prove is not None, repeated=repeated
            )
        writing = Writing(self.call, self._insist, known, entry, repeatable=repeatable, repeated=repeated)
        try:
            await writing.do_all(steps)
            if prove is not None:
                await prove()
        except Exception as wrong:
            if repeatable and isinstance(wrong, Refusal) and not wrong.final:
                raise  # the repetition finishes it, here or wherever it is under way already
            await self._take_back(writing, resource, wrong, entry, alone=len(steps) == 1)
            raise
        if entry is not None:
            entry.end("done")
        return writing.replies

    async def _take_back(
        self, writing: Writing, resource: str, wrong: Exception, entry: Entry | None, *, alone: bool
    ) -> None:
        """Undo all that can be. Raises HalfDone for what stays, unless it is one lost write alone, which its Refusal itself tells."""
        staying = await writing.take_back()
        if entry is not None:
            open_yet = [*staying, *writing.slow]
            entry.end("half done" if open_yet else "undone", open_yet)
        if not staying or (alone and not writing.done and not writing.before):
            if isinstance(wrong, Refusal) and (writing.doubtful or writing.contested) and not staying:
                wrong.unknown_outcome = wrong.unknown_outcome and wrong.kind == "timeout"  # what is slow may still come
            return
        left, attributes = left_behind(staying)
        self._events.emit(happenings.HalfDone(self.request_id, resource, left, attributes))
        refusal = wrong if isinstance(wrong, Refusal) else Refusal(staying[-1].call.name, "broken")
        raise HalfDone(refusal, left, attributes) from wrong

    async def _insist(self, call: Call, lookup: Lookup) -> Reply:
        """As `call`, for what must be done even when time or budget are up: looking and undoing."""
        late = None if self._deadline is None else max(self._deadline, time.monotonic() + GRACE)
        return await self._call(call, lookup, late, begun=True)

    async def _call(self, call: Call, lookup: Lookup, deadline: float | None, *, begun: bool = False) -> Reply:
        request = call.fill(lookup)
        if self._keep and request.reader is not None:  # who keeps an answer looks at all of it
            request = dataclasses.replace(request, reader=None)
        self.calls += 1
        began = await self._begin() if self._crowded or self._under_way >= self._at_once else self._began()
        outcome: Reply | Refusal | None = None
        try:
            outcome = await self.client.send(
                request,
                request_id=self.request_id,
                trace=self._trace,
                login=self._login,
                x_token=self._x_token,
                deadline=deadline,
                whose=self._whose,
                begun=begun or self._answered,
                departure=None if begun or self._answered or call.method != "GET" else self._departure,
            )
            self._answered = True
        except Refusal as refusal:
            self._answered |= not refusal.shed
            self.moment = refusal.moment
            refusal.holes = call.path.holes
            refusal.sent = frozenset(_names(call.body))
            refusal.as_caller = self._login is not None
            outcome = refusal if self._keep else None  # whose traceback holds this frame
            raise
        finally:
            self._end()
            if self._keep and outcome is not None:
                self.exchanges.append(Exchanged(request, outcome, began, time.perf_counter() - began))
        return outcome

    async def _begin(self) -> float:
        """Begin when there is room beside the calls under way. Most requests make fewer calls than that and never come here."""
        if self._crowded is None:
            self._crowded = asyncio.Semaphore(0)
        await self._crowded.acquire()
        return self._began()

    def _began(self) -> float:
        now = time.perf_counter()
        if self._under_way == 0:
            self._busy_since = now
        self._under_way += 1
        return now

    def _end(self) -> None:
        self._under_way -= 1
        if self._crowded is not None:
            self._crowded.release()
        if self._under_way == 0:
            self.seconds += time.perf_counter() - self._busy_since


def _names(body: Json) -> Iterator[str]:
    """The names of a body's fields, at any depth."""
    for name, value in body.items() if isinstance(body, Mapping) else ():
        yield name
        yield from _names(value)


def _asked(call: Call, lookup: Lookup) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What tells one read from another."""
    filled = call.fill(lookup)
    return filled.path, tuple(filled.query)
