"""In which order a bulk's operations are run, and which side by side: pure.

RFC 7644 section 3.7.1 leaves the order to the server. Here what an operation refers to by bulkId is done before it, wherever it stands, and
otherwise the order of the request is kept as far as it can matter: operations run side by side only in a stretch of the same method on the
same type, where those on the same resource still follow one another. So a DELETE is over before a POST that takes the freed name, and a
thousand POSTs need not wait for each other. POSTs that say by bulkId what they depend on may join a stretch of another type.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.scim.bulk import BulkOperation

Stage = Mapping[int, frozenset[int]]
"""The operations of a stretch, in order, each with those of the stretch that must be over before it begins."""


@dataclass(frozen=True, slots=True)
class Order:
    """The stretches, one after the other; `circular` operations lead into a circle and cannot be run, but have their place in them."""

    stages: tuple[Stage, ...]
    circular: frozenset[int]


@dataclass(slots=True)
class _Stretch:
    method: str
    collection: str
    steps: dict[int, frozenset[int]] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)  # the latest operation on each resource

    def takes(self, operation: BulkOperation) -> bool:
        same = _collection(operation) == self.collection
        return operation.method == self.method and (same or (self.method == "POST" and bool(operation.refers)))

    def add(self, index: int, operation: BulkOperation, needs: frozenset[int]) -> None:
        before = needs & self.steps.keys()
        if operation.method != "POST":
            resource = _resource(operation)
            before |= {self.last[resource]} if resource in self.last else set()
            self.last[resource] = index
        self.steps[index] = frozenset(before)


def order(operations: Sequence[BulkOperation]) -> Order:
    """The order of all operations. A bulkId that nobody has is no dependency; whoever runs the operation says what is wrong."""
    needs = _needs(operations)
    straight = _sorted(needs)
    circular = frozenset(range(len(operations))) - frozenset(straight)
    if circular:
        straight = _sorted([frozenset() if index in circular else each for index, each in enumerate(needs)])
    stretches: list[_Stretch] = []
    for index in straight:
        operation = operations[index]
        if not stretches or not stretches[-1].takes(operation):
            stretches.append(_Stretch(operation.method, _collection(operation)))
        stretches[-1].add(index, operation, frozenset() if index in circular else needs[index])
    return Order(tuple(each.steps for each in stretches), circular)


def _needs(operations: Sequence[BulkOperation]) -> list[frozenset[int]]:
    named = {each.bulk_id: index for index, each in enumerate(operations) if each.bulk_id is not None}
    return [frozenset(named[name] for name in each.refers if name in named) for each in operations]


def _sorted(needs: Sequence[frozenset[int]]) -> list[int]:
    """The operations, each after what it needs, otherwise as they came; those in or behind a circle are left out."""
    waiting = [set(each) for each in needs]
    needed_by: list[list[int]] = [[] for _ in needs]
    for index, each in enumerate(needs):
        for other in each:
            needed_by[other].append(index)
    ready = [index for index, each in enumerate(waiting) if not each]
    found: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        found.append(index)
        for other in needed_by[index]:
            waiting[other].discard(index)
            if not waiting[other]:
                heapq.heappush(ready, other)
    return found


def _collection(operation: BulkOperation) -> str:
    return operation.path.strip("/").partition("?")[0].partition("/")[0].lower()


def _resource(operation: BulkOperation) -> str:
    _, _, id_ = operation.path.strip("/").partition("?")[0].partition("/")
    return f"{_collection(operation)}/{id_}"
