"""Running a read plan: what is there, what is not, what is too much."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from gateway.errors import Unsupported
from gateway.events import SILENT
from gateway.mapping.record import Field, Only, Pick
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template
from gateway.operation.reading import PAGES, belongs, picked, read_records
from gateway.plan.plan import Read, ReadPlan

NO_RECORD = (404, {"errors": [{"code": "errors.noRecord", "message": "no"}]})
KNOWN = lookup_in({"client": "c", "user.extId": "u1"})


class Nevis:
    """Answers by path (and continuation token, after a `#`); counts how many are asked at once."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {f"/{path}": answer for path, answer in answers.items()}
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        query = dict(pair.split("=") for pair in scope["query_string"].decode().split("&") if pair)
        path = scope["path"].removeprefix("/nevisidm/api")
        path = f"{path}#{query['continuationToken']}" if "continuationToken" in query else path
        self.asked.append(path)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        found = self.answers[path]
        status, body = found if isinstance(found, tuple) else (200, found)
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        kind = b"text/html" if isinstance(body, bytes) else b"application/json"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": raw})

    def run(self) -> Run:
        engine = HttpxEngine(httpx.ASGITransport(app=self))
        return Run(Client(engine, "http://n", bearer("t"), timeouts=Timeouts(2, 2), pause=lambda: 0.0), "r", SILENT)


def read(name: str, *paths: str, **more: Any) -> Read:
    return Read(name, tuple(Call(f"{name}.read", "GET", parse_template(path)) for path in paths), **more)


def pick(path: str, value: str) -> Pick:
    return Pick(((tuple(path.split(".")), parse_template(value)),))


USER = read("user", "/u/{user.extId}")
PROFILE = read("profile", "/u/{user.extId}/profiles", pick=pick("isDefaultProfile", "true"))
ROLES = read("roles", "/p/{profile.extId}/roles", many=True)
TWO_PROFILES = {"items": [{"extId": "p1", "isDefaultProfile": False}, {"extId": "p2", "isDefaultProfile": True}]}


async def records(nevis: Nevis, *reads: Read, **more: Any) -> dict[str, Any]:
    return await read_records(ReadPlan(reads), nevis.run(), KNOWN, **more)


async def test_records_are_read_and_their_values_fill_the_holes_behind() -> None:
    nevis = Nevis(
        **{"u/u1": {"extId": "u1"}, "u/u1/profiles": TWO_PROFILES, "p/p2/roles": {"items": [{"extId": "r1"}]}}
    )
    found = await records(nevis, USER, PROFILE, ROLES)
    assert found == {"user": {"extId": "u1"}, "profile": TWO_PROFILES["items"][1], "roles": [{"extId": "r1"}]}


async def test_what_does_not_depend_on_each_other_is_read_at_once() -> None:
    nevis = Nevis(**{"u/u1": {}, "u/u1/profiles": TWO_PROFILES, "p/p2/roles": {"items": []}, "p/p2/x": {}})
    await records(nevis, USER, PROFILE, ROLES, read("x", "/p/{profile.extId}/x"))
    assert nevis.most_at_once == 2
    assert set(nevis.asked[:2]) == {"/u/u1", "/u/u1/profiles"}


async def test_a_record_at_hand_is_not_read_and_fills_holes() -> None:
    nevis = Nevis(**{"p/p9/roles": {"items": []}})
    found = await records(nevis, PROFILE, ROLES, records={"profile": {"extId": "p9"}})
    assert nevis.asked == ["/p/p9/roles"]
    assert found["profile"] == {"extId": "p9"}


async def test_the_first_way_whose_holes_are_known_is_used() -> None:
    both = read("profile", "/p/{profile.extId}", "/u/{user.extId}/profiles", pick=pick("isDefaultProfile", "true"))
    by_user = Nevis(**{"u/u1/profiles": TWO_PROFILES})
    assert (await records(by_user, both))["profile"]["extId"] == "p2"
    by_id = Nevis(**{"p/p1": {"extId": "p1"}})
    found = await read_records(ReadPlan((both,)), by_id.run(), lookup_in({"profile.extId": "p1", "user.extId": "u1"}))
    assert found["profile"] == {"extId": "p1"}


