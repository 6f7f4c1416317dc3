"""A view as straight lines of Python: for one mapping and choice of attributes, what `interpreter.py` finds out anew for each resource.

First come the lines that read the records, each place once, then those that put what is there; nothing is decided that the mapping
decides. `source_of` shows the lines, and so does a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from gateway.mapping.apart import beside, nth
from gateway.mapping.frame import Frame
from gateway.mapping.free_map import shown_map
from gateway.mapping.identity import escaped, special_letters
from gateway.mapping.leaf import EachGroup, Leaf, Slot, SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.optics.plain import Plain
from gateway.mapping.origin import (
    constant_of,
    from_origin,
    is_address,
    is_constant,
    is_separated,
    is_spoken,
    segments,
    spoken,
)
from gateway.mapping.record import Field
from gateway.mapping.records import elements, own_names, storage, verifier_fields
from gateway.mapping.scene import Show, bound, lookup, put_at
from gateway.mapping.source import Source
from gateway.mapping.told import KNOWN, version_text
from gateway.mapping.wish import Wish
from gateway.nevisidm.template import Template
from gateway.scim.tree import Attr

_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NOTHING: dict[str, Any] = {}


def table(value: Any) -> Any:
    """An object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else _NOTHING


STRAIGHT = KNOWN | {
    "MISSING": (None, ""),
    "bound": bound,
    "elements": elements,
    "escaped": escaped,
    "from_origin": from_origin,
    "lookup": lookup,
    "nth": nth,
    "put_at": put_at,
    "quote": quote,
    "shown_map": shown_map,
    "spoken": spoken,
    "table": table,
    **dict.fromkeys(
        ("each", "held", "index", "meta", "now", "records", "resource", "row", "scene", "schemas", "values")
    ),
}
"""What the lines call, and the variables that they have by themselves."""


def straight(mapping: Mapping, wanted: frozenset[Attr] | None, versions: frozenset[str]) -> Show:
    """The view, written and ready to run. See `view.viewer`."""
    return Writing(mapping, Wish(wanted)).view(versions)


@dataclass(frozen=True, slots=True)
class Face:
    """What a leaf shows: an expression, and the test on whether there is anything; `before` are the lines that must come first.

    `place`: the variable without whose value all that can be left out.
    """

    value: str
    test: str
    before: tuple[str, ...] = ()
    place: str = ""

    def put(self, start: str, end: str = "") -> list[str]:
        """The lines that put what is there between these."""
        line = start + self.value + end
        if self.test == "True":
            return [line]
        lines = [*self.before, f"if {self.test}:", f"    {line}"]
        return [f"if {self.place} is not None:", *(f"    {line}" for line in lines)] if self.place else lines


