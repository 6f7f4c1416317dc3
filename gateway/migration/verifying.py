"""`verify`: every row of the source beside what the gateway shows of it, attribute by attribute.

A row is prepared as `load` prepares it, so both speak of the same resource; what then differs is looked for by other code than decides
what a load sends (`picture.py`), so that one mistake cannot hide itself. Lists whose elements stand apart (the members of groups) are
compared from their other end: each person is asked for its groups, once. What differs is read again on both sides before it counts, since
either may have moved meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.errors import ScimError
from gateway.mapping.apart import aparts
from gateway.mapping.model import Mapping, Mappings
from gateway.migration.balance import Balance, Entry, Fate
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.difference import Difference, compare, digest, names, scope
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering
from gateway.migration.pace import Pace
from gateway.migration.picture import picture, to_ask
from gateway.migration.preparing import Preparing, Ready
from gateway.migration.progress import Watcher
from gateway.migration.reading import Reading
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import Source
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

ROUNDS = 2
"""How often a row is compared that differs and that may have moved."""


@runtime_checkable
class Current(Protocol):
    """A source that can be asked for one row as it is now, and for what its rows may have."""

    async def speaks(self, type: str) -> frozenset[str] | None:  # noqa: A002
        """The top attributes that its rows of a type may have, in lower case; None: it does not say."""
        ...

    async def again(self, type: str, key: str) -> Row | Unreadable | None:  # noqa: A002
        """The row; None if it is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Mirror:
    """A list whose elements stand apart, and where each of its elements shows it: Group.members in User.groups.

    `shown` None: those are not compared, so each owner is asked for its list.
    """

    name: str
    owners: str
    attr: Attr
    members: str
    shown: Attr | None


