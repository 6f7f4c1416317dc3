"""Taking away in nevisIDM who is gone at the source: by the same operations as a client's DELETE, or PATCH of `active`."""

from __future__ import annotations

import itertools
from typing import Any

from gateway.errors import ScimError
from gateway.migration.following import Deletes
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Context
from gateway.scim.dialect import IDCS
from gateway.scim.request import Caller, Edit, Operation, ScimRequest, Wanted
from gateway.scim.tree import Attr, Path

CALLER = "scim-nevisidm delta"
_ACTIVE = Attr("active")


class Removing:
    """Removes single resources."""

    def __init__(self, context: Context, base: str) -> None:
        self._context = context
        self._base = base + IDCS.root
        self._numbers = itertools.count(1)

    async def __call__(self, type: str, id_: str, how: Deletes) -> bool:  # noqa: A002
        """Delete it, or disable it: what has no `active` to be set (groups, grants) is deleted in any case, since a right that was taken
        away must go. Who is gone already is gone. False where the type has no DELETE. Raises ScimError.
        """
        kind = self._context.mappings.by_name[type].type
        active = kind.attribute(_ACTIVE)
        try:
            if how == "disable" and active is not None and active.mutability == "readWrite":
                await self._operate(type, "modify", id_, edits=(Edit("replace", Path(_ACTIVE), False),))
            elif "delete" in kind.verbs:
                await self._operate(type, "delete", id_)
            else:
                return False
        except ScimError as error:
            if error.code.code != "GW114":
                raise
        return True

    async def _operate(self, type: str, operation: Operation, id_: str, **fields: Any) -> None:  # noqa: A002
        request = ScimRequest(
            operation=operation,
            type=self._context.mappings.by_name[type].type,
            dialect=IDCS,
            base=self._base,
            caller=Caller(CALLER),
            request_id=f"delta-{next(self._numbers)}",
            id=id_,
            wanted=Wanted(include=()),
            **fields,
        )
        context = self._context
        whose = f"{context.tenant.ext_id} {CALLER}"
        run = Run(context.client, request.request_id, context.events, journal=context.journal, whose=whose)
        await operate(request, context, run)
