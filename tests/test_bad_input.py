"""Whatever comes in: a SCIM Error with a 4xx status and a cure, in the envelope of its dialect; never a 500, never a wrong result."""

from __future__ import annotations

import json
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from tests.raw import ACTION, IDCS, NEVIS, PATCH_OP, RFC, ROOTS, SEARCH, STORED, USER, check_calm, check_error, send


@pytest.fixture
def places() -> list[tuple[str, str]]:
    """Every method and address that takes a body, with an id that exists."""
    return [
        *(("POST", kind) for kind in (*STORED, ACTION)),
        *((method, f"{kind}/u-1001") for kind in STORED if kind != "/UserDbCredentials" for method in ("PUT", "PATCH")),
        *(("POST", f"{kind}/.search") for kind in (*STORED, "")),
        ("POST", "/Bulk"),
    ]


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"userName": "x"',
    "no JSON": b"userName=x",
    "an array": b"[]",
    "an array of itself": b'[{"userName": "x"}]',
    "a string": b'"x"',
    "null": b"null",
    "a number": b"1",
    "NaN": b'{"active": NaN}',
    "Infinity": b'{"active": Infinity}',
    "-Infinity": b'{"active": -Infinity}',
    "invalid UTF-8": b'{"userName": "\xff\xfe"}',
    "overlong UTF-8": b'{"userName": "\xc0\xaf"}',
    "UTF-16": '{"userName": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"userName": "x"}',
    "a raw NUL": b'{"userName": "a\x00b"}',
    "an escaped NUL": rb'{"userName": "a\u0000b"}',
    "an escaped NUL in a name": rb'{"a\u0000b": 1}',
    "half a surrogate pair": rb'{"userName": "\ud800"}',
    "halves the wrong way round": rb'{"userName": "\udc00\ud800"}',
    "a raw line end": b'{"userName": "a\nb"}',
    "a comment": b'{/* x */"userName": "x"}',
    "single quotes": b"{'userName': 'x'}",
    "a comma too many": b'{"userName": "x",}',
    "two objects": b"{}{}",
    "depth 11": deep(11),
    "depth 10,000": deep(10_000),
    "arrays 10,000 deep": b"[" * 10_000 + b"]" * 10_000,
    "brackets that never close": b'{"a":' + b"[" * 100_000,
    "brackets in a string that never ends": b'{"a":"' + b"[" * 100_000,
    "a number of 10,000 digits": b'{"active": ' + b"9" * 10_000 + b"}",
    "a huge exponent": b'{"active": 1e999999}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_no_resource(world: Any, places: Any, name: str) -> None:
    for root, (method, path) in product(ROOTS, places):
        answer = await send(world, method, root + path, BODIES[name], {"content-type": "application/scim+json"})
        check_error(world, root, answer)
        assert answer.status == 400 or (answer.status == 404 and "Credentials/" in path), (method, path, answer.body)


WRONG_TYPES: list[Any] = [
    1, 1.5, True, "x", "", [], ["x"], [[]], [1], {}, {"x": 1}, [{}], [{"value": 1}], [{"value": []}], [None], -1e300,
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_values_of_every_wrong_type_at_every_attribute(world: Any, root: str) -> None:
    """A user with one wrong value each; those that are right after all create somebody, which is no error either."""
    names = ["userName", "name", "name.givenName", "emails", "phoneNumbers", "addresses", "active", "displayName", "externalId",
             "title", "password", "preferredLanguage", "groups", "meta", "id", "schemas", NEVIS, f"{NEVIS}:validTo",
             f"{NEVIS}:properties"]  # fmt: skip
    for number, (name, value) in enumerate((name, value) for name in names for value in WRONG_TYPES):
        body = {
            "schemas": [USER], "userName": f"w{number}", "name": {"familyName": "W"}, "emails": [{"value": f"w{number}@x.org"}],
            name: value,
        }  # fmt: skip
        answer = await send(world, "POST", f"{root}/Users", json.dumps(body).encode())
        if answer.status == 201:
            check_calm(world, answer)
        else:
            check_error(world, root, answer)
        for op in ("add", "replace", "remove"):
            edit = {"schemas": [PATCH_OP], "Operations": [{"op": op, "path": name, "value": value}]}
            answer = await send(world, "PATCH", f"{root}/Users/u-1002", json.dumps(edit).encode())
            if answer.status == 200:
                check_calm(world, answer)
            else:
                check_error(world, root, answer)


OPERATIONS: list[Any] = [
    None, {}, "x", 1, [None], [1], [[]], [{}], [{"op": 1}], [{"op": "move", "path": "title", "value": "x"}], [{"op": "replace"}],
    [{"op": "replace", "value": None}], [{"op": "replace", "value": []}], [{"op": "remove"}], [{"op": "remove", "path": "userName"}],
    [{"op": "add", "path": "meta.created", "value": "x"}], [{"op": "replace", "path": 1, "value": "x"}],
]  # fmt: skip
WRONG_PATHS = [
    "",
    "no.such",
    "nothing",
    "emails[",
    "emails[type eq]",
    "emails[" * 1000,
    "(" * 10_000,
    "x" * 100_000,
    "urn:x:y",
    "id",
]
PATCHES: list[Any] = [
    *({}, {"Operations": []}, {"schemas": [PATCH_OP]}, {"schemas": PATCH_OP, "Operations": []}),
    *({"schemas": [PATCH_OP], "Operations": each} for each in OPERATIONS),
    *({"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": path, "value": "x"}]} for path in WRONG_PATHS),
    {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": 'emails[type eq "home"].value', "value": 1}]},
]


