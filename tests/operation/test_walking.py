"""Pages by cursor over the emulator: what a page costs, what is walked that index pages refuse, and what OCI's clients see."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from gateway.events import DoneWithout
from gateway.operation.cursor import Cursors

Make = Callable[..., Awaitable[Any]]
USERS = "/scim/v2/Users?attributes=userName"


async def asked(world: Any, path: str) -> tuple[Any, list[Any]]:
    """The answer and the nevisIDM calls it took."""
    world.box.journal.clear()
    world.box.journal.on = True
    answer = await world.send("GET", path)
    world.box.journal.on = False
    return answer, list(world.box.journal())


async def walked(world: Any, path: str) -> list[tuple[Any, list[Any]]]:
    pages = [await asked(world, f"{path}&cursor=")]
    while (cursor := pages[-1][0].json().get("nextCursor")) is not None:
        assert len(pages) < 500
        pages.append(await asked(world, f"{path}&cursor={cursor}"))
    return pages


def names(pages: list[tuple[Any, list[Any]]]) -> list[str]:
    return [each["userName"] for page, _ in pages for each in page.json()["Resources"]]


async def test_every_page_of_a_directory_takes_one_call_of_its_own_size(make_world: Make) -> None:
    world = await make_world(users=1200)
    pages = await walked(world, f"{USERS}&count=100")
    assert len(names(pages)) == len(set(names(pages))) > 1200
    assert [len(calls) for _, calls in pages] == [1] * len(pages)
    for page, calls in pages:
        assert "limit=100" in calls[0].query
        assert "offset" not in calls[0].query
        assert page.json()["totalResults"] == len(names(pages))
    assert "returnTotalResultCount" not in pages[1][1][0].query


async def test_what_index_pages_refuse_is_walked_through(make_world: Make) -> None:
    world = await make_world(users=2500, switches={"query_enabled": False})
    path = f"{USERS}&count=50&filter=name.familyName%20ew%20%22er%22"
    refused = await world.send("GET", path)
    assert refused.json()["scimType"] == "tooMany"
    pages = await walked(world, path)
    people = [
        row
        for page in await walked(world, "/scim/v2/Users?attributes=name&count=1000")
        for row in page[0].json()["Resources"]
    ]
    wanted = [each["id"] for each in people if each.get("name", {}).get("familyName", "").lower().endswith("er")]
    assert [each["id"] for page, _ in pages for each in page.json()["Resources"]] == wanted
    assert len(wanted) > 50
    assert all(len(page.json()["Resources"]) <= 50 and len(calls) <= 100 for page, calls in pages)
    assert all("totalResults" not in page.json() for page, _ in pages)


async def test_an_order_of_nevis_own_goes_on_by_offset(make_world: Make) -> None:
    world = await make_world(users=1200)
    pages = await walked(world, f"{USERS}&sortBy=id&sortOrder=descending&count=500")
    ids = [each["id"] for page, _ in pages for each in page.json()["Resources"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == pages[0][0].json()["totalResults"]
    assert "offset=499" in pages[1][1][0].query
    assert [len(calls) for _, calls in pages[1:]] == [2, 1]  # that the offset is heeded is asked once


async def test_a_token_that_nevis_takes_no_more_is_an_invalid_cursor(make_world: Make) -> None:
    world = await make_world(users=50)
    page = (await world.send("GET", f"{USERS}&count=2&cursor=")).json()
    inner = world.context.client._engine

    class Forgetful:
        async def aclose(self) -> None:
            await inner.aclose()

        async def exchange(self, method: str, url: str, *rest: Any) -> Any:
            return await inner.exchange(method, url.replace("continuationToken=", "continuationToken=gone"), *rest)

    world.context.client._engine = Forgetful()
    answer = await world.send("GET", f"{USERS}&count=2&cursor={page['nextCursor']}")
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCursor")


async def test_a_cursor_that_is_too_old_says_so(world: Any) -> None:
    page = (await world.send("GET", f"{USERS}&count=2&cursor=")).json()
    now = world.context.now() + timedelta(hours=2)
    world.change(now=lambda: now)
    answer = await world.send("GET", f"{USERS}&count=2&cursor={page['nextCursor']}")
    assert (answer.status_code, answer.json()["scimType"]) == (400, "expiredCursor")


async def test_another_caller_or_tenant_cannot_use_a_cursor(world: Any) -> None:
    page = (await world.send("GET", f"{USERS}&count=2&cursor=")).json()
    world.change(tenant=dataclasses.replace(world.context.tenant, ext_id="200"))
    answer = await world.send("GET", f"{USERS}&count=2&cursor={page['nextCursor']}")
    assert answer.json()["scimType"] == "invalidCursor"


async def test_oci_finds_the_next_page_and_the_total_in_headers(world: Any) -> None:
    found: list[str] = []
    path, page = "/admin/v1/Users?attributes=userName&limit=20", ""
    while page is not None:
        answer = await world.send("GET", path + page)
        found += [each["id"] for each in answer.json()["Resources"]]
        assert answer.headers["opc-total-items"] == "52"
        following = answer.headers.get("opc-next-page")
        page = None if following is None else f"&page={following}"
    assert len(found) == len(set(found)) == 52


async def test_oci_goes_on_from_a_list_by_index(world: Any) -> None:
    first = await world.send("GET", "/admin/v1/Users?attributes=userName&count=40")
    rest = await world.send("GET", f"/admin/v1/Users?attributes=userName&page={first.headers['opc-next-page']}")
    found = [each["id"] for page in (first, rest) for each in page.json()["Resources"]]
    assert found == sorted(found)
    assert len(found) == 52
    assert "opc-next-page" not in rest.headers


async def test_a_cursor_of_ids_in_a_filter_stands_behind_the_last_one(world: Any) -> None:
    said = "%20or%20".join(f"id%20eq%20%22u-{number}%22" for number in (1003, 1001, 1002))
    pages = await walked(world, f"{USERS}&count=2&filter={said}")
    assert [[each["id"] for each in page.json()["Resources"]] for page, _ in pages] == [
        ["u-1001", "u-1002"],
        ["u-1003"],
    ]


async def test_the_provider_says_how_pages_go_on(make_world: Make) -> None:
    world = await make_world(cursors={"key": "k" * 32, "lifetime": 120})
    told = (await world.send("GET", "/scim/v2/ServiceProviderConfig")).json()["pagination"]
    assert (told["cursor"], told["index"], told["defaultPaginationMethod"]) == (True, True, "index")
    assert told["cursorTimeout"] == 120
    assert not [each for each in world.events if isinstance(each, DoneWithout)]


async def test_processes_with_one_key_take_each_others_cursors(make_world: Make) -> None:
    one, other = await make_world(cursors={"key": "k" * 32}), await make_world(cursors={"key": "k" * 32})
    page = (await one.send("GET", f"{USERS}&count=2&cursor=")).json()
    assert (await other.send("GET", f"{USERS}&count=2&cursor={page['nextCursor']}")).status_code == 200
    other.change(cursors=Cursors())
    assert (await other.send("GET", f"{USERS}&count=2&cursor={page['nextCursor']}")).status_code == 400


async def test_a_random_key_is_said_at_start(world: Any) -> None:
    assert [each.setting for each in world.events if isinstance(each, DoneWithout)] == ["cursors.key"]


async def test_a_walk_in_nevis_own_order_loses_and_doubles_nobody_while_others_write(make_world: Make) -> None:
    """More people than are sorted here, by name: between the pages some that were seen go, some come in front, some leave further on."""
    world = await make_world(users=1200)
    path = f"{USERS}&sortBy=userName&count=200"
    before = [each["id"] for page in await walked(world, path) for each in page[0].json()["Resources"]]
    assert len(before) == len(set(before)) > 1200

    seen: list[str] = []
    gone: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        page = (await world.send("GET", f"{path}&cursor={cursor}")).json()
        seen += [each["id"] for each in page["Resources"]]
        cursor = page.get("nextCursor")
        leaving = [*seen[-3:], *[each for each in before if each not in seen][40:42]]
        for one in leaving:
            assert (await world.send("DELETE", f"/scim/v2/Users/{one}")).status_code in (204, 404)
        gone |= set(leaving)
        new = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": f"aaa{len(seen)}"}
        person = {**new, "name": {"familyName": "A", "givenName": "B"}, "emails": [{"type": "work", "value": "a@b.ch"}]}
        assert (await world.send("POST", "/scim/v2/Users", person)).status_code == 201
    assert len(seen) == len(set(seen))
    assert set(before) - gone <= set(seen)
    stayed = [each for each in seen if each in set(before)]
    assert stayed == sorted(stayed, key=before.index)


async def test_oci_goes_on_behind_the_last_one_while_others_write(world: Any) -> None:
    """From a list by index, whose rows are deleted as they are seen: small enough to be sorted here, and by nevisIDM."""
    before = [each["id"] for each in (await world.send("GET", "/scim/v2/Users?count=100")).json()["Resources"]]
    for sort in ("", "&sortBy=userName"):
        seen: list[str] = []
        page: str | None = ""
        while page is not None:
            answer = await world.send("GET", f"/admin/v1/Users?attributes=userName{sort}&count=9{page}")
            rows = [each["id"] for each in answer.json()["Resources"]]
            seen += rows
            for one in rows[:2]:
                assert (await world.send("DELETE", f"/admin/v1/Users/{one}")).status_code == 204
            following = answer.headers.get("opc-next-page")
            page = None if following is None else f"&page={following}"
        assert len(seen) == len(set(seen))
        assert set(seen) == set(before)
        before = [each["id"] for each in (await world.send("GET", "/scim/v2/Users?count=100")).json()["Resources"]]
