"""Reading elements that stand apart (the members of a group): single ones by their keys, at a cost that no length of the list changes.

All of them, or a page of them, can only be had by asking about the resources of another type one by one, in the order of their ids. That
ends as soon as the page is full, and is refused (tooMany) where it would take more calls than the mapping allows. What was read for one
resource of an answer is not read again for the next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.apart import Apart, aparts
from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene, view
from gateway.mapping.wish import Wish
from gateway.nevisidm.call import Call, Reply
from gateway.nevisidm.template import Lookup, lookup_in
from gateway.operation.listing import TooMany
from gateway.operation.reading import Calls, read_records
from gateway.operation.side import side_by_side
from gateway.plan.act import subject_attr
from gateway.plan.beside import Records, key_of, shown_of, side, wanted_of
from gateway.plan.carried import attrs_of, put
from gateway.plan.plan import ReadPlan
from gateway.plan.read import plan_element
from gateway.plan.touched import Named, keys_asked, keys_in, named_values, selected_by
from gateway.scim.match import compile_value_match
from gateway.scim.request import Json, ScimRequest, Wanted
from gateway.scim.tree import And, Attr, Compare, Filter

Page = Callable[[str, Filter | None, int, int], Awaitable[tuple[list[str], int]]]
"""From a resource type, a filter, a start index and a count to the ids of that page, in their order, and the total."""

PAGE = 200
AT_ONCE = 16
"""Elements that are looked for side by side; when a page is full, no more than these were asked in vain."""


class Remembering:
    """Calls that are made once: what was told is told again. Only for reads, and only for one request."""

    def __init__(self, run: Calls, most: int, refusal: Callable[[], TooMany]) -> None:
        self._run = run
        self._told: dict[tuple[str, tuple[tuple[str, str], ...]], Reply] = {}
        self.left = most
        self._refusal = refusal

    async def call(self, call: Call, lookup: Lookup) -> Reply:
        """As `Run.call`. Raises TooMany when the calls are spent."""
        request = call.fill(lookup)
        asked = request.path, request.query
        if asked not in self._told:
            if self.left <= 0:
                raise self._refusal()
            self.left -= 1
            self._told[asked] = await self._run.call(call, lookup)
        return self._told[asked]


class Reading:
    """Reads elements for one request. `calls` bounds what that may cost. `narrow`: an index may say where to look (`where`)."""

    def __init__(
        self, mapping: Mapping, scene: Scene, run: Calls, page: Page, targets: Map[str, Mapping], *, narrow: bool
    ) -> None:
        self.mapping = mapping
        self.scene = scene
        self.calls = mapping.search.calls if mapping.search is not None else 100
        self._name = mapping.name
        self._run = Remembering(run, self.calls, self._too_many)
        self._page = page
        self._targets = targets
        self._narrow = narrow
        self._walked: set[str] = set()
        self._pages: dict[tuple[str, int], tuple[list[str], int]] = {}

    async def shown(
        self, wanted: frozenset[Attr], asked: Wanted, known: Lookup, records: Map[str, Json], *, alone: bool = True
    ) -> Records:
        """The records of the elements that an answer shows, as lists side by side. `asked` says which values or page of them.

        `alone` False: the answer shows several resources, so those of the other type are all gone through, once for all of them.
        """
        self._narrow = self._narrow and alone
        found: Records = {}
        for apart in wanted_of(self.mapping, wanted):
            elements = await self._shown(apart, asked, known, records)
            names = shown_of(self.mapping, apart, wanted)
            found |= side(apart, await self._completed(apart, elements, names, known, records))
        return found

    async def judged(
        self, lists: Iterable[Apart], check: Filter | None, known: Lookup, records: Map[str, Json]
    ) -> Records:
        """The records of the elements that decide whether a resource fits a filter, and is sorted by."""
        found: Records = {}
        asked = attrs_of(check) if check is not None else frozenset()
        for apart in lists:
            keys = keys_asked(check, apart.group.attr, apart.key) if check is not None else None
            elements = await self._chosen(apart, keys, known, records)
            names = shown_of(self.mapping, apart, asked)
            found |= side(apart, await self._completed(apart, elements, names, known, records))
        return found

    async def _chosen(
        self, apart: Apart, keys: tuple[str, ...] | None, known: Lookup, records: Map[str, Json]
    ) -> list[Records]:
        """The elements of these keys that are there; None: all."""
        if keys is None:
            return await self.all(apart, known, records)
        several = await self.named(apart, keys, known, records)
        return [each for each in several.values() if each[apart.source]]

    async def _shown(self, apart: Apart, asked: Wanted, known: Lookup, records: Map[str, Json]) -> list[Records]:
        attr = apart.group.attr
        test, window = asked.filters.get(attr), asked.windows.get(attr)
        if test is not None:
            elements = await self._chosen(apart, keys_in(test, apart.key), known, records)
            return await self._fitting(apart, test, elements, known, records)
        most = None if window is None or window.count is None else window.start - 1 + window.count
        return await self._walk(apart, known, records, most)

    async def _fitting(
        self, apart: Apart, test: Filter, elements: list[Records], known: Lookup, records: Map[str, Json]
    ) -> list[Records]:
        """The elements that a value filter selects, as they would be shown."""
        attr = apart.group.attr
        looked_at = frozenset(Attr(attr.name, each.name, attr.urn) for each in attrs_of(test))
        names = shown_of(self.mapping, apart, looked_at)
        completed = await self._completed(apart, elements, names, known, records)
        fits = compile_value_match(test, apart.group.schema)

        def passes(element: Records) -> bool:
            shown = view(self.mapping, {**records, **side(apart, [element])}, self.scene, frozenset((attr,)))
            table = shown.get(attr.urn, {}) if attr.urn else shown
            return any(map(fits, table.get(attr.name, ())))

        return [each for each in completed if passes(each)]

    async def _completed(
        self, apart: Apart, elements: list[Records], names: frozenset[str], known: Lookup, records: Map[str, Json]
    ) -> list[Records]:
        """The elements with further records that they show."""
        plan = plan_element(self.mapping, apart, names)
        if plan.records <= self._plan(apart).records:
            return elements
        there = [each if key_of(apart, each) is None else None for each in elements]
        several = [
            self._one(apart, plan, key, known, records) for each in elements if (key := key_of(apart, each)) is not None
        ]
        more = iter(await side_by_side(several))
        return [each if each is not None else next(more) for each in there]

    def _plan(self, apart: Apart) -> ReadPlan:
        """What must be read to know whether an element is there."""
        return plan_element(self.mapping, apart, frozenset((apart.source,)))

    async def named(
        self, apart: Apart, keys: Iterable[str], known: Lookup, records: Map[str, Json], *, new: bool = False
    ) -> dict[str, Records]:
        """The elements of these keys; one that is none has no record of its source. `new`: none of them can be one yet.

        Raises TooMany where they are too many at once.
        """
        plan, wanted = self._plan(apart), list(dict.fromkeys(keys))
        if new:
            plan = ReadPlan(tuple(read for read in plan.reads if read.record != apart.source))
        if len(wanted) * _cost(plan) > self._run.left:
            most = self.calls // max(1, _cost(plan))
            raise TooMany(f"One request can name at most {most} values of {apart.group.attr}. Send several requests.")
        found = await side_by_side(self._one(apart, plan, key, known, records) for key in wanted)
        return dict(zip(wanted, found, strict=True))

    async def of_write(
        self,
        request: ScimRequest,
        attrs: frozenset[Attr],
        compared: frozenset[str],
        known: Lookup,
        records: Map[str, Json],
    ) -> dict[Attr, dict[str, Records]]:
        """The elements that a write must know, by attribute and key: those it names; all of a list where it speaks of the whole one.

        `compared`: the records that its If-Match is about.
        """
        found: dict[Attr, dict[str, Records]] = {}
        for attr, apart in aparts(self.mapping).items():
            named = named_values(request, attr, apart.key) if Wish(attrs).has_any(attr) else Named()
            seen = compared & set(apart.records)
            elements = await self.all(apart, known, records) if named.whole or seen else []
            own = {str(key_of(apart, element)): element for element in elements}
            own |= await self.named(apart, [key for key in named.keys if key not in own], known, records)
            looked_at = shown_of(self.mapping, apart, selected_by(request, attr))
            completed = await self._completed(apart, list(own.values()), looked_at | seen, known, records)
            found[attr] = dict(zip(own, completed, strict=True))
        return found

    async def all(self, apart: Apart, known: Lookup, records: Map[str, Json]) -> list[Records]:
        """Every element. Raises TooMany."""
        return await self._walk(apart, known, records, None)

    async def _one(self, apart: Apart, plan: ReadPlan, key: str, known: Lookup, records: Map[str, Json]) -> Records:
        others = {name: value for name, value in records.items() if name not in apart.records}
        lookup = _first(lookup_in({apart.over.hole: key}, others), _without(known, apart.records))
        found = await read_records(plan, self._run, lookup, others)
        own = {name: found.get(name) for name in apart.records}
        source = own[apart.source]
        own[apart.source] = source if isinstance(source, list) else [] if source is None else [source]
        if own.get(apart.place.record) is not None and key_of(apart, own) is None:
            put(own, apart.place, key)
        return own

    async def _walk(self, apart: Apart, known: Lookup, records: Map[str, Json], most: int | None) -> list[Records]:
        """The elements in the order of their keys, all or the first so many. Raises TooMany."""
        narrowed = self._narrowed(apart, known, records) if self._narrow and apart.over.where else None
        if narrowed is not None:
            try:
                return await self._among(apart, narrowed, known, records, most)
            except TooMany:
                pass  # those that may be elements are too many to be told apart; perhaps all there are is less
        return await self._among(apart, None, known, records, most)

    async def _among(
        self, apart: Apart, narrowed: Filter | None, known: Lookup, records: Map[str, Json], most: int | None
    ) -> list[Records]:
        """The elements among the resources of the other type that fit a filter. Raises TooMany."""
        plan = self._plan(apart)
        found: list[Records] = []
        start, total = 1, 1
        while start <= total and (most is None or len(found) < most):
            keys, total = await self._keys(apart, narrowed, start)
            fresh = apart.over.resource not in self._walked
            if most is None and fresh and (total - start + 1) * _cost(plan) > self._run.left:
                raise self._too_many(apart)
            for first in range(0, len(keys), AT_ONCE):
                part = keys[first : first + AT_ONCE]
                elements = await side_by_side(self._one(apart, plan, key, known, records) for key in part)
                found += [each for each in elements if each[apart.source]]
                if most is not None and len(found) >= most:
                    return found[:most]
            if not keys:
                break
            start += len(keys)
        if narrowed is None:
            self._walked.add(apart.over.resource)
        return found

    async def _keys(self, apart: Apart, narrowed: Filter | None, start: int) -> tuple[list[str], int]:
        """A page of the other type's ids. Raises TooMany."""
        asked = apart.over.resource, start
        if narrowed is None and asked in self._pages:
            return self._pages[asked]
        try:
            page = await self._page(apart.over.resource, narrowed, start, PAGE)
        except Unsupported as error:
            raise (self._too_many(apart) if error.code.code == "GW202" else error) from None
        if narrowed is None:
            self._pages[asked] = page
        return page

    def _narrowed(self, apart: Apart, known: Lookup, records: Map[str, Json]) -> Filter:
        """The filter on the other type that every element fits."""
        target = self._targets[apart.over.resource]
        lookup = _first(known, lookup_in(dict(records)))
        terms = [
            Compare(subject_attr(name, target), "eq", str(template.fill(lookup)))
            for name, template in apart.over.where.items()
        ]
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _too_many(self, apart: Apart | None = None) -> TooMany:
        named = [apart] if apart is not None else list(aparts(self.mapping).values())
        attr, key = named[0].group.attr, named[0].key
        return TooMany(
            f"nevisIDM has no list of {attr}, and to look for all of them would take more than {self.calls} calls. "
            f'Ask for one, {attr}[{key} eq "…"], or for a page, {attr}[startIndex=1&count=10]; add and remove single ones by PATCH.'
        )


def _cost(plan: ReadPlan) -> int:
    return sum(1 for read in plan.reads if read.stands_in is None)


def _without(known: Lookup, names: tuple[str, ...]) -> Lookup:
    """What is known, but not of these records: a hit that was found by one element still has that element's."""
    return lambda name: None if name.partition(".")[0] in names else known(name)


def _first(*lookups: Lookup) -> Lookup:
    def find(name: str) -> Any:
        for lookup in lookups:
            value = lookup(name)
            if value is not None:
                return value
        return None

    return find
