"""Bodies of POST and PUT as canonical resources: declared names, nested extensions, checked values.

Whatever spelling a client chose (any case, `URN:attribute` keys, dotted keys, string booleans: named leniencies), later stages see one
form. An attribute that the type does not have is refused, or left out and named in the log (a leniency); common attributes that
only the server writes (`schemas`, `id`, `meta`, those of IDCS) may come back as they were read.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import BadRequest
from gateway.scim.demanded import demanded
from gateway.scim.dialect import ALL_LENIENCIES, Dialect, Leniency
from gateway.scim.finish import Identified, is_echo, server_made
from gateway.scim.names import nameable, unknown_attribute
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr
from gateway.scim.value import Reading, read_value, wrong

Found = tuple[Attr, Attribute]
"""A key of a body, resolved: its canonical path and what is declared there."""


def read_resource(
    body: Resource, kind: ResourceType, dialect: Dialect, *, creating: bool, left_out: list[str] | None = None
) -> Resource:
    """The body with canonical names and values, extensions below their declared URN, without `schemas`.

    `creating` drops readOnly attributes; otherwise they stay, for the comparison with what is stored. Raises GW101 (an attribute twice),
    GW111 (a value), GW112 (no `schemas`), GW119 (an unknown attribute). With the leniency for it, `left_out` takes the names of unknown
    attributes instead.
    """
    if "unknown_attributes" not in dialect.leniencies:
        left_out = None
    how = Reading.of(dialect, creating=creating, left_out=left_out)
    resource: Resource = {}
    for urn, key, raw in entries(body, kind):
        found = find(key, kind, dialect.leniencies, urn)
        if found is not None:
            attr, attribute = found
            if attribute.mutability != "readOnly" or not is_echo(attr, dialect):
                label = attr.name if attr.urn is None and attr.sub is None else str(attr)
                _store(resource, attr, read_value(raw, attribute, label, how), kind)
        elif raw not in (None, [], {}) and (urn or not server_made(key, dialect)):
            _leave_out(key, urn, kind, left_out)  # without a value (RFC 7643 section 2.5) nothing would be lost
    _check_schemas(body, resource, kind, left_out)
    return resource


def missing_required(resource: Resource, kind: ResourceType) -> tuple[str, ...]:
    """The names of `lacking`, as a client writes them."""
    return tuple(map(str, lacking(resource, kind)))


def lacking(resource: Resource, kind: ResourceType) -> list[Attr]:
    """The required attributes that a client can write and the resource lacks, as declared, in order.

    A required sub-attribute counts for each value of a multi-valued parent, and always for a singular one: that is how mappings say that
    `name.familyName` must be there. Those of an extension count when it is required or present.
    """
    missing: list[Attr] = []
    for urn, demands in demanded(Identified(kind)):
        holder = resource.get(urn) if urn else resource
        if holder or not urn or urn in kind.required_extensions:
            for each in demands:
                missing += each.missing(holder or {})
    return missing


def require(resource: Resource, kind: ResourceType) -> None:
    """Raises GW112 naming every required attribute that is missing."""
    if missing := missing_required(resource, kind):
        raise _without(missing)


def entries(body: Resource, kind: ResourceType) -> Iterator[tuple[str | None, str, Json]]:
    """(URN or None, key, value) of every member but `schemas`; objects below a URN are opened ("" is the type's own URN).

    scim2-client puts `schemas` into them, too; the URN above has said it already.
    """
    for key, raw in body.items():
        urn = kind.urn(key)
        if urn is None:
            if key.lower() != "schemas":
                yield None, key, raw
        elif isinstance(raw, dict):
            yield from ((urn, inner, value) for inner, value in raw.items() if inner.lower() != "schemas")
        elif raw is not None:
            raise wrong(key, "an object")


def find(key: str, kind: ResourceType, leniencies: frozenset[Leniency], urn: str | None = None) -> Found | None:
    """What a body's key names: an attribute, with `dotted_keys` a sub-attribute, with `urn_keys` either after its URN."""
    found = _find_in(key, urn or "", kind, leniencies)
    if found is not None or urn is not None or "urn_keys" not in leniencies:
        return found
    low = key.lower()
    for own in sorted((kind.schema, *kind.extensions), key=len, reverse=True):
        if low.startswith(f"{own.lower()}:"):
            return _find_in(key[len(own) + 1 :], kind.urn(own) or "", kind, leniencies)
    return None


def _leave_out(key: str, urn: str | None, kind: ResourceType, left_out: list[str] | None) -> None:
    """Note what the type does not have. Raises GW119 where it is not to be left out, or would be known but for its spelling."""
    if left_out is None or find(key, kind, ALL_LENIENCIES, urn) is not None:
        raise unknown(key, kind)
    left_out.append(nameable(f"{urn}:{key}" if urn else key))


def unknown(key: str, kind: ResourceType) -> BadRequest:
    """GW119 for a key that `find` does not find, with the nearest name that it would."""
    known = [each.name for table in (kind.core, *kind.extensions.values()) for each in table.values()]
    return unknown_attribute("GW119", key, kind.name, known)


def check_message(body: Resource, urn: str, name: str) -> None:
    """A protocol message (PatchOp, SearchRequest) must name its URN in `schemas`. Raises GW101."""
    schemas = member(body, "schemas")
    named = [text.lower() for text in schemas if isinstance(text, str)] if isinstance(schemas, list) else []
    if urn.lower() not in named:
        raise BadRequest("GW101", f'schemas of a {name} must be ["{urn}"].')


def member(body: Resource, name: str) -> Json:
    """A member of a protocol message, whatever its case; None if there is none."""
    if name in body:
        return body[name]
    return next((value for key, value in body.items() if key.lower() == name.lower()), None)


def _find_in(key: str, urn: str, kind: ResourceType, leniencies: frozenset[Leniency]) -> Found | None:
    table = kind.extensions[urn] if urn else kind.core
    top = table.get(key.lower())
    if top is not None:
        return Attr(top.name, urn=urn or None), top
    name, dot, rest = key.partition(".")
    parent = table.get(name.lower()) if dot and "dotted_keys" in leniencies else None
    sub = parent.sub(rest) if parent is not None else None
    return (Attr(parent.name, sub.name, urn or None), sub) if parent is not None and sub is not None else None


def _store(resource: Resource, attr: Attr, value: Json, kind: ResourceType) -> None:
    if attr.sub is not None:
        parent = kind.attribute(Attr(attr.name, urn=attr.urn))
        if parent is not None and parent.multi_valued:
            raise wrong(str(Attr(attr.name, urn=attr.urn)), "an array of values")
    if value is None:
        return
    holder = resource.setdefault(attr.urn, {}) if attr.urn else resource
    value = {attr.sub: value} if attr.sub is not None else value
    present = holder.get(attr.name)
    if present is None:
        holder[attr.name] = value
    elif isinstance(present, dict) and isinstance(value, dict) and not present.keys() & value.keys():
        present |= value
    else:
        raise BadRequest("GW101", f"{attr} stands in the body twice.")


def _check_schemas(body: Resource, resource: Resource, kind: ResourceType, left_out: list[str] | None) -> None:
    """RFC 7643 section 3: `schemas` names the type and nothing strange. Absent, it is one of the missing attributes."""
    schemas = member(body, "schemas")
    if left_out is not None and isinstance(schemas, list):
        strange = [urn for urn in schemas if isinstance(urn, str) and kind.urn(urn) is None]
        left_out += (urn for urn in map(nameable, strange) if urn not in left_out)
        schemas = [urn for urn in schemas if urn not in strange] or strange
    if schemas is None or schemas == []:
        raise _without(("schemas", *missing_required(resource, kind)))
    if "" not in known_urns(schemas, kind):
        raise BadRequest("GW111", f"schemas must contain '{kind.schema}'.")


def known_urns(schemas: Json, kind: ResourceType) -> list[str | None]:
    """The declared URNs that a client's `schemas` name, "" for the type's own. Raises GW111 for anything else in it."""
    if not isinstance(schemas, list) or not all(isinstance(urn, str) for urn in schemas):
        raise wrong("schemas", "an array of URNs")
    known = [kind.urn(urn) for urn in schemas]
    if None in known:
        raise BadRequest("GW111", f"schemas names a URN that {kind.name} does not have; see /ResourceTypes.")
    return known


def _without(missing: tuple[str, ...]) -> BadRequest:
    return BadRequest("GW112", f"Missing required attribute(s): {','.join(missing)}.")
