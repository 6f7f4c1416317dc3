"""What a type does not have: left out of a resource and named in the log; never left out of a question."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.events import Dropped
from gateway.scim.dialect import ALL_LENIENCIES

PERSON = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "left.out",
    "name": {"givenName": "Le", "familyName": "Out"},
    "emails": [{"value": "left@example.org"}],
}


each_root = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
ALL = {"idcs": tuple(ALL_LENIENCIES), "rfc": tuple(ALL_LENIENCIES)}


@pytest.fixture
async def lax(make_world: Any) -> Any:
    """A site that lets what it has no place for be left out."""
    return await make_world(leniencies=ALL)


@each_root
async def test_nothing_is_left_out_unless_the_site_says_so(root: str, world: Any) -> None:
    for method, address in (("POST", f"{root}/Users"), ("PUT", f"{root}/Users/u-1001")):
        reply = await world.send(method, address, {**PERSON, "shoeSize": "x"})
        assert (reply.status_code, reply.headers["proxy-status"]) == (400, 'scim-gateway; details="GW119"')


@each_root
async def test_a_write_names_what_it_left_out_and_not_its_value(root: str, lax: Any) -> None:
    made = (await lax.send("POST", f"{root}/Users", {**PERSON, "shoeSize": "Secret"})).json()
    reply = await lax.send("PUT", f"{root}/Users/{made['id']}", {**made, "hatSize": "Secret"})
    assert reply.status_code == 200, reply.text
    dropped = [each for each in lax.events if isinstance(each, Dropped)]
    assert dropped == [Dropped("User", "shoeSize"), Dropped("User", "hatSize")]
    assert "Secret" not in repr(lax.events)
    assert "shoeSize" not in made


async def test_a_path_that_leads_nowhere_is_refused_all_the_same(lax: Any) -> None:
    for operation in ({"op": "add", "path": "shoeSize", "value": "x"}, {"op": "add", "value": {"shoeSize": "x"}}):
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        assert (await lax.send("PATCH", "/scim/v2/Users/u-1001", body)).status_code == 400


async def test_a_password_check_leaves_nothing_out(lax: Any) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
        "mappingAttributeValue": "bjensen",
        "password": "Welcome-1001",
        "appNam": "payroll",
    }
    reply = await lax.send("POST", "/admin/v1/PasswordAuthenticator", body)
    assert reply.status_code == 400
    assert 'did you mean "appName"?' in reply.json()["detail"]


async def test_a_type_that_is_only_put_leaves_nothing_out(lax: Any) -> None:
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:UserStatusChanger"], "active": False, "onlyIf": "x"}
    assert (await lax.send("PUT", "/admin/v1/UserStatusChanger/u-1001", body)).status_code == 400
