"""How a search is answered: the route, what it is asked, what is checked here, who makes the page. Pure (mapping-format, section 3.5).

What is pushed finds at least everybody who fits; what is left is checked on the hits. Ways are compared in this order: leaves nothing ·
fewest tests not pushed · can check what is left on the hits themselves · strongly consistent · fewest calls · stands first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from gateway.errors import Unsupported
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.mapping.view import records_for
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.access import Fixed, fixed_by, unfit_for_path
from gateway.plan.advice import advice, worth_of
from gateway.plan.candidate import Frame, candidates
from gateway.plan.carried import attrs_of, root_of
from gateway.plan.condition import AnyOf, Condition, Constant, conjuncts, tests
from gateway.plan.read import identity, plan_read, reasons_for
from gateway.plan.resolve import resolve
from gateway.plan.split import joined
from gateway.plan.way import Rejected, SearchPlan, Way
from gateway.scim.project import demand
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr

Names = Callable[[str], frozenset[str]]
"""From a route's name to names of its parameters."""


def nothing(_: str) -> frozenset[str]:
    """No parameter of any route."""
    return frozenset()


def plan_search(
    request: ScimRequest,
    mapping: Mapping,
    capabilities: Capabilities,
    doubted: Names = nothing,
    closed: frozenset[str] = frozenset(),
    *,
    bare: frozenset[str] = frozenset(),
    confirmed: Names = nothing,
) -> SearchPlan:
    """The plan of one search.

    `doubted`: parameters that nevisIDM was caught ignoring, per route; `closed`: routes that failed during this request; `bare`: those that
    refused what they were asked, and are only read; `confirmed`: inferred parameters that a probe has proved. Raises Unsupported GW203
    for a type that cannot be searched, GW201 for a secret attribute.
    """
    if mapping.search is None:
        raise Unsupported("GW203", f"{mapping.name} cannot be searched; read it by its id.")
    condition = Constant(None, True) if request.filter is None else resolve(request.filter, mapping)
    fixed = fixed_by(condition)
    plan = SearchPlan(
        "none",
        request.filter,
        hint=advice(mapping),
        sort_by=request.sort_by,
        descending=request.descending,
        start_index=request.start_index,
        count=request.count,
    )
    if condition == Constant(condition.source, False) or fixed.contradictory or _unfit(fixed, mapping):
        return plan
    frame = Frame(request, mapping, capabilities, condition, fixed, shown(request), doubted, confirmed, closed, bare)
    known = _known(fixed, mapping)
    if known is not None:
        return _get(plan, frame, (known,))
    ways = list(candidates(frame))
    best = min((way for way in ways if isinstance(way, Way)), key=_rank, default=None)
    several = _several(condition, mapping)
    if several is not None and len(several) <= mapping.search.calls and not (best and best.union and best.left is None):
        return _get(plan, frame, several)
    sure = None if best is None or best.consistent or capabilities.query_first else _sure(ways)
    steady = min((way for way in ways if isinstance(way, Way) and _steady(way, mapping)), key=_rank, default=None)
    rejected = tuple(_rejected(way, best, sure) for way in ways if way is not best)
    if best is None:
        return dataclasses.replace(plan, kind="ways", rejected=rejected)
    return dataclasses.replace(
        plan, kind="ways", way=best, sure=sure, steady=steady, left=best.left, chosen=worth_of(best), rejected=rejected
    )


def _steady(way: Way, mapping: Mapping) -> bool:
    """Whether it lists the resources themselves: a list of something else may name one twice, on pages far apart."""
    return way.steady and way.route.items == root_of(mapping)


def _sure(ways: list[Way | Rejected]) -> Way | None:
    """The best way from the database, if it need not walk over another type: right at any moment, whatever the index has not heard of."""
    lists = (way for way in ways if isinstance(way, Way) and way.consistent and way.over is None)
    return min(lists, key=_rank, default=None)


def _get(plan: SearchPlan, frame: Frame, known: tuple[dict[str, str], ...]) -> SearchPlan:
    """The resources are read by their ids; what the ids do not say is checked on them."""
    mapping, check = frame.mapping, frame.request.filter
    said = {id(test) for hole, test in frame.fixed.tests.items() if hole in known[0]}
    terms = [term for term in conjuncts(frame.condition) if not {id(test) for test in tests(term)} <= said]
    attrs = frame.wanted | (attrs_of(check) if check is not None else frozenset())
    if plan.sort_by is not None:
        attrs |= {plan.sort_by}
    records = identity(mapping) | records_for(mapping, attrs)
    read = plan_read(mapping, records, reasons=reasons_for(mapping, frame.wanted))
    left = joined(tuple(term.source for term in terms)) if len(known) == 1 else check
    return dataclasses.replace(plan, kind="get", known=known, read=read, left=left, chosen="the filter fixes the id")


def shown(request: ScimRequest) -> frozenset[Attr]:
    """The attributes that the answer may show, without parents whose sub-attributes are named."""
    return without_parents(demand(request.wanted, request.type, request.dialect))


@kept
def without_parents(asked: frozenset[Attr]) -> frozenset[Attr]:
    """The attributes without parents whose sub-attributes are named."""
    parents = {(attr.urn, attr.name) for attr in asked if attr.sub is not None}
    return frozenset(attr for attr in asked if attr.sub is not None or (attr.urn, attr.name) not in parents)


def _rank(way: Way) -> tuple[bool, int, bool, bool, int]:
    return way.left is not None, way.unpushed, not way.on_hits, not way.consistent, way.cost


def _rejected(way: Way | Rejected, best: Way | None, sure: Way | None) -> Rejected:
    if isinstance(way, Rejected):
        return way
    reason = worth_of(way)
    if way is sure:
        return Rejected(way.route, f"{reason}; gone first while that is at most {way.scan} rows", way.push)
    if best is not None and _rank(way)[:2] == _rank(best)[:2]:
        reason += _second(way, best)
    return Rejected(way.route, reason, way.push)


def _second(way: Way, best: Way) -> str:
    """What decided between two ways that push as much."""
    if way.on_hits != best.on_hits:
        return ", but a hit does not show what is left to check"
    if way.consistent != best.consistent:
        return ", but the index may be behind"
    return ", but takes more calls" if way.cost > best.cost else ", but stands later"


def _unfit(fixed: Fixed, mapping: Mapping) -> bool:
    """Whether the filter wants a value that stands in a path and cannot: nothing has it."""
    holes = set(mapping.id.holes if mapping.id else ())
    for route in mapping.search.routes if mapping.search else ():
        holes |= set(route.call.path.holes if route.call is not None else ())
    return any(unfit_for_path(value) for hole, value in fixed.values.items() if hole in holes)


def _known(fixed: Fixed, mapping: Mapping) -> dict[str, str] | None:
    """The id's parts, if every one of them is fixed."""
    holes = mapping.id.holes if mapping.id is not None else ()
    return {hole: fixed.values[hole] for hole in holes} if holes and set(holes) <= set(fixed.values) else None


def _several(condition: Condition, mapping: Mapping) -> tuple[dict[str, str], ...] | None:
    """The ids of an `or` in which every branch fixes one."""
    for term in conjuncts(condition):
        if isinstance(term, AnyOf):
            fixed = [fixed_by(branch) for branch in term.terms]
            ids = [None if each.contradictory or _unfit(each, mapping) else _known(each, mapping) for each in fixed]
            found = [each for each in ids if each is not None]
            if len(found) == len(ids):
                return tuple({tuple(sorted(each.items())): each for each in found}.values())
    return None
