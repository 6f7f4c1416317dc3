"""From a bound filter to a condition on nevisIDM's fields, with everything decided that needs no call.

Slots and constants are decided here: `emails[type eq "work" and value eq "x"]` is one test on the mail field, `type eq "home"` with no
such slot is false, `grantee.type eq "User"` is true. What the comparison of a shown value means for the stored one, the attribute's lens
says. The condition is never narrower than the filter: what cannot be said stays as a test without `asked`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Literal

from gateway.errors import Unsupported
from gateway.mapping.identity import parse_id, take_apart
from gateway.mapping.leaf import EachGroup, Leaf, Slot, SlotGroup
from gateway.mapping.lens import Asked
from gateway.mapping.model import Mapping
from gateway.mapping.optics.halves import After, Before, Half
from gateway.mapping.record import Field
from gateway.nevisidm.template import Template
from gateway.plan.condition import All, AnyOf, Condition, Constant, Opposite, Test, all_of, any_of, opposite, rough
from gateway.scim.match import compile_match, compile_value_match
from gateway.scim.request import Resource
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within

_Inner = Callable[[Compare | Present], Condition]


def resolve(tree: Filter, mapping: Mapping) -> Condition:
    """The condition that the bound filter means for this mapping's records. Raises Unsupported GW201 for a secret attribute."""
    match tree:
        case And(terms):
            return all_of(tree, (resolve(term, mapping) for term in terms))
        case Or(terms):
            return any_of(tree, (resolve(term, mapping) for term in terms))
        case Not(term):
            return opposite(tree, resolve(term, mapping))
        case Within(attr, term):
            return _within(tree, attr, term, mapping)
        case Compare() | Present():
            return _leaf(tree, tree, mapping)


def hole_field(hole: str) -> Field:
    """The field that a record path names: `user.extId`."""
    record, *keys = hole.split(".")
    return Field(record, tuple(keys))


def leaf_of(mapping: Mapping, attr: Attr) -> tuple[Leaf, Field | None] | None:
    """The leaf that shows an attribute, and its field; a name in a free map has the map's leaf and a field of its own."""
    leaf = mapping.leaves.get(attr)
    if leaf is not None:
        return leaf, leaf.first
    leaf = mapping.leaves.get(Attr(attr.name, "*", attr.urn))
    if leaf is None or leaf.first is None or attr.sub is None:
        return None
    field = Field(leaf.first.record, (*leaf.first.keys, attr.sub))
    taken = attr.sub.startswith("_") or any(field in other.idm.values() for other in mapping.leaves.values())
    return leaf, None if taken else field


def _leaf(tree: Compare | Present, source: Filter, mapping: Mapping) -> Condition:
    attr = tree.attr
    parent = Attr(attr.name, urn=attr.urn)
    if attr == Attr("id"):
        return _id(tree, source, mapping)
    if parent in mapping.slots:
        return _any_slot(tree, source, mapping.slots[parent])
    if parent in mapping.each:
        group = mapping.each[parent]
        if attr.sub not in group.leaves:
            return Test(source, attr)
        return any_of(source, (_element(_relative(tree), source, part) for part in group.lists))
    if attr == Attr("meta", "resourceType"):
        return Constant(source, compile_match(tree, mapping.type)({"meta": {"resourceType": mapping.type.name}}))
    found = leaf_of(mapping, attr)
    if found is None:
        return Test(source, attr)
    leaf, field = found
    if leaf.joined is not None:
        return _parts(tree, source, leaf, leaf.joined)
    constant = _constant(leaf)
    if constant is not None:
        return Constant(source, compile_match(tree, mapping.type)(_shown(attr, constant)))
    schema = mapping.type.attribute(attr) if leaf.attr.sub == "*" else None  # a free map's names mind case
    return _test(tree, source, leaf, field, case_exact=schema.case_exact if schema is not None else None)


def _test(
    tree: Compare | Present,
    source: Filter,
    leaf: Leaf,
    field: Field | None,
    *,
    many: bool = False,
    case_exact: bool | None = None,
) -> Condition:
    """What the lens makes of a comparison. Nothing is asked where "not there" could fit too."""
    if not leaf.searchable or leaf.schema.secret:
        raise Unsupported("GW201", f'"{leaf.attr}" cannot be searched by.')
    blank = Test(source, leaf.attr, place=leaf.place, many=many)
    if isinstance(tree, Present) or tree.op in ("ne", "ew") or tree.value in (None, "") or field is None:
        return blank
    exact = leaf.schema.case_exact if case_exact is None else case_exact
    asked = leaf.lens.ask(tree.op, tree.value, exact)
    if asked is None or "" in asked.values:
        return blank
    if asked.op == "in" and not asked.values:
        return Constant(source, False)
    unique = leaf.schema.uniqueness != "none" and not many
    moment = leaf.schema.type == "dateTime"
    return dataclasses.replace(blank, field=field, asked=asked, names=leaf.routes, unique=unique, moment=moment)


