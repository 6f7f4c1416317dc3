"""If-Match and If-None-Match of a request against what was read (RFC 7644 section 3.14), in the parts that their tags speak of.

Another type may stand on the same records (a UserStatusChanger on a User); a tag that came from there is understood here, too: what it
speaks of is read as that type reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.errors import BadRequest
from gateway.mapping.model import Mapping
from gateway.mapping.version import as_seen, named_parts, parts, records_of, twins, version_of
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.context import Context
from gateway.operation.reading import read_records
from gateway.operation.scene import tenant_table
from gateway.plan.read import plan_read
from gateway.scim.conditional import BETWEEN, still
from gateway.scim.request import ScimRequest

if TYPE_CHECKING:
    from gateway.operation.get import Loaded


def compared(request: ScimRequest, mapping: Mapping) -> frozenset[str]:
    """The parts of the version that are compared before anything is done, and so read: what the tags of the request speak of.

    Of a read's If-None-Match only what is shown counts.
    """
    tags = (request.if_match,) if request.operation == "get" else (request.if_match, request.if_none_match)
    return named_parts(mapping, *tags)


def elsewhere(request: ScimRequest, other: Mapping, mapping: Mapping) -> frozenset[str]:
    """The same of another type on the same records, as far as this one does not have them."""
    return named_parts(other, request.if_match, request.if_none_match) - parts(mapping).keys()


async def check_condition(request: ScimRequest, mapping: Mapping, context: Context, run: Run, loaded: Loaded) -> None:
    """Raises BadRequest GW117 if the resource, as it was loaded for this request, is not what the request's sender expects.

    A read that has what it would be shown is no error: `scim/reply.py` answers its If-None-Match.
    """
    if request.if_match is None and request.if_none_match is None:
        return
    own = str(loaded.resource.get("meta", {}).get("version") or "")
    version = BETWEEN.join([own, *await _elsewhere(request, mapping, context, run, loaded)])
    if request.if_match is not None and not still(request.if_match, version):
        raise BadRequest("GW117", "The resource has changed since it was read. Read it again and repeat the change.")
    if request.operation == "get":
        return
    if request.if_none_match is not None and still(request.if_none_match, version):
        raise BadRequest("GW117", "The resource still is what If-None-Match excludes, so it was not changed.")


async def _elsewhere(request: ScimRequest, mapping: Mapping, context: Context, run: Run, loaded: Loaded) -> list[str]:
    """The parts that only other types on the same records have."""
    found: list[str] = []
    types = {kind.name: kind for kind in context.types(request.caller).values()}
    for twin in twins(mapping, context.mappings.by_name):
        other = as_seen(twin, types[twin.name])
        keys = elsewhere(request, other, mapping)
        if keys:
            plan = plan_read(other, records_of(other, keys))
            known = lookup_in({**tenant_table(request, context), **loaded.bindings})
            at_hand = {name: loaded.records[name] for name in shared(loaded.records, mapping, other)}
            records = await read_records(plan, run, known, at_hand)
            found.append(version_of(other, records, context.now(), keys) or "")
    return found


def shared(names: Iterable[str], mapping: Mapping, other: Mapping) -> frozenset[str]:
    """Those of the records that the other type reads by the same call under the same name."""
    both = (name for name in names if name in other.records)
    return frozenset(name for name in both if _calls(mapping, name) == _calls(other, name) != [])


def _calls(mapping: Mapping, name: str) -> list[tuple[str, str]]:
    return [(call.method, call.path.text) for call in mapping.records[name].reads]
