"""The calls that create a resource, in the order the mapping names, each with what takes it back and what finds out whether it was done.

What depends on the mapping and on which fields there are, and not on their values, is found once (`repeated.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.apart import apart_records
from gateway.mapping.model import Mapping, Step
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes
from gateway.mapping.record import Field, Record, Write
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Lookup, lookup_in
from gateway.plan import body as bodies
from gateway.plan.body import Values
from gateway.plan.chosen import NewId
from gateway.plan.elements import Elements, element_writes
from gateway.plan.filled import Filled, bindings_of, filled, made_up
from gateway.plan.owned import owned_writes
from gateway.plan.plan import WriteCall, WritePlan
from gateway.plan.repeated import planned_again
from gateway.plan.single import parts
from gateway.plan.unplaced import attributes_of, refuse_elements

Json = Any
NOTHING_APART = Elements()


def plan_create(
    mapping: Mapping, changes: Changes, tenant: Lookup, new_id: NewId, elements: Elements = NOTHING_APART
) -> WritePlan:
    """The calls that create a resource. `tenant` fills {settings.x} and the like in `fill`; `elements` are those that shall be its own."""
    refuse_elements(mapping, changes)
    random = made_up(mapping, changes.records)

    def plan(values: Filled) -> WritePlan:
        return planned_anew(mapping, changes, values, random, tenant, new_id, elements)

    values = filled(mapping, changes.records, tenant, new_id)
    if changes.added or changes.removed or changes.elements:
        return plan(values)
    return planned_again(mapping, changes, values, random, plan)


def planned_anew(
    mapping: Mapping,
    changes: Changes,
    values: Filled,
    random: frozenset[str],
    tenant: Lookup,
    new_id: NewId,
    elements: Elements = NOTHING_APART,
) -> WritePlan:
    """The calls that create these records. `random`: those whose extId the gateway has made up."""
    bindings = bindings_of(values)
    calls: list[WriteCall] = []
    for step in mapping.operations["create"]:
        if step.record in apart_records(mapping):
            calls += element_writes(mapping, step.record, changes, elements, lookup_in(bindings))
        elif step.record is not None and step.record in owned(mapping):
            calls += owned_writes(mapping, step.record, changes.elements, tenant, new_id)
        else:
            calls += _create_step(mapping, step, values, changes, bindings)
    calls = [
        dataclasses.replace(call, chosen=True) if random.issuperset(call.writes[:1]) and call.again else call
        for call in calls
    ]
    return WritePlan(tuple(calls), bindings)


def _create_step(
    mapping: Mapping, step: Step, values: Map[str, Values], changes: Changes, bindings: Map[str, Json]
) -> tuple[WriteCall, ...]:
    if step.call is not None:
        body = {key: _whole(mapping, record, values, step.call) for key, record in step.send.items()}
        names = tuple(step.send.values())
        call = dataclasses.replace(step.call, body=body or None)
        first = mapping.records[names[0]] if names else None
        made = WriteCall(
            call,
            names,
            attributes_of(mapping, changes, names),
            undo=step.undo,
            again=first_read(first) if first else None,
            created=_unnamed(names[:1], bindings),
        )
        return (made,)
    record = mapping.records[step.record or ""]
    is_root = record.name == next(iter(mapping.records))
    if not is_root and not changes.records.get(record.name):
        return ()
    if record.create is None and record.update is not None and record.update.values:
        return tuple(_create_parts(mapping, record, record.update, values, changes))
    rest = _not_taken(record, values.get(record.name, {}))
    taken = {keys: value for keys, value in values.get(record.name, {}).items() if keys not in rest}
    made = create_record(mapping, record, {**values, record.name: taken}, changes, bindings)
    return (made, *_completed(mapping, record, rest, changes))


def _create_parts(
    mapping: Mapping, record: Record, update: Write, values: Map[str, Values], changes: Changes
) -> Iterator[WriteCall]:
    """What a new resource brings of a record that nevisIDM makes by itself. What undoes the create undoes it, too."""
    for part in parts(update, values.get(record.name, {})):
        call = part.call or dataclasses.replace(update.call, body=bodies.created(part.values))
        yield WriteCall(call, (record.name,), attributes_of(mapping, changes, (record.name,)))


def _not_taken(record: Record, values: Values) -> Values:
    """What the body of the record's create has no place for, but that of its update has."""
    if (
        record.create is None
        or record.create.send is not None
        or record.update is None
        or record.update.send is not None
    ):
        return {}
    create, update = (catalogue.find(each.call.method, each.call.path.text) for each in (record.create, record.update))
    if create is None or update is None:
        return {}
    sent = bodies.without_holes(values, record.name, record.create.call)
    return {
        keys: value
        for keys, value in sent.items()
        if not catalogue.has(create.body, keys) and catalogue.has(update.body, keys)
    }


def _completed(mapping: Mapping, record: Record, rest: Values, changes: Changes) -> tuple[WriteCall, ...]:
    """The update that follows a create with what that could not take. What undoes the create undoes it, too."""
    if not rest or record.update is None:
        return ()
    call = dataclasses.replace(record.update.call, body=bodies.created(rest))
    fields = {Field(record.name, keys) for keys in rest}
    attributes = tuple(
        attr
        for attr in changes.attributes
        if attr in mapping.leaves and fields & set(mapping.leaves[attr].idm.values())
    )
    return (WriteCall(call, (record.name,), attributes, again=first_read(record)),)


def create_record(
    mapping: Mapping, record: Record, values: Map[str, Values], changes: Changes, bindings: Map[str, Json]
) -> WriteCall:
    """The call that creates one record, or writes it for the first time. Raises Unsupported GW203 where nothing can."""
    write = record.create or record.update
    if write is None:
        raise Unsupported("GW203", f"{mapping.name}: nothing can write {record.name}")
    body = sent(write, bindings) or _whole(mapping, record.name, values, write.call)
    takes_back = record.delete.call if record.create and record.delete else None
    return WriteCall(
        dataclasses.replace(write.call, body=body),
        (record.name,),
        attributes_of(mapping, changes, (record.name,)),
        undo=takes_back,
        again=first_read(record) if record.create else None,
        created=_unnamed((record.name,), bindings) if record.create else None,
    )


def _whole(mapping: Mapping, name: str, values: Map[str, Values], call: Call) -> dict[str, Json]:
    """A created record's body, with the records that stand in it and that no step of the create writes by a call of their own."""
    whole = dict(bodies.without_holes(values.get(name, {}), name, call))
    apart = {step.record for step in mapping.operations.get("create", ())}
    for other in mapping.records.values():
        if other.stands_in is not None and other.stands_in.record == name and other.name not in apart:
            whole.update({(*other.stands_in.keys, *keys): value for keys, value in values.get(other.name, {}).items()})
    return bodies.created(whole)


def sent(write: Write, bindings: Map[str, Json]) -> dict[str, Json] | None:
    """The body that the mapping spells out; None where it is the record's changes."""
    if write.send is None:
        return None
    return {key: template.fill(lookup_in(bindings)) for key, template in write.send.items()}


def first_read(record: Record) -> Call | None:
    """The read that finds the record by itself."""
    return record.reads[0] if record.reads else None


def _unnamed(names: tuple[str, ...], bindings: Map[str, Json]) -> str | None:
    """The created record whose extId nevisIDM chooses, if the gateway did not."""
    return next((name for name in names if f"{name}.extId" not in bindings), None)
