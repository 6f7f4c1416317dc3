"""Two writers at once never lose an update: what was answered with 200 is there, and with If-Match only one of them may win.

Between the gateway and the sandbox stands a gate: nobody writes before everybody has read. The sandbox's versions decide from there.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.nevisidm.client import Client
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.operation.turn import Turns

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
each_root = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
PERSON = "/Users/u-1050"
BADGE = "/UserGenericCredentials/u-1050~badge-1050"

PAIRS: dict[str, tuple[str, tuple[str, Any], tuple[str, Any]]] = {
    "one object": (PERSON, ("name.givenName", "Ann"), ("name.familyName", "Other")),
    "two objects": (PERSON, ("name.givenName", "Ann"), ('emails[type eq "work"].value', "ann@example.org")),
    "two slots": (
        PERSON,
        ('phoneNumbers[type eq "work"].value', "+41441112233"),
        ('phoneNumbers[type eq "fax"].value', "+41441112234"),
    ),
    "one slot": (PERSON, ('addresses[type eq "work"].locality', "Chur"), ('addresses[type eq "work"].postalCode', "7000")),
    "user and properties": (PERSON, ("userName", "ann"), ("displayName", "Ann Other")),
    "two properties": (PERSON, ("title", "Chief"), (f"{NEVIS}:properties.building", "Sales")),
    "two properties of a profile": (PERSON, (f"{NEVIS}:profile.function", "Chief"), (f"{NEVIS}:profile.workPlace", "1")),
    "user and profile": (PERSON, ("name.givenName", "Ann"), (f"{NEVIS}:unit", "it")),
    "an interval": (PERSON, (f"{NEVIS}:validFrom", "2025-01-01T00:00:00.000Z"), (f"{NEVIS}:validTo", "2031-01-01T00:00:00.000Z")),
    "a credential": (BADGE, ("properties.note", "new"), ("properties.system", "Door")),
    "two fields of a credential": (BADGE, ("identification", "badge-x"), ("properties.note", "new")),
}  # fmt: skip


class Gate:
    """An application around the sandbox that holds the first writes back until as many have come as there are writers."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._missing = 0
        self._open = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "GET" and self._missing:
            self._missing -= 1
            if not self._missing:
                self._open.set()
            await self._open.wait()
        await self._inner(scope, receive, send)

    async def race(self, *writers: Awaitable[Any]) -> list[Any]:
        """The replies to writers who all read before one of them writes."""
        self._missing = len(writers)
        self._open.clear()
        async with asyncio.timeout(10):
            return list(await asyncio.gather(*writers))


class Replicas(Turns):
    """Writers who do not know of each other, as if each had come to a process of its own."""

    def of(self, record: str) -> asyncio.Lock:
        return asyncio.Lock()


@pytest.fixture
async def make_race(make_world: Callable[..., Awaitable[Any]]) -> Any:
    """A factory of worlds with a gate each, in which every writer has a gateway of its own."""

    async def make(**switches: Any) -> tuple[Any, Gate]:
        world = await make_world(switches=switches)
        world.change(turns=Replicas())
        gate = Gate(world.inner)
        engine = HttpxEngine(httpx.ASGITransport(app=gate))
        world.change(client=Client(engine, "http://sandbox", bearer("technical"), events=world.context.events))
        return world, gate

    return make


async def edit(world: Any, address: str, path: str, value: Any, **headers: str) -> Any:
    body = {**PATCH_OP, "Operations": [{"op": "replace", "path": path, "value": value}]}
    return await world.send("PATCH", address, body, **headers)


async def holds(world: Any, address: str, path: str, value: Any) -> bool:
    """Whether the resource shows the value, asked by what a PATCH with it would have to write: nothing."""
    world.box.journal.clear()
    world.box.journal.on = True
    assert (await edit(world, address, path, value)).status_code == 200
    return not [one for one in world.box.journal() if one.method != "GET"]


@each_root
@pytest.mark.parametrize("pair", list(PAIRS))
async def test_two_writers_of_different_attributes_both_win(root: str, pair: str, make_race: Any) -> None:
    world, gate = await make_race()
    place, *edits = PAIRS[pair]
    replies = await gate.race(*(edit(world, root + place, *each) for each in edits))
    assert [reply.status_code for reply in replies] == [200, 200], [reply.text for reply in replies]
    assert [await holds(world, root + place, *each) for each in edits] == [True, True]


@each_root
async def test_many_writers_lose_nothing_that_was_confirmed(root: str, make_race: Any) -> None:
    world, gate = await make_race()
    edits = [pair[1] for place, *pair in PAIRS.values() if place == PERSON] + [
        ("preferredLanguage", "de"),
        ("active", False),
    ]
    edits = list(dict(edits).items())
    replies = await gate.race(*(edit(world, root + PERSON, *each) for each in edits))
    assert {reply.status_code for reply in replies} <= {200, 409}
    confirmed = [each for each, reply in zip(edits, replies, strict=True) if reply.status_code == 200]
    assert len(confirmed) >= 2
    assert [path for path, value in confirmed if not await holds(world, root + PERSON, path, value)] == []


