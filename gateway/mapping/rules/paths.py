"""M301, M302, M304, M306: record paths that lead nowhere, records nobody uses, calls nevisIDM does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.action import Do
from gateway.mapping.document import Path
from gateway.mapping.finding import Finding, Fix, did_you_mean, misspelt
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field, Record
from gateway.mapping.records import all_leaves
from gateway.mapping.rules.walk import calls, found, idm_path, lines, named, templates, writes
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template


def fields(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M301: every record path names a record of the file and a field that nevisIDM has there."""
    mapping = unit.mapping
    if mapping is None:
        return
    for line in lines(unit):
        for target, field in line.leaf.idm.items() if line.leaf else ():
            yield from _field(unit, mapping, field, idm_path(line, target))
        if line.leaf is not None and line.leaf.by is not None:
            yield from _field(unit, mapping, line.leaf.by, (*line.path, "by"))
        if line.spec.each is not None and unit.spec is not None and unit.spec.steps is None:
            for source in [line.spec.each] if isinstance(line.spec.each, str) else line.spec.each:
                yield from _record(unit, mapping, source, (*line.path, "each"))
    for name, record in mapping.records.items():
        if record.stands_in is not None:
            yield from _record(unit, mapping, record.stands_in.record, ("records", name, "read"))
    yield from _single(unit, mapping)
    for route in mapping.search.routes if mapping.search else ():
        if route.items is not None:
            yield from _record(unit, mapping, route.items, ("search", "routes", route.name, "items"))
        for hole in route.key:
            yield from _record(unit, mapping, hole.partition(".")[0], ("search", "routes", route.name, "key", hole))


def _single(unit: Unit, mapping: Mapping) -> Iterator[Finding]:
    """The fields with values that have calls of their own, or that nothing leads back from: the usual call must take them."""
    for name, record in mapping.records.items():
        for verb, write in writes(record):
            entry = catalogue.find(write.call.method, write.call.path.text)
            said: dict[tuple[str, ...], Path] = dict.fromkeys(write.values, (verb, "values"))
            said |= dict.fromkeys(record.final if verb == "update" else (), ("final",))
            for keys, place in said.items():
                if entry is not None and not catalogue.has(entry.body, keys):
                    path = ("records", name, *place, ".".join(keys))
                    text = f'{write.call.method} {write.call.path.text} takes no "{".".join(keys)}"'
                    yield named(
                        unit,
                        "M301",
                        path,
                        text,
                        did_you_mean(".".join(keys), entry.body, "see nevisIDM's documentation"),
                    )


def _record(unit: Unit, mapping: Mapping, name: str, path: Path) -> Iterator[Finding]:
    if name not in mapping.records:
        cure = did_you_mean(name, mapping.records, _listed(mapping))
        meant = misspelt(name, mapping.records)
        yield found(unit, "M301", path, f'no record is called "{name}"', cure, fix=meant)


def _listed(mapping: Mapping) -> str:
    return f"the records are {', '.join(mapping.records)}" if mapping.records else "this file has no records"


def _field(unit: Unit, mapping: Mapping, field: Field, path: Path) -> Iterator[Finding]:
    if field.record not in mapping.records:
        yield from _record(unit, mapping, field.record, path)
        return
    known = fields_of(mapping, field.record)
    if known and not catalogue.has(known, field.keys, open_map=field.open):
        name = ".".join(field.keys) or "*"
        cure = did_you_mean(name, known, "see nevisIDM's documentation of that record")
        yield found(unit, "M301", path, f'nevisIDM has no field "{name}" in {field.record}', cure)


def fields_of(mapping: Mapping, name: str) -> frozenset[str]:
    """The fields that a record is known to have; empty if that is not known."""
    record = mapping.records.get(name)
    if record is None:
        return frozenset()
    if record.stands_in is not None:
        above = fields_of(mapping, record.stands_in.record) if record.stands_in.record != name else frozenset()
        prefix = "".join(f"{key}." for key in record.stands_in.keys)
        return frozenset(each.removeprefix(prefix) for each in above if each.startswith(prefix))
    entries = [catalogue.find(call.method, call.path.text) for call in (*record.reads, *_bodies(record))]
    if any(entry is None or not (entry.reply or entry.body) for entry in entries):
        return frozenset()
    known = frozenset().union(*(entry.reply | entry.body for entry in entries if entry is not None))
    return known | {hole.partition(".")[2] for hole in _holes(record) if hole.startswith(f"{name}.")}


