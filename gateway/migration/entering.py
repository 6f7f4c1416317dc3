"""One row into nevisIDM: made, brought up to date, or left as it is, by the same operations as a request of a client.

What nobody knows yet is created at once, without looking for it first: nevisIDM refuses a second one with the same unique value, and
that is when it is looked for, found and brought up to date. The ids of what is created follow from the row's key, so a create that was
killed half-way is finished by being sent again and makes nothing twice. Members of groups and the like are written some at a time, each
noted once it is there.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.errors import Refused, ScimError, Unsupported
from gateway.mapping.apart import aparts
from gateway.mapping.model import Mapping
from gateway.migration.checkpoint import Known
from gateway.migration.preparing import Ready
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Answer, Context
from gateway.operation.crash import crashed
from gateway.operation.provision import edits, find
from gateway.scim.dialect import ALL_LENIENCIES, IDCS
from gateway.scim.filter import parse_attr
from gateway.scim.matching import read_match, sent
from gateway.scim.request import Caller, Edit, Match, Operation, Resource, ScimRequest, Trait, Wanted
from gateway.scim.tree import And, Attr, Compare, Path

Did = Literal["created", "changed", "left"]
Existing = Literal["merge", "replace", "keep"]
NoteElements = Callable[[str, Iterable[str], Iterable[str]], None]
"""(list, those that are there now, those that are no more)."""

AT_ONCE = 50
"""Elements in one change: a kill in between costs looking for so many again."""

_DIALECT = dataclasses.replace(IDCS, leniencies=ALL_LENIENCIES)
_NOTHING = Wanted(include=())


@dataclass(frozen=True, slots=True)
class Manner:
    """How rows are entered. `existing`: what becomes of somebody who is there already, made by others; `match`: by type, the attributes
    by which such are looked for before anything is created; `keep_ids`: what is made gets the source's id where nevisIDM lets us choose.
    """

    existing: Existing = "merge"
    match: Map[str, tuple[str, ...]] = field(default_factory=dict)
    keep_ids: bool = False
    base: str = "https://localhost"


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a row. `kept_secrets`: it was there already, so its password was not touched. `problems`: elements that were
    refused.
    """

    did: Did
    id: str
    kept_secrets: bool = False
    problems: tuple[ScimError, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of elements: whether any came or went, and why some could not."""

    any: bool = False
    problems: tuple[ScimError, ...] = ()

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.any or other.any, self.problems + other.problems)


class NotSent(Exception):
    """A call that was held back (`rehearsal.py`). `writes`: it would have changed something."""

    def __init__(self, *, writes: bool) -> None:
        super().__init__("held back")
        self.writes = writes


class Entering:
    """Enters rows. `salt`: what makes the ids of this migration its own."""

    def __init__(self, context: Context, manner: Manner, salt: str) -> None:
        self._context = context
        self._manner = manner
        self._salt = salt
        self._caller = Caller("scim-nevisidm load")
        self._base = manner.base + IDCS.root
        self._count = 0

    async def enter(self, ready: Ready, known: Known | None) -> Entered:
        """Bring nevisIDM to what the row says. `known`: what is known of it from before. Raises ScimError."""
        if known is not None and known.id is not None:
            return await self._change(ready, known.id, "replace", set(known.names) - set(ready.names))
        if known is None and ready.row.type in self._manner.match:
            found = await self._found(ready)
            if found is not None:
                return await self._existing(ready, found)
        try:
            answer = await self._operate(self._creation(ready))
        except Refused as refused:
            found = await self._found(ready) if refused.status == 409 else None
            if found is None:
                raise
            return await self._existing(ready, found)
        made = str((answer.resource or {})["id"])
        if known is not None and known.digest != ready.digest:
            await self._change(ready, made, "replace", ())  # what was begun may have had other values
        return Entered("created", made)

    async def _existing(self, ready: Ready, found: str) -> Entered:
        """Somebody who is there, and whom we did not make."""
        if self._manner.existing == "keep" or "modify" not in ready.mapping.type.verbs:
            return Entered("left", found, bool(ready.secrets))
        return await self._change(ready, found, self._manner.existing, ())

    async def look(self, ready: Ready) -> str | None:
        """The id of what is there already and would be taken for this row."""
        return await self._found(ready)

    async def named(self, kind: str, attr: str, value: str) -> str | None:
        """The id of what is in nevisIDM under a name, for references by names. None where it is not, or several are."""
        mapping = self._context.mappings.by_name.get(kind)
        if attr == "id" or mapping is None:
            return value if mapping is not None else None
        bound = parse_attr(attr)
        match = Match((Trait(bound, (Compare(bound, "eq", value),)),))
        request = self._request(mapping, "search")
        try:
            return await find(request, match, mapping, self._context, self._run(request))
        except Refused:
            return None

    async def elements(self, ready: Ready, id_: str, there: Map[Attr, set[str]], note: NoteElements) -> Moved:
        """Bring the lists whose elements are written one by one to what the row says. `there`: what is known to be in them."""
        moved = Moved()
        for attr, wanted in ready.apart.items():
            key = aparts(ready.mapping)[attr].key
            for some in _batches([each for each in wanted if each not in there[attr]]):
                moved += await self._add(ready, id_, attr, [wanted[each] for each in some], key, note)
            for some in _batches(sorted(there[attr] - wanted.keys())):
                paths = [Path(attr, Compare(Attr(key), "eq", each)) for each in some]
                answer = await self._operate(self._edit(ready, id_, [Edit("remove", path) for path in paths]))
                note(str(attr), (), some)
                moved += Moved(bool(answer.changed))
        return moved

    async def _add(
        self, ready: Ready, id_: str, attr: Attr, values: list[Resource], key: str, note: NoteElements
    ) -> Moved:
        """Elements added at once; where that is refused, one by one."""
        try:
            answer = await self._operate(self._edit(ready, id_, [Edit("add", Path(attr), values)]))
        except ScimError as error:
            if error.status >= 500 or error.status == 429:
                raise
            if len(values) == 1:
                return Moved(problems=(error,))
            moved = Moved()
            for value in values:
                moved += await self._add(ready, id_, attr, [value], key, note)
            return moved
        note(str(attr), (str(each[key]) for each in values), ())
        return Moved(bool(answer.changed))

    async def _change(self, ready: Ready, id_: str, how: Literal["merge", "replace"], gone: Iterable[str]) -> Entered:
        kind = ready.mapping.type
        if "modify" not in kind.verbs:
            raise Unsupported("GW203", f"A {kind.name} cannot be changed. Delete it in nevisIDM, and load it again.")
        body = ready.public()
        match = Match((), how)
        said = [*edits(body, ready.mapping, match), *_taken_away(gone, ready.mapping)]
        if not said:
            return Entered("left", id_, bool(ready.secrets))
        answer = await self._operate(self._edit(ready, id_, said))
        return Entered("changed" if answer.changed else "left", id_, bool(ready.secrets))

    async def _found(self, ready: Ready) -> str | None:
        """Who is there already with what the row says of itself: by the attributes that `match` names, else by those that tell one from
        another. Raises Refused GW402 where several fit.
        """
        match = _match(ready, self._manner.match.get(ready.row.type))
        if match is None:
            return None
        request = self._request(ready.mapping, "search", body=ready.public())
        return await find(request, match, ready.mapping, self._context, self._run(request))

    def _creation(self, ready: Ready) -> ScimRequest:
        row = ready.row
        seed = hashlib.sha256(
            "\0".join((self._salt, self._context.tenant.ext_id, row.type, row.key)).encode()
        ).hexdigest()
        own = row.resource.get("id")
        kept = own if self._manner.keep_ids and isinstance(own, str) else None
        return self._request(ready.mapping, "create", body=ready.body, seed=seed, id=kept)

    def _edit(self, ready: Ready, id_: str, said: Iterable[Edit]) -> ScimRequest:
        return self._request(ready.mapping, "modify", id=id_, edits=tuple(said))

    def _request(self, mapping: Mapping, operation: Operation, **fields: Any) -> ScimRequest:
        self._count += 1
        return ScimRequest(
            operation=operation,
            type=mapping.type,
            dialect=_DIALECT,
            base=self._base,
            caller=self._caller,
            request_id=f"load-{self._count}",
            wanted=_NOTHING,
            **fields,
        )

    async def _operate(self, request: ScimRequest) -> Answer:
        try:
            return await operate(request, self._context, self._run(request))
        except (ScimError, NotSent):
            raise
        except Exception as crash:  # a fault of ours costs its row only
            raise crashed(crash, request.request_id, self._context.events) from crash

    def _run(self, request: ScimRequest) -> Run:
        whose = f"{self._context.tenant.ext_id} {self._caller.subject} {request.request_id}"
        return Run(
            self._context.client, request.request_id, self._context.events, journal=self._context.journal, whose=whose
        )


def _taken_away(gone: Iterable[str], mapping: Mapping) -> Iterator[Edit]:
    """What the row had at the last load and has no more, as far as it can be taken away."""
    for name in sorted(gone):
        attr = parse_attr(name)
        attribute = mapping.type.attribute(attr)
        if attribute is not None and attribute.mutability == "readWrite" and not attribute.filled:
            yield Edit("remove", Path(attr))


def _batches(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _match(ready: Ready, names: tuple[str, ...] | None) -> Match | None:
    """What to look for, None where the row says nothing that could tell. Raises BadRequest GW113 for names that cannot be looked for."""
    kind, body = ready.mapping.type, ready.public()
    if names is not None:
        return read_match({"match": tuple(names)}, kind, body)
    usual = [each for each in kind.match if _has(body, each)]
    if usual:
        return read_match({"match": tuple(str(each) for each in usual)}, kind, body)
    said = [(attr, attribute, value) for attr, attribute, value in sent(kind, body)]
    unique = [
        attr for attr, attribute, value in said if attribute.uniqueness != "none" and not isinstance(value, dict | list)
    ]
    if unique:
        value = _value(body, unique[0])
        return Match((Trait(unique[0], (Compare(unique[0], "eq", value),)),))
    tests = tuple(_telling(ready.mapping, body))
    if not tests:
        return None
    return Match((Trait(tests[0].attr, (tests[0] if len(tests) == 1 else And(tests),)),))


def _telling(mapping: Mapping, body: Resource) -> Iterator[Compare]:
    """What a resource cannot be without and keeps for ever: a role's name and its application, a grant's grantee and role."""
    for attr, leaf in mapping.leaves.items():
        schema = leaf.schema
        if (
            schema.required
            and schema.mutability == "immutable"
            and schema.filterable
            and not schema.secret
            and leaf.idm
        ):
            value = _value(body, attr)
            if value not in (None, "", [], {}):
                yield Compare(attr, "eq", value)


def _has(body: Resource, attr: Attr) -> bool:
    return _value(body, attr) not in (None, "", [], {})


def _value(body: Resource, attr: Attr) -> Any:
    table = body.get(attr.urn) if attr.urn else body
    value = table.get(attr.name) if isinstance(table, dict) else None
    return (
        value.get(attr.sub) if attr.sub is not None and isinstance(value, dict) else value if attr.sub is None else None
    )
