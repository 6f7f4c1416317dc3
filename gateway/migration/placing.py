"""Putting a flat value, a cell or an LDAP attribute, where a SCIM path says: `name.givenName`, `emails[type eq "work"].value`,
`URN:department`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from gateway.errors import BadRequest, ConfigError
from gateway.scim.filter import parse_path
from gateway.scim.tree import And, Compare, Filter

HOLE = "{}"
"""Stands in a path for the value itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path, read once. `tests`: which value of a list is meant, by its sub-attributes; `split`: what separates several values in one."""

    urn: str | None
    name: str
    sub: str | None
    tests: tuple[tuple[str, Any], ...] = ()
    value: Any = None
    split: str | None = None
    dn: bool = False

    def put(self, resource: dict[str, Any], value: Any) -> None:
        """Give the resource the value, beside what it has."""
        for each in value.split(self.split) if self.split is not None else [value]:
            said = each.strip() if isinstance(each, str) else each
            if said not in ("", None):
                self._put_one(resource, said)

    def put_beside(self, resource: dict[str, Any], value: Any) -> None:
        """The same, but into a list only where the value that is meant is there already."""
        table = resource.get(self.urn, {}) if self.urn else resource
        if not self.tests or any(_fits(each, self.tests) for each in table.get(self.name, ())):
            self._put_one(resource, value)

    def _put_one(self, resource: dict[str, Any], said: Any) -> None:
        table = resource.setdefault(self.urn, {}) if self.urn else resource
        value = said if self.value is None else self.value
        if not self.tests:
            if self.sub is None:
                table.setdefault(self.name, value)
            else:
                table.setdefault(self.name, {}).setdefault(self.sub, value)
            return
        tests = tuple((name, said if wanted == HOLE else wanted) for name, wanted in self.tests)
        values = table.setdefault(self.name, [])
        found = next((each for each in values if _fits(each, tests)), None)
        if found is None:
            found = dict(tests)
            values.append(found)
        if self.sub is not None:
            found.setdefault(self.sub, value)


def place(said: Any, where: str) -> Place:
    """A path, or a map with `path`. Raises ConfigError naming `where` it stands."""
    how = said if isinstance(said, dict) else {"path": said}
    try:
        path = parse_path(str(how["path"]))
        tests = tuple(_tests(path.filter)) if path.filter is not None else ()
    except (BadRequest, KeyError, ValueError) as error:
        raise ConfigError(f"{where}: {how.get('path')} is no SCIM path ({error})") from None
    sub = path.tail if path.filter is not None else path.attr.sub
    return Place(path.attr.urn, path.attr.name, sub, tests, how.get("value"), how.get("split"), bool(how.get("dn")))


def _tests(test: Filter) -> Iterator[tuple[str, Any]]:
    for each in test.terms if isinstance(test, And) else (test,):
        if not isinstance(each, Compare) or each.op != "eq":
            raise ValueError("a value of a list is chosen by eq")
        yield each.attr.name, each.value


def _fits(value: Map[str, Any], tests: tuple[tuple[str, Any], ...]) -> bool:
    return all(value.get(name) == wanted for name, wanted in tests)


def at(resource: Map[str, Any], where: Place) -> Any:
    """What stands at a place without tests."""
    table = resource.get(where.urn, {}) if where.urn else resource
    value = table.get(where.name)
    return value.get(where.sub) if where.sub is not None and isinstance(value, dict) else value
