"""Error rows: circumstances and what the client is told."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.mapping.compile.notes import Notes, Part
from gateway.mapping.file_error import RowSpec, WhenSpec
from gateway.mapping.model import ErrorRow, When


def rows_of(specs: Sequence[RowSpec] | None, notes: Notes) -> tuple[ErrorRow, ...]:
    """The rows of a file, in order."""
    return tuple(_row(spec, notes, "errors", index) for index, spec in enumerate(specs or ()))


def _row(spec: RowSpec, notes: Notes, *path: Part) -> ErrorRow:
    if (spec.scim is None) == (spec.outcome is None):
        notes.error("M103", path, "a row tells the client one thing", "write either `scim` or `outcome`")
    when, place, told = _when(spec.when), notes.place(*path), spec.scim
    if told is None:
        return ErrorRow(when, place, outcome=spec.outcome)
    return ErrorRow(
        when,
        place,
        None if told.status == "same" else told.status,
        told.scim_type,
        told.message_id,
        told.attribute,
        told.tell,
        told.retry_after,
        bool(told.alarm),
        spec.outcome,
        tuple(told.field.split(".")) if told.field is not None else (),
    )


def _when(spec: str | WhenSpec) -> When:
    if isinstance(spec, str):
        return When(any=True)
    said = [spec.code] if isinstance(spec.code, str) else spec.code
    http = spec.http if isinstance(spec.http, list) else None if spec.http is None else [spec.http]
    rest = said == ["rest"]
    return When(
        codes=tuple(said) if said is not None and not rest else None,
        rest=rest,
        http=tuple(str(each) for each in http) if http is not None else None,
        json=spec.json_,
        if_match=spec.if_match,
        as_self=spec.self_,
        call=spec.call,
    )
