"""Which slot a value of a multi-valued attribute belongs to (mapping-format, section 11.1).

A slot is known by its constants. What a value does not say is taken as meant only where that leaves no choice; one that says nothing of
them at all is meant for the primary slot. Which value is the primary one is decided by the mapping, not by the client: `primary: false`
is accepted anywhere, as clients say it of every value.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.model import Slot, SlotGroup
from gateway.scim.request import Resource

Json = Any


def place_of(group: SlotGroup, value: Resource) -> int | None:
    """The number of the slot, None if there is none. Raises Unsupported GW206 for a primary value that cannot be it."""
    fitting = [number for number, slot in enumerate(group.slots) if _fits(slot, value)]
    if len(fitting) > 1:
        said = [number for number in fitting if _says_all(group.slots[number], value)]
        primary = [number for number in fitting if group.slots[number].constants.get("primary") is True]
        fitting = said or (primary if value.get("primary") is True or _says_nothing(group, value) else [])
    if len(fitting) != 1:
        return None
    _check_primary(group, group.slots[fitting[0]], value)
    return fitting[0]


def _fits(slot: Slot, value: Resource) -> bool:
    """Whether nothing that the value says contradicts the slot."""
    told = ((constant, value.get(name)) for name, constant in slot.constants.items() if name != "primary")
    return all(said is None or _equal(constant, said) for constant, said in told)


def _says_all(slot: Slot, value: Resource) -> bool:
    return all(value.get(name) is not None for name in slot.constants if name != "primary")


def _says_nothing(group: SlotGroup, value: Resource) -> bool:
    return all(value.get(name) is None for slot in group.slots for name in slot.constants)


def _equal(constant: Json, said: Json) -> bool:
    if isinstance(constant, str) and isinstance(said, str):
        return constant.lower() == said.lower()
    return type(constant) is type(said) and bool(constant == said)


def _check_primary(group: SlotGroup, slot: Slot, value: Resource) -> None:
    if value.get("primary") is True and slot.constants.get("primary") is not True:
        text = f"nevisIDM keeps no primary mark for this value of {group.attr}{_always(group)}. Leave primary out."
        raise Unsupported("GW206", text)


def _always(group: SlotGroup) -> str:
    """Which value is always the primary one."""
    kinds = [slot.constants.get("type") for slot in group.slots if slot.constants.get("primary") is True]
    return f': the primary one is always that of type "{kinds[0]}"' if kinds and kinds[0] else ""
