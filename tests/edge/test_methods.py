"""Which methods each address takes: the table of all of them, in both dialects, and what the others are told.

An address that is there answers OPTIONS with `Allow`; a method that it does not take is 405 (501 where only this type lacks it, at
`/scim/v2`) with the same `Allow` and an error in the words of the protocol. HEAD is a GET without a body. Nothing is found behind an
address that is not there, whatever the method.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

ROOTS = ("/scim/v2", "/admin/v1")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FOO")
READ = "GET, HEAD, OPTIONS"
SEARCH = "POST, OPTIONS"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

TABLE = {
    "/Users": "GET, HEAD, POST, OPTIONS",
    "/Users/": "GET, HEAD, POST, OPTIONS",
    "/users": "GET, HEAD, POST, OPTIONS",
    "/Users/u-1": "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
    "/Users/.search": SEARCH,
    "/Groups": "GET, HEAD, POST, OPTIONS",
    "/Grants/x": "GET, HEAD, DELETE, OPTIONS",
    "/PasswordPolicies": "GET, HEAD, OPTIONS",
    "/UserStatusChanger/u-1": "PUT, OPTIONS",
    "/UserStatusChanger": "OPTIONS",
    "/PasswordAuthenticator": SEARCH,
    "/Me": "GET, HEAD, PUT, PATCH, OPTIONS",
    "/MePasswordChanger": "PUT, OPTIONS",
    "/.search": SEARCH,
    "/Bulk": SEARCH,
    "/Schemas": READ,
    "/Schemas/.search": SEARCH,
    f"/Schemas/{USER}": READ,
    "/ResourceTypes": READ,
    "/ResourceTypes/User": READ,
    "/ServiceProviderConfig": READ,
    "/openapi.json": READ,
}
ABSENT = ("", "/", "/Nothing", "/Users/u-1/name", "/Bulk/x", "/Me/x", "/.search/x", "/%00")


@pytest.mark.parametrize("root", ROOTS)
async def test_every_address_says_what_it_takes_and_refuses_the_rest(root: str, make_world: Any) -> None:
    world = await make_world(users=2)
    table = TABLE | ({"/ResourceTypeSchemaAttributes": READ} if root == "/admin/v1" else {})
    for path, allow in table.items():
        told = await world.send("OPTIONS", root + path)
        assert (path, told.status_code, told.headers["allow"], told.content) == (path, 200, allow, b"")
        for method in METHODS:
            if method in allow.split(", "):
                continue
            reply = await world.send(method, root + path)
            if method == "HEAD":
                assert reply.content == b""
                continue
            said = reply.json()
            lacking = 405 if root == "/admin/v1" or method not in ("GET", "PUT", "PATCH", "DELETE", "POST") else 501
            assert reply.status_code in (405, lacking), (method, path)
            assert (method, path, reply.headers["allow"]) == (method, path, allow)
            assert said["status"] == str(reply.status_code)
            assert "urn:ietf:params:scim:api:messages:2.0:Error" in said["schemas"]
            assert reply.headers["content-type"].startswith("application/" + ("scim+" * (root != "/admin/v1")) + "json")


@pytest.mark.parametrize("root", ROOTS)
async def test_behind_no_address_there_is_nothing_whatever_the_method(root: str, make_world: Any) -> None:
    world = await make_world(users=2)
    for path in ABSENT:
        for method in ("GET", "POST", "DELETE", "OPTIONS", "FOO"):
            reply = await world.send(method, root + path)
            assert (method, path, reply.status_code) == (method, path, 404)
            assert reply.json()["status"] == "404"


@pytest.mark.parametrize("root", ROOTS)
async def test_head_is_a_get_without_its_body(root: str, make_world: Any) -> None:
    world = await make_world()
    for path in ("/Users/u-1001", "/Users?count=2", "/Schemas", "/ServiceProviderConfig", "/Users/nobody"):
        head, get = await world.send("HEAD", root + path), await world.send("GET", root + path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert get.content
        for name in ("content-type", "etag", "content-length", "location"):
            assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("root", ROOTS)
async def test_bodies_that_are_no_json_or_too_long(root: str, make_world: Any) -> None:
    """415 and 413 at every address that takes a body; discovery and reads take none and mind none."""
    world = await make_world(users=2, limits={"body_bytes": 2000})
    for method, path in (
        ("POST", "/Users"),
        ("PUT", "/Users/u-1001"),
        ("PATCH", "/Users/u-1001"),
        ("POST", "/Users/.search"),
        ("POST", "/.search"),
        ("POST", "/Bulk"),
        ("POST", "/Schemas/.search"),
        ("POST", "/PasswordAuthenticator"),
        ("PUT", "/UserStatusChanger/u-1001"),
    ):
        xml = await world.client.request(method, root + path, content=b"<x/>", headers={"content-type": "text/xml"})
        assert (method, path, xml.status_code, xml.json()["status"]) == (method, path, 415, "415")
        most = 5_000_000 if path == "/Bulk" else 2001
        long = await world.client.request(
            method, root + path, content=b'"' + b"x" * most + b'"', headers={"content-type": "application/scim+json"}
        )
        assert (method, path, long.status_code, long.json()["status"]) == (method, path, 413, "413")
    for path in ("/Users?count=1", "/Schemas"):
        assert (await world.client.request("GET", root + path, content=b"<x/>")).status_code == 200


async def test_the_token_endpoint_speaks_in_oauths_words(make_world: Any, tmp_path: Path) -> None:
    key = tmp_path / "sign.pem"
    key.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    world = await make_world(users=2, token_endpoint={"issuer": "https://gateway.example", "key_files": [str(key)]})
    for path, allow in (
        ("/oauth2/v1/token", SEARCH),
        ("/oauth2/v1/introspect", SEARCH),
        ("/admin/v1/SigningCert/jwk", READ),
        ("/.well-known/openid-configuration", READ),
    ):
        told = await world.client.request("OPTIONS", path)
        assert (told.status_code, told.headers["allow"]) == (200, allow)
        for method in ("GET", "POST", "PUT", "DELETE", "FOO"):
            if method not in allow.split(", "):
                reply = await world.client.request(method, path)
                assert (path, reply.status_code, reply.headers["allow"]) == (path, 405, allow)
                assert reply.json()["error"] == "invalid_request"
        if "GET" in allow:
            head, get = await world.client.head(path), await world.client.get(path)
            assert (head.status_code, head.content, get.status_code) == (200, b"", 200)
            assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
