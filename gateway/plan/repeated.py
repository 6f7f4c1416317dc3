"""The calls of a create are planned once for each shape: which fields there are, of which kinds. The values are then filled in.

As with searches (`planned.py`), the plan of a shape that comes again is kept as Python with holes (`pattern.py`). Values by which a mapping
chooses a call are part of the shape. What is kept answers faster, never otherwise: before a pattern is kept it must give the very plan that
was made for the values at hand, and a law holds that it is ever what planning anew finds.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.kept import kept, remember
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes
from gateway.plan.filled import Filled
from gateway.plan.pattern import Fill, pattern
from gateway.plan.plan import WritePlan

Json = Any
Keys = tuple[str, ...]
Plan = Callable[[Filled], WritePlan]
MOST = 512
ONCE = 1
"""What is known of a shape that came once."""
_memory: dict[Any, tuple[Fill[WritePlan] | int | None, Mapping]] = {}
"""Of a shape: a pattern of its plans, that it came ONCE, or that no pattern gives them; and the mapping, which so keeps its id."""

remember(_memory)


def planned_again(mapping: Mapping, changes: Changes, values: Filled, random: frozenset[str], plan: Plan) -> WritePlan:
    """`plan(values)`, or what it would give. `random`: the records whose ids were made up; elements are no part of these changes."""
    shape: list[object] = [id(mapping), random, changes.attributes, *changes.records]
    lifted: list[Json] = []
    deciding = _deciding(mapping)
    for name, fields in values.items():
        decides = deciding.get(name, ())
        shape.append(name)
        shape += fields
        shape += map(type, fields.values())
        shape += [repr(fields[keys]) for keys in decides if keys in fields]
        lifted += [value for keys, value in fields.items() if _is_lifted(keys, value, decides)]
    if "" in lifted:  # fills no hole
        return plan(values)
    key = tuple(shape)
    known = _memory.get(key)
    if known is None:
        if len(_memory) >= MOST:
            _memory.clear()
        _memory[key] = ONCE, mapping
        return plan(values)
    if callable(known[0]):
        return known[0](lifted)
    made = plan(values)
    if known[0] == ONCE:
        _memory[key] = _pattern(values, deciding, lifted, made, plan), mapping
    return made


def _pattern(
    values: Filled, deciding: Map[str, tuple[Keys, ...]], lifted: list[Json], made: WritePlan, plan: Plan
) -> Fill[WritePlan] | None:
    """The pattern of a shape's plans; None where it would not give the one that was made."""
    stand_ins = [f"stand{number}in" for number in range(len(lifted))]
    left = iter(stand_ins)
    others = {
        name: {
            keys: next(left) if _is_lifted(keys, value, deciding.get(name, ())) else value
            for keys, value in fields.items()
        }
        for name, fields in values.items()
    }
    fill = pattern(plan(others), stand_ins)
    try:
        return fill if fill(lifted) == made else None
    except TypeError:  # a value that is no text would have to become part of one
        return None


def _is_lifted(keys: Keys, value: Json, deciding: Container[Keys]) -> bool:
    """Whether a plan has the value where it stands and does not depend on it. What is None is in no body."""
    return value is not None and keys not in deciding


@kept
def _deciding(mapping: Mapping) -> Map[str, tuple[Keys, ...]]:
    """By record, the fields by whose value the mapping chooses a call."""
    found = {}
    for name, record in mapping.records.items():
        fields = tuple(keys for write in (record.create, record.update) if write is not None for keys in write.values)
        if fields:
            found[name] = fields
    return found
