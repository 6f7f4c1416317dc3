"""Ranges on instants that are always set, answered by order: the list sorted by the field, read until rows stop fitting.

Lower bounds read the newest first, upper bounds alone the oldest first. Only `created` and `lastModified` are always set; of two fields
one can be read by order, the other is checked on the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.mapping.model import Mapping, Route
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.carried import path_in
from gateway.plan.condition import Test
from gateway.plan.paging import OFFSET
from gateway.plan.split import joined
from gateway.plan.way import Order
from gateway.scim.tree import Compare

ALWAYS_SET = frozenset(("created", "lastModified"))
LOWER, UPPER = frozenset(("gt", "ge")), frozenset(("lt", "le"))


def order_for(
    tests: Sequence[Test], mapping: Mapping, route: Route, capabilities: Capabilities, doubted: frozenset[str]
) -> tuple[Order, tuple[Test, ...]] | None:
    """The ordered scan for the ranges among these tests, and which of them it says; None if there is none."""
    if not capabilities.offset or OFFSET in doubted:
        return None
    by_field: dict[str, list[Test]] = {}
    for test in tests:
        name = _ranged(test, mapping, route)
        if name is not None:
            by_field.setdefault(name, []).append(test)
    for name, ranges in by_field.items():
        order = _order(name, ranges, capabilities)
        if order is not None and order.parameter not in doubted:
            return order, tuple(ranges)
    return None


def _ranged(test: Test, mapping: Mapping, route: Route) -> str | None:
    """The sortable, always set field that the test bounds."""
    if not test.moment or test.asked is None or test.field is None or not isinstance(test.source, Compare):
        return None
    if test.source.op not in LOWER | UPPER or test.names.get(route.name, "") is None:
        return None
    path = path_in(mapping, route.items, test.field)
    return path[0] if path is not None and len(path) == 1 and path[0] in ALWAYS_SET & route.sorts else None


def _order(name: str, ranges: list[Test], capabilities: Capabilities) -> Order | None:
    sources = [test.source for test in ranges if isinstance(test.source, Compare)]
    lower = tuple(source for source in sources if source.op in LOWER)
    stop = joined(lower or tuple(sources))
    if stop is None or (capabilities.desc_syntax == "local"):
        return None  # without a word for "descending" the far end cannot be looked at
    ways = (f"{name}_DESC", f"{name}_ASC")
    first, back = ways if lower else ways[::-1]
    return Order(first, back, sources[0].attr, bool(lower), stop)
