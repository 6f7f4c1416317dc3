"""A page of Markdown per resource type: what its mapping says, as it was compiled and as the planner answers, to who never reads one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.authoring.markdown import code, table
from gateway.authoring.pushing import closed, pushed
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import ErrorRow, Mapping, Route, When
from gateway.mapping.record import Place, Record
from gateway.mapping.rules.walk import writes
from gateway.mapping.spelled import flow
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template
from gateway.plan.spoken import place_of, short
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

VERBS = {
    "get": "GET",
    "search": "list and .search",
    "create": "POST",
    "replace": "PUT",
    "modify": "PATCH",
    "delete": "DELETE",
}


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """One attribute for people: its name, what it is, where its value comes from, what a search does, and the line behind it."""

    name: str
    kind: str
    source: str
    search: str
    place: Place | None


def attribute_facts(mapping: Mapping) -> list[AttributeFacts]:
    """Every attribute of a type that holds a value, free maps as `name.*`."""
    return [
        AttributeFacts(
            _named(mapping, attr),
            _marks(schema),
            _source(mapping, attr),
            "" if mapping.action is not None else pushed(mapping, attr, schema),
            _place(mapping, attr),
        )
        for attr, schema in _all(mapping)
        if mapping.action is None or attr != Attr("schemas")
    ]


def _place(mapping: Mapping, attr: Attr) -> Place | None:
    """The line of an attribute; of a slot's the first that has it."""
    whole, sub = replace(attr, sub=None), attr.sub or ""
    group, slots = mapping.each.get(whole), mapping.slots.get(whole)
    if attr not in mapping.leaves and group is not None and sub in group.leaves:
        return group.leaves[sub].place
    of_slots = (slot.leaves[sub].place for slot in (slots.slots if slots is not None else ()) if sub in slot.leaves)
    return next(of_slots, None) or place_of(attr, mapping)


def type_page(mapping: Mapping, *, whole: bool = False) -> str:
    """The page of a type, below a heading of the second degree. `whole`: also each attribute's line, the calls, and the error rows."""
    head = [f"## {mapping.name}", mapping.description, _facts(mapping)]
    facts = attribute_facts(mapping)
    if mapping.action is not None:
        parts = [*head, _asked(facts, whole), _outcomes(mapping)]
    else:
        parts = [*head, _routes(mapping), _attributes(facts, whole)]
    if whole:
        parts += [*_calls(mapping), *_errors(mapping)]
    return "\n\n".join(parts)


def _facts(mapping: Mapping) -> str:
    kind = mapping.type
    verbs = [words for verb, words in VERBS.items() if verb in kind.verbs] or ["POST"]
    lines = [f"- Address `{kind.endpoint}`: {', '.join(verbs)}", f"- Schema `{kind.schema}`"]
    lines += [f"- Extension `{alias}`: `{urn}`" for alias, urn in mapping.aliases.items()]
    lines += [f"- The id is `{mapping.id.text}`"] if mapping.id is not None else []
    own = mapping.self_service
    if own is not None:
        at = f", and the address `{own.at}`" if own.at else ""
        lines.append(f"- Self-service: {', '.join(sorted(own.allow))} where `{own.attr}` is the caller{at}")
    lines += [f"- {verb}: {', '.join(map(code, steps))}" for verb, steps in _written(mapping)]
    return "\n".join(lines)


def _written(mapping: Mapping) -> Iterator[tuple[str, list[str]]]:
    for verb, steps in mapping.operations.items():
        made = [f"{step.call.method} {step.call.path.text}" if step.call else step.record or "" for step in steps]
        yield f"{VERBS[verb]} writes", made


# routes and attributes


def _routes(mapping: Mapping) -> str:
    if mapping.search is None:
        return "It cannot be searched."
    reasons = closed(mapping)
    rows = [
        [f"`{route.name}`", _call(route), route.style, reasons.get(route.name, "always")]
        for route in mapping.search.routes
    ]
    return table(["route", "call", "style", "open"], rows)


def _call(route: Route) -> str:
    return code(f"{route.call.method} {route.call.path.text}") if route.call else "each resource by its id"


def _attributes(facts: list[AttributeFacts], whole: bool) -> str:
    heads = ["attribute", "is", "from nevisIDM", "search", *(["line"] if whole else [])]
    return table(
        heads, [[f"`{each.name}`", each.kind, each.source, each.search, *_line(each, whole)] for each in facts]
    )


def _line(facts: AttributeFacts, whole: bool) -> list[str]:
    return [short(facts.place) if facts.place is not None else ""] if whole else []


def _all(mapping: Mapping) -> Iterator[tuple[Attr, Attribute]]:
    """Every attribute that holds a value, free maps as `name.*`."""
    kind = mapping.type
    for urn, tops in ((None, kind.core), *kind.extensions.items()):
        for top in tops.values():
            if top.type != "complex":
                yield Attr(top.name, urn=urn), top
                continue
            if top.multi_valued or top.required or top.returned not in ("default", "always"):
                yield Attr(top.name, urn=urn), top
            for sub in top.subs.values():
                yield Attr(top.name, sub.name, urn), sub
            if top.open:
                free = top.sub("*")
                assert free is not None
                yield Attr(top.name, "*", urn), free


