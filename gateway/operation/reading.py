"""Running a read plan: independent reads at once, lists page by page, one element picked where one is needed.

A record that is not there is None, whoever says so: a 404 of nevisIDM's own, an empty list, an object that lacks the place, or a record of
another type (`only`). Whether the resource then exists is for the caller to say. Every other refusal goes on upwards.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping as Map
from typing import Any, Protocol

from gateway.errors import Unsupported
from gateway.mapping.record import Only, Pick
from gateway.nevisidm.call import Call, Refusal, Reply
from gateway.nevisidm.template import Lookup, walk
from gateway.plan.plan import Read, ReadPlan

Json = Any


class Calls(Protocol):
    """Who makes the calls: a `Run`, or one that remembers what it was told."""

    async def call(self, call: Call, lookup: Lookup) -> Reply: ...


PAGES = 50
"""Pages of one list that are read for one record; with nevisIDM's default page that is far more than a resource has."""


async def read_records(
    plan: ReadPlan, run: Calls, known: Lookup, records: Map[str, Json] | None = None
) -> dict[str, Json]:
    """Every record of the plan, and those given; None for one that is not there.

    `known` fills the holes that come from the id, the tenant or a search hit, the records themselves the others. Raises Refusal;
    Unsupported GW205 where one element was needed and several fit; GW202 for an endless list.
    """
    found: dict[str, Json] = dict(records or {})
    waiting = [read for read in plan.reads if read.record not in found]
    if all(map(_stands, waiting[1:])):  # one call at most, as most resources need, and nothing to run side by side
        for read in waiting:
            found[read.record] = _stood(read, known, found) if _stands(read) else await _read(read, run, known, found)
        return found
    while waiting:
        ready = waiting if len(waiting) == 1 else _ready(waiting, known)
        values = await _side_by_side([_read(read, run, known, found) for read in ready])
        found.update(zip((read.record for read in ready), values, strict=True))
        waiting = [read for read in waiting if read.record not in found]
    return found


def _ready(waiting: list[Read], known: Lookup) -> list[Read]:
    """Those that need none of the others."""
    missing = {read.record for read in waiting}
    return [read for read in waiting if not _needs(read, known) & (missing - {read.record})] or waiting


def picked(items: list[Json], pick: Pick | None, lookup: Lookup) -> list[Json]:
    """The elements that `pick` means; all of them without one. A condition that nobody can fill fits nothing."""
    if pick is None:
        return list(items)
    wanted = [(keys, template.fill(lookup)) for keys, template in pick.conditions]
    return [
        item for item in items if all(text is not None and spelled(walk(item, keys)) == text for keys, text in wanted)
    ]


def belongs(record: Json, only: tuple[Only, ...]) -> bool:
    """Whether a record is one of this type's. A flag that nevisIDM left out is false."""
    return not only or all(_fits(walk(record, each.keys), each) for each in only)


def _needs(read: Read, known: Lookup) -> set[str]:
    """The records that its holes come from, as far as nothing else fills them."""
    if read.stands_in is not None:
        return {read.stands_in.record}
    holes: list[str] = []
    if not any(call.known(known) for call in read.calls):
        holes += [hole for call in read.calls for hole in call.path.holes]
    if read.pick is not None:
        holes += [hole for _, template in read.pick.conditions for hole in template.holes]
    return {hole.partition(".")[0] for hole in holes if known(hole) is None}


async def _side_by_side(reads: list[Any]) -> list[Json]:
    """The results in order. All end before the first failure, in that order, is raised: nothing runs on unobserved."""
    if len(reads) == 1:
        return [await reads[0]]
    values = await asyncio.gather(*reads, return_exceptions=True)
    for value in values:
        if isinstance(value, BaseException):
            raise value
    return values


async def _read(read: Read, run: Calls, known: Lookup, found: Map[str, Json]) -> Json:
    if read.each is not None:
        return await _of_each(read, read.each, run, known, found)
    if read.stands_in is not None:
        return _stood(read, known, found)
    lookup = _lookup(known, found) if found else known
    call = _call(read, lookup, found)
    if call is None:
        return None
    try:
        items = await listed(call, run, lookup)
    except Refusal as refusal:
        hidden = (
            refusal.status == 403 and read.beside and refusal.as_caller
        )  # not theirs to see: as nevisIDM leaves out fields
        if (refusal.status == 404 or hidden) and refusal.json:
            return None
        raise
    if not isinstance(items, list):
        return items if belongs(items, read.only) else None
    own = [item for item in items if belongs(item, read.only)]
    fitting = picked(own, read.pick, lookup)
    return fitting if read.many else _one(read, fitting)


