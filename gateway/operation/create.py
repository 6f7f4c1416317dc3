"""POST: the body becomes records, the records become calls, and what nevisIDM then holds is the answer."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import itertools
import uuid
from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import BadRequest, Unavailable, Unsupported
from gateway.events import Dropped
from gateway.mapping.apart import aparts
from gateway.mapping.identity import compose_id
from gateway.mapping.model import Mapping
from gateway.mapping.once import make_secrets, tell_once, with_made
from gateway.mapping.put import Changes, changes, is_one_way
from gateway.mapping.view import Scene
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.context import Answer, Context
from gateway.operation.get import Loaded, load_resource
from gateway.operation.referring import as_sent, look_up
from gateway.operation.scene import scene_of, tenant_table
from gateway.operation.search import elements_reader
from gateway.operation.twin import guarded, refuse_twin
from gateway.operation.writing import reading_back, write
from gateway.plan.create import plan_create
from gateway.plan.elements import Elements
from gateway.plan.refer import names_no_tenant, references
from gateway.plan.touched import named_values
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr


async def create(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """201 with the resource as nevisIDM now holds it."""
    scene = scene_of(request, context)
    table = tenant_table(request, context)
    made = make_secrets(mapping)
    changed = await _changes(mapping, request, scene, made)
    for name in (*request.left_out, *map(str, changed.dropped)):
        context.events.emit(Dropped(mapping.name, name))
    new_id = context.new_id if request.seed is None else seeded(request.seed, request.id)
    elements = Elements(await _elements(request, mapping, context, run), lookup_in(table), new_id)
    plan = plan_create(mapping, changed, lookup_in(table), new_id, elements)
    refers = references(mapping, request.body, changed, plan)
    records = await look_up(refers, plan, request.body, mapping, scene, run)
    if guarded(mapping):
        seen = dataclasses.replace(scene, bindings={**scene.bindings, **plan.bindings})
        await refuse_twin({**refers.writes, **records}, request, mapping, seen, context, run)
    loaded: Loaded | None = None

    async def prove(known: Map[str, Any]) -> None:
        """What the client says and the create could not write must be so, and be this tenant's: else there is no such resource."""
        nonlocal loaded
        found = _id(mapping, known, table)
        try:
            loaded = await load_resource(request, mapping, context, run, found, written=True, also=refers.after)
        except BadRequest:
            raise _nobodys(mapping) from None
        as_sent(loaded.resource, request.body, refers.after, mapping)

    unsure = bool(refers.after) or names_no_tenant(plan, mapping)
    written = await write(
        plan,
        run,
        table,
        records,
        mapping,
        prove if unsure else None,
        repeatable=request.match is not None,
        repeated=request.seed is not None,
    )
    if loaded is None:
        found = _id(mapping, written.known, table)
        if request.wanted.nothing:
            return Answer(201, {"id": found}, changed=tuple(str(attr) for attr in changed.attributes))
        with reading_back(found):
            loaded = await load_resource(request, mapping, context, run, found, written=True)
    tell_once(mapping, loaded.resource, written.replies, loaded.records, context.now(), made)
    return Answer(201, loaded.resource, changed=tuple(str(attr) for attr in changed.attributes))


def seeded(seed: str, first: str | None = None) -> Callable[[], str]:
    """Ids that are the same for the same seed, and for nobody else's. `first`: the one of the resource's own first record, if it is
    given.
    """
    numbers = itertools.count()

    def new_id() -> str:
        number = next(numbers)
        if first is not None and number == 0:
            return first
        return str(uuid.UUID(bytes=hashlib.sha256(f"{seed} {number}".encode()).digest()[:16], version=5))

    return new_id


def _nobodys(mapping: Mapping) -> Unsupported:
    text = f"nevisIDM does not give a new {mapping.name} to this tenant, so it was taken back. Create it in nevisIDM."
    return Unsupported("GW203", text)


def _id(mapping: Mapping, known: Map[str, Any], tenant: Map[str, Any]) -> str:
    found = compose_id(mapping, lookup_in(known, tenant))
    if found is None:
        raise Unavailable("GW501", f"nevisIDM created the {mapping.name} but did not say under which id")
    return found


async def _elements(
    request: ScimRequest, mapping: Mapping, context: Context, run: Run
) -> dict[Attr, dict[str, dict[str, Any]]]:
    """Of the elements that stand apart and shall be the new resource's, what they need: nobody's is refused before anything is made."""
    if not aparts(mapping):
        return {}
    reading, known = elements_reader(request, mapping, context, run), lookup_in(tenant_table(request, context))
    return {
        attr: await reading.named(apart, named_values(request, attr, apart.key).keys, known, {}, new=True)
        for attr, apart in aparts(mapping).items()
    }


async def _changes(mapping: Mapping, request: ScimRequest, scene: Scene, made: Map[Attr, str]) -> Changes:
    """The body as record fields. A one-way lens takes a tenth of a second on purpose: not on the event loop."""
    wish = with_made(request.body, made)
    if is_one_way(mapping):
        return await asyncio.to_thread(changes, mapping, {}, wish, {}, scene, creating=True)
    return changes(mapping, {}, wish, {}, scene, creating=True)
