"""One HTTP request on its way through: what came, what it turned out to be, what it cost, and how that is told when it ends."""

from __future__ import annotations

import math
import time
from operator import attrgetter

from gateway.edge.message import Message
from gateway.edge.stopwatch import Stopwatch
from gateway.errors import ScimError
from gateway.events import RequestEnded
from gateway.nevisidm.login import caller as own_login
from gateway.nevisidm.places import Departure
from gateway.nevisidm.run import Run
from gateway.operation.context import Context
from gateway.scim.conditional import patience
from gateway.scim.print import shape
from gateway.scim.request import Caller, ScimRequest
from gateway.trace import Trace

_calls = attrgetter("calls")


class Visit:
    """A request. `bound`: its tenant is known; `prefix` and `tail`: what stands before and behind the root in its address;
    `departure`: tells that its caller has gone."""

    def __init__(
        self, message: Message, context: Context, trace: Trace | None, departure: Departure | None = None
    ) -> None:
        self.message = message
        self.context = context
        self.trace = trace
        self.departure = departure
        self.watch = Stopwatch()
        self.runs: list[Run] = []
        self.operation = message.method
        self.request: ScimRequest | None = None
        self.bound = False
        self.prefix = self.tail = ""
        prefer = message.headers.get("prefer")
        seconds = None if prefer is None else patience(prefer)
        self._until = math.inf if seconds is None else time.monotonic() + seconds

    def until(self, seconds: float) -> float:
        """The moment of time.monotonic by which something must be done: in so many seconds, or before its caller will wait no more."""
        return min(time.monotonic() + seconds, self._until)

    def run(self, caller: Caller, seconds: float) -> Run:
        """A conversation with nevisIDM of so many seconds at most: as the gateway, or as a caller that acts with its own rights."""
        context, login = self.context, caller.authorization
        run = Run(
            context.client,
            self.message.request_id,
            context.events,
            login=None if login is None else own_login(login),
            x_token=caller.x_token,
            deadline=self.until(seconds),
            trace=self.trace,
            journal=context.journal,
            departure=None if self.operation == "bulk" else self.departure,
            whose=f"{context.tenant.ext_id} {caller.subject if login is None else caller.address}",
        )
        self.runs.append(run)
        return run

    def ended(self, dialect: str, status: int, error: ScimError | None) -> None:
        """Tell what became of it."""
        request = self.request
        self.context.events.emit(
            RequestEnded(
                self.message.request_id,
                dialect,
                self.operation,
                request.type.name if request is not None else "",
                status,
                error.code.code if error is not None else None,
                shape(request.filter) if request is not None and request.filter is not None else None,
                self.watch.total,
                tuple(self.watch.stages),
                sum(map(_calls, self.runs)),
                self.trace,
                self.context.tenant.ext_id if self.bound else "",
            )
        )
