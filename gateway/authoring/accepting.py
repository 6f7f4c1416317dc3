"""`test --accept`: what came out becomes what is expected, in the text of the tests itself; what was right already stays as it is spelt."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.authoring.layout import Edit, Holder, Layout, apply, removed
from gateway.mapping.document import Path as Way
from gateway.mapping.document import read_document
from gateway.mapping.inherit import NO_TEXTS, Texts
from gateway.mapping.spelled import flow
from gateway.plan.harness import TestResult, trials
from gateway.plan.trial import GONE

Json = Any


@dataclass(slots=True)
class Accepted:
    """The new texts of test files, by name; the tests whose expectation changed, and those that fail in a way that cannot be right."""

    texts: dict[str, str] = field(default_factory=dict)
    changed: list[TestResult] = field(default_factory=list)
    left: list[TestResult] = field(default_factory=list)
    passed: int = 0


def accepted(directory: Path, texts: Texts = NO_TEXTS) -> Accepted:
    """What the tests of a folder would have to say to pass. Nothing is written. Raises ConfigError as `run_tests` does."""
    results = trials(directory, texts).results
    done = Accepted()
    for name, failed in _by_file(results).items():
        text = texts.get(name)
        text = (directory / name).read_text(encoding="utf-8") if text is None else text
        done.texts[name] = rewritten(text, {each.path: each.accepted for each in failed})
        done.changed += failed
    again = trials(directory, {**texts, **done.texts}).results if done.texts else results
    done.left = [each for each in again if not each.passed]
    done.passed = len(again) - len(done.left)
    return done


def _by_file(results: Iterable[TestResult]) -> dict[str, list[TestResult]]:
    found: dict[str, list[TestResult]] = {}
    for each in results:
        if each.accepted:
            found.setdefault(each.place.file.rpartition("/")[2], []).append(each)
    return found


def rewritten(text: str, changes: Map[Way, Map[str, Json]]) -> str:
    """The text with these keys changed, by the way to what holds them; GONE takes a key out. Everything else stays, to the letter."""
    layout, data = Layout(text), read_document(text, "").data
    edits: list[Edit] = []
    for path, keys in changes.items():
        old = data
        for part in path:
            old = old[part]
        new = {**old, **keys}
        edits += _value(layout, path, old, {key: value for key, value in new.items() if value is not GONE})
    return apply(text, edits)


def _value(layout: Layout, path: Way, old: Json, new: Json) -> list[Edit]:
    """What turns the value at `path` into `new`: as little as possible."""
    if _same(old, new):
        return []
    holder = layout.holders.get(path)
    if holder is not None and isinstance(old, dict) and isinstance(new, dict) and new:
        edits = _map(layout, holder, old, new)
        if edits is not None:
            return edits
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [edit for index, pair in pairs for edit in _value(layout, (*path, index), *pair)]
    start, end = layout.entries[path].value
    return [Edit(start, end, (" " if layout.text[start - 1 : start] == ":" else "") + flow(new, inside=True))]


def _map(layout: Layout, holder: Holder, old: dict[Any, Json], new: dict[Any, Json]) -> list[Edit] | None:
    """Key by key: what goes makes room for what comes. None where the map is better written anew."""
    more = [(key, value) for key, value in new.items() if key not in old]
    edits: list[Edit] = []
    gone = 0
    for entry in holder.entries:
        key = entry.path[-1]
        if key in new:
            edits += _value(layout, entry.path, old[key], new[key])
        elif more:
            edits.append(Edit(entry.key[0], entry.value[1], _pair(*more.pop(0))))
        else:
            gone += 1
            taken = removed(layout, holder, entry)
            if taken is None or (holder.flow and entry is holder.entries[0]):
                return None
            edits += taken
    return edits + _inserted(layout, holder, more) if gone < len(holder.entries) else None


def _pair(key: str, value: Json) -> str:
    return f"{flow(key, inside=True)}: {flow(value, inside=True)}"


def _inserted(layout: Layout, holder: Holder, more: list[tuple[str, Json]]) -> list[Edit]:
    pairs = [_pair(*each) for each in more]
    if not pairs:
        return []
    last = holder.entries[-1].value[1]
    if holder.flow:
        return [Edit(last, last, "".join(f", {each}" for each in pairs))]
    first = holder.entries[0].key[0]
    indent = " " * (first - layout.line_start(first))
    end = layout.line_end(last)
    return [Edit(end, end, "".join(f"\n{indent}{each}" for each in pairs))]


def _same(one: Json, other: Json) -> bool:
    """Equal, as the tests compare: true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
