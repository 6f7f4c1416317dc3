"""What the gateway shows of a resource, asked of the same code that answers clients, as often as nevisIDM needs."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import time
from collections.abc import AsyncIterator, Iterable

from gateway.errors import ScimError
from gateway.mapping.model import Mapping
from gateway.migration.pace import Pace
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Answer, Context
from gateway.scim.dialect import ALL_LENIENCIES, IDCS
from gateway.scim.request import Caller, Operation, Resource, ScimRequest, Wanted
from gateway.scim.tree import Attr

PAGE = 1000
CALLER = "scim-nevisidm verify"
_DIALECT = dataclasses.replace(IDCS, leniencies=ALL_LENIENCIES)


class Reading:
    """Reads as the gateway's clients do. `patience`: seconds that nevisIDM may be away or busy."""

    def __init__(self, context: Context, base: str, pace: Pace, patience: float = 600.0) -> None:
        self._context = context
        self._base = base + IDCS.root
        self._pace = pace
        self._patience = patience
        self._numbers = itertools.count(1)

    async def resource(self, mapping: Mapping, id_: str, attrs: Iterable[Attr]) -> Resource | None:
        """A resource with these attributes; None if it is not there. Raises ScimError."""
        wanted = Wanted(include=tuple(sorted(attrs, key=str)))
        try:
            answer = await self._answer(mapping, "get", wanted, id_=id_)
        except ScimError as error:
            if error.code.code == "GW114":
                return None
            raise
        return answer.resource

    async def ids(self, mapping: Mapping, more: Iterable[Attr] = ()) -> AsyncIterator[list[Resource]]:
        """All resources of a type, by pages, with their ids and what else is asked for. Raises ScimError where they cannot be listed."""
        wanted, cursor = Wanted(include=(Attr("id"), *more)), ""
        while True:
            answer = await self._answer(mapping, "search", wanted, cursor=cursor)
            yield list(answer.resources or ())
            if answer.next_cursor is None:
                return
            cursor = answer.next_cursor

    async def _answer(
        self, mapping: Mapping, operation: Operation, wanted: Wanted, id_: str | None = None, cursor: str | None = None
    ) -> Answer:
        until = time.monotonic() + self._patience
        while True:
            request = ScimRequest(
                operation=operation,
                type=mapping.type,
                dialect=_DIALECT,
                base=self._base,
                caller=Caller(CALLER),
                request_id=f"verify-{next(self._numbers)}",
                id=id_,
                wanted=wanted,
                count=PAGE,
                cursor=cursor,
            )
            run = Run(self._context.client, request.request_id, self._context.events, whose=request.request_id)
            try:
                return (await operate(request, self._context, run)).plain()
            except ScimError as error:
                if (error.status < 500 and error.status != 429) or time.monotonic() > until:
                    raise
                if error.status == 501:
                    raise
                self._pace.busy(error.retry_after)
                await asyncio.sleep(min(max(error.retry_after or 0.5, 0.5), 30.0))