def _parts(tree: Compare | Present, source: Filter, leaf: Leaf, template: Template, *, many: bool = False) -> Condition:
    """An id that several fields make: equality is equality of each part; of one value of many, only roughly."""
    if not leaf.searchable or leaf.schema.secret:
        raise Unsupported("GW201", f'"{leaf.attr}" cannot be searched by.')
    blank = Test(source, leaf.attr, place=leaf.place, many=many)
    if isinstance(tree, Present) or tree.op != "eq" or not isinstance(tree.value, str) or not tree.value:
        return blank
    known = take_apart(template, tree.value)
    if known is None:
        return Constant(source, False)
    asked = {hole: Asked("eq", (value,), exact=not many) for hole, value in known.items()}
    return all_of(
        source,
        (
            dataclasses.replace(blank, field=field, asked=asked[hole], names=leaf.routes, part=True)
            for hole, field in leaf.idm.items()
        ),
    )


def _id(tree: Compare | Present, source: Filter, mapping: Mapping) -> Condition:
    """The parts of the id, each a test of its own; an id of one bare part can be asked by its beginning, too."""
    attr = Attr("id")
    if mapping.id is None or isinstance(tree, Present) or not isinstance(tree.value, str) or not tree.value:
        return Test(source, attr)
    if tree.op == "eq":
        known = parse_id(mapping, tree.value)
        if known is None:
            return Constant(source, False)
        return all_of(
            source,
            (
                Test(source, attr, hole_field(hole), Asked("eq", (str(value),)), _names_of(mapping, hole), unique=True)
                for hole, value in known.items()
            ),
        )
    bare = len(mapping.id.parts) == 1 and parse_id(mapping, tree.value) == {mapping.id.holes[0]: tree.value}
    if tree.op in ("sw", "co") and bare:
        hole = mapping.id.holes[0]
        return Test(source, attr, hole_field(hole), Asked(tree.op, (tree.value,)), _names_of(mapping, hole))
    return Test(source, attr)


def _names_of(mapping: Mapping, hole: str) -> Map[str, str | None]:
    """What routes call an id part: by their `key`, or as the attribute that shows the same field."""
    field = hole_field(hole)
    names = next((dict(leaf.routes) for leaf in mapping.leaves.values() if leaf.first == field), {})
    for route in mapping.search.routes if mapping.search else ():
        if hole in route.key:
            names[route.name] = route.key[hole]
    return names


def _any_slot(tree: Compare | Present, source: Filter, group: SlotGroup) -> Condition:
    """A comparison on the values of all slots: one of them fits. Constants leave the question whether the value is there at all."""
    whole = Test(source, tree.attr, place=group.place)
    if isinstance(tree, Present) or tree.op == "ne" or tree.value in (None, ""):
        return whole
    terms = [_slot_leaf(_relative(tree), source, slot, group) for slot in group.slots]
    return whole if any(isinstance(term, Constant) and term.value for term in terms) else any_of(source, terms)


def _slot_leaf(tree: Compare | Present, source: Filter, slot: Slot, group: SlotGroup) -> Condition:
    """A comparison on one slot's sub-attribute, if the slot has a value at all."""
    leaf = slot.leaves.get(tree.attr.name)
    if leaf is not None:
        test = _test(tree, source, leaf, leaf.first)
        return dataclasses.replace(test, few=tree.attr.name == "value") if isinstance(test, Test) else test
    return Constant(source, compile_value_match(tree, group.schema)(dict(slot.constants)))


def _within(source: Within, attr: Attr, term: Filter, mapping: Mapping) -> Condition:
    if attr in mapping.slots:
        group = mapping.slots[attr]
        slots = [_in_slot(term, source, slot, group) for slot in group.slots]
        there = Test(source, attr, place=group.place)
        return any_of(source, (_if_there(condition, there) for condition in slots))
    if attr in mapping.each:
        each = mapping.each[attr]
        there = Test(source, attr, place=each.place, many=True)
        return any_of(source, (_one_value(_in_list(term, source, part), there) for part in each.lists))
    subs = [known for known in mapping.leaves if (known.name, known.urn) == (attr.name, attr.urn) and known.sub]
    if not subs or _negates(term):
        return Test(source, attr)
    return _joined(term, source, lambda leaf: _leaf(_absolute(leaf, attr), source, mapping))


def _in_list(term: Filter, source: Within, part: EachGroup) -> Condition:
    """A value path's filter on the elements of one list; where it fixes both halves of a field, the field itself."""
    terms = conjuncts_of(term)
    whole = _whole(terms, source, part)
    rest = [each for each in terms if whole is None or not _is_half(each, part)]
    conditions = [_joined(each, source, lambda leaf: _element(leaf, source, part)) for each in rest]
    return all_of(source, (*conditions, *([whole] if whole is not None else [])))


def _is_half(term: Filter, part: EachGroup) -> bool:
    leaf = part.leaves.get(term.attr.name) if isinstance(term, Compare) and term.op == "eq" else None
    return leaf is not None and isinstance(leaf.lens, Half)


