"""The gateway as an ASGI application: both dialects over the same resources.

One request goes one way: admit, read, operate (plan, run, view), shape, write; a bulk goes it once for each of its operations. Whatever
goes wrong on the way becomes one SCIM Error.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from gateway.edge.crowd import DEPARTURE, Crowd, check_connections
from gateway.edge.description import Description
from gateway.edge.gate import Gate, check_body
from gateway.edge.hardened import Hardened, hardening
from gateway.edge.message import Message, Receive, Scope, Send, check_coding, has_body, read_body, read_head, write
from gateway.edge.rates import CallerRates, group_of
from gateway.edge.retry import Retries
from gateway.edge.stopwatch import Stopwatch
from gateway.edge.tenancy import Tenancy
from gateway.edge.whole import WHOLE
from gateway.errors import BadRequest, ScimError
from gateway.events import RequestEnded, TurnedAway
from gateway.nevisidm.login import caller as own_login
from gateway.nevisidm.places import Departure
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.bulk import bulk
from gateway.operation.context import Context
from gateway.operation.crash import crashed
from gateway.operation.everywhere import search_everywhere
from gateway.scim.address import first_name, is_own
from gateway.scim.bulk import bulk_reply, is_bulk, read_bulk
from gateway.scim.conditional import patience
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.discovery.answer import answer_discovery
from gateway.scim.discovery.provider import Offer
from gateway.scim.everywhere import everywhere_reply, is_everywhere, read_everywhere
from gateway.scim.parse import Limits
from gateway.scim.print import shape
from gateway.scim.question import RETRY, Question
from gateway.scim.reply import Headers, Reply, error_reply, reply_to
from gateway.scim.request import Caller, ScimRequest
from gateway.trace import Trace, Tracing


class Visit:
    """One HTTP request on its way through: what came, what it turned out to be, what it cost."""

    def __init__(self, message: Message, context: Context) -> None:
        self.message = message
        self.context = context
        self.watch = Stopwatch()
        self.runs: list[Run] = []
        self.operation = message.method
        self.request: ScimRequest | None = None
        self.trace: Trace | None = None
        self.departure: Departure | None = None
        self.bound = False
        self.prefix = self.tail = ""
        seconds = patience(message.headers.get("prefer"))
        self._until = math.inf if seconds is None else time.monotonic() + seconds

    def until(self, seconds: float) -> float:
        """The moment of time.monotonic by which something must be done: in so many seconds, or before its caller will wait no more."""
        return min(time.monotonic() + seconds, self._until)


@dataclass(frozen=True, slots=True)
class Door:
    """One dialect's address: an ASGI application of its own."""

    dialect: Dialect
    context: Callable[[], Context]
    gate: Gate
    limits: Limits
    total_timeout: float
    bulk_timeout: float
    uri_bytes: int
    body_seconds: float
    base_url: str | None
    retries: Retries
    tenancy: Tenancy
    tracing: Tracing
    rates: CallerRates
    crowd: Crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        visit = Visit(read_head(scope), self.context())
        offered = scope.get("extensions", {})
        visit.departure = offered.get(DEPARTURE)
        visit.trace = self.tracing.of(visit.message.headers.get("traceparent"))
        error: ScimError | None = None
        try:
            with self.crowd:
                check_connections(scope)
                reply = await self._reply(visit, receive)
        except ScimError as problem:
            error = problem
        except ConnectionResetError:
            return
        except Exception as crash:
            error = crashed(crash, visit.message.request_id, visit.context.events)
        if error is not None:
            visit.watch.lap("failed")
            self._remember(visit)
            reply = error_reply(error, self.dialect, self.gate.challenges(visit.message))
        self._ended(visit, reply, error)
        head_only = visit.message.method == "HEAD"
        stamps = self._stamps(visit)
        whole = offered.get(WHOLE)
        await write(reply, send, head_only=head_only, also=stamps, unless_said=hardening(scope), whole=whole)

    def _remember(self, visit: Visit) -> None:
        """Where nevisIDM has no place for this caller, its next requests hear so at the turnstile for a moment."""
        moment = visit.runs[-1].moment if visit.runs else 0.0
        if moment and "prefer" not in visit.message.headers:
            self.crowd.refuse(visit.message.headers.get("authorization", ""), moment)

    async def _reply(self, visit: Visit, receive: Receive) -> Reply:
        """Admit, then answer as what it is: discovery, a bulk, or a request for resources. Raises ScimError."""
        message = visit.message
        visit.prefix, visit.tail = prefix, tail = self._address(message)
        name = first_name(tail)
        own = is_own(name, visit.context.mappings.types())
        caller, admission = await self.gate.admit(message, own=own)
        visit.context = visit.context.of_tenant(self.tenancy.of(message, caller, prefix))
        visit.bound = True
        group = group_of(name, visit.context.mappings)
        await self.rates.check(caller, group)
        visit.watch.lap("auth")
        if len(message.path) + len(message.query) > self.uri_bytes:
            raise BadRequest("GW120", f"The address is longer than {self.uri_bytes} bytes. Use POST …/.search.")
        most = self.dialect.bulk_bytes if is_bulk(tail) else self.limits.body_bytes
        check_coding(message.headers)
        body = await read_body(receive, message.headers, most, self.body_seconds) if has_body(message) else b""
        check_body(admission, body)
        question = self._question(visit, body, caller)
        reply = answer_discovery(question)
        if reply is None:
            answer = self._bulk if is_bulk(tail) else self._everywhere if is_everywhere(tail) else self._operation
            if RETRY in message.headers:
                reply = await self.retries.once(question, lambda: answer(question, visit))
            else:
                reply = await answer(question, visit)
        visit.watch.lap("shape")
        return reply

    async def _operation(self, question: Question, visit: Visit) -> Reply:
        """A request for resources: read, operate, shape."""
        request = visit.request = question.read()
        visit.operation = request.operation
        visit.watch.lap("parse")
        run = self._run(visit, question.caller)
        answer = await operate(request, visit.context, run)
        visit.watch.lap("plan")
        visit.watch.split("nevisidm", run.seconds)
        return reply_to(answer, request)

    async def _bulk(self, question: Question, visit: Visit) -> Reply:
        """Many requests for resources in one."""
        visit.operation = "bulk"
        batch = read_bulk(question)
        visit.watch.lap("parse")
        until = visit.until(self.bulk_timeout)
        done = await bulk(batch, question, visit.context, lambda: self._run(visit, question.caller), until)
        visit.watch.lap("bulk")
        return bulk_reply(done, self.dialect)

    async def _everywhere(self, question: Question, visit: Visit) -> Reply:
        """A search in all resource types."""
        visit.operation = "search"
        everywhere = read_everywhere(question)
        visit.watch.lap("parse")
        run = self._run(visit, question.caller)
        found, total = await search_everywhere(everywhere, visit.context, run)
        visit.watch.lap("plan")
        visit.watch.split("nevisidm", run.seconds)
        return everywhere_reply(found, total, everywhere, self.dialect)

    def _run(self, visit: Visit, caller: Caller) -> Run:
        """A conversation with nevisIDM: as the gateway, or as a caller that acts with its own rights."""
        run = Run(
            visit.context.client,
            visit.message.request_id,
            visit.context.events,
            login=own_login(caller.authorization) if caller.authorization is not None else None,
            x_token=caller.x_token,
            deadline=visit.until(self.total_timeout),
            trace=visit.trace,
            journal=visit.context.journal,
            departure=None if visit.operation == "bulk" else visit.departure,
            whose=f"{visit.context.tenant.ext_id} {caller.address if caller.is_self else caller.subject}",
        )
        visit.runs.append(run)
        return run

    def _address(self, message: Message) -> tuple[str, str]:
        """What stands before the root, and the path below it, as sent. Raises BadRequest GW115 where the root is percent-encoded."""
        prefix, root, tail = message.path.partition(self.dialect.root)
        if not root:
            raise BadRequest("GW115", f"There is no such endpoint; spell the address {self.dialect.root} as it stands.")
        return prefix, tail

    def _base(self, visit: Visit) -> str:
        """The address of the API, absolute, as this request's tenant has it."""
        message = visit.message
        origin = visit.context.tenant.base_url or self.base_url or f"{message.scheme}://{message.host}"
        return origin + visit.prefix + self.dialect.root

    def _question(self, visit: Visit, body: bytes, caller: Caller) -> Question:
        message = visit.message
        return Question(
            message.method,
            visit.tail,
            message.query,
            message.headers,
            body,
            types=visit.context.types(caller),
            dialect=self.dialect,
            base=self._base(visit),
            caller=caller,
            request_id=message.request_id,
            limits=self.limits,
            absent=visit.context.mappings.absent,
            offer=_offer(self.dialect, visit.context.cursors.seconds),
        )

    def _ended(self, visit: Visit, reply: Reply, error: ScimError | None) -> None:
        request = visit.request
        visit.context.events.emit(
            RequestEnded(
                visit.message.request_id,
                self.dialect.name,
                visit.operation,
                request.type.name if request else "",
                reply.status,
                error.code.code if error else None,
                shape(request.filter) if request and request.filter is not None else None,
                visit.watch.total,
                tuple(visit.watch.stages),
                sum(run.calls for run in visit.runs),
                visit.trace,
                visit.context.tenant.ext_id if visit.bound else "",
            )
        )

    def _stamps(self, visit: Visit) -> Headers:
        name = "opc-request-id" if self.dialect.name == "idcs" else "x-request-id"
        return ((name, visit.message.request_id), ("server-timing", visit.watch.server_timing()))


