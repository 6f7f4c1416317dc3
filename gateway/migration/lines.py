"""JSON Lines: one SCIM resource a line, of any type, in any order. Also what `load` writes for refused rows, corrected and read again.

A line is a resource whose `meta.resourceType` or `schemas` tells its type, or `{"type": …, "key": …, "resource": {…}}`, which tells both
itself; other members of the latter are for people. The file is looked through once for where the lines of each type are, so that a pass for
one type reads only that part of the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.migration.row import Row, Unreadable
from gateway.migration.source import SourceError, chosen
from gateway.scim.schema import ResourceType


@dataclass(slots=True)
class _Part:
    """Where the lines of a type are: from the byte and line number of the first to behind the last; how many."""

    start: int
    line: int
    end: int
    count: int


class JsonLines:
    """A file of JSON Lines. `kinds`: resource types by the lower-case URN of their schema (`kinds_of`)."""

    def __init__(self, path: Path, kinds: Map[str, str]) -> None:
        self.name = path.name
        self._path = path
        self._kinds = kinds
        self._parts: dict[str, _Part] | None = None

    async def types(self) -> tuple[str, ...]:
        """The types of the file's lines, the first one first."""
        return tuple(each for each in await self._looked() if each)

    async def size(self, type: str) -> int | None:  # noqa: A002 — as in Source
        """How many lines of that type there are."""
        part = (await self._looked()).get(type)
        return part.count if part else 0

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """The lines of that type; lines of none come with the first type."""
        parts = await self._looked()
        told = type == next((each for each in parts if each), "")
        among = [part for name, part in parts.items() if name == type or (told and not name)]
        if not among:
            return
        for found in chosen(self._between(among), type, after, told=told):
            yield found

    def _between(self, parts: list[_Part]) -> Iterator[Row | Unreadable]:
        """What stands from where the first of these begins to where the last ends."""
        first, end = min(parts, key=lambda each: each.start), max(each.end for each in parts)
        with self._path.open("rb") as file:
            file.seek(first.start)
            number = first.line
            while file.tell() < end:
                line = file.readline()
                if line.strip():
                    yield self._read(line, number)
                number += 1

    async def aclose(self) -> None:
        """Nothing stays open between passes."""

    async def _looked(self) -> dict[str, _Part]:
        if self._parts is None:
            self._parts = await asyncio.to_thread(self._look)
        return self._parts

    def _look(self) -> dict[str, _Part]:
        """The parts by type; "" for the lines of none. Raises SourceError."""
        parts: dict[str, _Part] = {}
        try:
            with self._path.open("rb") as file:
                start = 0
                for number, line in enumerate(file, 1):
                    end = start + len(line)
                    if line.strip():
                        found = self._read(line, number)
                        kind = found.type if isinstance(found, Row) else ""
                        part = parts.setdefault(kind, _Part(start, number, end, 0))
                        part.end, part.count = end, part.count + 1
                    start = end
        except OSError as error:
            raise SourceError(f"{self.name} cannot be read: {error.strerror}.") from None
        return parts

    def _read(self, line: bytes, number: int) -> Row | Unreadable:
        place = f"{self.name}:{number}"
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            why = f"The line is not JSON (column {error.colno}). Write one JSON object a line."
            return Unreadable(place, why, line.decode(errors="replace").rstrip())
        return row_of(found, place, self._kinds)


def row_of(found: Any, place: str, kinds: Map[str, str]) -> Row | Unreadable:
    """A resource, or an envelope around one, as a row."""
    if not isinstance(found, dict):
        return _unreadable(found, place, "There must be one JSON object.")
    inside = found.get("resource")
    resource = inside if isinstance(inside, dict) and "schemas" not in found else found
    said = found.get("type") if resource is inside else None
    kind = said if isinstance(said, str) else type_of(resource, kinds)
    key = found.get("key") if resource is inside else None
    key = key if isinstance(key, str) else resource.get("id")
    if kind is None:
        return _unreadable(found, place, "Neither meta.resourceType nor schemas names a type that the mappings have.")
    if not isinstance(key, str) or not key:
        key = key_of(resource)
    if key is None:
        return _unreadable(found, place, "It has no id, externalId, userName or displayName to be called by.")
    return Row(kind, key, resource, place)


def kinds_of(types: Iterable[ResourceType]) -> dict[str, str]:
    """The names of the resource types by the lower-case URN of their schema."""
    return {each.schema.lower(): each.name for each in types}


def type_of(resource: Map[str, Any], kinds: Map[str, str]) -> str | None:
    """The resource type that a resource names."""
    meta = resource.get("meta")
    said = meta.get("resourceType") if isinstance(meta, dict) else None
    if isinstance(said, str) and said in kinds.values():
        return said
    schemas = resource.get("schemas")
    named = (
        kinds.get(each.lower()) for each in (schemas if isinstance(schemas, list) else ()) if isinstance(each, str)
    )
    return next((each for each in named if each is not None), None)


def key_of(resource: Map[str, Any]) -> str | None:
    """What a resource without an id is called: the first of its names that it has."""
    names = (resource.get(name) for name in ("id", "externalId", "userName", "displayName"))
    return next((each for each in names if isinstance(each, str) and each), None)


def _unreadable(found: Any, place: str, why: str) -> Unreadable:
    return Unreadable(place, why, orjson.dumps(found).decode())
