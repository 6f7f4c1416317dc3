"""One step of a write, and what can be told of it without asking anybody: what it makes, what it restores, what stays of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol

from gateway.nevisidm.call import Call, Refusal

AT_ONCE = 8
"""Steps under way side by side, where they do not depend on each other. When one fails, no more than these have to be taken back for it."""


class WriteStep(Protocol):
    """One write; `plan.WriteCall` fits, and says what each part is for."""

    @property
    def call(self) -> Call: ...
    @property
    def writes(self) -> tuple[str, ...]: ...
    @property
    def undo(self) -> Call | None: ...
    @property
    def again(self) -> Call | None: ...
    @property
    def instead(self) -> Call | None: ...
    @property
    def created(self) -> str | None: ...
    @property
    def stage(self) -> int: ...
    @property
    def at(self) -> tuple[str, ...]: ...
    @property
    def attributes(self) -> tuple[Any, ...]: ...
    @property
    def chosen(self) -> bool: ...


class HalfDone(Exception):
    """A write failed with `refusal`, and what the steps before it did to the records `left` could not be taken back.

    `attributes`: what a client calls that, by name; `id`: the resource that it stays in, where that is known.
    """

    def __init__(self, refusal: Refusal, left: tuple[str, ...], attributes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{refusal}; left: {', '.join(left)}")
        self.refusal = refusal
        self.left = left
        self.attributes = attributes
        self.id: str | None = None


def batches(steps: Sequence[WriteStep]) -> Iterator[list[WriteStep]]:
    """Steps that may be under way together; stage 0 is always alone."""
    for stage, neighbours in groupby(steps, lambda step: step.stage):
        listed = list(neighbours)
        size = AT_ONCE if stage else 1
        yield from (listed[start : start + size] for start in range(0, len(listed), size))


def names(step: WriteStep) -> tuple[str, ...]:
    """The records that the step writes; its call's name where those are nobody's."""
    return step.writes or (step.call.name,)


def restores(step: WriteStep) -> bool:
    """Whether its undo does no harm if nothing happened: a DELETE might hit what was there before, unless its extId was just made up."""
    return step.undo is not None and (step.undo.method != "DELETE" or step.chosen)


def makes(step: WriteStep) -> bool:
    """Whether the step makes something that its undo deletes."""
    return step.call.method == "POST" and step.undo is not None and step.undo.method == "DELETE"


def makes_or_deletes(step: WriteStep) -> bool:
    """Whether the step makes or deletes a record: then its being there says what became of the step."""
    return step.call.method in ("POST", "DELETE") and not step.at


def left_behind(steps: Sequence[WriteStep]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The records that steps wrote, and the attributes that clients know them by."""
    records = (name for step in steps for name in names(step))
    attributes = (str(attr) for step in steps for attr in step.attributes)
    return tuple(dict.fromkeys(records)), tuple(dict.fromkeys(attributes))
