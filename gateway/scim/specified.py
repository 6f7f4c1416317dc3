"""What a write has said of attributes that are returned on request only: its answer shows them (RFC 7643 section 7, `returned`).

So a client that sets such an attribute sees what became of it, and one that does not costs no call to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gateway.scim.request import Edit, Json, Resource, Wanted
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

_DEFAULT = frozenset(("default",))


def with_specified(wanted: Wanted, kind: ResourceType, body: Resource, edits: Iterable[Edit]) -> Wanted:
    """What the answer to a write shall carry: what was asked for, else the default and what was written."""
    if wanted.narrowed:
        return wanted
    named = dict.fromkeys((*_in_body(body, kind), *_in_edits(edits, kind)))
    return replace(wanted, include=tuple(named), sets=_DEFAULT) if named else wanted


def _in_body(body: Resource, kind: ResourceType) -> Iterator[Attr]:
    if not body:
        return
    yield from _in_table(body, kind.core, None)
    for urn, table in kind.extensions.items():
        if body.get(urn):
            yield from _in_table(body[urn], table, urn)


def _in_table(values: Resource, table: Mapping[str, Attribute], urn: str | None) -> Iterator[Attr]:
    for attribute in table.values():
        value = values.get(attribute.name)
        if value is None:
            continue
        if attribute.apart:
            continue  # who adds one member of a million does not want to see them all
        if attribute.returned == "request":
            yield Attr(attribute.name, urn=urn)
        if attribute.returned != "never":
            yield from (Attr(attribute.name, sub, urn) for sub in _subs_on_request(value, attribute))


def _subs_on_request(value: Json, attribute: Attribute) -> Iterator[str]:
    said = {name for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict) for name in each}
    yield from (sub.name for sub in attribute.subs.values() if sub.returned == "request" and sub.name in said)


def _in_edits(edits: Iterable[Edit], kind: ResourceType) -> Iterator[Attr]:
    for edit in edits:
        if edit.path is None:
            continue
        path = edit.path.attr
        attr = path if edit.path.tail is None else Attr(path.name, edit.path.tail, path.urn)
        named = kind.attribute(attr)
        if named is None:
            continue
        whole = Attr(attr.name, urn=attr.urn)
        top = kind.attribute(whole)
        if top is not None and top.apart:
            continue
        if named.returned == "request":
            yield attr
        elif attr.sub is not None and _is_on_request(kind, whole):
            yield whole
        if attr.sub is None:
            yield from (Attr(attr.name, sub, attr.urn) for sub in _subs_on_request(edit.value, named))


def _is_on_request(kind: ResourceType, attr: Attr) -> bool:
    found = kind.attribute(attr)
    return found is not None and found.returned == "request"
