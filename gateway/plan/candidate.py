"""Each route as a way to answer one request: what it would be asked, what would be left, what must be read besides its hits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass

from gateway.errors import Unsupported
from gateway.mapping.apart import Apart, apart_records, aparts
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping, Route
from gateway.mapping.record import Field, Only
from gateway.nevisidm.call import Call
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.access import Access, Fixed, access, is_open
from gateway.plan.carried import Carried, attrs_of, root_of
from gateway.plan.condition import Condition, Test, conjuncts, tests
from gateway.plan.lucene import Writer
from gateway.plan.order import order_for
from gateway.plan.paging import paging_for
from gateway.plan.params import Speller
from gateway.plan.plan import ReadPlan
from gateway.plan.read import plan_read
from gateway.plan.split import Share, Split, joined, split_conjunction
from gateway.plan.union import union_of
from gateway.plan.way import Listing, Order, Pushed, Rejected, Way
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr, Filter


@dataclass(frozen=True, slots=True)
class Frame:
    """One request with everything that ways depend on. `bare`: routes that refused their parameters; `confirmed`: proved by a probe."""

    request: ScimRequest
    mapping: Mapping
    capabilities: Capabilities
    condition: Condition
    fixed: Fixed
    wanted: frozenset[Attr]  # what the answer shows
    doubted: Callable[[str], frozenset[str]]
    confirmed: Callable[[str], frozenset[str]]
    closed: frozenset[str]
    bare: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a route is asked: calls, and what the whole comes to."""

    listings: tuple[Listing, ...]
    split: Split
    union: bool = False
    order: Order | None = None
    only_pushed: bool = True


def candidates(frame: Frame) -> Iterator[Way | Rejected]:
    """Every route in the mapping's order, each as a way (and once more as a union), or as rejected because it is closed."""
    for route in frame.mapping.search.routes if frame.mapping.search else ():
        if route.name in frame.closed:
            yield Rejected(route, "closed: it failed")
            continue
        found = access(route, frame.mapping, frame.fixed, frame.capabilities, frame.doubted(route.name))
        if isinstance(found, str):
            yield Rejected(route, found)
            continue
        meant = _meant(frame, route)
        several = [asked for asked in _asked(frame, meant, found) if _has_needs(route, asked)]
        if not several and any(route.name in test.names for test in tests(frame.condition)):
            yield Rejected(route, f"closed: it needs {' and '.join(route.needs)} in the filter")
        try:
            yield from [_way(frame, meant, found, asked, selfread=route.call is None) for asked in several]
        except Unsupported as error:  # what must be checked or shown would cost a walk for each hit
            yield Rejected(route, f"closed: {error.detail}")


def _has_needs(route: Route, asked: _Asked) -> bool:
    """Whether each call asks what must be asked: such a list holds only some of what there is."""
    said = ({pushed.parameter for pushed in listing.pushed} for listing in asked.listings)
    return all(names.issuperset(route.needs) for names in said)


def _meant(frame: Frame, route: Route) -> Route:
    """The route with what the language leaves unsaid: without `call` the resource itself is read; a bare one knows no parameters."""
    if route.call is None:
        route = dataclasses.replace(route, call=_self_read(frame.mapping), items=root_of(frame.mapping))
    return dataclasses.replace(route, filters=frozenset(), sorts=frozenset()) if route.name in frame.bare else route


def _self_read(mapping: Mapping) -> Call:
    """The read of the resource's own record, whose holes are parts of the id."""
    parts = set(mapping.id.holes) if mapping.id is not None else set()
    reads = mapping.records[root_of(mapping) or ""].reads
    return next(call for call in reads if {hole for hole in call.path.holes if is_open(hole)} <= parts)


def _asked(frame: Frame, route: Route, found: Access) -> Iterator[_Asked]:
    if route.style == "lucene":
        yield _index(frame, route)
        return
    yield _list(frame, route, found)
    if route.style == "params":
        union = _union(frame, route, found)
        if union is not None:
            yield union


def _index(frame: Frame, route: Route) -> _Asked:
    doubted = frame.doubted(route.name)
    split = Writer(frame.mapping, route, frame.capabilities, doubted).split(frame.condition)
    listing = Listing(_call(route), split.pushed, lucene=split.lucene)
    return _Asked((listing,), split, only_pushed=not _onlies(frame, route))


def _call(route: Route) -> Call:
    assert route.call is not None  # `_meant` has seen to that
    return dataclasses.replace(route.call, name=route.call.name or route.name)


