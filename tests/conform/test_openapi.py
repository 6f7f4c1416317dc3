"""The OpenAPI document is a valid one, and what really happens over the whole gateway is described in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
PATCH = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "path": "displayName", "value": "Somebody Else"}],
}
BODY = {
    "schemas": [USER],
    "userName": "described",
    "name": {"givenName": "De", "familyName": "Scribed"},
    "emails": [{"type": "work", "value": "described@example.com"}],
}


def bulk(*operations: tuple[str, str, Any]) -> Any:
    keys = ("method", "path", "data")
    listed = [{key: value for key, value in zip(keys, each, strict=True) if value} for each in operations]
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": listed}


async def document(world: Any, address: str = "/openapi.json") -> Any:
    reply = await world.send("GET", address)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    return reply.json()


def described(told: Any, method: str, path: str) -> Any:
    """The operation of an address, fixed paths before those with a hole."""
    for template in sorted(told["paths"], key=lambda each: "{" in each):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return told["paths"][template].get(method.lower())
    return None


def resolved(told: Any, value: Any) -> Any:
    """References replaced by what they refer to; there are no cycles."""
    if isinstance(value, list):
        return [resolved(told, each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str) and len(value) == 1:
        _, section, kind, name = value["$ref"].split("/")
        return resolved(told, told[section][kind][name])
    return {key: resolved(told, inner) for key, inner in value.items()}


@pytest.mark.parametrize("address", ["/openapi.json", "/admin/v1/openapi.json", "/scim/v2/openapi.json"])
async def test_the_document_is_openapi(address: str, world: Any) -> None:
    told = await document(world, address)
    OpenAPIV31SpecValidator(told).validate()
    ids = [each["operationId"] for path in told["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids)) > 15
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_each_root_tells_its_own_and_the_whole_tells_both(world: Any) -> None:
    whole = (await document(world))["paths"]
    admin = (await document(world, "/admin/v1/openapi.json"))["paths"]
    scim = (await document(world, "/scim/v2/openapi.json"))["paths"]
    assert whole == {**admin, **scim}
    assert "/admin/v1/ResourceTypeSchemaAttributes" in admin
    assert not any(path.startswith("/admin") for path in scim)


async def test_the_document_offers_what_options_offers(world: Any) -> None:
    told = await document(world)
    for path, offered in told["paths"].items():
        allow = (await world.send("OPTIONS", path.replace("{id}", "1"))).headers["allow"].split(", ")
        assert {each.lower() for each in allow} - {"head", "options"} == set(offered), path


def requests(root: str) -> Iterator[tuple[str, str, Any]]:
    users, credentials = f"{root}/Users", f"{root}/UserDbCredentials"
    yield "GET", f"{users}?count=5&attributeSets=all", None
    yield "GET", f"{users}?filter=nobody%20eq%201", None
    yield "GET", f"{users}/nobody", None
    yield "POST", f"{users}/.search", SEARCH | {"count": 3}
    yield "POST", users, BODY
    yield "POST", users, BODY
    yield "POST", users, {"schemas": [USER]}
    yield "PATCH", f"{users}/nobody", PATCH
    yield "DELETE", f"{users}/nobody", None
    yield "GET", f"{credentials}?count=5", None
    yield "POST", f"{root}/PasswordAuthenticator", {"schemas": []}
    yield "GET", f"{root}/Schemas", None
    yield "GET", f"{root}/Schemas/{USER}", None
    yield "GET", f"{root}/Schemas/urn:nobody", None
    yield "GET", f"{root}/Schemas?filter=id%20pr", None
    yield "POST", f"{root}/ResourceTypes/.search", SEARCH
    yield "GET", f"{root}/ResourceTypes/User", None
    yield "GET", f"{root}/ServiceProviderConfig", None
    yield "GET", f"{root}/Me", None
    yield "POST", f"{root}/MyUserDbCredentials", {}
    yield "POST", f"{root}/.search", SEARCH | {"count": 3, "filter": 'userName sw "b" or description pr'}
    yield "POST", f"{root}/.search", SEARCH | {"filter": "nobody eq 1"}
    yield "GET", f"{users}?cursor=&count=2", None
    yield "GET", f"{users}?cursor=x", None
    yield "POST", f"{users}/.search?limit=2", SEARCH
    yield "POST", f"{root}/Bulk", bulk(("POST", "/Users", {"schemas": [USER]}), ("DELETE", "/Users/u-1001", None))
    yield "POST", f"{root}/Bulk", bulk(*[("DELETE", "/Users/nobody", None)] * 1001)
    yield "POST", f"{root}/Bulk", {}
    if root == "/admin/v1":
        yield "GET", f"{root}/ResourceTypeSchemaAttributes?count=1000", None


async def check(told: Any, world: Any, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """The reply to a request, after its status and body have been found in the document."""
    reply = await world.send(method, address, body, **headers)
    operation = described(told, method, address.split("?")[0])
    assert operation is not None, address
    response = resolved(told, operation["responses"].get(str(reply.status_code)))
    assert response is not None, (method, address, reply.status_code, reply.text)
    assert ("content" in response) == bool(reply.content)
    headers = {name.lower(): each for name, each in response["headers"].items()}
    assert set(reply.headers) - {"content-type", "content-length"} <= set(headers), (method, address, reply.headers)
    assert {name for name, each in headers.items() if each["required"]} <= set(reply.headers)
    if reply.content:
        schema = response["content"][reply.headers["content-type"].split(";")[0]]["schema"]
        errors = list(Draft202012Validator(schema).iter_errors(reply.json()))
        assert not errors, (method, address, [(list(each.path), each.message) for each in errors])
    return reply


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_every_answer_is_described(root: str, make_world: Any) -> None:
    world = await make_world(10)
    told = await document(world)
    seen = {(await check(told, world, *each)).status_code for each in requests(root)}
    assert seen >= {200, 201, 400, 403, 404, 409, 413}


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_the_life_of_a_resource_is_described(root: str, make_world: Any) -> None:
    world = await make_world(0)
    told = await document(world)
    made = await check(told, world, "POST", f"{root}/Users", BODY)
    address = f"{root}/Users/{made.json()['id']}"
    assert {"etag", "location"} <= set(made.headers)
    again = {"opc_retry_token": "once"}
    assert (await check(told, world, "DELETE", f"{root}/Users/nobody", **again)).status_code == 404
    assert (
        await check(told, world, "POST", f"{root}/PasswordAuthenticator", {"schemas": []}, **again)
    ).status_code == 409
    assert (await check(told, world, "PATCH", address, PATCH)).status_code == 200
    assert (await check(told, world, "PUT", address, BODY | {"title": "Dr"})).status_code == 200
    assert (await check(told, world, "PATCH", address, PATCH, Prefer="return=minimal")).status_code == 204
    assert (await check(told, world, "GET", address, If_None_Match="*")).status_code == 304
    assert (await check(told, world, "PATCH", address, PATCH, If_Match='W/"none"')).status_code == 412
    assert (await check(told, world, "DELETE", address)).status_code == 204


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_a_body_that_is_accepted_is_one_that_is_described(root: str, make_world: Any) -> None:
    world = await make_world(0)
    told = await document(world)
    schema = resolved(
        told, described(told, "POST", f"{root}/Users")["requestBody"]["content"]["application/scim+json"]["schema"]
    )
    judge = Draft202012Validator(schema)
    assert judge.is_valid(BODY)
    assert (await world.send("POST", f"{root}/Users", BODY)).status_code == 201
    for wrong in ({"userName": 1}, {"emails": {}}, {"name": {}}, {"schemas": []}, {"active": 7}, {"userName": ""}):
        body = {**BODY, **wrong}
        assert not judge.is_valid(body), wrong
        assert (await world.send("POST", f"{root}/Users", body)).status_code == 400, wrong


async def test_the_document_is_for_callers_only_and_only_read(world: Any) -> None:
    for address in ("/openapi.json", "/scim/v2/openapi.json"):
        assert (await world.send("GET", address, authorization="Bearer wrong")).status_code == 401
        assert (await world.send("GET", address, x_token="x")).status_code == 400
        refused = await world.send("DELETE", address)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        head = await world.send("HEAD", address)
        assert (head.status_code, head.content) == (200, b"")
        assert (await world.send("OPTIONS", address)).headers["allow"] == "GET, HEAD, OPTIONS"
