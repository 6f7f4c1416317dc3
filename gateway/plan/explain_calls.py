"""Read plans and write plans as a person reads them, and as a machine does. Secrets stand as `***`, whatever body they are in."""

from __future__ import annotations

import json
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Lookup
from gateway.plan.plan import Read, ReadPlan, WriteCall, WritePlan
from gateway.plan.spoken import attr_name, call_text, nobody, place_of, short
from gateway.scim.tree import Attr

Json = Any
Facts = dict[str, Any]
Sides = Map[Attr, tuple[Json, Json]]
HIDDEN = "***"


def read_facts(plan: ReadPlan, mapping: Mapping, known: Lookup = nobody) -> list[Facts]:
    """The calls of a read plan, each with the attributes that need it."""
    return [
        {
            "call": _alternatives(read, known),
            "place": read.calls[0].at,
            "record": read.record,
            "needed": _needed(plan, read, mapping),
        }
        for read in plan.reads
        if read.calls
    ]


def explain_read(plan: ReadPlan, mapping: Mapping, known: Lookup = nobody) -> list[str]:
    """A read plan as lines of text."""
    lines = []
    for number, fact in enumerate(read_facts(plan, mapping, known), 1):
        lines.append(f"{number}  {fact['call']}")
        if fact["needed"]:
            lines.append(f"   needed for: {', '.join(fact['needed'])}")
    return lines or ["no call"]


def write_facts(plan: WritePlan, mapping: Mapping, sides: Sides | None = None, known: Lookup = nobody) -> Facts:
    """The calls of a write plan with their bodies and what takes them back; `sides`: old and new value of each changed attribute."""
    return {
        "changes": [_change(attr, old, new, mapping) for attr, (old, new) in (sides or {}).items()],
        "calls": [_write(write, mapping, lambda hole: plan.bindings.get(hole) or known(hole)) for write in plan.calls],
    }


def explain_write(plan: WritePlan, mapping: Mapping, sides: Sides | None = None, known: Lookup = nobody) -> list[str]:
    """A write plan as lines of text."""
    facts = write_facts(plan, mapping, sides, known)
    lines = [f"{each['attribute']}: {_json(each['from'])} → {_json(each['to'])}" for each in facts["changes"]]
    for number, call in enumerate(facts["calls"], 1):
        lines.append(f"{number}  {call['call']}" + (f"  {_json(call['body'])}" if call["body"] is not None else ""))
        if call["undo"]:
            lines.append(f"   taken back by: {call['undo']}")
        if call["instead"]:
            lines.append(f"   if there is nothing yet: {call['instead']}")
    return lines or ["no call: nothing changes"]


def _alternatives(read: Read, known: Lookup) -> str:
    return " or ".join(call_text(call, known) for call in read.calls)


def _needed(plan: ReadPlan, read: Read, mapping: Mapping) -> list[str]:
    """The attributes that want a record or what stands in it, with their places."""
    inside = {each.record for each in plan.reads if each.stands_in is not None and each.stands_in.record == read.record}
    attrs = {attr: None for each in plan.reads if each.record in inside | {read.record} for attr in each.reasons}
    return [_with_place(attr, mapping) for attr in attrs]


def _with_place(attr: Attr, mapping: Mapping) -> str:
    place = place_of(attr, mapping)
    return attr_name(attr, mapping) + (f" ({short(place)})" if place is not None else "")


def _change(attr: Attr, old: Json, new: Json, mapping: Mapping) -> Facts:
    schema = mapping.type.attribute(attr)
    if schema is None or schema.secret or schema.mutability == "writeOnly":
        old, new = HIDDEN if old is not None else None, HIDDEN if new is not None else None
    return {"attribute": attr_name(attr, mapping), "from": old, "to": new}


def _write(write: WriteCall, mapping: Mapping, known: Lookup) -> Facts:
    return {
        "call": call_text(write.call, known),
        "place": write.call.at,
        "body": _masked(write.call, write.writes, mapping),
        "records": list(write.writes),
        "attributes": [attr_name(attr, mapping) for attr in write.attributes],
        "undo": call_text(write.undo, known) if write.undo is not None else None,
        "instead": call_text(write.instead, known) if write.instead is not None else None,
    }


def _masked(call: Call, writes: tuple[str, ...], mapping: Mapping) -> Json:
    """The body without secrets: the fields of secret attributes, and everything of a record that holds nothing else."""
    fields = {(field, leaf.schema.secret) for leaf in all_leaves(mapping) for field in leaf.idm.values()}
    secret = {field for field, hidden in fields if hidden}
    open_records = {field.record for field, hidden in fields if not hidden and field not in secret}
    names = set(writes) | {
        name for name, record in mapping.records.items() if record.stands_in and record.stands_in.record in writes
    }
    if any(field.record in names for field in secret) and not names & open_records:
        return _all_hidden(call.body)
    return _hide(call.body, _tails(secret, names))


def _tails(secret: set[Field], names: set[str]) -> set[tuple[str, ...]]:
    """Ends of paths in a body that lead to secrets, however deep the record stands in it."""
    return {field.keys for field in secret if field.record in names and field.keys}


def _hide(value: Json, tails: set[tuple[str, ...]], path: tuple[str, ...] = ()) -> Json:
    if any(path[-len(tail) :] == tail for tail in tails):
        return HIDDEN if value is not None else None
    if isinstance(value, dict):
        return {key: _hide(inner, tails, (*path, key)) for key, inner in value.items()}
    return value


def _all_hidden(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _all_hidden(inner) for key, inner in value.items()}
    return HIDDEN if isinstance(value, str) else value


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
