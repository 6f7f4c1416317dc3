"""The gateway as an ASGI application: both dialects over the same resources.

One request goes one way: admit, read, operate (plan, run, view), shape, write. Whatever goes wrong on the way becomes one SCIM Error.
"""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import PurePath

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from gateway.edge.description import Description
from gateway.edge.gate import Gate
from gateway.edge.message import Message, Receive, Scope, Send, read_body, read_head, write
from gateway.errors import BadRequest, Fault, ScimError
from gateway.events import Changed, Crashed, RequestEnded
from gateway.nevisidm.login import caller as own_login
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Answer, Context
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.discovery.answer import Question, answer_discovery
from gateway.scim.parse import Limits, read_request
from gateway.scim.print import shape
from gateway.scim.reply import Reply, error_reply, reply_to
from gateway.scim.request import Caller, ScimRequest

OPERATIONS_THAT_WRITE = frozenset(("create", "replace", "modify", "delete", "act"))


class Stopwatch:
    """How long each stage took, in order, in seconds."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._first = self._last
        self.stages: list[tuple[str, float]] = []

    def lap(self, stage: str) -> None:
        """The stage that ends now."""
        now = time.perf_counter()
        self.stages.append((stage, now - self._last))
        self._last = now

    def split(self, stage: str, seconds: float) -> None:
        """Name a part of the last stage on its own, as nevisIDM's share of an operation."""
        name, whole = self.stages.pop()
        self.stages += [(name, max(0.0, whole - seconds)), (stage, seconds)]

    @property
    def total(self) -> float:
        """Seconds since the first moment."""
        return self._last - self._first

    def server_timing(self) -> str:
        """The Server-Timing header (W3C), milliseconds."""
        return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in self.stages)


@dataclass(frozen=True, slots=True)
class Door:
    """One dialect's address: an ASGI application of its own."""

    dialect: Dialect
    context: Callable[[], Context]
    gate: Gate
    limits: Limits
    total_timeout: float
    uri_bytes: int
    base_url: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        message = read_head(scope)
        context = self.context()
        watch = Stopwatch()
        run = Run(context.client, message.request_id, context.events, deadline=time.monotonic() + self.total_timeout)
        request: ScimRequest | None = None
        error: ScimError | None = None
        try:
            caller = self.gate.admit(message.headers, message.address)
            run = self._run(context, message, caller)
            watch.lap("auth")
            if len(message.path) + len(message.query) > self.uri_bytes:
                raise BadRequest("GW120", f"The address is longer than {self.uri_bytes} bytes. Use POST …/.search.")
            body = await read_body(receive, message.headers, self.limits.body_bytes)
            told = answer_discovery(self._question(message, body, context, caller))
            if told is None:
                request = self._read(message, body, context, caller)
                watch.lap("parse")
                answer = await operate(request, context, run)
                watch.lap("plan")
                watch.split("nevisidm", run.seconds)
                reply = reply_to(answer, request)
                self._audit(context, request, answer)
            else:
                reply = told
            watch.lap("shape")
        except ScimError as problem:
            error = problem
        except ConnectionResetError:
            return
        except Exception as crash:
            error = self._crashed(context, message, crash)
        if error is not None:
            watch.lap("failed")
            reply = error_reply(error, self.dialect)
        self._ended(context, message, request, reply, error, watch, run)
        await write(self._stamped(reply, message, watch), send, head_only=message.method == "HEAD")

    def _run(self, context: Context, message: Message, caller: Caller | None) -> Run:
        """The request's conversation with nevisIDM: as the gateway, or as a caller that acts with its own rights."""
        own = caller.authorization if caller and caller.x_token is not None else None
        return Run(
            context.client,
            message.request_id,
            context.events,
            login=own_login(own) if own else None,
            x_token=caller.x_token if caller else None,
            deadline=time.monotonic() + self.total_timeout,
        )

    def _tail(self, message: Message) -> str:
        """The path below the root, as sent."""
        return message.path[message.path.index(self.dialect.root) + len(self.dialect.root) :]

    def _base(self, message: Message) -> str:
        return (self.base_url or f"{message.scheme}://{message.host}") + self.dialect.root

    def _question(self, message: Message, body: bytes, context: Context, caller: Caller) -> Question:
        return Question(
            message.method,
            self._tail(message),
            message.query,
            message.headers,
            body,
            types=context.mappings.types(),
            dialect=self.dialect,
            base=self._base(message),
            caller=caller,
            request_id=message.request_id,
            limits=self.limits,
        )

    def _read(self, message: Message, body: bytes, context: Context, caller: Caller) -> ScimRequest:
        return read_request(
            message.method,
            self._tail(message),
            message.query,
            message.headers,
            body,
            types=context.mappings.types(),
            dialect=self.dialect,
            base=self._base(message),
            caller=caller,
            request_id=message.request_id,
            limits=self.limits,
        )

    def _crashed(self, context: Context, message: Message, crash: Exception) -> Fault:
        """Our bug: the type and place go to the log, never the text (it may hold a value)."""
        frame = traceback.extract_tb(crash.__traceback__)[-1]
        place = f"{PurePath(frame.filename).name}:{frame.lineno}"
        context.events.emit(Crashed(message.request_id, type(crash).__name__, place))
        return Fault("GW901", f"The gateway has a fault. Report it with request id {message.request_id}.")

    def _audit(self, context: Context, request: ScimRequest, answer: Answer) -> None:
        if request.operation in OPERATIONS_THAT_WRITE:
            found = request.id or str((answer.resource or {}).get("id", ""))
            context.events.emit(
                Changed(
                    request.request_id,
                    request.caller.subject,
                    request.operation,
                    request.type.name,
                    found,
                    answer.changed,
                    answer.status,
                )
            )

    def _ended(
        self,
        context: Context,
        message: Message,
        request: ScimRequest | None,
        reply: Reply,
        error: ScimError | None,
        watch: Stopwatch,
        run: Run,
    ) -> None:
        context.events.emit(
            RequestEnded(
                message.request_id,
                self.dialect.name,
                request.operation if request else message.method,
                request.type.name if request else "",
                reply.status,
                error.code.code if error else None,
                shape(request.filter) if request and request.filter is not None else None,
                watch.total,
                tuple(watch.stages),
                run.calls,
            )
        )

    def _stamped(self, reply: Reply, message: Message, watch: Stopwatch) -> Reply:
        name = "opc-request-id" if self.dialect.name == "idcs" else "x-request-id"
        extra = ((name, message.request_id), ("server-timing", watch.server_timing()))
        return dataclasses.replace(reply, headers=(*reply.headers, *extra))


def create_app(
    context: Callable[[], Context],
    gate: Gate,
    limits: Limits,
    *,
    total_timeout: float = 30.0,
    uri_bytes: int = 16_384,
    base_url: str | None = None,
    dialects: Map[str, Dialect] | None = None,
) -> Starlette:
    """The whole application. `context` is asked once per request, so that mappings can be swapped between requests."""
    chosen = dialects or {each.root: each for each in (IDCS, RFC)}
    doors = [
        Mount(root, app=Door(dialect, context, gate, limits, total_timeout, uri_bytes, base_url))
        for root, dialect in chosen.items()
    ]
    # before the doors, which would take the address for a resource type's
    told = [("", tuple(chosen.values())), *((root, (dialect,)) for root, dialect in chosen.items())]
    documents = [
        Route(f"{root}/openapi.json", endpoint=Description(each, context, gate, base_url)) for root, each in told
    ]
    return Starlette(routes=[*documents, *doors])
