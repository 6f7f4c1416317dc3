"""What becomes of each part of a filter: pushed to nevisIDM, pushed roughly and checked again, or only checked here.

The tree is the request's own; each way that the plan may go says for every node what it asks nevisIDM of it. Leaves name the line of the
mapping that they stand on. Pure: said before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any, Literal

from gateway.mapping.model import Mapping
from gateway.plan.spoken import filter_text, place_of
from gateway.plan.way import SearchPlan, Way
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within

Facts = dict[str, Any]
Fate = Literal["pushed", "narrowed", "checked"]


@dataclass(frozen=True, slots=True)
class Road:
    """One way to the hits: its route, what is left to check, and the texts that each comparison became."""

    route: str
    left: tuple[Filter, ...]
    pushed: Map[Filter, tuple[str, ...]]


def filter_facts(plan: SearchPlan, mapping: Mapping) -> Facts | None:
    """The plan's filter as a tree: `kind`, `text`, `place` and `terms` of each node, and `on`: by route, its fate and what was pushed.

    None without a filter. The routes stand in the order in which they may be gone; `get`: by the id; none at all where nothing can fit.
    """
    return None if plan.filter is None else tree_facts(plan.filter, mapping, tuple(_roads(plan)))


def tree_facts(tree: Filter, mapping: Mapping, roads: tuple[Road, ...] = ()) -> Facts:
    """A filter as a tree, with what becomes of it on these roads."""
    nodes = set(_all(tree))
    # what is left stands in the tree; if it were spelt otherwise, all of it would be told as checked
    return _node(
        tree, mapping, {road.route: (road, not nodes.issuperset(road.left) or tree in road.left) for road in roads}
    )


def _roads(plan: SearchPlan) -> Iterator[Road]:
    if plan.kind == "get":
        yield Road("get", _terms(plan.left), {})
    elif plan.kind == "ways" and plan.way is None:
        yield Road("none", _terms(plan.filter), {})
    for way in (plan.sure, plan.way):
        if way is not None:
            yield Road(way.route.name, _terms(way.left), _pushed(way))


def _pushed(way: Way) -> dict[Filter, tuple[str, ...]]:
    found: dict[Filter, tuple[str, ...]] = {}
    for listing in way.listings:
        for each in listing.pushed:
            if each.source is not None and each.text not in found.get(each.source, ()):
                found[each.source] = (*found.get(each.source, ()), each.text)
    return found


def _terms(left: Filter | None) -> tuple[Filter, ...]:
    return () if left is None else left.terms if isinstance(left, And) else (left,)


def _node(tree: Filter, mapping: Mapping, roads: Map[str, tuple[Road, bool]]) -> Facts:
    """The node's facts. `roads`: with whether the node stands in what is left there."""
    facts: Facts = {"kind": type(tree).__name__.lower(), "text": filter_text(tree, mapping)}
    attr = _attr(tree)
    place = place_of(attr, mapping) if attr is not None else None
    if place is not None:
        facts["place"] = str(place)
    facts["on"] = {name: _fate(tree, road, inside) for name, (road, inside) in roads.items()}
    if isinstance(tree, And | Or | Not):
        facts["terms"] = [_node(each, mapping, _below(each, roads)) for each in _inner(tree)]
    return facts


def _below(tree: Filter, roads: Map[str, tuple[Road, bool]]) -> dict[str, tuple[Road, bool]]:
    return {name: (road, inside or tree in road.left) for name, (road, inside) in roads.items()}


def _fate(tree: Filter, road: Road, left: bool) -> Facts:
    pushed = tuple(dict.fromkeys(text for each in _all(tree) for text in road.pushed.get(each, ())))
    fates = {_of_leaf(each, road, inside) for each, inside in _leaves(tree, road, left)}
    return {"fate": fates.pop() if len(fates) == 1 else "narrowed", "pushed": list(pushed)}


def _of_leaf(tree: Filter, road: Road, left: bool) -> Fate:
    return "pushed" if not left else "narrowed" if tree in road.pushed else "checked"


def _leaves(tree: Filter, road: Road, left: bool) -> Iterator[tuple[Filter, bool]]:
    """The comparisons below, each with whether it is left to check."""
    left = left or tree in road.left
    inner = _inner(tree)
    if not inner:
        yield tree, left
    for each in inner:
        yield from _leaves(each, road, left)


def _all(tree: Filter) -> Iterator[Filter]:
    yield tree
    for each in _inner(tree):
        yield from _all(each)


def _inner(tree: Filter) -> tuple[Filter, ...]:
    if isinstance(tree, And | Or):
        return tree.terms
    return (tree.term,) if isinstance(tree, Not) else ()


def _attr(tree: Filter) -> Attr | None:
    return tree.attr if isinstance(tree, Compare | Present | Within) else None
