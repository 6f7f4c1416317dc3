"""A filter as straight lines over a decoded row (`decoded.py`): whether what the row shows fits, without showing it.

`scim/match.py` says what a filter means; a law holds that these lines say the same of whatever the view shows. Written once for a shape:
the values that it compares with are told beside the scene. A term that looks at more than single values and slots (lists, free maps, whole
objects) is left to `match.py`. Top-level terms are judged in turn, and a row is looked at no further than the first that does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.mapping.decoded import Elsewhere, Empty, Places
from gateway.mapping.leaf import Leaf, Slot
from gateway.mapping.model import Mapping
from gateway.mapping.optics.time import Instant
from gateway.mapping.origin import is_constant
from gateway.mapping.row_frame import RowFrame
from gateway.mapping.scene import Scene
from gateway.mapping.source import Source
from gateway.mapping.straight import STRAIGHT, Face, Writing
from gateway.mapping.wish import Wish
from gateway.scim.comparison import comparable
from gateway.scim.schema import Attribute
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Value, Within

Test = Callable[[Any], bool]
Fit = Callable[[Scene, Sequence[Value]], Test]
_SIGNS = {"eq": "==", "ne": "==", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_TEXTS = {"co": "{1} in {0}", "sw": "{0}.startswith({1})", "ew": "{0}.endswith({1})"}
_TEXTUAL = ("string", "reference", "binary")
_KNOWN = STRAIGHT | {
    "comparable": comparable,
    **dict.fromkeys(("compared", "datetime", "fits", "spelt")),
}


class Unwritten(Exception):
    """A term that these lines cannot say."""


@dataclass(frozen=True, slots=True)
class Check:
    """A filter's shape: what is written of it, and the numbers of the top-level terms that are not (`rest`)."""

    written: Fit
    rest: tuple[int, ...]


def terms_of(tree: Filter) -> tuple[Filter, ...]:
    """The terms that must all hold."""
    return tree.terms if isinstance(tree, And) else (tree,)


def compared(tree: Filter) -> list[Value]:
    """The values that a filter compares with, in its order: what `Check.written` is told."""
    return [tree.value] if isinstance(tree, Compare) else [each.value for each in _compares(tree)]


def _compares(tree: Filter) -> Iterator[Compare]:
    if isinstance(tree, Compare):
        yield tree
    elif isinstance(tree, And | Or):
        for term in tree.terms:
            yield from _compares(term)
    elif isinstance(tree, Not):
        yield from _compares(tree.term)
    elif isinstance(tree, Within):
        yield from _compares(tree.filter)


@dataclass(frozen=True, slots=True)
class Checks:
    """What writes checks of rows that are the record `root`, whose struct has these places."""

    mapping: Mapping
    root: str
    places: Places
    empty: Empty

    def check(self, tree: Filter) -> Check:
        """The check of a filter of this shape."""
        numbers = {id(each): number for number, each in enumerate(_compares(tree))}
        rest = tuple(number for number, term in enumerate(terms_of(tree)) if not self._is_written(term, numbers))
        check = _Check(self, numbers)
        for number, term in enumerate(terms_of(tree)):
            if number not in rest:
                check.term(term)
        return Check(check.function("return True"), rest)

    def moment(self, attr: Attr) -> Fit | None:
        """What an instant is shown as, of texts that stand in the order of time; None where it may be spelt in several ways."""
        leaf = self.mapping.leaves.get(attr)
        if leaf is None or type(leaf.lens) is not Instant:
            return None
        written = _Check(self, {})
        try:
            return written.function(f"return {written.shown(leaf)}")
        except (Unwritten, Elsewhere):
            return None

    def _is_written(self, term: Filter, numbers: dict[int, int]) -> bool:
        try:
            _Check(self, numbers).term(term)
        except (Unwritten, Elsewhere):
            return False
        return True


