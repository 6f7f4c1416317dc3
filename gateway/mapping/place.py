"""Which slot a value of a multi-valued attribute belongs to (mapping-format, section 11.1).

A slot is known by its constants. What a value does not say is taken as meant only where that leaves no choice; one that says nothing of
them at all is meant for the primary slot. Which value is the primary one is decided by the mapping, not by the client: `primary: false`
is accepted anywhere, as clients say it of every value.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import BadRequest, Unsupported
from gateway.mapping.kept import kept
from gateway.mapping.leaf import Slot, SlotGroup
from gateway.scim.comparison import is_present
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Told = tuple[tuple[str, str | bool], ...]
"""The constants of a slot but for which value is the primary one."""


def placed(group: SlotGroup, values: Json) -> tuple[dict[int, Resource], bool]:
    """The values of a multi-valued attribute by the number of their slot, and whether any has none.

    Raises BadRequest GW111 for what is no list of values, Unsupported GW206 for two values of one slot, and for a primary value that
    cannot be it.
    """
    found: dict[int, Resource] = {}
    homeless = False
    names = _telling(group)
    for value in objects(values, group.attr):
        if not any(is_present(value.get(name)) for name in names):
            continue
        number = place_of(group, value)
        if number is None:
            homeless = True
        elif number in found:
            raise _crowded(group, group.slots[number])
        else:
            found[number] = value
    return found, homeless


@kept
def _telling(group: SlotGroup) -> tuple[str, ...]:
    """The sub-attributes of which at least one makes a value."""
    return tuple(dict.fromkeys(name for slot in group.slots for name in slot.leaves))


def place_of(group: SlotGroup, value: Resource) -> int | None:
    """The number of the slot, None if there is none. Raises Unsupported GW206 for a primary value that cannot be it."""
    fitting = [number for number, told in enumerate(_constants(group)) if _fits(told, value)]
    if len(fitting) > 1:
        said = [number for number in fitting if _says_all(group.slots[number], value)]
        primary = [number for number in fitting if group.slots[number].constants.get("primary") is True]
        fitting = said or (primary if value.get("primary") is True or _says_nothing(group, value) else [])
    if len(fitting) != 1:
        return None
    _check_primary(group, group.slots[fitting[0]], value)
    return fitting[0]


@kept
def _constants(group: SlotGroup) -> tuple[Told, ...]:
    """By slot, what tells it from others."""
    return tuple(
        tuple((name, constant) for name, constant in slot.constants.items() if name != "primary")
        for slot in group.slots
    )


def _fits(told: Told, value: Resource) -> bool:
    """Whether nothing that the value says contradicts the slot."""
    for name, constant in told:
        said = value.get(name)
        if said is not None and not _equal(constant, said):
            return False
    return True


def _says_all(slot: Slot, value: Resource) -> bool:
    return all(value.get(name) is not None for name in slot.constants if name != "primary")


def _says_nothing(group: SlotGroup, value: Resource) -> bool:
    return all(value.get(name) is None for slot in group.slots for name in slot.constants)


def _equal(constant: Json, said: Json) -> bool:
    if isinstance(constant, str) and isinstance(said, str):
        return constant == said or constant.lower() == said.lower()
    return type(constant) is type(said) and bool(constant == said)


def _check_primary(group: SlotGroup, slot: Slot, value: Resource) -> None:
    if value.get("primary") is True and slot.constants.get("primary") is not True:
        text = f"nevisIDM keeps no primary mark for this value of {group.attr}{_always(group)}. Leave primary out."
        raise Unsupported("GW206", text)


def _always(group: SlotGroup) -> str:
    """Which value is always the primary one."""
    kinds = [slot.constants.get("type") for slot in group.slots if slot.constants.get("primary") is True]
    return f': the primary one is always that of type "{kinds[0]}"' if kinds and kinds[0] else ""


def objects(values: Json, attr: Attr) -> list[Resource]:
    """The values of a multi-valued attribute. Raises BadRequest GW111 for anything else."""
    if values is None:
        return []
    if isinstance(values, list) and all(isinstance(value, dict) for value in values):
        return values
    raise BadRequest("GW111", f"{attr} must be an array of objects.")


def no_place(group: SlotGroup) -> Unsupported:
    """GW206 with the places there are."""
    offered = " or ".join(_face(slot) for slot in group.slots)
    return Unsupported("GW206", f"nevisIDM has no place for a value of {group.attr} that is not {offered}.")


def _crowded(group: SlotGroup, slot: Slot) -> Unsupported:
    return Unsupported("GW206", f"nevisIDM has one place only for {group.attr} of {_face(slot)}; send one such value.")


def _face(slot: Slot) -> str:
    """What a slot's values are known by: `type "work"`; where nothing tells them apart, just that."""
    told = [f'{name} "{value}"' for name, value in slot.constants.items() if name != "primary"]
    return " and ".join(told) or "the one kind there is"
