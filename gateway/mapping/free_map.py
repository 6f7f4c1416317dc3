"""Free maps: an attribute that shows whatever names nevisIDM has at a place and no other attribute maps, each as text.

Names that begin with `_` are nevisIDM's own (`_classifications`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.mapping.model import Leaf

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
