from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.reply import Reply
from gateway.scim.request import Caller

Ask = Callable[..., Reply | None]
Read = Callable[..., Any]
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}


def refused(ask: Ask, *question: Any, **more: Any) -> ScimError:
    with pytest.raises(ScimError) as info:
        ask(*question, **more)
    return info.value


@pytest.mark.parametrize(("endpoint", "count"), [("/Schemas", 7), ("/ResourceTypes", 2), ("/resourcetypes/", 2)])
def test_collections_are_list_responses_without_pages(endpoint: str, count: int, read: Read) -> None:
    found = read("GET", f"{endpoint}?count=1&startIndex=2&sortBy=name&attributes=name")
    assert found["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert (found["totalResults"], found["itemsPerPage"], found["startIndex"]) == (count, count, 1)
    assert len(found["Resources"]) == count


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "User"),
        ("/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser", "User"),
        ("/Schemas/URN:ietf:params:scim:schemas:core:2.0:user", "User"),
        ("/ResourceTypes/Token", "Token"),
    ],
)
def test_one_of_a_collection_is_read_by_its_id(address: str, name: str, read: Read) -> None:
    assert read("GET", address)["name"] == name


def test_every_listed_resource_is_found_at_its_own_location(read: Read) -> None:
    for endpoint in ("/Schemas", "/ResourceTypes"):
        for each in read("GET", endpoint)["Resources"]:
            assert read("GET", each["meta"]["location"].removeprefix("https://host/scim/v2")) == each


def test_the_configuration_is_one_resource(read: Read, ask: Ask) -> None:
    assert read("GET", "/ServiceProviderConfig")["patch"] == {"supported": True}
    assert refused(ask, "GET", "/ServiceProviderConfig/1").status == 404


@pytest.mark.parametrize(("dialect", "media_type"), [(RFC, RFC.media_type), (IDCS, IDCS.media_type)])
def test_the_dialect_says_the_media_type(dialect: Dialect, media_type: str, ask: Ask) -> None:
    reply = ask("GET", "/Schemas", dialect)
    assert reply is not None
    assert ("Content-Type", media_type) in reply.headers


def test_head_is_get(ask: Ask) -> None:
    assert ask("HEAD", "/Schemas") == ask("GET", "/Schemas")


@pytest.mark.parametrize("address", ["/Schemas/urn:nobody", "/ResourceTypes/Nobody", "/ResourceTypes/User/more"])
def test_an_unknown_id_is_not_found(address: str, ask: Ask) -> None:
    error = refused(ask, "GET", address)
    assert (error.status, error.code.code) == (404, "GW114")


@pytest.mark.parametrize("endpoint", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"])
@pytest.mark.parametrize("dialect", [RFC, IDCS], ids=lambda dialect: dialect.name)
def test_a_filter_is_forbidden(endpoint: str, dialect: Dialect, ask: Ask) -> None:
    assert refused(ask, "GET", f"{endpoint}?filter=name+eq+%22User%22", dialect).status == 403


@pytest.mark.parametrize("endpoint", ["/Schemas", "/ResourceTypes"])
def test_a_search_by_post_is_a_get_and_its_filter_is_forbidden_too(endpoint: str, ask: Ask, read: Read) -> None:
    assert read("POST", f"{endpoint}/.search", body=SEARCH) == read("GET", endpoint)
    assert refused(ask, "POST", f"{endpoint}/.search", body={**SEARCH, "filter": "name pr"}).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ["/Schemas", "/Schemas/urn:x", "/ResourceTypes", "/ServiceProviderConfig"])
def test_nothing_can_be_written(method: str, address: str, ask: Ask) -> None:
    error = refused(ask, method, address)
    assert (error.status, error.allow) == (405, ("GET", "HEAD", "OPTIONS"))


def test_what_is_no_discovery_is_left_to_others(ask: Ask) -> None:
    assert ask("GET", "/Users") is None
    assert ask("GET", "/") is None
    assert ask("GET", "/ResourceTypeSchemaAttributes", RFC) is None, "Oracle's own"


@pytest.mark.parametrize(
    ("address", "allow"),
    [
        ("/Users", "GET, HEAD, POST, OPTIONS"),
        ("/Users/1", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/Users/.search", "POST, OPTIONS"),
        ("/PasswordAuthenticator", "POST, OPTIONS"),
        ("/Schemas", "GET, HEAD, OPTIONS"),
        ("/Schemas/.search", "POST, OPTIONS"),
    ],
)
@pytest.mark.parametrize("dialect", [RFC, IDCS], ids=lambda dialect: dialect.name)
def test_options_tells_the_methods_of_an_address(address: str, allow: str, dialect: Dialect, ask: Ask) -> None:
    reply = ask("OPTIONS", address, dialect)
    assert reply is not None
    headers = dict(reply.headers)
    assert (reply.status, reply.body) == (200, b"")
    assert headers["Allow"] == headers["Access-Control-Allow-Methods"] == allow


def test_options_knows_no_address_that_is_not_there(ask: Ask) -> None:
    assert refused(ask, "OPTIONS", "/Nothing").status == 404
    assert refused(ask, "OPTIONS", "/ResourceTypeSchemaAttributes", RFC).status == 404


@pytest.mark.parametrize(("method", "address"), [("GET", "/Schemas"), ("OPTIONS", "/Users")])
def test_a_caller_that_nobody_has_checked_learns_nothing(method: str, address: str, ask: Ask) -> None:
    stranger = Caller("self", authorization="Bearer x", x_token="x")
    assert refused(ask, method, address, caller=stranger).code.code == "GW303"
