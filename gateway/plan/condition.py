"""A filter in nevisIDM's terms: tests on fields, joined by and, or, not; what `resolve.py` makes and every route splits.

A test that nevisIDM cannot be asked at all (`pr`, `ne`, a template) has no `asked`; it stays, to be checked on the hits. Constants vanish
while the tree is built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass

from gateway.mapping.lens import Asked
from gateway.mapping.record import Field, Place
from gateway.scim.tree import Attr, Filter


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `source` is what the request wrote; `names` what routes call the field; `many`: one of several values fits;
    `few`: it is about an address of a person (a mail, a number), which few share; `moment`: about an instant, which has many spellings;
    `part`: it is less than the source says (one part of an id), so a hit that fits it need not fit the source, and is not to blame.
    """

    source: Filter
    attr: Attr
    field: Field | None = None
    asked: Asked | None = None
    names: Map[str, str | None] = dataclasses.field(default_factory=dict)
    place: Place | None = None
    many: bool = False
    unique: bool = False
    few: bool = False
    moment: bool = False
    part: bool = False

    @property
    def fixes(self) -> str | None:
        """The one stored value that it allows, in nevisIDM's own spelling; None if it allows others."""
        asked = self.asked
        if asked is None or asked.op not in ("eq", "in") or asked.case != "as_is" or len(asked.values) != 1:
            return None
        return asked.values[0] if asked.exact and asked.values[0] != "" else None

    @property
    def fixes_one(self) -> bool:
        """Whether it asks for equality with one value, in whatever case."""
        return self.asked is not None and self.asked.op in ("eq", "in") and len(self.asked.values) == 1


@dataclass(frozen=True, slots=True)
class Constant:
    """Known without asking."""

    source: Filter | None
    value: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every term holds."""

    source: Filter
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One term holds."""

    source: Filter
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """The term does not hold."""

    source: Filter
    term: Condition


Condition = Test | Constant | All | AnyOf | Opposite


def all_of(source: Filter, terms: Iterable[Condition]) -> Condition:
    """`and`, with constants gone and inner `and`s of the same source opened."""
    kept: list[Condition] = []
    for term in terms:
        if isinstance(term, Constant):
            if not term.value:
                return Constant(source, False)
        elif isinstance(term, All) and term.source is source:
            kept.extend(term.terms)
        else:
            kept.append(term)
    if not kept:
        return Constant(source, True)
    return kept[0] if len(kept) == 1 else All(source, tuple(kept))


def any_of(source: Filter, terms: Iterable[Condition]) -> Condition:
    """`or`, with constants gone."""
    kept: list[Condition] = []
    for term in terms:
        if isinstance(term, Constant):
            if term.value:
                return Constant(source, True)
        else:
            kept.append(term)
    if not kept:
        return Constant(source, False)
    return kept[0] if len(kept) == 1 else AnyOf(source, tuple(kept))


def opposite(source: Filter, term: Condition) -> Condition:
    """`not`, of a constant too."""
    return Constant(source, not term.value) if isinstance(term, Constant) else Opposite(source, term)


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The terms of which every one must hold: those of a top-level `and`, or the condition alone."""
    match condition:
        case Constant(value=True):
            return ()
        case All(terms=terms):
            return terms
    return (condition,)


def tests(condition: Condition) -> Iterator[Test]:
    """All tests below."""
    match condition:
        case Test():
            yield condition
        case All(terms=terms) | AnyOf(terms=terms):
            for term in terms:
                yield from tests(term)
        case Opposite(term=term):
            yield from tests(term)


def certain(condition: Condition) -> Iterator[Test]:
    """The tests that must hold whatever else does."""
    match condition:
        case Test():
            yield condition
        case All(terms=terms):
            for term in terms:
                yield from certain(term)


def rough(condition: Condition) -> Condition:
    """The same as no more than a superset: several conditions on one value of many, asked one by one."""
    match condition:
        case Test(asked=Asked() as asked):
            return dataclasses.replace(condition, asked=dataclasses.replace(asked, exact=False))
        case All(terms=terms) | AnyOf(terms=terms):
            return dataclasses.replace(condition, terms=tuple(rough(term) for term in terms))
        case Opposite(term=term):
            return dataclasses.replace(condition, term=rough(term))
    return condition
