"""Plans as values: lists of calls with named holes, printable before they run (`explain`), executed by `nevisidm/run.py` and `operation/`.

Three kinds: a `ReadPlan` (records of one resource), a `WritePlan` (calls in order, each with what takes it back), and the `SearchPlan` of
`plan/search.py`, whose ways each hold listings and a `ReadPlan` for the page's rows.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.mapping.record import Field, Only, Pick
from gateway.nevisidm.call import Call
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Read:
    """Read one record. `calls`: alternatives, the first whose holes are known; `stands_in`: no call, it is found inside another record.

    `many`: the list is the record (an `each` attribute shows its elements); else `pick` chooses one. A record that fails `only` is absent.
    `each`: there is one for every element of that list, read with the holes that the element fills.
    """

    record: str
    calls: tuple[Call, ...] = ()
    stands_in: Field | None = None
    pick: Pick | None = None
    many: bool = False
    only: tuple[Only, ...] = ()
    reasons: tuple[Attr, ...] = ()  # the attributes that need it, for `explain`
    each: str | None = None
    beside: bool = False  # no attribute is kept in it: only made values show it, such as the name of another person


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The records to read, each after those that its holes come from. What does not depend on each other is read at once.

    `root` is the record without which there is no resource (404).
    """

    reads: tuple[Read, ...]
    root: str | None = None

    @property
    def records(self) -> frozenset[str]:
        """The names of the records it brings."""
        return frozenset(read.record for read in self.reads)


@dataclass(frozen=True, slots=True)
class WriteCall:
    """One write. `undo` takes it back; `again` is the read that finds out whether it took effect when its reply got lost.

    `instead`: sent when nevisIDM answers 404 (`missing: create`). `writes` names the records it carries, `attributes` what a client
    would call the change. `created`: the record whose extId the Location header fills if the gateway did not choose it.
    `stage`: neighbours of one stage other than 0 do not depend on each other and may run side by side.
    `at`: of a change, where its record stands within what `again` reads. `chosen`: it makes a record under an extId that the gateway has
    just made up, so what has that extId is this call's.
    """

    call: Call
    writes: tuple[str, ...]
    attributes: tuple[Attr, ...] = ()
    undo: Call | None = None
    again: Call | None = None
    instead: Call | None = None
    created: str | None = None
    stage: int = 0
    at: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Writes in order, and what fills their holes besides the records read: the ids the gateway chose, the parts of the resource's id."""

    calls: tuple[WriteCall, ...]
    bindings: Map[str, Any] = field(default_factory=dict, repr=False)