class Writing:
    """One view on its way onto paper."""

    def __init__(self, mapping: Mapping, wish: Wish, source: Source | None = None, frame: Frame | None = None) -> None:
        self.mapping = mapping
        self.wish = wish
        self.source = source or Source(STRAIGHT)
        self.frame = frame or Frame(self.source, mapping)
        self.one_way = verifier_fields(mapping)

    def view_lines(self) -> list[str]:
        """The lines that put what is there."""
        return [*self._id(), *self._leaves(), *self._many()]

    def view(self, versions: frozenset[str]) -> Show:
        """The whole function."""
        lines = self.view_lines()
        version = version_text(self.source, self.frame, self.mapping, versions)
        if version:
            lines += [f"resource.setdefault('meta', {{}})['version'] = {version}"]
        lines = ["now = scene.now", *self.frame.lines, "resource = {}", *lines, "return resource"]
        return self.source.function(f"view of {self.mapping.name}", "show(records, scene)", lines)

    def _many(self) -> list[str]:
        """The multi-valued attributes."""
        return [
            *(line for each in self.mapping.slots.values() for line in self._slots(each)),
            *(line for each in self.mapping.each.values() for line in self._each(each)),
        ]

    def _id(self) -> list[str]:
        if self.mapping.id is None:
            return []
        return put_if(self._composed(self.mapping.id, self.frame), "resource['id']")

    def _leaves(self) -> list[str]:
        """The singular attributes, the parts of one together; an extension's stand below its URN."""
        tops = self.tops()
        holders = {urn: self.source.name(urn.rpartition(":")[2], "in") for urn, _ in tops if urn}
        lines = [f"{holder} = {{}}" for holder in holders.values()]
        ends = dict(tops.keys())
        for (urn, name), leaves in tops.items():
            lines += self._top(f"{holders.get(urn, 'resource')}[{name!r}]", name, leaves)
            if urn and ends[urn] == name:
                lines += [f"if {holders[urn]}:", f"    resource[{urn!r}] = {holders[urn]}"]
        return lines

    def tops(self, apart: frozenset[str] = frozenset()) -> dict[tuple[str, str], list[Leaf]]:
        """The leaves of each singular attribute by its extension's URN and its name; those of the core named in `apart` are left out."""
        found: dict[tuple[str, str], list[Leaf]] = {}
        for leaf in self.mapping.leaves.values():
            if self.wish.has(leaf.attr) and (leaf.attr.urn or leaf.attr.name not in apart):
                found.setdefault((leaf.attr.urn or "", leaf.attr.name), []).append(leaf)
        return found

    def _top(self, target: str, name: str, leaves: list[Leaf]) -> list[str]:
        if leaves[0].attr.sub is None:
            return put_if(self.face(leaves[0], self.frame), target)
        part = self.source.name(name, "parts")
        lines = [f"{part} = {{}}"]
        for leaf in leaves:
            if leaf.first is not None and leaf.first.open:
                lines.append(f"{part}.update({self._free(leaf, leaf.first)})")
            else:
                lines += put_if(self.face(leaf, self.frame), f"{part}[{leaf.attr.sub!r}]")
        others = frozenset(leaf.attr.sub for leaf in leaves if not is_constant(leaf))
        if others and len(others) < len(leaves):  # constants alone are nobody's: they say nothing
            lines += [f"if {part}.keys().isdisjoint({self.source.value('OTHERS', others)}):", f"    {part} = {{}}"]
        return [*lines, f"if {part}:", f"    {target} = {part}"]

    def _free(self, leaf: Leaf, place: Field) -> str:
        taken = self.source.value("TAKEN", own_names(self.mapping, place))
        return (
            f"shown_map({self.frame.value(place.record, place.keys)}, {taken}, {self.source.value('LEAF', leaf)}, now)"
        )

    def _slots(self, group: SlotGroup) -> list[str]:
        if not self.wish.has_any(group.attr):
            return []
        lines = ["values = []"]
        for slot in group.slots:
            lines += self._slot(slot)
        return [*lines, *self._values(group.attr)]

    def _slot(self, slot: Slot) -> list[str]:
        constants = "".join(f"{name!r}: {value!r}, " for name, value in slot.constants.items())
        faces = [(name, self.face(leaf, self.frame)) for name, leaf in slot.leaves.items()]
        name, face = faces[0]
        if len(faces) == 1 and face is not None:
            return face.put(f"values.append({{{constants}{name!r}: ", "})")
        held = [line for name, face in faces for line in put_if(face, f"held[{name!r}]")]
        return ["held = {}", *held, "if held:", f"    values.append({{{constants}**held}})"]

    def _each(self, group: EachGroup) -> list[str]:
        loops = [line for part in group.lists for line in self._loop(part)] if self.wish.has_any(group.attr) else []
        return ["values = []", *loops, *self._values(group.attr)] if loops else []

    def _loop(self, group: EachGroup) -> list[str]:
        leaves = {name: leaf for name, leaf in group.leaves.items() if self.wish.has(leaf.attr)}
        telling = frozenset(name for name, leaf in leaves.items() if not is_constant(leaf))
        if not telling:
            return []
        others = {name: f"nth(records.get({name!r}), index)" for name in beside(self.mapping, group)}
        inner = Frame(self.source, self.mapping, {**others, group.source: "each"}, self.frame)
        held = [line for name, leaf in leaves.items() for line in put_if(self.face(leaf, inner), f"held[{name!r}]")]
        loop = [
            *inner.lines,
            "held = {}",
            *held,
            f"if not held.keys().isdisjoint({self.source.value('TELLING', telling)}):",
            "    values.append(held)",
        ]
        head = f"for index, each in enumerate(elements({self.frame.value(group.source)})):"
        return [head, *(f"    {line}" for line in loop)]

    def _values(self, attr: Attr) -> list[str]:
        if attr.urn or attr.sub:
            return ["if values:", f"    put_at(resource, {self.source.value('ATTR', attr)}, values)"]
        return ["if values:", f"    resource[{attr.name!r}] = values"]

    def face(self, leaf: Leaf, frame: Frame) -> Face | None:
        """See `interpreter.py`; None: nothing, ever."""
        if leaf.kept_back:
            return None
        if leaf.joined is not None:
            return self._composed(leaf.joined, frame)
        if leaf.first is None:
            return self._origin(leaf, frame)
        value = frame.value(leaf.first.record, leaf.first.keys)
        seen = self._seen(leaf, leaf.first, frame, value)
        if seen == value:
            return Face(value, _there(value))
        name = self.source.name("shown", leaf.attr.name, leaf.attr.sub or "")
        lens, _, rest = seen.partition(" if ")
        if rest == f"{value} is not None else None":
            return Face(name, _there(name), (f"{name} = {lens}",), value)
        return Face(name, _there(name), (f"{name} = {seen}",))

    def _seen(self, leaf: Leaf, place: Field, frame: Frame, value: str) -> str:
        """The value through its lens. Where no record is, nothing is shown, not even by a lens to which nothing says something."""
        seen = value
        if type(leaf.lens) is not Plain:
            lens = self.source.value(leaf.lens.name, leaf.lens.get)
            says = leaf.lens.get(None, _SOME_TIME) is not None
            seen = f"{lens}({value}, now) if {frame.there(place.record) if says else value} is not None else None"
        if self.is_one_way(place):
            seen = f"({seen}) if scene.verifiers != 'hide' else None"
        return seen

    def is_one_way(self, place: Field) -> bool:
        """Whether what is stored there is fed by a one-way lens."""
        return storage(self.mapping, place) in self.one_way

    def _origin(self, leaf: Leaf, frame: Frame) -> Face | None:
        constant = constant_of(leaf)
        if constant is not None:
            return None if isinstance(constant, str) and not constant.strip() else Face(repr(constant), "True")
        origin = leaf.origin.get("")
        name = self.source.name("shown", leaf.attr.name, leaf.attr.sub or "")
        test = f"{name} is not None"
        if leaf.by is not None:
            find = f"lookup({self.source.value('MAPPING', self.mapping)}, {frame.records()}, scene)"
            return Face(name, test, (f"{name} = from_origin({self.source.value('LEAF', leaf)}, {find})",))
        if not isinstance(origin, Template):
            return None
        if is_spoken(origin):
            holes = [frame.hole(hole) for hole in origin.holes]
            whole = " ".join(f"{{{hole}}}" for hole in holes)
            return Face(
                name, test, (f"{name} = f'{whole}' if {' and '.join(holes)} else spoken(({', '.join(holes)},))",)
            )
        if is_address(origin):
            address = " + '/' + ".join(self._segment(each, frame) for each in segments(origin.text))
            return Face(address, _known(frame, origin.holes))
        return Face(_concatenated(origin, frame, "str({})"), _known(frame, origin.holes))

    def _segment(self, template: Template, frame: Frame) -> str:
        if template.text == "{base}":
            return f"str({frame.hole('base')})"
        if is_separated(template):
            return f"quote({self._composed(template, frame).value}, safe='')"
        return _concatenated(template, frame, "quote(str({}), safe='')")

    def _composed(self, template: Template, frame: Frame) -> Face:
        """An id of this form, while all its parts are known."""
        letters = special_letters(template)
        form = f"escaped({{}}, {letters!r})" if letters else "str({})"
        return Face(_concatenated(template, frame, form), _known(frame, template.holes))


def _concatenated(template: Template, frame: Frame, form: str) -> str:
    parts = (repr(part) if isinstance(part, str) else form.format(frame.hole(part.name)) for part in template.parts)
    return " + ".join(parts) or "''"


def _there(value: str) -> str:
    """Whether it is none of the ways to say nothing; the usual answers first."""
    return f"{value} is not None and ({value} or {value} not in NOTHING)"


def _known(frame: Frame, holes: Iterable[str]) -> str:
    return " and ".join(map(frame.known, dict.fromkeys(holes))) or "True"


def put_if(face: Face | None, target: str) -> list[str]:
    """The lines that put what is there."""
    return [] if face is None else face.put(f"{target} = ")
