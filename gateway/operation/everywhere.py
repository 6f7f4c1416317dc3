"""Searching all resource types at once: one search per type, joined to one page with the exact total.

Unsorted, the types stand one behind the other, and each is asked for its part of the page only. Sorted, the first rows of every type are
needed, as many as the page's end is far; beyond what a page may hold that is refused, because every page would cost more than the last.
"""

from __future__ import annotations

import dataclasses

from gateway.errors import Unsupported
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Answer, Context
from gateway.scim.everywhere import Everywhere
from gateway.scim.order import ordered
from gateway.scim.request import Resource, ScimRequest, Wanted
from gateway.scim.tree import Attr

Found = list[tuple[ScimRequest, Resource]]


async def search_everywhere(everywhere: Everywhere, context: Context, run: Run) -> tuple[Found, int]:
    """The page's resources, each with the search that found it, and the exact total.

    A type for which this nevisIDM has no call, because it is older than the type, has no resources, unless the filter names types.
    Raises Unsupported GW202 where one of the types cannot be answered exactly, or the sorted page ends too far.
    """
    if everywhere.searches and everywhere.searches[0].sort_by is not None:
        return await _sorted(everywhere, context, run)
    found: Found = []
    total = 0
    for request in everywhere.searches:
        start, count = max(1, everywhere.start_index - total), everywhere.count - len(found)
        part = dataclasses.replace(request, start_index=start, count=count)
        answer = await _of_type(part, everywhere, context, run)
        found += [(request, each) for each in answer.resources or ()]
        total += answer.total or 0
    return found, total


async def _of_type(request: ScimRequest, everywhere: Everywhere, context: Context, run: Run) -> Answer:
    """One type's part, as plain objects: they are sorted and cut beside those of other types.

    Raises what a search of that type raises; where that is too much to read, the cure is to leave the type out.
    """
    try:
        return (await operate(request, context, run)).plain()
    except Unsupported as error:
        if error.code.code == "GW204" and not everywhere.named:
            return Answer(200, resources=(), total=0)
        if error.code.code != "GW202":
            raise
        name = request.type.name
        cure = f'{error.detail} That is about {name}; to leave it out, add: and not (meta.resourceType eq "{name}").'
        raise Unsupported("GW202", cure) from None


async def _sorted(everywhere: Everywhere, context: Context, run: Run) -> tuple[Found, int]:
    first = everywhere.searches[0]
    by, most = first.sort_by, first.dialect.max_count
    assert by is not None
    end = everywhere.start_index - 1 + everywhere.count
    if end > most:
        raise Unsupported(
            "GW202", f"Sorted pages of all types end at resource {most}. Search one type, or leave sortBy out."
        )
    found: dict[int, ScimRequest] = {}
    rows: list[Resource] = []
    total = 0
    for request in everywhere.searches:
        asked = dataclasses.replace(request, start_index=1, count=end, wanted=_with(request.wanted, by))
        answer = await _of_type(asked, everywhere, context, run)
        for each in answer.resources or ():
            found[id(each)] = request
            rows.append(each)
        total += answer.total or 0
    page = ordered(rows, by, first.descending, first.type)[everywhere.start_index - 1 : end]
    return [(found[id(each)], each) for each in page], total


def _with(wanted: Wanted, by: Attr) -> Wanted:
    """What is wanted, and what to sort by: the rows are cut down to the former afterwards."""
    include = (*(wanted.include or ()), by) if wanted.narrowed else None
    exclude = tuple(each for each in wanted.exclude if each.name != by.name)
    return dataclasses.replace(wanted, include=include, exclude=exclude)
