"""Which records to read, and after which others: pure.

A record is read when something wanted stands in it, or when a hole of such a record's read comes from it: a profile's id before its roles.
What the resource's id says itself needs no read. What does not depend on each other is read at once (`operation/reading.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map

from gateway.errors import Unsupported
from gateway.mapping.apart import Apart, of_element
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.mapping.record import Pick, Record
from gateway.mapping.records import all_leaves
from gateway.mapping.view import records_for
from gateway.nevisidm.call import Call
from gateway.plan.plan import Read, ReadPlan
from gateway.scim.tree import Attr


def plan_read(
    mapping: Mapping,
    records: frozenset[str],
    *,
    have: frozenset[str] = frozenset(),
    reasons: Map[str, tuple[Attr, ...]] | None = None,
) -> ReadPlan:
    """The reads that bring `records`, each after those it depends on; none for those that are at hand (`have`, and what stands in them).

    Records that cannot be read (passwords) are passed over. `reasons`: the attributes that want each record, for `explain`. Raises
    Unsupported GW203 for a record that only a walk over all resources of another type could bring.
    """
    planned: dict[str, Read] = {}
    begun: set[str] = set()

    def visit(name: str) -> None:
        record = mapping.records[name]
        if name in begun or not record.readable or _at_hand(mapping, name, have):
            return
        begun.add(name)
        _refuse_walk(mapping, record)
        for other in depends_on(mapping, record):
            visit(other)
        planned[name] = _read(mapping, record, (reasons or {}).get(name, ()))

    for name in mapping.records:
        if name in records:
            visit(name)
    return ReadPlan(tuple(planned.values()), next(iter(mapping.records), None))


@kept
def plan_element(mapping: Mapping, apart: Apart, records: frozenset[str]) -> ReadPlan:
    """The reads of one element that stands apart, by its key: these records of it, each after those it depends on.

    Of its source there may be several (nevisIDM minds no doubles), or none.
    """
    planned: dict[str, Read] = {}

    def visit(name: str) -> None:
        record = mapping.records[name]
        for other in depends_on(mapping, record):
            if other in apart.records and other != name and other not in planned:
                visit(other)
        many = name == apart.source
        planned.setdefault(name, Read(name, record.reads, record.stands_in, record.pick, many, record.only))

    for name in apart.records:
        if name in records:
            visit(name)
    return ReadPlan(tuple(planned.values()), apart.source)


def reasons_for(mapping: Mapping, attrs: Iterable[Attr]) -> dict[str, tuple[Attr, ...]]:
    """Which of these attributes want which record: for `explain`."""
    found: dict[str, list[Attr]] = {}
    for attr in sorted(attrs, key=str):
        for name in records_for(mapping, frozenset((attr,))):
            found.setdefault(name, []).append(attr)
    return {name: tuple(wanting) for name, wanting in found.items()}


@kept
def identity(mapping: Mapping) -> frozenset[str]:
    """The records without which there is no such resource: the first one, and every one that the id names by a part of its own."""
    first = next(iter(mapping.records), None)
    holes = mapping.id.holes if mapping.id is not None else ()
    named = {record for hole in holes if (record := _record(mapping, hole)) is not None}
    return frozenset(name for name in ({first} | named if first else named) if mapping.records[name].readable)


def depends_on(mapping: Mapping, record: Record) -> tuple[str, ...]:
    """The records that must be there before this one can be read, in the order of its holes."""
    if record.stands_in is not None:
        return (record.stands_in.record,)
    call = _first_possible(mapping, record)
    holes = (*(call.path.holes if call else ()), *_pick_holes(record.pick))
    others = (_source(mapping, record, hole) for hole in holes)
    return tuple(dict.fromkeys(other for other in others if other is not None))


def _first_possible(mapping: Mapping, record: Record) -> Call | None:
    """The first way to read it that the id and other records can fill; None if only a request's body or filter could."""
    return next(
        (call for call in record.reads if all(_fillable(mapping, record, hole) for hole in call.path.holes)), None
    )


def _fillable(mapping: Mapping, record: Record, hole: str) -> bool:
    own = _record(mapping, hole) == record.name
    return hole in _known(mapping) or not own


def _source(mapping: Mapping, record: Record, hole: str) -> str | None:
    """The other record that a hole's value is read from; None where it is known without."""
    other = _record(mapping, hole)
    return None if hole in _known(mapping) or other == record.name else other


def _record(mapping: Mapping, hole: str) -> str | None:
    name, dot, _ = hole.partition(".")
    return name if dot and name in mapping.records else None


def _known(mapping: Mapping) -> tuple[str, ...]:
    return mapping.id.holes if mapping.id is not None else ()


def _pick_holes(pick: Pick | None) -> Iterable[str]:
    return (hole for _, template in pick.conditions for hole in template.holes) if pick is not None else ()


def _at_hand(mapping: Mapping, name: str, have: frozenset[str]) -> bool:
    """Whether the record is there already, or stands in one that is."""
    place = mapping.records[name].stands_in
    return name in have or (place is not None and _at_hand(mapping, place.record, have))


def _refuse_walk(mapping: Mapping, record: Record) -> None:
    if record.over is not None and record.over.hole not in _known(mapping):
        raise Unsupported(
            "GW203",
            f"{mapping.name} cannot show this: nevisIDM would have to be asked about every {record.over.resource}.",
        )


def _read(mapping: Mapping, record: Record, reasons: tuple[Attr, ...]) -> Read:
    if any(group.source == record.name for group in mapping.lists):
        return Read(record.name, record.reads, record.stands_in, None, True, record.only, reasons)
    of = of_element(mapping, record.name)
    source = of.source if of is not None else None
    beside = not any(place.record == record.name for leaf in all_leaves(mapping) for place in leaf.idm.values())
    return Read(
        record.name, record.reads, record.stands_in, record.pick, False, record.only, reasons, source, beside=beside
    )
