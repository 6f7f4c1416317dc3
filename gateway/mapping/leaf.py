"""The attributes of a compiled mapping (`model.py`), and where each of their values comes from."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Literal

from gateway.mapping.lens import Lens
from gateway.mapping.record import Field, Place
from gateway.nevisidm.template import Template
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Leaf:
    """One attribute without sub-attributes of its own, and where its value comes from.

    Exactly one of `idm` and `origin` is set, or neither (an action's request attribute). `idm` has the key "" for a plain lens, the lens's
    targets otherwise, and the names of its holes for an id put together of several fields (`joined`). `origin` is a template or constant;
    in actions one per way (key), "" for all; with `by` one per value of that field. `routes` says what the attribute is called on a route
    that is not its record's own (None: not on that route); `searchable` False: 400 invalidFilter.
    `made`: the gateway makes the value of a new one itself, of that many characters. `refers`: the type whose ids it is said to hold.
    """

    attr: Attr
    schema: Attribute
    place: Place
    lens: Lens
    idm: Map[str, Field] = field(default_factory=dict)
    origin: Map[str, Template | bool | int] = field(default_factory=dict)
    routes: Map[str, str | None] = field(default_factory=dict)
    searchable: bool = True
    joined: Template | None = None
    by: Field | None = None
    made: int | None = None
    refers: str | None = None

    @property
    def first(self) -> Field | None:
        """The field that is shown: the only one, or the first target; None for what is put together of several."""
        return next(iter(self.idm.values()), None) if self.joined is None else None

    @property
    def writable(self) -> bool:
        """Whether a client's value can reach nevisIDM through this leaf."""
        return bool(self.idm) and not self.lens.read_only and self.schema.mutability != "readOnly"

    @property
    def kept_back(self) -> bool:
        """Whether nobody needs to see it: it is only written, told elsewhere, or a secret that is neither returned nor changed."""
        hidden = self.schema.secret and self.schema.returned == "never" and not self.writable
        return hidden or self.schema.mutability == "writeOnly" or self.schema.once


@dataclass(frozen=True, slots=True)
class Slot:
    """One fixed place of a multi-valued attribute: constants that identify it, leaves by sub-attribute name."""

    constants: Map[str, str | bool]
    leaves: Map[str, Leaf]
    place: Place


@dataclass(frozen=True, slots=True)
class SlotGroup:
    """A multi-valued attribute made of slots."""

    attr: Attr
    schema: Attribute
    slots: tuple[Slot, ...]
    unmatched: Literal["reject", "drop"]
    place: Place


@dataclass(frozen=True, slots=True)
class EachGroup:
    """A multi-valued attribute with one value per element of a list: a record's, or in actions a path such as `subject.idcs:appRoles`.

    `leaves` by sub-attribute name; `copies` True: `appRoles.*` copies whatever the element has. `keep`: request attribute → sub-attribute
    that must equal it. `asked`: the request attribute that must be true. `parts`: it is made of several lists, each a group of its own;
    then `source` is "", and of several leaves of one name it has the first.
    """

    attr: Attr
    schema: Attribute
    source: str
    leaves: Map[str, Leaf]
    place: Place
    copies: bool = False
    keep: Map[str, str] = field(default_factory=dict)
    asked: str | None = None
    parts: tuple[EachGroup, ...] = ()

    @property
    def lists(self) -> tuple[EachGroup, ...]:
        """The lists that it is made of: itself, if that is one."""
        return self.parts or (self,)
