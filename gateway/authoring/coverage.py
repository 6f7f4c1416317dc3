"""Coverage of mappings by their tests, in lines: what a line says that a test can touch, and whether one has.

A line counts when everything on it was touched: an attribute was shown by a pair or written by an edit, each stored value of a table went
through it, each `write` was written, each call made, each route taken, each error row told. The steps of actions are not counted: no test
beside a mapping goes through them, only requests do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.mapping.document import Path as Way
from gateway.mapping.document import shown
from gateway.mapping.file_attribute import AttributeSpec, LensSpec
from gateway.mapping.folder import Unit, read_folder
from gateway.mapping.inherit import NO_TEXTS, Texts
from gateway.mapping.optics.plain import text_of
from gateway.mapping.record import Place
from gateway.mapping.rules.walk import Line, lines, writes
from gateway.mapping.variant import names_in
from gateway.plan.exercised import Mark
from gateway.plan.harness import Tested
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a test can touch: where it stands, what it is, and the marks of which one is enough."""

    place: Place
    what: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """One file: the lines that say something, and what on them no test has touched."""

    file: str
    lines: frozenset[int]
    missed: tuple[Thing, ...]

    @property
    def hit(self) -> int:
        """How many lines were touched as a whole."""
        return len(self.lines) - len({each.place.line for each in self.missed})


def coverage(directory: Path, done: Tested, texts: Texts = NO_TEXTS) -> list[Covered]:
    """The files of the folder, in the order of their names; `done` is what its tests did."""
    plain = read_folder(directory, (), texts)
    variants = dict.fromkeys(name for unit in plain.units for name in names_in(unit.document))
    folders = {"": plain} | {name: read_folder(directory, (name,), texts, plain) for name in variants}
    touched: dict[tuple[Place, str], bool] = {}
    found: dict[tuple[Place, str], Thing] = {}
    everywhere = set().union(*done.marks.values())
    for variant, folder in folders.items():
        for unit in folder.units:
            marks = everywhere if unit.shared else _marks(done, variant, unit)
            for thing in things(unit):
                key = thing.place, thing.what
                found.setdefault(key, thing)
                touched[key] = touched.get(key, False) or any(mark in marks for mark in thing.marks)
    names = {f"{directory.name}/{file.name}" for file in directory.glob("*.yaml")}
    return [
        _covered(name, found, touched)
        for name in sorted({place.file for place, _ in found} & names | {f"{directory.name}/{each}" for each in texts})
        if any(place.file == name for place, _ in found)
    ]


def percent(files: list[Covered]) -> float:
    """How many lines of all were touched, of a hundred; a folder that says nothing is covered."""
    every = sum(len(each.lines) for each in files)
    return 100.0 * sum(each.hit for each in files) / every if every else 100.0


def _marks(done: Tested, variant: str, unit: Unit) -> set[Mark]:
    """What the tests of this type have touched; a line that a variant did not change counts in any of them."""
    name = unit.mapping.name if unit.mapping is not None else ""
    return done.marks.get((variant, name), set())


def _covered(name: str, found: dict[tuple[Place, str], Thing], touched: dict[tuple[Place, str], bool]) -> Covered:
    own = {key: thing for key, thing in found.items() if key[0].file == name}
    missed = sorted(
        (thing for key, thing in own.items() if not touched[key]),
        key=lambda each: (each.place.line, each.place.column),
    )
    return Covered(name, frozenset(place.line for place, _ in own), tuple(missed))


def things(unit: Unit) -> Iterator[Thing]:
    """Everything in one file (and in what it extends) that a test can touch."""
    for row in unit.rows:
        yield Thing(row.place, "error row", (("row", row.place),))
    mapping = unit.mapping
    if mapping is None or unit.spec is None or mapping.action is not None:
        return
    for line in lines(unit):
        yield from _line(unit, line)
    yield from _records(unit)
    for route in mapping.search.routes if mapping.search is not None else ():
        yield Thing(
            unit.document.place("search", "routes", route.name), f"route {route.name}", (("route", route.name),)
        )
    for verb in mapping.operations:
        yield Thing(unit.document.place("operations", verb), f"{verb}", (("verb", verb),))


def _line(unit: Unit, line: Line) -> Iterator[Thing]:
    leaf = line.leaf
    if leaf is None:
        return
    name = ".".join(map(str, line.path[1:]))
    yield Thing(unit.document.place(*line.path), f"attribute {name}", (("shown", leaf.place), ("written", leaf.place)))
    for way, spec in _choices(line.spec, line.path):
        table: dict[Any, Any] = dict(spec.choice or {})  # a key may be a number
        for stored in table:
            marks: tuple[Mark, ...] = (("stored", leaf.place, text_of(stored)), ("wrote", leaf.place, text_of(stored)))
            yield Thing(unit.document.place(*way, "choice", stored), f"{name}: stored {shown(stored)}", marks)
        back: dict[Any, Any] = dict(spec.write or {})
        for face, stored in back.items():
            what = f"{name}: written as {shown(stored)}"
            yield Thing(unit.document.place(*way, "write", face), what, (("wrote", leaf.place, text_of(stored)),))
    if isinstance(line.spec.search, dict):
        place = unit.document.place(*line.path, "search")
        yield Thing(place, f"{name}: a filter", (("asked", line.attr), ("asked", _whole(line.attr))))


def _whole(attr: Attr) -> Attr:
    return Attr(attr.name, urn=attr.urn)


def _choices(spec: AttributeSpec, path: Way) -> Iterator[tuple[Way, LensSpec]]:
    listed = isinstance(spec.as_, list)
    for index, each in enumerate(spec.as_ if isinstance(spec.as_, list) else [spec.as_]):
        if isinstance(each, LensSpec) and each.choice:
            yield (*path, "as", *((index,) if listed else ())), each


def _records(unit: Unit) -> Iterator[Thing]:
    """Each record as a pair has it, and each call that changes one."""
    assert unit.mapping is not None
    for name, record in unit.mapping.records.items():
        if record.readable:
            key = "read" if ("records", name, "read") in unit.document.keys else name
            place = (
                unit.document.place("records", name, "read") if key == "read" else unit.document.place("records", name)
            )
            yield Thing(place, f"record {name}", (("record", name),))
        for verb, write in writes(record):
            calls = [each for table in write.values.values() for each in table.values()]
            made: tuple[Mark, ...] = tuple(("call", f"{each.method} {each.path.text}") for each in (write.call, *calls))
            place = unit.document.place("records", name, verb)
            yield Thing(place, f"call {name}.{verb}", (("call", f"{name}.{verb}"), *made))
