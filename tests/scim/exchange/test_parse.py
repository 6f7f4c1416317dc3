from typing import Any

import orjson
import pytest

from gateway.errors import ScimError
from gateway.scim.address import allowed_methods, locate
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.parse import Limits, read_request
from gateway.scim.query import SEARCH_REQUEST
from gateway.scim.request import Caller, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Compare

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
JSON = {"content-type": "application/json"}
BJENSEN = {"schemas": [CORE], "userName": "bj", "name": {"familyName": "Jensen"}}


class Reader:
    """Reads requests for the types of a mapping set."""

    def __init__(self, *types: ResourceType) -> None:
        self.types = {each.endpoint.strip("/").lower(): each for each in types}

    def __call__(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        dialect: Dialect = IDCS,
        caller: Caller | None = None,
        **headers: str,
    ) -> ScimRequest:
        tail, _, query = target.partition("?")
        sent = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        named = (
            {name.replace("_", "-"): value for name, value in headers.items()} if body is None else {**JSON, **headers}
        )
        return read_request(
            method,
            tail,
            query,
            named,
            sent,
            types=self.types,
            dialect=dialect,
            base=f"https://host{dialect.root}",
            caller=caller or Caller("me"),
            request_id="r1",
            limits=Limits(),
        )

    def refused(self, *args: Any, **options: Any) -> ScimError:
        with pytest.raises(ScimError) as info:
            self(*args, **options)
        return info.value


@pytest.fixture
def read(person: ResourceType, action: ResourceType) -> Reader:
    return Reader(person, action)


