"""How a plan is spoken of: filters with a mapping's aliases, what was pushed and what is left, calls as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import PurePath

from gateway.mapping.model import Mapping
from gateway.mapping.record import Place
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Hole, Lookup
from gateway.plan.carried import attrs_of
from gateway.plan.lucene import with_scope
from gateway.plan.way import Listing, SearchPlan, Way
from gateway.scim.print import to_text
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within


def nobody(_: str) -> None:
    """No hole's value is known."""
    return


def route_of(plan: SearchPlan) -> str:
    """The route's name, `get` or `none`: what `route` says in a mapping's tests."""
    return plan.way.route.name if plan.way is not None else "none" if plan.kind == "ways" else plan.kind


def push_of(plan: SearchPlan) -> str | list[str]:
    """What goes to nevisIDM of the filter, as `push` in a mapping's tests; of a get the ids' parts; several calls as a list."""
    if plan.kind == "get":
        texts = ["~".join(known.values()) for known in plan.known]
        return texts[0] if len(texts) == 1 else texts
    push = plan.way.push if plan.way is not None else ""
    return list(push) if isinstance(push, tuple) else push or "nothing"


def left_of(plan: SearchPlan, mapping: Mapping) -> str:
    """What is checked here, as `left` in a mapping's tests: nothing, all, or a filter."""
    if plan.left is None:
        return "nothing"
    return "all" if plan.left == plan.filter else filter_text(plan.left, mapping)


def filter_text(tree: Filter, mapping: Mapping) -> str:
    """A filter as a mapping file would write it."""
    return to_text(_short(tree, {urn: alias for alias, urn in mapping.aliases.items()}))


def attr_name(attr: Attr, mapping: Mapping) -> str:
    """An attribute as a mapping file would write it."""
    return str(_short_attr(attr, {urn: alias for alias, urn in mapping.aliases.items()}))


def places_of(attrs: Iterable[Attr], mapping: Mapping) -> tuple[Place, ...]:
    """Where these attributes stand in the mapping files."""
    found = (place_of(attr, mapping) for attr in attrs)
    return tuple(sorted({place for place in found if place is not None}, key=lambda place: (place.file, place.line)))


def place_of(attr: Attr, mapping: Mapping) -> Place | None:
    """Where an attribute stands in the mapping files; None for what no line says."""
    if attr == Attr("id"):
        return mapping.id_place
    parent = Attr(attr.name, urn=attr.urn)
    for table in (mapping.leaves, mapping.slots, mapping.each):
        for key in (attr, parent, Attr(attr.name, "*", attr.urn)):
            if key in table:
                return table[key].place
    return None


def short(place: Place) -> str:
    """A place without folder and column: `User.yaml:40`."""
    return f"{PurePath(place.file).name}:{place.line}"


def left_places(plan: SearchPlan, mapping: Mapping) -> tuple[Place, ...]:
    """Where the attributes of what is left stand."""
    return places_of(attrs_of(plan.left), mapping) if plan.left is not None else ()


def call_text(call: Call, known: Lookup, query: Iterable[tuple[str, str]] = ()) -> str:
    """A call as text, readable rather than encoded: known holes filled, the others in braces."""
    path = "".join(_part(part, known) for part in call.path.parts)
    asked = "&".join(f"{name}={value}" for name, value in (*call.query, *query))
    return f"{call.method} {path}{'?' if asked else ''}{asked}"


def listing_text(way: Way, listing: Listing, plan: SearchPlan, tenant: Lookup) -> str:
    """A list call as it will be sent for the first page."""
    return call_text(
        listing.call,
        lambda hole: listing.fixed.get(hole) or tenant(hole),
        _query(way, listing, plan, tenant),
    )


def _query(way: Way, listing: Listing, plan: SearchPlan, tenant: Lookup) -> list[tuple[str, str]]:
    if way.route.style == "lucene":
        scope = with_scope(listing.lucene or "", way.route.scope, lambda hole: tenant(hole) or f"{{{hole}}}")
        return [("q", scope), ("from", "0"), ("size", str(way.bulk))]
    if way.selfread:
        return []
    query = [(each.parameter, each.value) for each in listing.pushed if each.place == "query"]
    if way.paging.pushed and plan.start_index > 1:
        query.append(("offset", str(plan.start_index - 1)))
    sort = way.order.parameter if way.order is not None else way.paging.sort
    query.append(("limit", str(way.limit)))
    if sort is not None:
        query.append(("sortBy", sort))
    if way.counted:
        query.append(("returnTotalResultCount", "true"))
    return query


def _part(part: str | Hole, known: Lookup) -> str:
    if isinstance(part, str):
        return part
    value = known(part.name)
    return f"{{{part.name}}}" if value in (None, "") else str(value)


def _short(tree: Filter, aliases: dict[str, str]) -> Filter:
    match tree:
        case Compare(attr=attr) | Present(attr=attr):
            return dataclasses.replace(tree, attr=_short_attr(attr, aliases))
        case Not(term=term):
            return Not(_short(term, aliases))
        case And(terms=terms) | Or(terms=terms):
            return dataclasses.replace(tree, terms=tuple(_short(term, aliases) for term in terms))
        case Within(attr=attr):
            return dataclasses.replace(tree, attr=_short_attr(attr, aliases))


def _short_attr(attr: Attr, aliases: dict[str, str]) -> Attr:
    return dataclasses.replace(attr, urn=aliases.get(attr.urn, attr.urn)) if attr.urn else attr