def _speller(frame: Frame, route: Route) -> Speller:
    doubted, confirmed = frame.doubted(route.name), frame.confirmed(route.name)
    return Speller(frame.mapping, route, frame.capabilities, doubted, confirmed)


def _spell(speller: Speller, route: Route, found: Access) -> Callable[[Test], Pushed | None]:
    """The path says some tests; a list with filters is asked the rest."""
    by_path = {id(pushed.source): pushed for pushed in found.pushed}

    def spell(test: Test) -> Pushed | None:
        if id(test) in found.tests:
            return by_path[id(test.source)]
        return speller.spell(test) if route.style == "params" else None

    return spell


def _list(frame: Frame, route: Route, found: Access) -> _Asked:
    speller = _speller(frame, route)
    split = split_conjunction(frame.condition, _spell(speller, route, found))
    order = None
    if route.style == "params" and found.over is None and found.lead is None:
        split, order = _ordered(frame, route, split)
    pushed, only_pushed = _with_only(frame, route, speller, split.pushed)
    return _Asked((Listing(_call(route), pushed, found.fixed),), split, order=order, only_pushed=only_pushed)


def _ordered(frame: Frame, route: Route, split: Split) -> tuple[Split, Order | None]:
    """Ranges that no parameter says, said by order."""
    open_tests = [share.term for share in split.shares if isinstance(share.term, Test) and not share.pushed]
    found = order_for(open_tests, frame.mapping, route, frame.capabilities, frame.doubted(route.name))
    if found is None:
        return split, None
    order, said = found
    text = f"sortBy={order.parameter}"
    shares: list[Share] = []
    for share in split.shares:
        if any(share.term is test for test in said):
            # one parameter says all of them, so only the first names it
            first = (
                () if any(each.order for each in shares) else (Pushed(text, order.parameter, "", True, place="order"),)
            )
            share = Share(share.term, first, True, 0, order=True)
        shares.append(share)
    return Split(tuple(shares)), order


def _union(frame: Frame, route: Route, found: Access) -> _Asked | None:
    if found.over is not None or found.lead is not None:
        return None
    last: list[Speller] = []

    def fresh() -> Callable[[Test], Pushed | None]:
        last.append(_speller(frame, route))
        return _spell(last[-1], route, found)

    most = frame.mapping.search.calls if frame.mapping.search else 0
    union = union_of(frame.condition, fresh, most)
    if union is None:
        return None
    branches, whole = union
    listings, all_only = [], True
    # an `or` that was tried before this one and did not fit has left spellers too
    for speller, split in zip(last[-len(branches) :], branches, strict=True):
        pushed, only_pushed = _with_only(frame, route, speller, split.pushed)
        listings.append(Listing(_call(route), pushed, found.fixed))
        all_only = all_only and only_pushed
    return _Asked(tuple(listings), whole, union=True, only_pushed=all_only)


def _onlies(frame: Frame, route: Route) -> tuple[Only, ...]:
    """What belongs to the type, of the record that a hit is or stands for."""
    record = frame.mapping.records.get(route.items or root_of(frame.mapping) or "")
    return record.only if record is not None else ()


def _with_only(
    frame: Frame, route: Route, speller: Speller, pushed: tuple[Pushed, ...]
) -> tuple[tuple[Pushed, ...], bool]:
    """The pushed conditions with the mapping's `only`, and whether all of that is said exactly."""
    conditions = _onlies(frame, route)
    if route.style != "params" or route.items is None:
        return pushed, not conditions
    said = [speller.only(route.items, only) for only in conditions]
    known = tuple(each for each in said if each is not None)
    return (*pushed, *known), len(known) == len(said) and all(each.exact for each in known)