@pytest.mark.parametrize(
    ("method", "tail", "body", "operation", "id_"),
    [
        ("GET", "/Users", None, "search", None),
        ("GET", "/Users/", None, "search", None),
        ("GET", "/users", None, "search", None),
        ("HEAD", "/Users", None, "search", None),
        ("POST", "/Users", BJENSEN, "create", None),
        ("POST", "/Users/.search", {"schemas": [SEARCH_REQUEST]}, "search", None),
        ("GET", "/Users/a%2Fb%20c%C3%A9", None, "get", "a/b cé"),
        ("head", "/Users/1", None, "get", "1"),
        ("PUT", "/Users/1", BJENSEN, "replace", "1"),
        (
            "PATCH",
            "/Users/1",
            {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": "displayName"}]},
            "modify",
            "1",
        ),
        ("DELETE", "/Users/1", None, "delete", "1"),
        (
            "POST",
            "/PasswordAuthenticator",
            {
                "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
                "mappingAttributeValue": "a",
                "password": "b",
            },
            "act",
            None,
        ),
    ],
)
def test_method_and_address_say_the_operation(
    read: Reader, method: str, tail: str, body: Any, operation: str, id_: str | None
) -> None:
    request = read(method, tail, body)
    assert (request.operation, request.id) == (operation, id_)


@pytest.mark.parametrize("tail", ["", "/", "/Nobody", "/Users/1/groups", "/Users//1", "/%ff"])
def test_unknown_addresses_are_404(read: Reader, tail: str) -> None:
    error = read.refused("GET", tail)
    assert error.status == 404


@pytest.mark.parametrize("tail", ["/Users/%00", "/Users/a%00b", "/Users/%ff"])
def test_ids_that_cannot_be_are_404(read: Reader, tail: str) -> None:
    assert (read.refused("GET", tail).code.code, read.refused("GET", tail).status) == ("GW114", 404)


@pytest.mark.parametrize("dialect", [IDCS, RFC])
@pytest.mark.parametrize(
    ("method", "tail", "allow"),
    [
        ("DELETE", "/Users", ("GET", "HEAD", "POST")),
        ("POST", "/Users/1", ("GET", "HEAD", "PUT", "PATCH", "DELETE")),
        ("GET", "/Users/.search", ("POST",)),
        ("TRACE", "/Users", ("GET", "HEAD", "POST")),
        ("GET", "/PasswordAuthenticator", ("POST",)),
        ("PUT", "/PasswordAuthenticator/1", ()),
    ],
)
def test_a_method_that_an_address_never_takes_is_405(
    read: Reader, method: str, tail: str, allow: tuple[str, ...], dialect: Dialect
) -> None:
    error = read.refused(method, tail, dialect=dialect)
    assert (error.code.code, error.status, error.allow) == ("GW116", 405, (*allow, "OPTIONS"))


@pytest.mark.parametrize(("dialect", "status"), [(IDCS, 405), (RFC, 501)])
def test_a_verb_that_the_type_does_not_offer_has_the_dialects_status(
    person: ResourceType, dialect: Dialect, status: int
) -> None:
    import dataclasses

    read = Reader(dataclasses.replace(person, verbs=frozenset(("get", "search", "delete"))))
    error = read.refused("PATCH", "/Users/1", {}, dialect=dialect)
    assert (error.code.code, error.status, error.allow) == ("GW116", status, ("GET", "HEAD", "DELETE", "OPTIONS"))


def test_an_action_on_an_item_is_done_by_put(action: ResourceType) -> None:
    import dataclasses

    changer = dataclasses.replace(action, endpoint="/Changer", verbs=frozenset(("act", "replace")))
    body = {"schemas": [action.schema], "mappingAttributeValue": "a", "password": "b"}
    request = Reader(changer)("PUT", "/Changer/7", body)
    assert (request.operation, request.id) == ("act", "7")
    assert allowed_methods(locate("/Changer", {"changer": changer})) == ()


def test_a_search_has_bound_filter_sort_and_page(read: Reader) -> None:
    request = read(
        "GET", "/Users?filter=USERNAME+eq+%22bj%22&sortBy=NAME.familyname&sortOrder=DESCENDING&startIndex=3&count=7"
    )
    assert request.filter == Compare(Attr("userName"), "eq", "bj")
    assert (request.sort_by, request.descending) == (Attr("name", "familyName"), True)
    assert (request.start_index, request.count) == (3, 7)


def test_a_search_by_post_says_the_same_in_its_body(read: Reader) -> None:
    body = {"schemas": [SEARCH_REQUEST], "filter": 'userName eq "bj"', "attributes": ["DisplayName"], "count": 7}
    request = read("POST", "/Users/.search?count=3", body)
    assert request.filter == Compare(Attr("userName"), "eq", "bj")
    assert (request.count, request.wanted.include) == (7, (Attr("displayName"),))


@pytest.mark.parametrize(("dialect", "expected"), [(IDCS, Attr("id")), (RFC, None)])
def test_the_default_order_is_the_dialects(read: Reader, dialect: Dialect, expected: Attr | None) -> None:
    assert read("GET", "/Users", dialect=dialect).sort_by == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter=", "GW104"),
        ("filter=userName+eq", "GW104"),
        ("filter=nobody+eq+%22x%22", "GW105"),
        ("filter=active+gt+true", "GW106"),
        ("filter=password+sw+%22a%22", "GW201"),
        ("sortBy=nobody", "GW108"),
        ("count=x", "GW113"),
        ("attributes=a..b", "GW113"),
        ("attributeSets=x", "GW113"),
        ("filter=" + "(" * 5000, "GW107"),
    ],
)
def test_a_wrong_search_is_400(read: Reader, query: str, code: str) -> None:
    error = read.refused("GET", f"/Users?{query}")
    assert (error.code.code, error.status) == (code, 400)


def test_search_parameters_are_ignored_elsewhere_but_projection_is_not(read: Reader) -> None:
    request = read("GET", "/Users/1?filter=nonsense&count=x&sortBy=nobody&attributes=userName")
    assert request.filter is None
    assert request.sort_by is None
    assert request.wanted.include == (Attr("userName"),)


def test_projection_is_read_on_writes_too(read: Reader) -> None:
    request = read("POST", "/Users?attributes=id&attributeSets=request", BJENSEN)
    assert (request.wanted.include, request.wanted.sets) == ((Attr("id"),), {"request"})


