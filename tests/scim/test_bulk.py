"""A bulk as a value: what is refused whole, where bulkIds stand, and in which order its operations are run."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.scim.body import Limits
from gateway.scim.bulk import (
    BULK_REQUEST,
    BULK_RESPONSE,
    BulkOperation,
    BulkOutcome,
    BulkRequest,
    bulk_reply,
    is_bulk,
    read_bulk,
)
from gateway.scim.bulk_order import order
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.question import Question
from gateway.scim.request import Caller

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def question(body: Any, dialect: Dialect = RFC, method: str = "POST") -> Question:
    sent = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = {"content-type": "application/scim+json"}
    base = f"https://host{dialect.root}"
    return Question(method, "/Bulk", "", headers, sent, {}, dialect, base, Caller("me"), "r1", Limits())


def read(*operations: Any, dialect: Dialect = RFC, **more: Any) -> BulkRequest:
    return read_bulk(question({"schemas": [BULK_REQUEST], "Operations": list(operations), **more}, dialect))


def refused(body: Any, dialect: Dialect = RFC, method: str = "POST") -> ScimError:
    with pytest.raises(ScimError) as info:
        read_bulk(question(body, dialect, method))
    return info.value


def post(path: str = "/Users", bulk_id: str | None = None, **data: Any) -> dict[str, Any]:
    return {"method": "POST", "path": path, "data": data} | ({"bulkId": bulk_id} if bulk_id else {})


def patch(path: str, *edits: Any) -> dict[str, Any]:
    return {"method": "PATCH", "path": path, "data": {"schemas": [PATCH_OP], "Operations": list(edits)}}


def delete(path: str) -> dict[str, Any]:
    return {"method": "DELETE", "path": path}


@pytest.mark.parametrize(("tail", "is_one"), [("/Bulk", True), ("/bulk/", True), ("/Bulk/1", False), ("/Users", False)])
def test_one_address_is_the_bulk_endpoint(tail: str, is_one: bool) -> None:
    assert is_bulk(tail) is is_one


def test_operations_are_read_in_order_with_members_in_any_case() -> None:
    batch = read(
        {"METHOD": "post", "Path": "/Users", "bulkid": "a", "data": {"userName": "x"}},
        {"method": "PUT", "path": "/Users/1", "version": 'W/"3"', "data": {}},
        {"method": "DELETE", "path": "/Users/2", "data": "is not looked at"},
        failonerrors=2,
    )
    assert batch == BulkRequest(
        (
            BulkOperation("POST", "/Users", "a", None, {"userName": "x"}),
            BulkOperation("PUT", "/Users/1", None, 'W/"3"', {}),
            BulkOperation("DELETE", "/Users/2"),
        ),
        fail_on_errors=2,
    )


def test_a_bulk_without_operations_is_one() -> None:
    assert read() == BulkRequest(())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Operations": []}, "schemas"),
        ({"schemas": [PATCH_OP], "Operations": []}, "schemas"),
        ({"schemas": [BULK_REQUEST]}, "Operations"),
        ({"schemas": [BULK_REQUEST], "Operations": {}}, "Operations"),
        ({"schemas": [BULK_REQUEST], "Operations": ["x"]}, "Operations[0]"),
        ({"schemas": [BULK_REQUEST], "Operations": [delete("/Users/1"), {"path": "/Users"}]}, "Operations[1].method"),
        ({"schemas": [BULK_REQUEST], "Operations": [{"method": "GET", "path": "/Users"}]}, "Operations[0].method"),
        ({"schemas": [BULK_REQUEST], "Operations": [{"method": ["POST"], "path": "/Users"}]}, "Operations[0].method"),
        ({"schemas": [BULK_REQUEST], "Operations": [{"method": "DELETE"}]}, "Operations[0].path"),
        ({"schemas": [BULK_REQUEST], "Operations": [{"method": "DELETE", "path": ""}]}, "Operations[0].path"),
        ({"schemas": [BULK_REQUEST], "Operations": [{"method": "POST", "path": "/Users"}]}, "Operations[0].data"),
        ({"schemas": [BULK_REQUEST], "Operations": [{**post(), "data": []}]}, "Operations[0].data"),
        ({"schemas": [BULK_REQUEST], "Operations": [{**post(), "bulkId": 7}]}, "Operations[0].bulkId"),
        ({"schemas": [BULK_REQUEST], "Operations": [{**delete("/U/1"), "version": 7}]}, "Operations[0].version"),
        ({"schemas": [BULK_REQUEST], "Operations": [post(bulk_id="a"), post(bulk_id="a")]}, "Operations[1].bulkId"),
        ({"schemas": [BULK_REQUEST], "Operations": [], "failOnErrors": "1"}, "failOnErrors"),
        ({"schemas": [BULK_REQUEST], "Operations": [], "failOnErrors": True}, "failOnErrors"),
        ({"schemas": [BULK_REQUEST], "Operations": [], "failOnErrors": -1}, "failOnErrors"),
    ],
)
def test_what_is_no_bulk_request_is_refused_whole_and_says_where(body: Any, said: str) -> None:
    error = refused(body)
    assert (error.status, error.scim_type, error.code.code) == (400, "invalidSyntax", "GW101")
    assert said in error.detail


def test_only_post_is_offered() -> None:
    error = refused({}, method="GET")
    assert (error.status, error.allow) == (405, ("POST", "OPTIONS"))


@pytest.mark.parametrize(("dialect", "most"), [(IDCS, 50), (RFC, 1000)])
def test_each_dialect_bounds_the_operations(dialect: Dialect, most: int) -> None:
    assert len(read(*[delete("/Users/1")] * most, dialect=dialect).operations) == most
    body = {"schemas": [BULK_REQUEST], "Operations": [delete("/Users/1")] * (most + 1)}
    assert (refused(body, dialect).status, refused(body, dialect).code.code) == (413, "GW103")


@pytest.mark.parametrize(("dialect", "most"), [(IDCS, 1_048_576), (RFC, 4_194_304)])
def test_each_dialect_bounds_the_bytes(dialect: Dialect, most: int) -> None:
    body = orjson.dumps({"schemas": [BULK_REQUEST], "Operations": []})
    assert read_bulk(question(body + b" " * (most - len(body)), dialect)) == BulkRequest(())
    assert refused(body + b" " * (most + 1 - len(body)), dialect).status == 413


def test_a_resource_may_be_as_deep_in_a_bulk_as_by_itself() -> None:
    data: Any = "leaf"
    for _ in range(Limits().body_depth):
        data = {"a": data}
    assert read({"method": "POST", "path": "/Users", "data": data}).operations[0].data == data
    deeper = {"schemas": [BULK_REQUEST], "Operations": [{"method": "POST", "path": "/Users", "data": {"a": data}}]}
    assert refused(deeper).code.code == "GW118"


def test_zero_accepted_errors_end_at_the_first_as_one_does() -> None:
    assert read(failOnErrors=0).fail_on_errors == read(failOnErrors=1).fail_on_errors == 1


@pytest.mark.parametrize(
    ("operation", "meant"),
    [
        (post(user={"value": "bulkId:a"}), post(user={"value": "i/1"})),
        (post(members=[{"value": "bulkId:a"}, {"value": "2"}]), post(members=[{"value": "i/1"}, {"value": "2"}])),
        (post(**{"$ref": "../Users/bulkId:a"}), post(**{"$ref": "../Users/i%2F1"})),
        (delete("/Users/bulkId:a"), delete("/Users/i%2F1")),
        (
            patch("/Users/1", {"op": "remove", "path": 'members[value eq "bulkId:a"]'}),
            patch("/Users/1", {"op": "remove", "path": 'members[value eq "i/1"]'}),
        ),
        (
            patch("/Users/1", {"op": "add", "path": "members", "value": [{"value": "bulkId:a"}]}),
            patch("/Users/1", {"op": "add", "path": "members", "value": [{"value": "i/1"}]}),
        ),
    ],
)
def test_a_bulk_id_becomes_the_id_wherever_it_may_stand(operation: Any, meant: Any) -> None:
    found, wanted = read(operation, meant).operations
    assert found.refers == {"a"}
    assert wanted.refers == frozenset()
    assert found.resolved({"a": "i/1"}) == wanted


def test_quotes_in_an_id_stay_inside_the_filter() -> None:
    edit = {"op": "remove", "path": 'members[value eq "bulkId:a"]'}
    resolved = read(patch("/Users/1", edit)).operations[0].resolved({"a": 'x"] or [y eq "'})
    assert resolved.data is not None
    assert resolved.data["Operations"][0]["path"] == 'members[value eq "x\\"] or [y eq \\""]'


@pytest.mark.parametrize("text", ["see bulkId:a", "bulkid:a", "Bulk Id:a", "bulkId:"])
def test_a_text_that_only_mentions_a_bulk_id_is_left_alone(text: str) -> None:
    operation = read(post(displayName=text)).operations[0]
    assert operation.refers == frozenset()
    assert operation.resolved({"a": "1"}) == operation


def test_no_value_of_a_bulk_is_printed() -> None:
    batch = read(post(password="s3cret"))
    assert "s3cret" not in repr(batch) + repr(question({"a": "s3cret"}))


@pytest.mark.parametrize(("dialect", "status"), [(IDCS, 201), (RFC, 200)])
def test_the_answer_has_what_was_done_in_order_and_statuses_as_strings(dialect: Dialect, status: int) -> None:
    made, gone, failed = (
        (BulkOperation("POST", "/Users", "a"), BulkOutcome(201, "https://h/Users/1", 'W/"1"', "1")),
        (BulkOperation("DELETE", "/Users/2"), BulkOutcome(204, "https://h/Users/2")),
        (BulkOperation("POST", "/Users", "b"), BulkOutcome(400, response=b'{"status":"400"}')),
    )
    reply = bulk_reply([made, gone, failed], dialect)
    assert reply.status == status
    assert dict(reply.headers)["Content-Type"] == dialect.media_type
    assert orjson.loads(reply.body or b"") == {
        "schemas": [BULK_RESPONSE],
        "Operations": [
            {
                "location": "https://h/Users/1",
                "method": "POST",
                "bulkId": "a",
                "version": 'W/"1"',
                "status": "201",
            },
            {"location": "https://h/Users/2", "method": "DELETE", "status": "204"},
            {"method": "POST", "bulkId": "b", "status": "400", "response": {"status": "400"}},
        ],
    }
    assert [each.failed for _, each in (made, gone, failed)] == [False, False, True]


def stages(*operations: Any) -> list[dict[int, set[int]]]:
    return [
        {each: set(before) for each, before in stage.items()} for stage in order(read(*operations).operations).stages
    ]


def test_equal_operations_on_different_resources_run_side_by_side() -> None:
    assert stages(post(), post(), post()) == [{0: set(), 1: set(), 2: set()}]
    assert stages(delete("/Users/1"), delete("/users/2")) == [{0: set(), 1: set()}]


def test_operations_on_one_resource_keep_their_order() -> None:
    assert stages(patch("/Users/1"), patch("/Users/2"), patch("/users/1/")) == [{0: set(), 1: set(), 2: {0}}]


def test_another_method_or_type_waits_for_what_came_before() -> None:
    found = stages(delete("/Users/1"), post(), post("/Groups"), delete("/Groups/1"))
    assert found == [{0: set()}, {1: set()}, {2: set()}, {3: set()}]


def test_what_is_referred_to_comes_first_wherever_it_stands() -> None:
    assert stages(post("/Cards", user="bulkId:u"), post(bulk_id="u")) == [{1: set(), 0: {1}}]
    assert stages(delete("/Users/bulkId:u"), post(bulk_id="u")) == [{1: set()}, {0: set()}]


def test_people_and_their_cards_in_turn_are_one_stretch() -> None:
    found = stages(
        post(bulk_id="a"), post("/Cards", user="bulkId:a"), post(bulk_id="b"), post("/Cards", user="bulkId:b")
    )
    assert found == [{0: set(), 1: {0}, 2: set(), 3: {2}}]


@pytest.mark.parametrize(
    ("operations", "circular"),
    [
        ([post(bulk_id="a", x="bulkId:a")], {0}),
        ([post(bulk_id="a", x="bulkId:b"), post(), post(bulk_id="b", x="bulkId:a")], {0, 2}),
        ([post(x="bulkId:a"), post(bulk_id="a", x="bulkId:b"), post(bulk_id="b", x="bulkId:a")], {0, 1, 2}),
        ([post(x="bulkId:nobody")], set()),
    ],
)
def test_circles_are_found_and_keep_their_place(operations: list[Any], circular: set[int]) -> None:
    found = order(read(*operations).operations)
    assert found.circular == circular
    assert [index for stage in found.stages for index in stage] == list(range(len(operations)))


@st.composite
def batches(draw: st.DrawFn) -> list[BulkOperation]:
    count = draw(st.integers(0, 12))
    names = [str(index) for index in range(count)]
    return [
        BulkOperation(
            draw(st.sampled_from(("POST", "PATCH", "DELETE"))),
            draw(st.sampled_from(("/Users/1", "/Users/2", "/Groups/1"))),
            name,
            refers=draw(st.frozensets(st.sampled_from(names), max_size=2)),
        )
        for name in names
    ]


@given(batches())
def test_every_operation_has_its_turn_after_what_it_refers_to_and_after_earlier_ones_on_its_resource(
    operations: list[BulkOperation],
) -> None:
    found = order(operations)
    done: set[int] = set()
    turns = [index for stage in found.stages for index in stage]
    assert sorted(turns) == list(range(len(operations)))
    for stage in found.stages:
        over: set[int] = set()
        for index, before in stage.items():
            assert before <= over
            if index not in found.circular:
                assert {int(name) for name in operations[index].refers} <= done | before
            over.add(index)
        done |= over
    follows = {index: {*before} for stage in found.stages for index, before in stage.items()}
    stage_of = {index: number for number, stage in enumerate(found.stages) for index in stage}
    for index, other in ((turns[a], turns[b]) for a in range(len(turns)) for b in range(a + 1, len(turns))):
        same = operations[index].path == operations[other].path and operations[index].method == operations[other].method
        if same and operations[index].method != "POST" and stage_of[index] == stage_of[other]:
            assert index in _all_before(other, follows)


def _all_before(index: int, follows: dict[int, set[int]]) -> set[int]:
    found = set(follows[index])
    for each in follows[index]:
        found |= _all_before(each, follows)
    return found


@pytest.mark.parametrize("dialect", [IDCS, RFC])
def test_a_path_may_repeat_the_root_or_our_own_address(dialect: Dialect) -> None:
    for root in ("", dialect.root, f"https://host{dialect.root}"):
        operations = read(post(f"{root}/Users", "a"), delete(f"{root}/Users/bulkId:a"), dialect=dialect).operations
        assert [each.path for each in operations] == ["/Users", "/Users/bulkId:a"]
        assert operations[1].refers == {"a"}


@pytest.mark.parametrize(
    "path", ["https://other/scim/v2/Users/1", "HTTP://host/Users", "https://host.evil/scim/v2/Users"]
)
def test_an_address_of_another_server_is_refused_with_the_cure(path: str) -> None:
    error = refused({"schemas": [BULK_REQUEST], "Operations": [delete(path)]})
    assert error.code.code == "GW101"
    assert "/Users/<id>" in error.detail
