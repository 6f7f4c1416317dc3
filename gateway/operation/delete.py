"""DELETE: one call where the mapping allows it; read first only where the type or the request has a condition.

Elements that stand apart (the members of a group) are looked for only where nevisIDM refuses to delete what somebody still has: to find
them may cost much, and most of what is deleted is empty.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import BadRequest, Refused
from gateway.mapping.apart import apart_records, aparts, leaves_marks
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.condition import check_condition
from gateway.operation.context import Answer, Context
from gateway.operation.get import load_resource
from gateway.operation.listing import TooMany
from gateway.operation.scene import tenant_table
from gateway.operation.search import elements_reader
from gateway.operation.writing import write
from gateway.plan.beside import key_of
from gateway.plan.elements import Elements
from gateway.plan.plan import WritePlan
from gateway.plan.refer import names_no_tenant
from gateway.plan.write import plan_delete
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.tree import Attr

Json = Any
DEPENDED_ON = "errors.undeletedDependencies"


async def delete(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """204. A record outside of the type's `only`, or of another tenant, is not there for this type, so it is read before it is deleted."""
    known = parse_id(mapping, request.id or "")
    if known is None:
        raise BadRequest("GW114", f"There is no {mapping.name} with this id. Search for it; ids never change.")
    plan = plan_delete(mapping, known)
    if looks_first(request, mapping, plan):
        loaded = await load_resource(request, mapping, context, run, request.id or "")
        await check_condition(request, mapping, context, run, loaded)
    try:
        if leaves_marks(mapping):
            await _with_elements(request, mapping, context, run, known, narrow=True)
        else:
            await write(plan, run, tenant_table(request, context), {}, mapping)
    except Refusal as refusal:
        steps = {step.record for step in mapping.operations["delete"]}
        if DEPENDED_ON not in refusal.codes or not steps & apart_records(mapping):
            raise
        await _with_elements(request, mapping, context, run, known, narrow=False)
    return Answer(204)


def looks_first(request: ScimRequest, mapping: Mapping, plan: WritePlan) -> bool:
    """Whether the resource is read before it is deleted: the request has a condition, or the type has, or it may be another tenant's."""
    conditional = request.if_match is not None or request.if_none_match is not None
    lists = apart_records(mapping) | owned(mapping).keys()
    own = (record for name, record in mapping.records.items() if name not in lists)
    return conditional or any(record.only for record in own) or names_no_tenant(plan, mapping)


async def _with_elements(
    request: ScimRequest, mapping: Mapping, context: Context, run: Run, known: dict[str, str], *, narrow: bool
) -> None:
    """Delete the resource with all its elements. Raises Refused GW406 where those are too many to be found.

    `narrow`: an index may say where they are; what it has not heard of, nevisIDM then refuses to leave behind.
    """
    table = tenant_table(request, context)
    reading, lookup = elements_reader(request, mapping, context, run, narrow=narrow), lookup_in(known, table)
    found: dict[Attr, dict[str, dict[str, Json]]] = {}
    gone: dict[Attr, tuple[Resource, ...]] = {}
    for attr, apart in aparts(mapping).items():
        try:
            there = await reading.all(apart, lookup, {})
        except TooMany:
            text = f"It still has {attr}, more than can be looked for at once. Remove them by PATCH, then delete it."
            raise Refused("GW406", text) from None
        found[attr] = {str(key_of(apart, element)): element for element in there}
        gone[attr] = tuple({apart.key: key} for key in found[attr])
    elements = Elements(found, lookup_in(table), context.new_id)
    await write(plan_delete(mapping, known, Changes(removed=gone), elements), run, table, {}, mapping)
