"""M5xx: operations that write nothing, in the wrong order, or without a way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.mapping.compile.writing import Writing, writing_of
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping, Step
from gateway.mapping.record import Record
from gateway.mapping.rules.walk import Line, found, idm_path, lines
from gateway.nevisidm.call import Call

_NEEDS = {"create": "create", "replace": "update", "modify": "update", "delete": "delete"}


def known_records(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M501: operations name records of the file."""
    for mapping, verb, index, step in _steps(unit):
        names = {"": step.record} if step.record is not None else dict(step.send)
        for key, name in names.items():
            if name not in mapping.records:
                path = ("operations", verb, index, "send", key) if key else ("operations", verb, index)
                cure = did_you_mean(name, mapping.records, f"the records are {', '.join(mapping.records)}")
                yield found(unit, "M501", path, f'no record is called "{name}"', cure)


def _steps(unit: Unit) -> Iterator[tuple[Mapping, str, int, Step]]:
    for verb, steps in unit.mapping.operations.items() if unit.mapping else ():
        for index, step in enumerate(steps):
            assert unit.mapping is not None
            yield unit.mapping, verb, index, step


def callable_records(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M504: a record that an operation names has a call for it."""
    for mapping, verb, index, step in _steps(unit):
        record = mapping.records.get(step.record or "")
        comes_and_goes = record is not None and writing_of(mapping).owned(record.name)
        if record is not None and not _can(record, verb, comes_and_goes=comes_and_goes):
            text = f'"{record.name}" has no {_needs(record, verb, comes_and_goes=comes_and_goes)}, so {verb} cannot write it'
            yield found(unit, "M504", ("operations", verb, index), text, "add the call, or leave the record out")


def _needs(record: Record, verb: str, *, comes_and_goes: bool) -> str:
    if not (record.over is not None or comes_and_goes) or verb == "delete":
        return f"`{_NEEDS[verb]}`"
    return "`create`" if record.create is None and record.update is None else "`delete`"


def _can(record: Record, verb: str, *, comes_and_goes: bool) -> bool:
    if (record.over is not None or comes_and_goes) and verb in ("create", "replace", "modify"):  # elements come and go
        comes = record.create is not None or record.update is not None
        return comes and (verb == "create" or record.delete is not None)
    if verb == "create":
        return record.create is not None or record.update is not None
    return (record.delete if verb == "delete" else record.update) is not None


def order(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M502: on create, a call does not need a record that a later step creates."""
    mapping = unit.mapping
    steps = mapping.operations.get("create", ()) if mapping else ()
    for index, step in enumerate(steps):
        later = {name for each in steps[index + 1 :] for name in (each.record, *each.send.values()) if name}
        for hole in _path_holes(mapping, step) if mapping else ():
            record = hole.partition(".")[0]
            if record in later and record != step.record and record not in step.send.values():
                text = f'this step needs {{{hole}}}, but "{record}" is created later'
                yield found(unit, "M502", ("operations", "create", index), text, f'move it behind "{record}"')


def _path_holes(mapping: Mapping, step: Step) -> tuple[str, ...]:
    record = mapping.records.get(step.record or "")
    write = (record.create or record.update) if record is not None else None
    call: Call | None = step.call if step.call is not None else write.call if write is not None else None
    return call.path.holes if call is not None else ()


def nothing_lost(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M503: what a client may change, every operation that could meet it also writes; what it may only say, a create can check."""
    mapping = unit.mapping
    if mapping is None or mapping.action is not None or any(known_records(unit, folder)):
        return
    writing = writing_of(mapping)
    for line in lines(unit):
        if line.leaf is not None and line.leaf.writable:
            yield from _lost(unit, line, mapping, writing)


def _lost(unit: Unit, line: Line, mapping: Mapping, writing: Writing) -> Iterator[Finding]:
    assert line.leaf is not None
    only_new = line.leaf.schema.mutability == "immutable"
    wanted = [
        verb
        for verb in ("create", "replace", "modify")
        if verb in mapping.operations and not (only_new and verb != "create")
    ]
    for target, field in line.leaf.idm.items():
        missing = [verb for verb in wanted if verb not in writing.verbs(field)]
        if missing and not (only_new and writing.refers(field)):
            path = idm_path(line, target)
            cure = f"add mutability: {'immutable' if 'create' not in missing else 'readOnly'}, or the record to {' and '.join(missing)}"
            yield found(unit, "M503", path, f"{' and '.join(missing)} cannot write {field}", cure)


def undoable(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M505: a create of several calls can take back what it began. What removes the first record takes the rest with it."""
    mapping = unit.mapping
    steps = mapping.operations.get("create", ()) if mapping else ()
    for index, step in enumerate(steps[:-1]):
        if mapping is None or _undoes(mapping, step):
            return
        text = "if a later step fails, this one cannot be taken back"
        cure = "add `undo`, or let its record have a `delete`"
        yield found(unit, "M505", ("operations", "create", index), text, cure, "warning")


def _undoes(mapping: Mapping, step: Step) -> bool:
    if step.record is None:
        return step.undo is not None
    record = mapping.records.get(step.record)
    return record is not None and record.create is not None and record.delete is not None
