"""What of a source's resources is left out, by a list that anybody can read (`tables/dropped.yaml`), and counted by name; nothing else
is.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import yaml


def listed() -> frozenset[str]:
    """The shipped list's names, in lower case."""
    text = files("gateway.migration").joinpath("tables/dropped.yaml").read_text(encoding="utf-8")
    return frozenset(name.lower() for names in yaml.safe_load(text).values() for name in names)


class Dropping:
    """The list, with a site's own names. A name is an attribute, a sub-attribute, an extension's URN, or an attribute below one."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._names = listed() | {name.lower() for name in more}
        self._urns = tuple(f"{name}:" for name in self._names if name.startswith("urn:"))

    def covers(self, name: str) -> bool:
        """Whether what has this name is left out: by its own name, its parent's, or its extension's."""
        low = name.lower()
        whole, _, _ = low.rpartition(".") if "." in low.rpartition(":")[2] else (low, "", "")
        return low in self._names or whole in self._names or low.startswith(self._urns)

    def of(self, resource: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The resource without whole attributes that the list names, and the names of those."""
        kept: dict[str, Any] = {}
        gone: list[str] = []
        for name, value in resource.items():
            if name.lower() in self._names:
                gone.append(name)
            elif name.lower().startswith("urn:") and isinstance(value, dict):
                inner = {key: each for key, each in value.items() if f"{name}:{key}".lower() not in self._names}
                gone += [f"{name}:{key}" for key in value if key not in inner]
                kept[name] = inner
            else:
                kept[name] = value
        return kept, gone
