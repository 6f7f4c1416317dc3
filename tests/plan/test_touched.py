"""What a write must read before it: no more than it may touch."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mapping
from gateway.mapping.view import records_for
from gateway.plan.touched import touched
from gateway.scim.dialect import IDCS
from gateway.scim.edit import read_edits
from gateway.scim.request import Caller, ScimRequest
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@functools.cache
def user() -> Mapping:
    return load(find_mappings()).by_name["User"]


def request(operation: Any, **more: Any) -> ScimRequest:
    return ScimRequest(operation, user().type, IDCS, "http://g/admin/v1", Caller("c"), "r1", id="u1", **more)


def patch(*operations: dict[str, Any]) -> ScimRequest:
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    return request("modify", edits=read_edits(body, user().type, IDCS))


@pytest.mark.parametrize(
    ("operation", "attr", "records"),
    [
        ({"op": "replace", "path": "active", "value": False}, Attr("active"), {"user"}),
        ({"op": "replace", "path": "name.givenName", "value": "A"}, Attr("name"), {"user", "properties"}),
        (
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b.ch"},
            Attr("emails"),
            {"user", "properties"},
        ),
        ({"op": "replace", "value": {"active": False}}, Attr("active"), {"user"}),
        (
            {"op": "add", "path": f"{NEVIS}:profile.x", "value": "1"},
            Attr("profile", None, NEVIS),
            {"profileProperties"},
        ),
        ({"op": "add", "value": {NEVIS: {"unit": "7"}}}, Attr("unit", None, NEVIS), {"unit"}),
        ({"op": "replace", "path": "password", "value": "x"}, Attr("password"), set()),
    ],
)
def test_a_patch_touches_the_whole_attributes_that_it_names(operation: Any, attr: Attr, records: set[str]) -> None:
    found = touched(patch(operation))
    assert found == {attr}
    assert records_for(user(), found) == records


def test_a_removed_extension_is_touched_whole() -> None:
    found = touched(patch({"op": "remove", "path": NEVIS}))
    assert found == {Attr("", None, NEVIS)}
    assert {"unit", "profileProperties", "properties"} <= records_for(user(), found)


def test_a_put_touches_what_it_sends_and_what_it_clears() -> None:
    found = touched(request("replace", body={"userName": "b", NEVIS: {"profile": {"x": "1"}}}))
    assert {Attr("userName"), Attr("title"), Attr("profile", None, NEVIS), Attr("validTo", None, NEVIS)} <= found


def test_a_put_does_not_touch_what_its_sender_could_not_have_seen() -> None:
    found = touched(request("replace", body={"userName": "b"}))
    assert Attr("unit", None, NEVIS) not in found  # returned on request
    assert not {"profile", "roles", "memberships", "profileProperties"} & records_for(user(), found)


def test_a_put_reads_a_readonly_attribute_only_when_it_is_sent_to_be_compared() -> None:
    assert Attr("groups") not in touched(request("replace", body={"userName": "b"}))
    assert Attr("groups") in touched(request("replace", body={"userName": "b", "groups": []}))
