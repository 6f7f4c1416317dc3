"""CSV: a header of SCIM paths, or of the columns that IDCS's own import and export have (`tables/columns.yaml`), and a resource a line.

Users are called by their user names and groups by their names here, as in IDCS's files, where groups and roles name their members so.
"""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Iterator
from collections.abc import Mapping as Map
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from gateway.errors import ConfigError
from gateway.migration.file import File
from gateway.migration.lines import key_of
from gateway.migration.placing import Place, at, place
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import SourceError

BY_NAME = {"User": "userName", "Group": "displayName", "App": "displayName", "AppRole": "displayName"}
"""By what IDCS's files refer to resources."""

_ESCAPED = re.compile(r"'[@+\-=|%].*'", re.DOTALL)
"""A cell that IDCS has put between quotes, so that no spreadsheet takes it for a formula."""


class Sheet:
    """One CSV file: all its lines are of one type, which its header tells, or `kind`."""

    named = BY_NAME

    def __init__(self, file: File, kind: str | None = None) -> None:
        self.name = file.name
        self._file = file
        self._kind = kind
        self._size: int | None = None

    async def types(self) -> tuple[str, ...]:
        """The one type."""
        return (await asyncio.to_thread(self._type),)

    async def size(self, type: str) -> int | None:  # noqa: A002 — as in Source
        """How many lines there are."""
        if type != await asyncio.to_thread(self._type):
            return 0
        if self._size is None:
            self._size = await asyncio.to_thread(lambda: sum(1 for _ in self._lines()) - 1)
        return self._size

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """The lines, in order."""
        if type != await asyncio.to_thread(self._type):
            return
        lines = self._lines()
        _, header = next(lines, (0, []))
        places = _places(header, type, self.name)
        behind = after is None
        for number, cells in lines:
            found = self._row(number, cells, places, type)
            if behind:
                yield found
            elif isinstance(found, Row):
                behind = found.key == after

    async def aclose(self) -> None:
        """Nothing stays open between passes."""

    def _type(self) -> str:
        """What the header tells. Raises SourceError where it tells nothing."""
        if self._kind is None:
            _, header = next(self._lines(), (0, []))
            self._kind = _type_of(header)
        if self._kind is None:
            raise SourceError(
                f"{self.name}: its header does not tell what the lines are. Say --type, e.g. --type User."
            )
        return self._kind

    def _row(self, number: int, cells: list[str], places: list[Place | None], kind: str) -> Row | Unreadable:
        where = f"{self.name}:{number}"
        if len(cells) != len(places):
            return Unreadable(
                where, f"The line has {len(cells)} cells, the header {len(places)}. Quote what holds a comma."
            )
        resource: dict[str, Any] = {}
        for spot, cell in zip(places, cells, strict=True):
            if spot is not None and cell.strip():
                spot.put(resource, cell.strip()[1:-1] if _ESCAPED.fullmatch(cell.strip()) else cell.strip())
        table = tables().get(kind, {})
        for path, value in table.get("constants", {}).items():
            place(path, "columns.yaml").put_beside(resource, value)
        named = [str(at(resource, place(path, "columns.yaml")) or "") for path in table.get("key", ())]
        key = resource.get("id") or (" ".join(each for each in named if each) or key_of(resource))
        if not isinstance(key, str):
            return Unreadable(where, "It has neither an id nor a name to be called by.")
        return Row(kind, key, resource, where)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells; lines without any are passed over. Raises SourceError for what is no CSV in UTF-8."""
        with self._file.text() as text:
            reader = csv.reader(text, strict=True)
            try:
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield reader.line_num, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise SourceError(
                    f"{self.name}:{reader.line_num + 1} is no CSV in UTF-8 ({type(error).__name__})."
                ) from None


@cache
def tables() -> Map[str, Any]:
    """The columns of IDCS's files, by type."""
    text = files("gateway.migration").joinpath("tables/columns.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    for said in found.values():
        said["columns"] = {name.casefold(): each for name, each in said["columns"].items()}
    return found


def _type_of(header: list[str]) -> str | None:
    """The type most of whose columns the header has; of SCIM paths, users have a userName."""
    names = {cell.strip().casefold() for cell in header}
    fits = {kind: len(names & said["columns"].keys()) for kind, said in tables().items()}
    best = max(fits, key=lambda kind: fits[kind])
    if fits[best] and sum(1 for each in fits.values() if each == fits[best]) == 1:
        return best
    return "User" if "username" in names else None


def _places(header: list[str], kind: str, name: str) -> list[Place | None]:
    """The place of each column; None for one without a heading. Raises SourceError for a heading that is nothing."""
    columns = tables().get(kind, {}).get("columns", {})
    found: list[Place | None] = []
    for cell in header:
        text = cell.strip()
        try:
            found.append(place(columns.get(text.casefold(), text), name) if text else None)
        except ConfigError:
            raise SourceError(
                f'{name}: the column "{text}" is neither one of IDCS\'s for a {kind} nor a SCIM path. Rename it.'
            ) from None
    return found
