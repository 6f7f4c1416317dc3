"""Bulks through the whole gateway: each operation like a request of its own, order and bounds kept, errors told one by one."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from gateway.events import Changed, Crashed, RequestEnded
from gateway.operation import bulk as running
from gateway.operation.answer import OPERATIONS

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
DB = "urn:ietf:params:scim:schemas:oracle:idcs:UserDbCredentials"
CHECK = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
ROOTS = ["/admin/v1", "/scim/v2"]


def person(name: str, bulk_id: str | None = None) -> dict[str, Any]:
    data = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Newly", "familyName": "Made"},
        "emails": [{"type": "work", "value": f"{name}@made.example"}],
    }
    return {"method": "POST", "path": "/Users", "data": data} | ({"bulkId": bulk_id} if bulk_id else {})


def card(user: str, bulk_id: str) -> dict[str, Any]:
    data = {"schemas": [DB], "user": {"value": user}, "dbPassword": "Made-123456"}
    return {"method": "POST", "path": "/UserDbCredentials", "bulkId": bulk_id, "data": data}


def titled(user: str, title: str, **more: Any) -> dict[str, Any]:
    data = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": title}]}
    return {"method": "PATCH", "path": f"/Users/{user}", "data": data, **more}


def gone(user: str) -> dict[str, Any]:
    return {"method": "DELETE", "path": f"/Users/{user}"}


async def send(world: Any, *operations: Any, root: str = "/scim/v2", **more: Any) -> Any:
    body = {"schemas": [BULK], "Operations": list(operations), **more}
    return await world.send("POST", f"{root}/Bulk", body)


async def told(world: Any, *operations: Any, root: str = "/scim/v2", **more: Any) -> list[dict[str, Any]]:
    answer = await send(world, *operations, root=root, **more)
    assert answer.status_code == (201 if root == "/admin/v1" else 200)
    assert answer.json()["schemas"] == [RESPONSE]
    return list(answer.json()["Operations"])


def statuses(outcomes: list[dict[str, Any]]) -> list[str]:
    return [each["status"] for each in outcomes]


def calls(world: Any) -> list[str]:
    return [f"{each.method} {each.path.rpartition('/v1/')[2]}" for each in world.box.journal()]


@pytest.fixture
def journal(world: Any) -> Any:
    world.box.journal.clear()
    world.box.journal.on = True
    return world


@pytest.mark.parametrize("root", ROOTS)
async def test_a_person_with_a_card_is_made_at_once_although_the_card_comes_first(root: str, world: Any) -> None:
    made = await told(world, card("bulkId:p", "c"), person("new", "p"), titled("bulkId:p", "Boss"), root=root)
    base = f"http://gateway.example{root}"
    assert [(each["method"], each.get("bulkId"), each["status"]) for each in made] == [
        ("POST", "c", "201"),
        ("POST", "p", "201"),
        ("PATCH", None, "200"),
    ]
    assert made[1]["location"] == f"{base}/Users/id-0001"
    assert made[0]["location"].startswith(f"{base}/UserDbCredentials/id-0001~")
    assert made[2]["location"] == f"{base}/Users/id-0001"
    stored = (await world.send("GET", f"{root}/Users/id-0001")).json()
    assert (stored["userName"], stored["title"]) == ("new", "Boss")
    assert (await world.client.get(made[0]["location"])).json()["user"]["value"] == "id-0001"


async def test_versions_are_those_that_a_read_shows(world: Any) -> None:
    (outcome,) = await told(world, titled("u-1001", "Boss"))
    assert outcome["version"] == (await world.send("GET", "/scim/v2/Users/u-1001")).headers["etag"]


async def test_an_outdated_version_is_that_operations_412(world: Any) -> None:
    first = (await world.send("GET", "/scim/v2/Users/u-1001")).headers["etag"]
    outcomes = await told(
        world, titled("u-1001", "a", version=first), titled("u-1001", "b", version=first), titled("u-1001", "c")
    )
    assert statuses(outcomes) == ["200", "412", "200"]
    assert (await world.send("GET", "/scim/v2/Users/u-1001")).json()["title"] == "c"


@pytest.mark.parametrize("root", ROOTS)
async def test_an_error_is_told_as_it_would_be_by_itself(root: str, world: Any) -> None:
    wrong = person("new")
    del wrong["data"]["userName"]
    bulk = await told(world, wrong, gone("nobody"), {"method": "DELETE", "path": "/Nothing/1"}, root=root)
    alone = [
        await world.send("POST", f"{root}/Users", wrong["data"]),
        await world.send("DELETE", f"{root}/Users/nobody"),
        await world.send("DELETE", f"{root}/Nothing/1"),
    ]
    assert [each["response"] for each in bulk] == [each.json() for each in alone]
    assert statuses(bulk) == [str(each.status_code) for each in alone] == ["400", "404", "404"]
    assert "location" not in bulk[0]
    assert bulk[1]["location"] == f"http://gateway.example{root}/Users/nobody"


async def test_what_refers_to_a_failed_operation_is_not_done_and_says_so(journal: Any) -> None:
    wrong = person("new", "p")
    del wrong["data"]["emails"]
    outcomes = await told(journal, wrong, card("bulkId:p", "c"), card("bulkId:c", "d"), card("bulkId:who", "e"))
    assert statuses(outcomes) == ["400", "409", "409", "400"]
    assert "failed" in outcomes[1]["response"]["detail"]
    assert outcomes[3]["response"]["scimType"] == "invalidValue"
    assert calls(journal) == []


async def test_a_circle_is_409_and_the_rest_is_done(world: Any) -> None:
    outcomes = await told(world, card("bulkId:b", "a"), person("new", "p"), card("bulkId:a", "b"))
    assert statuses(outcomes) == ["409", "201", "409"]


async def test_request_order_is_kept_where_it_matters(world: Any) -> None:
    outcomes = await told(world, gone("u-1001"), person("bjensen", "p"), titled("bulkId:p", "x"), gone("bulkId:p"))
    assert statuses(outcomes) == ["204", "201", "200", "204"]


async def test_fail_on_errors_ends_the_bulk_exactly_there(journal: Any) -> None:
    outcomes = await told(
        journal, titled("u-1001", "a"), gone("nobody"), titled("u-1002", "b"), gone("none"), person("n"), failOnErrors=2
    )
    assert statuses(outcomes) == ["200", "404", "200", "404"]
    assert not any(each.startswith("POST") for each in calls(journal))


async def test_never_more_operations_fail_than_are_accepted(world: Any) -> None:
    outcomes = await told(world, *[titled(f"nobody-{index}", "a") for index in range(20)], failOnErrors=3)
    assert statuses(outcomes) == ["404", "404", "404"]


async def test_without_a_limit_everything_is_tried(world: Any) -> None:
    outcomes = await told(world, *[titled(f"nobody-{index}", "a") for index in range(20)], gone("u-1001"))
    assert Counter(statuses(outcomes)) == {"404": 20, "204": 1}


class Watched:
    """An operation that notes how many of it are under way."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.now, self.most, self.began = inner, 0, 0, list[str]()

    async def __call__(self, request: Any, *more: Any) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        self.began.append(request.id)
        try:
            await asyncio.sleep(0)
            return await self.inner(request, *more)
        finally:
            self.now -= 1


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    found = Watched(OPERATIONS["modify"])
    monkeypatch.setitem(OPERATIONS, "modify", found)
    return found


