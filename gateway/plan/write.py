"""From changes to calls: replace, modify and delete as one list of writes in the order the mapping names; a create is `create.py`'s.

Each write knows what takes it back and, for creates, the read that finds out whether a lost reply meant yes. Pure: the ids that the
gateway chooses come in as a function. Nothing changed means no call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.apart import apart_records
from gateway.mapping.model import Mapping
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes
from gateway.mapping.record import Record, Write
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import fixed, lookup_in
from gateway.plan import body as bodies
from gateway.plan.body import Clear, Values
from gateway.plan.create import NOTHING_APART, create_record, first_read, sent
from gateway.plan.elements import Elements, element_writes
from gateway.plan.owned import owned_writes
from gateway.plan.plan import WriteCall, WritePlan
from gateway.plan.single import Part, back, parts
from gateway.plan.unplaced import attributes_of, refuse_elements, refuse_homeless, refuse_hostless, refuse_unwritten

Json = Any
NO_CHANGE = Changes()


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
    apart, own = apart_records(mapping), owned(mapping)
    for step in mapping.operations[verb]:
        name = step.record
        if name is None:
            continue
        if name in apart:
            calls += element_writes(mapping, name, changes, elements, resource, clear)
        elif name in own:
            calls += owned_writes(mapping, name, changes.elements, elements.tenant, elements.new_id, clear)
        elif changes.records.get(name):
            changed = mapping.records[name]
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
            calls.append(WriteCall(delete.call, (step.record,), again=first_read(mapping.records[step.record])))
    return WritePlan(tuple(calls), dict(known))


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
        yield create_record(mapping, record, {record.name: values}, changes, bindings)
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
        return first_read(record), ()
    again, at = _reread(mapping, mapping.records[record.stands_in.record])
    return again, (*at, *record.stands_in.keys)


def _body_of(
    record: Record, write: Write, values: Values, stored: Json, clear: Clear, bindings: Map[str, Json]
) -> Call:
    body = sent(write, bindings)
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
