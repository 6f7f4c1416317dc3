"""POST with `match`: one request that finds a resource, brings it up to date, or makes it; sent again, it writes nothing (decision 012).

Looked for by what the body says, one attribute after the other; the first that finds somebody decides. Only then it is created, under ids
that follow from what was looked for: of two requests at once nevisIDM refuses one, which then finds what the other made. What was begun and
got lost is not taken back but finished by the repetition, since somebody else may have finished it meanwhile.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal

import orjson

from gateway.errors import BadRequest, Refused, Unsupported
from gateway.mapping.identity import compose_id
from gateway.mapping.leaf import SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.place import place_of
from gateway.mapping.put import changes
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.change import change
from gateway.operation.context import Answer, Context
from gateway.operation.create import create
from gateway.operation.get import get, load_resource
from gateway.operation.scene import scene_of, tenant_table
from gateway.operation.search import search
from gateway.operation.turn import held, taken, turn
from gateway.plan.chosen import ChosenIds
from gateway.plan.filled import chosen_ids
from gateway.scim.element import same
from gateway.scim.matching import sent, value_in
from gateway.scim.request import Edit, Json, Match, Resource, ScimRequest, Trait, Wanted
from gateway.scim.schema import Attribute
from gateway.scim.tree import And, Attr, Compare, Path, Within

CONFLICTS = (409, 422)
TRIES = 3


async def provision(request: ScimRequest, match: Match, mapping: Mapping, context: Context, run: Run) -> Answer:
    """201 with a new resource, 200 with the one that is there.

    Raises Refused GW402 where several fit, or the place is taken by one that is somebody else's by now; and what create and change raise.
    """
    seed = _seed(match, mapping)
    async with held(context.turns, f"{context.tenant.ext_id} {mapping.name} match {seed}", run):
        run.remember()
        found = await find(request, match, mapping, context, run)
        if found is None:
            ids = ChosenIds(context.tenant.ext_id, mapping.name, seed)
            try:
                return await create(request, mapping, dataclasses.replace(context, new_id=ids), run)
            except (Refusal, Refused) as refused:
                status = refused.status
                found = await _faster(request, match, mapping, context, run, seed) if status in CONFLICTS else None
                if found is None:
                    raise
        return await _up_to_date(request, match, mapping, context, run, found, seed)


async def _up_to_date(
    request: ScimRequest, match: Match, mapping: Mapping, context: Context, run: Run, found: str, seed: str
) -> Answer:
    """The resource that is there, with what the body says; looked at again where somebody else is at the same."""
    if match.existing == "keep":
        asked = dataclasses.replace(request, operation="get", id=found, body={}, match=None)
        return await get(dataclasses.replace(asked, if_match=None, if_none_match=None), mapping, context, run)
    dialect = dataclasses.replace(request.dialect, leniencies=request.dialect.leniencies | {"unmatched_path_creates"})
    wish = dataclasses.replace(
        request,
        operation="modify",
        id=found,
        body={},
        edits=tuple(edits(request.body, mapping, match)),
        dialect=dialect,
        if_match=None,
        if_none_match=None,
    )
    for attempt in range(TRIES):
        ids = ChosenIds(context.tenant.ext_id, mapping.name, seed, found)
        if taken(context.turns, context.tenant.ext_id, mapping, found):
            run.forget()
        try:
            async with turn(context.turns, context.tenant.ext_id, mapping, found, run):
                return await change(wish, mapping, dataclasses.replace(context, new_id=ids), run)
        except Refusal as refusal:
            if refusal.status not in CONFLICTS or attempt == TRIES - 1:
                raise
            run.forget()
    raise AssertionError("the last attempt answers or raises")


async def find(request: ScimRequest, match: Match, mapping: Mapping, context: Context, run: Run) -> str | None:
    """The id of the one resource that an attribute finds, the first attribute that finds any. Raises Refused GW402 for several."""
    for sought in match.sought:
        found: set[str] = set()
        for test in sought.filters:
            asked = dataclasses.replace(
                request,
                operation="search",
                body={},
                filter=test,
                wanted=Wanted(include=(Attr("id"),)),
                sort_by=None,
                start_index=1,
                count=2,
                cursor=None,
                match=None,
            )
            try:
                answer = await search(asked, mapping, context, run)
            except Unsupported as error:
                raise (_too_many(sought, mapping) if error.code.code == "GW202" else error) from None
            found |= {str(each["id"]) for each in answer.resources or ()}
        if len(found) > 1:
            raise Refused(
                "GW402",
                f"Several {mapping.name} resources have these values of {sought.attr}. Tell them apart in nevisIDM.",
            )
        if found:
            return found.pop()
    return None


async def _faster(
    request: ScimRequest, match: Match, mapping: Mapping, context: Context, run: Run, seed: str
) -> str | None:
    """After a refused create: who is there by now. What this very request made before has the id that it would choose again.

    Raises Refused GW402 if that one has other values now of what was looked for: it may be somebody else's.
    """
    found = await find(request, match, mapping, context, run)
    if found is not None:
        return found
    table = lookup_in(tenant_table(request, context))
    changed = changes(mapping, {}, request.body, {}, scene_of(request, context), creating=True)
    ids = ChosenIds(context.tenant.ext_id, mapping.name, seed)
    own = compose_id(mapping, lookup_in(chosen_ids(mapping, changed, table, ids), tenant_table(request, context)))
    if own is None:
        return None
    attr = match.sought[0].attr
    asked = dataclasses.replace(request, operation="get", body={}, match=None, if_match=None, if_none_match=None)
    asked = dataclasses.replace(asked, wanted=Wanted(include=(Attr("id"), attr)))
    try:
        resource = (await load_resource(asked, mapping, context, run, own)).resource
    except BadRequest:
        return None
    attribute = mapping.type.attribute(attr)
    assert attribute is not None, "it was bound before"
    if not _may_be(value_in(resource, attr), value_in(request.body, attr), attribute):
        raise Refused(
            "GW402",
            f"The {mapping.name} that was made for this value of {attr} has another one now. Give it one of the two, or delete it.",
        )
    return own


def _too_many(sought: Trait, mapping: Mapping) -> Unsupported:
    return Unsupported(
        "GW202",
        f"nevisIDM cannot look these values of {sought.attr} up among so many {mapping.name} resources. "
        "Let match name what it can look up, or by a filter those of the values that it can.",
    )


def _may_be(there: Json, said: Json, attribute: Attribute) -> bool:
    """Whether a resource has nothing, or the same, of what was looked for."""
    if there in (None, [], ""):
        return True
    if isinstance(there, list):
        return any(same(one, other, attribute) for one in there for other in said)
    return same(there, said, attribute)


def _seed(match: Match, mapping: Mapping) -> str:
    """What was looked for first, as text: whoever looks for the same has the same seed."""
    sought = match.sought[0]
    whole = sought.filters[0]
    terms = whole.filter if isinstance(whole, Within) else whole
    tests = terms.terms if isinstance(terms, And) else (terms,)
    said = []
    for test in tests:
        if isinstance(test, Compare):
            within = Attr(sought.attr.name, test.attr.name, sought.attr.urn) if test is not whole else sought.attr
            attribute = mapping.type.attribute(within)
            exact = attribute is None or attribute.case_exact
            said.append(test.value if exact or not isinstance(test.value, str) else test.value.casefold())
    return orjson.dumps([str(sought.attr), *said]).decode()


def edits(body: Resource, mapping: Mapping, match: Match) -> Iterator[Edit]:
    """The body as a PATCH that sets what it says and leaves the rest."""
    op: Literal["add", "replace"] = "replace" if match.existing == "replace" else "add"
    looked_for = {each.attr for each in match.sought}
    for attr, attribute, value in sent(mapping.type, body):
        slots = mapping.slots.get(attr)
        if slots is not None and op == "add":
            yield from _in_slots(slots, value)
        elif attr in looked_for and attribute.multi_valued:
            yield Edit("add", Path(attr), value)  # the one that it was found by must not cost it the others
        else:
            yield Edit(op, Path(attr), value)


def _in_slots(group: SlotGroup, values: list[Resource]) -> Iterator[Edit]:
    """Each value in the place of the one that has its slot; what fits none is added, and refused where that has no place."""
    for value in values:
        number = place_of(group, value)
        told = (
            {}
            if number is None
            else {name: each for name, each in group.slots[number].constants.items() if name != "primary"}
        )
        terms = tuple(Compare(Attr(name), "eq", each) for name, each in told.items())
        if not terms:
            yield Edit("add" if number is None else "replace", Path(group.attr), [value])
        else:
            yield Edit("add", Path(group.attr, terms[0] if len(terms) == 1 else And(terms)), value)
