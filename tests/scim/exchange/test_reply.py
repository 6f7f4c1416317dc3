import dataclasses
from typing import Any

import orjson
import pytest

from gateway.errors import BadRequest, Denied, Refused, ScimError, Unavailable
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.reply import ERROR, ORACLE_ERROR, Reply, error_reply, list_reply, no_content, reply_to, resource_reply
from gateway.scim.request import Caller, ScimRequest, Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
BOTH = dataclasses.replace(IDCS, envelope="both")


def request(kind: ResourceType, dialect: Dialect = RFC, **fields: Any) -> ScimRequest:
    base = f"https://host{dialect.root}"
    return ScimRequest("get", kind, dialect, base, Caller("me"), "r1", **fields)


def body(reply: Reply) -> Any:
    assert reply.body is not None
    return orjson.loads(reply.body)


def header(reply: Reply, name: str) -> str | None:
    found = [value for key, value in reply.headers if key == name]
    assert len(found) < 2
    return found[0] if found else None


def test_a_resource_has_location_entity_tag_and_the_dialects_media_type(person: ResourceType) -> None:
    reply = resource_reply({"id": "1", "userName": "a", "meta": {"version": 7}}, request(person), 201)
    assert reply.status == 201
    assert header(reply, "Content-Type") == "application/scim+json"
    assert header(reply, "Location") == "https://host/scim/v2/Users/1"
    assert header(reply, "ETag") == 'W/"7"'
    shown = body(reply)
    assert shown["schemas"] == [CORE]
    assert shown["meta"] == {"resourceType": "User", "version": 'W/"7"', "location": "https://host/scim/v2/Users/1"}


def test_a_narrowed_answer_keeps_its_headers(person: ResourceType) -> None:
    narrow = request(person, IDCS, wanted=Wanted(include=(Attr("userName"),)))
    reply = resource_reply({"id": "1", "userName": "a", "displayName": "b", "meta": {"version": 7}}, narrow, 200)
    assert body(reply) == {"id": "1", "userName": "a"}
    assert header(reply, "ETag") == 'W/"7"'
    assert header(reply, "Location") == "https://host/admin/v1/Users/1"
    assert header(reply, "Content-Type") == "application/json;charset=utf-8"


def test_nothing_secret_leaves_whatever_a_mapping_shows(person: ResourceType) -> None:
    reply = resource_reply({"id": "1", "password": "s3cret", "pin": "s3cret", "odd": "s3cret"}, request(person), 200)
    assert b"s3cret" not in (reply.body or b"")


def test_an_actions_answer_has_neither_address_nor_tag(action: ResourceType) -> None:
    reply = resource_reply({"id": "1", "mappingAttribute": "userName"}, request(action, IDCS), 201)
    assert body(reply) == {"schemas": [action.schema], "id": "1", "mappingAttribute": "userName"}
    assert header(reply, "Location") is None
    assert header(reply, "ETag") is None


