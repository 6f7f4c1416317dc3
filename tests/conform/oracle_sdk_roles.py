"""Oracle's Python SDK on applications, their roles and grants: every core operation, and what it did in the nevisIDM behind.

Run by pytest in the judges' environment, with JUDGED_URL, JUDGED_TOKEN, JUDGED_NEVIS and JUDGED_NEVIS_TOKEN set.
"""

from __future__ import annotations

import os
from typing import Any

from oci._vendor import requests
from oci.identity_domains import IdentityDomainsClient
from oci.identity_domains import models as m
from oracle_sdk import SEARCH, client, every, patch, refused

__all__ = ["client"]
ROLE = "urn:ietf:params:scim:schemas:oracle:idcs:AppRole"
GRANT = "urn:ietf:params:scim:schemas:oracle:idcs:Grant"
APP_ROLES = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User:appRoles"


def nevis(path: str) -> Any:
    """What nevisIDM has, asked past the gateway."""
    login = {"Authorization": f"Bearer {os.environ['JUDGED_NEVIS_TOKEN']}"}
    reply = requests.get(f"{os.environ['JUDGED_NEVIS']}/nevisidm/api/core/v1/{path}", headers=login, timeout=10)
    reply.raise_for_status()
    return reply.json()


def items(path: str) -> list[Any]:
    found: list[Any] = nevis(path)["items"]
    return found


def roles_of(client: IdentityDomainsClient, user_id: str) -> set[str]:
    """The roles that the User itself shows."""
    user = client.get_user(user_id, attributes=APP_ROLES).data
    shown = user.urn_ietf_params_scim_schemas_oracle_idcs_extension_user_user
    return {each.value for each in shown.app_roles or ()} if shown is not None else set()


def granting(user_id: str, role_id: str, **more: Any) -> m.Grant:
    return m.Grant(
        schemas=[GRANT],
        grant_mechanism=more.get("mechanism", m.Grant.GRANT_MECHANISM_ADMINISTRATOR_TO_USER),
        grantee=m.GrantGrantee(type=more.get("kind", m.GrantGrantee.TYPE_USER), value=user_id),
        app=m.GrantApp(value=more.get("app", role_id.partition("~")[0])),
        entitlement=m.GrantEntitlement(attribute_name="appRoles", attribute_value=role_id),
    )


def test_list_search_and_get_apps(client: IdentityDomainsClient) -> None:
    listed = client.list_apps(sort_by="displayName", sort_order="DESCENDING").data
    there = items("clients/100/applications")
    assert [each.id for each in listed.resources] == ["portal", "payments", "nevisidm"]
    assert {(each.id, each.display_name) for each in listed.resources} == {
        (each["extId"], each["name"]) for each in there
    }
    wish = m.AppSearchRequest(schemas=[SEARCH], filter='displayName sw "p"', attributes=["description"], count=1)
    found = client.search_apps(app_search_request=wish).data
    assert (found.total_results, len(found.resources), found.resources[0].is_alias_app) == (2, 1, False)
    app = client.get_app("portal", attribute_sets=["all"]).data
    assert (app.id, app.name, app.display_name, app.active, app.show_in_my_apps) == (
        "portal",
        "Portal",
        "Portal",
        True,
        True,
    )
    assert {each.value for each in app.user_roles} == {
        f"portal~{each['extId']}" for each in items("applications/portal/roles")
    }
    assert app.admin_roles is None
    assert refused(lambda: client.get_app("nowhere"))[0] == 404


def test_list_search_and_get_roles(client: IdentityDomainsClient) -> None:
    everything = {each.id: each for each in every(client.list_app_roles, 4)}
    there = [role for app in items("clients/100/applications") for role in items(f"applications/{app['extId']}/roles")]
    assert set(everything) == {f"{each['applicationExtId']}~{each['extId']}" for each in there}
    wish = m.AppRoleSearchRequest(schemas=[SEARCH], filter='app.value eq "portal" and displayName eq "reader"')
    found = client.search_app_roles(app_role_search_request=wish).data
    assert [each.id for each in found.resources] == ["portal~portal-reader"]
    role = client.get_app_role("nevisidm~nevisidm-helpdesk").data
    assert (role.display_name, role.unique_name, role.admin_role) == ("HelpDesk", "nevisIdm.HelpDesk", True)
    assert (role.app.value, role.app.display, role.available_to_users) == ("nevisidm", "nevisIdm", True)
    assert refused(lambda: client.get_app_role("portal~payments-viewer"))[0] == 404


