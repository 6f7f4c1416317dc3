"""Every setting as an environment variable: its name, what it takes, its default and its meaning, read off the model.

What `show env` prints and docs/settings.md lists, and what a wrong name is compared with. Sections that stand in lists (callers, issuers)
are one variable that takes JSON; a section that may be absent (`admin`) has a variable for each of its settings, and one for the whole.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from collections.abc import Mapping as Map
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

MUST = "must be there"
_PLAIN: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "secret",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `kind`: what it takes, in words; `default`: None for none; `file_of`: its value is a file that holds that setting."""

    name: str
    kind: str
    default: Any
    meaning: str
    file_of: str | None = None

    @property
    def shown(self) -> str:
        """The default as a reader sees it; nothing where there is none, or an empty one."""
        return "" if self.default in (None, (), {}, "") else str(self.default)


def variables(model: type[BaseModel], prefix: str) -> Iterator[Variable]:
    """Every variable of the model, in its order."""
    for key, info in model.model_fields.items():
        yield from _of(info, f"{prefix}{key}".upper(), key, model)


def _of(info: FieldInfo, name: str, key: str, model: type[BaseModel]) -> Iterator[Variable]:
    inner, meaning = info.annotation, info.description or ""
    form = section(inner)
    if form is not None:
        if form is not inner:
            yield Variable(name, "map (JSON)", None, meaning)
        yield from variables(form, f"{name}__")
        return
    if isinstance(inner, type) and dataclasses.is_dataclass(inner):
        hints = get_type_hints(inner)
        for each in dataclasses.fields(inner):
            yield Variable(f"{name}__{each.name}".upper(), kind(hints[each.name]), each.default, each.metadata["help"])
        return
    default = info.get_default(call_default_factory=True)
    yield Variable(name, kind(inner), MUST if default is PydanticUndefined else default, meaning)
    if (is_secret(inner) or is_secret_map(inner)) and f"{key}_file" not in model.model_fields:
        yield Variable(f"{name}_FILE", "path", None, f"File with: {meaning}", file_of=name)


def sections(model: type[BaseModel]) -> Iterator[tuple[str, bool, type[BaseModel]]]:
    """The settings that are a list of sections (true), or one section or none: key and form."""
    for key, info in model.model_fields.items():
        form = element(info.annotation)
        if form is not None:
            yield key, type(None) not in get_args(info.annotation), form


def section(annotation: Any) -> type[BaseModel] | None:
    """The section that a setting is, or may be; None for a list of them, and for what is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return element(annotation) if type(None) in get_args(annotation) else None


def element(annotation: Any) -> type[BaseModel] | None:
    """The section that each element of a list of sections is, or that may be absent."""
    first = next(iter(get_args(annotation)), None)
    return first if isinstance(first, type) and issubclass(first, BaseModel) else None


def is_secret(annotation: Any) -> bool:
    """Whether a setting is a secret: it may come from a file, and is shown as ***."""
    return annotation is SecretStr or (not is_secret_map(annotation) and SecretStr in get_args(annotation))


def is_secret_map(annotation: Any) -> bool:
    """Whether it is a map from names to secrets; its file has a `name: value` on each line."""
    arguments = get_args(annotation)
    return len(arguments) == 2 and arguments[1] is SecretStr


def kind(annotation: Any) -> str:
    """What a setting takes, in words."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(inside[0])
    if origin is Literal:
        return "one of " + ", ".join(map(str, inside))
    if origin in (Union, types.UnionType):
        return kind(next(each for each in inside if each is not type(None)))
    if isinstance(origin, type) and issubclass(origin, Map):
        return "map (JSON)"
    if isinstance(origin, type) and issubclass(origin, tuple):
        return "list (JSON)"
    return "text"