async def test_a_missing_record_is_none_and_so_is_what_hangs_on_it() -> None:
    nevis = Nevis(**{"u/u1": NO_RECORD, "u/u1/profiles": {"items": []}})
    assert await records(nevis, USER, PROFILE, ROLES) == {"user": None, "profile": None, "roles": None}
    assert len(nevis.asked) == 2


async def test_a_list_that_is_not_there_is_none() -> None:
    nevis = Nevis(**{"p/p2/roles": NO_RECORD})
    assert (await records(nevis, ROLES, records={"profile": {"extId": "p2"}}))["roles"] is None


@pytest.mark.parametrize(
    "answer", [(404, b"<html>"), (403, {"errors": [{"code": "errors.clientDataroomDenied"}]}), (500, {})], ids=str
)
async def test_any_other_refusal_goes_upwards(answer: Any) -> None:
    with pytest.raises(Refusal) as caught:
        await records(Nevis(**{"u/u1": {}, "u/u1/profiles": answer}), USER, PROFILE)
    assert caught.value.call == "profile.read"
    assert caught.value.holes == ("user.extId",)


async def test_of_two_refusals_the_first_of_the_plan_is_told() -> None:
    nevis = Nevis(
        **{
            "u/u1": (403, {"errors": [{"code": "errors.a"}]}),
            "u/u1/profiles": (403, {"errors": [{"code": "errors.b"}]}),
        }
    )
    with pytest.raises(Refusal) as caught:
        await records(nevis, USER, PROFILE)
    assert caught.value.codes == ("errors.a",)
    assert nevis.at_once == 0


async def test_several_where_one_is_needed_is_refused() -> None:
    twice = {"items": [{"isDefaultProfile": True}, {"isDefaultProfile": True}]}
    with pytest.raises(Unsupported) as caught:
        await records(Nevis(**{"u/u1/profiles": twice}), PROFILE)
    assert caught.value.code.code == "GW205"


async def test_a_list_of_one_needs_no_pick() -> None:
    alone = read("x", "/u/{user.extId}/x")
    assert (await records(Nevis(**{"u/u1/x": {"items": [{"a": 1}]}}), alone))["x"] == {"a": 1}
    with pytest.raises(Unsupported):
        await records(Nevis(**{"u/u1/x": {"items": [{}, {}]}}), alone)


async def test_a_pick_may_ask_another_record() -> None:
    nevis = Nevis(**{"g": {"roleExtId": "r2"}, "r": {"items": [{"extId": "r1"}, {"extId": "r2"}]}})
    found = await records(nevis, read("grant", "/g"), read("role", "/r", pick=pick("extId", "{grant.roleExtId}")))
    assert found["role"] == {"extId": "r2"}


async def test_a_record_of_another_type_is_not_there() -> None:
    only = (Only(("identification",), "starts", "scim-db-"),)
    for identification, there in (("scim-db-1", True), ("other", False)):
        body = {"identification": identification}
        found = await records(Nevis(**{"u/u1": body}), read("user", "/u/{user.extId}", only=only))
        assert found["user"] == (body if there else None)


async def test_only_narrows_a_list_before_one_is_picked() -> None:
    items = [{"isDefaultProfile": True, "state": "archived"}, {"isDefaultProfile": True, "state": "active"}]
    narrowed = read(
        "profile",
        "/u/{user.extId}/profiles",
        pick=pick("isDefaultProfile", "true"),
        only=(Only(("state",), "not", "archived"),),
    )
    assert (await records(Nevis(**{"u/u1/profiles": {"items": items}}), narrowed))["profile"] == items[1]


async def test_a_record_inside_another_costs_no_call() -> None:
    inside = Read("properties", stands_in=Field("user", ("properties",)))
    whole = Read("unit", stands_in=Field("profile", ()))
    nevis = Nevis(**{"u/u1": {"properties": {"a": "1"}}, "u/u1/profiles": TWO_PROFILES})
    found = await records(nevis, USER, inside, PROFILE, whole)
    assert found["properties"] == {"a": "1"}
    assert found["unit"] == TWO_PROFILES["items"][1]
    assert len(nevis.asked) == 2


