"""Applications and roles of other tenants are not there; what was made wrongly is taken back; walks and lookups cost what they must."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox.table import APPLICATIONS, ROLES

ROLE = "urn:ietf:params:scim:schemas:oracle:idcs:AppRole"
GRANT = "urn:ietf:params:scim:schemas:oracle:idcs:Grant"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def shared(world: Any) -> Any:
    """A nevisIDM with an application of another tenant."""
    store = world.box.store
    store.insert(APPLICATIONS, "", "theirs", {"extId": "theirs", "name": "Theirs", "_clients": ["30"]})
    role = {"extId": "their-role", "name": "Reader", "applicationExtId": "theirs", "applicationName": "Theirs"}
    store.insert(ROLES, "", "their-role", role, parent="theirs")
    return world


async def test_what_another_tenant_has_is_not_there(shared: Any) -> None:
    described = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "description", "value": "ours"}]}
    wish = {"schemas": [ROLE], "displayName": "New", "app": {"value": "theirs"}}
    assert "theirs" not in (await shared.send("GET", "/admin/v1/Apps")).text
    assert "their-role" not in (await shared.send("GET", "/admin/v1/AppRoles")).text
    listed = await shared.send("GET", '/admin/v1/AppRoles?filter=app.value eq "theirs"')
    assert listed.json()["totalResults"] == 0
    for path in ("Apps/theirs", "AppRoles/theirs~their-role"):
        assert (await shared.send("GET", f"/admin/v1/{path}")).status_code == 404
        assert (await shared.send("PATCH", f"/admin/v1/{path}", described)).status_code == 404
        assert (await shared.send("DELETE", f"/admin/v1/{path}")).status_code == 404
    assert (await shared.send("POST", "/admin/v1/AppRoles", wish)).status_code == 400
    assert [row.doc["name"] for row in shared.box.store.children(ROLES, "", "theirs")] == ["Reader"]
    assert "description" not in shared.box.store.find(APPLICATIONS, "", "theirs").doc


async def test_what_cannot_be_taken_back_is_said(world: Any) -> None:
    account = world.box.accounts["technical"]
    wish = {"schemas": [ROLE], "displayName": "New", "app": {"value": "portal"}, "legacyGroupName": "Other"}
    world.box.accounts["technical"] = type(account)(
        rights=world.box.known_rights - {"RoleDelete", "AccessControl.RoleDelete"}
    )
    answer = await world.send("POST", "/admin/v1/AppRoles", wish)
    assert answer.status_code == 502
    assert "left behind in AppRole portal~id-0001: role (displayName)" in answer.json()["detail"]
    assert [each.left for each in world.events if type(each).__name__ == "HalfDone"] == [("role",)]


async def test_grants_of_everybody_are_bounded(make_world: Make) -> None:
    large = await make_world(users=300)
    answer = await large.send("GET", '/admin/v1/Grants?filter=app.value eq "portal"')
    assert (answer.status_code, answer.headers["proxy-status"]) == (400, 'scim-gateway; details="GW202"')
    assert "grantee.value" in answer.json()["detail"]
    one = await large.send("GET", '/admin/v1/Grants?filter=grantee.value eq "u-1290" and app.value eq "portal"')
    assert one.status_code == 200


async def test_only_grants_of_that_role_are_looked_into(world: Any) -> None:
    asked = (
        '/admin/v1/Grants?filter=entitlement.attributeValue eq "payments~payments-approver"&attributes=grantee.value'
    )
    found = (await world.send("GET", asked)).json()
    everything = (await world.send("GET", "/admin/v1/Grants?count=1000")).json()["Resources"]
    fitting = [
        each["id"] for each in everything if each["entitlement"]["attributeValue"] == "payments~payments-approver"
    ]
    assert sorted(each["id"] for each in found["Resources"]) == sorted(fitting)
    assert 0 < len(fitting) < len(everything)


async def test_a_grant_shows_in_the_users_roles_until_it_goes(world: Any) -> None:
    wish = {
        "schemas": [GRANT],
        "grantee": {"value": "u-1006", "type": "User"},
        "entitlement": {"attributeName": "appRoles", "attributeValue": "payments~payments-viewer"},
        "grantMechanism": "ADMINISTRATOR_TO_USER",
    }
    roles = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"

    async def shown() -> set[str]:
        user = (await world.send("GET", f"/admin/v1/Users/u-1006?attributes={roles}:appRoles")).json()
        return {each["value"] for each in user.get(roles, {}).get("appRoles", ())}

    before = await shown()
    made = await world.send("POST", "/admin/v1/Grants", wish)
    assert made.status_code == 201
    assert await shown() == before | {"payments~payments-viewer"}
    again = await world.send("POST", "/admin/v1/Grants", wish)
    assert (again.status_code, again.headers["proxy-status"]) == (409, 'scim-gateway; details="GW402"')
    assert (await world.send("DELETE", f"/admin/v1/Grants/{made.json()['id']}")).status_code == 204
    assert await shown() == before
