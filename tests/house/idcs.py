"""docs/idcs.yaml: what IDCS offers, as tests read it: its operations as requests, its attributes with their characteristics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tests.house.page import DOCS

KINDS: Mapping[str, tuple[str, str]] = {
    "list": ("GET", ""),
    "search": ("POST", "/.search"),
    "create": ("POST", ""),
    "get": ("GET", "/x"),
    "put": ("PUT", "/x"),
    "patch": ("PATCH", "/x"),
    "delete": ("DELETE", "/x"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of IDCS: the address's first segment, its kind, and the request that asks for it."""

    address: str
    kind: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute or sub-attribute of a type of IDCS, with what is not RFC 7643's default of it."""

    type: str
    urn: str | None
    name: str
    sub: str | None
    marks: frozenset[str]

    @property
    def path(self) -> str:
        """As a mapping without prefixes would have it."""
        return f"{self.name}.{self.sub}" if self.sub else self.name


@cache
def facts() -> Any:
    return yaml.safe_load((DOCS / "idcs.yaml").read_text(encoding="utf-8"))


def operations() -> Iterator[Operation]:
    for address, kinds in facts()["operations"].items():
        for kind in kinds:
            if kind != "own":
                method, tail = KINDS[kind]
                yield Operation(address, kind, method, f"/{address}" if "own" in kinds else f"/{address}{tail}")


def attributes() -> Iterator[Fact]:
    """Every attribute without sub-attributes, and every sub-attribute; of a complex one itself, too, what is said of it."""
    for kind, table in facts()["attributes"].items():
        for name, said in table.items():
            if name.startswith("urn:"):
                for inner, each in said.items():
                    yield from _of(kind, name, inner, each)
            else:
                yield from _of(kind, None, name, said)


def _of(kind: str, urn: str | None, name: str, said: Any) -> Iterator[Fact]:
    if isinstance(said, str):
        yield Fact(kind, urn, name, None, frozenset(said.split()))
        return
    for sub, marks in said.items():
        yield Fact(kind, urn, name, None if sub == "is" else sub, frozenset(marks.split()))
