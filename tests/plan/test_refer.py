"""Which records a create looks up first, and what is compared before and after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.mapping.folder import find_mappings
from gateway.mapping.load import load
from gateway.mapping.model import Mapping
from gateway.mapping.put import changes
from gateway.mapping.view import Scene
from gateway.nevisidm.template import lookup_in
from gateway.plan.create import plan_create
from gateway.plan.refer import References, names_no_tenant, references
from gateway.plan.write import plan_delete
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:Grant"
SCENE = Scene(datetime(2026, 1, 15, tzinfo=UTC), "https://x", {"client": "100"})


@pytest.fixture(scope="module")
def types() -> dict[str, Mapping]:
    return dict(load(find_mappings()).by_name)


def found(mapping: Mapping, body: dict[str, Any]) -> References:
    changed = changes(mapping, {}, body, {}, SCENE, creating=True)
    return references(mapping, body, changed, plan_create(mapping, changed, lookup_in({}), lambda: "new"))


def grant(**more: Any) -> dict[str, Any]:
    entitlement = {"attributeName": "appRoles", "attributeValue": "portal~reader"}
    return {"grantee": {"value": "u1", "type": "User"}, "entitlement": entitlement, **more}


def test_a_grant_looks_up_profile_and_role(types: dict[str, Mapping]) -> None:
    refers = found(types["Grant"], grant(app={"value": "portal"}))
    assert refers.read.records == {"profile", "role"}
    assert set(map(str, refers.before)) == {"grantee.value", "app.value", "entitlement.attributeValue"}
    assert refers.after == ()
    assert refers.writes == {"grant": {"roleExtId": "reader"}}


def test_a_profile_that_is_named_is_compared_with_its_owner(types: dict[str, Mapping]) -> None:
    refers = found(types["Grant"], grant(**{NEVIS: {"profile": "p1"}}))
    assert {Attr("grantee", "value"), Attr("profile", None, NEVIS)} <= set(refers.before)


def test_a_role_looks_up_its_application_and_proves_what_is_made_of_both(types: dict[str, Mapping]) -> None:
    body = {"displayName": "Auditor", "app": {"value": "portal"}, "legacyGroupName": "Portal.Auditor"}
    refers = found(types["AppRole"], body)
    assert refers.read.records == {"application"}
    assert (refers.before, refers.after) == ((Attr("app", "value"),), (Attr("legacyGroupName"),))


def test_a_person_refers_to_nothing(types: dict[str, Mapping]) -> None:
    body = {
        "userName": "b",
        "name": {"givenName": "B", "familyName": "J"},
        "emails": [{"value": "b@x", "type": "work"}],
    }
    refers = found(types["User"], body)
    assert (refers.read.reads, refers.before, refers.after) == ((), (), ())


def test_calls_that_name_no_tenant_are_known(types: dict[str, Mapping]) -> None:
    known = {"application.extId": "a", "role.extId": "r", "profile.extId": "p", "grant.extId": "g", "user.extId": "u"}
    no_tenant = {
        name
        for name in ("App", "AppRole", "Grant", "User")
        if names_no_tenant(plan_delete(types[name], known), types[name])
    }
    assert no_tenant == {"App", "AppRole"}
