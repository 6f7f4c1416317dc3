"""PUT and PATCH: one machine. Read, apply the edit in SCIM terms, write what is shown differently, show what is there then.

What nevisIDM has said already is not asked again: all that was read where nothing was written, and the reply of an update.

Mapping-format section 11.1. No difference means no call. A version conflict without If-Match is tried once more on fresh records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from gateway.errors import BadRequest, Unsupported
from gateway.events import Dropped
from gateway.mapping.model import Mapping
from gateway.mapping.put import changes
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.condition import check_condition
from gateway.operation.context import Answer, Context
from gateway.operation.get import load_resource
from gateway.operation.scene import scene_of, tenant_table
from gateway.operation.writing import at_hand, reading_back, write
from gateway.plan.elements import Elements
from gateway.plan.write import plan_update
from gateway.scim.mutability import settle
from gateway.scim.patch import aims_at_nothing, apply
from gateway.scim.request import ScimRequest
from gateway.scim.rights import check_writes

CONFLICT = "errors.optimisticLockingFailure"


async def change(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """200 with the resource after the change."""
    try:
        return await _once(request, mapping, context, run)
    except Refusal as refusal:
        if CONFLICT not in refusal.codes or request.if_match is not None:
            raise
        perhaps = refusal.unknown_outcome
    try:
        return await _once(request, mapping, context, run)
    except Refusal as refusal:
        refusal.unknown_outcome |= perhaps
        raise


async def _once(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    before = await load_resource(request, mapping, context, run, request.id or "", everything=True)
    await check_condition(request, mapping, context, run, before)
    wish = request.body
    if request.operation == "modify":
        wish = apply(before.resource, request.edits, request.type, request.dialect.leniencies)
    verb: Literal["replace", "modify"] = "replace" if request.operation == "replace" else "modify"
    wish = settle(before.resource, wish, request.type, request.dialect, verb=verb)
    try:
        changed = changes(mapping, before.resource, wish, before.records, scene_of(request, context), creating=False)
    except Unsupported as error:
        if error.code.code == "GW206" and aims_at_nothing(before.resource, request.edits, request.type):
            raise BadRequest("GW109", error.detail) from None  # what its path means is not there and cannot be made
        raise
    check_writes(request.type, changed.attributes)
    for name in (*request.left_out, *map(str, changed.dropped)):
        context.events.emit(Dropped(mapping.name, name))
    table = tenant_table(request, context)
    elements = Elements(before.elements, lookup_in(table), context.new_id)
    clear = context.capabilities.clear_value
    plan = plan_update(mapping, verb, changed, before.records, before.bindings, clear, elements)
    repeatable = request.match is not None
    written = await write(plan, run, table, before.records, mapping, repeatable=repeatable) if plan.calls else None
    names = tuple(str(attr) for attr in changed.attributes)
    if request.type.put_only and not _shows(mapping, changed.records):
        return Answer(200, before.resource, changed=names)
    if request.wanted.nothing:
        return Answer(200, {"id": request.id}, changed=names if written is not None else ())
    given = at_hand(plan, written, before.records, mapping)
    if written is None:
        after = await load_resource(request, mapping, context, run, request.id or "", written=True, given=given)
        return Answer(200, after.resource, changed=names)
    with reading_back(request.id or ""):
        after = await load_resource(request, mapping, context, run, request.id or "", written=True, given=given)
    return Answer(200, after.resource, changed=names)


def _shows(mapping: Mapping, records: Iterable[str]) -> bool:
    """Whether any of these records can be read; whoever logs in by the password that was just changed could not look again."""
    return any(mapping.records[name].readable for name in records)
