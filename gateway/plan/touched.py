"""Which attributes a write may touch, and so what must be read before it: pure.

A PATCH touches what its edits name. A PUT touches what it sends and what it clears by leaving it out: everything a client is shown
unasked. What is returned on request only and was not sent, its sender could not have seen, so it is left alone and not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from gateway.plan.carried import attrs_of
from gateway.scim.request import Edit, Json, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within


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


@dataclass(frozen=True, slots=True)
class Named:
    """Which values of a list a write speaks of: their keys, and whether of all the others, too."""

    keys: tuple[str, ...] = field(default=(), repr=False)
    whole: bool = False


def named_values(request: ScimRequest, attr: Attr, key: str) -> Named:
    """The values of a list that a write can tell by their key (`key`: that sub-attribute); `whole` where it speaks of every one.

    Adding and removing single values names them; `replace` of the list, `remove` of it and any filter that does not fix the key do not.
    """
    if request.operation != "modify":
        body = request.body.get(attr.urn, {}) if attr.urn else request.body
        return Named(_keys_of(body.get(attr.name), key), request.operation == "replace" and attr.name in body)
    edits = [edit for edit in request.edits if edit.path is not None and _means(edit.path.attr, attr)]
    found = [_named(edit, key) for edit in edits]
    keys = dict.fromkeys(name for each in found for name in each.keys)
    return Named(tuple(keys), any(each.whole for each in found))


def selected_by(request: ScimRequest, attr: Attr) -> frozenset[Attr]:
    """What the filters in a PATCH's paths look at, of the values of this list."""
    filters = (each.path.filter for each in request.edits if each.path is not None and _means(each.path.attr, attr))
    return frozenset(
        Attr(attr.name, each.name, attr.urn) for tree in filters if tree is not None for each in attrs_of(tree)
    )


def keys_in(tree: Filter, key: str) -> tuple[str, ...] | None:
    """The keys that a value filter fixes (`value eq "a" or value eq "b"`); None if it may fit others, too."""
    match tree:
        case Compare(attr=attr, op="eq", value=str(value)) if attr.name == key:
            return (value,)
        case And(terms):
            return next((found for term in terms if (found := keys_in(term, key)) is not None), None)
        case Or(terms):
            several = [keys_in(term, key) for term in terms]
            known = [found for found in several if found is not None]
            return tuple(dict.fromkeys(name for found in known for name in found)) if len(known) == len(terms) else None
    return None


def _means(edited: Attr, attr: Attr) -> bool:
    """Whether an edit's path leads to the attribute; a whole extension (`Attr("", urn=URN)`) to all of its own."""
    return edited.urn == attr.urn and edited.name in ("", attr.name)


def _named(edit: Edit, key: str) -> Named:
    assert edit.path is not None
    keys = _keys_of(edit.value, key)
    if edit.path.filter is not None:
        fixed = keys_in(edit.path.filter, key)
        return Named((*(fixed or ()), *keys), fixed is None)
    values = edit.value if isinstance(edit.value, list) else [edit.value]
    if edit.path.attr.sub is not None or edit.op == "replace" or not edit.path.attr.name:
        return Named(keys, whole=True)
    if edit.op == "remove":  # without a value all are meant; one that does not say its key can be any
        return Named(keys, edit.value is None or not all(_keys_of(value, key) for value in values))
    return Named(keys)


def _keys_of(values: Json, key: str) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values]
    found = (value.get(key) for value in listed if isinstance(value, Map))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def keys_asked(tree: Filter, attr: Attr, key: str) -> tuple[str, ...] | None:
    """The keys that decide a filter of a resource, as far as it looks at this list; None where other values may decide it, too."""
    match tree:
        case Compare(attr=asked) | Present(attr=asked) if not _means(asked, attr):
            return ()
        case Compare(attr=asked, op="eq", value=str(value)) if asked.sub == key:
            return (value,) if value else None
        case Within(attr=asked, filter=inner):
            return keys_in(inner, key) if _means(asked, attr) else ()
        case Not(term):
            return keys_asked(term, attr, key)
        case And(terms) | Or(terms):
            found = [keys_asked(term, attr, key) for term in terms]
            known = [each for each in found if each is not None]
            return tuple(name for each in known for name in each) if len(known) == len(found) else None
    return None
