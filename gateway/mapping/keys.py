"""The base of every table of keys: strict types, no unknown key, camelCase names as YAML has them.

A key is a field of one of these classes and nothing else: its description and examples make the JSON Schema, the docs and the editor's
help. The order of the fields is the order that lint asks for (M801), so it is the order in which a person wants to read.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Scalar = bool | int | float | str
CallText = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^(GET|POST|PUT|PATCH|DELETE) /"})]
"""A nevisIDM call below the API root: `GET /core/v1/{client}/users/{user.extId}`."""


def camel(name: str) -> str:
    """`case_exact` as it stands in YAML: `caseExact`; a trailing underscore only keeps Python's own words apart."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


class Spec(BaseModel):
    """A map with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=camel)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys, in their order."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def may(text: str, *examples: Any, default: Any = None) -> Any:
    """A key that may be left out: what it says, and how it looks."""
    return Field(default=default, description=text, examples=list(examples) or None)


def must(text: str, *examples: Any) -> Any:
    """A key that must be there."""
    return Field(description=text, examples=list(examples) or None)


def by_kind(value: Any) -> str:
    """Tells values apart by their YAML kind, for unions of a short form and a map."""
    return "<map>" if isinstance(value, dict | Spec) else "<list>" if isinstance(value, list) else "<text>"
