"""What one mapping needs for one choice of attributes, worked out once: the reads and the view.

Most requests ask for the same few choices. The memory is small, holds nothing of any resource, and makes answers faster, never different.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mapping.apart import apart_records
from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.mapping.version import free_parts, records_of, shown_parts
from gateway.mapping.view import Show, records_for, viewer
from gateway.plan.plan import ReadPlan
from gateway.plan.read import identity, plan_read
from gateway.scim.tree import Attr

_MOST = 256


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a resource is read and shown, its version in the parts asked for. Without every record of `identity` there is no resource."""

    mapping: Mapping
    plan: ReadPlan
    identity: frozenset[str]
    show: Show
    several: bool
    """Whether more than one call is made, so that two could be the same."""


_memory: dict[tuple[int, frozenset[Attr], frozenset[str]], Prepared] = {}
remember(_memory)


def prepared(mapping: Mapping, attrs: frozenset[Attr], compared: frozenset[str] = frozenset()) -> Prepared:
    """The preparation for these attributes. Raises Unsupported for attributes that this mapping cannot read one resource at a time.

    `compared`: parts of the version that are read besides, to compare them; what costs nothing is in every version.
    """
    key = (id(mapping), attrs, compared)  # the entry keeps its mapping alive, so an id cannot be given to another one
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= _MOST:
            _memory.clear()
        must = identity(mapping)
        records = records_for(mapping, attrs) | must | (records_of(mapping, compared) - apart_records(mapping))
        parts = shown_parts(mapping, attrs) | free_parts(mapping) | compared
        plan = plan_read(mapping, records)
        several = sum(1 for read in plan.reads if read.calls) > 1 or any(read.each for read in plan.reads)
        found = Prepared(mapping, plan, must, viewer(mapping, attrs, parts), several)
        _memory[key] = found
    return found
