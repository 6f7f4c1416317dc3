"""DELETE: one call where the mapping allows it; read first only where the type or the request has a condition."""

from __future__ import annotations

from gateway.errors import BadRequest
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.operation.condition import check_condition
from gateway.operation.context import Answer, Context
from gateway.operation.get import load_resource
from gateway.operation.scene import tenant_table
from gateway.operation.writing import write
from gateway.plan.write import plan_delete
from gateway.scim.request import ScimRequest


async def delete(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """204. A record outside of the type's `only` is not there for this type, so it is read before it is deleted."""
    known = parse_id(mapping, request.id or "")
    if known is None:
        raise BadRequest("GW114", f"There is no {mapping.name} with this id. Search for it; ids never change.")
    conditional = request.if_match is not None or request.if_none_match is not None
    if conditional or any(record.only for record in mapping.records.values()):
        loaded = await load_resource(request, mapping, context, run, request.id or "")
        await check_condition(request, mapping, context, run, loaded)
    await write(plan_delete(mapping, known), run, tenant_table(request, context), {}, mapping)
    return Answer(204)
