"""Attribute and type names in the rules of roles, looked up in the mappings: a name that means nothing would protect nothing.

Names may be written as mappings write them (`nevis:unit`, with a mapping's alias), in full (`urn:…:User:unit`), or as an extension as a
whole (`nevis`, `urn:…:User`). What no type of a rule has is refused with the nearest name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from gateway.errors import ConfigError
from gateway.mapping.model import Mappings
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr
from gateway.settings.callers import RoleSettings

ALL = "*"


class RoleNames:
    """What the rules of roles may speak of."""

    def __init__(self, mappings: Mappings) -> None:
        self._types = {name: mapping.type for name, mapping in mappings.by_name.items()}
        self._aliases = {name: mapping.aliases for name, mapping in mappings.by_name.items()}

    def attributes(self, role: str, rule: RoleSettings, names: Iterable[str]) -> frozenset[str]:
        """The names in full and in lower case. Raises ConfigError for one that none of the rule's types has."""
        kinds = [kind for kind in self._types.values() if ALL in rule.types or kind.name in rule.types]
        found: set[str] = set()
        for name in names:
            meant = {full for kind in kinds for full in self._meant(kind, name)}
            if not meant:
                raise ConfigError(
                    f"roles: {role}: no type of the rule has an attribute {name}{self._near(kinds, name)}"
                )
            found |= meant
        return frozenset(found)

    def check_types(self, role: str, rule: RoleSettings) -> None:
        """Raises ConfigError for a type that no mapping has."""
        for name in rule.types:
            if name != ALL and name not in self._types:
                raise ConfigError(f"roles: {role}: there is no resource type {name}{_nearest(name, self._types)}")

    def _meant(self, kind: ResourceType, name: str) -> Iterator[str]:
        """What a name stands for in this type: an attribute, or all of an extension."""
        wanted = self._spelt(kind, name).lower()
        for extension, members in kind.extensions.items():
            if wanted == extension.lower():
                yield from (str(Attr(each.name, None, extension)).lower() for each in members.values())
        for urn, table in _tables(kind):
            for attribute in table.values():
                whole = str(Attr(attribute.name, None, urn)).lower()
                if wanted == whole or wanted in _parts(attribute, whole) or _in_map(attribute, whole, wanted):
                    yield wanted

    def _spelt(self, kind: ResourceType, name: str) -> str:
        """A name without the mapping's own words: aliases written out, the type's own URN left away."""
        alias, colon, rest = name.partition(":")
        urns = self._aliases.get(kind.name, {})
        if alias in urns and (colon or alias.lower() not in kind.core):
            name = f"{urns[alias]}:{rest}" if colon else urns[alias]
        own = f"{kind.schema}:"
        return name[len(own) :] if name.lower().startswith(own.lower()) else name

    def _near(self, kinds: Iterable[ResourceType], name: str) -> str:
        known = {
            spelling
            for kind in kinds
            for urn, table in _tables(kind)
            for attribute in table.values()
            for full in (str(Attr(attribute.name, None, urn)), *_full_parts(attribute, urn))
            for spelling in self._spellings(kind, full)
        }
        return _nearest(name, known)

    def _spellings(self, kind: ResourceType, full: str) -> Iterator[str]:
        yield full
        for alias, urn in self._aliases.get(kind.name, {}).items():
            if full.startswith(f"{urn}:"):
                yield f"{alias}:{full[len(urn) + 1 :]}"


def _tables(kind: ResourceType) -> Iterator[tuple[str | None, Mapping[str, Attribute]]]:
    yield None, kind.core
    yield from kind.extensions.items()


def _full_parts(attribute: Attribute, urn: str | None) -> list[str]:
    return [str(Attr(attribute.name, sub.name, urn)) for sub in attribute.subs.values()]


def _parts(attribute: Attribute, whole: str) -> frozenset[str]:
    return frozenset(f"{whole}.{sub.name.lower()}" for sub in attribute.subs.values())


def _in_map(attribute: Attribute, whole: str, wanted: str) -> bool:
    """Whether it is a name in a free map, which may hold any."""
    return attribute.open and wanted.startswith(f"{whole}.")


def _nearest(name: str, known: Iterable[str]) -> str:
    spelt = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(spelt), 1, 0.6)
    return f"; did you mean {spelt[close[0]]}?" if close else ""
