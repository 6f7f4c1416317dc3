"""What a stranger with a list of probes tries: each was answered wrongly or unhelpfully once. All filters are in `scim/truth.txt`."""

from __future__ import annotations

import json
from typing import Any

import pytest

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
each_root = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])


@each_root
async def test_a_body_in_a_content_coding_is_415_and_says_so(root: str, world: Any) -> None:
    packed = await world.send("POST", f"{root}/Users/.search", SEARCH, content_encoding="gzip")
    assert (packed.status_code, "Content-Encoding" in packed.json()["detail"]) == (415, True)
    assert (await world.send("POST", f"{root}/Users/.search", SEARCH, content_encoding="identity")).status_code == 200


@each_root
@pytest.mark.parametrize(("by", "told"), [("name", "givenName, familyName"), ("schemas", "all resources of a type")])
async def test_what_has_no_order_says_what_to_sort_by_instead(root: str, by: str, told: str, world: Any) -> None:
    reply = await world.send("GET", f"{root}/Users?sortBy={by}")
    assert (reply.status_code, told in reply.json()["detail"]) == (400, True), reply.text


@each_root
async def test_what_a_change_names_in_a_part_on_request_is_shown(root: str, world: Any) -> None:
    nevis = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
    address = {"street": "Ringweg", "houseNumber": "7"}
    for value in ({"path": f"{nevis}:address", "value": address}, {"value": {nevis: {"address": address}}}):
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", **value}],
        }
        reply = await world.send("PATCH", f"{root}/Users/u-1002", body)
        assert reply.json().get(nevis, {}).get("address") == address, reply.text


@each_root
async def test_the_root_is_searched_by_schema(root: str, make_world: Any) -> None:
    world = await make_world(150)
    found = (
        await world.send("POST", f"{root}/.search", {**SEARCH, "filter": f'schemas eq "{CORE}"', "count": 7})
    ).json()
    people = (await world.send("GET", f"{root}/Users?count=0")).json()["totalResults"]
    assert (found["totalResults"], len(found["Resources"])) == (people, 7)
    assert {each.get("meta", {}).get("resourceType") for each in found["Resources"]} == {"User"}


@each_root
async def test_a_root_search_that_is_too_much_names_the_type_to_leave_out(root: str, make_world: Any) -> None:
    world = await make_world(150)
    types = " or ".join(f'meta.resourceType eq "{name}"' for name in ("User", "UserSecurIdCredentials"))
    filter_ = f'userName eq "bjensen" and ({types})'
    refused = await world.send("POST", f"{root}/.search", {**SEARCH, "filter": filter_})
    detail = refused.json()["detail"]
    assert refused.status_code == 400
    assert detail.endswith('add: and not (meta.resourceType eq "UserSecurIdCredentials").'), detail
    narrower = {**SEARCH, "filter": filter_ + " " + detail.partition("add: ")[2].rstrip(".")}
    reply = await world.send("POST", f"{root}/.search", narrower)
    assert [each["userName"] for each in reply.json()["Resources"]] == ["bjensen"], json.dumps(reply.json())
