"""One resource from nevisIDM's bytes to what its reader sees, in one pass, where one record holds all that is asked (`mapping/row.py`).

That is what most reads are: a user by its id. What is not (several records, an element picked from a list, a version to compare) and what
does not come as it should goes the usual way (`get.py`), with the answer that has come.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.mapping.apart import aparts
from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.mapping.row import Choice, Rows, rows_of
from gateway.mapping.version import free_parts, shown_parts
from gateway.nevisidm.call import Call
from gateway.operation.prepared import prepared
from gateway.plan.plan import Read
from gateway.scim.project import demand
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr

Json = Any
_MOST = 128
_HEADERS = frozenset((Attr("meta", "location"), Attr("meta", "version")))
"""What is told in headers, too, and so must be among what is shown."""


@dataclass(frozen=True, slots=True)
class Single:
    """How one such resource is read: the record's name, its call, whose answer is a struct with its bytes, and what shows that."""

    record: str
    call: Call
    rows: Rows


_memory: dict[Any, tuple[Single | None, Any]] = {}  # what is known by identity stands in the entry, so that it stays
remember(_memory)


def single_of(request: ScimRequest, mapping: Mapping) -> Single | None:
    """How the resource is read, worked out once; None where it takes more than one record, or is not all told."""
    wanted = request.wanted
    if request.if_match is not None or wanted.filters or wanted.windows:
        return None
    key = id(mapping), id(wanted), id(request.type), id(request.dialect)
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= _MOST:
            _memory.clear()
        found = _memory[key] = _single_of(request, mapping), (mapping, wanted, request.type, request.dialect)
    return found[0]


def plain(body: bytes) -> Json:
    """An answer's record as it is read the usual way; None where it is no record alone."""
    found = orjson.loads(body)
    return found if type(found) is dict and "items" not in found else None


def _single_of(request: ScimRequest, mapping: Mapping) -> Single | None:
    attrs = demand(request.wanted, request.type, request.dialect)
    ready = prepared(mapping, attrs)
    first, *others = ready.plan.reads or (Read(""),)
    if aparts(mapping) or ready.identity != {first.record} or not attrs >= _HEADERS:
        return None
    alone = len(first.calls) == 1 and first.stands_in is None
    if not alone or any(not each.stands_in for each in others) or not all(map(_is_plain, ready.plan.reads)):
        return None
    choice = Choice(frozenset((Attr("id"),)), attrs, shown_parts(mapping, attrs) | free_parts(mapping))
    rows = rows_of(mapping, first.record, choice, request.wanted, request.type, request.dialect)
    if rows is None:
        return None
    one = rows.one
    return Single(first.record, dataclasses.replace(first.calls[0], reader=lambda body: (one(body), body)), rows)


def _is_plain(read: Read) -> bool:
    return read.pick is None and not read.many and not read.only and read.each is None and not read.beside
