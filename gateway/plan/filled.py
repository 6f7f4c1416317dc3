"""The values of the records that a create makes: what the client said, and what the mapping fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.apart import apart_records
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes
from gateway.mapping.record import Record
from gateway.nevisidm.template import Lookup, Template
from gateway.plan import body as bodies
from gateway.plan.body import Values
from gateway.plan.chosen import NewId
from gateway.plan.elements import makes_up_id

Json = Any
Filled = Map[str, Map[tuple[str, ...], Json]]
"""Values by field, by record."""


def filled(mapping: Mapping, changed: Map[str, Values], tenant: Lookup, new_id: NewId) -> Filled:
    """The values of every record that will be created: its `fill`, then what the client said. `tenant` fills {settings.x} and the like."""
    found: dict[str, dict[tuple[str, ...], Json]] = {}
    for name, record in _fillable(mapping):
        said = changed.get(name)
        values: dict[tuple[str, ...], Json] = {
            keys: _fill(text, tenant, new_id)
            for keys, text in record.fill.items()
            if said is None or said.get(keys) is None
        }
        if said is not None:
            values.update((keys, value) for keys, value in said.items() if value is not None)
        if values:
            found[name] = values
    return found


def bindings_of(values: Filled) -> dict[str, Json]:
    """The values under the names of the holes that they fill."""
    return {hole: value for record, fields in values.items() for hole, value in bodies.flat(record, fields)}


def chosen_ids(mapping: Mapping, changes: Changes, tenant: Lookup, new_id: NewId) -> dict[str, Json]:
    """What fills the holes of a new resource's id, as far as it is known before it is made."""
    return bindings_of(filled(mapping, changes.records, tenant, new_id))


def made_up(mapping: Mapping, changed: Map[str, Values]) -> frozenset[str]:
    """The records whose extId nobody knew before: it is random, and not what the client said."""
    return frozenset(name for name in _random(mapping) if changed.get(name, {}).get(("extId",)) is None)


@kept
def _fillable(mapping: Mapping) -> tuple[tuple[str, Record], ...]:
    """The records that a new resource has by itself: not those of elements."""
    others = apart_records(mapping) | owned(mapping).keys()
    return tuple((name, record) for name, record in mapping.records.items() if name not in others)


@kept
def _random(mapping: Mapping) -> tuple[str, ...]:
    """The records whose extId is made up where the client gives none."""
    apart = apart_records(mapping)
    return tuple(name for name, record in mapping.records.items() if makes_up_id(record) and name not in apart)


def _fill(text: Template | bool | int, tenant: Lookup, new_id: NewId) -> Json:
    if not isinstance(text, Template):
        return text
    return text.fill(lambda hole: new_id() if hole == "uuid" else tenant(hole))
