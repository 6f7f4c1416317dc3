"""Who makes the page: nevisIDM by limit, offset, sortBy and its own total, or the gateway from all hits (mapping-format 3.5, point 6).

Pushed only for one call of a list that says the whole filter and the mapping's `only`, so that no row is dropped here; then pages,
order and total of nevisIDM are those of the answer. Otherwise every hit is read, up to the mapping's `scan`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping, Route
from gateway.mapping.record import Field
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.carried import path_in
from gateway.plan.resolve import hole_field
from gateway.plan.way import Paging
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr

OFFSET = "offset"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def paging_for(
    request: ScimRequest,
    mapping: Mapping,
    route: Route,
    capabilities: Capabilities,
    doubted: frozenset[str],
    reason: str | None,
) -> Paging:
    """Who makes the page on a route. `reason`: why rows may be dropped or merged here, None if none will be."""
    if reason is None:
        reason = "nevisIDM ignores the offset" if OFFSET in doubted else _unable(request, route, capabilities)
    if reason is not None:
        return Paging(False, reason)
    if request.sort_by is None:
        return Paging(True)
    sort = sort_for(request.sort_by, request.descending, mapping, route, capabilities)
    if sort is None or sort[0] in doubted:
        return Paging(False, f"{route.name} does not sort by {request.sort_by}")
    return Paging(True, sort=sort[0], sure=sort[1])


def _unable(request: ScimRequest, route: Route, capabilities: Capabilities) -> str | None:
    if route.style != "params":
        return "the index is not asked for pages" if route.style == "lucene" else f"{route.name} gives no total"
    if capabilities.total != "server":
        return "nevisIDM gives no totals"
    several = request.start_index > 1 or request.count > capabilities.max_limit
    return "nevisIDM knows no offset" if several and not capabilities.offset else None


def sort_for(
    attr: Attr, descending: bool, mapping: Mapping, route: Route, capabilities: Capabilities
) -> tuple[str, bool] | None:
    """sortBy's value, if the list sorts by the attribute's field, and whether its order is surely the attribute's own."""
    found = _sorted_field(attr, mapping, route)
    path = path_in(mapping, route.items, found[0]) if found is not None else None
    name = ".".join(path) if path else ""
    if found is None or name not in route.sorts:
        return None
    if capabilities.desc_syntax == "local":
        return None if descending else (name, found[1])
    return f"{name}_{'DESC' if descending else 'ASC'}", found[1]


def _sorted_field(attr: Attr, mapping: Mapping, route: Route) -> tuple[Field, bool] | None:
    """The field whose order is the attribute's, and whether that is sure: the id by its own, an instant that is always set.

    How nevisIDM sorts capitals, and rows without a value, is unknown. An id of several parts is sorted by the record's own.
    """
    if attr == Attr("id"):
        fields = [hole_field(hole) for hole in (mapping.id.holes if mapping.id is not None else ())]
        own = [field for field in fields if field.record == route.items and field.keys == ("extId",)]
        return (fields[0], True) if len(fields) == 1 else (own[0], False) if own else None
    leaf = mapping.leaves.get(attr)
    if leaf is None or leaf.first is None or not _keeps_order(leaf):
        return None
    return leaf.first, leaf.first.keys in (("created",), ("lastModified",))


def _keeps_order(leaf: Leaf) -> bool:
    """Whether the lens can be asked for `gt`: then greater shown means greater stored."""
    return leaf.lens.ask("gt", _EPOCH if leaf.schema.type == "dateTime" else "a", leaf.schema.case_exact) is not None