def test_a_created_resource_is_canonical(read: Reader) -> None:
    body = {
        "schemas": [CORE],
        "ID": "7",
        "USERNAME": "bj",
        "name.familyName": "J",
        f"{NEVIS}:unit": "100",
        "active": "True",
    }
    assert read("POST", "/Users", body).body == {
        "userName": "bj",
        "name": {"familyName": "J"},
        NEVIS: {"unit": "100"},
        "active": True,
    }


def test_a_replacement_keeps_what_is_read_only_for_comparison(read: Reader) -> None:
    assert read("PUT", "/Users/1", {**BJENSEN, "id": "1", "meta": {"version": "x"}}).body == {
        "id": "1",
        "userName": "bj",
        "name": {"familyName": "Jensen"},
    }


def test_missing_attributes_are_refused(read: Reader) -> None:
    error = read.refused("POST", "/Users", {"schemas": [CORE]})
    assert (error.code.code, error.detail) == ("GW112", "Missing required attribute(s): userName,name.familyName.")


def test_a_caller_acting_for_itself_may_leave_out_who_it_is(read: Reader) -> None:
    caller = Caller("me", authorization="Bearer x", x_token="t")
    assert read("POST", "/Users", {"schemas": [CORE], "userName": "a"}, caller=caller).body == {"userName": "a"}


def test_a_replacement_is_held_against_what_is_stored_later(read: Reader) -> None:
    assert read("PUT", "/Users/1", {"schemas": [CORE]}).body == {}


def test_edits_are_read(read: Reader) -> None:
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "REPLACE", "path": "displayname", "value": "x"}]}
    request = read("PATCH", "/Users/1", body)
    assert [(edit.op, str(edit.path.attr), edit.value) for edit in request.edits if edit.path] == [
        ("replace", "displayName", "x")
    ]
    assert request.body == {}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_bodies_need_a_media_type(read: Reader, method: str) -> None:
    tail = "/Users" if method == "POST" else "/Users/1"
    error = read.refused(method, tail)
    assert error.status == 415


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b'{"a":' + b"[" * 10_000, 400), (b"x" * 2_000_000, 413)]
)
def test_bad_bodies_are_refused(read: Reader, body: bytes, status: int) -> None:
    assert read.refused("POST", "/Users", body).status == status


@pytest.mark.parametrize("body", [b"{", b"\xff"])
def test_bodies_of_reads_and_deletes_are_ignored(read: Reader, body: bytes) -> None:
    assert read("DELETE", "/Users/1", body).operation == "delete"
    assert read("GET", "/Users/1", body).operation == "get"


@pytest.mark.parametrize("version", ["1", "3", " 12 ", "007"])
def test_any_schema_version_from_one_on_is_served(read: Reader, version: str) -> None:
    assert self_versioned(read, version).operation == "search"


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "x", "", "1e3"])
def test_other_schema_versions_are_refused(read: Reader, version: str) -> None:
    with pytest.raises(ScimError) as info:
        self_versioned(read, version)
    assert info.value.code.code == "GW113"


def self_versioned(read: Reader, version: str) -> ScimRequest:
    return read_request(
        "GET",
        "/Users",
        "",
        {"resource_type_schema_version": version},
        b"",
        types=read.types,
        dialect=IDCS,
        base="https://host/admin/v1",
        caller=Caller("me"),
        request_id="r1",
        limits=Limits(),
    )


def test_preconditions_travel_as_sent(read: Reader) -> None:
    request = read("GET", "/Users/1", if_match='W/"7"', if_none_match="*")
    assert (request.if_match, request.if_none_match) == ('W/"7"', "*")


def test_where_the_request_comes_from_is_kept(read: Reader, person: ResourceType) -> None:
    request = read("GET", "/Users/1", dialect=RFC, caller=Caller("someone"))
    assert (request.base, request.caller.subject, request.request_id) == ("https://host/scim/v2", "someone", "r1")
    assert request.type is person
