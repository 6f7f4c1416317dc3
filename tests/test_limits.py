"""Every limit of a request: it is there, it has a setting that moves it, and what is beyond is told by its own error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

import pytest

from gateway.settings.limits import LimitSettings
from tests.raw import PATCH_OP, ROOTS, SEARCH, send

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
LONG = 'userName eq "' + "x" * 100 + '"'
OPERATION = {"method": "DELETE", "path": "/Users/nobody"}

Ask = tuple[str, str, bytes]


def posted(path: str, body: Any) -> Ask:
    return "POST", path, json.dumps(body).encode()


def searched(text: str) -> Ask:
    return posted("/Users/.search", {"schemas": [SEARCH], "filter": text, "count": 0})


def asked(text: str) -> Ask:
    return "GET", f"/Users?count=0&filter={quote(text)}", b""


def bulk(*operations: Any, **more: Any) -> Ask:
    return posted("/Bulk", {"schemas": [BULK], "Operations": list(operations), **more})


TWO = 'userName eq "a" or userName eq "b"'
CASES: dict[str, tuple[int, Ask, Ask, str]] = {
    "body_bytes": (
        200,
        posted("/Users/.search", {"schemas": [SEARCH], "count": 0}),
        searched(f"{LONG} or {LONG}"),
        "GW103",
    ),
    "body_depth": (3, searched("userName pr"), posted("/Users", {"a": [{"b": [1]}]}), "GW118"),
    "uri_bytes": (60, ("GET", "/Users?count=0", b""), asked(LONG), "GW120"),
    "filter_length": (50, asked('userName eq "a"'), asked(LONG), "GW107"),
    "filter_terms": (1, asked('userName eq "a"'), asked(TWO), "GW107"),
    "filter_depth": (1, asked(f"({TWO})"), asked(f"(({TWO}))"), "GW107"),
    "search_length": (50, searched('userName eq "a"'), searched(LONG), "GW107"),
    "search_terms": (1, searched('userName eq "a"'), searched(TWO), "GW107"),
    "bulk_operations": (1, bulk(OPERATION), bulk(OPERATION, OPERATION), "GW103"),
    "bulk_bytes": (200, bulk(OPERATION), bulk(OPERATION, more="x" * 200), "GW103"),
}
"""By setting: a small limit, a request within it, one beyond, and what that is told."""
ELSEWHERE = {"page_size", "body_seconds", "requests", "connections"}


def test_every_limit_is_tested() -> None:
    assert set(LimitSettings.model_fields) == set(CASES) | ELSEWHERE


@pytest.mark.parametrize("name", CASES)
async def test_a_limit_is_where_its_setting_puts_it(make_world: Callable[..., Awaitable[Any]], name: str) -> None:
    most, within, beyond, code = CASES[name]
    world, usual = await make_world(2, limits={name: most}), await make_world(2)
    for root in ROOTS:
        for method, path, body in (within, beyond):
            answer = await send(world, method, root + path, body)
            if (method, path, body) == within:
                assert answer.status < 300, answer.body
                continue
            assert answer.code == code
            assert str(most) in answer.json["detail"]
            if name != "body_depth":  # that body is wrong in other ways, too
                assert (await send(usual, method, root + path, body)).status < 300


@pytest.mark.parametrize("root", ROOTS)
async def test_a_page_holds_no_more_than_its_setting_says(make_world: Callable[..., Awaitable[Any]], root: str) -> None:
    world = await make_world(5, limits={"page_size": 2})
    for query in ("", "?count=100", "?cursor"):
        found = (await send(world, "GET", f"{root}/Users{query}")).json
        assert len(found["Resources"]) == 2, query
    told = (await send(world, "GET", f"{root}/ServiceProviderConfig")).json
    assert (told["filter"]["maxResults"], told["pagination"]["maxPageSize"]) == (2, 2)


async def test_a_bulk_is_told_its_limits_by_discovery(make_world: Callable[..., Awaitable[Any]]) -> None:
    world = await make_world(1, limits={"bulk_operations": 7, "bulk_bytes": 5000})
    told = (await send(world, "GET", "/scim/v2/ServiceProviderConfig")).json["bulk"]
    assert (told["maxOperations"], told["maxPayloadSize"]) == (7, 5000)


async def test_a_body_that_trickles_is_not_waited_for(make_world: Callable[..., Awaitable[Any]]) -> None:
    world = await make_world(1, limits={"body_seconds": 0.05})
    sent: list[MutableMapping[str, Any]] = []
    first = [{"type": "http.request", "body": b'{"schemas"', "more_body": True}]

    async def receive() -> MutableMapping[str, Any]:
        if first:
            return first.pop()
        await asyncio.sleep(30)
        raise AssertionError("nobody waits as long")

    async def take(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer caller-token"), (b"content-type", b"application/json"), (b"host", b"x")]
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "query_string": b""},
        **{"path": "/admin/v1/Users", "raw_path": b"/admin/v1/Users", "root_path": "", "headers": headers},
    }
    await world.app(scope, receive, take)
    assert sent[0]["status"] == 408
    assert b"0.05 seconds" in sent[1]["body"]


async def test_a_patch_path_has_the_usual_limits(make_world: Callable[..., Awaitable[Any]]) -> None:
    world = await make_world(2)
    for path, code in (("emails[" + " or ".join(["type pr"] * 501) + "]", "GW107"), ("x" * 9000, "GW108")):
        body = {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": path}]}
        answer = await send(world, "PATCH", "/scim/v2/Users/u-1001", json.dumps(body).encode())
        assert answer.code == code
