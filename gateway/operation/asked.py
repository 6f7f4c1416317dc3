"""What a search asks of each resource, worked out once for a type and a choice of attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.mapping.apart import Apart
from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.mapping.version import shown_parts
from gateway.plan.beside import in_part, wanted_of
from gateway.plan.search import shown
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr

_MOST = 128
_memory: dict[Any, tuple[Asked, Any]] = {}  # what is known by identity stands in the entry, so that it stays

remember(_memory)


@dataclass(frozen=True, slots=True)
class Asked:
    """The attributes that may be shown, the parts of their version (none where only a page or a choice of a list is shown), and the lists
    among them whose elements stand apart."""

    wanted: frozenset[Attr]
    versions: frozenset[str]
    apart: tuple[Apart, ...]


def asked_of(request: ScimRequest, mapping: Mapping) -> Asked:
    """What a request asks of each resource."""
    wanted = request.wanted
    if wanted.filters or wanted.windows:
        return _asked(request, mapping)
    key = id(mapping), wanted.include, wanted.exclude, wanted.sets, id(request.type), id(request.dialect)
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= _MOST:
            _memory.clear()
        found = _memory[key] = _asked(request, mapping), (mapping, request.type, request.dialect)
    return found[0]


def _asked(request: ScimRequest, mapping: Mapping) -> Asked:
    wanted = shown(request)
    versioned = Attr("meta", "version") in wanted and not in_part(mapping, wanted, request.wanted)
    versions = shown_parts(mapping, wanted) if versioned else frozenset()
    return Asked(wanted, versions, tuple(wanted_of(mapping, wanted)))
