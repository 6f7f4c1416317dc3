"""What a type does not have: left out of a resource and named in the log; never left out of a question."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.events import Dropped

PERSON = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "left.out",
    "name": {"givenName": "Le", "familyName": "Out"},
    "emails": [{"value": "left@example.org"}],
}


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_a_write_names_what_it_left_out_and_not_its_value(root: str, world: Any) -> None:
    made = (await world.send("POST", f"{root}/Users", {**PERSON, "nickName": "Secret"})).json()
    reply = await world.send("PUT", f"{root}/Users/{made['id']}", {**made, "userType": "Secret"})
    assert reply.status_code == 200, reply.text
    dropped = [each for each in world.events if isinstance(each, Dropped)]
    assert dropped == [Dropped("User", "nickName"), Dropped("User", "userType")]
    assert "Secret" not in repr(world.events)
    assert "nickName" not in made


async def test_a_path_that_leads_nowhere_is_refused_all_the_same(world: Any) -> None:
    for operation in ({"op": "add", "path": "nickName", "value": "x"}, {"op": "add", "value": {"nickName": "x"}}):
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        assert (await world.send("PATCH", "/scim/v2/Users/u-1001", body)).status_code == 400


async def test_a_password_check_leaves_nothing_out(world: Any) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
        "mappingAttributeValue": "bjensen",
        "password": "Welcome-1001",
        "appNam": "payroll",
    }
    reply = await world.send("POST", "/admin/v1/PasswordAuthenticator", body)
    assert reply.status_code == 400
    assert 'did you mean "appName"?' in reply.json()["detail"]
