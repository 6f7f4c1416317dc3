"""What a view depends on besides records, and where in a resource a value stands."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.mapping.model import Mapping
from gateway.mapping.records import Records, record_of
from gateway.nevisidm.template import Lookup, walk
from gateway.scim.request import Resource
from gateway.scim.tree import Attr
from gateway.swift import swift

Json = Any


@swift
@dataclass(frozen=True, slots=True)
class Scene:
    """The time, the address that references start with, the tenant.

    `bindings` are values of holes by name: `client`, `client.name`, `settings.x`, parts of the id. `verifiers` "hide": what a one-way lens
    feeds is not shown (mapping-format, section 3.8).
    """

    now: datetime
    base: str
    bindings: Map[str, Json] = field(default_factory=dict, repr=False)
    verifiers: Literal["show", "hide"] = "show"


Show = Callable[[Records, Scene], Resource]
"""A view of one mapping and choice of attributes."""


def lookup(mapping: Mapping, records: Records, scene: Scene) -> Lookup:
    """The values of holes: of the records, then of the scene."""

    def find(name: str) -> Json:
        head, dot, tail = name.partition(".")
        value = walk(record_of(mapping, records, head), tail.split(".")) if dot and head in mapping.records else None
        return bound(scene, name) if value is None else value

    return find


def bound(scene: Scene, name: str) -> Json:
    """What the scene says of a hole, None if nothing."""
    bindings = scene.bindings
    if name in bindings:
        return bindings[name]
    if name == "base":
        return scene.base
    return walk(bindings, name.split(".")) if name.partition(".")[0] in bindings else None


def at(resource: Resource, attr: Attr) -> Json:
    """The value of a singular attribute, or of a singular complex one's sub-attribute; None if it is not there."""
    table = resource.get(attr.urn) if attr.urn else resource
    value = walk(table, (attr.name,))
    return value if attr.sub is None else walk(value, (attr.sub,))


def put_at(resource: Resource, attr: Attr, value: Json) -> None:
    """Set it, making the objects above it."""
    table = resource.setdefault(attr.urn, {}) if attr.urn else resource
    if attr.sub is not None:
        table = table.setdefault(attr.name, {})
    table[attr.sub or attr.name] = value
