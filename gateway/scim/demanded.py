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

    def missing(self, holder: Resource) -> tuple[Attr, ...]:
        """What of it the attributes of its schema lack."""
        value = holder.get(self.name)
        if self.whole and not is_present(value):
            return (Attr(self.name, urn=self.urn),)
        if not self.subs or (value is None and self.many):
            return ()
        values = value if isinstance(value, list) else (value or {},)
        lost = [sub for sub in self.subs for each in values if not _has(each, sub)]
        return tuple([Attr(self.name, sub, self.urn) for sub in dict.fromkeys(lost)]) if lost else ()


def _has(value: Json, sub: str) -> bool:
    return isinstance(value, dict) and is_present(value.get(sub))


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
