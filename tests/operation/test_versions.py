"""Entity tags over a whole gateway: they move with everything a client was shown, and a condition is about what its sender saw."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
each_root = pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
ALL = "?attributeSets=all"
OTHERS: dict[str, tuple[str, Any]] = {
    "user": ("name.givenName", "Ann"),
    "property": ("title", "Chief"),
    "free property": (f"{NEVIS}:properties.building", "B2"),
    "profile": (f"{NEVIS}:unit", "it"),
    "property of the profile": (f"{NEVIS}:profile.function", "Chief"),
}


async def edit(world: Any, address: str, path: str, value: Any, **headers: str) -> Any:
    body = {**PATCH_OP, "Operations": [{"op": "replace", "path": path, "value": value}]}
    return await world.send("PATCH", address, body, **headers)


@pytest.fixture(params=[True, False], ids=["raised", "not raised"])
async def worlds(request: Any, make_world: Any) -> Any:
    """Where a change of properties raises the version of their user, and where not: nobody knows (gap 28)."""
    return await make_world(switches={"properties_raise_version": request.param})


@each_root
@pytest.mark.parametrize("other", list(OTHERS))
async def test_whatever_else_changed_is_noticed(root: str, other: str, worlds: Any) -> None:
    address = f"{root}/Users/u-1001"
    seen = await worlds.send("GET", address + ALL)
    assert (await worlds.send("GET", address + ALL, If_None_Match=seen.headers["etag"])).status_code == 304
    assert (await edit(worlds, address, *OTHERS[other])).status_code == 200
    stale = {"If_Match": seen.headers["etag"]}
    now = await worlds.send("GET", address + ALL, If_None_Match=seen.headers["etag"])
    assert (now.status_code, now.headers["etag"] != seen.headers["etag"]) == (200, True)
    assert (await worlds.send("PUT", address, seen.json(), **stale)).status_code == 412
    assert (await edit(worlds, address, "timezone", "Europe/Berlin", **stale)).status_code == 412
    assert (await worlds.send("DELETE", address, **stale)).status_code == 412
    fresh = {"If_Match": now.headers["etag"]}
    assert (await edit(worlds, address, "timezone", "Europe/Berlin", **fresh)).status_code == 200


@each_root
@pytest.mark.parametrize("shown", ["", "?attributes=userName", "?attributes=title", ALL])
async def test_a_read_for_a_put_is_enough(root: str, shown: str, worlds: Any) -> None:
    """Read, change, replace, replace again with the tag of the answer."""
    address = f"{root}/Users/u-1001"
    tag = (await worlds.send("GET", address + shown)).headers["etag"]
    body = (await worlds.send("GET", address + ALL)).json()
    for title in ("Chief", "Head"):
        reply = await worlds.send("PUT", address, {**body, "title": title}, If_Match=tag)
        assert (reply.status_code, reply.json()["title"]) == (200, title)
        tag = reply.headers["etag"]


@each_root
async def test_what_the_sender_did_not_see_is_not_asked_about(root: str, worlds: Any) -> None:
    address = f"{root}/Users/u-1001"
    tag = (await worlds.send("GET", address)).headers["etag"]
    await edit(worlds, address, *OTHERS["property of the profile"])
    worlds.box.journal.on = True
    assert (await edit(worlds, address, "name.givenName", "Ann", If_Match=tag)).status_code == 200
    assert not [one for one in worlds.box.journal() if "profiles" in one.path]


@each_root
@pytest.mark.parametrize("asked", ["", "attributeSets=all&", "attributes=userName,meta&", "attributes=title,meta&"])
@pytest.mark.parametrize("carried", [True, False])
async def test_a_lists_version_is_a_reads_version(root: str, asked: str, carried: bool, make_world: Any) -> None:
    world = await make_world(switches={"user_list_carries_properties": carried})
    for filter_ in ('userName eq "bjensen"', 'id eq "u-1001"', f'{NEVIS}:unit pr and userName eq "bjensen"'):
        reply = await world.client.get(f"{root}/Users?{asked}filter={quote(filter_)}")
        row = reply.json()["Resources"][0]
        one = (await world.client.get(f"{root}/Users/{row['id']}?{asked}")).json()["meta"]["version"]
        tag = row["meta"]["version"]
        assert one == tag or ("userName" in asked and one.startswith(tag.rstrip('"'))), filter_
        assert (await edit(world, f"{root}/Users/{row['id']}", "active", True, If_Match=tag)).status_code == 200
        assert (await edit(world, f"{root}/Users/{row['id']}", "name.givenName", filter_[:9], If_Match=tag)).is_success
        assert (await edit(world, f"{root}/Users/{row['id']}", "active", False, If_Match=tag)).status_code == 412


async def test_an_index_has_no_version_of_its_own(make_world: Any) -> None:
    """What the index says of properties is older than the record; the version is the record's."""
    world = await make_world(capabilities={"query_first": True})
    filter_ = 'userName co "must"'
    found = await world.client.get("/scim/v2/Users", params={"filter": filter_})
    row = found.json()["Resources"][0]
    read = await world.send("GET", f"/scim/v2/Users/{row['id']}")
    assert row["meta"] == read.json()["meta"]