class _Check(Writing):
    """The function on its way onto paper."""

    frame: RowFrame

    def __init__(self, checks: Checks, numbers: dict[int, int]) -> None:
        source, mapping = Source(_KNOWN), checks.mapping
        super().__init__(mapping, Wish(None), source, RowFrame(source, mapping, checks.root, checks.places))
        self._kind = mapping.type
        self._empty = checks.empty
        self._numbers = numbers
        self._lines: list[str] = []
        self._read = 0
        self._faces: dict[int, Face | None] = {}
        self._same: dict[str, str] = {}
        self._slots_there: dict[int, str] = {}

    def function(self, end: str) -> Fit:
        """The function, ready to run. `end`: its last line."""
        for name, keys in self.frame.empty.items():
            self.source.put(name, self._empty.get(keys))
        inner = (*self._lines, end)
        text = [
            "now = scene.now",
            *self.frame.once,
            "def fits(row):",
            *(f"    {line}" for line in inner),
            "return fits",
        ]
        return self.source.function(f"check of {self.mapping.name}", "checker(scene, compared)", text)

    def term(self, tree: Filter) -> None:
        """The lines of a term that must hold. Raises Unwritten, Elsewhere."""
        holds = self._holds(tree)
        self._lines += [f"if not ({holds}):", "    return False"]

    def shown(self, leaf: Leaf) -> str:
        """The variable with what a leaf shows, its lines before it. Raises Unwritten, Elsewhere."""
        for value, _, _ in self._of_leaf(leaf):
            return value
        raise Unwritten

    def _holds(self, tree: Filter, slot: Slot | None = None, within: Attribute | None = None) -> str:
        """The expression that is true where the term holds, its lines before it. `slot`: of one value of that attribute (`within`)."""
        match tree:
            case Compare(attr, op, value) if value is None or value == "":
                there = self._any([test for _, test, _ in self._shown(attr, slot)])
                return f"not ({there})" if op == "eq" else "False" if op in ("lt", "le") else there
            case Compare(attr):
                schema = self._schema(attr, within)
                found = [self._compare(tree, schema, *each) for each in self._shown(attr, slot)]
                return f"not ({self._any(found)})" if tree.op == "ne" else self._any(found)
            case Present(attr):
                return self._any([test for _, test, _ in self._shown(attr, slot)])
            case Not(term):
                return f"not ({self._holds(term, slot, within)})"
            case And(terms):
                return " and ".join(f"({self._holds(term, slot, within)})" for term in terms)
            case Or(terms):
                return " or ".join(f"({self._holds(term, slot, within)})" for term in terms)
            case Within(attr, term):
                return self._any(
                    [
                        f"({self._there(each)}) and ({self._holds(term, each, schema)})"
                        for each, schema in self._slots_of(attr)
                    ]
                )

    def _any(self, tests: list[str]) -> str:
        return " or ".join(f"({test})" for test in tests) or "False"

    def _schema(self, attr: Attr, within: Attribute | None) -> Attribute:
        schema = self._kind.attribute(attr) if within is None else within.sub(attr.name)
        if schema is None:
            raise Unwritten
        return schema

    def _shown(self, attr: Attr, slot: Slot | None) -> list[tuple[str, str, Leaf | None]]:
        """What the attribute may show: each an expression, the test on whether it is there, and the leaf that shows it."""
        if slot is not None:
            if attr.sub is not None or attr.urn is not None:
                raise Unwritten
            return self._of_slot(slot, attr.name)
        whole = Attr(attr.name, urn=attr.urn)
        if whole in self.mapping.slots:
            slots = [each for each, _ in self._slots_of(whole)]
            if attr.sub is None:
                return [("True", self._there(each), None) for each in slots]
            return [value for each in slots for value in self._of_slot(each, attr.sub)]
        if attr == Attr("id") and self.mapping.id is not None:
            face = self._put(self._composed(self.mapping.id, self.frame))
            return [(face.value, face.test, None)]
        leaf = self.mapping.leaves.get(attr)
        if leaf is None or attr == Attr("meta", "resourceType"):
            raise Unwritten
        return self._of_leaf(leaf)

    def _of_slot(self, slot: Slot, name: str) -> list[tuple[str, str, Leaf | None]]:
        if name in slot.constants and name in slot.leaves:
            raise Unwritten
        if name in slot.constants:
            return [(repr(slot.constants[name]), self._there(slot), None)]
        return self._of_leaf(slot.leaves[name]) if name in slot.leaves else []

    def _of_leaf(self, leaf: Leaf) -> list[tuple[str, str, Leaf | None]]:
        schema = leaf.schema
        if schema.multi_valued or schema.type == "complex" or is_constant(leaf) or (leaf.first and leaf.first.open):
            raise Unwritten
        if id(leaf) not in self._faces:
            face = self.face(leaf, self.frame)
            if face is not None and not face.value.isidentifier():
                face = self._put(face)
            elif face is not None:
                self._emit(face)
            self._faces[id(leaf)] = face
        face = self._faces[id(leaf)]
        return [] if face is None else [(face.value, face.test, leaf)]

    def _slots_of(self, attr: Attr) -> list[tuple[Slot, Attribute]]:
        group, schema = self.mapping.slots.get(attr), self._kind.attribute(attr)
        if group is None or schema is None or attr.sub is not None:
            raise Unwritten
        return [(slot, schema) for slot in group.slots]

    def _there(self, slot: Slot) -> str:
        """The variable that tells whether a slot shows anything."""
        if id(slot) not in self._slots_there:
            tests = self._any([test for leaf in slot.leaves.values() for _, test, _ in self._of_leaf(leaf)])
            self._slots_there[id(slot)] = name = self.source.name("there")
            self._lines.append(f"{name} = {tests}")
        return self._slots_there[id(slot)]

    def _emit(self, face: Face) -> None:
        """The lines that must come before a face's value and test."""
        self._drain()
        if face.place:
            self._lines += [
                f"{face.value} = None",
                f"if {face.place} is not None:",
                *(f"    {line}" for line in face.before),
            ]
        else:
            self._lines += face.before

    def _put(self, face: Face) -> Face:
        """A face whose value is an expression, put into a variable, None where it is not there."""
        self._drain()
        name = self.source.name("shown")
        self._lines += [*face.before, f"{name} = {face.value} if {face.test} else None"]
        return Face(name, f"{name} is not None")

    def _drain(self) -> None:
        """The lines that read the row's places, as far as they have been asked for."""
        self._lines += self.frame.lines[self._read :]
        self._read = len(self.frame.lines)

    def _compare(self, tree: Compare, schema: Attribute, value: str, test: str, leaf: Leaf | None) -> str:
        """Whether one value is there and compares as `match.py` says; of what a leaf shows the value itself tells whether it is there."""
        if leaf is None:
            return f"({test}) and {self._alike(tree, schema, value, test, leaf)}"
        return self._alike(tree, schema, value, test, leaf)

    def _alike(self, tree: Compare, schema: Attribute, value: str, test: str, leaf: Leaf | None) -> str:
        wanted, op = self._numbers[id(tree)], tree.op
        right = f"compared[{wanted}]"
        if schema.type in _TEXTUAL and isinstance(tree.value, str):
            fold = not schema.case_exact and schema.type != "binary"
            left = f"{value}.lower()" if fold else value
            right = self._once(f"{right}.lower()" if fold else right)
            said = _TEXTS[op].format(left, right) if op in _TEXTS else f"{left} {_SIGNS[op]} {right}"
            empty = f" and {value} != ''" if op in ("lt", "le") else ""
            return f"type({value}) is str{empty} and {said}"
        if op not in _SIGNS:
            raise Unwritten
        right = self._once(right)
        if schema.type == "boolean" and isinstance(tree.value, bool):
            return f"type({value}) is bool and {value} {_SIGNS[op]} {right}"
        if schema.type in ("integer", "decimal") and type(tree.value) in (int, float):
            return f"type({value}) in NUMBERS and {value} {_SIGNS[op]} {right}"
        if schema.type == "dateTime" and isinstance(tree.value, datetime):
            return self._moment(value, test, leaf, schema, op, right)
        raise Unwritten

    def _moment(self, value: str, test: str, leaf: Leaf | None, schema: Attribute, op: str, right: str) -> str:
        """A dateTime; one that is spelt in one way stands in the order of its text."""
        if leaf is not None and type(leaf.lens) is Instant:
            return f"{value} is not None and {value}[:-1] {_SIGNS[op]} {self._once(f'spelt({right})')}"
        name = self.source.name("moment")
        self._lines.append(f"{name} = comparable({value}, {self.source.value('SCHEMA', schema)}) if {test} else None")
        return f"{name} is not None and {name} {_SIGNS[op]} {right}"

    def _once(self, expression: str) -> str:
        """A variable that is the same for all rows."""
        if expression not in self._same:
            self._same[expression] = name = self.source.name("wanted")
            self.frame.once.append(f"{name} = {expression}")
        return self._same[expression]


def _spelt(moment: datetime) -> str:
    """An instant as `Instant` shows it, without the zone, and with all of its digits: shorter texts stand before."""
    whole = moment.astimezone(UTC).replace(tzinfo=None)
    return whole.isoformat(timespec="microseconds" if whole.microsecond % 1000 else "milliseconds")


_KNOWN |= {"NUMBERS": (int, float), "spelt": _spelt}
