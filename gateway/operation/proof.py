"""Proving at run time that nevisIDM heeds a parameter: an impossible value must find nobody.

Needed before nevisIDM's own total is believed, when rows stay unseen: a parameter that it does not know may be ignored, and the total be
that of everybody. Each parameter is asked once per process. Forgetting costs a call, so this is kept beside `Trust`, not shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from gateway.mapping.model import Mapping
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import Lookup, walk
from gateway.operation.again import Again
from gateway.operation.context import Context, Trust
from gateway.plan.way import Listing, Pushed

Learned = tuple[tuple[frozenset[str], frozenset[str]], ...]
_PROVED: WeakKeyDictionary[Trust, set[tuple[str, str, str]]] = WeakKeyDictionary()


def proved(trust: Trust, resource: str, route: str) -> frozenset[str]:
    """The parameters of a route that were seen to be heeded."""
    return frozenset(name for kind, way, name in _PROVED.get(trust, ()) if (kind, way) == (resource, route))


def note(trust: Trust, resource: str, route: str, parameter: str) -> None:
    """Remember that a parameter is heeded."""
    _PROVED.setdefault(trust, set()).add((resource, route, parameter))
    trust.known.clear()


def learned(trust: Trust, mapping: Mapping) -> Learned:
    """What is known of all routes of a type: the parameters that are mistrusted, and those that were seen to be heeded."""
    found: Learned | None = trust.known.get(mapping.name)
    if found is None:
        name, routes = mapping.name, mapping.search.routes if mapping.search is not None else ()
        found = tuple((trust.doubted(name, each.name), proved(trust, name, each.name)) for each in routes)
        trust.known[name] = found
    return found


async def prove(
    pushed: Iterable[Pushed], resource: str, route: str, listing: Listing, run: Run, lookup: Lookup, context: Context
) -> tuple[str, ...]:
    """Ask each parameter for a value that nobody has; those that nevisIDM ignores are returned, the others noted."""
    ignored: list[str] = []
    for each in pushed:
        if await _finds_nobody(each.parameter, listing, run, lookup, context.new_id()):
            note(context.trust, resource, route, each.parameter)
        else:
            ignored.append(each.parameter)
    return tuple(ignored)


async def _finds_nobody(parameter: str, listing: Listing, run: Run, lookup: Lookup, impossible: str) -> bool:
    query = (*listing.call.query, (parameter, impossible), ("limit", "1"))
    try:
        reply = await run.call(dataclasses.replace(listing.call, query=query), lookup)
    except Refusal as refusal:
        if refusal.status not in (400, 422):
            raise
        return True  # the value is refused and so the parameter minded: its name was taken before
    rows = walk(reply.json, ("items",))
    if not isinstance(rows, list):
        raise Again(closed="broken", refusal=Refusal(listing.call.name, "broken", reply.status, why=reply.oddity))
    return not rows
