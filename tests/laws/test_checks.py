"""What is written down for a filter over decoded rows says of every row what the filter's meaning says of what the row shows."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping.check import compared, terms_of
from gateway.mapping.model import Mapping
from gateway.mapping.row import Choice, rows_of
from gateway.mapping.scene import Scene
from gateway.mapping.source import source_of
from gateway.plan.carried import attrs_of
from gateway.scim.dialect import RFC
from gateway.scim.match import compile_match
from gateway.scim.request import Wanted
from gateway.scim.schema import Attribute
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within
from tests.laws.test_rows import LISTED, stands, stored

TEXTS = ("text", "TEXT", "a~b/=ü", "en", "ACTIVE", "active", "079", "+41", "e", "42", "true", "work", "Ü", "u-1")
MOMENTS = [
    datetime(2030, 1, 1, tzinfo=UTC) + step
    for step in (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(milliseconds=5), timedelta(days=-9999))
]  # fmt: skip
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
SCENE = Scene(datetime(2026, 6, 1, tzinfo=UTC), "https://scim.example/v2", {"client": "acme"})


def known(mapping: Mapping) -> list[tuple[Attr, Attribute]]:
    """The attributes that rows show, with what is declared of them."""
    attrs = [Attr("id"), *mapping.leaves, *mapping.slots]
    attrs += [
        Attr(attr.name, name, attr.urn)
        for attr, group in mapping.slots.items()
        for slot in group.slots
        for name in (*slot.leaves, *slot.constants)
    ]
    found = [(attr, mapping.type.attribute(attr)) for attr in dict.fromkeys(attrs) if stands(mapping, attr)]
    return [(attr, schema) for attr, schema in found if schema is not None and not schema.secret]


def condition(chance: Random, attr: Attr, schema: Attribute) -> Filter:
    """One condition, as binding makes it."""
    if chance.random() < 0.15 or schema.type == "complex":
        return Present(attr)
    if chance.random() < 0.15:
        return Compare(attr, chance.choice(("eq", "ne")), chance.choice((None, "")))
    if schema.type == "boolean":
        return Compare(attr, chance.choice(("eq", "ne")), chance.choice((True, False)))
    if schema.type in ("integer", "decimal"):
        return Compare(attr, chance.choice(("eq", "ne", "gt", "ge", "lt", "le")), chance.choice((0, 7, 42)))
    if schema.type == "dateTime":
        return Compare(attr, chance.choice(("eq", "ne", "gt", "ge", "lt", "le")), chance.choice(MOMENTS))
    return Compare(attr, chance.choice(OPERATORS), chance.choice(TEXTS))  # type: ignore[arg-type]


def tree(chance: Random, attrs: list[tuple[Attr, Attribute]], depth: int = 2) -> Filter:
    """A filter of any shape; terms of one kind do not nest."""
    kind = chance.random() if depth else 1.0
    attr, schema = chance.choice(attrs)
    if kind < 0.2:
        return Not(tree(chance, attrs, depth - 1))
    if kind < 0.6:
        made = And if kind < 0.4 else Or
        terms = [tree(chance, attrs, depth - 1) for _ in range(chance.randint(2, 3))]
        return made(tuple(inner for term in terms for inner in (term.terms if isinstance(term, made) else (term,))))
    if schema.multi_valued and schema.subs and attr.sub is None:
        inside = [(Attr(sub.name), sub) for sub in schema.subs.values()]
        return Within(attr, tree(chance, inside, depth))
    return condition(chance, attr, schema)


def other(chance: Random, term: Filter) -> Filter:
    """The same shape with other texts."""
    match term:
        case Compare(value=str() as value) if value:
            return dataclasses.replace(term, value=chance.choice(TEXTS))
        case And(terms) | Or(terms):
            return type(term)(tuple(other(chance, each) for each in terms))
        case Not(inner):
            return Not(other(chance, inner))
        case Within(attr, inner):
            return Within(attr, other(chance, inner))
    return term


@pytest.mark.parametrize("name", LISTED)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_written_check_holds_where_the_filter_fits_what_is_shown(name: str, seed: int) -> None:
    chance = Random(seed)
    mapping = LISTED[name]
    attrs = known(mapping)
    first = tree(chance, attrs)
    root, wanted = next(iter(mapping.records)), Wanted(None)
    choice = Choice(attrs_of(first) | {Attr("id")}, frozenset((Attr("id"),)), frozenset())
    rows = rows_of(mapping, root, choice, wanted, mapping.type, RFC)
    if rows is None:
        return
    check, see = rows.checks.check(first), rows.see(SCENE)
    asked = other(chance, first)
    written = check.written(SCENE, compared(asked))
    rest = [compile_match(terms_of(asked)[number], mapping.type) for number in check.rest]
    fits = compile_match(asked, mapping.type)
    for _ in range(4):
        try:
            row = rows.read(orjson.dumps({"items": [stored(chance, mapping)]})).items[0]
        except ValueError:
            continue
        face = see(row)
        assert (written(row) and all(test(face) for test in rest)) == fits(face), (asked, face)


def test_an_instant_is_told_as_it_is_shown() -> None:
    chance, mapping = Random(7), LISTED["User"]
    created = Attr("meta", "created")
    choice = Choice(frozenset((created,)), frozenset((Attr("id"),)), frozenset())
    rows = rows_of(mapping, "user", choice, Wanted(None), mapping.type, RFC)
    assert rows is not None
    told, see = rows.checks.moment(created), rows.see(SCENE)
    assert told is not None
    assert rows.checks.moment(Attr("userName")) is None
    seen = set()
    for text in ("2030-01-01T00:00:00Z", "2030-01-01T02:00:00.5+02:00", "1000-01-01", "soon", None, "", 7):
        record = {**stored(chance, mapping), "created": text}
        record.pop("properties", None)
        row = rows.read(orjson.dumps({"items": [record]})).items[0]
        seen.add(told(SCENE, ())(row))
        assert told(SCENE, ())(row) == see(row).get("meta", {}).get("created")
    assert len(seen) == 4


def test_what_filters_usually_look_at_is_written_down() -> None:
    mapping: Mapping = LISTED["User"]
    terms: list[Any] = [
        Compare(Attr("userName"), "eq", "a"),
        Or((Compare(Attr("emails", "value"), "co", "@b"), Present(Attr("timezone")))),
        Within(Attr("emails"), And((Compare(Attr("type"), "eq", "work"), Not(Compare(Attr("value"), "ew", "c"))))),
        Compare(Attr("meta", "created"), "gt", MOMENTS[0]),
        Compare(Attr("active"), "eq", True),
    ]
    asked = And(tuple(terms))
    choice = Choice(attrs_of(asked), frozenset((Attr("id"),)), frozenset())
    rows = rows_of(mapping, "user", choice, Wanted(None), mapping.type, RFC)
    assert rows is not None
    check = rows.checks.check(asked)
    assert check.rest == ()
    assert "@b" not in source_of(check.written)