def _way(frame: Frame, route: Route, found: Access, asked: _Asked, *, selfread: bool) -> Way:
    lead = found.lead.record if found.lead is not None else None
    holes = {*found.fixed, *(() if found.over is None else (found.over.hole,))}
    carried = Carried(frame.mapping, route, lead, frozenset(holes))
    left, check = asked.split.left, _check(frame, found)
    paging = paging_for(
        frame.request,
        frame.mapping,
        route,
        _offered(frame, route),
        frame.doubted(route.name),
        _why_here(found, asked, left),
    )
    have = frozenset(name for name in (route.items, lead) if name is not None)
    lacking = carried.missing(_to_check(frame, route, check, paging.pushed))
    before = plan_read(frame.mapping, lacking - apart_records(frame.mapping), have=have)
    after = _after(frame, carried, have | before.records)
    search = frame.mapping.search
    scan, calls = (search.scan, search.calls) if search is not None else (0, 0)
    return Way(
        route,
        asked.listings,
        left,
        asked.split.unpushed,
        check,
        on_hits=left is None or not carried.missing(attrs_of(left)),
        union=asked.union,
        order=asked.order,
        lead=found.lead,
        over=found.over,
        only_pushed=asked.only_pushed,
        paging=paging,
        carried=frozenset(attr for attr in (attrs_of(check) if check else ()) if not carried.missing((attr,))),
        before=before,
        elements=_elements(frame, check),
        after=after,
        limit=_limit(frame, route, frame.request.count if paging.pushed else scan),
        bulk=_limit(frame, route, scan),
        scan=scan,
        calls=calls,
        counted=route.style == "params" and _offered(frame, route).total == "server",
        selfread=selfread,
    )


def _after(frame: Frame, carried: Carried, have: frozenset[str]) -> ReadPlan:
    """The further records of a row that is shown, each with the attributes that want it."""
    reasons = _reasons(carried.mapping, carried.route, carried.lead, carried.holes, frame.wanted)
    return plan_read(frame.mapping, frozenset(reasons) - have, have=have, reasons=reasons)


@kept
def _reasons(
    mapping: Mapping, route: Route, lead: str | None, holes: frozenset[str], wanted: frozenset[Attr]
) -> Map[str, tuple[Attr, ...]]:
    """The records that hits of a route do not bring, each with the attributes that want it."""
    carried = Carried(mapping, route, lead, holes)
    reasons: dict[str, tuple[Attr, ...]] = {}
    for attr in sorted(wanted, key=str):
        for name in carried.missing((attr,)) - apart_records(mapping):
            reasons[name] = (*reasons.get(name, ()), attr)
    return reasons


def _check(frame: Frame, found: Access) -> Filter | None:
    """What every hit must satisfy: the whole filter, but for a condition on a list's elements that the path itself says.

    Such a list (the members of a group) may be the dearest thing to read; the hit is there because its element was asked for.
    """
    if any(test.many for test in frame.fixed.tests.values() if id(test) in found.tests):
        return joined(
            tuple(
                term.source
                for term in conjuncts(frame.condition)
                if not (isinstance(term, Test) and id(term) in found.tests)
            )
        )
    return frame.request.filter


def _elements(frame: Frame, check: Filter | None) -> tuple[Apart, ...]:
    """The lists that a hit is judged or sorted by and never brings."""
    asked = attrs_of(check) if check is not None else frozenset()
    asked |= {frame.request.sort_by} if frame.request.sort_by is not None else frozenset()
    tops = {Attr(attr.name, urn=attr.urn) for attr in asked}
    return tuple(apart for attr, apart in aparts(frame.mapping).items() if attr in tops)


def _why_here(found: Access, asked: _Asked, left: Filter | None) -> str | None:
    """Why rows are dropped, merged or counted here; None if none are."""
    if asked.union:
        return "the hits of several calls are merged here"
    if found.over is not None or found.lead is not None:
        return "several lists are read"
    if asked.order is not None:
        return "rows are read until they stop fitting"
    if left is not None:
        return "rows are dropped here, so sorting is too"
    return None if asked.only_pushed else "`only` is checked here"


def _to_check(frame: Frame, route: Route, check: Filter | None, sorted_there: bool) -> Iterator[Attr | Field]:
    """The attributes and fields by which a hit is judged, ordered and known."""
    yield Attr("id")
    yield from attrs_of(check) if check is not None else ()
    if frame.request.sort_by is not None and not sorted_there:
        yield frame.request.sort_by
    record = route.items or root_of(frame.mapping) or ""
    for only in _onlies(frame, route):
        yield Field(record, only.keys)


def _offered(frame: Frame, route: Route) -> Capabilities:
    """What a bare route still offers: pages by token."""
    return (
        dataclasses.replace(frame.capabilities, total="walk", offset=False)
        if route.name in frame.bare
        else frame.capabilities
    )


def _limit(frame: Frame, route: Route, rows: int) -> int:
    """Rows per call: as many as are wanted, if nevisIDM gives so many at once."""
    most = frame.capabilities.query_max_window if route.style == "lucene" else frame.capabilities.max_limit
    return min(most, max(1, rows))