@pytest.mark.parametrize(("host", "expected"), [({"extId": "u1"}, {}), ({"properties": None}, {}), (NO_RECORD, None)])
async def test_an_empty_place_is_an_empty_record_and_a_missing_host_none(host: Any, expected: Any) -> None:
    found = await records(Nevis(**{"u/u1": host}), USER, Read("properties", stands_in=Field("user", ("properties",))))
    assert found["properties"] == expected


def page(token: str | None, *items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "_pagination": {"limit": 1, "continuationToken": token}}


async def test_a_list_is_read_to_its_end() -> None:
    nevis = Nevis(
        **{
            "p/p/roles": page("1_a", {"n": 1}),
            "p/p/roles#1_a": page("2_b", {"n": 2}),
            "p/p/roles#2_b": page("", {"n": 3}),
        }
    )
    found = await records(nevis, ROLES, records={"profile": {"extId": "p"}})
    assert [role["n"] for role in found["roles"]] == [1, 2, 3]


async def test_a_list_that_ends_in_an_empty_page_is_read_to_its_end() -> None:
    nevis = Nevis(**{"p/p/roles": page("1_a", {"n": 1}), "p/p/roles#1_a": page("1_a")})
    assert (await records(nevis, ROLES, records={"profile": {"extId": "p"}}))["roles"] == [{"n": 1}]


async def test_a_list_without_end_is_refused() -> None:
    nevis = Nevis(**{"p/p/roles": page("t", {}), "p/p/roles#t": page("t", {})})
    with pytest.raises(Unsupported) as caught:
        await records(nevis, ROLES, records={"profile": {"extId": "p"}})
    assert caught.value.scim_type == "tooMany"
    assert len(nevis.asked) == PAGES


async def test_a_bare_array_is_a_list() -> None:
    found = await records(Nevis(**{"p/p/roles": [{"n": 1}]}), ROLES, records={"profile": {"extId": "p"}})
    assert found["roles"] == [{"n": 1}]


@pytest.mark.parametrize("body", [None, "text", 5, {"items": "none"}, {"items": [1]}, [None]])
async def test_what_is_neither_a_record_nor_a_list_is_broken(body: Any) -> None:
    with pytest.raises(Refusal) as caught:
        await records(Nevis(**{"p/p/roles": body}), ROLES, records={"profile": {"extId": "p"}})
    assert caught.value.kind == "broken"


async def test_a_hole_that_no_record_could_fill_is_a_planning_fault() -> None:
    with pytest.raises(KeyError, match="roles"):
        await records(Nevis(), ROLES)


@pytest.mark.parametrize(
    ("only", "record", "yes"),
    [
        (Only(("a", "b"), "is", "x"), {"a": {"b": "x"}}, True),
        (Only(("a", "b"), "is", "x"), {"a": {"b": "X"}}, False),
        (Only(("a",), "is", 5), {"a": 5}, True),
        (Only(("a",), "is", True), {"a": True}, True),
        (Only(("a",), "is", True), {}, False),
        (Only(("a",), "is", False), {}, True),
        (Only(("a",), "is", False), {"a": True}, False),
        (Only(("a",), "not", "x"), {"a": "x"}, False),
        (Only(("a",), "not", "x"), {}, True),
        (Only(("a",), "starts", "x-"), {"a": "x-1"}, True),
        (Only(("a",), "starts", "x-"), {"a": None}, False),
    ],
)
def test_what_belongs(only: Only, record: dict[str, Any], yes: bool) -> None:
    assert belongs(record, (only,)) is yes


def test_picking_by_several_conditions_and_by_an_unknown_value() -> None:
    items = [{"a": 1, "b": True}, {"a": 1, "b": False}]
    both = Pick(((("a",), parse_template("1")), (("b",), parse_template("true"))))
    assert picked(items, both, lookup_in({})) == [items[0]]
    assert picked(items, pick("a", "{x.y}"), lookup_in({})) == []
    assert picked(items, None, lookup_in({})) == items