@pytest.mark.parametrize("root", ROOTS)
async def test_patches_that_mean_nothing(world: Any, root: str) -> None:
    for patch in PATCHES:
        answer = await send(world, "PATCH", f"{root}/Users/u-1001", json.dumps(patch).encode())
        check_error(world, root, answer, 400)


MEDIA = [
    "", " ", "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/json; charset=latin-1", "application/json;charset=utf-16",
    "application/jsonx", "application/json, text/plain", "*/*", "json", ";", "\xff",
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_media_types_that_are_not_json(world: Any, places: Any, root: str) -> None:
    for method, path in places:
        for media in MEDIA:
            answer = await send(world, method, root + path, b'{"userName": "x"}', {"content-type": media})
            check_error(world, root, answer, 415, "GW102")


@pytest.mark.parametrize("root", ROOTS)
async def test_a_body_over_the_limit_however_it_comes(make_world: Any, places: Any, root: str) -> None:
    from gateway.settings.limits import LimitSettings

    world = await make_world(3, limits=LimitSettings(body_bytes=1000))
    for method, path in places:
        whole = b'{"a":"' + b"x" * 1000 + b'"}'
        for body, headers in (
            (whole, {"content-length": str(len(whole))}),
            ([whole[:500], whole[500:]], {}),
            ([b" "] * 1001, {}),
            (b"{}", {"content-length": "9" * 30}),
        ):
            if path == "/Bulk" and body != b"{}":  # whose own limit is larger
                continue
            answer = await send(world, method, root + path, body, {"content-type": "application/json", **headers})
            check_error(world, root, answer, 413, "GW103")


# Addresses

IDS = [
    "nobody", "u-1001x", "%2F", "a%2Fb", "..", "%2e%2e", "%2E%2E%2Fclients", ".", "%00", "u-1001%00", "%ff",
    "%c0%af", "a%5Cb", "%0d%0aX:y", "%25", "%", "%zz", "~", "a~b", "~~~", "u-1001~", "~db-1001", "x" * 10_000,
    quote("ü" * 300), "%F0%9F%98%80", "u-1001;x=1", "*", "{client}", "{user.extId}", "u-1001%20", "%20", "null", "0",
    "-1", "u-1001,u-1002", "%3Fx", "%23",
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("kind", STORED)
async def test_ids_of_nobody(world: Any, root: str, kind: str) -> None:
    world.box.journal.on = True
    before = world.box.store.connection.total_changes
    bodies = {
        "GET": b"",
        "DELETE": b"",
        "PATCH": json.dumps(
            {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
        ).encode(),
    }
    for method, body in bodies.items():
        for each in IDS:
            answer = await send(world, method, f"{root}{kind}/{each}", body)
            check_error(world, root, answer)
            assert answer.status in (404, 400, 405) or (root, answer.status) == (RFC, 501), (method, each, answer.body)
            if method != "PATCH":
                assert answer.status in (404, 405), (method, each, answer.body)
    assert world.box.store.connection.total_changes == before


PLACES = [
    "", "/", "/Nothing", "/Users/u-1001/name", "/Users/u-1001/", "/Users//u-1001", "/Users/.search/x",
    "/%55sers/x/y", "/Users%00", "/%ff", "/.search/x", "/Users%2Fu-1001", "//Users", "/../Users/x/y",
    "/Schemas/none", "/ResourceTypes/none", "/x" * 500, "/Bulk/x", "/ServiceProviderConfig/x", "/" + "U" * 5000,
    "/PasswordAuthenticator/x", "/PasswordAuthenticator/.search", "/Me/x",
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get", "", "é"]
)
async def test_addresses_and_methods_that_are_not_there(world: Any, root: str, method: str) -> None:
    for place in PLACES:
        answer = await send(
            world, method, root + place, b'{"schemas":["x"]}' if method in ("POST", "PUT", "PATCH") else b""
        )
        check_calm(world, answer)
        if not 200 <= answer.status < 400:
            check_error(world, root, answer)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("kind", [*STORED, ACTION])
async def test_wrong_methods_say_which_are_right(world: Any, root: str, kind: str) -> None:
    for place in ("", "/u-1001", "/.search"):
        offered: set[str] = set()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            answer = await send(world, method, f"{root}{kind}{place}", b"{}" if method[0] == "P" else b"")
            check_calm(world, answer)
            if answer.status in (405, 501):
                check_error(world, root, answer, code="GW116")
                offered |= set(answer.headers.get("allow", "").replace(" ", "").split(",")) - {""}
                assert method not in offered


@pytest.mark.parametrize(
    "path", ["", "/", "/admin", "/admin/v2/Users", "/scim/v1/Users", "/Users", "/favicon.ico", "/admin/v1x", "/%0a"]
)
async def test_addresses_outside_of_every_dialect(world: Any, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        check_error(world, IDCS, await send(world, method, path), 404, "GW115")


async def test_an_address_in_other_spelling_is_the_same_address(world: Any) -> None:
    for path in (
        "/%61dmin/v1/Users/u-1001",
        "/admin/%76%31/Users/u-1001",
        "/admin%2Fv1/Users/u-1001",
        "/scim/v2/%55sers/u-1001",
    ):
        answer = await send(world, "GET", path)
        check_calm(world, answer)
        assert answer.status in (200, 404)


# Questions

FILTERS = [
    "", " ", "x", "userName", "userName eq", "userName eq x", "userName eq 'x'", 'userName == "x"', 'userName eq "x',
    'userName eq "x" and', 'userName eq "x" or or userName pr', "and", "not", "not userName pr", "(", ")", "()",
    "(userName pr", "userName pr)", "[", "]", "emails[", "emails[]", "emails[type]", "emails[emails[type pr]]",
    "userName[x pr]", "name eq \"x\"", "nobody pr", "name.nobody pr", "urn:x:y:z pr", 'active gt true',
    'active eq "yes"', 'active co "t"', "userName eq 1", "userName eq true", 'meta.created eq "today"',
    'meta.created co "2"', 'meta.created gt "2024-01-01T00:00:00"', 'meta.created gt "2024-13-01T00:00:00Z"',
    'userName xx "x"', 'userName eq "\\x"', 'userName eq "\\ud800"', 'password eq "x"', "password pr",
    'userName eq "x" extra', "userName pr pr", 'userName.x eq "y"', "1 eq 1", '"x" eq userName', "userName eq NaN",
    "userName gt null", "a" * 9000 + " pr", " or ".join(["userName pr"] * 501),
    "(" * 10_000 + "userName pr" + ")" * 10_000, "not (" * 10_000, 'userName eq "' + "x" * 8_192 + '"',
    "userName eq 1" + "0" * 5000, "userName eq 1e99999", "\x00", 'userName eq "\x00"', 'userName eq "\n"',
    "userName\u00a0pr", "ｕserName pr", "userName pr ; userName pr", "userName eq \u201cx\u201d", "$ref pr", "*",
    "userName eq {client}", "%",
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_filters_that_mean_nothing(world: Any, root: str) -> None:
    for each in FILTERS:
        posted = json.dumps({"schemas": [SEARCH], "filter": each}).encode()
        short = len(quote(each)) < 16_000
        answers = [await send(world, "POST", f"{root}/Users/.search", posted)]
        answers += [await send(world, "GET", f"{root}/Users?filter={quote(each, safe='')}")] if short else []
        for answer in answers:
            if answer.status == 200:
                assert 500 < len(each) < 10_000 or each.startswith(" or "), each[
                    :50
                ]  # what GET refuses for its size, POST may take
                continue
            check_error(world, root, answer, 400)
            if root == RFC:
                assert answer.json["scimType"] in ("invalidFilter", "invalidSyntax"), (each[:60], answer.body)


async def test_an_address_that_is_too_long_names_the_way_out(world: Any) -> None:
    for root in ROOTS:
        answer = await send(world, "GET", f"{root}/Users?filter={'x' * 20_000}")
        check_error(world, root, answer, 414, "GW120")
        assert ".search" in answer.json["detail"]


PARAMETERS = [
    "count=x", "count=1.5", "count=%00", "count=" + "9" * 100, "count=1&count=2", "startIndex=x", "startIndex=1e3",
    "startIndex=٣", "sortOrder=up", "sortOrder=", "sortBy=nothing", "sortBy=(", "sortBy=" + "x" * 9000,
    "sortBy=password", "sortBy=name", "attributes=(", "attributes=emails[", "attributes=%00",
    "attributes=" + ",".join(["userName"] * 501), "excludedAttributes=emails[type%20pr]", "attributeSets=some",
    "filter=a&filter=b", "filter=%ff", "%ff=1", "&".join(f"p{n}=1" for n in range(200)), "count=%C2%B2",
    "attributes=" + "a." * 3000, "filter=userName%20pr%00",
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_parameters_with_impossible_values(world: Any, root: str) -> None:
    for each in PARAMETERS:
        answer = await send(world, "GET", f"{root}/Users?{each}")
        if answer.status == 200:
            assert each in ("sortOrder=", "attributes=" + "a." * 3000, "attributes=%00"), each
            check_calm(world, answer)
        else:
            check_error(world, root, answer, 400)


async def test_parameters_that_nobody_knows_change_nothing(world: Any) -> None:
    for root in ROOTS:
        plain = await send(world, "GET", f"{root}/Users?count=2")
        odd = await send(world, "GET", f"{root}/Users?count=2&unknown=1&=&&x&offset=40&userState=archived")
        assert (odd.status, odd.json) == (200, plain.json)


SEARCHES: list[Any] = [
    {}, {"schemas": []}, {"schemas": [SEARCH], "filter": 1}, {"schemas": [SEARCH], "filter": ["x"]},
    {"schemas": [SEARCH], "count": "x"}, {"schemas": [SEARCH], "count": 1.5}, {"schemas": [SEARCH], "count": True},
    {"schemas": [SEARCH], "count": [1]}, {"schemas": [SEARCH], "startIndex": {}},
    {"schemas": [SEARCH], "attributes": {}}, {"schemas": [SEARCH], "attributes": [1]},
    {"schemas": [SEARCH], "sortBy": []}, {"schemas": [SEARCH], "sortOrder": "up"}, {"schemas": {"x": 1}},
    {"schemas": [USER]},
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_search_bodies_that_mean_nothing(world: Any, root: str) -> None:
    for each in SEARCHES:
        answer = await send(world, "POST", f"{root}/Users/.search", json.dumps(each).encode())
        check_error(world, root, answer, 400)


async def test_a_name_given_twice_never_makes_two_of_it(world: Any) -> None:
    """Which of two members counts is JSON's open question; that only one does is not."""
    body = (
        b'{"schemas":["%s"],"userName":"one","userName":"two","name":{"familyName":"F"},"emails":[{"value":"t@x.org"}]}'
        % USER.encode()
    )
    for root in ROOTS:
        answer = await send(world, "POST", f"{root}/Users", body)
        check_calm(world, answer)
        assert answer.status in (201, 400, 409)
        twice = body.replace(b'"userName":"two"', b'"USERNAME":"two"')
        check_error(world, root, await send(world, "POST", f"{root}/Users", twice), 400)


# Headers

HEADERS: list[dict[str, str]] = [
    {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer "},
    {"authorization": "Basic eDp5"}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer \xff\xfe"},
    {"authorization": "bearer  caller-token  x"}, {"authorization": "Bearer " + "x" * 10_000},
    {"resource_type_schema_version": "x"}, {"resource_type_schema_version": "-1"},
    {"resource_type_schema_version": "0"}, {"x-token": "\xff"}, {"x-token": "x" * 10_000}, {"x-token": "a b\tc"},
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_headers_that_mean_nothing(world: Any, root: str) -> None:
    for headers in HEADERS:
        answer = await send(world, "GET", f"{root}/Users/u-1001", headers=headers)
        check_error(world, root, answer)
        assert answer.status in (400, 401, 403), headers


HARMLESS: list[dict[str, str]] = [
    {"x-request-id": "\r\nSet-Cookie: x"}, {"x-request-id": "x" * 5000}, {"opc-request-id": "é"}, {"host": ""}, {"host": "a\xffb"},
    {"accept": "text/html"}, {"content-length": "x"}, {"content-length": "\xb2"}, {"content-length": "-1"}, {"content-length": ""},
    {"if-none-match": "("}, {"if-match": '"x'}, {"prefer": "return=x"}, {"x-forwarded-for": "\xff"}, {"accept-encoding": "x"},
    {"range": "bytes=0-1"}, {"expect": "x"},
]  # fmt: skip


@pytest.mark.parametrize("root", ROOTS)
async def test_headers_that_are_odd_but_harmless(world: Any, root: str) -> None:
    for headers in HARMLESS:
        answer = await send(world, "GET", f"{root}/Users/u-1001", headers=headers)
        check_calm(world, answer)
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())


async def test_a_required_value_that_is_empty_is_missing(world: Any) -> None:
    """Found by schemathesis: an empty text is "not there" (RFC 7643 section 2.5), so a call would have had a hole."""
    role = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:AppRole"], "displayName": "A", "app": {"value": ""}}
    for root in (IDCS, RFC):
        refused = await world.send("POST", f"{root}/AppRoles", role)
        assert refused.status_code == 400
        assert "app.value" in refused.json()["detail"]