async def test_independent_operations_run_side_by_side_but_bounded(watched: Watched, world: Any) -> None:
    outcomes = await told(world, *[titled(f"u-{1001 + index}", "a") for index in range(30)])
    assert Counter(statuses(outcomes)) == {"200": 30}
    assert watched.most == running.AT_ONCE


async def test_operations_on_one_person_run_one_after_the_other(watched: Watched, world: Any) -> None:
    outcomes = await told(world, *[titled("u-1001", f"title {index}") for index in range(10)])
    assert Counter(statuses(outcomes)) == {"200": 10}
    assert watched.most == 1
    assert (await world.send("GET", "/scim/v2/Users/u-1001")).json()["title"] == "title 9"


async def test_each_change_has_its_audit_and_the_bulk_one_line(world: Any) -> None:
    world.events.clear()
    await told(world, titled("u-1001", "a"), gone("nobody"), gone("u-1002"))
    changed = [(each.operation, each.id, each.attributes) for each in world.events if isinstance(each, Changed)]
    assert changed == [("modify", "u-1001", ("title",)), ("delete", "u-1002", ())]
    (ended,) = [each for each in world.events if isinstance(each, RequestEnded)]
    assert (ended.operation, ended.status, ended.dialect) == ("bulk", 200, "rfc")
    assert ended.calls >= 4
    assert {each.request_id for each in world.events} == {ended.request_id}