def _named(mapping: Mapping, attr: Attr) -> str:
    alias = next((alias for alias, urn in mapping.aliases.items() if urn == attr.urn), None)
    name = str(replace(attr, urn=None))
    return f"{alias}:{name}" if alias else name


def _marks(schema: Attribute) -> str:
    kind = "several values" if schema.type == "complex" and schema.multi_valued else schema.type
    marks = [kind + ("s" if schema.multi_valued and schema.type != "complex" else "")]
    marks += ["**required**"] if schema.required else []
    marks += ["always filled"] if schema.filled else []
    marks += [schema.mutability] if schema.mutability != "readWrite" else []
    marks += [f"returned: {schema.returned}"] if schema.returned != "default" else []
    marks += [f"unique: {schema.uniqueness}"] if schema.uniqueness != "none" else []
    marks += ["minds case"] if schema.case_exact and schema.type == "string" else []
    marks += ["secret"] if schema.secret else []
    if schema.max_length is not None:
        marks.append(f"{schema.min_length or 0} to {schema.max_length} characters")
    return ", ".join(marks) + (f": {', '.join(f'`{each}`' for each in schema.canonical)}" if schema.canonical else "")


def _source(mapping: Mapping, attr: Attr) -> str:
    whole = replace(attr, sub=None)
    if attr in mapping.each:
        return f"one for each of `{mapping.each[attr].source}`"
    if attr in mapping.slots:
        return f"{len(mapping.slots[attr].slots)} fixed places"
    if whole in mapping.slots:
        return "; ".join(_slots(mapping, whole, attr.sub or "value"))
    if whole in mapping.each:
        leaf = mapping.each[whole].leaves.get(attr.sub or "value")
        return _leaf(leaf) if leaf else "the element's own"
    if attr in mapping.leaves:
        return _leaf(mapping.leaves[attr])
    return f"`{mapping.id.text}`" if attr == Attr("id") and mapping.id else "the gateway itself"


def _slots(mapping: Mapping, whole: Attr, name: str) -> Iterator[str]:
    for slot in mapping.slots[whole].slots:
        key = str(slot.constants.get("type", ""))
        if name in slot.leaves:
            yield f"{key}: {_leaf(slot.leaves[name])}"
        elif name in slot.constants:
            yield f"`{flow(slot.constants[name])}`"


def _leaf(leaf: Leaf) -> str:
    lens = f" as {leaf.lens.name}" if leaf.lens.name != "identity" else ""
    if leaf.idm:
        return ", ".join(f"`{field}`" for field in leaf.idm.values()) + lens
    origins = ((way, each.text if isinstance(each, Template) else flow(each)) for way, each in leaf.origin.items())
    return "; ".join(f"{way}: `{text}`" if way else f"`{text}`" for way, text in origins) or "the request"


# actions


def _asked(facts: list[AttributeFacts], whole: bool) -> str:
    heads = ["attribute", "is", "from", *(["line"] if whole else [])]
    return table(heads, [[f"`{each.name}`", each.kind, each.source, *_line(each, whole)] for each in facts])


def _outcomes(mapping: Mapping) -> str:
    action = mapping.action
    assert action is not None
    rows = [
        [f"`{each.name}`", f"`{each.detail}`", "none" if each.bare else ", ".join(f"`{name}`" for name in action.data)]
        for each in action.outcomes.values()
    ]
    heads = ["outcome", "`detail`", "data that goes with it, as far as it is known"]
    return f"Every bad end has status {action.status}.\n\n{table(heads, rows)}"


# calls and errors


def _calls(mapping: Mapping) -> Iterator[str]:
    """Every call of the type's records, in the order of the file."""
    rows = [
        [f"`{name}`", verb, code(f"{call.method} {call.path.text}"), short(record.place)]
        for name, record in mapping.records.items()
        for verb, call in _of(record)
    ]
    if rows:
        yield "### Calls"
        yield table(["record", "to", "call", "line"], rows)


def _of(record: Record) -> Iterator[tuple[str, Call]]:
    yield from (("read", call) for call in record.reads)
    for verb, write in writes(record):
        yield verb, write.call
        for each in write.values.values():
            yield from ((verb, call) for call in each.values())


def _errors(mapping: Mapping) -> Iterator[str]:
    """The rows that this type has of its own; others are those of `_errors.yaml`."""
    rows = [[_when(row.when), _told(row), short(row.place)] for row in mapping.errors]
    if rows:
        yield "### Errors of its own"
        yield table(["when nevisIDM says", "the client is told", "line"], rows)


def _when(when: When) -> str:
    said = [
        *(code(each) for each in when.codes or ()),
        *(f"status {each}" if each[:1].isdigit() else each for each in when.http or ()),
        *([f"at {code(when.call)}"] if when.call is not None else []),
        *(["not in its JSON"] if when.json is False else []),
        *(["with If-Match"] if when.if_match else []),
        *(["as the caller"] if when.as_self else []),
    ]
    return ", ".join(said) or ("any other code" if when.rest else "anything")


def _told(row: ErrorRow) -> str:
    if row.outcome is not None:
        return f"outcome `{row.outcome}`"
    status = str(row.status) if row.status is not None else "the same status"
    said = [status, code(row.scim_type or ""), f"about `{row.attribute}`" if row.attribute else ""]
    return " ".join(each for each in said if each)
