"""Writes that no process is going to finish any more: read from the journal's files, with what is known of each step.

A file whose lock can be had belongs to a process that is gone: all of its open writes count. Of a process that lives only those count
that it has given up (half done).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.ledger import Ledger, read_lines
from gateway.nevisidm.journal import End, Seal
from gateway.nevisidm.template import parse_template

Json = Any
State = Literal["done", "perhaps", "not begun", "undone"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a write as the journal has it. `sealed`: former and sent values, once opened."""

    number: int
    said: Mapping[str, Json]
    state: State
    values: Mapping[str, Json] | None = field(default=None, repr=False)

    @property
    def method(self) -> str:
        """The method of its call."""
        return str(self.said["method"])

    @property
    def name(self) -> str:
        """The name of its call in the mapping."""
        return str(self.said["call"])


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A write that was begun. `made`: extIds that nevisIDM chose in it; `since`: when it was last heard of (ISO)."""

    file: Path
    name: str
    said: Mapping[str, Json]
    steps: tuple[Step, ...]
    made: Mapping[str, str]
    since: str

    def fill(self, path: str) -> str | None:
        """A path with the ids that nevisIDM chose; None where one is not known."""
        return parse_template(path).fill_path(self.made.get)


def unfinished(folder: Path, seal: Seal | None) -> list[Unfinished]:
    """All of them, by the time they began. Raises OSError."""
    found: list[Unfinished] = []
    for file in sorted(folder.glob("writes-*.jsonl")):
        found += _in_file(file, seal, alive=is_alive(file))
    return sorted(found, key=lambda each: str(each.said.get("at")))


def is_alive(file: Path) -> bool:
    """Whether the process that the file belongs to still runs."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def close(write: Unfinished, end: End, now: str) -> None:
    """Note the end of a write that somebody else began. Raises OSError."""
    ledger = Ledger(write.file, sync=True)
    ledger.append({"write": write.name, "end": end, "at": now})
    ledger.close()


def sweep(folder: Path) -> None:
    """Remove the files of processes that are gone and have nothing open."""
    for file in folder.glob("writes-*.jsonl"):
        if not is_alive(file) and not _in_file(file, None, alive=False):
            file.unlink(missing_ok=True)


def _in_file(file: Path, seal: Seal | None, *, alive: bool) -> list[Unfinished]:
    begun: dict[str, Mapping[str, Json]] = {}
    later: dict[str, list[Mapping[str, Json]]] = {}
    for line in read_lines(file):
        name = line.get("write")
        if name is None:
            continue
        if "steps" in line:
            begun[name] = line
        later.setdefault(name, []).append(line)
    return [
        _read(file, name, said, later[name], seal)
        for name, said in begun.items()
        if _is_open([line["end"] for line in later[name] if "end" in line], alive=alive)
    ]


def _is_open(ends: list[str], *, alive: bool) -> bool:
    return ends[-1] == "half done" if ends else not alive


def _read(
    file: Path, name: str, said: Mapping[str, Json], lines: list[Mapping[str, Json]], seal: Seal | None
) -> Unfinished:
    states = _states(said["steps"], lines)
    steps = []
    for number, step in enumerate(said["steps"]):
        sealed = step.get("sealed")
        values = seal.open(sealed, f"{name}/{number}") if sealed is not None and seal is not None else None
        steps.append(Step(number, step, states[number], values))
    made = {hole: str(value) for line in lines for hole, value in line.get("made", {}).items()}
    since = max(str(line["at"]) for line in lines if "at" in line)
    return Unfinished(file, name, said, tuple(steps), made, since)


def _states(steps: list[Mapping[str, Json]], lines: list[Mapping[str, Json]]) -> list[State]:
    """What is known of each step; the first that is not done, and its neighbours of one stage, may have been under way."""
    done = {line["done"] for line in lines if "done" in line}
    undone = {line["undone"] for line in lines if "undone" in line}
    left = next((set(line["left"]) for line in reversed(lines) if "left" in line), None)
    states: list[State] = ["not begun"] * len(steps)
    for number in range(len(steps)):
        if number in undone:
            states[number] = "undone"
        elif number in done:
            states[number] = "done"
    waiting = [number for number, state in enumerate(states) if state == "not begun"]
    for number in _begun(steps, waiting):
        states[number] = "perhaps"
    if left is not None:  # it was taken back as far as that went: what is not left is as it was
        states = [state if number in left else "undone" for number, state in enumerate(states)]
        states = [
            "perhaps" if number in left and state == "not begun" else state for number, state in enumerate(states)
        ]
    return states


def _begun(steps: list[Mapping[str, Json]], waiting: list[int]) -> Iterator[int]:
    if not waiting:
        return
    first = waiting[0]
    yield first
    stage = steps[first].get("stage", 0)
    for number in waiting[1:]:
        if not stage or steps[number].get("stage", 0) != stage:
            return
        yield number
