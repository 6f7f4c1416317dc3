"""From a SCIM request to its answer: which operation it is, who may do it as whom, and how nevisIDM's refusals are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from collections.abc import Mapping as Map

from gateway.mapping.model import Mapping
from gateway.mapping.version import as_seen
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.step import HalfDone
from gateway.operation.act import act
from gateway.operation.audit import WRITES, audited
from gateway.operation.change import change
from gateway.operation.context import Answer, Context
from gateway.operation.create import create
from gateway.operation.delete import delete
from gateway.operation.get import get
from gateway.operation.provision import provision
from gateway.operation.self_service import as_self
from gateway.operation.telling import in_scim_terms
from gateway.operation.turn import CHANGES, turn
from gateway.operation.walking import search_page
from gateway.operation.writing import Unshown
from gateway.scim.request import ScimRequest

Operate = Callable[[ScimRequest, Mapping, Context, Run], Awaitable[Answer]]

OPERATIONS: Map[str, Operate] = {
    "get": get,
    "search": search_page,
    "create": create,
    "replace": change,
    "modify": change,
    "delete": delete,
    "act": act,
}


async def operate(request: ScimRequest, context: Context, run: Run) -> Answer:
    """Answer one request, and tell the audit of a write. Raises ScimError; a refusal of nevisIDM has become one by then."""
    mapping = as_seen(context.mappings.by_name[request.type.name], request.type)
    if request.operation not in WRITES:
        try:
            if request.caller.authorization is None and not request.own:
                return await OPERATIONS[request.operation](request, mapping, context, run)
            own = await as_self(request, mapping, run)
            return await OPERATIONS[request.operation](own, mapping, context, run)
        except (HalfDone, Unshown, Refusal) as wrong:
            raise in_scim_terms(wrong, request, mapping, context) from None
    with audited(request, context, run) as record:
        try:
            answer = await _written(request, mapping, context, run)
        except (HalfDone, Unshown, Refusal) as wrong:
            raise in_scim_terms(wrong, request, mapping, context) from None
        record.done(answer)
        return answer


async def _written(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    if request.caller.is_self or request.own:
        request = await as_self(request, mapping, run)
    if request.match is not None:
        return await provision(request, request.match, mapping, context, run)
    if request.operation in CHANGES:
        async with turn(context.turns, context.tenant.ext_id, mapping, request.id or "", run):
            return await OPERATIONS[request.operation](request, mapping, context, run)
    return await OPERATIONS[request.operation](request, mapping, context, run)
