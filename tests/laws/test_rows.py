"""Rows decoded into structs show what view, finish and projection show one after the other, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.mapping.row import Choice, rows_of
from gateway.mapping.scene import Scene
from gateway.mapping.version import parts
from gateway.mapping.view import fields_for, viewer
from gateway.plan.search import without_parents
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.finish import finish
from gateway.scim.project import demand, project
from gateway.scim.reply import encode_finished as encode
from gateway.scim.request import Wanted
from gateway.scim.tree import Attr
from tests.laws.test_views import MAPPINGS, STRANGE, USUAL, places

LISTED = {
    name: mapping
    for name, mapping in MAPPINGS.items()
    if mapping.search is not None and any(route.items == next(iter(mapping.records)) for route in mapping.search.routes)
}
EMPTY = (None, "", 0, 7, True, False, " ", "nevisIdm")


def stored(chance: Random, mapping: Mapping) -> dict[str, Any]:
    """A record of the list with what stands in it: scalars, some of them empty; seldom anything else."""
    root = next(iter(mapping.records))
    made: dict[str, Any] = {"version": chance.choice((1, 7, "x", None)), "_own": {"a": 1.5}}
    for place in places(mapping):
        at = storage(mapping, place)
        value = chance.choice(USUAL if chance.random() < 0.7 else EMPTY if chance.random() < 0.97 else STRANGE)
        table: Any = made
        for key in at.keys[:-1]:
            table = table.setdefault(key, {}) if isinstance(table, dict) else {}
        if at.record == root and at.keys and isinstance(table, dict) and chance.random() < 0.8:
            table[at.keys[-1]] = {"free": value, "_x": value, "y": []} if place.open else value
    return made


def stands(mapping: Mapping, attr: Attr) -> bool:
    """Whether all that an attribute shows stands in the records of the list."""
    root = next(iter(mapping.records))
    return all(place.record == root for place in fields_for(mapping, frozenset((attr,))))


@pytest.mark.parametrize("name", LISTED)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_decoded_row_shows_what_a_record_shows(name: str, seed: int) -> None:
    chance = Random(seed)
    mapping, dialect = LISTED[name], chance.choice((RFC, IDCS))
    kind, root = mapping.type, next(iter(mapping.records))
    attrs = [attr for attr in sorted({leaf.attr for leaf in all_leaves(mapping)}, key=str) if stands(mapping, attr)]
    named = tuple(chance.sample(attrs, min(len(attrs), chance.randint(0, 4))))
    include, exclude = chance.choice(((None, ()), (None, ()), (named, ()), (None, named)))
    wanted = Wanted(
        include, exclude, chance.choice((frozenset(), frozenset(("all",)))) if include is None else frozenset()
    )
    shown = without_parents(demand(wanted, kind, dialect))
    seen = frozenset(chance.sample(attrs, chance.randint(0, len(attrs))))
    own = [key for key, part in parts(mapping).items() if storage(mapping, Field(part.record, ())).record == root]
    versions = frozenset(chance.sample(own, chance.randint(0, len(own))))
    rows = rows_of(mapping, root, Choice(seen, shown, versions), wanted, kind, dialect)
    if rows is None:
        return
    scene = Scene(datetime(2026, 6, 1, tzinfo=UTC), "https://scim.example/v2", {"client": "acme"})
    records = [stored(chance, mapping) for _ in range(4)]
    see, show = rows.see(scene), rows.show(scene)
    for each in records:
        try:
            page = rows.read(orjson.dumps({"_pagination": {"totalResult": 1}, "items": [each]}))
        except ValueError:  # as an answer with values of other kinds than the mapping speaks of
            continue
        face = viewer(mapping, seen)({root: each}, scene)
        face.setdefault("meta", {})["resourceType"] = kind.name
        assert see(page.items[0]) == face
        view = viewer(mapping, shown, versions)({root: each}, scene)
        whole = project(finish(view, kind, dialect, scene.base), wanted, kind, dialect)
        assert encode(show(page.items[0])).decode() == orjson.dumps(whole).decode()


def test_the_usual_rows_of_a_list_are_decoded() -> None:
    found = set()
    for name, mapping in LISTED.items():
        root, wanted = next(iter(mapping.records)), Wanted(None)
        shown = without_parents(demand(wanted, mapping.type, RFC))
        rows = rows_of(mapping, root, Choice(frozenset(), shown, frozenset()), wanted, mapping.type, RFC)
        if rows is not None and rows.read(b'{"items": [{"extId": "u-1", "properties": {}}]}').items[0].extId_ == "u-1":
            found.add(name)
    assert "User" in found
    assert len(found) > 8


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('aä"\\\x00\x7f\u2028😀/', max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(value=JSON)
def test_what_is_finished_is_written_as_everything_else(value: Any) -> None:
    assert encode(value) == orjson.dumps(value)


@pytest.mark.parametrize("empty", ["name", "contacts", "properties"])
def test_an_empty_text_is_nothing(empty: str) -> None:
    user, wanted = LISTED["User"], Wanted(None)
    shown = without_parents(demand(wanted, user.type, RFC))
    own = frozenset(key for key, part in parts(user).items() if storage(user, Field(part.record, ())).record == "user")
    rows = rows_of(user, "user", Choice(frozenset(), shown, own), wanted, user.type, RFC)
    assert rows is not None
    there: dict[str, Any] = {
        "extId": "u-1",
        "version": 3,
        "name": {"firstName": "Ann"},
        "contacts": {"mobile": "079 1"},
        "properties": {"jobTitle": "Chief"},
    }
    nothing = {"firstName": "", "email": "", "middleName": ""} if empty != "name" else ""
    less = there | {empty: {}, "remarks": None}
    show = rows.show(Scene(datetime(2026, 6, 1, tzinfo=UTC), "https://scim.example/v2"))
    told = [encode(show(rows.one(orjson.dumps(each)))) for each in (less, less | {empty: nothing, "remarks": ""})]
    assert told[0] == told[1]
    assert b'"version":"W/' in told[0]


def test_what_no_struct_fits_is_not_decoded() -> None:
    user, wanted = LISTED["User"], Wanted(None)
    rows = rows_of(
        user, "user", Choice(frozenset(), frozenset((Attr("userName"),)), frozenset()), wanted, user.type, RFC
    )
    assert rows is not None
    for odd in (b'{"loginId": ["a"]}', b'{"loginId": ""', b'[{"loginId": ""}]', b'{"loginId": "", "extId": {}}', b"7"):
        with pytest.raises(ValueError):  # noqa: PT011 — whatever it says, the answer is read without a struct
            rows.one(odd)
