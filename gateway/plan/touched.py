"""Which attributes a write may touch, and so what must be read before it: pure.

A PATCH touches what its edits name. A PUT touches what it sends and what it clears by leaving it out: everything a client is shown
unasked. What is returned on request only and was not sent, its sender could not have seen, so it is left alone and not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map

from gateway.scim.request import Edit, Json, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr


def touched(request: ScimRequest) -> frozenset[Attr]:
    """The top-level attributes (never a part of one) that a replace or modify may change or must compare."""
    if request.operation == "replace":
        return frozenset((*_sent(request.body, request.type), *_cleared(request.type)))
    return frozenset(attr for edit in request.edits for attr in _edited(edit, request.type))


def _edited(edit: Edit, kind: ResourceType) -> Iterator[Attr]:
    """What one edit names: an attribute, or a whole extension (Attr("", urn=URN)) that is removed."""
    if edit.path is None:
        yield from _sent(edit.value, kind)
    else:
        yield Attr(edit.path.attr.name, None, edit.path.attr.urn)


def _sent(body: Map[str, Json], kind: ResourceType) -> Iterator[Attr]:
    for name, value in body.items():
        if name not in kind.extensions:
            yield Attr(name)
        elif isinstance(value, Map):
            yield from (Attr(inner, None, name) for inner in value)


def _cleared(kind: ResourceType) -> Iterator[Attr]:
    for urn, table in (("", kind.core), *kind.extensions.items()):
        for attribute in table.values():
            if attribute.returned in ("always", "default") and attribute.mutability != "readOnly":
                yield Attr(attribute.name, None, urn or None)
