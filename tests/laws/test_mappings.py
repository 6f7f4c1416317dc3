"""The laws over every shipped mapping: GetPut and PutGet on made-up records, and each of nevisIDM's codes told without its words."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.mapping.apart import apart_records
from gateway.mapping.leaf import Leaf
from gateway.mapping.load import load
from gateway.mapping.model import Mapping
from gateway.mapping.owned import owned
from gateway.mapping.put import Changes, changes
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.mapping.refusal import tell
from gateway.mapping.view import Scene, at, put_at, view
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.template import walk
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.mutability import settle

MAPPINGS = load(Path(__file__).parents[2] / "mappings")
STORED = [mapping for mapping in MAPPINGS.by_name.values() if mapping.action is None]
SCENE = Scene(datetime(2026, 6, 1, tzinfo=UTC), "https://scim.example/v2", {"client": "acme"})

texts = st.text("abÄ ~,/", min_size=1, max_size=4)
BY_LENS: dict[str, st.SearchStrategy[Any]] = {
    "choice": st.sampled_from(["active", "disabled", "archived", "initial", "tmp-locked", "nevisIdm", "odd"]),
    "instant": st.sampled_from(["2030-01-01T00:00:00Z", "2001-01-01T00:00:00.5Z", "2020-06-01T12:00:00+02:00"]),
    "phone": st.sampled_from(["+41 79 111 22 33", "031/000", "0041791112233"]),
    "verifier": st.just("c2VjcmV0c2VjcmV0"),
}
each_mapping = pytest.mark.parametrize("name", [mapping.name for mapping in STORED])
few = settings(max_examples=40, deadline=None)


def leaves_with_fields(mapping: Mapping) -> Iterator[tuple[Leaf, Field]]:
    for leaf in all_leaves(mapping):
        for place in leaf.idm.values():
            if mapping.records[place.record].readable and leaf.lens.name != "within":
                yield leaf, storage(mapping, place)


def value_of(leaf: Leaf, place: Field) -> st.SearchStrategy[Any]:
    if place.open:
        inner = st.lists(texts, max_size=2) if leaf.schema.multi_valued else texts
        return st.dictionaries(st.sampled_from(["p", "q", "Ä"]), inner, max_size=3)
    if leaf.lens.name == "choice" and leaf.schema.required:
        return st.sampled_from(["active", "disabled", "archived"])
    simple = {"boolean": st.booleans(), "integer": st.integers(0, 9)}
    return BY_LENS.get(leaf.lens.name, simple.get(leaf.schema.type, texts))


@st.composite
def records(draw: st.DrawFn, resource: str) -> dict[str, Any]:
    """Records that hold what the mapping knows, some of it missing, the id and what is required always there."""
    mapping = MAPPINGS.by_name[resource]
    lists = {each.source for each in mapping.lists}
    size = draw(st.integers(0, 2)) if apart_records(mapping) else 0
    needed = {Field(hole.partition(".")[0], tuple(hole.split(".")[1:])) for hole in mapping.id.holes if mapping.id}  # type: ignore[union-attr] # every stored type has an id
    fields: dict[Field, st.SearchStrategy[Any]] = dict.fromkeys(needed, texts)
    for leaf, place in leaves_with_fields(mapping):
        fields.setdefault(place, value_of(leaf, place))
        if leaf.schema.required or leaf.schema.name == "value":
            needed.add(place)
    made: dict[str, Any] = {}
    for name in {place.record for place in fields}:
        own = [place for place in sorted(fields, key=lambda place: len(place.keys)) if place.record == name]
        one = st.fixed_dictionaries(
            {place: fields[place] for place in own if place in needed},
            optional={place: fields[place] for place in own if place not in needed},
        ).map(nested)
        if name in apart_records(mapping):
            made[name] = draw(
                st.lists(one, min_size=size, max_size=size)
            )  # the lists of elements' records run side by side
        else:
            made[name] = draw(st.lists(one, max_size=2)) if name in lists else draw(one)
    return made


def nested(values: dict[Field, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for place, value in sorted(values.items(), key=lambda item: len(item[0].keys)):
        store(record, place.keys, value)
    return record


def store(record: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    if not keys:
        record.update(value)
        return
    for key in keys[:-1]:
        record = record.setdefault(key, {})
    if isinstance(value, dict) and isinstance(record.get(keys[-1]), dict):
        record[keys[-1]].update(value)
    else:
        record[keys[-1]] = value


def written(mapping: Mapping, stored: dict[str, Any], changed: Changes) -> dict[str, Any]:
    after = copy.deepcopy(stored)
    for name, fields in changed.records.items():
        for keys, value in fields.items():
            place = storage(mapping, Field(name, keys))
            store(after.setdefault(place.record, {}), place.keys, value)
    return after


@each_mapping
@few
@given(data=st.data())
def test_get_put_what_was_read_can_be_written_back_by_put_or_patch(name: str, data: st.DataObject) -> None:
    mapping = MAPPINGS.by_name[name]
    stored = data.draw(records(name))
    before = view(mapping, stored, SCENE)
    for dialect in (IDCS, RFC):
        for verb in ("replace", "modify"):
            wish = settle(before, copy.deepcopy(before), mapping.type, dialect, verb=verb)  # type: ignore[arg-type] # literals
            assert wish == before
            assert changes(mapping, before, wish, stored, SCENE, creating=False) == Changes()


@each_mapping
@few
@given(data=st.data())
def test_put_get_what_was_written_is_what_is_read(name: str, data: st.DataObject) -> None:
    mapping = MAPPINGS.by_name[name]
    stored, other = data.draw(records(name)), data.draw(records(name))
    for listed in owned(mapping):  # each element is a record of its own, written by itself: tests/operation has them
        stored[listed], other[listed] = [], []
    for leaf, place in leaves_with_fields(mapping):  # the same resource, and of it what cannot change
        if place.record in apart_records(mapping) or place.record in owned(mapping):
            continue  # an element that changes is another one
        if leaf.schema.mutability == "immutable" or f"{place.record}.{'.'.join(place.keys)}" in (
            mapping.id.holes if mapping.id else ()
        ):
            store(other.setdefault(place.record, {}), place.keys, walk(stored.get(place.record), place.keys))
    for hole in mapping.id.holes if mapping.id else ():
        record, *keys = hole.split(".")
        store(other[record], tuple(keys), walk(stored[record], keys))
    before = view(mapping, stored, SCENE)
    asked = view(mapping, other, SCENE)
    for leaf in mapping.leaves.values():
        if leaf.origin and leaf.schema.mutability == "immutable" and at(before, leaf.attr) is not None:
            put_at(
                asked, leaf.attr, at(before, leaf.attr)
            )  # made of what may change: a client sends back what it was shown
    wish = settle(before, asked, mapping.type, RFC, verb="replace")
    changed = changes(mapping, before, wish, stored, SCENE, creating=False)
    after = view(mapping, written(mapping, stored, changed), SCENE)
    for leaf in mapping.leaves.values():
        if leaf.writable and leaf.attr.sub != "*":
            assert at(after, leaf.attr) == at(wish, leaf.attr), leaf.attr
    for attr in mapping.slots:
        assert at(after, attr) == at(wish, attr), attr


@pytest.mark.parametrize("code", sorted(MAPPINGS.codes))
def test_every_code_of_nevisidm_is_told_in_our_words(code: str) -> None:
    mapping = MAPPINGS.by_name["User"]
    words = {code: "java.lang.IllegalStateException: supplied s3cret"}
    for status in {*MAPPINGS.codes[code], 422}:
        for if_match in (True, False):
            for as_self in (True, False):
                refusal = Refusal("user.update", "http", status, codes=(code,), words=words, json=True)
                error = tell(refusal, mapping, MAPPINGS, if_match=if_match, as_self=as_self, hole_from="id")
                assert isinstance(error, ScimError)
                assert 400 <= error.status < 600
                assert not any(word in str(error) for word in ("java", "s3cret", code))
                assert as_self or error.status != 401
