"""What a client would read is exactly what the records hold, seen through the mapping."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from gateway.mapping.lenses import build_lens
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import own_names, storage
from gateway.mapping.view import Scene, fields_for, records_for, view
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
BARBARA: dict[str, Any] = {
    "user": {
        "extId": "u1",
        "version": 7,
        "created": "2023-08-18T12:34:56Z",
        "loginId": "bjensen",
        "userState": "archived",
        "languageCode": "EN",
        "name": {"firstName": "Barbara", "familyName": "Jensen"},
        "contacts": {"email": "b@example.com", "mobile": "+41 79 111 22 33"},
        "properties": {
            "manager": "u 2",
            "number": "42",
            "tags": "a, b",
            "costCentre": "100",
            "_secret": "x",
            "empty": "",
        },
        "validity": {"to": "2001-01-01T00:00:00Z"},
        "_classifications": {"loginId": ["PII"]},
    },
    "profile": {"extId": "p1", "unitExtId": "100"},
    "memberships": [{"enterpriseRoleExtId": "e1"}, {"enterpriseRoleExtId": "e2"}],
}


def test_a_whole_person_is_shown(user: Mapping, scene: Scene) -> None:
    assert view(user, BARBARA, scene) == {
        "id": "u1",
        "userName": "bjensen",
        "name": {"givenName": "Barbara", "familyName": "Jensen", "formatted": "Barbara Jensen"},
        "preferredLanguage": "en",
        "locale": "en",
        "active": False,
        "emails": [{"type": "work", "primary": True, "value": "b@example.com"}],
        "phoneNumbers": [{"type": "mobile", "value": "+41791112233"}],
        "manager": {"value": "u 2", "type": "User", "$ref": "https://scim.example/v2/Users/u%202"},
        "employeeNumber": 42,
        "tags": ["a", "b"],
        "groups": [
            {"value": name, "type": "direct", "$ref": f"https://scim.example/v2/Groups/{name}"} for name in ("e1", "e2")
        ],
        "meta": {"created": "2023-08-18T12:34:56.000Z"},
        NEVIS: {
            "validTo": "2001-01-01T00:00:00.000Z",
            "valid": False,
            "unit": "100",
            "properties": {"costCentre": "100"},
        },
    }


def test_viewing_leaves_the_records_alone(user: Mapping, scene: Scene) -> None:
    before = copy.deepcopy(BARBARA)
    view(user, BARBARA, scene)
    assert before == BARBARA


def test_nothing_is_shown_of_records_that_are_not_there(user: Mapping, scene: Scene) -> None:
    assert view(user, {}, scene) == {}
    assert (
        view(user, {"user": {"extId": "u1"}, "profile": None, "memberships": []}, scene)
        == {
            "id": "u1",
            NEVIS: {"valid": True},
        }
        | {}
        or "validity absent"
    )


@pytest.mark.parametrize(
    ("name", "formatted"),
    [
        ({"firstName": "Barbara"}, "Barbara"),
        ({"familyName": "Jensen"}, "Jensen"),
        ({"firstName": ""}, None),
        ({}, None),
    ],
)
def test_half_a_name_is_shown_as_such(user: Mapping, scene: Scene, name: Any, formatted: str | None) -> None:
    assert view(user, {"user": {"name": name}}, scene).get("name", {}).get("formatted") == formatted


def test_a_template_with_other_text_is_shown_whole_or_not_at_all(user: Mapping, scene: Scene) -> None:
    assert "manager" not in view(user, {"user": {"properties": {}}}, scene)


def test_a_record_of_its_own_wins_over_the_one_it_stands_in(user: Mapping, scene: Scene) -> None:
    records = {"user": {"properties": {"number": "1"}}, "properties": {"number": "2"}}
    assert view(user, records, scene)["employeeNumber"] == 2


def test_a_property_with_an_attribute_of_its_own_is_not_in_the_free_map(user: Mapping) -> None:
    place = Field("properties", (), True)
    assert own_names(user, place) == {"scimExternalId", "manager", "number", "tags"}
    assert storage(user, place) == Field("user", ("properties",), True)
    assert storage(user, Field("unit", ("unitExtId",))) == Field("profile", ("unitExtId",))


@pytest.mark.parametrize(
    ("stored", "shown"), [(True, "true"), (5, "5"), (["a"], None), ({"a": "b"}, None), (None, None)]
)
def test_a_free_map_shows_texts_only(user: Mapping, scene: Scene, stored: Any, shown: str | None) -> None:
    resource = view(user, {"user": {"properties": {"x": stored}}}, scene)
    assert resource.get(NEVIS, {}).get("properties", {}).get("x") == shown


def test_a_free_map_of_lists_shows_lists(user: Mapping, scene: Scene) -> None:
    attr = Attr("classifications", "*", NEVIS)
    leaf = user.leaves[attr]
    many = replace(leaf, schema=replace(leaf.schema, multi_valued=True))
    listed = replace(user, leaves={**user.leaves, attr: many})
    assert view(listed, BARBARA, scene)[NEVIS]["classifications"] == {"loginId": ["PII"]}


def test_only_what_is_wanted_is_shown_besides_the_id(user: Mapping, scene: Scene) -> None:
    wanted = frozenset(
        {Attr("userName"), Attr("name", "formatted"), Attr("emails", "value"), Attr("unit", None, NEVIS)}
    )
    assert view(user, BARBARA, scene, wanted) == {
        "id": "u1",
        "userName": "bjensen",
        "name": {"formatted": "Barbara Jensen"},
        "emails": [{"type": "work", "primary": True, "value": "b@example.com"}],
        NEVIS: {"unit": "100"},
    }


def test_an_extension_or_one_name_of_a_free_map_can_be_wanted(user: Mapping, scene: Scene) -> None:
    assert set(view(user, BARBARA, scene, frozenset({Attr("", None, NEVIS)}))) == {"id", NEVIS}
    one = view(user, BARBARA, scene, frozenset({Attr("properties", "costCentre", NEVIS)}))
    assert one[NEVIS] == {"properties": {"costCentre": "100"}}


def test_a_wanted_sub_attribute_of_a_list_comes_alone(user: Mapping, scene: Scene) -> None:
    assert view(user, BARBARA, scene, frozenset({Attr("groups", "value")}))["groups"] == [
        {"value": "e1"},
        {"value": "e2"},
    ]


def test_a_secret_that_only_goes_in_is_never_shown(user: Mapping, scene: Scene) -> None:
    assert "password" not in view(user, {**BARBARA, "password": {"password": "s3cret"}}, scene)


CREDENTIAL = {"credential": {"userExtId": "u1", "extId": "c1", "properties": {"hash": "aGFzaA==", "salt": "c2FsdA=="}}}


class TestVerifiers:
    def test_the_first_target_is_shown(self, credential: Mapping, scene: Scene) -> None:
        shown = view(credential, CREDENTIAL, scene)
        assert (shown["id"], shown["dbPassword"], shown["salt"]) == ("u1~c1", "aGFzaA==", "c2FsdA==")

    def test_what_a_one_way_lens_feeds_can_be_hidden(self, credential: Mapping, scene: Scene) -> None:
        shown = view(credential, CREDENTIAL, replace(scene, verifiers="hide"))
        assert shown == {"id": "u1~c1", "user": {"value": "u1"}, "expired": False}


def test_parts_of_the_id_may_come_from_the_request(credential: Mapping, scene: Scene) -> None:
    bound = replace(scene, bindings={"credential.userExtId": "u1"})
    assert view(credential, {"credential": {"extId": "c1"}}, bound)["id"] == "u1~c1"


class TestDemand:
    @pytest.mark.parametrize(
        ("attrs", "records"),
        [
            ({Attr("userName")}, {"user"}),
            ({Attr("externalId")}, {"properties"}),
            ({Attr("id")}, {"user"}),
            ({Attr("name")}, {"user"}),
            ({Attr("emails", "type")}, {"user"}),
            ({Attr("manager", "$ref")}, {"properties"}),
            ({Attr("manager", "type")}, set()),
            ({Attr("groups")}, {"memberships"}),
            ({Attr("groups", "type")}, {"memberships"}),
            ({Attr("unit", None, NEVIS)}, {"unit"}),
            ({Attr("profile", "x", NEVIS)}, {"profileProperties"}),
            ({Attr("password")}, set()),
            ({Attr("meta")}, {"user"}),
            (set(), set()),
        ],
    )
    def test_only_the_records_that_the_attributes_show_are_needed(
        self, user: Mapping, attrs: set[Attr], records: set[str]
    ) -> None:
        assert records_for(user, frozenset(attrs)) == records

    def test_everything_needs_every_readable_record(self, user: Mapping) -> None:
        assert records_for(user, None) == set(user.records) - {"password", "profile"}

    def test_fields_are_named_where_they_are_read(self, user: Mapping) -> None:
        assert fields_for(user, frozenset({Attr("externalId"), Attr("unit", None, NEVIS)})) == {
            Field("user", ("properties", "scimExternalId")),
            Field("profile", ("unitExtId",)),
        }


def test_a_lens_that_shows_nothing_leaves_the_attribute_out(user: Mapping, scene: Scene) -> None:
    assert build_lens("number").get("many", scene.now) is None
    assert "employeeNumber" not in view(user, {"user": {"properties": {"number": "many"}}}, scene)