def _whole(terms: tuple[Filter, ...], source: Within, part: EachGroup) -> Test | None:
    """The test on the one field whose two halves a filter fixes."""
    said = {each.attr.name: each.value for each in terms if isinstance(each, Compare) and each.op == "eq"}
    halves: dict[Field, dict[str, tuple[Leaf, str]]] = {}
    for name, leaf in part.leaves.items():
        value = said.get(name)
        if isinstance(leaf.lens, Half) and leaf.first is not None and isinstance(value, str) and value:
            halves.setdefault(leaf.first, {})[leaf.lens.name] = leaf, value
    for field, both in halves.items():
        if len(both) == 2 and isinstance((leaf := both[Before.name][0]).lens, Half):
            whole = leaf.lens.whole(both[Before.name][1], both[After.name][1])
            case: Literal["as_is", "ignore"] = (
                "as_is" if all(each.schema.case_exact for each, _ in both.values()) else "ignore"
            )
            asked = Asked("eq", (whole,), case)
            return Test(source, part.attr, field, asked, leaf.routes, leaf.place, many=True)
    return None


def conjuncts_of(term: Filter) -> tuple[Filter, ...]:
    """The terms that must all hold."""
    return tuple(each for one in term.terms for each in conjuncts_of(one)) if isinstance(term, And) else (term,)


def _in_slot(term: Filter, source: Within, slot: Slot, group: SlotGroup) -> Condition:
    return _joined(term, source, lambda leaf: _slot_leaf(leaf, source, slot, group))


def _joined(tree: Filter, source: Filter, leaf: _Inner) -> Condition:
    """A value path's filter with its comparisons resolved by `leaf`; everything stands for the one source."""
    match tree:
        case And(terms):
            return all_of(source, (_joined(term, source, leaf) for term in terms))
        case Or(terms):
            return any_of(source, (_joined(term, source, leaf) for term in terms))
        case Not(term):
            return opposite(source, _joined(term, source, leaf))
        case Compare() | Present():
            return leaf(tree)
        case Within():
            return Test(source, tree.attr)


def _if_there(condition: Condition, there: Test) -> Condition:
    """The condition on a slot that may be empty: `emails[not (value eq "x")]` wants a value that is not x."""
    if isinstance(condition, Constant):
        return there if condition.value else condition
    return condition if _implies_value(condition) else all_of(there.source, (condition, there))


def _implies_value(condition: Condition) -> bool:
    match condition:
        case Test():
            return condition.asked is not None
        case All(terms=terms):
            return any(_implies_value(term) for term in terms)
        case AnyOf(terms=terms):
            return all(_implies_value(term) for term in terms)
    return False


def _one_value(condition: Condition, there: Test) -> Condition:
    """A condition on one value of many: several tests asked one by one say less, a negated one something else."""
    match condition:
        case Constant(value=True) | Opposite():
            return there
        case All(terms=terms):
            return all_of(there.source, (rough(_one_value(term, there)) for term in terms))
        case AnyOf(terms=terms):
            return any_of(there.source, (_one_value(term, there) for term in terms))
    return condition


def _element(tree: Compare | Present, source: Filter, group: EachGroup) -> Condition:
    """A comparison on a sub-attribute of the elements of a list (relative name)."""
    leaf = group.leaves.get(tree.attr.name)
    if leaf is None or (isinstance(tree, Compare) and tree.op == "ne"):
        return Test(source, group.attr, place=group.place, many=True)
    if leaf.joined is not None:
        return _parts(tree, source, leaf, leaf.joined, many=True)
    constant = _constant(leaf)
    if constant is not None:
        fits = compile_value_match(tree, group.schema)({tree.attr.name: constant})
        absolute = isinstance(source, Compare | Present)  # then the question is also whether there is any element
        return Constant(source, fits) if not (absolute and fits) else Test(source, leaf.attr, many=True)
    return _test(tree, source, leaf, leaf.first, many=True)


def _constant(leaf: Leaf) -> str | bool | int | None:
    """The value of an attribute that always shows the same."""
    origin = leaf.origin.get("")
    if isinstance(origin, Template):
        return None if origin.holes else origin.text
    return origin


def _shown(attr: Attr, value: str | bool | int) -> Resource:
    """A resource that shows nothing but this."""
    inner: Resource = {attr.name: value if attr.sub is None else {attr.sub: value}}
    return {attr.urn: inner} if attr.urn else inner


def _negates(tree: Filter) -> bool:
    match tree:
        case Not():
            return True
        case And(terms) | Or(terms):
            return any(_negates(term) for term in terms)
        case Compare(op=op):
            return op == "ne"
    return False


def _relative(tree: Compare | Present) -> Compare | Present:
    return dataclasses.replace(tree, attr=Attr(tree.attr.sub or "value"))


def _absolute(tree: Compare | Present, parent: Attr) -> Compare | Present:
    return dataclasses.replace(tree, attr=Attr(parent.name, tree.attr.name, parent.urn))
