"""The filter tree: what a SCIM filter (RFC 7644 section 3.4.2.2) means, as immutable values.

One canonical form, whatever parser made it: `and`/`or` chains are flat, operators are lower case, `x[f].y op v` has become
`x[f and y op v]`, parentheses are gone. Everything behind the parser (binding, matching, planning, printing, PATCH paths) works on
these classes only. Nothing here knows an attribute's type; `bind` in `scim/binding.py` adds that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gateway.swift import swift

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Value = str | bool | int | float | datetime | None
"""A filter's right-hand side. `datetime` (aware) appears only after binding, on attributes of type dateTime."""


@dataclass(frozen=True, slots=True)
class Attr:
    """An attribute path: `urn` only for an extension (core URNs are dropped by binding), `sub` only for a sub-attribute.

    Inside a value path (`Within`) the names are relative: `emails[type eq "work"]` holds `Attr("type")`.
    """

    name: str
    sub: str | None = None
    urn: str | None = None

    def __str__(self) -> str:
        dotted = f"{self.name}.{self.sub}" if self.sub else self.name
        return f"{self.urn}:{dotted}" if self.urn else dotted


@swift
@dataclass(frozen=True, slots=True)
class Compare:
    """`attr op value`."""

    attr: Attr
    op: Operator
    value: Value = field(repr=False)  # a client's, so never in a log


@swift
@dataclass(frozen=True, slots=True)
class Present:
    """`attr pr`."""

    attr: Attr


@swift
@dataclass(frozen=True, slots=True)
class Not:
    """`not (term)`."""

    term: Filter


@swift
@dataclass(frozen=True, slots=True)
class And:
    """All terms hold; at least two, none of them an `And`."""

    terms: tuple[Filter, ...]


@swift
@dataclass(frozen=True, slots=True)
class Or:
    """One term holds; at least two, none of them an `Or`."""

    terms: tuple[Filter, ...]


@swift
@dataclass(frozen=True, slots=True)
class Within:
    """`attr[filter]`: one value of the multi-valued (or complex) `attr` satisfies the whole of `filter`."""

    attr: Attr
    filter: Filter


Filter = Compare | Present | Not | And | Or | Within


@dataclass(frozen=True, slots=True)
class Path:
    """A PATCH path (RFC 7644 section 3.5.2): `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`.

    `filter` set and a tail: the tail is in `tail`, `attr.sub` is None then. `attr` may name a whole extension: `Attr("", urn=URN)`.
    """

    attr: Attr
    filter: Filter | None = None
    tail: str | None = None
