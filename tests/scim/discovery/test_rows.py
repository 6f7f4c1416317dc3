from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import IDCS
from gateway.scim.reply import Reply

Ask = Callable[..., Reply | None]
Read = Callable[..., Any]
ROWS = "/ResourceTypeSchemaAttributes"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def search(read: Read, filter_: str, **more: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={quote(value)}" for name, value in {"filter": filter_, "count": "1000", **more}.items())
    found: list[dict[str, Any]] = read("GET", f"{ROWS}?{query}", IDCS)["Resources"]
    return found


def test_a_row_has_oracles_names(read: Read) -> None:
    (row,) = search(read, 'resourceType eq "User" and name eq "userName"')
    assert row == {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:ResourceTypeSchemaAttribute"],
        "name": "userName",
        "type": "string",
        "multiValued": False,
        "required": True,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "always",
        "uniqueness": "global",
        "idcsSearchable": True,
        "idcsMinLength": 1,
        "idcsMaxLength": 300,
        "resourceType": "User",
        "idcsSchemaUrn": USER,
        "idcsFullyQualifiedName": f"{USER}:userName",
        "idcsCustomAttribute": False,
        "meta": {"resourceType": "ResourceTypeSchemaAttribute"},
    }


def test_sub_attributes_have_rows_of_their_own(read: Read) -> None:
    names = [row["name"] for row in search(read, 'resourceType eq "User" and name sw "emails"')]
    assert names == ["emails", "emails.value", "emails.type"]


def test_every_type_has_rows_also_actions(read: Read) -> None:
    assert {row["resourceType"] for row in search(read, "name pr")} == {"User", "Token", "PasswordAuthenticator"}


def test_what_is_searchable_can_be_asked_for(read: Read) -> None:
    names = {row["name"] for row in search(read, 'resourceType eq "User" and idcsSearchable eq false')}
    assert {"password", "notes"} <= names
    assert "userName" not in names


def test_a_documented_property_without_value_finds_nothing(read: Read) -> None:
    assert search(read, 'resourceType eq "User" and idcsCsvAttributeName pr') == []


def test_rows_come_in_pages_in_a_stable_order(read: Read) -> None:
    whole = read("GET", f"{ROWS}?count=1000", IDCS)
    total, found = whole["totalResults"], []
    for start in range(1, total + 1, 7):
        page = read("GET", f"{ROWS}?count=7&startIndex={start}", IDCS)
        assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (total, 7, start)
        found += page["Resources"]
    assert found == whole["Resources"]
    assert total > 20
    assert len(read("GET", ROWS, IDCS)["Resources"]) == min(50, total)


def test_rows_can_be_sorted_and_narrowed(read: Read) -> None:
    found = search(read, 'resourceType eq "Token"', sortBy="name", sortOrder="DESCENDING", attributes="name,type")
    names = [row["name"] for row in found]
    assert names == sorted(names, reverse=True)
    assert len(names) > 5
    assert all(set(row) <= {"name", "type"} for row in found)


def test_rows_are_searched_by_post_too(read: Read) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'resourceType eq "User" and name eq "userName"',
        "attributes": ["name"],
    }
    assert read("POST", f"{ROWS}/.search", IDCS, body)["Resources"] == [{"name": "userName"}]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_rows_cannot_be_written(method: str, ask: Ask) -> None:
    with pytest.raises(ScimError) as info:
        ask(method, ROWS, IDCS, {})
    assert info.value.status == 405
