"""Resource types for tests only: nevisIDM's records as they are, field by field and without checks, so that nevisIDM itself has to refuse.

The shipped mappings keep most wrong values from ever reaching nevisIDM. To see what a client is told when nevisIDM does refuse them, a
raw type sends what it gets.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "mappings"
USER = "/core/v1/{client}/users/{it.userExtId}"


@dataclass(frozen=True)
class Raw:
    """A type: the calls of its one record, its fields (`name:more` adds words to the attribute), its id."""

    name: str
    calls: Mapping[str, str]
    fields: Sequence[str]
    id: str = "{it.userExtId}~{it.extId}"

    @property
    def schema(self) -> str:
        return f"urn:example:raw:{self.name}"

    def yaml(self) -> str:
        """The mapping file."""
        own = {field.partition(":")[0] for field in self.fields}
        holes = "".join((self.id, *self.calls.values()))
        known = [name for name in ("userExtId", "extId") if f"{{it.{name}}}" in holes and name not in own]
        fields = [*known, *self.fields]
        lines = [
            "format: 1",
            f"resource: {self.name}",
            f"endpoint: /{self.name}",
            f"schema: {self.schema}",
            "description: A record of nevisIDM as it is.",
            f'id: "{self.id}"',
            "records:",
            "  it:",
            *(f"    {verb}: {call} # inferred" for verb, call in self.calls.items()),
            "attributes:",
            *(f"  {_attribute(field, field in known)}" for field in fields),
            f"operations: {{ {', '.join(f'{name}: [it]' for name in _operations(self.calls))} }}",
        ]
        return "\n".join(lines) + "\n"


def _attribute(field: str, part: bool) -> str:
    fixed = ", required: true, mutability: immutable" if part else ""
    name, _, kind = field.partition(":")
    shown = name if name.endswith(".*") else name.replace(".", "-")
    return f"{shown}: {{ idm: it.{name}{fixed}{f', {kind}' if kind else ''} }}"


def _operations(calls: Mapping[str, str]) -> list[str]:
    named = {"create": "create", "update": "modify", "delete": "delete"}
    return [named[verb] for verb in calls if verb in named]


def of_user(name: str, segment: str, *fields: str, many: bool = True, update: bool = False) -> Raw:
    """A type of credential, which can be made and, if said so, changed."""
    path = f"{USER}/{segment}"
    item = f"{path}/{{it.extId}}" if many else path
    calls = {"read": f"GET {item}", "create": f"POST {path}", **({"update": f"PATCH {item}"} if update else {})}
    return Raw(name, calls, fields, "{it.userExtId}~{it.extId}" if many else "{it.userExtId}")


def folder(into: Path, *types: Raw) -> Path:
    """A folder of mappings: the shipped ones and these."""
    for file in SHIPPED.glob("*.yaml"):
        if not file.name.endswith(".tests.yaml"):
            shutil.copy(file, into / file.name)
    for one in types:
        (into / f"{one.name}.yaml").write_text(one.yaml(), encoding="utf-8")
    return into
