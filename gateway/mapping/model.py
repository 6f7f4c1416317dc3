"""A mapping, compiled: what `load.py` makes of a YAML file and every later stage reads.

All names are resolved and all templates parsed; nothing here can be wrong in a way that lint did not see. Positions (`Place`) travel
with everything a person may be shown in `explain`, lint or an error.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.mapping.kept import kept
from gateway.mapping.lens import Lens
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr, Filter

Json = Any


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


@dataclass(frozen=True, slots=True)
class Leaf:
    """One attribute without sub-attributes of its own, and where its value comes from.

    Exactly one of `idm` and `origin` is set, or neither (an action's request attribute). `idm` has the key "" for a plain lens, the lens's
    targets otherwise, and the names of its holes for an id put together of several fields (`joined`). `origin` is a template or constant;
    in actions one per way (key), "" for all; with `by` one per value of that field. `routes` says what the attribute is called on a route
    that is not its record's own (None: not on that route); `searchable` False: 400 invalidFilter.
    `made`: the gateway makes the value of a new one itself, of that many characters. `refers`: the type whose ids it is said to hold.
    """

    attr: Attr
    schema: Attribute
    place: Place
    lens: Lens
    idm: Map[str, Field] = field(default_factory=dict)
    origin: Map[str, Template | bool | int] = field(default_factory=dict)
    routes: Map[str, str | None] = field(default_factory=dict)
    searchable: bool = True
    joined: Template | None = None
    by: Field | None = None
    made: int | None = None
    refers: str | None = None

    @property
    def first(self) -> Field | None:
        """The field that is shown: the only one, or the first target; None for what is put together of several."""
        return next(iter(self.idm.values()), None) if self.joined is None else None

    @property
    def writable(self) -> bool:
        """Whether a client's value can reach nevisIDM through this leaf."""
        return bool(self.idm) and not self.lens.read_only and self.schema.mutability != "readOnly"

    @property
    def kept_back(self) -> bool:
        """Whether nobody needs to see it: it is only written, told elsewhere, or a secret that is neither returned nor changed."""
        hidden = self.schema.secret and self.schema.returned == "never" and not self.writable
        return hidden or self.schema.mutability == "writeOnly" or self.schema.once


@dataclass(frozen=True, slots=True)
class Slot:
    """One fixed place of a multi-valued attribute: constants that identify it, leaves by sub-attribute name."""

    constants: Map[str, str | bool]
    leaves: Map[str, Leaf]
    place: Place


@dataclass(frozen=True, slots=True)
class SlotGroup:
    """A multi-valued attribute made of slots."""

    attr: Attr
    schema: Attribute
    slots: tuple[Slot, ...]
    unmatched: Literal["reject", "drop"]
    place: Place


@dataclass(frozen=True, slots=True)
class EachGroup:
    """A multi-valued attribute with one value per element of a list: a record's, or in actions a path such as `subject.idcs:appRoles`.

    `leaves` by sub-attribute name; `copies` True: `appRoles.*` copies whatever the element has. `keep`: request attribute → sub-attribute
    that must equal it. `asked`: the request attribute that must be true. `parts`: it is made of several lists, each a group of its own;
    then `source` is "", and of several leaves of one name it has the first.
    """

    attr: Attr
    schema: Attribute
    source: str
    leaves: Map[str, Leaf]
    place: Place
    copies: bool = False
    keep: Map[str, str] = field(default_factory=dict)
    asked: str | None = None
    parts: tuple[EachGroup, ...] = ()

    @property
    def lists(self) -> tuple[EachGroup, ...]:
        """The lists that it is made of: itself, if that is one."""
        return self.parts or (self,)


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


Means = Map[str, Map[str, str]]  # field (dotted) → value as text, or "past"/"future" → outcome or "ok"


@dataclass(frozen=True, slots=True)
class Find:
    """Action step: one resource by another mapping's search. `where` is bound by the engine against that mapping's type."""

    resource: str
    by_attribute: Template
    among: Map[str, str]  # name in the request → SCIM attribute of the other type; the first is the default
    value: Template
    where: Filter | None
    name: str
    none: str | None
    many: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Do:
    """Action step: a call. `means` with an "ok" in a table is closed: any other value is nevisIDM's failure.

    `when`: names and the values, as text, that they must have. `each`: the name whose elements it is done for, one by one.
    """

    call: Call
    name: str
    send: Map[str, Template]
    pick: Pick | None
    none: str | None
    many: str | None
    means: Means
    place: Place
    when: Map[str, tuple[str, ...]] = field(default_factory=dict)
    each: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Action step: look again at what has that name (a found resource in SCIM terms, or a reply)."""

    subject: str
    means: Means
    place: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action may end. `bare`: without the common data."""

    name: str
    detail: str
    message_id: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An action type: named ways, gone through in order; the first that finds its subject is gone to the end."""

    ways: Map[str, tuple[Find | Do | Check, ...]]
    outcomes: Map[str, Outcome]
    status: int
    data: Map[str, Template | bool]
    uniform: str | None
    rate_key: tuple[str, ...] = ()
    rate: str | None = None


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
