"""A resource type to browse: each attribute with what it is, where it comes from, what a filter on it becomes, and the line behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.authoring.pushing import OPERATORS, comparison, search_for
from gateway.errors import ScimError
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping, Mappings
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.template import Template
from gateway.plan.spoken import attr_name, place_of
from gateway.plan.way import SearchPlan
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

Facts = dict[str, Any]


def types_facts(mappings: Mappings) -> list[Facts]:
    """Every resource type, with its address, verbs, and the line where it begins."""
    return [
        {
            "resource": name,
            "endpoint": each.type.endpoint,
            "schema": each.type.schema,
            "description": each.description,
            "verbs": sorted(each.type.verbs) or ["act"],
            "attributes": sum(1 for _ in _all(each)),
            "place": str(each.place),
        }
        for name, each in sorted(mappings.by_name.items())
    ]


def type_facts(mapping: Mapping, capabilities: Capabilities) -> Facts:
    """One type: its attributes in the order of its schema."""
    return {
        "resource": mapping.name,
        "endpoint": mapping.type.endpoint,
        "schema": mapping.type.schema,
        "extensions": dict(mapping.aliases),
        "description": mapping.description,
        "place": str(mapping.place),
        "records": [
            {"record": each.name, "place": str(each.place), **_record(mapping, each.name)}
            for each in mapping.records.values()
        ],
        "attributes": [_attribute(mapping, attr, schema, capabilities) for attr, schema in _all(mapping)],
    }


def _record(mapping: Mapping, name: str) -> Facts:
    record = mapping.records[name]
    writes = {"create": record.create, "update": record.update, "delete": record.delete}
    reads = [f"{call.method} {call.path.text}" for call in record.reads]
    facts: Facts = {"read": reads or ([f"in {record.stands_in}"] if record.stands_in else [])}
    facts |= {verb: f"{each.call.method} {each.call.path.text}" for verb, each in writes.items() if each is not None}
    return facts


def _all(mapping: Mapping) -> Iterator[tuple[Attr, Attribute]]:
    """Every attribute and sub-attribute; free maps as `name.*`."""
    for urn, tops in ((None, mapping.type.core), *mapping.type.extensions.items()):
        for top in tops.values():
            yield Attr(top.name, urn=urn), top
            for sub in top.subs.values():
                yield Attr(top.name, sub.name, urn), sub
            free = top.sub("*") if top.open and "*" not in top.subs else None
            if free is not None:
                yield Attr(top.name, "*", urn), free


def _attribute(mapping: Mapping, attr: Attr, schema: Attribute, capabilities: Capabilities) -> Facts:
    place = place_of(attr, mapping)
    return {
        "name": attr_name(attr, mapping),
        "type": schema.type,
        "many": schema.multi_valued,
        "required": schema.required,
        "mutability": schema.mutability,
        "returned": "once" if schema.once else schema.returned,
        "uniqueness": schema.uniqueness,
        "caseExact": schema.case_exact,
        "secret": schema.secret,
        "canonical": list(schema.canonical),
        "origin": _origin(mapping, attr, schema),
        "filter": _filter(mapping, attr, schema, capabilities),
        "place": str(place) if place is not None else "",
    }


def _origin(mapping: Mapping, attr: Attr, schema: Attribute) -> list[Facts]:
    """Where its values come from: record fields with their lens, templates, constants, or a list's elements."""
    whole, sub = replace(attr, sub=None), attr.sub or "value"
    if attr.sub is None and attr in mapping.each:
        return [{"each": group.source, "place": str(group.place)} for group in mapping.each[attr].lists]
    if whole in mapping.slots and attr.sub is not None:
        return [
            {"slot": str(slot.constants.get("type", "")), **_leaf(slot.leaves[sub])}
            for slot in mapping.slots[whole].slots
            if sub in slot.leaves
        ] or [{"made": "the mapping's own constant", "place": str(mapping.slots[whole].place)}]
    if whole in mapping.each:
        return [_leaf(group.leaves[sub]) for group in mapping.each[whole].lists if sub in group.leaves]
    if attr in mapping.leaves:
        return [_leaf(mapping.leaves[attr])]
    if attr == Attr("id") and mapping.id is not None:
        return [{"template": mapping.id.text}]
    return [] if schema.type == "complex" else [{"made": "the gateway itself"}]


def _leaf(leaf: Leaf) -> Facts:
    facts: Facts = {"place": str(leaf.place)}
    if leaf.idm:
        facts["fields"] = [str(field) for field in leaf.idm.values()]
    if leaf.lens.name != "identity":
        facts["lens"] = leaf.lens.name
    texts = [each.text if isinstance(each, Template) else str(each).lower() for each in leaf.origin.values()]
    if texts:
        facts["template"] = " · ".join(texts)
    return facts if leaf.idm or texts else {**facts, "made": "the request"}


def _filter(mapping: Mapping, attr: Attr, schema: Attribute, capabilities: Capabilities) -> list[Facts]:
    """What a filter of one comparison becomes, by operator: pushed, narrowed, checked, id or no."""
    if mapping.search is None or schema.type == "complex" or not schema.filterable:
        return []
    said = (
        (op, _fate(mapping, comparison(mapping, attr, op, schema), capabilities))
        for op in OPERATORS.get(schema.type, ("eq", "gt"))
    )
    return [{"op": op, "fate": fate, "route": route} for op, (fate, route) in said if fate != "no"]


def _fate(mapping: Mapping, text: str, capabilities: Capabilities) -> tuple[str, str]:
    try:
        return _verdict(search_for(mapping, text, capabilities))
    except ScimError:
        return "no", ""


def _verdict(plan: SearchPlan) -> tuple[str, str]:
    if plan.kind == "get":
        return "id", ""
    if plan.way is None:
        return ("known", "") if plan.kind == "none" else ("no", "")
    pushed = any(each.source is not None for listing in plan.way.listings for each in listing.pushed)
    fate = "pushed" if plan.left is None else "narrowed" if pushed else "checked"
    return fate, plan.way.route.name
