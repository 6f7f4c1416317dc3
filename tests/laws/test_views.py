"""A written view shows what the mapping, read rule by rule, says: of every shipped type, whatever nevisIDM answers and a client asks."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping.interpreter import interpreted
from gateway.mapping.load import load
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves
from gateway.mapping.scene import Scene
from gateway.mapping.version import parts
from gateway.mapping.view import viewer
from gateway.nevisidm.template import Template

ROOT = Path(__file__).parents[2]
SHIPPED = load(ROOT / "mappings")
OTHERS = {
    "other fixtures": load(ROOT / "tests/mapping/folder"),
    "groups as units": load(ROOT / "mappings", ("groups-as-units",)),
}
MAPPINGS = {each.name: each for each in SHIPPED.by_name.values() if each.action is None} | {
    f"{each.name}, {name}": each
    for name, found in OTHERS.items()
    for each in found.by_name.values()
    if each.action is None
}
USUAL = ("text", "a~b/=ü", "EN", "active", "079 111 22 33", "2030-01-01T00:00:00Z", "2001-01-01", "true", "42")
STRANGE = (None, "", [], {}, 0, 7, 1.5, True, False, ["a", ""], {"x": "y"}, " ", "nevisIdm")


def places(mapping: Mapping) -> list[Field]:
    """Every place that a view may look at."""
    found = [place for leaf in all_leaves(mapping) for place in leaf.idm.values()]
    texts = [origin for leaf in all_leaves(mapping) for origin in leaf.origin.values() if isinstance(origin, Template)]
    holes = [hole for text in (*texts, *([mapping.id] if mapping.id else ())) for hole in text.holes]
    found += [Field(hole.partition(".")[0], tuple(hole.split(".")[1:])) for hole in holes if "." in hole]
    return [*found, Field(next(iter(mapping.records)), ("version",))]


def record(chance: Random, own: list[Field]) -> Any:
    """One record: mostly as it should be, some of it missing or odd."""
    if chance.random() < 0.05:
        return deepcopy(chance.choice((None, *STRANGE)))
    made: dict[str, Any] = {"_own": {"a": "b"}, "more": chance.choice((*USUAL, *STRANGE))}
    for place in own:
        value = deepcopy(chance.choice(USUAL if chance.random() < 0.7 else STRANGE))
        table: Any = made
        for key in place.keys[:-1]:
            table = table.setdefault(key, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict) and place.keys and chance.random() < 0.8:
            table[place.keys[-1]] = {"free": value, "_x": value} if place.open else value
    return made


def records(chance: Random, mapping: Mapping) -> dict[str, Any]:
    """Records under their names: some not read, some standing in others, lists where there may be lists."""
    lists = {group.source for group in mapping.each.values()}
    found: dict[str, Any] = {}
    for name, each in mapping.records.items():
        own = [place for place in places(mapping) if place.record == name]
        standing = each.stands_in
        if standing is not None and chance.random() < 0.8:
            host = found.get(standing.record)
            if isinstance(host, dict) and len(standing.keys) == 1:
                host[standing.keys[0]] = record(chance, own)
        elif chance.random() < 0.9:
            many = chance.random() < (0.9 if name in lists else 0.2)
            size = chance.randint(0, 3)
            found[name] = [record(chance, own) for _ in range(size)] if many else record(chance, own)
    return found


@pytest.mark.parametrize("name", MAPPINGS)
@settings(max_examples=15, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_written_view_shows_what_the_mapping_says(name: str, chance: Random) -> None:
    mapping = MAPPINGS[name]
    stored = records(chance, mapping)
    attrs = [leaf.attr for leaf in all_leaves(mapping)]
    wanted = None if chance.random() < 0.4 else frozenset(chance.sample(attrs, chance.randint(0, len(attrs))))
    keys = list(parts(mapping))
    versions = frozenset(chance.sample(keys, chance.randint(0, len(keys))))
    bindings = {"client": "acme", "client.name": "Acme", "user.extId": "u-1"}
    scene = Scene(
        datetime(2026, 6, 1, tzinfo=UTC),
        "https://scim.example/v2",
        {name: value for name, value in bindings.items() if chance.random() < 0.5},
        chance.choice(("show", "hide")),
    )
    shown = viewer(mapping, wanted, versions)(stored, scene)
    assert shown == interpreted(mapping, wanted, versions)(stored, scene)
    assert repr(shown) == repr(interpreted(mapping, wanted, versions)(stored, scene)), "not even in another order"


def test_the_law_has_mappings_to_look_at() -> None:
    assert len(MAPPINGS) > 30
