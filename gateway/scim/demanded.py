"""What a resource must have: of a type's attributes those that are required, worked out once for each type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.scim.comparison import is_present
from gateway.scim.finish import Identified
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Demand:
    """An attribute that must be there (`whole`), or whose values must have some sub-attributes (`subs`)."""

    name: str
    urn: str | None
    whole: bool
    many: bool
    subs: tuple[str, ...]

    def missing(self, holder: Resource) -> Iterator[Attr]:
        """What of it the attributes of its schema lack."""
        value = holder.get(self.name)
        if self.whole and not is_present(value):
            yield Attr(self.name, urn=self.urn)
        elif self.subs and (value is not None or not self.many):
            values = value if isinstance(value, list) else [value or {}]
            yield from (Attr(self.name, sub, self.urn) for sub in self.subs if not _all_have(values, sub))


def _all_have(values: list[Json], sub: str) -> bool:
    return all(isinstance(each, dict) and is_present(each.get(sub)) for each in values)


@lru_cache(maxsize=256)
def demanded(kind: Identified) -> tuple[tuple[str, tuple[Demand, ...]], ...]:
    """By URN, "" for the type's own, what a client must give: not what the server makes or has a default for."""
    tables = (("", kind.type.core), *kind.type.extensions.items())
    return tuple((urn, tuple(_demands(table, urn or None))) for urn, table in tables)


def _demands(table: Mapping[str, Attribute], urn: str | None) -> Iterator[Demand]:
    for each in filter(_given, table.values()):
        subs = tuple(sub.name for sub in each.subs.values() if sub.required and _given(sub))
        if each.required or subs:
            yield Demand(each.name, urn, each.required, each.multi_valued, subs)


def _given(attribute: Attribute) -> bool:
    """Whether nobody but the client gives it a value."""
    return attribute.mutability != "readOnly" and attribute.default is None
