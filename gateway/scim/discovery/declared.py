"""What is true of a type's attributes, all things considered: the one table from which /Schemas, the IDCS rows and OpenAPI are written.

An `Attribute` says what its mapping line says; what holds for a client follows from more than that: a sub-attribute of something readOnly
is readOnly, what is written but never read is never returned, a singular complex attribute with a mandatory part is mandatory itself, and
a filter is refused as soon as the whole or the part is hidden. All of that is settled here, so that nothing is declared which the
gateway does not keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gateway.scim.dialect import Dialect
from gateway.scim.finish import completed, is_action, referring
from gateway.scim.schema import Attribute, Mutability, ResourceType, Returned
from gateway.scim.tree import Attr

Table = Mapping[str, Attribute]
References = Mapping[str, str]
"""Resource type names by the lower-case segment of their address: a mapping says where a `$ref` leads, the RFC wants what it is."""

_COMMON = ("schemas", "id", "meta")
_NO_EXTERNAL_ID = Attribute(
    "externalId", mutability="readOnly", case_exact=True, description="This resource type keeps no externalId."
)
_FREE = "A free map: any name is allowed, and each holds {}."


def is_oracle(dialect: Dialect) -> bool:
    """Whether discovery speaks Oracle's way: common attributes listed, idcs* characteristics, action types among the resource types.

    A dialect that adds Oracle's common attributes to every resource declares them, too; there is no dialect with one and not the other.
    """
    return dialect.common_attributes


def references(types: Mapping[str, ResourceType]) -> References:
    """The names to use in `referenceTypes`, from the types by address segment."""
    return {segment: kind.name for segment, kind in types.items()}


def declared(kind: ResourceType, dialect: Dialect, refers: References) -> Mapping[str, Table]:
    """The attributes of a type as a client meets them, by URN (the type's own one first) and lower-case name.

    The common attributes of RFC 7643 section 3.1 belong to no schema; they are listed in Oracle's dialect only. `externalId` is listed
    always, because clients take it for writable where nothing is said. What an action answers is its own, so an action keeps its `id`.
    """
    tables = {kind.schema: _core(kind, dialect)}
    tables |= {urn: referring(table, dialect) for urn, table in kind.extensions.items()}
    return {
        urn: _settled_table(table, kind, urn if urn in kind.extensions else None, refers)
        for urn, table in tables.items()
    }


def _core(kind: ResourceType, dialect: Dialect) -> Table:
    if not is_oracle(dialect):
        left_out = ("schemas",) if is_action(kind) else _COMMON
        shown = {name: attribute for name, attribute in kind.core.items() if name not in left_out}
        return shown if is_action(kind) else {"externalid": _NO_EXTERNAL_ID} | shown
    core = dict(completed(kind, dialect))
    # every body must name its schemas, so what the server answers anyway is mandatory here
    core["schemas"] = replace(core["schemas"], required=True, mutability="readWrite")
    return core


def _settled_table(table: Table, kind: ResourceType, urn: str | None, refers: References) -> Table:
    return {name: settled(each, kind, Attr(each.name, urn=urn), refers) for name, each in table.items()}


def settled(attribute: Attribute, kind: ResourceType, attr: Attr, refers: References) -> Attribute:
    """One attribute with its sub-attributes, every characteristic as it works out."""
    shown = _settled(attribute, None, kind, attr, refers)
    subs = {
        name: _settled(sub, shown, kind, Attr(attr.name, sub.name, attr.urn), refers)
        for name, sub in attribute.subs.items()
    }
    return replace(shown, subs=subs, required=shown.required or _has_mandatory_part(shown, subs.values()))


def _settled(
    attribute: Attribute, parent: Attribute | None, kind: ResourceType, attr: Attr, refers: References
) -> Attribute:
    mutability = _mutability(attribute, parent)
    return replace(
        attribute,
        mutability=mutability,
        returned=_returned(attribute, parent, mutability),
        required=attribute.required and attribute.default is None,
        filterable=is_searchable(attr, kind),
        reference_types=_reference_types(attribute, refers),
        description=_description(attribute),
    )


def _mutability(attribute: Attribute, parent: Attribute | None) -> Mutability:
    if parent is None or parent.mutability == "readWrite" or attribute.mutability == "readOnly":
        return attribute.mutability
    return parent.mutability if attribute.mutability == "readWrite" else attribute.mutability


def _returned(attribute: Attribute, parent: Attribute | None, mutability: Mutability) -> Returned:
    hidden = mutability == "writeOnly" or (parent is not None and parent.returned == "never")
    return "never" if hidden else attribute.returned


def _has_mandatory_part(whole: Attribute, parts: Iterable[Attribute]) -> bool:
    """A body without it lacks the part (`scim/intake.py`), although the mapping calls only the part required."""
    if whole.multi_valued or whole.mutability == "readOnly":
        return False
    return any(part.required and part.mutability != "readOnly" for part in parts)


def is_searchable(attr: Attr, kind: ResourceType) -> bool:
    """Whether a filter may name it: what `scim/binding.py` accepts, in a type that can be searched. What only the dialect adds is not."""
    if "search" not in kind.verbs:
        return False
    steps = (kind.attribute(Attr(attr.name, urn=attr.urn)), kind.attribute(attr))
    return all(each is not None and _is_open_to_filters(each) for each in steps)


def _is_open_to_filters(attribute: Attribute) -> bool:
    hidden = attribute.secret or attribute.returned == "never" or attribute.mutability == "writeOnly"
    return attribute.filterable and not hidden


def _reference_types(attribute: Attribute, refers: References) -> tuple[str, ...]:
    """RFC 7643 section 7: names of resource types, else `external` or `uri`. A type that nobody mapped is just some address."""
    if attribute.type != "reference":
        return ()
    known = {"external", "uri", *refers.values()}
    names = (each if each in known else refers.get(each.lower(), "uri") for each in attribute.reference_types)
    return tuple(dict.fromkeys(names)) or ("uri",)


def _description(attribute: Attribute) -> str:
    if not attribute.open:
        return attribute.description
    return " ".join(
        filter(None, (attribute.description, _FREE.format("strings" if attribute.open_multi else "a string")))
    )
