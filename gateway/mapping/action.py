"""The action of a compiled mapping (`model.py`): a type of which nothing is stored, whose POST does something."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from gateway.mapping.record import Pick, Place
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template
from gateway.scim.tree import Filter

Means = Map[str, Map[str, str]]  # field (dotted) → value as text, or "past"/"future" → outcome or "ok"


@dataclass(frozen=True, slots=True)
class Find:
    """Action step: one resource by another mapping's search. `where` is bound by the engine against that mapping's type."""

    resource: str
    by_attribute: Template
    among: Map[str, str]  # name in the request → SCIM attribute of the other type; the first is the default
    value: Template
    where: Filter | None
    name: str
    none: str | None
    many: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Do:
    """Action step: a call. `means` with an "ok" in a table is closed: any other value is nevisIDM's failure.

    `when`: names and the values, as text, that they must have. `each`: the name whose elements it is done for, one by one.
    """

    call: Call
    name: str
    send: Map[str, Template]
    pick: Pick | None
    none: str | None
    many: str | None
    means: Means
    place: Place
    when: Map[str, tuple[str, ...]] = field(default_factory=dict)
    each: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Action step: look again at what has that name (a found resource in SCIM terms, or a reply)."""

    subject: str
    means: Means
    place: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action may end. `bare`: without the common data."""

    name: str
    detail: str
    message_id: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An action type: named ways, gone through in order; the first that finds its subject is gone to the end."""

    ways: Map[str, tuple[Find | Do | Check, ...]]
    outcomes: Map[str, Outcome]
    status: int
    data: Map[str, Template | bool]
    uniform: str | None
    rate_key: tuple[str, ...] = ()
    rate: str | None = None
