"""What was planned before is not planned again: lists are asked for again and again, and filters of one shape with ever new texts.

A search without a filter has one plan for each page. Of filters, the plan of a shape that comes again is kept with holes for its texts
(`lifted.py` says which, `pattern.py` how); what decides the way by itself, dates and truth values above all, is part of the shape. What is
kept answers faster, never otherwise: before a pattern is kept it must give the very plan that was made for the request at hand, and a law
holds that it is ever what planning anew would find.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from gateway.errors import ScimError
from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.lifted import Lifted, lift, replaced, stand_ins
from gateway.plan.pattern import Fill, pattern
from gateway.plan.search import Names, nothing, plan_search, shown
from gateway.plan.way import Routine, SearchPlan
from gateway.scim.request import ScimRequest

MOST = 512
_Kept = SearchPlan | Fill[SearchPlan] | Literal["never"]
"""What is known of a shape: its plan, a pattern of its plans, or that no pattern gives them."""
_ONCE = 4096
_once: set[int] = set()
"""The shapes that were asked once, as hashes: two that are alike by chance are planned a second time, and nothing worse."""
_memory: dict[Any, tuple[_Kept, Any]] = {}  # what is known by identity stands in the entry, so that it stays

_NOTHING = None, None

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
    learned: tuple[Any, ...] | None = None,
) -> SearchPlan:
    """As `plan_search`; what is kept has a routine. `learned`: what `doubted` and `confirmed` say of all routes, if that is at hand."""

    def plan(asked: ScimRequest) -> SearchPlan:
        return plan_search(asked, mapping, capabilities, doubted, closed, bare=bare, confirmed=confirmed)

    lifted = lift(request.filter, mapping) if request.filter is not None else Lifted("", ())
    if mapping.search is None or lifted is None:
        return plan(request)
    page = request.sort_by, request.descending, request.start_index, request.count
    if learned is None:
        learned = tuple((doubted(route.name), confirmed(route.name)) for route in mapping.search.routes)
    known = id(mapping), id(request.type), id(request.dialect), id(capabilities)
    key = known, _attributes(request), page, closed, bare, lifted.shape, learned
    kept = _memory.get(key, _NOTHING)[0]
    if isinstance(kept, SearchPlan):
        return kept
    if callable(kept):
        return kept(lifted.texts)
    made = plan(request)
    alive = mapping, request.type, request.dialect, capabilities
    if request.filter is None:
        made = dataclasses.replace(made, routine=Routine())
        _keep(key, made, alive)
    elif kept is None and _again(hash(key)):
        _keep(key, _pattern(request, mapping, lifted, made, plan) or "never", alive)
    return made


def _attributes(request: ScimRequest) -> tuple[Any, ...]:
    """What decides, with type and dialect, which attributes the answer shows."""
    wanted = request.wanted
    if wanted.filters or wanted.windows:
        return (shown(request), *wanted.filters, *wanted.windows)
    return wanted.include, wanted.exclude, wanted.sets


def _again(shape: int) -> bool:
    """Whether a shape was asked before: then it will be asked more often."""
    if shape in _once:
        return True
    if len(_once) >= _ONCE:
        _once.clear()
    _once.add(shape)
    return False


def _keep(key: Any, kept: _Kept, alive: Any) -> None:
    if len(_memory) >= MOST:
        _memory.clear()
    _memory[key] = kept, alive


def _pattern(
    request: ScimRequest, mapping: Mapping, lifted: Lifted, made: SearchPlan, plan: Callable[[ScimRequest], SearchPlan]
) -> Fill[SearchPlan] | None:
    """The pattern of a shape's plans; None where it would not give the one that was made, or where nothing can fit."""
    if made.kind == "none" or request.filter is None:
        return None
    texts = stand_ins(lifted)
    other = replaced(request.filter, mapping, dict(zip(lifted.texts, texts, strict=True)))
    try:
        fill = pattern(dataclasses.replace(plan(dataclasses.replace(request, filter=other)), routine=Routine()), texts)
    except ScimError:
        return None
    return fill if fill(lifted.texts) == made else None
