"""`/openapi.json`: the OpenAPI document of every address, or of one dialect's below its root.

It tells what the mappings tell, so it is for callers only, like discovery. What may go wrong is read from the mappings' error rows.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from gateway.edge.gate import Gate
from gateway.edge.message import Message, Receive, Scope, Send, read_head, write
from gateway.edge.tenancy import Tenancy
from gateway.errors import BadRequest, Denied, ScimError
from gateway.events import RequestEnded
from gateway.mapping.model import ErrorRow, Mappings
from gateway.operation.context import Context
from gateway.scim.dialect import Dialect
from gateway.scim.reply import Reply, error_reply, no_content
from gateway.scim.request import Caller

if TYPE_CHECKING:
    from gateway.scim.openapi.operation import Facts

_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Description:
    """An ASGI application that answers with the document of these dialects, below the prefix of a tenant where one is given."""

    dialects: tuple[Dialect, ...]
    context: Callable[[], Context]
    gate: Gate
    tenancy: Tenancy
    prefix: str = ""
    base_url: str | None = None

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = time.perf_counter()
        message, context = read_head(scope), self.context()
        code: str | None = None
        tenant = ""
        try:
            caller = (await self.gate.admit(message))[0]
            context = context.of_tenant(self.tenancy.of(message, caller, self.prefix))
            tenant = context.tenant.ext_id
            reply = self._reply(message, caller, context)
        except ScimError as error:
            code = error.code.code
            reply = error_reply(error, self.dialects[0], self.gate.challenges(message))
        took = time.perf_counter() - began
        name = self.dialects[0].name
        context.events.emit(
            RequestEnded(
                message.request_id,
                name,
                message.method,
                "",
                reply.status,
                code,
                None,
                took,
                (("describe", took),),
                0,
                tenant=tenant,
            )
        )
        await write(reply, send, head_only=message.method == "HEAD")

    def _reply(self, message: Message, caller: Caller, context: Context) -> Reply:
        if caller.is_self:
            raise Denied("GW303", "The description is not for the caller's own rights; leave X-Token out.")
        if message.method == "OPTIONS":
            allow = ", ".join((*_METHODS, "OPTIONS"))
            return Reply(200, (("Allow", allow), ("Access-Control-Allow-Methods", allow), *no_content().headers), b"")
        if message.method not in _METHODS:
            raise BadRequest("GW116", "The description can only be read.", allow=(*_METHODS, "OPTIONS"))
        from gateway.scim.openapi.document import openapi  # of use to few, and slow to load

        origin = context.tenant.base_url or self.base_url or f"{message.scheme}://{message.host}"
        mappings = context.mappings
        document = openapi(mappings.types(), self.dialects, origin + self.prefix, _release(), facts(mappings))
        return Reply(200, (("Content-Type", "application/json"), *no_content().headers), orjson.dumps(document))


def facts(mappings: Mappings) -> Mapping[str, Facts]:
    """By resource type the statuses that error rows, its own and the shared ones, give to nevisIDM's refusals."""
    from gateway.scim.openapi.operation import Facts

    shared = _statuses(mappings.errors)
    return {
        name: Facts(
            shared | _statuses(mapping.errors) | ({mapping.action.status} if mapping.action is not None else set())
        )
        for name, mapping in mappings.by_name.items()
    }


def _statuses(rows: Iterable[ErrorRow]) -> frozenset[int]:
    """A row without a status passes on those that it is for."""
    found: set[int] = set()
    for row in rows:
        if row.status is not None:
            found.add(row.status)
        elif row.outcome is None:
            found.update(int(text) for text in row.when.http or () if text.isdigit())
    return frozenset(found)


def _release() -> str:
    return importlib.metadata.version("scim-nevisidm-gateway")
