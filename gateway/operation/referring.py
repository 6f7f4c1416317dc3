"""A create that refers to what is there already: looked up before, compared, and never taken on trust."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from gateway.errors import BadRequest, Refused
from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene, at, view
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.reading import read_records
from gateway.plan.plan import WritePlan
from gateway.plan.refer import References
from gateway.scim.comparison import is_present
from gateway.scim.element import same
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any


async def look_up(
    found: References, plan: WritePlan, body: Resource, mapping: Mapping, scene: Scene, run: Run
) -> dict[str, Json]:
    """The records that the create refers to, for the holes of its calls.

    Raises Refused GW405 for one that is not there, BadRequest GW111 where it is another one than the body says.
    """
    if not found.read.reads:
        return {}
    known = lookup_in(plan.bindings, scene.bindings)
    records = await read_records(found.read, run, known)
    for name in (read.record for read in found.read.reads):
        if records[name] is None:
            raise _nothing(mapping, body, name)
    seen = dataclasses.replace(scene, bindings={**scene.bindings, **plan.bindings})
    as_sent(view(mapping, {**found.writes, **records}, seen, frozenset(found.before)), body, found.before, mapping)
    return records


def as_sent(shown: Resource, body: Resource, attrs: Iterable[Attr], mapping: Mapping) -> None:
    """Raises BadRequest GW111 for an attribute that is shown otherwise than it was sent."""
    for attr in attrs:
        if not same(at(shown, attr), at(body, attr), mapping.leaves[attr].schema):
            raise BadRequest(
                "GW111", f"{attr} is not what nevisIDM has for the rest of the request. Correct it, or leave it out."
            )


def _nothing(mapping: Mapping, body: Resource, record: str) -> Refused:
    """A reference into the void, told by the attributes that made it."""
    names = [
        str(attr)
        for attr, leaf in mapping.leaves.items()
        if any(place.record == record for place in leaf.idm.values()) and is_present(at(body, attr))
    ]
    what = f"The value of {' and '.join(names)}" if names else "A value"
    return Refused("GW405", f"{what} refers to something that nevisIDM does not have. Correct the reference.")
