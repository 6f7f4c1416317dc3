"""Searches without a filter are planned once: lists are asked for again and again, and only their pages differ.

What is kept holds nothing that a client compared with, and answers faster, never otherwise: a law holds that it is what planning anew
would find. Plans of filters are made each time, since their values decide, too, which way they go.
"""

from __future__ import annotations

from typing import Any

from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.search import Names, nothing, plan_search, shown
from gateway.plan.way import SearchPlan
from gateway.scim.request import ScimRequest

MOST = 512
_memory: dict[Any, tuple[SearchPlan, Mapping]] = {}  # the mapping with its plan: no id can be given to something else

remember(_memory)


def planned_search(
    request: ScimRequest,
    mapping: Mapping,
    capabilities: Capabilities,
    doubted: Names = nothing,
    closed: frozenset[str] = frozenset(),
    *,
    bare: frozenset[str] = frozenset(),
    confirmed: Names = nothing,
) -> SearchPlan:
    """As `plan_search`."""
    if request.filter is not None or mapping.search is None:
        return plan_search(request, mapping, capabilities, doubted, closed, bare=bare, confirmed=confirmed)
    page = request.sort_by, request.descending, request.start_index, request.count
    learned = [(doubted(route.name), confirmed(route.name)) for route in mapping.search.routes]
    key = id(mapping), shown(request), page, capabilities, closed, bare, *learned
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= MOST:
            _memory.clear()
        plan = plan_search(request, mapping, capabilities, doubted, closed, bare=bare, confirmed=confirmed)
        found = _memory[key] = plan, mapping
    return found[0]
