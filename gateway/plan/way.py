"""What a search plan is made of, as values: printable before it runs, executed by `operation/search.py`.

A `Way` is one route with what it is asked; a `SearchPlan` is the chosen way, every other one with the reason, and what is read
for the rows of the page. Holes of calls stand open until they run: `fixed` says what the filter put into them.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.mapping.apart import Apart
from gateway.mapping.model import Route
from gateway.mapping.record import Only, Over
from gateway.nevisidm.call import Call
from gateway.plan.plan import ReadPlan
from gateway.scim.tree import Attr, Filter
from gateway.swift import swift


@swift
@dataclass(frozen=True, slots=True)
class Pushed:
    """One condition as nevisIDM gets it. `parameter` is the name by which it is mistrusted; `source` None: it is the mapping's `only`."""

    text: str = field(repr=False)
    parameter: str
    value: str = field(repr=False)
    exact: bool
    source: Filter | None = None
    only: Only | None = None
    place: Literal["query", "path", "order"] = "query"


@swift
@dataclass(frozen=True, slots=True)
class Listing:
    """One list call. `lucene` is the pushed query, to which the route's scope is added when it runs."""

    call: Call
    pushed: tuple[Pushed, ...] = ()
    fixed: Map[str, str] = field(default_factory=dict, repr=False)
    lucene: str | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """What goes to nevisIDM of the filter: `loginId_IEQ=a&userState=active`, or the Lucene text."""
        if self.lucene is not None:
            return self.lucene
        return "&".join(each.text for each in self.pushed)


@dataclass(frozen=True, slots=True)
class Order:
    """An ordered scan: sorted by a field that is always set, read until `stop` (the bound that ends it) no longer holds."""

    parameter: str  # sortBy's value: lastModified_DESC
    backwards: str  # the other direction, for the look at the far end
    attr: Attr
    descending: bool
    stop: Filter


@dataclass(frozen=True, slots=True)
class Lead:
    """A list read first, because a hole of the listing's path comes from its elements: a user's profiles before their grants."""

    record: str
    call: Call


@swift
@dataclass(frozen=True, slots=True)
class Paging:
    """Whether page, order and total are nevisIDM's or made here, and why here. `sort` is sortBy's value, if it is pushed.

    `sure` False: nevisIDM's order may differ from RFC 7644's (case, rows without a value), so it is only used for more rows than can be
    sorted here.
    """

    pushed: bool
    reason: str = ""
    sort: str | None = None
    sure: bool = True


@swift
@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer: what a route is asked, what is left to check here, and what that costs."""

    route: Route
    listings: tuple[Listing, ...]
    left: Filter | None
    unpushed: int
    check: Filter | None  # what every hit must satisfy
    on_hits: bool  # what is left can be checked on the hits themselves
    union: bool = False
    order: Order | None = None
    lead: Lead | None = None
    over: Over | None = None
    only_pushed: bool = True
    paging: Paging = field(default_factory=lambda: Paging(False))
    carried: frozenset[Attr] = frozenset()  # of what is checked, the attributes that a hit shows by itself
    before: ReadPlan = field(
        default_factory=lambda: ReadPlan(())
    )  # records to read of each hit before it can be checked or sorted
    elements: tuple[Apart, ...] = ()  # lists of elements that stand apart and must be known before a hit can be checked
    after: ReadPlan = field(default_factory=lambda: ReadPlan(()))  # further records of the page's rows
    limit: int = 1000  # rows asked for per call
    bulk: int = 1000  # the same, where all rows are read
    scan: int = 1000
    calls: int = 100
    counted: bool = False  # the list is asked for its total
    selfread: bool = False  # no list: the resource itself is read

    @property
    def consistent(self) -> bool:
        """Whether nevisIDM answers from its database, not from an index behind it."""
        return self.route.style != "lucene"

    @property
    def steady(self) -> bool:
        """Whether it is one list, of the resources themselves, that nevisIDM's token reads on from any page."""
        several = self.union or self.lead is not None or self.over is not None
        return self.consistent and not several and not self.selfread

    @property
    def whole(self) -> bool:
        """Whether no row of the list is dropped here, unless nevisIDM breaks its word."""
        return self.left is None and self.order is None and self.only_pushed

    @property
    def cost(self) -> int:
        """nevisIDM calls to find the hits, as far as a plan can tell: for comparing ways."""
        by_hit = self.calls if self.before.reads or self.elements else 0
        if self.over is not None:
            return self.calls + by_hit
        return len(self.listings) * (1 + (self.lead is not None)) + by_hit

    @property
    def push(self) -> str | tuple[str, ...]:
        """What goes to nevisIDM, per call if there are several; "" for nothing."""
        texts = tuple(listing.text for listing in self.listings)
        return texts if self.union else texts[0]


@swift
@dataclass(frozen=True, slots=True)
class Rejected:
    """A route that is not taken, and why. `push`: what it would have been asked, if it is open."""

    route: Route
    reason: str
    push: str | tuple[str, ...] = field(default="", repr=False)


class Routine:
    """What the plans of one shape, for one choice of attributes, have in common: whoever runs them keeps here what that alone decides."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}


@swift
@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How one search is answered.

    `kind` get: every branch of the filter fixes the whole id, so the resources are read (`known`: the id's parts, of each); none:
    nothing can fit, no call; ways: by `way`, or not at all if that is None. `hint` says what to add when it would be too many.
    `sure`: where `way` is an index that may be behind, the way from the database, gone first as long as what it reads is little.
    `steady`: the best way that reads a list on from where a page ended, for pages by cursor.
    `routine`: the same object in all plans of its shape; None where a plan is made for one request.
    """

    kind: Literal["get", "ways", "none"]
    filter: Filter | None
    way: Way | None = None
    sure: Way | None = None
    steady: Way | None = None
    known: tuple[Map[str, str], ...] = ()
    read: ReadPlan = field(default_factory=lambda: ReadPlan(()))  # of a get
    left: Filter | None = None
    chosen: str = ""  # why this way
    rejected: tuple[Rejected, ...] = ()
    hint: str = ""
    sort_by: Attr | None = None
    descending: bool = False
    start_index: int = 1
    count: int = 0
    routine: Routine | None = field(default=None, compare=False, repr=False)
