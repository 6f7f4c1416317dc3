"""A SCIM request as a value: what every later stage reads, whatever HTTP spelling it came in.

`scim/parse.py` makes it from method, path, query and body; nothing behind it sees HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.scim.dialect import Dialect
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Filter, Path
from gateway.scim.window import Window
from gateway.swift import swift

Json = Any  # a JSON value: None, bool, int, float, str, list, dict
Resource = dict[str, Any]  # a resource as on the wire, extension attributes below their URN

Operation = Literal["get", "search", "create", "replace", "modify", "delete", "act"]


@swift
@dataclass(frozen=True, slots=True)
class Wanted:
    """Which attributes an answer shall carry (RFC 7644 section 3.9; IDCS attributeSets).

    `include` None: no explicit list. Names are bound (canonical case). `filters` holds the value filter of an entry such as
    `members[type eq "User"]`, by its attribute; `windows` the page of one such as `members[startIndex=1&count=10]`.
    """

    include: tuple[Attr, ...] | None = None
    exclude: tuple[Attr, ...] = ()
    sets: frozenset[str] = frozenset()
    filters: Mapping[Attr, Filter] = field(default_factory=dict)
    windows: Mapping[Attr, Window] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether the request chose its attributes itself."""
        return self.include is not None or bool(self.sets)

    @property
    def nothing(self) -> bool:
        """Whether nobody looks at the resource: no client can ask for that, for an answer has at least what is always returned."""
        return self.include == () and not self.sets


@dataclass(frozen=True, slots=True)
class Edit:
    """One PATCH operation: `op` add, remove or replace; `path` bound; `value` as sent."""

    op: Literal["add", "remove", "replace"]
    path: Path | None
    value: Json = field(default=None, repr=False)


@swift
@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `subject` is the caller's name in logs and audit; `authorization` its own nevisIDM login, if it acts with its own rights.

    Such a login has been checked by nobody yet: nevisIDM does that with the first call. `roles` are what a caller of the gateway's may do,
    `tenant` the nevisIDM client that it is bound to (None: the usual one).
    """

    subject: str
    address: str = ""
    authorization: str | None = field(default=None, repr=False)
    x_token: str | None = field(default=None, repr=False)
    roles: frozenset[str] = frozenset()
    tenant: str | None = None

    @property
    def is_self(self) -> bool:
        """Whether it acts with its own nevisIDM login instead of the gateway's account."""
        return self.authorization is not None


@dataclass(frozen=True, slots=True)
class Trait:
    """One attribute by which a POST looks for what may be there: the filters that its values in the body make."""

    attr: Attr
    filters: tuple[Filter, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """What a POST looks for before it creates, in that order; `existing`: what becomes of a resource that is there (`matching.py`)."""

    sought: tuple[Trait, ...]
    existing: Literal["merge", "replace", "keep"] = "merge"


@swift
@dataclass(frozen=True, slots=True)
class ScimRequest:
    """One operation on one resource type. `body` is the resource of POST and PUT with canonical attribute names.

    `own`: it came to the address where callers find what is theirs, such as /Me; there `id` may be None until the caller is known.
    `minimal`: the sender wants no representation back (RFC 7240); `wanted` is narrowed to the version then.
    `left_out`: names in the body that the type does not have.
    `seed`: of a request that may be a repetition (opc-retry-token), the same each time: new ids are made of it. With it a create may say
    in `id` what the first record that gets a made-up id shall be called.
    `cursor`: pages by cursor (RFC 9865), "" for the first one; None: pages by index.
    `match`: a POST that looks first, and so can be repeated.
    """

    operation: Operation
    type: ResourceType
    dialect: Dialect
    base: str  # absolute, without trailing slash: https://host/admin/v1
    caller: Caller
    request_id: str
    id: str | None = None
    filter: Filter | None = None
    sort_by: Attr | None = None
    descending: bool = False
    start_index: int = 1
    count: int = 50
    wanted: Wanted = field(default_factory=Wanted)
    body: Resource = field(default_factory=dict, repr=False)
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    if_match: str | None = None
    if_none_match: str | None = None
    own: bool = False
    minimal: bool = False
    left_out: tuple[str, ...] = ()
    cursor: str | None = field(default=None, repr=False)
    match: Match | None = None
    seed: str | None = field(default=None, repr=False)
