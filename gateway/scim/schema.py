"""What an attribute and a resource type are (RFC 7643 sections 2, 7 and 6), as immutable values.

Made from a mapping file by `mapping/schema.py`, read by everybody: binding, matching, PATCH, projection, discovery. Names keep the
case in which they are declared; look-ups ignore case (RFC 7643 section 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.scim.tree import Attr

Kind = Literal["string", "boolean", "integer", "decimal", "dateTime", "binary", "reference", "complex"]
Mutability = Literal["readWrite", "readOnly", "immutable", "writeOnly"]
Returned = Literal["always", "default", "request", "never"]
Uniqueness = Literal["none", "server", "global"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute with its characteristics; a complex one has `subs`, keyed by lower-case name.

    `open` marks a complex attribute that is a free map: any sub-attribute name is legal and holds a string (or strings,
    where `open_multi` says so); such names keep their case. `filterable` False: a filter on it is 400 invalidFilter.
    `filled`: it always has a value, so it can be changed but not taken away.
    `only_new`: nothing but a create can give it a value; without one it stays without.
    `apart` marks values that are kept one by one and listed nowhere: an answer never shows them unless it was asked for them.
    `once`: only the answer to the POST that made the resource shows it, for RFC 7643 has no such word of its own.
    """

    name: str
    type: Kind = "string"
    multi_valued: bool = False
    required: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    case_exact: bool = False
    canonical: tuple[str, ...] = ()
    subs: Mapping[str, Attribute] = field(default_factory=dict)
    description: str = ""
    reference_types: tuple[str, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    default: str | bool | int | None = None
    filterable: bool = True
    secret: bool = False
    once: bool = False
    open: bool = False
    open_multi: bool = False
    composite_key: tuple[str, ...] = ("value",)
    apart: bool = False
    filled: bool = False
    only_new: bool = False

    def sub(self, name: str) -> Attribute | None:
        """The sub-attribute of that name, whatever its case; in a free map every name is one."""
        found = self.subs.get(name.lower())
        if found is None and self.open:
            return Attribute(
                name, mutability=self.mutability, returned=self.returned, case_exact=True, multi_valued=self.open_multi
            )
        return found


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Where callers find what is theirs (RFC 7644 section 3.11): one resource (`single`: "/Me"), or a collection, as a person sees it.

    `verbs`: the operations that it offers.
    """

    endpoint: str
    single: bool
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a caller may do with a type: operations, and the attributes it may write as pairs of (nothing but, not) by rule."""

    verbs: frozenset[str]
    writes: tuple[tuple[frozenset[str] | None, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A SCIM resource type: its core attributes and, by URN, those of its extensions (both keyed by lower-case name).

    `name` is meta.resourceType, `endpoint` its address ("/Users"), `verbs` the operations it offers:
    get, search, create, replace, modify, delete (an action type offers just the one verb of its mapping). `alone`: a search in all types
    leaves it out unless it names types. `match`: the attributes by which a POST may look for a resource that is there (`matching.py`).
    """

    name: str
    endpoint: str
    schema: str
    description: str
    core: Mapping[str, Attribute]
    extensions: Mapping[str, Mapping[str, Attribute]]
    verbs: frozenset[str]
    required_extensions: frozenset[str] = frozenset()
    own: OwnAddress | None = None
    allowed: Allowed | None = None  # in a caller's picture of the type (`rights.py`); None: everything
    alone: bool = False
    match: tuple[Attr, ...] = ()

    @property
    def put_only(self) -> bool:
        """Whether a PUT is all that it offers, so that nobody can have read what a body leaves out."""
        return self.verbs == {"replace"}

    @property
    def own_only(self) -> bool:
        """Whether it stands nowhere but at the address where callers find what is theirs."""
        return self.own is not None and self.own.endpoint.lower() == self.endpoint.lower()

    @property
    def tells_once(self) -> bool:
        """Whether the answer to a POST may hold what is never told again."""
        tables = (self.core, *self.extensions.values())
        return any(each.once for table in tables for each in table.values())

    def urn(self, text: str) -> str | None:
        """The declared spelling of an extension's URN, "" for the type's own URN, None for a stranger. Case is ignored."""
        if text in self.extensions:
            return text
        if ":" not in text:  # as every URN has, and hardly any name
            return None
        wanted = text.lower()
        if wanted == self.schema.lower():
            return ""
        return next((urn for urn in self.extensions if urn.lower() == wanted), None)

    def attribute(self, attr: Attr) -> Attribute | None:
        """The attribute (or sub-attribute) that a canonical or raw path names; None if there is none."""
        table: Mapping[str, Attribute] | None = self.core
        if attr.urn:
            urn = self.urn(attr.urn)
            table = None if urn is None else self.core if urn == "" else self.extensions[urn]
        top = table.get(attr.name.lower()) if table is not None else None
        return top if top is None or attr.sub is None else top.sub(attr.sub)
