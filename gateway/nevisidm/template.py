"""Texts with named holes: `/core/v1/{client}/users/{user.extId}`, `{token.userExtId}~{token.extId}`.

A hole is a dotted record path or one of the given names (client, client.name, base, uuid, settings.x, item.x, or in actions a request
attribute or a step's name). There are no functions, defaults or nesting (mapping-format, section 3.1). Filling a path percent-encodes
the values, so a value can never become another segment or a query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

_HOLE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"^[A-Za-z_$][\w$:-]*(\.[\w$:*-]+)*$")

Lookup = Callable[[str], Any]
"""From a hole's name to its value; None when it is not known."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{name}`."""

    name: str


@dataclass(frozen=True)
class Template:
    """A parsed text. `parts` alternates freely between fixed text and holes."""

    text: str
    parts: tuple[str | Hole, ...]

    @cached_property
    def holes(self) -> tuple[str, ...]:
        """The names of its holes, in order."""
        return tuple(part.name for part in self.parts if isinstance(part, Hole))

    def fill(self, lookup: Lookup) -> str | None:
        """The text with every hole filled; None if a value is missing."""
        return self._fill(lookup, str)

    def fill_path(self, lookup: Lookup) -> str | None:
        """As `fill`, with every value percent-encoded for one path segment."""
        return self._fill(lookup, _encoded)

    def _fill(self, lookup: Lookup, encode: Callable[[Any], str]) -> str | None:
        filled: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                filled.append(part)
                continue
            value = lookup(part.name)
            if value is None or value == "":
                return None
            filled.append(encode(value))
        return "".join(filled)


def _encoded(value: Any) -> str:
    """A value for one path segment. Nearly all ids are letters, digits and hyphens, of which nothing needs to be encoded."""
    text = value if type(value) is str else str(value)
    return text if text.isascii() and text.replace("-", "0").isalnum() else quote(text, safe="")


def parse_template(text: str) -> Template:
    """The template that `text` spells. Raises ValueError with the offending hole."""
    parts: list[str | Hole] = []
    end = 0
    for found in _HOLE.finditer(text):
        if not _NAME.match(found[1]):
            raise ValueError(f"{{{found[1]}}} is no hole: write a record path such as {{user.extId}}")
        if found.start() > end:
            parts.append(text[end : found.start()])
        parts.append(Hole(found[1]))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    if any("{" in part or "}" in part for part in parts if isinstance(part, str)):
        raise ValueError("a brace without its partner")
    return Template(text, tuple(parts))


def fixed(template: Template, values: Mapping[str, Any]) -> Template:
    """The template with some holes filled for good, percent-encoded as in a path."""
    parts = tuple(
        quote(str(values[part.name]), safe="") if isinstance(part, Hole) and part.name in values else part
        for part in template.parts
    )
    return Template("".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in parts), parts)


def lookup_in(*tables: Mapping[str, Any]) -> Lookup:
    """A look-up through several tables: the dotted name as a key first, then as a path through nested objects."""

    def find(name: str) -> Any:
        head, dot, rest = name.partition(".")
        for table in tables:
            if name in table:
                return table[name]
            if dot and head in table and (value := walk(table[head], rest.split("."))) is not None:
                return value
        return None

    return find


def walk(value: Any, keys: list[str] | tuple[str, ...]) -> Any:
    """The value below nested objects, None where a step is missing."""
    for key in keys:
        if not isinstance(
            value, (dict, Mapping)
        ):  # the usual kind first: asking an abstract class costs ten times more
            return None
        value = value.get(key)
    return value
