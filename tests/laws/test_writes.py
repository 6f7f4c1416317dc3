"""The laws of writing, over the whole gateway: PATCH and PUT say the same, nothing asked for is lost, nothing else is touched.

What nevisIDM was told is read from the sandbox's journal. `LAWS_EXAMPLES=300 pytest tests/laws/test_writes.py` looks much longer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.events import Crashed
from gateway.scim.conditional import bare_version

LAW = settings(
    max_examples=int(os.environ.get("LAWS_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=False,
    report_multiple_bugs=False,
)
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
ROOTS = ("/scim/v2", "/admin/v1")
each_root = pytest.mark.parametrize("root", ROOTS)

Json = Any
Make = Callable[..., Awaitable[Any]]


async def read(world: Any, address: str, sets: str = "?attributeSets=all") -> Json:
    reply = await world.send("GET", address + sets)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def patch(world: Any, address: str, *operations: Json, **headers: str) -> Any:
    return await world.send("PATCH", address, {**PATCH_OP, "Operations": list(operations)}, **headers)


def told(world: Any) -> list[tuple[str, str, Json, int]]:
    """What nevisIDM was asked to change since the last look."""
    entries = [(one.method, one.path, one.body, one.status) for one in world.box.journal() if one.method != "GET"]
    world.box.journal.clear()
    return entries


@pytest.fixture
async def watched(make_world: Make) -> Any:
    world = await make_world()
    world.box.journal.on = True
    yield world
    assert not [event for event in world.events if isinstance(event, Crashed)]


# What was read and is sent back changes nothing


async def replaceable(world: Any, root: str) -> list[str]:
    """The endpoints whose resources PUT and PATCH may change, as OPTIONS says."""
    found = []
    for kind in (await read(world, f"{root}/ResourceTypes", ""))["Resources"]:
        allow = (await world.send("OPTIONS", f"{root}{kind['endpoint']}/x")).headers.get("allow", "")
        if {"GET", "PUT", "PATCH"} <= set(allow.split(", ")):
            listed = await world.send("GET", f"{root}{kind['endpoint']}?count=1")
            if listed.status_code != 501:  # this release of nevisIDM has no call for it
                found.append(root + kind["endpoint"])
    return found


async def everything(world: Any, endpoint: str, sets: str) -> list[Json]:
    listed = await read(world, f"{endpoint}?count=1000{sets}", "")
    assert listed["totalResults"] == len(listed["Resources"]) > 0
    return list(listed["Resources"])


@each_root
@pytest.mark.parametrize("sets", ["", "&attributeSets=all"], ids=["as shown", "with all there is"])
async def test_a_put_or_patch_of_what_get_returned_writes_nothing(root: str, sets: str, watched: Any) -> None:
    endpoints = await replaceable(watched, root)
    names = {each.rpartition("/")[2] for each in endpoints}
    assert names >= {
        "Apps",
        "Groups",
        "Users",
        "UserGenericCredentials",
        "UserSecurIdCredentials",
        "UserOathCredentials",
    }
    for endpoint in endpoints:
        for resource in await everything(watched, endpoint, sets):
            address = f"{endpoint}/{resource['id']}"
            put = await watched.send("PUT", address, resource)
            assert (put.status_code, told(watched)) == (200, []), (address, put.text)
            same = await patch(watched, address, {"op": "replace", "value": resource})
            assert (same.status_code, told(watched)) == (200, []), (address, same.text)
            again = await watched.send("GET", address + sets.replace("&", "?"))
            assert again.json()["meta"] == resource["meta"]
            assert alike(put.json()["meta"], resource["meta"])
            assert alike(same.json()["meta"], resource["meta"])


def alike(one: Json, other: Json) -> bool:
    """Whether two `meta` tell the same: of the versions all parts that both have (decision 007), at least the first."""
    mine, yours = ({part[:3]: part for part in bare_version(each["version"]).split("-")} for each in (one, other))
    both = mine.keys() & yours.keys()
    same = bool(both) and all(mine[key] == yours[key] for key in both)
    return same and {**one, "version": ""} == {**other, "version": ""}


@each_root
async def test_an_edit_that_says_what_is_there_already_writes_nothing(root: str, watched: Any) -> None:
    address = f"{root}/Users/u-1050"
    for operation in (
        {"op": "replace", "path": "userName", "value": "everything"},
        {"op": "Add", "path": "name.givenName", "value": "Eve"},
        {"op": "replace", "path": "name", "value": {"familyName": "Everything"}},
        {"op": "add", "path": "emails", "value": [{"type": "work", "value": "everything@example.org"}]},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "everything@example.org"},
        {"op": "replace", "path": 'phoneNumbers[type eq "fax"].value', "value": "044 000 10 50"},
        {"op": "replace", "path": 'addresses[type eq "work"].country', "value": "ch"},
        {"op": "replace", "path": "preferredLanguage", "value": "FR"},
        {"op": "replace", "path": "active", "value": "True"},
        {"op": "remove", "path": "externalId.nothing"} | {"op": "remove", "path": 'phoneNumbers[type eq "car"]'},
        {"op": "remove", "path": f"{NEVIS}:validFrom"},
        {"op": "replace", "path": f"{NEVIS}:validTo", "value": None},
        {"op": "replace", "path": f"{NEVIS}:profile.function", "value": "Lead"},
        {"op": "add", "value": {ENTERPRISE: {"department": "R&D and more"}}},
    ):
        reply = await patch(watched, address, operation)
        assert (reply.status_code, told(watched)) == (200, []), (operation, reply.text)
    there_and_back = [{"op": "replace", "path": "title", "value": each} for each in ("Other", "Engineer, 2nd class")]
    assert (await patch(watched, address, *there_and_back)).status_code == 200
    assert told(watched) == []


# PATCH says the same as PUT


class Twins:
    """Two worlds with the same people: one is told by PATCH, the other by PUT."""

    def __init__(self, runner: asyncio.Runner, patched: Any, put: Any) -> None:
        self.runner = runner
        self.patched = patched
        self.put = put
        self.kept = tuple(sqlite3.connect(":memory:") for _ in range(2))
        for copy, world in zip(self.kept, (self.patched, self.put), strict=True):
            world.box.store.connection.backup(copy)

    def refresh(self) -> None:
        """Everybody as at the beginning."""
        for copy, world in zip(self.kept, (self.patched, self.put), strict=True):
            copy.backup(world.box.store.connection)
            told(world)

    def both(self, one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Any, Any]:
        return self.runner.run(one()), self.runner.run(other())


@pytest.fixture
def twins(make_world: Make, anyio_backend: str) -> Iterator[Twins]:
    """Hypothesis draws outside of the loop that the worlds run in."""
    with asyncio.Runner() as runner:
        made = Twins(runner, runner.run(make_world()), runner.run(make_world()))
        for world in (made.patched, made.put):
            world.box.journal.on = True
        yield made
        for copy in made.kept:
            copy.close()


WORDS = st.sampled_from(["A", "Ünder", 'Q"uote', "back\\slash", " and ", "null", "true", "Smith"])
PHONES = {"work": "+41441112233", "mobile": "+41791112233", "fax": "0441112234"}
PEOPLE = st.sampled_from(["u-1001", "u-1004", "u-1023", "u-1032", "u-1035", "u-1036", "u-1038", "u-1050"])
WHEN = st.sampled_from(["2025-05-05T05:05:05Z", "2027-01-01T00:00:00.000+01:00"])
PHONE_LISTS = st.lists(st.sampled_from(list(PHONES)), unique=True).map(
    lambda types: [{"type": each, "value": PHONES[each]} for each in types]
)
ADDRESSES = st.fixed_dictionaries(
    {"type": st.just("work"), "locality": WORDS},
    optional={"streetAddress": WORDS, "postalCode": WORDS, "country": st.sampled_from(["CH", "de"])},
).map(lambda value: [value])
CHANGES: dict[str, st.SearchStrategy[Json]] = {
    "userName": st.sampled_from(["renamed", "BJENSEN", "csmith"]),
    "name": st.fixed_dictionaries({"familyName": WORDS, "givenName": WORDS | st.none()}),
    "displayName": WORDS | st.none(),
    "title": WORDS | st.none(),
    "externalId": st.none() | st.sampled_from(["ext-1001", "x"]),
    "preferredLanguage": st.sampled_from(["de", "EN", "xx"]),
    "active": st.booleans(),
    "emails": st.sampled_from(["n@example.org", "bjensen@example.org"]).map(lambda text: [{"type": "work", "value": text}]),
    "phoneNumbers": PHONE_LISTS,
    "addresses": ADDRESSES | st.none(),
    f"{NEVIS}:validTo": WHEN | st.none(),
    f"{NEVIS}:validFrom": st.just("2025-01-01T00:00:00Z") | st.none(),
    f"{NEVIS}:unit": st.sampled_from(["it", "hr", "nowhere"]),
    f"{NEVIS}:properties": st.fixed_dictionaries({"building": WORDS}),
    f"{NEVIS}:profile": st.fixed_dictionaries({}, optional={"function": WORDS, "costCentre": WORDS}),
}  # fmt: skip
WISHES = st.fixed_dictionaries({}, optional=CHANGES).filter(lambda wish: 0 < len(wish) < 7)


def with_change(resource: Json, wish: Json) -> Json:
    """The same change in a resource, for a PUT; members of objects that are not mentioned stay, as in a PATCH."""
    changed = json.loads(json.dumps(resource))
    for name, value in wish.items():
        holder, key = (
            (changed.setdefault(NEVIS, {}), name[len(NEVIS) + 1 :]) if name.startswith("urn:") else (changed, name)
        )
        holder[key] = {**holder.get(key, {}), **value} if isinstance(value, dict) else value
    return changed


@LAW
@given(person=PEOPLE, wish=WISHES, root=st.sampled_from(ROOTS), whole=st.booleans())
def test_patch_is_the_same_change_by_put(twins: Twins, person: str, wish: Json, root: str, whole: bool) -> None:
    twins.refresh()
    address = f"{root}/Users/{person}"
    operations = [{"op": "replace", "path": name, "value": value} for name, value in wish.items()]
    if whole:
        operations = [{"op": "replace", "value": wish}]

    async def by_put() -> Any:
        return await twins.put.send("PUT", address, with_change(await read(twins.put, address), wish))

    one, other = twins.both(lambda: patch(twins.patched, address, *operations), by_put)
    assert one.status_code == other.status_code, (wish, one.text, other.text)
    # a PUT said more, so its answer shows more: RFC 7643 section 7, `returned: request` (gateway/scim/specified.py)
    assert one.status_code != 200 or shows(other.json(), one.json()), (wish, one.text, other.text)
    assert told(twins.patched) == told(twins.put), wish
    states = twins.both(lambda: read(twins.patched, address), lambda: read(twins.put, address))
    assert states[0] == states[1], wish
    if one.status_code == 200:
        check_shown(states[0], wish, person)


def shows(more: Json, less: Json) -> bool:
    """Whether the one answer has all that the other has, object by object; `schemas` follow from what is shown."""
    return all(
        alike(more[name], value)
        if name == "meta"
        else shows(more.get(name, {}), value)
        if isinstance(value, dict)
        else more.get(name) == value
        for name, value in less.items()
        if name != "schemas"
    )


def check_shown(resource: Json, wish: Json, label: str) -> None:
    """Every wish is in the resource, with what a comparison without case and the form of instants and countries may change."""
    shown = with_change(resource, {})
    for name, value in wish.items():
        holder, key = (shown[NEVIS], name[len(NEVIS) + 1 :]) if name.startswith("urn:") else (shown, name)
        assert within(value, holder.get(key)), (label, name, value, holder.get(key))


def within(wished: Json, shown: Json) -> bool:
    match wished:
        case dict():
            return all(within(value, (shown or {}).get(key)) for key, value in wished.items())
        case list():
            return len(wished) == len(shown or []) and all(any(within(one, each) for each in shown) for one in wished)
        case str() if "T" in wished and wished[:2] == "20":
            return bool(shown == ("2026-12-31T23:00:00.000Z" if "+01" in wished else wished.replace("Z", ".000Z")))
        case str():
            return isinstance(shown, str) and wished.lower() == shown.lower()
    return bool(wished == shown)


# All or nothing

FINE = [
    {"op": "replace", "path": "title", "value": "Chief"},
    {"op": "replace", "path": "name.givenName", "value": "Nobody"},
    {"op": "replace", "path": f"{NEVIS}:profile.function", "value": "None"},
]
FAULTS = {
    "readOnly": {"op": "replace", "path": "id", "value": "other"},
    "immutable": {"op": "replace", "path": f"{NEVIS}:technicalUser", "value": True},
    "required": {"op": "remove", "path": "userName"},
    "no target": {"op": "replace", "path": 'emails[value eq "x"]', "value": 1},
    "path": {"op": "add", "path": "emails[", "value": "x"},
    "unknown": {"op": "add", "path": "shoeSize", "value": 43},
    "value": {"op": "replace", "path": "active", "value": "perhaps"},
    "place": {"op": "add", "path": "phoneNumbers", "value": [{"type": "car", "value": "+41441112233"}]},
    "taken in nevisIDM": {"op": "replace", "path": "userName", "value": "mmuster"},
    "no property of nevisIDM": {"op": "replace", "path": f"{NEVIS}:profile.shoeSize", "value": "43"},
    "no unit of nevisIDM": {"op": "replace", "path": f"{NEVIS}:unit", "value": "nowhere"},
    "password of nevisIDM": {"op": "replace", "path": "password", "value": "x"},
}  # fmt: skip


@each_root
@pytest.mark.parametrize("place", [0, 1, 3])
async def test_several_operations_are_all_or_nothing(root: str, place: int, watched: Any) -> None:
    address = f"{root}/Users/u-1001"
    before = await read(watched, address)
    for name, fault in FAULTS.items():
        reply = await patch(watched, address, *FINE[:place], fault, *FINE[place:])
        assert reply.status_code in (400, 409), (name, reply.text)
        after = await read(watched, address)
        assert {**after, "meta": None} == {**before, "meta": None}, name
        wrote = [entry for entry in told(watched) if entry[3] < 300]
        assert "nevisIDM" in name or not wrote, name
    assert (await patch(watched, address, *FINE)).status_code == 200


# What is taken away is gone, or that is refused


@each_root
async def test_what_a_patch_removes_is_gone_or_the_patch_is_refused(root: str, watched: Any) -> None:
    """Never 200 with the value still there."""
    filled: set[str] = set()
    types = watched.context.mappings.types()
    for name in ("users", "usergenericcredentials", "usersecuridcredentials", "apps", "approles", "groups"):
        kind = types[name]
        found = await read(watched, f"{root}{kind.endpoint}?count=200&attributeSets=all", "")
        for urn, top, sub in single_values(kind):
            with_it = [each for each in found["Resources"] if has(each, urn, top, sub)]
            for resource in with_it[:1]:
                path = (f"{urn}:" if urn else "") + (f"{top}.{sub}" if sub else top)
                reply = await patch(
                    watched, f"{root}{kind.endpoint}/{resource['id']}?attributeSets=all", {"op": "remove", "path": path}
                )
                if reply.status_code == 200:
                    assert not has(reply.json(), urn, top, sub), f"{kind.name} {path}"
                else:
                    assert reply.status_code == 400
                    filled |= {f"{kind.name} {top}"} if "always has a value" in reply.json()["detail"] else set()
    assert filled == {
        *("User active", "User unit", "User defaultProfile", "User locked"),
        *("UserGenericCredentials policy", "UserGenericCredentials state", "UserSecurIdCredentials state"),
    }


def single_values(kind: Any) -> Iterator[tuple[str, str, str | None]]:
    """What a client may change and has one value: URN, name and sub-attribute."""
    for urn, table in (("", kind.core), *kind.extensions.items()):
        for top in table.values():
            if top.multi_valued or top.mutability != "readWrite":
                continue
            yield from ((urn, top.name, sub.name) for sub in top.subs.values() if sub.mutability == "readWrite")
            if not top.subs:
                yield urn, top.name, None


def has(resource: Json, urn: str, name: str, sub: str | None) -> bool:
    """Whether the resource has a value there."""
    value = (resource.get(urn, {}) if urn else resource).get(name)
    value = value.get(sub) if sub and isinstance(value, dict) else value
    return value not in (None, "", [], {})
