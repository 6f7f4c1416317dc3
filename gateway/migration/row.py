"""One resource of a source, whatever the source is: the value that all of migration works on."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A SCIM resource as a source has it.

    `type`: the resource type as the mappings name it (User, Group, AppRole, Grant, …). `key`: what the source calls it, its id there;
    unique within its type, the same at every reading. `resource`: as a client would send it, extension attributes below their URN;
    references in it are the source's keys. `place`: where it stands, for people: "people.jsonl:17", or an address.
    """

    type: str
    key: str
    resource: Map[str, Any] = field(repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place of a source that is no resource: `why`, with the cure and without what stands there; `text`, as it stands there."""

    place: str
    why: str
    text: str = field(default="", repr=False)