@pytest.mark.parametrize(("dialect", "per_page"), [(IDCS, 50), (RFC, 1)])
def test_a_list_has_its_members_in_order(person: ResourceType, dialect: Dialect, per_page: int) -> None:
    page = request(person, dialect, start_index=11, count=50)
    reply = list_reply([{"id": "1", "userName": "a"}], 31, page)
    text = body(reply)
    assert list(text) == ["schemas", "totalResults", "Resources", "startIndex", "itemsPerPage"]
    assert text["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert (text["totalResults"], text["startIndex"], text["itemsPerPage"]) == (31, 11, per_page)
    assert text["Resources"][0]["meta"]["location"].endswith("/Users/1")


def test_an_empty_list_is_a_list(person: ResourceType) -> None:
    text = body(list_reply([], 0, request(person, IDCS)))
    assert (text["Resources"], text["totalResults"]) == ([], 0)


@dataclasses.dataclass
class Answer:
    status: int
    resource: dict[str, Any] | None = None
    resources: tuple[dict[str, Any], ...] | None = None
    total: int | None = None
    next_cursor: str | None = None
    finished: bool = False


def test_an_answer_becomes_the_reply_it_calls_for(person: ResourceType) -> None:
    asked = request(person)
    assert reply_to(Answer(200, resources=(), total=0), asked) == list_reply([], 0, asked)
    assert reply_to(Answer(201, resource={"id": "1"}), asked) == resource_reply({"id": "1"}, asked, 201)
    as_it_is = {"schemas": ["mine"], "id": "1", "odd": True, "meta": {"location": "https://host/elsewhere"}}
    assert body(reply_to(Answer(200, resource=as_it_is, finished=True), asked)) == as_it_is
    assert body(reply_to(Answer(200, resources=(as_it_is,), total=1, finished=True), asked))["Resources"] == [as_it_is]
    assert reply_to(Answer(204), asked) == no_content()


def test_no_content_is_empty() -> None:
    reply = no_content()
    assert (reply.status, reply.body, header(reply, "Content-Type")) == (204, None, None)


def test_no_reply_may_be_cached(person: ResourceType) -> None:
    for reply in (
        resource_reply({"id": "1"}, request(person), 200),
        no_content(),
        error_reply(BadRequest("GW101", "x"), IDCS),
    ):
        assert header(reply, "Cache-Control") == "no-cache, no-store, must-revalidate"
        assert header(reply, "Pragma") == "no-cache"
        assert header(reply, "Expires") == "Sat, 01 Jan 2000 00:00:00 GMT"
        assert header(reply, "X-Content-Type-Options") == "nosniff"


def test_the_idcs_envelope_has_the_oracle_extension_and_no_scim_type() -> None:
    detail = "Missing required attribute(s): mappingAttributeValue,password."
    reply = error_reply(BadRequest("GW112", detail), IDCS)
    assert reply.status == 400
    assert header(reply, "Content-Type") == "application/json"
    assert body(reply) == {
        "schemas": [ERROR, ORACLE_ERROR],
        "detail": detail,
        "status": "400",
        ORACLE_ERROR: {"messageId": "error.common.validation.missingReqAttributes"},
    }


def test_the_failure_of_a_password_check_has_data_only() -> None:
    error = Refused("GW407", "INVALID_CREDENTIALS", data={"csr": False, "tenantName": "t"})
    assert body(error_reply(error, IDCS)) == {
        "schemas": [ERROR, ORACLE_ERROR],
        "detail": "INVALID_CREDENTIALS",
        "status": "400",
        ORACLE_ERROR: {"additionalData": {"csr": False, "tenantName": "t"}},
    }


def test_without_extension_data_only_the_first_schema_is_listed() -> None:
    assert body(error_reply(Refused("GW407", "X"), IDCS)) == {"schemas": [ERROR], "detail": "X", "status": "400"}


def test_the_rfc_envelope_has_the_scim_type() -> None:
    reply = error_reply(BadRequest("GW109", "No such value.", data={"a": "b"}), RFC)
    assert header(reply, "Content-Type") == "application/scim+json"
    assert body(reply) == {"schemas": [ERROR], "scimType": "noTarget", "detail": "No such value.", "status": "400"}
    assert "scimType" not in body(error_reply(BadRequest("GW114", "No."), RFC))


def test_both_envelopes_in_one() -> None:
    text = body(error_reply(BadRequest("GW109", "x"), BOTH))
    assert (text["scimType"], text[ORACLE_ERROR]["messageId"]) == ("noTarget", "error.common.validation.noTarget")


def test_what_is_for_the_log_stays_there() -> None:
    error = Unavailable("GW501", "x", log={"call": "user.read", "code": "errors.secret"})
    for dialect in (IDCS, RFC, BOTH):
        assert b"errors.secret" not in (error_reply(error, dialect).body or b"")


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (Denied("GW301", "x"), "WWW-Authenticate", 'Bearer realm="scim"'),
        (BadRequest("GW116", "x", allow=("GET", "HEAD")), "Allow", "GET, HEAD"),
        (Unavailable("GW503", "x", retry_after=30), "Retry-After", "30"),
        (Unavailable("GW503", "x"), "Retry-After", "5"),
        (Denied("GW302", "x", status=429), "Retry-After", "5"),
        (Refused("GW402", "x"), "Proxy-Status", 'scim-gateway; details="GW402"'),
    ],
)
def test_errors_carry_the_headers_of_their_status(error: ScimError, name: str, value: str) -> None:
    assert header(error_reply(error, RFC), name) == value


def test_other_errors_carry_none_of_them() -> None:
    reply = error_reply(BadRequest("GW111", "x"), RFC)
    assert not {"WWW-Authenticate", "Allow", "Retry-After"} & {name for name, _ in reply.headers}
