"""Which property definitions an installation must have, because a mapping keeps an attribute there.

nevisIDM refuses a value of a property that nobody has defined. A mapping names the properties, so it knows what must be defined: the scope
follows from where the property stands, length and uniqueness from the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.nevisidm import catalogue

Json = Any


@dataclass(frozen=True, slots=True)
class Definition:
    """A property that must be defined. `attributes`: what is kept in it, each as `Type attribute`."""

    scope: str
    name: str
    attributes: tuple[str, ...]
    longest: int | None = None
    unique: bool = False

    def body(self) -> dict[str, Json]:
        """The body of `POST /core/v1/properties` that defines it (reference: PropertyDefinitionDTO; uniquenessScope is inferred)."""
        described = f"SCIM {', '.join(self.attributes)}"
        body: dict[str, Json] = {
            "name": self.name,
            "description": described[:1000],
            "type": "STRING",
            "scope": self.scope,
        }
        if self.longest is not None:
            body["stringMaxLen"] = self.longest
        body |= {"accessCreate": "READ_WRITE", "accessModify": "READ_WRITE"}
        return body | ({"uniquenessScope": "inClient"} if self.unique else {})


def needed(mappings: Mappings) -> tuple[Definition, ...]:
    """Every property that the mappings name, by scope and name. A property that only a free map shows needs none."""
    found: dict[tuple[str, str], list[tuple[Mapping, Leaf]]] = {}
    for mapping in mappings.by_name.values():
        for leaf in all_leaves(mapping):
            for place in leaf.idm.values():
                if (key := _property(mapping, storage(mapping, place))) is not None:
                    found.setdefault(key, []).append((mapping, leaf))
    return tuple(_definition(*key, users) for key, users in sorted(found.items()))


def _property(mapping: Mapping, place: Field) -> tuple[str, str] | None:
    """Scope and name of the property that a field is; None if it is none, or a free map."""
    record = mapping.records.get(place.record)
    if record is None or place.open or not record.reads:
        return None
    path = record.reads[0].path.text
    own = place.keys[1:] if place.keys[:1] == ("properties",) else place.keys if path.endswith("/properties") else ()
    scope = catalogue.scope(path.removesuffix("/properties"))
    return (scope, own[0]) if scope is not None and len(own) == 1 and not own[0].startswith("_") else None


def _definition(scope: str, name: str, users: list[tuple[Mapping, Leaf]]) -> Definition:
    said = dict.fromkeys(f"{mapping.name} {_spoken(leaf)}" for mapping, leaf in users)
    longest = [leaf.schema.max_length for _, leaf in users if leaf.schema.max_length is not None]
    unique = any(leaf.schema.uniqueness != "none" for _, leaf in users)
    return Definition(scope, name, tuple(said), max(longest, default=None), unique)


def _spoken(leaf: Leaf) -> str:
    return str(leaf.attr).removeprefix(f"{leaf.attr.urn}:")


def missing(needs: tuple[Definition, ...], there: frozenset[tuple[str, str]]) -> Iterator[Definition]:
    """Those that are not among the defined ones, given by scope and name."""
    return (each for each in needs if (each.scope, each.name) not in there)