@functools.cache
def _offer(dialect: Dialect, cursor_seconds: int) -> Offer:
    return Offer(dialect.bulk_operations, dialect.bulk_bytes, True, cursor_seconds)


def create_app(
    context: Callable[[], Context],
    gate: Gate,
    limits: Limits,
    *,
    total_timeout: float = 30.0,
    bulk_timeout: float = 300.0,
    uri_bytes: int = 16_384,
    body_seconds: float = 30.0,
    base_url: str | None = None,
    dialects: Map[str, Dialect] | None = None,
    tenancy: Tenancy | None = None,
    tracing: Tracing | None = None,
    retries: Retries | None = None,
    rates: CallerRates | None = None,
    requests: int = 640,
    beside: Sequence[Route] = (),
) -> Starlette:
    """The whole application. `context` is asked once per request, so that mappings can be swapped between requests.

    `rates`: how often each caller may ask, None: as often as it likes; `requests`: how many may be under way at once.
    `beside`: addresses that are not SCIM's, such as those of the token endpoint.
    """
    chosen = dialects or {each.root: each for each in (IDCS, RFC)}
    bound = tenancy or Tenancy()
    again, often = retries or Retries(), rates or CallerRates()
    crowd = Crowd(requests, chosen.values(), lambda count: context().events.emit(TurnedAway(count)))
    times = (total_timeout, bulk_timeout)
    doors = {
        root: Door(
            *(dialect, context, gate, limits, *times, uri_bytes, body_seconds, base_url, again, bound),
            *(tracing or Tracing(), often, crowd),
        )
        for root, dialect in chosen.items()
    }
    places = [(f"{prefix}{root}", door) for prefix in ("", *bound.by_prefix) for root, door in doors.items()]
    # before the doors, which would take the address for a resource type's
    told = [("", tuple(chosen.values())), *((root, (dialect,)) for root, dialect in chosen.items())]
    documents = [
        Route(
            f"{prefix}{root}/openapi.json", endpoint=Description(each, context, gate, bound, prefix, base_url=base_url)
        )
        for prefix in ("", *bound.by_prefix)
        for root, each in told
    ]
    app = Front(routes=[*beside, *documents, *(Mount(place, app=door) for place, door in places)])
    app.places = tuple((f"{place}/", door) for place, door in places)
    app.beside = tuple(each.path.partition("{")[0] for each in (*beside, *documents))
    app.router.redirect_slashes = False
    app.add_middleware(Hardened)
    app.state.aclose = gate.aclose
    app.state.crowd = crowd
    app.router.default = _elsewhere(doors, app.router.default)
    return app


class Front(Starlette):
    """The doors' addresses go straight to them; all others go Starlette's way, through its routes and middleware.

    `beside`: how addresses begin that stand below a door's and are not its own.
    """

    places: tuple[tuple[str, Door], ...] = ()
    beside: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "http":
            path = scope["path"]
            for place, door in self.places:
                if path.startswith(place) and not path.startswith(self.beside):
                    await door(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


def _elsewhere(doors: Map[str, Door], otherwise: ASGIApp) -> ASGIApp:
    """What no route takes is a SCIM Error, too: other addresses, the bare root, a line end in an id (a route's pattern stops there)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await otherwise(scope, receive, send)
            return
        near = (door for root, door in doors.items() if scope["path"].startswith(root))
        await next(near, next(iter(doors.values())))(scope, receive, send)

    return answer
