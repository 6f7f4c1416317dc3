"""What to add to a search that would read too much, and why one way was taken and another not: texts for errors and `explain`."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.plan.access import is_open, opening_fields
from gateway.plan.carried import PROPERTIES, path_in
from gateway.plan.spoken import attr_name
from gateway.plan.way import Way
from gateway.scim.tree import And, Filter, Not, Or

_MOST = 4


@kept
def advice(mapping: Mapping) -> str:
    """Conditions that nevisIDM can search for this type, as a client would write them."""
    found = list(dict.fromkeys(_conditions(mapping)))[:_MOST]
    return " or ".join(found) if found else 'id eq "…"'


def _conditions(mapping: Mapping) -> Iterator[str]:
    routes = mapping.search.routes if mapping.search is not None else ()
    holes = {hole for route in routes if route.call is not None for hole in route.call.path.holes if is_open(hole)}
    opening = {field for hole in holes for field in opening_fields(mapping, hole)}
    for attr, leaf in mapping.leaves.items():
        if leaf.first is None or not leaf.schema.filterable:
            continue
        paths = [path_in(mapping, route.items, leaf.first) for route in routes if route.style == "params"]
        names = {".".join(path) for path in paths if path}
        asked = any(names & route.filters for route in routes)
        if leaf.first in opening or (asked and leaf.schema.uniqueness != "none"):
            yield f'{attr_name(attr, mapping)} eq "…"'
        elif (
            leaf.schema.type == "dateTime"
            and any(names & route.sorts for route in routes)
            and leaf.first.keys == ("lastModified",)
        ):
            yield f'{attr_name(attr, mapping)} gt "…"'
    if mapping.id is not None:
        yield 'id eq "…"'
    yield from _addresses(mapping)


def _addresses(mapping: Mapping) -> Iterator[str]:
    """The values of slots that a list can be asked for: one kind of mail rather than all kinds."""
    routes = mapping.search.routes if mapping.search is not None else ()
    for group in mapping.slots.values():
        for slot in group.slots:
            leaf = slot.leaves.get("value")
            field = leaf.first if leaf is not None else None
            paths = [path_in(mapping, route.items, field) for route in routes if route.style == "params" and field]
            names = {".".join(path) for path in paths if path and path[0] != PROPERTIES}
            if any(names & route.filters for route in routes) and "type" in slot.constants:
                yield f'{attr_name(group.attr, mapping)}[type eq "{slot.constants["type"]}" and value eq "…"]'


def _unknown(left: Filter | None) -> str:
    """What a list with filters cannot say."""
    terms = left.terms if isinstance(left, And) else (left,)
    words = [word for word, kind in (("or", Or), ("not", Not)) if any(isinstance(term, kind) for term in terms)]
    return f" (a list knows no `{'` and no `'.join(words)}`)" if words else ""


def worth_of(way: Way) -> str:
    """How much of the filter a way pushes, in words."""
    if way.unpushed:
        reason = _unknown(way.left) if way.route.style == "params" and not way.union else ""
        return f"{way.unpushed} {'condition' if way.unpushed == 1 else 'conditions'} not pushed{reason}"
    if way.left is not None:
        return "all pushed, but some only roughly"
    if way.over is not None:
        return f"one call per {way.over.resource}"
    return "all pushed" if way.check is not None else "nothing to push"
