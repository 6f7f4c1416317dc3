"""The law of `verify`: an edit of any attribute in nevisIDM is found and nothing else is reported; what SCIM calls equal is no edit.

The edits are made at nevisIDM itself, past the gateway; where each attribute is kept is read from the mapping. `LAWS_EXAMPLES=500` looks
longer.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.place import place_of
from gateway.mapping.record import Field
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.row import Row
from gateway.nevisidm.template import walk
from tests.conftest import Make
from tests.migration.sides import Listed, comparison, live_of, planted, rows_of, verdict

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "20"))
SEED = int(os.environ.get("LAWS_SEED", "7"))
API = "http://box/nevisidm/api/core/v1/100/users"


@dataclass(frozen=True)
class Spot:
    """An attribute as a report names it, and the field of nevisIDM that keeps it."""

    path: str
    leaf: Leaf
    place: Field


def spots(mapping: Mapping) -> Iterator[Spot]:
    """The texts of a user and of its custom properties."""
    found = [(str(leaf.attr), leaf) for leaf in mapping.leaves.values()]
    for group in mapping.slots.values():
        for slot in group.slots:
            assert (
                place_of(group, {name: each for name, each in slot.constants.items() if name != "primary"}) is not None
            )
            told = " and ".join(f'{name} eq "{each}"' for name, each in slot.constants.items() if name != "primary")
            found += [(f"{group.attr}[{told}].{name}", leaf) for name, leaf in slot.leaves.items()]
    for path, leaf in found:
        place = leaf.first
        if place is None or not leaf.writable or leaf.schema.type != "string" or leaf.schema.open:
            continue
        if (
            place.record in ("user", "properties")
            and leaf.lens.name in ("identity", "phone")
            and not path.endswith("*")
        ):
            yield Spot(path, leaf, place)


async def stored(nevis: httpx.AsyncClient, user: str, place: Field) -> Any:
    found = (await nevis.get(f"{API}/{user}")).json()
    return walk(found, place.keys if place.record == "user" else ("properties", *place.keys))


async def edit(nevis: httpx.AsyncClient, user: str, place: Field, value: Any) -> bool:
    """Set one field at nevisIDM; whether it took it."""
    version = (await nevis.get(f"{API}/{user}")).json()["version"]
    if place.record == "properties":
        answer = await nevis.patch(f"{API}/{user}/properties", json={place.keys[0]: value, "version": version})
        if answer.status_code >= 400:
            answer = await nevis.patch(f"{API}/{user}/properties", json={place.keys[0]: value})
    else:
        body: Any = value
        for key in reversed(place.keys):
            body = {key: body}
        answer = await nevis.patch(f"{API}/{user}", json={**body, "version": version})
    return answer.status_code < 400


def fresh(spot: Spot, chance: random.Random) -> str:
    word = "".join(chance.choice("abcdefghij") for _ in range(8))
    if "email" in spot.path:
        return f"{word}@planted.example"
    return f"+4179{chance.randrange(10**7):07}" if spot.leaf.lens.name == "phone" else word


async def test_one_edit_of_any_attribute_is_found_and_nothing_else_is_reported(make_world: Make) -> None:
    world = await make_world(users=15)
    chance, mapping = random.Random(SEED), world.context.mappings.by_name["User"]
    everything = [each for each in await rows_of(world, "User", "Group") if isinstance(each, Row)]
    rows = [each for each in everything if each.type == "User"]
    checkpoint = Checkpoint(None)
    for row in everything:
        checkpoint.note(row.type, row.key, "done", row.key)
    spoken = await live_of(world).speaks("User")
    before = await verdict(comparison(world, Listed(list(rows), spoken), checkpoint, extra=True))
    assert before.same, list(before.lines())
    assert before.sums["User"].extra == 0
    ways, kinds, done = sorted(spots(mapping), key=lambda each: each.path), set(), 0
    nevis = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=world.inner), headers={"Authorization": "Bearer technical"}
    )
    async with nevis:
        while done < EXAMPLES:
            row, spot = chance.choice(rows), chance.choice(ways)
            was = await stored(nevis, row.key, spot.place)
            planned = ("new", "gone", "respelt", "new", "new")[done % 5]
            value = fresh(spot, chance) if planned == "new" else None
            if planned == "respelt":
                value = (
                    was.upper() if isinstance(was, str) and not spot.leaf.schema.case_exact and was.isascii() else None
                )
            if (planned != "new" and was is None) or (
                planned == "respelt" and (value is None or spot.leaf.lens.name == "phone")
            ):
                continue
            if not await edit(nevis, row.key, spot.place, value):
                continue
            found = await verdict(comparison(world, Listed([row], spoken), checkpoint))
            what = "different" if value is not None and was is not None else "extra" if was is None else "missing"
            wanted = [] if planned == "respelt" else [(spot.path, what)]
            assert planted(found, "User") == wanted, (spot.path, planned, list(found.lines()))
            assert found.same == (planned == "respelt")
            assert await edit(nevis, row.key, spot.place, was)
            kinds.add((what, planned))
            done += 1
    assert {"different", "extra", "missing"} <= {what for what, _ in kinds}
    assert any(planned == "respelt" for _, planned in kinds)
    assert (await verdict(comparison(world, Listed(list(rows), spoken), checkpoint))).same