async def test_only_the_version_is_read_back(journal: Any) -> None:
    await told(journal, titled("u-1001", "a"))
    user = "100/users/u-1001"
    assert calls(journal) == [f"GET {user}", f"PATCH {user}/properties", f"GET {user}"]


async def test_an_actions_answer_comes_along(world: Any) -> None:
    data = {"schemas": [CHECK], "mappingAttribute": "userName", "mappingAttributeValue": "bjensen", "password": "wrong"}
    right = {**data, "password": "Welcome-1001"}
    outcomes = await told(
        world,
        {"method": "POST", "path": "/PasswordAuthenticator", "bulkId": "no", "data": data},
        {"method": "POST", "path": "/PasswordAuthenticator", "bulkId": "yes", "data": right},
        root="/admin/v1",
    )
    alone = await world.send("POST", "/admin/v1/PasswordAuthenticator", right)
    assert statuses(outcomes) == ["400", str(alone.status_code)]
    assert outcomes[1]["response"] == alone.json()


async def test_a_bulk_does_not_search_nor_hold_another_bulk(world: Any) -> None:
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    outcomes = await told(
        world,
        {"method": "POST", "path": "/Users/.search", "data": search},
        {"method": "POST", "path": "/Bulk", "data": {"schemas": [BULK], "Operations": []}},
    )
    assert statuses(outcomes) == ["405", "404"]


async def test_our_own_fault_in_one_operation_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, world: Any
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("s3cret")

    monkeypatch.setitem(OPERATIONS, "modify", broken)
    answer = await send(world, titled("u-1001", "a"), gone("u-1002"))
    assert statuses(answer.json()["Operations"]) == ["500", "204"]
    assert "s3cret" not in answer.text
    assert [each.kind for each in world.events if isinstance(each, Crashed)] == ["RuntimeError"]


async def test_what_has_not_begun_in_time_is_not_done(make_world: Any) -> None:
    world = await make_world(nevisidm={"bulk_timeout": 1e-9})
    outcomes = await told(world, gone("u-1001"))
    assert statuses(outcomes) == ["504"]
    assert (await world.send("GET", "/scim/v2/Users/u-1001")).status_code == 200


@pytest.mark.parametrize(("root", "most"), [("/admin/v1", 50), ("/scim/v2", 1000)])
async def test_more_operations_than_the_dialect_takes_are_413_and_none_is_done(
    root: str, most: int, journal: Any
) -> None:
    answer = await send(journal, *[gone("u-1001")] * (most + 1), root=root)
    assert answer.status_code == 413
    assert calls(journal) == []
    told_limit = (await journal.send("GET", f"{root}/ServiceProviderConfig")).json()["bulk"]
    assert (told_limit["supported"], told_limit["maxOperations"]) == (True, most)


@pytest.mark.parametrize("root", ROOTS)
async def test_a_body_beyond_the_told_size_is_413(root: str, world: Any) -> None:
    most = (await world.send("GET", f"{root}/ServiceProviderConfig")).json()["bulk"]["maxPayloadSize"]
    head = {"Content-Type": "application/json"}
    body = b'{"schemas":["' + BULK.encode() + b'"],"Operations":[]}'
    fits = await world.client.post(f"{root}/Bulk", content=body.ljust(most), headers=head)
    assert fits.json()["Operations"] == []
    assert (await world.client.post(f"{root}/Bulk", content=body.ljust(most + 1), headers=head)).status_code == 413


@pytest.mark.parametrize("root", ROOTS)
async def test_the_endpoint_says_what_it_offers(root: str, world: Any) -> None:
    assert (await world.send("OPTIONS", f"{root}/Bulk")).headers["allow"] == "POST, OPTIONS"
    refused = await world.send("GET", f"{root}/Bulk")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST, OPTIONS")


async def test_nobody_unknown_comes_in(world: Any) -> None:
    answer = await world.client.post("/scim/v2/Bulk", json={}, headers={"Authorization": "Bearer unknown"})
    assert answer.status_code == 401


async def test_a_login_that_nevisidm_refused_once_is_not_tried_for_every_operation(journal: Any) -> None:
    head = {"Authorization": "Bearer unknown", "X-Token": "x"}
    body = {"schemas": [BULK], "Operations": [titled(f"u-{1001 + index}", "a") for index in range(50)]}
    answer = await journal.client.post("/scim/v2/Bulk", json=body, headers=head)
    assert Counter(statuses(answer.json()["Operations"])) == {"401": 50}
    assert len([each for each in journal.events if type(each).__name__ == "CallEnded" and each.status == 401]) <= (
        running.AT_ONCE
    )
