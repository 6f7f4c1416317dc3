from typing import Any

import pytest

from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.edit import read_edits
from gateway.scim.finish import finish
from gateway.scim.intake import read_resource
from gateway.scim.project import project
from gateway.scim.request import Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.specified import with_specified

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

STORED: dict[str, Any] = {
    "id": "1",
    "userName": "bj",
    "badge": "b",
    "pin": "s3cret",
    "name": {"givenName": "B", "initials": "BJ"},
    "groups": [{"value": "g1"}],
    "meta": {"created": "2020-01-01T00:00:00.000Z"},
    NEVIS: {"unit": "100", "state": "active", "properties": {"a": "1", "b": "2"}},
}
"""What is there after the write, on request or not."""


def answered(wanted: Wanted, person: ResourceType, dialect: Dialect) -> dict[str, Any]:
    return project(finish(STORED, person, dialect, "https://host"), wanted, person, dialect)


def after_post(person: ResourceType, body: dict[str, Any], wanted: Wanted | None = None) -> dict[str, Any]:
    sent = read_resource({"schemas": [CORE], **body}, person, RFC, creating=True)
    return answered(with_specified(wanted or Wanted(), person, sent, ()), person, RFC)


def after_patch(person: ResourceType, *operations: dict[str, Any], dialect: Dialect = RFC) -> dict[str, Any]:
    edits = read_edits({"schemas": [PATCH_OP], "Operations": list(operations)}, person, dialect)
    return answered(with_specified(Wanted(), person, {}, edits), person, dialect)


def test_what_a_body_does_not_mention_stays_on_request(person: ResourceType) -> None:
    answer = after_post(person, {"userName": "bj", "name": {"givenName": "B"}, NEVIS: {"validTo": None}})
    assert answer == answered(Wanted(), person, RFC)
    assert "badge" not in answer
    assert answer["name"] == {"givenName": "B"}
    assert answer[NEVIS] == {"state": "active"}


@pytest.mark.parametrize(
    ("body", "urn", "name"),
    [
        ({"badge": "x"}, None, "badge"),
        ({NEVIS: {"unit": "7"}}, NEVIS, "unit"),
        ({NEVIS: {"properties": {"a": "1"}}}, NEVIS, "properties"),
    ],
)
def test_what_a_body_sets_is_in_the_answer_beside_the_default(
    person: ResourceType, body: dict[str, Any], urn: str | None, name: str
) -> None:
    answer = after_post(person, {"userName": "bj", **body})
    assert (answer[urn] if urn else answer)[name] == (STORED[urn] if urn else STORED)[name]
    assert answer["userName"] == "bj"
    assert answer["meta"]
    assert "groups" not in answer


def test_a_sub_attribute_counts_by_itself(person: ResourceType) -> None:
    assert after_post(person, {"name": {"initials": "X"}})["name"] == {"givenName": "B", "initials": "BJ"}
    edit = {"op": "replace", "path": "name", "value": {"initials": "X"}}
    assert after_patch(person, edit)["name"]["initials"] == "BJ"
    assert after_patch(person, {"op": "replace", "path": "name.initials", "value": "X"})["name"]["initials"] == "BJ"


def test_what_is_never_returned_is_not_returned_for_being_set(person: ResourceType) -> None:
    assert after_post(person, {"pin": "0000", "badge": "x"}).keys() & {"pin", "badge"} == {"badge"}


@pytest.mark.parametrize("dialect", [RFC, IDCS], ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        ({"op": "replace", "path": f"{NEVIS}:unit", "value": "7"}, {"unit": "100"}),
        ({"op": "add", "value": {NEVIS: {"unit": "7"}}}, {"unit": "100"}),
        ({"op": "add", "path": f"{NEVIS}:properties.a", "value": "7"}, {"properties": {"a": "1"}}),
        ({"op": "remove", "path": f"{NEVIS}:unit"}, {"unit": "100"}),
        ({"op": "remove", "path": NEVIS}, {}),
        ({"op": "replace", "path": "userName", "value": "x"}, {}),
    ],
    ids=str,
)
def test_what_an_edit_names_is_in_the_answer(
    person: ResourceType, dialect: Dialect, operation: dict[str, Any], shown: dict[str, Any]
) -> None:
    answer = after_patch(person, operation, dialect=dialect)
    assert answer[NEVIS] == {"state": "active", **shown}
    assert answer["schemas"] == [CORE, NEVIS]
    assert answer["meta"]


def test_a_client_that_chose_its_attributes_gets_those(person: ResourceType) -> None:
    chosen = Wanted(include=())
    assert after_post(person, {"badge": "x"}, chosen).keys() == {"schemas", "id", "userName"}
