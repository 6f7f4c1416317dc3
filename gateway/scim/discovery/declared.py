"""What is true of a type's attributes, all things considered: the one table from which /Schemas, the IDCS rows and OpenAPI are written.

An `Attribute` says what its mapping line says; what holds for a client follows from more than that: a sub-attribute of something readOnly
is readOnly, what is written but never read is never returned, a singular complex attribute with a mandatory part is mandatory itself, and
a filter is refused as soon as the whole or the part is hidden. All of that is settled here, so that nothing is declared which the
gateway does not keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.scim.dialect import Dialect
from gateway.scim.finish import completed, is_action, referring
from gateway.scim.ocid import attr_for
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
    """The attributes of a type's schemas, by URN (the type's own one first) and lower-case name.

    The common attributes of RFC 7643 section 3.1 belong to no schema; they are listed in Oracle's dialect only. `externalId` is listed
    always, because clients take it for writable where nothing is said. What an action answers is its own, so an action keeps its `id`.
    """
    if is_oracle(dialect):
        return shown(kind, dialect, refers)
    left_out = ("schemas",) if is_action(kind) else _COMMON
    core = {name: attribute for name, attribute in kind.core.items() if name not in left_out}
    return _settled_tables(core if is_action(kind) else {"externalid": _NO_EXTERNAL_ID} | core, kind, dialect, refers)


def shown(kind: ResourceType, dialect: Dialect, refers: References) -> Mapping[str, Table]:
    """The attributes that a resource on the wire may have, common ones included, by URN and lower-case name."""
    core = dict(completed(kind, dialect))
    # every body must name its schemas, so what the server answers anyway is mandatory here
    core["schemas"] = replace(core["schemas"], required=True, mutability="readWrite")
    return _settled_tables(core, kind, dialect, refers)


def _settled_tables(core: Table, kind: ResourceType, dialect: Dialect, refers: References) -> Mapping[str, Table]:
    settling = _Settling(kind, dialect, refers)
    extensions = {urn: settling.table(referring(table, dialect), urn) for urn, table in kind.extensions.items()}
    return {kind.schema: settling.table(core, None)} | extensions


@dataclass(frozen=True, slots=True)
class _Settling:
    """What decides about the attributes of one type in one dialect."""

    kind: ResourceType
    dialect: Dialect
    refers: References

    def table(self, attributes: Table, urn: str | None) -> Table:
        """The attributes of one schema; `urn` None: the type's own."""
        return {name: self.attribute(each, Attr(each.name, urn=urn)) for name, each in attributes.items()}

    def attribute(self, attribute: Attribute, attr: Attr) -> Attribute:
        """One attribute with its sub-attributes, every characteristic as it works out."""
        whole = self._one(attribute, None, attr)
        subs = {
            name: self._one(sub, whole, Attr(attr.name, sub.name, attr.urn)) for name, sub in attribute.subs.items()
        }
        return replace(whole, subs=subs, required=whole.required or _has_mandatory_part(whole, subs.values()))

    def _one(self, attribute: Attribute, parent: Attribute | None, attr: Attr) -> Attribute:
        mutability = _mutability(attribute, parent)
        return replace(
            attribute,
            mutability=mutability,
            returned=_returned(attribute, parent, mutability),
            required=attribute.required and attribute.default is None,
            filterable=is_searchable(attr, self.kind, self.dialect),
            reference_types=_reference_types(attribute, self.refers),
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


def always_there(attribute: Attribute) -> Attribute:
    """A settled attribute as the RFC's `required` speaks of resources: mandatory also where nevisIDM always has a value.

    A body may leave such a value out, and then nevisIDM chooses it; but taking it away is refused, which RFC 7644 section 3.5.2.2 asks for
    of what is required, and forbids of what is not (decision 015).
    """
    subs = {name: always_there(sub) for name, sub in attribute.subs.items()}
    filled = attribute.filled and attribute.default is None and attribute.mutability == "readWrite"
    required = attribute.required or filled or _has_mandatory_part(attribute, subs.values())
    return replace(attribute, subs=subs, required=required)


def is_searchable(attr: Attr, kind: ResourceType, dialect: Dialect) -> bool:
    """Whether a filter may name it: what `scim/binding.py` accepts, in a type that can be searched; an ocid is what it stands for."""
    if "search" not in kind.verbs:
        return False
    meant = attr_for(attr, dialect)
    steps = (kind.attribute(Attr(meant.name, urn=meant.urn)), kind.attribute(meant))
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
