"""Strict YAML with positions: what a mapping file says, and where each word of it stands.

Stricter than YAML on purpose, so that nothing in a mapping means something else than it looks like: keys stand once, scalars are those
of YAML 1.2's JSON schema (`no`, `on`, `012` and `1:30` are text), there are no anchors, aliases, tags or second documents. Built from
parser events, because composed nodes no longer tell an anchor that nobody uses or a tag that changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.nodes import ScalarNode

from gateway.mapping.finding import Finding, Fix
from gateway.mapping.record import Place

Json = Any
Path = tuple[str | int | bool | None, ...]
"""The way to a value: ("attributes", "userName", "idm")."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None, "~": None, "": None}
_REMARK = re.compile(r"\s#\s*(.*)$")
_DEPTH = 40
_QUIET = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data with the place of every key and value, and what was wrong with it as YAML (M100, M102).

    `keys` has the place of the key that leads to a path (of a list element: of the element); `values` the place of what stands there;
    `remarks` the comment at the end of a line, by file and line.
    """

    file: str
    data: Json
    keys: Mapping[Path, Place] = field(repr=False)
    values: Mapping[Path, Place] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    remarks: Mapping[tuple[str, int], str] = field(default_factory=dict, repr=False)

    def place(self, *path: str | int | bool | None) -> Place:
        """Where the key of this path stands; of a path that does not exist, where its nearest ancestor does."""
        return self._nearest(self.keys, path)

    def value_place(self, *path: str | int | bool | None) -> Place:
        """Where the value of this path stands, or its nearest ancestor."""
        return self._nearest(self.values, path)

    def _nearest(self, table: Mapping[Path, Place], path: Path) -> Place:
        while path and path not in table:
            path = path[:-1]
        return table.get(path) or Place(self.file, 1, 1)


def read_document(text: str, file: str) -> Document:
    """The document that `text` spells. Never raises; a text that cannot be read at all has `data` None and a finding M100."""
    composer = _Composer(file)
    data: Json = None
    try:
        data = composer.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1)
        composer.findings.append(Finding(place, "M100", "error", f"this is not YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, UnicodeError) as error:
        first = str(error).splitlines()[0]
        composer.findings.append(Finding(Place(file, 1), "M100", "error", f"this is not YAML: {first}"))
    except _TooDeep as deep:
        composer.findings.append(Finding(deep.place, "M100", "error", f"nested more than {_DEPTH} levels deep"))
    return Document(file, data, composer.keys, composer.values, tuple(composer.findings), _remarks(text, file))


def _remarks(text: str, file: str) -> dict[tuple[str, int], str]:
    lines = enumerate(text.splitlines(), 1)
    return {(file, number): found[1] for number, line in lines if (found := _REMARK.search(line))}


class _TooDeep(Exception):
    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


class _Composer:
    """Builds values from events, noting where everything stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.findings: list[Finding] = []

    def document(self, events: Iterator[Event]) -> Json:
        data: Json = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._refuse(event, "a second document in one file", "write one file per mapping")
            elif not isinstance(event, _QUIET):
                value = self._value(event, events, ())
                data = value if documents == 1 else data
        return data

    def _value(self, event: Event, events: Iterator[Event], path: Path) -> Json:
        if len(path) > _DEPTH:
            raise _TooDeep(self._place(event))
        if isinstance(event, AliasEvent):
            self._refuse(event, f"the alias *{event.anchor}", "write the value out")
            return None
        assert isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent)
        self.values.setdefault(path, self._place(event))
        if event.anchor:
            self._refuse(event, f"the anchor &{event.anchor}", "write the value out where it is used")
        if event.tag:
            self._refuse(event, f"the tag {event.tag}", "leave it out; quote a value that must be text")
        if isinstance(event, ScalarEvent):
            return scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._list(events, path)
        return self._map(events, path)

    def _list(self, events: Iterator[Event], path: Path) -> list[Json]:
        items: list[Json] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            here = (*path, len(items))
            self.keys.setdefault(here, self._place(event))
            items.append(self._value(event, events, here))
        return items

    def _map(self, events: Iterator[Event], path: Path) -> dict[Json, Json]:
        table: dict[Json, Json] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key, place = self._value(event, events, (*path, None)), self._place(event)
            self.values.pop((*path, None), None)
            if isinstance(key, list | dict):
                self._refuse(event, "a list or map as key", "keys are words")
                key = str(key)
            twice = key in table
            self.keys.setdefault((*path, key), place)
            value = self._value(next(events), events, (*path, key))
            if twice:
                text = f'key "{shown(key)}" stands here twice'
                first = self.keys[(*path, key)].line
                same = Fix("remove") if value == table[key] else None
                self.findings.append(Finding(place, "M102", "error", text, f"first on line {first}", same))
            table.setdefault(key, value)
        return table

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _refuse(self, event: Event, what: str, cure: str) -> None:
        self.findings.append(Finding(self._place(event), "M100", "error", f"{what} is not allowed", cure))


def scalar(event: ScalarEvent | ScalarNode) -> Json:
    """A plain scalar by YAML 1.2's JSON schema; everything quoted, and everything else, is text."""
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def shown(value: Json) -> str:
    """A scalar as YAML spells it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
