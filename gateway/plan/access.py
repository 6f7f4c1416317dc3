"""Whether a route is open to a request, and what the filter puts into the holes of its path.

A route is closed when its call is newer than the installation, when settings switch it off, while it fails, and when a hole of its path
stays empty. A hole is filled by an `eq` on the attribute that shows the same field, from every resource of another type (`over`), or
from a list that is read first (`Lead`) because its own holes are filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from gateway.mapping.model import Mapping, Route
from gateway.mapping.record import Field, Over
from gateway.nevisidm.call import Call
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.condition import Condition, Test, certain
from gateway.plan.resolve import hole_field
from gateway.plan.spoken import attr_name
from gateway.plan.way import Lead, Pushed

GIVEN = ("client", "client.name", "base")
GENERIC_LIST = "/core/v1/clients/{client}/generic-credentials"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What the filter says of the fields that fill holes: hole → value, and the tests that say so."""

    values: Map[str, str] = field(repr=False)
    tests: Map[str, Test]
    contradictory: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """An open route: what fills its holes, and the tests that are thereby pushed (exactly: the path allows nothing else)."""

    fixed: Map[str, str] = field(repr=False)
    pushed: tuple[Pushed, ...] = ()
    tests: frozenset[int] = frozenset()  # identities of the tests that the path says
    lead: Lead | None = None
    over: Over | None = None


def fixed_by(condition: Condition) -> Fixed:
    """The fields whose value every hit must have. A value that a path cannot carry as one segment fits nothing."""
    values: dict[str, str] = {}
    found: dict[str, Test] = {}
    contradictory = False
    for test in certain(condition):
        value = test.fixes
        if value is None or test.field is None or not test.field.keys:
            continue
        hole = str(test.field)
        if values.setdefault(hole, value) == value:
            found.setdefault(hole, test)
        elif not test.many:
            contradictory = True
    return Fixed(values, found, contradictory)


def unfit_for_path(value: str) -> bool:
    """`.` and `..` would be taken for steps in the path, however they are encoded; nothing has them as its id."""
    return value in (".", "..")


def access(
    route: Route, mapping: Mapping, fixed: Fixed, capabilities: Capabilities, doubted: frozenset[str]
) -> Access | str:
    """How the route is open, or why it is not."""
    if route.style == "lucene" and not capabilities.query_enabled:
        return "closed: the query service is switched off"
    if not released(route.since, capabilities.release):
        return f"closed: the call exists since {' and '.join(route.since)}, this is {capabilities.release}"
    if route.call is not None and route.call.path.text == GENERIC_LIST and not capabilities.generic_list:
        return "closed: this nevisIDM has no such list"
    wanted = _holes(route, mapping)
    holes, over, lead = [], None, None
    for hole in wanted:
        if hole in fixed.values:
            holes.append(hole)
            lead = lead or _own(route, mapping, hole)
        elif route.over is not None and hole == route.over.hole:
            over = route.over
        else:
            lead = _lead(route, mapping, hole, fixed)
            if lead is None:
                return f"closed: needs {_asking(mapping, hole)}"
            inner = [each for each in lead.call.path.holes if is_open(each)]
            holes += [each for each in inner if each in fixed.values]
            over = route.over if route.over is not None and any(each not in fixed.values for each in inner) else None
    pushed = tuple(
        Pushed(
            f"{hole}={fixed.values[hole]}",
            hole,
            fixed.values[hole],
            hole not in doubted and not fixed.tests[hole].part,
            fixed.tests[hole].source,
            place="path",
        )
        for hole in holes
    )
    said = frozenset(id(fixed.tests[hole]) for hole in holes)
    return Access({hole: fixed.values[hole] for hole in holes}, pushed, said, lead, over)


def released(since: tuple[str, ...], release: str) -> bool:
    """Whether a call of those first releases (one per line of releases) is in this one; later lines have everything."""
    if not since:
        return True
    own = _number(release)
    firsts = [_number(each) for each in since]
    line = [first for first in firsts if first[0] == own[0]]
    return any(own >= first for first in line) or all(own[0] > first[0] for first in firsts)


def _number(release: str) -> tuple[int, ...]:
    numbers = [int(each) for each in re.findall(r"\d+", release)] + [0, 0, 0]
    return tuple(numbers[:3])


def _holes(route: Route, mapping: Mapping) -> list[str]:
    """The holes that a request must fill: of the route's call or, without one, the parts of the id."""
    names = route.call.path.holes if route.call is not None else (mapping.id.holes if mapping.id else ())
    return [name for name in dict.fromkeys(names) if is_open(name)]


def is_open(hole: str) -> bool:
    """Whether a request must fill the hole: neither the tenant nor the settings do."""
    return hole not in GIVEN and not hole.startswith("settings.")


def _lead(route: Route, mapping: Mapping, hole: str, fixed: Fixed) -> Lead | None:
    """The list that brings the hole: of the record that it names, by a call whose holes are filled."""
    record = mapping.records.get(hole_field(hole).record)
    if record is None or record.name == route.items:
        return None
    filled = set(fixed.values) | ({route.over.hole} if route.over is not None else set())
    for call in record.reads:
        if hole not in call.path.holes and all(each in filled for each in call.path.holes if is_open(each)):
            return Lead(record.name, _named(call, record.name))
    return None


def _own(route: Route, mapping: Mapping, hole: str) -> Lead | None:
    """The tenant's own list of what the hole names, where the route's call names no tenant: what others have is not there for it."""
    record = mapping.records.get(hole_field(hole).record)
    if record is None or record.name == route.items or route.call is None or "client" in route.call.path.holes:
        return None
    for call in record.reads:
        if "client" in call.path.holes and not any(is_open(each) for each in call.path.holes):
            return Lead(record.name, _named(call, record.name))
    return None


def _named(call: Call, record: str) -> Call:
    return call if call.name else Call(f"{record}.read", call.method, call.path, call.query, at=call.at)


def opening_fields(mapping: Mapping, hole: str) -> frozenset[Field]:
    """The fields that fill a hole: its own, and those by which the record it stands in is read."""
    record = mapping.records.get(hole_field(hole).record)
    before = [each for call in record.reads for each in call.path.holes if is_open(each)] if record is not None else []
    return frozenset(hole_field(each) for each in (hole, *before))


def _asking(mapping: Mapping, hole: str) -> str:
    """The attributes by which a client fills a hole, or a list that brings it, as a person would write them."""
    fields = opening_fields(mapping, hole)
    shown = {attr: leaf for attr, leaf in mapping.leaves.items() if leaf.first in fields}
    shown |= {leaf.attr: leaf for group in mapping.lists for leaf in group.leaves.values() if leaf.first in fields}
    names = [f'{attr_name(attr, mapping)} eq "…"' for attr, leaf in shown.items() if leaf.schema.filterable]
    return " or ".join(names) or f"{{{hole}}}"
