"""The records as the lines of a written view see them: each place that is shown is read once, before anything is made of it.

A frame is a function's body or that of a loop over a list's elements; there the records of one element are the loop's own (`own`), and all
others those of the frame around it.
"""

from __future__ import annotations

from collections.abc import Mapping as Map

from gateway.mapping.model import Mapping
from gateway.mapping.source import Source

Keys = tuple[str, ...]


class Frame:
    """Variables for places in records; `lines` are those that read them. `own`: record → the expression that has it here."""

    def __init__(
        self, source: Source, mapping: Mapping, own: Map[str, str] | None = None, around: Frame | None = None
    ) -> None:
        self.source = source
        self.mapping = mapping
        self.lines: list[str] = []
        self._own = dict(own or {})
        self._around = around
        self._values: dict[tuple[str, Keys], str] = {}
        self._tables: dict[tuple[str, Keys], str] = {}
        self._holes: dict[str, str] = {}

    def value(self, record: str, keys: Keys = ()) -> str:
        """The variable with what stands there (`walk`), None if nothing does."""
        if self._around is not None and not self._is_own(record):
            return self._around.value(record, keys)
        if (record, keys) not in self._values:
            found = self._record(record) if not keys else f"{self.table(record, keys[:-1])}.get({keys[-1]!r})"
            self._values[record, keys] = self._set(found, record, *keys)
        return self._values[record, keys]

    def table(self, record: str, keys: Keys = ()) -> str:
        """The variable with the object that stands there, empty if none does."""
        if self._around is not None and not self._is_own(record):
            return self._around.table(record, keys)
        if (record, keys) not in self._tables:
            value = self.value(record, keys)
            name = self._set(f"{value} if type({value}) is dict else table({value})", record, *keys, "in")
            self._tables[record, keys] = name
        return self._tables[record, keys]

    def there(self, record: str) -> str:
        """An expression that is None where the record is not there."""
        return self.value(record)

    def hole(self, name: str) -> str:
        """The variable with the value of a template's hole (`scene.lookup`)."""
        record, dot, keys = name.partition(".")
        if not dot or record not in self.mapping.records:
            return self._outermost().scenic(name)
        if self._around is not None and not self._is_own(record):
            return self._around.hole(name)
        if name not in self._holes:
            value = self.value(record, tuple(keys.split(".")))
            self._holes[name] = self._set(f"{value} if {value} is not None else bound(scene, {name!r})", "hole", name)
        return self._holes[name]

    def known(self, name: str) -> str:
        """The test on whether a hole has a value."""
        return f"{self.hole(name)} not in MISSING"

    def scenic(self, name: str) -> str:
        """The variable with what the scene alone says of a hole."""
        if name not in self._holes:
            self._holes[name] = self._set(f"bound(scene, {name!r})", "hole", name)
        return self._holes[name]

    def records(self) -> str:
        """An expression for all records as they are here."""
        own = "".join(f", {name!r}: {self.value(name)}" for name in self._own)
        return f"{{**records{own}}}" if own else "records"

    def _record(self, name: str) -> str:
        if name in self._own:
            return self._own[name]
        record = self.mapping.records.get(name)
        if record is None or record.stands_in is None:
            return f"records.get({name!r})"
        host, keys = record.stands_in.record, record.stands_in.keys
        standing = f"{self.table(host, keys[:-1])}.get({keys[-1]!r})" if keys else self.value(host)
        return f"records[{name!r}] if {name!r} in records else {standing}"

    def _is_own(self, name: str) -> bool:
        """Whether a record belongs to the loop's element, or stands in one that does."""
        if name in self._own:
            return True
        record = self.mapping.records.get(name)
        return record is not None and record.stands_in is not None and self._is_own(record.stands_in.record)

    def _outermost(self) -> Frame:
        return self if self._around is None else self._around._outermost()

    def _set(self, expression: str, *hints: str) -> str:
        name = self.source.name(*hints)
        self.lines.append(f"{name} = {expression}")
        return name
