"""From changes to calls: create, replace, modify and delete as one list of writes in the order the mapping names.

Each write knows what takes it back and, for creates, the read that finds out whether a lost reply meant yes. Pure: the ids that the
gateway chooses come in as a function. Nothing changed means no call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.apart import apart_records
from gateway.mapping.model import Field, Mapping, Record, Step, Write
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Lookup, Template, fixed, lookup_in
from gateway.plan import body as bodies
from gateway.plan.body import Clear, Values
from gateway.plan.elements import Elements, element_writes, makes_up_id
from gateway.plan.owned import owned_writes
from gateway.plan.plan import WriteCall, WritePlan
from gateway.plan.single import Part, back, parts
from gateway.plan.unplaced import attributes_of, refuse_elements, refuse_homeless, refuse_hostless, refuse_unwritten

Json = Any
NewId = Callable[[], str]
NOTHING_APART = Elements()
NO_CHANGE = Changes()


def plan_create(
    mapping: Mapping, changes: Changes, tenant: Lookup, new_id: NewId, elements: Elements = NOTHING_APART
) -> WritePlan:
    """The calls that create a resource. `tenant` fills {settings.x} and the like in `fill`; `elements` are those that shall be its own."""
    refuse_elements(mapping, changes)
    values = _filled(mapping, changes.records, tenant, new_id)
    bindings: dict[str, Json] = {}
    for record, fields in values.items():
        bindings.update(bodies.flat(record, fields))
    calls: list[WriteCall] = []
    for step in mapping.operations["create"]:
        if step.record in apart_records(mapping):
            calls += element_writes(mapping, step.record, changes, elements, lookup_in(bindings))
        elif step.record is not None and step.record in owned(mapping):
            calls += owned_writes(mapping, step.record, changes.elements, tenant, new_id)
        else:
            calls += _create_step(mapping, step, values, changes, bindings)
    made_up = _made_up(mapping, changes.records)
    calls = [
        dataclasses.replace(call, chosen=True) if made_up.issuperset(call.writes[:1]) and call.again else call
        for call in calls
    ]
    return WritePlan(tuple(calls), bindings)


def chosen_ids(mapping: Mapping, changes: Changes, tenant: Lookup, new_id: NewId) -> dict[str, Json]:
    """What fills the holes of a new resource's id, as far as it is known before it is made."""
    bindings: dict[str, Json] = {}
    for record, fields in _filled(mapping, changes.records, tenant, new_id).items():
        bindings.update(bodies.flat(record, fields))
    return bindings


def plan_update(
    mapping: Mapping,
    verb: str,
    changes: Changes,
    records: Map[str, Json],
    known: Map[str, Json],
    clear: Clear,
    elements: Elements = NOTHING_APART,
) -> WritePlan:
    """The calls that bring a resource from `records` (as read) to what `changes` say; `known` are the parts of its id."""
    refuse_elements(mapping, changes)
    bindings: dict[str, Json] = dict(known)
    for record, fields in changes.records.items():
        bindings.update((name, value) for name, value in bodies.flat(record, fields) if value is not None)
    resource = lookup_in(bindings, records)
    calls: list[WriteCall] = []
    last: list[WriteCall] = []
    for step in mapping.operations[verb]:
        if step.record is not None and step.record in apart_records(mapping):
            calls += element_writes(mapping, step.record, changes, elements, resource, clear)
        elif step.record is not None and step.record in owned(mapping):
            calls += owned_writes(mapping, step.record, changes.elements, elements.tenant, elements.new_id, clear)
        elif step.record is not None and changes.records.get(step.record):
            changed = mapping.records[step.record]
            (last if _is_final(changed, changes) else calls).extend(
                _update_step(mapping, changed, changes, records, clear, bindings)
            )
    calls += last
    refuse_unwritten(mapping, verb, changes)
    for each in calls:
        refuse_homeless(mapping, each, lookup_in(bindings, records))
    return WritePlan(tuple(calls), bindings)


def plan_delete(
    mapping: Mapping, known: Map[str, Json], gone: Changes = NO_CHANGE, elements: Elements = NOTHING_APART
) -> WritePlan:
    """The calls that delete a resource; its records need not have been read. `gone`: its elements that stand apart and go before it."""
    calls = []
    for step in mapping.operations["delete"]:
        if step.call is not None:
            calls.append(WriteCall(step.call, (), undo=step.undo))
        elif step.record in apart_records(mapping):
            calls += element_writes(mapping, step.record, gone, elements, lookup_in(dict(known)))
        elif step.record is not None and (delete := mapping.records[step.record].delete) is not None:
            calls.append(WriteCall(delete.call, (step.record,), again=_first_read(mapping.records[step.record])))
    return WritePlan(tuple(calls), dict(known))


def _filled(
    mapping: Mapping, changed: Map[str, Values], tenant: Lookup, new_id: NewId
) -> dict[str, dict[tuple[str, ...], Json]]:
    """The values of every record that will be created: its `fill`, then what the client said."""
    filled: dict[str, dict[tuple[str, ...], Json]] = {}
    for name, record in mapping.records.items():
        if name in apart_records(mapping) or name in owned(mapping):
            continue
        said = changed.get(name, {})
        values: dict[tuple[str, ...], Json] = {
            keys: _fill(text, tenant, new_id) for keys, text in record.fill.items() if said.get(keys) is None
        }
        values.update((keys, value) for keys, value in said.items() if value is not None)
        if values:
            filled[name] = values
    return filled


