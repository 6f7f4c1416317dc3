"""Finding the hits of one way: its listings read, every hit checked, none twice.

What ends a search early is an exception: Again (plan anew), TooMany (an exact answer would cost too much). A row that is listed and then
cannot be read is gone, and dropped; if an index listed it, the index is stale.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Mapping as Map
from functools import cached_property
from typing import Any

from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import Lookup, lookup_in, walk
from gateway.operation.again import Again
from gateway.operation.apart import Reading
from gateway.operation.context import Trust
from gateway.operation.hit import Hit, Judge
from gateway.operation.listing import Budget, Reader
from gateway.operation.once import Counted, Once
from gateway.operation.proof import note, proved
from gateway.operation.reading import belongs, listed, read_records
from gateway.operation.side import side_by_side
from gateway.plan.plan import ReadPlan
from gateway.plan.read import identity, plan_read
from gateway.plan.resolve import hole_field
from gateway.plan.way import Lead, Listing, Way

Json = Any
SCOPE = "scope"
Ids = Callable[[str, int], Awaitable[list[str]]]
"""From a resource type and a number to the ids of all its resources. Raises TooMany if there are more than that."""


class Finding:
    """One attempt to answer by one way."""

    def __init__(
        self,
        mapping: Mapping,
        way: Way,
        judge: Judge,
        scene: Scene,
        run: Run,
        budget: Budget,
        ids: Ids,
        trust: Trust,
        elements: Callable[[], Reading],
    ) -> None:
        self.mapping = mapping
        self.way = way
        self.judge = judge
        self.scene = scene
        self.run = run
        self.budget = budget
        self.ids = ids
        self.trust = trust
        self.elements = elements
        self.reader = Reader(way, run, budget, judge.rows)

    @cached_property
    def tenant(self) -> Lookup:
        """The values of holes that the tenant fills."""
        return lookup_in(self.scene.bindings)

    @cached_property
    def once(self) -> Once:
        """What reads further records of hits."""
        return Once(self.run)

    async def all(self) -> list[Hit]:
        """Every hit that fits, each once, in the order found."""
        if self.way.route.style == "lucene":
            found = [await self._index(listing) for listing in self.way.listings]
        elif self.way.over is not None:
            found = await self._walk(self.way.over.hole, self.way.over.resource)
        else:
            found = await side_by_side(self._list(listing, listing.fixed) for listing in self.way.listings)
        return once(hit for hits in found for hit in hits)

    async def _walk(self, hole: str, resource: str) -> list[list[Hit]]:
        listing = self.way.listings[0]
        each = 1 + (self.way.lead is not None)
        ids = await self.ids(resource, (self.budget.calls - self.budget.calls_made) // each)
        return await side_by_side(self._list(listing, {**listing.fixed, hole: one}) for one in ids)

    async def _list(self, listing: Listing, filled: Map[str, str]) -> list[Hit]:
        """One core list, or one per element of the list that is read before it."""
        if self.way.lead is None:
            return await self._rows(listing, filled, None)
        lookup = self.lookup(filled, None)
        self.budget.call()
        try:
            elements = await listed(self.way.lead.call, self.run, lookup)
        except Refusal as refusal:
            if refusal.status == 404 and refusal.json:
                return []
            raise
        only = self.mapping.records[self.way.lead.record].only
        own = [one for one in (elements if isinstance(elements, list) else [elements]) if belongs(one, only)]
        own = [one for one in own if self._named(one, self.way.lead, filled)]
        found = await side_by_side(self._rows(listing, filled, one) for one in own)
        return [hit for hits in found for hit in hits]

    def _named(self, element: Json, lead: Lead, filled: Map[str, str]) -> bool:
        """Whether it is the element that the filter names, if that names one. What the lead's own path says, nevisIDM has seen to."""
        said = {hole: value for hole, value in filled.items() if hole not in lead.call.path.holes}
        places = [(hole_field(hole), value) for hole, value in said.items()]
        return all(_text(walk(element, place.keys)) == value for place, value in places if place.record == lead.record)

    async def _rows(self, listing: Listing, filled: Map[str, str], lead: Json) -> list[Hit]:
        fitting: list[Hit] = []
        async for rows in self.reader.scan(listing, self.lookup(filled, lead)):
            fitting += await self.fitting(listing, rows, filled, lead)
        return fitting

    async def _index(self, listing: Listing) -> list[Hit]:
        own = self._guarded(await self.reader.hits(listing, self.tenant))
        await self._prove_scope(listing, found=bool(own))
        return await self.judged(self.judge.hits(listing, own, {}))

    def _guarded(self, rows: list[Json]) -> list[Json]:
        """The hits of this tenant: the service is not bound to one by its path."""
        guard = {name: template.fill(self.tenant) for name, template in self.way.route.guard.items()}
        return [row for row in rows if all(_text(walk(row, name.split("."))) == value for name, value in guard.items())]

    async def _prove_scope(self, listing: Listing, *, found: bool) -> None:
        """Nobody is nobody only if the scope finds the tenant at all: with a wrong name for it everybody would be lost."""
        trust, name, route = self.trust, self.mapping.name, self.way.route.name
        if SCOPE in proved(trust, name, route):
            return
        if not found and not self._guarded(await self.reader.first(listing, self.tenant)):
            raise Again(closed="its scope finds nobody of this tenant")
        note(trust, name, route, SCOPE)

    async def fitting(self, listing: Listing, rows: list[Json], filled: Map[str, Json], lead: Json = None) -> list[Hit]:
        """The rows of a page that fit."""
        found = self.judge.at_once(listing, rows)
        return await self.judged(self.judge.hits(listing, rows, filled, lead)) if found is None else found

    async def judged(self, hits: list[Hit]) -> list[Hit]:
        """Those that fit. What a hit does not show by itself is read first, but not for a hit that is out anyway."""
        if self.judge.has_all(hits):
            return self.judge.fitting(hits)
        waiting: list[tuple[Hit, ReadPlan]] = []
        for hit in hits:
            plan = self._plan(hit)
            if not plan.reads or self.judge.lacks(hit) or not self.judge.hopeless(hit):
                waiting.append((hit, plan))
        await side_by_side(self.read(hit, plan, self.budget.call) for hit, plan in waiting if plan.reads)
        if self.way.elements:
            for hit in (hit for hit, _ in waiting if hit.face):
                known = hit.known(self.mapping, self.scene)
                hit.records |= await self.elements().judged(self.way.elements, self.way.check, known, hit.records)
                self.judge.look(hit)
        return self.judge.fitting([hit for hit, _ in waiting])

    def _plan(self, hit: Hit) -> ReadPlan:
        lacking = self.judge.lacks(hit)
        if not lacking:
            return self.way.before
        return plan_read(self.mapping, lacking | self.way.before.records, have=frozenset())

    async def read(self, hit: Hit, plan: ReadPlan, before: Callable[[], None] | None = None) -> None:
        """Read further records of a hit; one that is gone loses its face. `before` counts each call that is made."""
        given = {name: record for name, record in hit.records.items() if not _anew(self.mapping, name, plan)}
        known = hit.known(self.mapping, self.scene)
        try:
            calls = self.once if before is None else Counted(self.once, before)
            hit.records = await read_records(plan, calls, known, given)
        except Refusal as refusal:
            if refusal.status != 403 or self.way.consistent:
                raise
            hit.face = {}  # the index shows more people than the gateway may see
            return
        if any(name in plan.records and hit.records.get(name) is None for name in identity(self.mapping)):
            self._gone(hit)
            return
        self.judge.look(hit)

    def _gone(self, hit: Hit) -> None:
        """Listed, but not there, or not of this type."""
        hit.face = {}
        only = any(self.mapping.records[name].only for name in identity(self.mapping))
        if not self.way.consistent and not only:
            raise Again(closed="stale: a hit is gone")

    def lookup(self, filled: Map[str, str], lead: Json) -> Lookup:
        """The values of holes: of the path, of the element that was read before, of the tenant."""
        if self.way.lead is None:
            return lookup_in(filled, self.scene.bindings)
        return lookup_in(filled, {self.way.lead.record: lead}, self.scene.bindings)


def _anew(mapping: Mapping, name: str, plan: ReadPlan) -> bool:
    """Whether a record is read by the plan, or stands in one that is: the record itself knows better than an index's hit."""
    place = mapping.records[name].stands_in if name in mapping.records else None
    return name in plan.records or (place is not None and _anew(mapping, place.record, plan))


def _text(value: Json) -> str | None:
    return str(value) if isinstance(value, str | int) else None


def once(hits: Iterable[Hit]) -> list[Hit]:
    """The hits without repetitions."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.id, hit)
    return list(first.values())