def test_create_patch_and_delete_a_role(client: IdentityDomainsClient) -> None:
    wish = m.AppRole(schemas=[ROLE], display_name="Auditor", description="May look", app=m.AppRoleApp(value="payments"))
    answer = client.create_app_role(app_role=wish)
    role, ext_id = answer.data, answer.data.id.partition("~")[2]
    assert answer.status == 201
    assert answer.headers["Location"].endswith(f"/AppRoles/{role.id}")
    made = nevis(f"applications/payments/roles/{ext_id}")
    assert (made["name"], made["description"]) == (role.display_name, role.description) == ("Auditor", "May look")
    assert refused(lambda: client.create_app_role(app_role=wish))[:1] == (409,)
    change = patch(m.Operations(op=m.Operations.OP_REPLACE, path="description", value="May look at all"))
    etag = client.get_app_role(role.id).headers["ETag"]
    assert client.patch_app_role(role.id, patch_op=change, if_match=etag).data.description == "May look at all"
    assert nevis(f"applications/payments/roles/{ext_id}")["description"] == "May look at all"
    assert refused(lambda: client.patch_app_role(role.id, patch_op=change, if_match=etag))[0] == 412
    rename = patch(m.Operations(op="REPLACE", path="displayName", value="Inspector"))
    assert refused(lambda: client.patch_app_role(role.id, patch_op=rename))[0] == 400
    assert client.delete_app_role(role.id).status == 204
    assert ext_id not in {each["extId"] for each in items("applications/payments/roles")}
    assert refused(lambda: client.get_app_role(role.id))[0] == 404


def test_grant_find_and_revoke_as_idcs_clients_do(client: IdentityDomainsClient) -> None:
    user_id, role_id = "u-1006", "payments~payments-viewer"
    before = roles_of(client, user_id)
    assert role_id not in before
    answer = client.create_grant(grant=granting(user_id, role_id))
    grant = answer.data
    profile, _, ext_id = grant.id.partition("~")
    assert answer.status == 201
    assert nevis(f"100/profiles/{profile}/authorizations/{ext_id}")["roleExtId"] == "payments-viewer"
    assert nevis(f"100/profiles/{profile}")["userExtId"] == user_id
    assert (grant.grantee.value, grant.app.value, grant.entitlement.attribute_value) == (user_id, "payments", role_id)
    assert roles_of(client, user_id) == before | {role_id}
    members = client.get_app_role(role_id, attributes=f'members[value eq "{user_id}"]').data.members
    assert [(each.value, each.type) for each in members] == [(user_id, "User")]
    held = client.list_app_roles(filter=f'members.value eq "{user_id}"').data.resources
    assert {each.id for each in held} == before | {role_id}
    assert refused(lambda: client.create_grant(grant=granting(user_id, role_id)))[0] == 409
    said = f'entitlement[attributeName eq "appRoles" and attributeValue eq "{role_id}"]'
    text = f'grantee[value eq "{user_id}" and type eq "User"] and {said}'
    assert [each.id for each in client.list_grants(filter=text).data.resources] == [grant.id]
    wish = m.GrantSearchRequest(schemas=[SEARCH], filter=f'app.value eq "payments" and grantee.value eq "{user_id}"')
    assert [each.id for each in client.search_grants(grant_search_request=wish).data.resources] == [grant.id]
    assert client.get_grant(grant.id).data.grant_mechanism == "ADMINISTRATOR_TO_USER"
    assert client.delete_grant(grant.id).status == 204
    assert ext_id not in {each["extId"] for each in items(f"100/profiles/{profile}/authorizations")}
    assert refused(lambda: client.get_grant(grant.id))[0] == 404
    assert roles_of(client, user_id) == before


def test_grants_and_the_roles_of_users_agree(client: IdentityDomainsClient) -> None:
    """Everybody's grants, found by a walk: each is one of nevisIDM's authorizations, and its role is one that the user shows."""
    found = list(every(client.list_grants, 200))
    assert len({each.id for each in found}) == len(found) > 20
    for user_id in {each.grantee.value for each in found}:
        own = [each for each in found if each.grantee.value == user_id]
        default = [each["extId"] for each in items(f"100/users/{user_id}/profiles") if each["isDefaultProfile"]]
        there = [each["extId"] for name in default for each in items(f"100/profiles/{name}/authorizations")]
        mine = [each for each in own if each.id.partition("~")[0] in default]
        assert sorted(each.id.partition("~")[2] for each in mine) == sorted(there)
        assert {each.entitlement.attribute_value for each in mine} <= roles_of(client, user_id)


def test_what_cannot_be_granted_leaves_nothing_behind(client: IdentityDomainsClient) -> None:
    before = items("100/profiles/u-1006-p0/authorizations")
    role, wrong = "portal~portal-reader", "portal~payments-viewer"
    group = granting("employee", role, kind="Group", mechanism="ADMINISTRATOR_TO_GROUP")
    for wish, said in (
        (group, "grantMechanism"),
        (granting("employee", role, kind="Group"), "grantee.type"),
        (granting("u-1006", role, app="payments"), "contradict"),
        (granting("u-1006", wrong), "refers to something"),
        (granting("nobody", role), "grantee.value"),
        (granting("u-1006", "portal-reader", app="portal"), "entitlement.attributeValue"),
    ):
        status, detail, _, _ = refused(lambda wish=wish: client.create_grant(grant=wish))
        assert (status, said in detail) == (400, True), detail
    assert items("100/profiles/u-1006-p0/authorizations") == before