SAME = {
    "user": (PERSON, "name.givenName"),
    "credential": (BADGE, "properties.note"),
    "name of a credential": (BADGE, "identification"),
}


@each_root
@pytest.mark.parametrize("what", list(SAME))
async def test_of_two_writers_who_saw_the_same_version_one_wins(root: str, what: str, make_race: Any) -> None:
    world, gate = await make_race()
    place, path = SAME[what]
    version = (await world.send("GET", root + place)).headers["etag"]
    replies = await gate.race(*(edit(world, root + place, path, each, If_Match=version) for each in ("one", "two")))
    assert sorted(reply.status_code for reply in replies) == [200, 412], [reply.text for reply in replies]
    winner = "one" if replies[0].status_code == 200 else "two"
    assert await holds(world, root + place, path, winner)


UNGUARDED = {
    "user": (PERSON, "name.givenName"),
    "property": (PERSON, "title"),
    "free property": (PERSON, f"{NEVIS}:properties.building"),
    "property of the profile": (PERSON, f"{NEVIS}:profile.function"),
    "credential": (BADGE, "properties.note"),
}


@each_root
@pytest.mark.parametrize("raised", [True, False], ids=["raised", "not raised"])
@pytest.mark.parametrize("what", list(UNGUARDED))
async def test_in_one_process_no_two_of_the_same_version_win(
    root: str, what: str, raised: bool, make_world: Any
) -> None:
    """Also where nevisIDM takes no version, and whether or not a change of properties raises one (gap 28)."""
    world = await make_world(switches={"properties_raise_version": raised})
    place, path = UNGUARDED[what]
    for method in ("PATCH", "PUT"):
        seen = await world.send("GET", f"{root}{place}?attributeSets=all")
        values = [f"{method} {number}" for number in range(4)]
        tag = {"If_Match": seen.headers["etag"]}
        if method == "PATCH":
            writers = [edit(world, root + place, path, each, **tag) for each in values]
        else:
            writers = [world.send("PUT", root + place, put_at(seen.json(), path, each), **tag) for each in values]
        replies = await asyncio.gather(*writers)
        assert sorted(reply.status_code for reply in replies) == [200, 412, 412, 412], [each.text for each in replies]
        winner = next(each for each, reply in zip(values, replies, strict=True) if reply.status_code == 200)
        assert await holds(world, root + place, path, winner)
    assert len(world.context.turns) == 0


def put_at(resource: Any, path: str, value: Any) -> Any:
    """The resource with another value at a PATCH path."""
    keys = [NEVIS, *path.removeprefix(f"{NEVIS}:").split(".")] if path.startswith(NEVIS) else path.split(".")
    changed = copy.deepcopy(resource)
    target = changed
    for key in keys[:-1]:
        target = target.setdefault(key, {})
    target[keys[-1]] = value
    return changed


@each_root
async def test_in_one_process_all_writers_win_who_do_not_mind_each_other(root: str, world: Any) -> None:
    edits = list(dict(pair for place, *pairs in PAIRS.values() if place == PERSON for pair in pairs).items())
    replies = await asyncio.gather(*(edit(world, root + PERSON, *each) for each in edits))
    assert {reply.status_code for reply in replies} == {200}
    assert [path for path, value in edits if not await holds(world, root + PERSON, path, value)] == []
    assert len(world.context.turns) == 0


async def test_types_on_the_same_record_take_turns(world: Any) -> None:
    tag = (await world.send("GET", "/admin/v1/Users/u-1001")).headers["etag"]
    off = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:UserStatusChanger"], "active": False}
    replies = await asyncio.gather(
        edit(world, "/admin/v1/Users/u-1001", "title", "Chief", If_Match=tag),
        world.send("PUT", "/admin/v1/UserStatusChanger/u-1001", off, If_Match=tag),
    )
    assert sorted(reply.status_code for reply in replies) == [200, 412]


@each_root
async def test_of_a_put_and_a_delete_who_saw_the_same_version_the_later_fails(root: str, world: Any) -> None:
    seen = await world.send("GET", f"{root}{PERSON}?attributeSets=all")
    assert (await edit(world, root + PERSON, "title", "Chief")).status_code == 200
    stale = {"If_Match": seen.headers["etag"]}
    assert (await world.send("PUT", root + PERSON, seen.json(), **stale)).status_code == 412
    assert (await world.send("DELETE", root + PERSON, **stale)).status_code == 412
    assert await holds(world, root + PERSON, "title", "Chief")


@each_root
async def test_of_two_creators_of_the_same_name_one_wins(root: str, make_race: Any) -> None:
    world, gate = await make_race()
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "newcomer@example.org"}],
    }
    replies = await gate.race(*(world.send("POST", f"{root}/Users", body) for _ in range(3)))
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409], [reply.text for reply in replies]
    found = await world.client.get(f"{root}/Users", params={"filter": 'userName eq "newcomer"'})
    assert found.json()["totalResults"] == 1