def _made_up(mapping: Mapping, changed: Map[str, Values]) -> set[str]:
    """The records whose extId nobody knew before: it is random, and not what the client said."""
    return {
        name
        for name, record in mapping.records.items()
        if makes_up_id(record) and changed.get(name, {}).get(("extId",)) is None and name not in apart_records(mapping)
    }


def _fill(text: Template | bool | int, tenant: Lookup, new_id: NewId) -> Json:
    if not isinstance(text, Template):
        return text
    return text.fill(lambda hole: new_id() if hole == "uuid" else tenant(hole))


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
            again=_first_read(first) if first else None,
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
    made = _create_record(mapping, record, {**values, record.name: taken}, changes, bindings)
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
    return (WriteCall(call, (record.name,), attributes, again=_first_read(record)),)


def _create_record(
    mapping: Mapping, record: Record, values: Map[str, Values], changes: Changes, bindings: Map[str, Json]
) -> WriteCall:
    write = record.create or record.update
    if write is None:
        raise Unsupported("GW203", f"{mapping.name}: nothing can write {record.name}")
    body = _sent(write, bindings) or _whole(mapping, record.name, values, write.call)
    takes_back = record.delete.call if record.create and record.delete else None
    return WriteCall(
        dataclasses.replace(write.call, body=body),
        (record.name,),
        attributes_of(mapping, changes, (record.name,)),
        undo=takes_back,
        again=_first_read(record) if record.create else None,
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


def _is_final(record: Record, changes: Changes) -> bool:
    """Whether nothing leads back from what the record becomes, so that everything that may be refused has to come before."""
    said = changes.records[record.name]
    return any(said.get(keys) in values for keys, values in record.final.items())


def _update_step(
    mapping: Mapping,
    record: Record,
    changes: Changes,
    records: Map[str, Json],
    clear: Clear,
    bindings: Map[str, Json],
) -> Iterator[WriteCall]:
    values = changes.records[record.name]
    stored = records.get(record.name)
    if record.readable and stored is None:
        refuse_hostless(mapping, record, changes, records)
        yield _create_record(mapping, record, {record.name: values}, changes, bindings)
        return
    if record.update is None:
        raise Unsupported("GW203", f"{mapping.name}: nothing can change {record.name}")
    for part in parts(record.update, values):
        yield _update_part(mapping, record, record.update, part, changes, stored, clear, bindings)


def _update_part(
    mapping: Mapping,
    record: Record,
    update: Write,
    part: Part,
    changes: Changes,
    stored: Json,
    clear: Clear,
    bindings: Map[str, Json],
) -> WriteCall:
    values = part.values
    call = part.call or _body_of(record, update, values, stored, clear, bindings)
    instead = None
    if record.missing_create and record.create is not None:
        instead = dataclasses.replace(record.create.call, body=bodies.created(values))
    undo = _back(record, update, values, stored, clear, bindings) if record.readable else None
    again, at = _reread(mapping, record) if call.body and update.send is None else (None, ())
    return WriteCall(
        call,
        (record.name,),
        attributes_of(mapping, changes, (record.name,)),
        undo=undo,
        again=again,
        instead=instead,
        at=at,
    )


def _reread(mapping: Mapping, record: Record) -> tuple[Call | None, tuple[str, ...]]:
    """What reads a record again, and where it stands in there."""
    if record.stands_in is None:
        return _first_read(record), ()
    again, at = _reread(mapping, mapping.records[record.stands_in.record])
    return again, (*at, *record.stands_in.keys)


def _body_of(
    record: Record, write: Write, values: Values, stored: Json, clear: Clear, bindings: Map[str, Json]
) -> Call:
    body = _sent(write, bindings)
    if body is None:
        rest = bodies.without_holes(values, record.name, write.call)
        body = bodies.updated(rest, stored, clear) if rest else None
        entry = catalogue.find(write.call.method, write.call.path.text)
        if body and entry is not None and entry.takes_version and isinstance(stored, Map) and "version" in stored:
            body["version"] = stored["version"]
    return dataclasses.replace(write.call, body=body)


def _back(
    record: Record, write: Write, values: Values, stored: Json, clear: Clear, bindings: Map[str, Json]
) -> Call | None:
    """The same update with the values from before; a link call's path carries the value itself, so it is fixed to the old one.

    None where they are not known: a secret that is only written, or a call whose body is not the record's changes.
    """
    if write.send is not None:
        return None
    before = bodies.restored(values, stored)
    if (single := back(write, before)) is not None:
        return single
    old = {name: value for name, value in bodies.flat(record.name, before) if value not in (None, "")}
    own = {hole for hole in write.call.path.holes if hole in set(dict(bodies.flat(record.name, values)))}
    if own - set(old):
        return None
    call = _body_of(record, write, before, stored, clear, bindings)
    body = {key: value for key, value in call.body.items() if key != "version"} if call.body else call.body
    return dataclasses.replace(call, path=fixed(call.path, {hole: old[hole] for hole in own}), body=body)


def _sent(write: Write, bindings: Map[str, Json]) -> dict[str, Json] | None:
    if write.send is None:
        return None
    return {key: template.fill(lookup_in(bindings)) for key, template in write.send.items()}


def _first_read(record: Record) -> Call | None:
    return record.reads[0] if record.reads else None


def _unnamed(names: tuple[str, ...], bindings: Map[str, Json]) -> str | None:
    """The created record whose extId nevisIDM chooses, if the gateway did not."""
    return next((name for name in names if f"{name}.extId" not in bindings), None)
