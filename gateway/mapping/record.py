"""The records of nevisIDM that a compiled mapping names (`model.py`): what they are read and written by, and where their fields stand."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `User.yaml:40:7`."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Field:
    """A record path: `user.name.familyName` is Field("user", ("name", "familyName")). `open`: it ended in `.*` (a free map).

    A free map of record `properties` is Field("properties", (), open=True): all keys of the record that no attribute maps.
    """

    record: str
    keys: tuple[str, ...]
    open: bool = False

    def __str__(self) -> str:
        return ".".join((self.record, *self.keys, *(("*",) if self.open else ())))


@dataclass(frozen=True, slots=True)
class Pick:
    """Which element of a list reply is meant: `items[field=value]`, by several conditions if need be."""

    conditions: tuple[tuple[tuple[str, ...], Template], ...]


@dataclass(frozen=True, slots=True)
class Only:
    """A condition on a record's field: which records belong to the type."""

    keys: tuple[str, ...]
    kind: Literal["is", "starts", "contains", "not", "in"]
    value: str | bool | int | frozenset[str]


@dataclass(frozen=True, slots=True)
class Write:
    """How a record is created, updated or deleted. `send` None: the body is the record's changes; else key → template.

    `values`: field → value, as text → the call that brings it, instead of this one.
    """

    call: Call
    send: Map[str, Template] | None = None
    values: Map[tuple[str, ...], Map[str, Call]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Over:
    """A hole filled from every resource of another type: `over: { token.userExtId: User.id }`.

    `where`: only from those whose attribute equals a value: the attribute as the other mapping spells it → template.
    """

    hole: str
    resource: str
    where: Map[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One nevisIDM record of the type.

    `reads`: alternatives, the first whose holes are known is used; empty with `stands_in` None: write-only. `stands_in` is the place in
    another record where this one is found (`user.properties`; the whole record for `read: profile`).
    """

    name: str
    place: Place
    reads: tuple[Call, ...] = ()
    stands_in: Field | None = None
    create: Write | None = None
    update: Write | None = None
    delete: Write | None = None
    pick: Pick | None = None
    fill: Map[tuple[str, ...], Template | bool | int] = field(default_factory=dict)
    only: tuple[Only, ...] = ()
    missing_create: bool = False
    over: Over | None = None
    final: Map[tuple[str, ...], frozenset[Any]] = field(default_factory=dict)  # values that nothing leads back from

    @property
    def readable(self) -> bool:
        """Whether it can be read at all (passwords cannot)."""
        return bool(self.reads) or self.stands_in is not None