@each_root
@pytest.mark.parametrize("prefer", ["return=minimal", "return=representation"])
async def test_a_writes_answer_tells_the_version_that_a_read_tells(root: str, prefer: str, worlds: Any) -> None:
    address = f"{root}/Users/u-1001"
    for path, value in OTHERS.values():
        reply = await edit(worlds, address, path, value, Prefer=prefer)
        read = await worlds.send("GET", address)
        mine, yours = (set(each.headers["etag"][3:-1].split("-")) for each in (reply, read))
        assert yours <= mine, path  # of what a PATCH names on request, its answer shows more


@each_root
async def test_time_moves_it_where_something_follows_from_the_time(root: str, world: Any) -> None:
    address = f"{root}/UserGenericCredentials/u-1050~badge-1050"
    await edit(world, address, "validity.to", "2026-02-01T00:00:00.000Z")
    seen = await world.send("GET", address)
    assert seen.json()["valid"] is True
    now = world.context.now() + timedelta(days=60)
    world.change(now=lambda: now)
    later = await world.send("GET", address, If_None_Match=seen.headers["etag"])
    assert (later.status_code, later.json()["valid"]) == (200, False)


@each_root
async def test_of_another_record_that_is_shown_too(root: str, world: Any) -> None:
    """A database credential shows its owner's name."""
    rows = (await world.send("GET", f"{root}/UserDbCredentials")).json()["Resources"]
    row = next(each for each in rows if each["user"]["value"] == "u-1001")
    await edit(world, f"{root}/Users/u-1001", "name.givenName", "Ann")
    again = await world.send("GET", f"{root}/UserDbCredentials/{row['id']}", If_None_Match=row["meta"]["version"])
    assert (again.status_code, again.json()["user"]["display"]) == (200, "Ann Jensen")
    gone = await world.send("DELETE", f"{root}/UserDbCredentials/{row['id']}", If_Match=row["meta"]["version"])
    assert gone.status_code == 412


@each_root
async def test_a_bulks_version_is_a_condition_as_well(root: str, worlds: Any) -> None:
    tag = (await worlds.send("GET", f"{root}/Users/u-1001{ALL}")).headers["etag"]
    await edit(worlds, f"{root}/Users/u-1001", *OTHERS["property of the profile"])
    operation = {"method": "PATCH", "path": "/Users/u-1001", "version": tag}
    data = {**PATCH_OP, "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{**operation, "data": data}],
    }
    outcome = (await worlds.send("POST", f"{root}/Bulk", body)).json()["Operations"][0]
    assert outcome["status"] == "412"


@pytest.mark.parametrize("shown", ["", ALL])
async def test_another_type_on_the_same_record_understands_the_tag(shown: str, worlds: Any) -> None:
    """Who read the user switches it off at UserStatusChanger; what it saw of the user is what it means."""
    seen = (await worlds.send("GET", f"/admin/v1/Users/u-1001{shown}")).headers["etag"]
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:UserStatusChanger"], "active": True}
    changer = "/admin/v1/UserStatusChanger/u-1001"
    assert (await worlds.send("PUT", changer, body, If_Match=seen)).status_code == 200
    await edit(worlds, "/admin/v1/Users/u-1001", *OTHERS["property"])
    assert (await worlds.send("PUT", changer, body, If_Match=seen)).status_code == 412
    assert (await worlds.send("PUT", changer, body, If_None_Match=seen)).status_code == 200
