"""What must be there once and nevisIDM lets be there twice: looked for before a create (a role granted to the same profile).

Only for ids of several fields that nobody writes and that are unique: those a mapping declares for this. Two creates at the very same
moment can both find nothing; nevisIDM offers no lock.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Refused
from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene, at, view
from gateway.nevisidm.run import Run
from gateway.operation.context import Context
from gateway.operation.search import search
from gateway.scim.request import ScimRequest, Wanted
from gateway.scim.tree import Attr, Compare

Json = Any


@kept
def guarded(mapping: Mapping) -> tuple[Leaf, ...]:
    """The attributes that the gateway itself keeps unique."""
    return tuple(
        leaf
        for leaf in mapping.leaves.values()
        if leaf.joined is not None and leaf.schema.mutability == "readOnly" and leaf.schema.uniqueness != "none"
    )


async def refuse_twin(
    records: Map[str, Json], request: ScimRequest, mapping: Mapping, scene: Scene, context: Context, run: Run
) -> None:
    """Raises Refused GW402 if the resource that `records` would make is there already."""
    for leaf in guarded(mapping):
        value = at(view(mapping, records, scene, frozenset((leaf.attr,))), leaf.attr)
        if value is None:
            continue
        asked = dataclasses.replace(
            request,
            operation="search",
            body={},
            filter=Compare(leaf.attr, "eq", value),
            wanted=Wanted(include=(Attr("id"),)),
            sort_by=None,
            start_index=1,
            count=1,
            cursor=None,
        )
        if (await search(asked, mapping, context, run)).total:
            raise Refused("GW402", f"There is such a {mapping.name} already. Search for it; delete it to make it anew.")
