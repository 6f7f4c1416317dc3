"""One dialect's address as an ASGI application.

One request goes one way: admit, read, operate (plan, run, view), shape, write; a bulk goes it once for each of its operations. Whatever
goes wrong on the way becomes one SCIM Error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.edge.crowd import DEPARTURE, Crowd, check_connections
from gateway.edge.gate import Gate, check_body
from gateway.edge.hardened import hardening
from gateway.edge.message import Message, Receive, Scope, Send, check_coding, has_body, read_body, read_head, write
from gateway.edge.rates import OTHERS, CallerRates, group_of
from gateway.edge.retry import Retries
from gateway.edge.tenancy import Tenancy
from gateway.edge.visit import Visit
from gateway.edge.whole import WHOLE
from gateway.errors import BadRequest, ScimError
from gateway.mapping.kept import kept
from gateway.mapping.model import Mappings
from gateway.operation.answer import operate
from gateway.operation.bulk import bulk
from gateway.operation.context import Context
from gateway.operation.crash import crashed
from gateway.operation.everywhere import search_everywhere
from gateway.scim.address import first_name, is_own
from gateway.scim.bulk import bulk_reply, is_bulk, read_bulk
from gateway.scim.dialect import Dialect
from gateway.scim.discovery.answer import TOLD, answer_discovery
from gateway.scim.discovery.provider import Offer
from gateway.scim.everywhere import everywhere_reply, is_everywhere, read_everywhere
from gateway.scim.parse import Limits
from gateway.scim.question import RETRY, Question
from gateway.scim.reply import Reply, error_reply, reply_to
from gateway.scim.request import Caller
from gateway.trace import Tracing

Answering = Callable[[Question, Visit], Coroutine[Any, Any, Reply]]
_MANY = frozenset(("bulk", ".search"))


class Names(NamedTuple):
    """What the first name of an address says: those that stand for what is its caller's own, and the groups whose rates count."""

    own: frozenset[str]
    groups: Map[str, str]


@kept
def _names(mappings: Mappings) -> Names:
    types = mappings.types()
    every = {*types, *(each.own.endpoint.strip("/").lower() for each in types.values() if each.own), "bulk"}
    return Names(
        frozenset(name for name in every if is_own(name, types)), {name: group_of(name, mappings) for name in every}
    )


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
        message = read_head(scope)
        offered = scope.get("extensions", {})
        visit = Visit(
            message, self.context(), self.tracing.of(message.headers.get("traceparent")), offered.get(DEPARTURE)
        )
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
            error = crashed(crash, message.request_id, visit.context.events)
        if error is not None:
            visit.watch.lap("failed")
            self._remember(visit)
            reply = error_reply(error, self.dialect, self.gate.challenges(message))
        visit.ended(self.dialect.name, reply.status, error)
        # its traceback holds this frame, which holds it: only the collector could tell that both are done with
        error = None
        head_only = message.method == "HEAD"
        whole = offered.get(WHOLE)
        name = "opc-request-id" if self.dialect.name == "idcs" else "x-request-id"
        stamps = ((name, message.request_id), ("server-timing", visit.watch.server_timing()))
        await write(reply, send, head_only=head_only, also=stamps, unless_said=hardening(scope), whole=whole)

    def _remember(self, visit: Visit) -> None:
        """Where nevisIDM has no place for this caller, its next requests hear so at the turnstile for a moment."""
        moment = visit.runs[-1].moment if visit.runs else 0.0
        if moment and "prefer" not in visit.message.headers:
            self.crowd.refuse(visit.message.headers.get("authorization", ""), moment)

    async def _reply(self, visit: Visit, receive: Receive) -> Reply:
        """Admit, then answer as what it is: discovery, a bulk, or a request for resources. Raises ScimError."""
        message, mappings = visit.message, visit.context.mappings
        visit.prefix, visit.tail = prefix, tail = self._address(message)
        name, names = first_name(tail), _names(mappings)
        caller, admission = await self.gate.admit(message, own=name in names.own)
        visit.context = visit.context.of_tenant(self.tenancy.of(message, caller, prefix))
        visit.bound = True
        await self.rates.check(caller, names.groups.get(name, OTHERS))
        visit.watch.lap("auth")
        if len(message.path) + len(message.query) > self.uri_bytes:
            raise BadRequest("GW120", f"The address is longer than {self.uri_bytes} bytes. Use POST …/.search.")
        check_coding(message.headers)
        body = await self._body(receive, message, tail) if has_body(message) else b""
        check_body(admission, body)
        question = self._question(visit, body, caller)
        reply = answer_discovery(question) if name in TOLD or message.method == "OPTIONS" else None
        if reply is None:
            answer = self._operation if name not in _MANY else self._of_many(tail)
            if RETRY in message.headers:
                reply = await self.retries.once(question, functools.partial(answer, question, visit))
            else:
                reply = await answer(question, visit)
        visit.watch.lap("shape")
        return reply

    async def _body(self, receive: Receive, message: Message, tail: str) -> bytes:
        """The whole body; a bulk may have a longer one. Raises as `read_body` does."""
        most = self.dialect.bulk_bytes if is_bulk(tail) else self.limits.body_bytes
        return await read_body(receive, message.headers, most, self.body_seconds)

    def _of_many(self, tail: str) -> Answering:
        """What answers where many requests, or types, are meant."""
        return self._bulk if is_bulk(tail) else self._everywhere if is_everywhere(tail) else self._operation

    async def _operation(self, question: Question, visit: Visit) -> Reply:
        """A request for resources: read, operate, shape."""
        request = visit.request = question.read()
        visit.operation = request.operation
        visit.watch.lap("parse")
        run = visit.run(question.caller, self.total_timeout)
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
        done = await bulk(batch, question, visit.context, lambda: visit.run(question.caller, self.total_timeout), until)
        visit.watch.lap("bulk")
        return bulk_reply(done, self.dialect)

    async def _everywhere(self, question: Question, visit: Visit) -> Reply:
        """A search in all resource types."""
        visit.operation = "search"
        everywhere = read_everywhere(question)
        visit.watch.lap("parse")
        run = visit.run(question.caller, self.total_timeout)
        found, total = await search_everywhere(everywhere, visit.context, run)
        visit.watch.lap("plan")
        visit.watch.split("nevisidm", run.seconds)
        return everywhere_reply(found, total, everywhere, self.dialect)

    def _address(self, message: Message) -> tuple[str, str]:
        """What stands before the root, and the path below it, as sent. Raises BadRequest GW115 where the root is percent-encoded."""
        prefix, root, tail = message.path.partition(self.dialect.root)
        if not root:
            raise BadRequest("GW115", f"There is no such endpoint; spell the address {self.dialect.root} as it stands.")
        return prefix, tail

    def _question(self, visit: Visit, body: bytes, caller: Caller) -> Question:
        message, context = visit.message, visit.context
        origin = context.tenant.base_url or self.base_url or f"{message.scheme}://{message.host}"
        return Question(
            message.method,
            visit.tail,
            message.query,
            message.headers,
            body,
            types=context.types(caller),
            dialect=self.dialect,
            base=f"{origin}{visit.prefix}{self.dialect.root}",
            caller=caller,
            request_id=message.request_id,
            limits=self.limits,
            absent=context.mappings.absent,
            offer=_offer(self.dialect, context.cursors.seconds),
        )


@functools.cache
def _offer(dialect: Dialect, cursor_seconds: int) -> Offer:
    return Offer(dialect.bulk_operations, dialect.bulk_bytes, True, cursor_seconds)
