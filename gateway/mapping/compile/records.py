"""Records and operations: the nevisIDM side of a mapping."""

from __future__ import annotations

from gateway.mapping.compile.notes import Notes, Part
from gateway.mapping.document import shown
from gateway.mapping.file import MappingFile, OnlySpec, OperationStepSpec, RecordSpec, WriteSpec
from gateway.mapping.keys import Scalar
from gateway.mapping.model import Step
from gateway.mapping.record import Field, Only, Record, Write
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template

VERBS = ("create", "replace", "modify", "delete")


def records_of(spec: MappingFile, notes: Notes) -> dict[str, Record]:
    """The records by name, in file order."""
    return {name: _record(name, each, notes) for name, each in (spec.records or {}).items()}


def operations_of(spec: MappingFile, notes: Notes) -> dict[str, tuple[Step, ...]]:
    """The operations by verb, each with its steps."""
    if spec.operations is None:
        return {}
    listed = {verb: getattr(spec.operations, verb) for verb in VERBS}
    return {
        verb: tuple(_step(verb, each, notes, "operations", verb, index) for index, each in enumerate(steps))
        for verb, steps in listed.items()
        if steps is not None
    }


def _record(name: str, spec: RecordSpec, notes: Notes) -> Record:
    path = ("records", name)
    if not name.isalnum() or not name[0].isalpha():
        notes.error("M103", path, f'"{name}" is no name of a record', "use letters and digits only")
    reads, stands_in = _read(name, spec.read, notes, path)
    return Record(
        name,
        notes.place(*path),
        reads,
        stands_in,
        _write(f"{name}.create", spec.create, notes, (*path, "create")),
        _write(f"{name}.update", spec.update, notes, (*path, "update")),
        _write(f"{name}.delete", spec.delete, notes, (*path, "delete")),
        notes.pick(spec.pick, *path, "pick"),
        _fill(spec.fill or {}, notes, (*path, "fill")),
        tuple(_only(field, each, notes, (*path, "only", field)) for field, each in (spec.only or {}).items()),
        spec.missing == "create",
        notes.over(spec.over, *path, "over", where=spec.where),
        {tuple(name.split(".")): frozenset(values) for name, values in (spec.final or {}).items()},
    )


def _read(
    name: str, said: str | list[str] | None, notes: Notes, path: tuple[Part, ...]
) -> tuple[tuple[Call, ...], Field | None]:
    """The calls that read a record, or the place in another record where it stands."""
    if said is None:
        return (), None
    if isinstance(said, str) and not said[:1].isupper():
        record, *keys = said.split(".")
        return (), Field(record, tuple(keys))
    texts = [said] if isinstance(said, str) else said
    calls = [notes.call(f"{name}.read", text, *path, "read", index) for index, text in enumerate(texts)]
    return tuple(call for call in calls if call is not None), None


def _write(name: str, said: str | WriteSpec | None, notes: Notes, path: tuple[Part, ...]) -> Write | None:
    if said is None:
        return None
    text = said if isinstance(said, str) else said.do
    call = notes.call(name, text, *path, "do")
    send = None
    if isinstance(said, WriteSpec) and said.send is not None:
        templates = {key: notes.template(each, *path, "send", key) for key, each in said.send.items()}
        send = {key: template for key, template in templates.items() if template is not None}
    values = _values(name, said, notes, path) if isinstance(said, WriteSpec) else {}
    return Write(call, send, values) if call is not None else None


def _values(name: str, said: WriteSpec, notes: Notes, path: tuple[Part, ...]) -> dict[tuple[str, ...], dict[str, Call]]:
    """The calls that bring single values, by field and value."""
    found: dict[tuple[str, ...], dict[str, Call]] = {}
    for field, table in (said.values or {}).items():
        for value, text in table.items():
            if (call := notes.call(name, text, *path, "values", field, str(value))) is not None:
                found.setdefault(tuple(field.split(".")), {})[shown(value)] = call
    return found


def _fill(
    said: dict[str, Scalar], notes: Notes, path: tuple[Part, ...]
) -> dict[tuple[str, ...], Template | bool | int]:
    filled: dict[tuple[str, ...], Template | bool | int] = {}
    for field, value in said.items():
        if isinstance(value, bool | int):
            filled[tuple(field.split("."))] = value
        elif (template := notes.template(str(value), *path, field)) is not None:
            filled[tuple(field.split("."))] = template
    return filled


def _only(field: str, said: Scalar | OnlySpec, notes: Notes, path: tuple[Part, ...]) -> Only:
    keys = tuple(field.split("."))
    if not isinstance(said, OnlySpec):
        return Only(keys, "is", _plain(said))
    if [said.starts, said.contains, said.not_, said.in_].count(None) != 3:
        cure = "write a value, { starts: x }, { contains: x }, { not: x } or { in: [x, y] }"
        notes.error("M103", path, "`only` wants one condition", cure)
    if said.in_ is not None:
        return Only(keys, "in", frozenset(said.in_))
    if said.contains is not None:
        return Only(keys, "contains", said.contains)
    return Only(keys, "starts", said.starts) if said.starts is not None else Only(keys, "not", _plain(said.not_ or ""))


def _plain(value: Scalar) -> str | bool | int:
    return str(value) if isinstance(value, float) else value


def _step(verb: str, said: str | OperationStepSpec, notes: Notes, *path: Part) -> Step:
    place = notes.place(*path)
    if isinstance(said, str):
        return Step(place, record=said)
    first = next(iter((said.send or {}).values()), verb)
    return Step(
        place,
        call=notes.call(f"{first}.{verb}", said.do, *path, "do"),
        send=dict(said.send or {}),
        undo=notes.call(f"{first}.undo", said.undo, *path, "undo") if said.undo else None,
    )
