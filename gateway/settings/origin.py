"""The settings in force, one by one, each with its value and who said it: the default, a line of the file, a variable, a secret's file.

Secrets are `***`, wherever they come from. What `show config` prints.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, SecretStr

from gateway.settings.source import Told
from gateway.settings.whole import PREFIX, Settings

HIDDEN = "***"
DEFAULT = "default"
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting. `name`: as in the file, e.g. `callers[0].token`; `value`: as JSON, a secret as ***; `origin`: who said it."""

    name: str
    value: str
    origin: str

    @property
    def is_default(self) -> bool:
        """Whether nobody said anything."""
        return self.origin == DEFAULT


def in_force(settings: Settings, told: Told) -> Iterator[InForce]:
    """Every setting that holds a value of its own, in the model's order."""
    origins = _Origins(told)
    for place, value in _leaves(settings, ()):
        yield InForce(_name(place), json.dumps(_plain(value), ensure_ascii=False), origins.of(place))


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _leaves(getattr(value, key), (*place, key))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield (*place, field.name), getattr(value, field.name)
    elif isinstance(value, tuple) and value and all(isinstance(each, BaseModel) for each in value):
        for number, each in enumerate(value):
            yield from _leaves(each, (*place, number))
    else:
        yield place, value


def _plain(value: Any) -> Any:
    """As JSON has it, secrets hidden."""
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, BaseModel):
        return {key: _plain(getattr(value, key)) for key in type(value).model_fields}
    if isinstance(value, Map):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _name(place: Place) -> str:
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


class _Origins:
    """Who said what stands at a place."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._lines = _lines(told.file) if told.file is not None else {}

    def of(self, place: Place) -> str:
        """In words. A secret's file is named beside who named it."""
        from_file = self._told.secret_files.get(place)
        behind = f", from {from_file}" if from_file is not None else ""
        if from_file is not None:
            place = (*place[:-1], f"{place[-1]}_file")
        if _stands(self._told.in_environment, place):
            return f"environment {self._variable(place)}{behind}"
        if _stands(self._told.in_file, place):
            return f"{self._told.file}:{self._lines.get(place, 1)}{behind}"
        return DEFAULT

    def _variable(self, place: Place) -> str:
        """The variable that said it: its own, or the one of a whole that it is part of."""
        given = {name.upper(): name for name in self._told.environ}
        for end in range(len(place), 0, -1):
            name = (PREFIX + "__".join(map(str, place[:end]))).upper()
            if name in given:
                return given[name]
        return f"{PREFIX}…"


def _stands(data: Any, place: Place) -> bool:
    for part in place:
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return False
        elif not isinstance(data, Map) or part not in data:
            return False
        data = data[part]
    return True


def _lines(file: Path) -> dict[Place, int]:
    """The line of every key and element of a YAML file that has been read before."""
    found: dict[Place, int] = {}

    def walk(node: yaml.Node | None, place: Place) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*place, key.value)
                found[inner] = key.start_mark.line + 1
                walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, each in enumerate(node.value):
                found[(*place, number)] = each.start_mark.line + 1
                walk(each, (*place, number))

    walk(yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), ())
    return found
