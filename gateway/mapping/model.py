"""A mapping, compiled: what `load.py` makes of a YAML file and every later stage reads.

All names are resolved and all templates parsed; nothing here can be wrong in a way that lint did not see. Positions (`Place`) travel
with everything a person may be shown in `explain`, lint or an error.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Literal

from gateway.mapping.action import Action
from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup, Leaf, SlotGroup
from gateway.mapping.record import Over, Place, Record
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Route:
    """A way to find things. `call` None: the resource itself is read (`walk` with `over` only)."""

    name: str
    call: Call | None
    style: Literal["params", "plain", "lucene"]
    place: Place
    items: str | None = None  # the record that each hit is
    key: Map[str, str] = field(default_factory=dict)  # id part ("user.extId") → field of the hit ("extid")
    scope: Template | None = None
    guard: Map[str, Template] = field(default_factory=dict)
    over: Over | None = None
    since: tuple[str, ...] = ()  # releases, from the catalogue
    filters: frozenset[str] = frozenset()  # fields the catalogue knows as filterable ("*": any)
    inferred: frozenset[str] = frozenset()  # of those, the ones only inferred
    sorts: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()  # parameters without which it would not list everybody


@dataclass(frozen=True, slots=True)
class Search:
    """How lists are answered."""

    routes: tuple[Route, ...]
    scan: int = 1000
    calls: int = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an operation: a record name (`record`), or a call with whole record changes put into its body (`send`)."""

    place: Place
    record: str | None = None
    call: Call | None = None
    send: Map[str, str] = field(default_factory=dict)  # body key → record
    undo: Call | None = None


@dataclass(frozen=True, slots=True)
class SelfService:
    """What may run as the caller: `attr` must equal it."""

    attr: Attr
    at: str | None
    allow: frozenset[str]


@dataclass(frozen=True, slots=True)
class When:
    """The circumstances of an error row; None: does not matter. `rest`: every code that no other row of the shared table names."""

    any: bool = False
    codes: tuple[str, ...] | None = None
    rest: bool = False
    http: tuple[str, ...] | None = None  # "404", "5xx", "timeout", "unreachable", "broken"
    json: bool | None = None
    if_match: bool | None = None
    as_self: bool | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """Circumstances and what the client is told: either SCIM terms or an action's outcome."""

    when: When
    place: Place
    status: int | None = None  # None with `outcome` unset: the same as nevisIDM's
    scim_type: str | None = None
    message_id: str | None = None
    attribute: str | None = None
    tell: Literal["property", "definition", "rules", "missing"] | None = None
    retry_after: int | Literal["reply"] | None = None
    alarm: bool = False
    outcome: str | None = None
    field: tuple[str, ...] = ()  # of nevisIDM's record: whichever attribute stands on it is named


@dataclass(frozen=True, slots=True)
class Mapping:
    """One SCIM resource type in terms of nevisIDM."""

    name: str
    type: ResourceType
    place: Place
    description: str
    id: Template | None
    aliases: Map[str, str]  # "nevis" → URN
    records: Map[str, Record]
    leaves: Map[Attr, Leaf]  # singular attributes and sub-attributes, in file order
    slots: Map[Attr, SlotGroup]  # by the multi-valued attribute
    each: Map[Attr, EachGroup]
    search: Search | None
    operations: Map[str, tuple[Step, ...]]
    self_service: SelfService | None = None
    action: Action | None = None
    errors: tuple[ErrorRow, ...] = ()
    required: frozenset[Attr] = frozenset()
    hidden: frozenset[Attr] = frozenset()  # what a caller's roles hide: it counts in no version (`version.as_seen`)
    id_place: Place | None = None
    group: str = "others"  # of addresses, whose rates the settings say

    @property
    def lists(self) -> tuple[EachGroup, ...]:
        """All lists that `each` attributes show, one by one."""
        return tuple(each for group in self.each.values() for each in group.lists)


@dataclass(frozen=True, slots=True)
class Mappings:
    """All mappings of a gateway, by resource name, and the shared error rows."""

    by_name: Map[str, Mapping]
    errors: tuple[ErrorRow, ...]
    codes: Map[str, tuple[int, ...]]  # nevisIDM's 162 codes → the statuses the catalogue knows for each
    absent: Map[str, str] = field(default_factory=dict)  # IDCS's addresses that nothing serves, in lower case → why

    def types(self) -> Map[str, ResourceType]:
        """The resource types by the lower-case first segment of their address: what routing needs."""
        return _types(self)


@kept
def _types(mappings: Mappings) -> Map[str, ResourceType]:
    return {mapping.type.endpoint.strip("/").lower(): mapping.type for mapping in mappings.by_name.values()}
