"""From a wished-for resource to changed record fields: per leaf where the shown values differ, and nothing else.

So GetPut holds by construction: what is written back as it was read changes nothing, whatever the lens would have made of it. A cleared
value is None. What the mapping cannot store is refused, or dropped where it says so; nothing is dropped without being named. What is the
same in both is not looked at (`tests/laws/test_changes.py`: looking would find nothing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from gateway.mapping.difference import Difference, check_constant
from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup, Leaf, SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.owned import ElementChange
from gateway.mapping.records import Records
from gateway.mapping.view import Scene, at, put_at
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Keys = tuple[str, ...]
Top = tuple[str | None, str]
"""A top attribute: its extension's URN, its name."""

_number = attrgetter("number")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written. `records`: record → field → stored value, None to clear it; `attributes`: what a client would call it.

    `added` and `removed`: elements of lists that stand apart; `elements`: those of the resource's own lists. `dropped`: attributes of
    which a value had no place and was left out.
    """

    records: Map[str, Map[Keys, Json]] = field(default_factory=dict, repr=False)
    attributes: tuple[Attr, ...] = ()
    added: Map[Attr, tuple[Resource, ...]] = field(default_factory=dict, repr=False)
    removed: Map[Attr, tuple[Resource, ...]] = field(default_factory=dict, repr=False)
    dropped: tuple[Attr, ...] = ()
    elements: tuple[ElementChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the mapping that says where an attribute is kept, and the how many-th it is: changes are found in their order."""

    number: int
    what: Leaf | SlotGroup | EachGroup


def changes(
    mapping: Mapping, before: Resource, after: Resource, records: Records, scene: Scene, *, creating: bool
) -> Changes:
    """The difference between two resources of this mapping, in terms of its records.

    `before` is the view of `records`, {} on create. Raises BadRequest GW111 (a value has no stored form, a constant is contradicted) and
    Unsupported GW206 (a value of a multi-valued attribute has no place).
    """
    known = lines(mapping)
    tops = {**dict.fromkeys(_differing(before, after, mapping)), **_unseen(mapping)}
    concerned = [line for top in tops for line in known.get(top, ())]
    concerned.sort(key=_number)
    return told(concerned, before, after, Difference(mapping, records, scene, creating=creating))


def told(concerned: Iterable[Line], before: Resource, after: Resource, difference: Difference) -> Changes:
    """What these lines of the mapping say of the difference."""
    for line in concerned:
        what = line.what
        old, new = at(before, what.attr) if before else None, at(after, what.attr)
        if isinstance(what, Leaf):
            if what.first is not None and what.first.open:
                difference.of_map(what, what.first, before, after)
            else:
                difference.of_leaf(what, old, new)
        elif isinstance(what, SlotGroup):
            difference.of_slots(what, old, new)
        else:
            difference.of_elements(what, old, new)
    return Changes(
        difference.changed,
        tuple(difference.attributes),
        difference.added,
        difference.removed,
        tuple(difference.dropped),
        tuple(difference.elements),
    )


@kept
def is_one_way(mapping: Mapping) -> bool:
    """Whether values go through a lens that nothing leads back from, which takes long on purpose."""
    return any(leaf.lens.targets for leaf in mapping.leaves.values())


@kept
def lines(mapping: Mapping) -> Map[Top, tuple[Line, ...]]:
    """The lines of a mapping by the top attribute that they are about."""
    found: dict[Top, tuple[Line, ...]] = {}
    all_lines: tuple[Leaf | SlotGroup | EachGroup, ...] = (
        *mapping.leaves.values(),
        *mapping.slots.values(),
        *mapping.each.values(),
    )
    for number, what in enumerate(all_lines):
        top = what.attr.urn, what.attr.name
        found[top] = (*found.get(top, ()), Line(number, what))
    return found


@kept
def _unseen(mapping: Mapping) -> Map[Top, None]:
    """What is written whenever it is sent, since nobody can see what is there."""
    hidden = (attr for attr, leaf in mapping.leaves.items() if leaf.schema.mutability == "writeOnly")
    return dict.fromkeys((attr.urn, attr.name) for attr in hidden)


@kept
def _extensions(mapping: Mapping) -> frozenset[str]:
    """The URNs below which the mapping's attributes stand."""
    return frozenset(urn for urn, _ in lines(mapping) if urn is not None)


def _differing(before: Resource, after: Resource, mapping: Mapping) -> Iterator[Top]:
    """The top attributes that the two do not have in common; what neither has did not change."""
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is new or old == new:
            continue
        if name not in _extensions(mapping):
            yield None, name
            continue
        was, wish = (table if isinstance(table, dict) else {} for table in (old, new))
        yield from ((name, inner) for inner in was.keys() | wish.keys() if was.get(inner) != wish.get(inner))


def asked_of(mapping: Mapping, body: Resource) -> Resource:
    """What a body asks of an action: with defaults, without what only answers say. Raises BadRequest GW111 against a constant."""
    asked: Resource = {}
    for attr, leaf in mapping.leaves.items():
        value = at(body, attr)
        if leaf.origin:
            check_constant(leaf, value)
        value = leaf.schema.default if value is None else value
        if value is not None and not leaf.origin:
            put_at(asked, attr, value)
    return asked
