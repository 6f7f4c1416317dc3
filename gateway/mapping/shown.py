"""What a client reads of a decoded row, as structs: a place where nothing is costs a pointer, and no dictionary is made on the way out.

The types follow from a mapping and a choice of attributes, as the lines do that fill them: the names in the order in which they stand in
the answer, None where nothing is, which is left out when it is written (`scim/reply.py`).
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any, NamedTuple

import msgspec

from gateway.mapping.decoded import Elsewhere, attribute
from gateway.mapping.frame import Frame
from gateway.mapping.leaf import Leaf, Slot
from gateway.mapping.model import Mapping
from gateway.mapping.optics.inlined import inlined
from gateway.mapping.origin import is_constant
from gateway.mapping.row_frame import RowFrame
from gateway.mapping.straight import Face, Writing
from gateway.mapping.told import row_version
from gateway.mapping.wish import Wish
from gateway.scim.dialect import Dialect
from gateway.scim.finish import location, refers, with_ocid
from gateway.scim.project import leaves_whole
from gateway.scim.request import Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr


class Shown(msgspec.Struct, gc=False, omit_defaults=True):
    """A resource, or a part of one, that is finished. It does not show itself: it holds people."""

    def get(self, name: str) -> Any:
        """What stands under a name that is an identifier; None if nothing does."""
        return getattr(self, f"{name}_", None)

    def __repr__(self) -> str:
        """Its kind alone."""
        return f"<{type(self).__name__}>"


class _Schemas(dict[Any, list[str]]):
    """The URNs of the type and of those extensions that are there."""

    def __init__(self, own: str, urns: tuple[str, ...]) -> None:
        self._own = own
        self._urns = urns

    def __missing__(self, there: tuple[bool, ...]) -> list[str]:
        found = self[there] = [self._own, *(urn for urn, is_there in zip(self._urns, there, strict=True) if is_there)]
        return found


class _Value(NamedTuple):
    """An expression that is None where nothing is; `sure`: it never is. `said`: a constant says nothing by itself."""

    text: str
    sure: bool = False
    said: bool = True


class Showing(Writing):
    """The lines of `show` on their way onto paper: views, and what every answer carries."""

    frame: RowFrame

    def __init__(
        self, mapping: Mapping, frame: RowFrame, attrs: frozenset[Attr], kind: ResourceType, dialect: Dialect
    ) -> None:
        super().__init__(mapping, Wish(attrs), frame.source, frame)
        self._attrs = attrs
        self._kind = kind
        self._dialect = dialect
        self._lines: list[str] = []
        self._parts: dict[str, _Value] = {}

    def lines(self, versions: frozenset[str], wanted: Wanted) -> list[str]:
        """All of them. Raises Elsewhere where the choice is more than one of attributes, or a value may have to be cut."""
        if self._is_odd() or not leaves_whole(wanted, self._kind, self._dialect, self._emitted()):
            raise Elsewhere
        if Attr("schemas") in self._attrs:
            self._parts["schemas"] = _Value("")  # known at the end, and stands first
        if self.mapping.id is not None:
            self._parts["id"] = self._in_variable(self._composed(self.mapping.id, self.frame), "id")
            if Attr("ocid") in self._attrs and self._dialect.common_attributes:
                self._parts["ocid"] = self._parts["id"]
        self._single()
        self._lines += self._many()
        if "schemas" in self._parts:
            self._parts["schemas"] = self._schemas()
        if (meta := self._object("meta", self._meta(versions))) is not None:
            self._parts["meta"] = meta
        return [*self._lines, f"return {self._made('resource', self._parts)}"]

    def face(self, leaf: Leaf, frame: Frame) -> Face | None:
        """What is decoded as one value is None or something: no other way to say nothing is left."""
        place, lens = leaf.first, leaf.lens
        if frame is not self.frame or place is None or leaf.joined is not None or leaf.kept_back:
            return super().face(leaf, frame)
        value = self.frame.value(place.record, place.keys)
        if not self.frame.is_scalar(place.record, place.keys) or self.is_one_way(place):
            return super().face(leaf, frame)
        seen = inlined(lens, value, self.source)
        if seen is None:
            return super().face(leaf, frame)
        if seen == value:
            return Face(value, f"{value} is not None")
        name = self.source.name("shown", leaf.attr.name, leaf.attr.sub or "")
        return Face(name, f"{name} is not None", (f"{name} = {seen}",), value)

    def _single(self) -> None:
        tops = self.tops(frozenset(("meta",)))
        holders: dict[str, dict[str, _Value]] = {urn: {} for urn, _ in tops if urn}
        ends = dict(tops.keys())
        for (urn, name), leaves in tops.items():
            value = self._top_value(Attr(name, None, urn or None), leaves)
            if value is not None:
                (holders[urn] if urn else self._parts)[name] = value
            if urn and ends[urn] == name and (extension := self._object(urn, holders[urn])) is not None:
                self._parts[urn] = extension

    def _top_value(self, attr: Attr, leaves: list[Leaf]) -> _Value | None:
        if leaves[0].attr.sub is None:
            return self._kept(self.face(leaves[0], self.frame), attr.name)
        parts: dict[str, _Value] = {}
        for leaf in leaves:
            if leaf.first is not None and leaf.first.open:
                if len(leaves) > 1:
                    raise Elsewhere
                return self._line(f"{self._free(leaf, leaf.first)} or None", attr.name)
            value = self._kept(self.face(leaf, self.frame), attr.name, leaf.attr.sub or "")
            if value is not None:
                parts[leaf.attr.sub or ""] = value._replace(said=not is_constant(leaf))
        if "value" in parts and "ocid" not in parts and self._refers(attr):
            parts = {"value": parts["value"], "ocid": parts["value"], **parts}
        return self._object(attr.name, parts)

    def _slot(self, slot: Slot) -> list[str]:
        if any(self._refers(leaf.attr) for leaf in slot.leaves.values()) or not slot.constants.keys().isdisjoint(
            slot.leaves
        ):
            return super()._slot(slot)
        parts = {name: _Value(repr(value), sure=True, said=False) for name, value in slot.constants.items()}
        for name, leaf in slot.leaves.items():
            value = self._kept(self.face(leaf, self.frame), "shown", name)
            if value is not None:
                parts[name] = value
        tests = [_test(part) for part in parts.values() if part.said]
        return [f"if {' or '.join(tests)}:", f"    values.append({self._made('slot', parts)})"] if tests else []

    def _values(self, attr: Attr) -> list[str]:
        if attr.urn or attr.sub:
            raise Elsewhere
        name = self.source.name(attr.name)
        shown = f"[{self.source.value('with_ocid', with_ocid)}(each) for each in values]"
        self._parts[attr.name] = _Value(name)
        return [f"{name} = {shown if self._refers(attr) else 'values'} or None"]

    def _refers(self, attr: Attr) -> bool:
        return self._dialect.common_attributes and refers(self._kind, attr)

    def _schemas(self) -> _Value:
        """The URNs of the extensions that are there, too."""
        urns = tuple(urn for urn in self._kind.extensions if urn in self._parts)
        lists = _Schemas(self._kind.schema, urns)
        if not urns:
            return _Value(self.source.value("SCHEMAS", lists[()]), sure=True)
        tests = [_test(self._parts[urn]) for urn in urns]
        return _Value(f"{self.source.value('SCHEMAS', lists)}[{', '.join(tests)},]", sure=True)

    def _meta(self, versions: frozenset[str]) -> dict[str, _Value]:
        """`meta` as `scim/finish.py` makes it."""
        leaves = [leaf for leaf in self.mapping.leaves.values() if leaf.attr.name == "meta" and not leaf.attr.urn]
        if any(leaf.attr.sub is None or is_constant(leaf) for leaf in leaves):
            raise Elsewhere
        parts: dict[str, _Value] = {}
        if self._has_meta("resourceType"):
            parts["resourceType"] = _Value(repr(self._kind.name), sure=True)
        for leaf in leaves:
            value = (
                self._kept(self.face(leaf, self.frame), "meta", leaf.attr.sub or "")
                if self.wish.has(leaf.attr)
                else None
            )
            if value is not None:
                parts[leaf.attr.sub or ""] = value
        if versions and self._has_meta("version"):
            text = row_version(self.source, self.frame, self.mapping, versions)
            parts["version"] = _Value(f"'W/\"' + {text} + '\"'", sure=True)
        if self._has_meta("location") and "id" in self._parts:
            parts["location"] = self._address(self._parts["id"].text)
        return parts

    def _address(self, id_: str) -> _Value:
        """An id of letters, digits and hyphens stands in an address as it is; what else there may be, `location` knows."""
        kind = self._kind
        whole = f"{self.source.value('location', location)}({self.source.value('TYPE', kind)}, scene.base, {id_})"
        if not (kind.own is not None and kind.own_only and kind.own.single):
            start = self.source.name("address")
            self.frame.once.append(f"{start} = scene.base + {kind.endpoint + '/'!r}")
            whole = f"{start} + {id_} if {id_}.isascii() and {id_}.replace('-', '0').isalnum() else {whole}"
        return self._line(f"None if {id_} is None else {whole}", "location")

    def _has_meta(self, name: str) -> bool:
        return Attr("meta", name) in self._attrs

    def _kept(self, face: Face | None, *hints: str) -> _Value | None:
        """What a face shows; None: nothing, ever."""
        return None if face is None else self._in_variable(face, *hints)

    def _in_variable(self, face: Face, *hints: str) -> _Value:
        if face.test == "True":
            return _Value(face.value, sure=True)
        if face.test == f"{face.value} is not None" and len(face.before) <= 1:
            if face.before:
                name, _, seen = face.before[0].partition(" = ")
                self._lines.append(
                    f"{name} = {seen if not face.place else f'None if {face.place} is None else {seen}'}"
                )
            return _Value(face.value)
        name = self.source.name(*hints)
        self._lines += [f"{name} = None", *face.put(f"{name} = ")]
        return _Value(name)

    def _line(self, expression: str, hint: str) -> _Value:
        name = self.source.name(hint)
        self._lines.append(f"{name} = {expression}")
        return _Value(name)

    def _object(self, hint: str, parts: Map[str, _Value]) -> _Value | None:
        """A struct of these parts, where one of them says something."""
        if not parts:
            return None
        telling = [part for part in parts.values() if part.said] or list(parts.values())
        made = self._made(hint, parts)
        if any(part.sure for part in telling):
            return _Value(made, sure=True)
        return self._line(f"{made} if {' or '.join(dict.fromkeys(map(_test, telling)))} else None", hint)

    def _made(self, hint: str, parts: Map[str, _Value]) -> str:
        fields: list[tuple[str, Any, Any]] = [(attribute(name), Any, None) for name in parts]
        rename = {attribute(name): name for name in parts}
        type_ = msgspec.defstruct("Shown", fields, bases=(Shown,), rename=rename, omit_defaults=True, gc=False)
        return f"{self.source.value(hint, type_)}({', '.join(part.text for part in parts.values())})"

    def _emitted(self) -> list[Attr]:
        """What the lines may show besides what every answer carries."""
        found = [leaf.attr for leaf in self.mapping.leaves.values() if self.wish.has(leaf.attr)]
        for slots in self.mapping.slots.values():
            if self.wish.has_any(slots.attr):
                names = {name for slot in slots.slots for name in (*slot.constants, *slot.leaves)}
                found += [Attr(slots.attr.name, name, slots.attr.urn) for name in names]
        for each in self.mapping.lists:
            if self.wish.has_any(each.attr):
                found += [leaf.attr for leaf in each.leaves.values() if self.wish.has(leaf.attr)]
        return [attr for attr in found if attr.urn or attr.name != "meta"]

    def _is_odd(self) -> bool:
        """Whether a leaf shows a list as it is stored, in which there may be objects of nothing."""
        leaves = (leaf for leaf in self.mapping.leaves.values() if self.wish.has(leaf.attr))
        stored = (leaf for leaf in leaves if not leaf.kept_back and (leaf.first is None or not leaf.first.open))
        return any(leaf.schema.multi_valued or leaf.schema.type == "complex" for leaf in stored)


def _test(value: _Value) -> str:
    return "True" if value.sure else f"{value.text} is not None"
