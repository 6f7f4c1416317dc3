"""LDIF (RFC 2849): entries of an LDAP directory, as `slapcat` and `ldapsearch` write them, by a table that says what becomes of each
attribute.

Only content is read: records of changes are told and passed over. References by URL (`attr:< file:…`) are told, too, and never followed. A
reader of our own, since the kept ones read no Python of today (ldif3) or only write LDIF (ldap3).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import yaml

from gateway.errors import ConfigError
from gateway.migration.file import File
from gateway.migration.placing import Place, place
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import chosen

_COMMA = re.compile(r"\s*(?<!\\),\s*")


@dataclass(frozen=True, slots=True)
class Kind:
    """What the entries of some object classes become. `places` by lower-case attribute; an attribute with an empty list is left alone."""

    type: str
    classes: frozenset[str]
    places: Map[str, tuple[Place, ...]]
    constants: tuple[tuple[Place, Any], ...]


class Ldif:
    """One LDIF file. `kinds`: the table."""

    def __init__(self, file: File, kinds: tuple[Kind, ...]) -> None:
        self.name = file.name
        self._file = file
        self._kinds = kinds
        self._sizes: dict[str, int] | None = None

    async def types(self) -> tuple[str, ...]:
        """The types that there are entries of."""
        return tuple(await self._counted())

    async def size(self, type: str) -> int | None:  # noqa: A002 — as in Source
        """How many entries there are of it."""
        return (await self._counted()).get(type, 0)

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """The entries of that type; what is no entry comes with the first type. Entries of other classes (units, domains) are none of
        ours.
        """
        first = type == next(iter(await self._counted()), None)
        with self._file.opened() as raw:
            for found in chosen(self._read(raw), type, after, told=first):
                yield found

    async def aclose(self) -> None:
        """Nothing stays open between passes."""

    async def _counted(self) -> dict[str, int]:
        if self._sizes is None:
            self._sizes = await asyncio.to_thread(self._count)
        return self._sizes

    def _count(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        with self._file.opened() as raw:
            for found in self._read(raw):
                if isinstance(found, Row):
                    sizes[found.type] = sizes.get(found.type, 0) + 1
        return sizes

    def _read(self, raw: IO[bytes]) -> Iterator[Row | Unreadable]:
        for number, lines in _records(raw):
            where = f"{self.name}:{number}"
            entry = _entry(lines)
            if isinstance(entry, str):
                yield Unreadable(where, entry)
            elif entry is not None and (kind := self._kind(entry)) is not None:
                yield Row(kind.type, dn(entry["dn"][0]), _resource(entry, kind), where)

    def _kind(self, entry: Map[str, list[str]]) -> Kind | None:
        classes = {each.lower() for each in entry.get("objectclass", ())}
        return next((kind for kind in self._kinds if kind.classes & classes), None)


def dn(text: str) -> str:
    """A distinguished name in one spelling: without regard to case and to spaces around commas."""
    return _COMMA.sub(",", text.strip()).lower()


def kinds_of_ldap(own: Path | None = None) -> tuple[Kind, ...]:
    """The shipped table, with a site's laid over it. Raises ConfigError."""
    shipped = yaml.safe_load(files("gateway.migration").joinpath("tables/ldap.yaml").read_text(encoding="utf-8"))
    try:
        said = yaml.safe_load(own.read_text(encoding="utf-8")) or {} if own is not None else {}
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"--attributes {own}: {type(error).__name__}") from None
    found = []
    for kind in {**shipped, **said}:
        base, more = shipped.get(kind, {}), said.get(kind, {})
        paths = {**base.get("attributes", {}), **more.get("attributes", {})}
        constants = {**base.get("constants", {}), **more.get("constants", {})}
        places = {
            name.lower(): tuple(
                place(each, name) for each in (path if isinstance(path, list) else [path]) if each is not None
            )
            for name, path in paths.items()
        }
        classes = frozenset(each.lower() for each in more.get("classes", base.get("classes", ())))
        found.append(
            Kind(kind, classes, places, tuple((place(path, kind), value) for path, value in constants.items()))
        )
    return tuple(found)


def _resource(entry: Map[str, list[str]], kind: Kind) -> dict[str, Any]:
    """The SCIM resource; what the table does not know keeps its name, behind `ldap-`."""
    resource: dict[str, Any] = {}
    for name, values in entry.items():
        if name == "dn":
            continue
        places = kind.places.get(name)
        if places is None:
            resource[f"ldap-{name}"] = values
        elif len(places) == 1 and places[0].tests and any(wanted == "{}" for _, wanted in places[0].tests):
            for value in values:
                places[0].put(resource, dn(value) if places[0].dn else value)
        else:
            for spot, value in zip(places, values, strict=False):
                spot.put(resource, dn(value) if spot.dn else value)
    for spot, value in kind.constants:
        spot.put_beside(resource, value)
    return resource


def _records(raw: IO[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """The number of its first line and the unfolded lines of each record, without comments."""
    began, lines = 0, list[bytes]()
    comment = False
    for number, each in enumerate(raw, 1):
        line = each.rstrip(b"\r\n")
        if line.startswith(b" "):
            if not comment and lines:
                lines[-1] += line[1:]
        elif line.startswith(b"#"):
            comment = True
        elif line:
            comment = False
            began = began if lines else number
            lines.append(line)
        elif lines:
            yield began, lines
            lines, comment = [], False
    if lines:
        yield began, lines


def _entry(lines: list[bytes]) -> dict[str, list[str]] | str | None:
    """The values by lower-case attribute, options such as `;lang-de` left off; why it is none; None for the version line."""
    entry: dict[str, list[str]] = {}
    for line in lines:
        name, colon, rest = line.partition(b":")
        if not colon:
            return "A line has no colon. Fold long lines by a space at the beginning of the next."
        attribute = name.decode("ascii", "replace").partition(";")[0].lower()
        if rest.startswith(b"<"):
            return f"{attribute} stands in another file, which is not read. Put its value here."
        try:
            value = base64.b64decode(rest[1:].strip(), validate=True) if rest.startswith(b":") else rest.strip(b" ")
            entry.setdefault(attribute, []).append(value.decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            entry.setdefault(attribute, []).append("")  # pictures, certificates: nothing of ours is binary
    if set(entry) == {"version"}:
        return None
    entry.pop("version", None)
    if "dn" not in entry:
        return "The record does not begin with a dn."
    if "changetype" in entry:
        return "It is a record of changes, not an entry. Export the entries themselves."
    return entry