async def _of_each(read: Read, source: str, run: Calls, known: Lookup, found: Map[str, Json]) -> list[Json]:
    """One record for every element of a list, side by side; the list may hold a record alone, or none."""
    value = found.get(source)
    elements = value if isinstance(value, list) else [] if value is None else [value]
    alone = dataclasses.replace(read, each=None)
    several = [
        _read(
            alone, run, known, {**found, **{name: _nth(each, index) for name, each in found.items()}, source: element}
        )
        for index, element in enumerate(elements)
    ]
    return await _side_by_side(several)


def _nth(value: Json, index: int) -> Json:
    """Of lists that run side by side the part of one element; anything else is the same for all."""
    return value if not isinstance(value, list) else value[index] if index < len(value) else None


async def listed(call: Call, run: Calls, lookup: Lookup) -> Json:
    """What a read brings: an object, or all elements of a list, page after page. Raises Refusal "broken" for anything else."""
    items: list[Json] = []
    page = call
    for _ in range(PAGES):
        reply = await run.call(page, lookup)
        found = reply.json
        if isinstance(found, dict | Map):  # the usual kind first: asking an abstract class costs more
            found = found.get("items", found)
            if isinstance(found, dict | Map):
                return found
        if not isinstance(found, list) or not all(isinstance(item, Map) for item in found):
            raise Refusal(call.name, "broken", reply.status, why=reply.oddity)
        items += found
        token = walk(reply.json, ("_pagination", "continuationToken"))
        if not token or not found:
            return items
        page = dataclasses.replace(call, query=(*call.query, ("continuationToken", str(token))))
    raise Unsupported("GW202", f"{call.name} has more than {PAGES} pages. Ask for fewer attributes.")


def _call(read: Read, lookup: Lookup, found: Map[str, Json]) -> Call | None:
    """The first alternative whose holes are known; None when what they would come from is not there.

    Raises KeyError if nobody was ever going to fill them: a planning fault.
    """
    for call in read.calls:
        if call.known(lookup):
            return call
    for call in read.calls:
        if any(hole.partition(".")[0] in found and lookup(hole) in (None, "") for hole in call.path.holes):
            return None
    raise KeyError(f"{read.record}: {read.calls[0].path.text}")


def _stands(read: Read) -> bool:
    """Whether the record is found in another one, without a call."""
    return read.stands_in is not None and read.each is None


def _stood(read: Read, known: Lookup, found: Map[str, Json]) -> Json:
    assert read.stands_in is not None
    value = _standing(read, found.get(read.stands_in.record))
    return value if read.pick is None or value is None else picked([value], read.pick, _lookup(known, found))


def _standing(read: Read, host: Json) -> Json:
    """A record inside another one. Where that exists and the place in it is empty, so is the record."""
    assert read.stands_in is not None
    if not isinstance(host, dict | Map):
        return None
    place = walk(host, read.stands_in.keys)
    value = {} if place is None else place
    return value if belongs(value, read.only) else None


def _one(read: Read, fitting: list[Json]) -> Json:
    if len(fitting) > 1:
        raise Unsupported("GW205", f"nevisIDM has {len(fitting)} records where the mapping expects one {read.record}.")
    return fitting[0] if fitting else None


def _lookup(known: Lookup, found: Map[str, Json]) -> Lookup:
    def find(name: str) -> Json:
        value = known(name)
        if value is not None:
            return value
        head, dot, rest = name.partition(".")
        return walk(found.get(head), rest.split(".")) if dot else None

    return find


def _fits(value: Json, only: Only) -> bool:
    if only.kind == "starts":
        return isinstance(value, str) and value.startswith(str(only.value))
    if only.kind == "contains":
        return isinstance(value, str) and str(only.value) in value
    if isinstance(only.value, frozenset):
        return spelled(value) in only.value
    same = (value is True) is only.value if isinstance(only.value, bool) else spelled(value) == str(only.value)
    return same if only.kind == "is" else not same


def spelled(value: Json) -> str | None:
    """A scalar as a mapping spells it: true, 5, text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