@dataclass(slots=True)
class Verifying:
    """One comparison. `tells`: what of a difference's values may be said; `only`: the types to compare; `extra`: look for who is in
    nevisIDM only. `checkpoint` None: who is whom is found out by their values."""

    source: Source
    checkpoint: Checkpoint | None
    preparing: Preparing
    dropping: Dropping
    entering: Entering
    reading: Reading
    mappings: Mappings
    pace: Pace
    watcher: Watcher
    order: Callable[[Iterable[str]], tuple[str, ...]]
    tells: Callable[[Difference], object]
    only: frozenset[str] | None = None
    extra: bool = False
    balance: Balance = field(default_factory=Balance)
    kinds: tuple[str, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    made_there: Counter[tuple[str, str]] = field(default_factory=Counter)
    secrets: Counter[tuple[str, str]] = field(default_factory=Counter)
    unlisted: list[str] = field(default_factory=list)
    stopped: bool = False
    _spoken: dict[str, frozenset[str]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _failed: list[Exception] = field(default_factory=list)

    async def run(self) -> None:
        """Compare everything. Raises SourceError, ScimError where nevisIDM does not answer."""
        kinds = self.order(await self.source.types())
        self.kinds = tuple(each for each in kinds if self.only is None or each in self.only)
        self.mirrors = tuple(_mirrors(self.kinds, self.mappings))
        if self.checkpoint is None:
            for kind in self.kinds:
                await self._pass(kind, f"{kind}, who is whom", self._find)
        for kind in self.kinds:
            self._spoken[kind] = await self._speaks(kind)
            await self._pass(kind, kind, self._compare)
        if self.extra:
            for kind in self.kinds:
                await self._look_for_extra(kind)
        for each in self.mirrors:
            self.balance.settle(each.owners, each.name, str(each.attr))

    def stop(self) -> None:
        """Begin nothing more; what is under way ends."""
        self.stopped = True

    def id_of(self, kind: str, key: str) -> str | None:
        """The id in nevisIDM of what the source calls so."""
        return self.checkpoint.id_of(kind, key) if self.checkpoint is not None else self.balance.id_of(kind, key)

    async def _speaks(self, kind: str) -> frozenset[str]:
        """The attributes that the source has of a type: by its own word, else by a look at every row."""
        if isinstance(self.source, Current) and (declared := await self.source.speaks(kind)) is not None:
            return declared
        mapping = self.mappings.by_name.get(kind)
        found: set[str] = set()
        async for row in self.source.rows(kind) if mapping is not None else _nobody():
            if isinstance(row, Row) and mapping is not None:
                found.update(names(dict(row.resource), mapping))
        return frozenset(found)

    async def _pass(self, kind: str, what: str, work: Callable[[Row], object]) -> None:
        self.watcher.begin(what, await self.source.size(kind))
        async for found in self.source.rows(kind):
            if self.stopped or self._failed:
                break
            if isinstance(found, Unreadable):
                self.balance.row(
                    kind, found.place, "refused", place=found.place, found=[Entry("", "unreadable", {"why": found.why})]
                )
                self.watcher.step()
                continue
            await self.pace.take()
            task = asyncio.create_task(self._worked(work, found))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        while self._tasks:
            await asyncio.gather(*self._tasks)
        self.watcher.end()
        if self._failed:
            raise self._failed[0]

    async def _worked(self, work: Callable[[Row], object], row: Row) -> None:
        well = False
        try:
            done = work(row)
            if asyncio.iscoroutine(done):
                await done
            well = True
        except Exception as wrong:  # raised again by the pass, once the others have ended
            self._failed.append(wrong)
        finally:
            self.pace.give_back(well=well)
            self.watcher.step()

    # who is whom, without a checkpoint

    async def _find(self, row: Row) -> None:
        try:
            ready = self.preparing.ready(row, self.id_of)
            id_ = await self.entering.look(ready)
        except ScimError as error:
            if error.status >= 500:
                raise
            self._refused(row, error)
            return
        self.balance.row(row.type, row.key, "missing", id_=id_, place=row.place)

    # one row

    async def _compare(self, row: Row) -> None:
        again: Row | Unreadable | None = row
        ready: Ready | None = None
        for round_ in range(ROUNDS):
            if not isinstance(again, Row):
                return  # it is gone since
            ready = self._ready(again)
            same = ready is not None and await self._compared(again, ready)
            if same or not isinstance(self.source, Current) or round_ == ROUNDS - 1:
                break
            again = await self.source.again(row.type, row.key)
        if ready is not None:
            self._count(ready)

    def _ready(self, row: Row) -> Ready | None:
        """The row as it would be loaded; None, and noted, where it would be refused."""
        try:
            return self.preparing.ready(row, self.id_of)
        except ScimError as error:
            self._refused(row, error)
            return None

    def _refused(self, row: Row, error: ScimError) -> None:
        entry = Entry("", "refused", {"code": error.code.code, "why": error.detail})
        known = self.checkpoint.id_of(row.type, row.key) if self.checkpoint is not None else None
        self.balance.row(row.type, row.key, "refused", id_=known, place=row.place, found=[entry])

    async def _compared(self, row: Row, ready: Ready) -> bool:
        """Compare and note; whether it is the same."""
        mapping = ready.mapping
        attrs = self._attrs(ready)
        id_ = self.id_of(row.type, row.key)
        shown = await self._shown(mapping, id_, attrs) if id_ is not None else None
        if shown is None and self.balance.fate(row.type, row.key) == "refused":
            return False  # nobody can tell who it is
        if shown is None:
            mine = digest(picture(mapping, ready.body, attrs))
            self.balance.row(row.type, row.key, "missing", place=row.place, source=mine)
            return False
        assert id_ is not None
        found = compare(mapping, ready.body, shown, attrs)
        entries = [Entry(each.path, each.what, self.tells(each)) for each in found.differences]
        entries += [
            Entry(str(each.attr), "missing", {"why": f"the {each.type} that it refers to is not in nevisIDM"})
            for each in ready.missing
        ]
        sides = {"source": digest(found.source), "nevis": digest(found.nevis)}
        fate: Fate = "different" if entries else "same"
        self.balance.row(row.type, row.key, fate, id_=id_, place=row.place, found=entries, **sides)
        await self._elements(ready, id_, shown)
        return not entries

    def _attrs(self, ready: Ready) -> frozenset[Attr]:
        """What is compared of a row: nothing that is left out on purpose."""
        found = scope(ready.mapping, ready.body, self._spoken[ready.row.type])
        return frozenset(each for each in found if not self.dropping.covers(str(each)))

    async def _shown(self, mapping: Mapping, id_: str, attrs: Iterable[Attr]) -> Resource | None:
        mirrored = [each.shown for each in self.mirrors if each.members == mapping.name and each.shown is not None]
        return await self.reading.resource(mapping, id_, {*to_ask(mapping, attrs), *mirrored})

    async def _elements(self, ready: Ready, id_: str, shown: Resource) -> None:
        """Note who is in lists whose elements stand apart: as the source has the list, as nevisIDM has the element."""
        mapping = ready.mapping
        for each in self.mirrors:
            if each.owners == mapping.name:
                self.balance.elements(each.name, id_, None, "source", ready.apart.get(each.attr, ()))
                if each.shown is None:
                    self.balance.elements(each.name, id_, None, "nevis", await self._listed(mapping, id_, each.attr))
            if each.members == mapping.name and each.shown is not None:
                self.balance.elements(each.name, None, id_, "nevis", _values(shown, each.shown))

    async def _listed(self, mapping: Mapping, id_: str, attr: Attr) -> list[str]:
        """A list, asked of its owner. Raises ScimError where it is too long for that: then its elements have to be compared, too."""
        found = await self.reading.resource(mapping, id_, {attr})
        return _values(found, attr) if found is not None else []

    def _count(self, ready: Ready) -> None:
        """What of a row was not compared."""
        kind = ready.row.type
        self.unmapped.update((kind, each) for each in ready.left_out)
        self.made_there.update((kind, each) for each in ready.made_there)
        self.secrets.update((kind, str(each)) for each in ready.secrets)

    # who is in nevisIDM only

    async def _look_for_extra(self, kind: str) -> None:
        mapping = self.mappings.by_name[kind]
        mirrored = {each.name: each.shown for each in self.mirrors if each.members == kind and each.shown is not None}
        self.watcher.begin(f"{kind} in nevisIDM", None)
        try:
            async for page in self.reading.ids(mapping, mirrored.values()):
                self.balance.note_extra(kind, (str(each["id"]) for each in page))
                for name, attr in mirrored.items():
                    for resource in page:
                        self.balance.elements(name, None, str(resource["id"]), "nevis", _values(resource, attr))
                if self.stopped:
                    break
        except ScimError as error:
            if error.status >= 500 and error.status != 501:
                raise
            self.unlisted.append(f"{kind}: {error.detail}")
        self.watcher.end()


async def _nobody() -> AsyncIterator[Row | Unreadable]:
    for _ in ():
        yield _


def _values(resource: Resource, attr: Attr) -> list[str]:
    table = resource.get(attr.urn) if attr.urn else resource
    values = table.get(attr.name) if isinstance(table, dict) else None
    return [str(each["value"]) for each in values or () if isinstance(each, dict) and each.get("value")]


def _mirrors(kinds: Iterable[str], mappings: Mappings) -> Iterator[Mirror]:
    """The lists of these types whose elements stand apart, each with the attribute by which an element shows it."""
    chosen = set(kinds)
    for kind in kinds:
        mapping = mappings.by_name[kind]
        for attr, how in aparts(mapping).items():
            other = how.over.resource
            if how.group.schema.mutability != "readOnly":
                shown = _mirror(mappings.by_name[other], mapping, mappings) if other in chosen else None
                yield Mirror(f"{kind}.{attr}", kind, attr, other, shown)


def _mirror(mapping: Mapping, owner: Mapping, mappings: Mappings) -> Attr | None:
    """The list of a type whose values refer to another one."""
    types = mappings.types()
    for attr, group in mapping.each.items():
        reference = group.schema.sub("$ref")
        led = reference.reference_types if reference is not None else ()
        found = types.get(led[0].lower()) if len(led) == 1 else None
        if found is not None and found.name == owner.name:
            return attr
    return None
