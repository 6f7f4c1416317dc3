"""Which attribute a refusal of nevisIDM means: by the hole of a path, by a field of its record, by the name of a property.

nevisIDM speaks of its own fields. Clients know none of them, so whatever stands on such a field is named to them, spelt as a PATCH would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.nevisidm.call import Refusal
from gateway.scim.tree import Attr

_PROPERTY = re.compile(r"[A-Za-z0-9][\w.-]{0,128}", re.ASCII)


def at_field(mapping: Mapping, refusal: Refusal, keys: tuple[str, ...]) -> str | None:
    """The attribute on that field, such as `name.firstName`, of the refused record; None where none or several might stand there."""
    found: dict[str, str] = {}
    for name, leaf in _spelt(mapping):
        for place in leaf.idm.values() if leaf.writable else ():
            stored = storage(mapping, place)
            if stored.keys == keys and not place.open and may_be_meant(mapping, refusal, place.record):
                found.setdefault(stored.record, name)
    first = next(iter(mapping.records), "")
    return found.get(first) or (next(iter(found.values())) if len(found) == 1 else None)


def _spelt(mapping: Mapping) -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its path; that of a slot with the slot's constants: `phoneNumbers[type eq "mobile"].value`."""
    for group in mapping.slots.values():
        for slot in group.slots:
            said = [f"{name} eq {json.dumps(value)}" for name, value in slot.constants.items() if name != "primary"]
            which = f"[{' and '.join(said)}]" if said else ""
            yield from ((f"{group.attr}{which}.{leaf.attr.sub}", leaf) for leaf in slot.leaves.values())
    slotted = {id(leaf) for group in mapping.slots.values() for slot in group.slots for leaf in slot.leaves.values()}
    yield from ((str(leaf.attr), leaf) for leaf in all_leaves(mapping) if id(leaf) not in slotted)


def at_hole(mapping: Mapping, hole: str) -> str | None:
    """The attribute through which a client gives a hole its value."""
    record, dot, keys = hole.partition(".")
    if not dot or record not in mapping.records:
        return None
    place = storage(mapping, Field(record, tuple(keys.split("."))))
    writable = [leaf for leaf in all_leaves(mapping) if leaf.writable]
    shown = [(leaf, leaf.first) for leaf in writable if leaf.first is not None]
    shown += [(leaf, part) for leaf in writable if leaf.joined is not None for part in leaf.idm.values()]
    return next((str(leaf.attr) for leaf, part in shown if storage(mapping, part) == place), None)


def named_property(refusal: Refusal, code: str | None) -> str | None:
    """The property that a message is about: the message itself, or the only name of what was sent that it quotes; None for any other."""
    message = (refusal.words.get(code or "") or "").strip()
    if _PROPERTY.fullmatch(message):
        return message
    quoted = {name for name in refusal.sent if re.search(rf"['\"]{re.escape(name)}['\"]", message)}
    found = {name for name in quoted if _PROPERTY.fullmatch(name)}
    return next(iter(found)) if len(found) == 1 else None


def at_property(mapping: Mapping, refusal: Refusal, name: str) -> str | None:
    """The attribute that maps the property of this name, by itself or in a free map."""
    own, free = [], []
    for leaf in all_leaves(mapping):
        for place in leaf.idm.values():
            stored = storage(mapping, place)
            container = stored.keys if place.open else stored.keys[:-1]
            if not may_be_meant(mapping, refusal, place.record) or not _holds_properties(
                mapping, stored.record, container
            ):
                continue
            if place.open:
                free.append(Attr(leaf.attr.name, name, leaf.attr.urn))
            elif stored.keys[-1] == name:
                own.append(leaf.attr)
    return next((str(attr) for attr in (*own, *free)), None)


def may_be_meant(mapping: Mapping, refusal: Refusal, record: str) -> bool:
    """Whether a refused call carries that record: the one it is named after, what stands in that, or any if it is a step's own name."""
    called = refusal.call.partition(".")[0]
    stands_in = mapping.records[record].stands_in if record in mapping.records else None
    return called not in mapping.records or called == record or (stands_in is not None and stands_in.record == called)


def _holds_properties(mapping: Mapping, record: str, container: tuple[str, ...]) -> bool:
    if container:
        return container[-1] == "properties"
    read = mapping.records[record].reads if record in mapping.records else ()
    return any(call.path.text.endswith("/properties") for call in read)
