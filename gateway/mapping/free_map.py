"""Free maps: an attribute that shows whatever names nevisIDM has at a place and no other attribute maps, each as text, and takes such.

Names that begin with `_` are nevisIDM's own (`_classifications`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.errors import BadRequest
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any


def shown_map(found: Json, taken: frozenset[str], leaf: Leaf, now: datetime) -> dict[str, Json]:
    """What the map shows of the stored one, without the names that are `taken` by other attributes."""
    shown = {}
    for name, stored in found.items() if isinstance(found, dict) else ():
        if name in taken or name.startswith("_"):
            continue
        value = _text(leaf.lens.get(stored, now), leaf.schema.multi_valued)
        if value is not None:
            shown[name] = value
    return shown


def _text(value: Json, many: bool) -> Json:
    """A value as the string, or list of strings, that it is declared to be."""
    if many:
        return [item for item in value if isinstance(item, str)] or None if isinstance(value, list) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) and value != "" else None


def map_of(value: Json, attr: Attr) -> Resource:
    """The wished-for map; an empty one where there is none. Raises BadRequest GW111 for anything else."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise BadRequest("GW111", f"{attr} must be an object.")


def texts_in_map(leaf: Leaf, attr: Attr, value: Json) -> Json:
    """One value of the wished-for map as it is. Raises BadRequest GW111 where it is no text, or not of texts."""
    items = value if leaf.schema.multi_valued and isinstance(value, list) else [value]
    if value is not None and not all(isinstance(item, str) for item in items):
        raise BadRequest("GW111", f"{attr} must be a string{' or strings' if leaf.schema.multi_valued else ''}.")
    return value


def owner(mapping: Mapping, place: Field, name: str) -> str:
    """The name of the attribute that maps one key of a free map, after a comma; "" where none does."""
    wanted = storage(mapping, Field(place.record, (*place.keys, name)))
    leaves = (leaf for leaf in all_leaves(mapping) for one in leaf.idm.values() if storage(mapping, one) == wanted)
    return next((f", {leaf.attr}" for leaf in leaves), "")
