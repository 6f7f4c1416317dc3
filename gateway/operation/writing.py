"""Running a write plan: one table of what is known, growing as nevisIDM answers."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterator
from collections.abc import Mapping as Map
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import ScimError
from gateway.mapping.apart import apart_records
from gateway.mapping.identity import compose_id
from gateway.mapping.model import Mapping
from gateway.mapping.record import Record
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call, Refusal, Reply
from gateway.nevisidm.run import HalfDone, Run
from gateway.nevisidm.template import lookup_in
from gateway.plan.plan import WritePlan


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a plan. `known` fills the holes of the resource's id; `replies` are nevisIDM's, by the call's name."""

    known: dict[str, Any] = field(repr=False)
    replies: dict[str, Reply] = field(repr=False)


class Unshown(Exception):
    """The write was done, and only reading it back failed: `refusal`, where nevisIDM said why."""

    def __init__(self, id_: str, refusal: Refusal | None) -> None:
        super().__init__(id_)
        self.id = id_
        self.refusal = refusal


@contextmanager
def reading_back(id_: str) -> Iterator[None]:
    """What fails within it does not undo the write before it. Raises Unshown instead of Refusal and ScimError."""
    try:
        yield
    except Refusal as refusal:
        raise Unshown(id_, refusal) from refusal
    except ScimError as error:
        raise Unshown(id_, None) from error


async def write(
    plan: WritePlan,
    run: Run,
    tenant: Map[str, Any],
    records: Map[str, Any],
    mapping: Mapping,
    prove: Callable[[Map[str, Any]], Awaitable[None]] | None = None,
    *,
    repeatable: bool = False,
    repeated: bool = False,
) -> Written:
    """Run the plan. Raises Refusal, HalfDone.

    What the plan says wins over what the records say: a new unit's id over the old one's. `prove` gets what is known afterwards; when it
    refuses, the plan's writes are taken back. `repeatable`: as `Run.write` has it; `repeated`: they may have been done before.
    """
    known: dict[str, Any] = {**records, **tenant, **plan.bindings}
    proof = functools.partial(prove, known) if prove is not None else None
    run.attributes = tuple(dict.fromkeys(str(attr) for call in plan.calls for attr in call.attributes))
    try:
        replies = await run.write(
            plan.calls, known, resource=mapping.name, prove=proof, repeatable=repeatable, repeated=repeated
        )
        return Written(known, replies)
    except HalfDone as half:
        half.id = compose_id(mapping, lookup_in(known))
        raise
    finally:
        run.made = compose_id(mapping, lookup_in(known))


def at_hand(plan: WritePlan, written: Written | None, records: Map[str, Any], mapping: Mapping) -> Map[str, Any]:
    """The records that are known after a write without being read again: all, if there was nothing to write.

    Elements that stand apart are no part of any record of the resource, so writes of nothing else leave those as they were.
    After one update of one record alone, that record, if the reply is all of it (README section 5 of the reference). Any other write may
    have changed more than its own record, so that is read.
    """
    if written is None or all(apart_records(mapping).issuperset(call.writes) for call in plan.calls):
        return records
    if len(plan.calls) != 1 or len(plan.calls[0].writes) != 1:
        return {}
    name = plan.calls[0].writes[0]
    call, before = plan.calls[0].call, records.get(name)
    reply = written.replies.get(call.name)
    if reply is None or not _answers_whole(call, mapping.records[name]) or not _is_whole(reply.json, before, call):
        return {}
    return {name: reply.json}


def _answers_whole(call: Call, record: Record) -> bool:
    """Whether nevisIDM answers the call with what it answers a read of the record with."""
    entries = [catalogue.find(each.method, each.path.text) for each in (call, *record.reads)]
    shapes = {entry.reply if entry is not None and not entry.many else frozenset() for entry in entries}
    return len(entries) > 1 and len(shapes) == 1 and shapes != {frozenset()}


def _is_whole(after: Any, before: Any, call: Call) -> bool:
    """Whether nothing is missing that was there before and was not written, and a version tells of the write."""
    if not isinstance(after, Map) or not isinstance(before, Map) or after.get("extId") != before.get("extId"):
        return False
    missing = {key for key, value in before.items() if value not in (None, "", [], {}) and key not in after}
    return after.get("version") is not None and missing <= set(call.body or ())