def _bodies(record: Record) -> list[Call]:
    return [write.call for write in (record.create, record.update) if write is not None and not write.send]


def _holes(record: Record) -> Iterator[str]:
    for call in record.reads:
        yield from call.path.holes
    for write in (record.create, record.update, record.delete):
        yield from write.call.path.holes if write is not None else ()


def unused(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M302: a record that nothing shows, needs or writes."""
    mapping = unit.mapping
    if mapping is None:
        return
    used = _shown(mapping) | _needed(mapping)
    used |= {
        name
        for steps in mapping.operations.values()
        for step in steps
        for name in (step.record or "", *step.send.values())
    }
    for name in mapping.records:
        if name not in used:
            yield named(
                unit,
                "M302",
                ("records", name),
                f'record "{name}" is never used',
                "remove it, or map a field of it",
                "warning",
            )


def _shown(mapping: Mapping) -> set[str]:
    """The records that attributes show."""
    leaves = list(all_leaves(mapping))
    origins = [each for leaf in leaves for each in leaf.origin.values() if isinstance(each, Template)]
    return {
        *(field.record for leaf in leaves for field in leaf.idm.values()),
        *(hole.partition(".")[0] for origin in origins for hole in origin.holes),
        *(group.source for group in mapping.lists),
        *(route.items or "" for route in (mapping.search.routes if mapping.search else ())),
    }


def _needed(mapping: Mapping) -> set[str]:
    """The records that other records stand in, or that fill the holes of templates and of other records' calls."""
    needed = {record.stands_in.record for record in mapping.records.values() if record.stands_in is not None}
    needed |= {hole.partition(".")[0] for template, _ in templates(mapping) for hole in template.holes}
    for call, path in calls(mapping):
        owner = path[1] if path[0] == "records" else None
        needed |= {name for hole in call.path.holes if (name := hole.partition(".")[0]) != owner}
    return needed


def picks(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M304: `pick` chooses from a list, so there must be one; with `over` it says which of a key's records is the element."""
    mapping = unit.mapping
    if mapping is None:
        return
    for name, record in mapping.records.items():
        if record.pick is not None and record.over is None and not any(_many(call) for call in record.reads):
            yield found(
                unit, "M304", ("records", name, "pick"), f'"{name}" is not read from a list', "leave out `pick`"
            )
    for way, steps in mapping.action.ways.items() if mapping.action else ():
        for index, step in enumerate(steps):
            if isinstance(step, Do) and step.pick is not None and not _many(step.call):
                path = ("steps", *((way,) if way else ()), index, "pick")
                yield found(unit, "M304", path, f'"{step.name}" is not a list', "leave out `pick`")


def _many(call: Call) -> bool:
    entry = catalogue.find(call.method, call.path.text)
    return entry is None or entry.many


def known_calls(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M306: nevisIDM has the call; a notice where that is only inferred and the line does not say so (`# inferred`)."""
    if unit.mapping is None:
        return
    for call, path in calls(unit.mapping):
        entry = catalogue.find(call.method, call.path.text)
        place = unit.document.value_place(*path)
        if entry is None:
            cure = _similar(call)
            yield Finding(place, "M306", "error", f"nevisIDM has no {call.method} {call.path.text}", cure)
        elif entry.inferred and not unit.document.remarks.get((place.file, place.line), "").startswith("inferred"):
            text = f"{call.method} {call.path.text} is not documented, only inferred"
            cure = "write `# inferred` behind it once you know"
            yield Finding(place, "M306", "notice", text, cure, Fix("remark", ("inferred",)))


def _similar(call: Call) -> str:
    wanted = f"{call.method} {catalogue.shape(call.path.text)}"
    others = [each.split()[0] for each in catalogue.paths() if each.split()[1] == wanted.split()[1]]
    return (
        f"it has {', '.join(others)} there"
        if others
        else did_you_mean(wanted, catalogue.paths(), "see its documentation")
    )
