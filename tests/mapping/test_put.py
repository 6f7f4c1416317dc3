"""A wish becomes the changed fields and nothing else; what has no place in nevisIDM is refused by name, never by value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest, ScimError, Unsupported
from gateway.mapping.leaf import SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.optics.verifier import Verifier
from gateway.mapping.put import Changes, changes
from gateway.mapping.view import Scene, view
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
RECORDS: dict[str, Any] = {
    "user": {
        "extId": "u1",
        "loginId": "bjensen",
        "userState": "archived",
        "languageCode": "EN",
        "name": {"firstName": "Barbara", "familyName": "Jensen"},
        "contacts": {"email": "b@example.com", "mobile": "+41 79 111 22 33"},
        "properties": {"number": "42", "tags": "a, b", "costCentre": "100", "room": "7"},
        "validity": {"to": "2030-01-01T00:00:00Z"},
    },
    "profile": {"unitExtId": "100"},
    "memberships": [{"enterpriseRoleExtId": "e1"}],
}


def edited(user: Mapping, scene: Scene, **tops: Any) -> Changes:
    """The changes when these top attributes are wished for; None takes one away."""
    before = view(user, RECORDS, scene)
    after = {name: value for name, value in {**copy.deepcopy(before), **tops}.items() if value is not None}
    return changes(user, before, after, RECORDS, scene, creating=False)


def test_writing_back_what_was_read_changes_nothing(user: Mapping, scene: Scene) -> None:
    assert edited(user, scene) == Changes()


def test_one_change_is_one_field(user: Mapping, scene: Scene) -> None:
    changed = edited(user, scene, userName="barbara")
    assert changed.records == {"user": {("loginId",): "barbara"}}
    assert changed.attributes == (Attr("userName"),)


def test_a_state_that_looks_the_same_stays(user: Mapping, scene: Scene) -> None:
    assert edited(user, scene, active=False) == Changes()
    assert edited(user, scene, active=True).records == {"user": {("userState",): "active"}}


@pytest.mark.parametrize(
    "tops",
    [
        {"preferredLanguage": "EN"},
        {"phoneNumbers": [{"type": "mobile", "value": "+41 79 111 2233"}]},
        {"employeeNumber": 42.0},
        {"tags": ["a", " b"]},
        {
            NEVIS: {
                "validTo": "2030-01-01T01:00:00+01:00",
                "unit": "100",
                "properties": {"costCentre": "100", "room": "7"},
            }
        },
    ],
)
def test_another_spelling_of_what_is_shown_is_no_change(user: Mapping, scene: Scene, tops: Any) -> None:
    assert edited(user, scene, **tops) == Changes()


def test_what_is_wished_away_is_cleared(user: Mapping, scene: Scene) -> None:
    changed = edited(user, scene, employeeNumber=None, emails=None, tags=[])
    assert changed.records == {
        "properties": {("number",): None, ("tags",): None},
        "user": {("contacts", "email"): None},
    }
    assert set(changed.attributes) == {Attr("employeeNumber"), Attr("emails", "value"), Attr("tags")}


def test_an_empty_text_clears_too(user: Mapping, scene: Scene) -> None:
    assert edited(user, scene, name={"familyName": "Jensen", "givenName": ""}).records == {
        "user": {("name", "firstName"): None}
    }


def test_read_only_values_are_not_the_mappings_affair(user: Mapping, scene: Scene) -> None:
    assert edited(user, scene, locale="de", groups=[{"value": "x"}], meta={"created": "x"}) == Changes()
    assert edited(user, scene, name={"familyName": "Jensen", "givenName": "Barbara", "formatted": "X"}) == Changes()


def test_a_write_only_value_is_written_whenever_it_is_sent(user: Mapping, scene: Scene) -> None:
    assert edited(user, scene, password="s3cret").records == {"password": {("password",): "s3cret"}}
    before = view(user, RECORDS, scene)
    same = changes(user, {**before, "password": "x"}, {**before, "password": "x"}, RECORDS, scene, creating=False)
    assert same.records == {"password": {("password",): "x"}}


class TestFreeMaps:
    def test_each_key_changes_by_itself(self, user: Mapping, scene: Scene) -> None:
        properties = {"costCentre": "200", "floor": "3"}
        wish = {"validTo": "2030-01-01T00:00:00.000Z", "unit": "100", "properties": properties}
        changed = edited(user, scene, **{NEVIS: wish})
        assert changed.records == {"properties": {("costCentre",): "200", ("room",): None, ("floor",): "3"}}
        assert Attr("properties", "room", NEVIS) in changed.attributes

    @pytest.mark.parametrize("name", ["number", "tags", "_classifications"])
    def test_a_key_with_an_attribute_of_its_own_is_refused(self, user: Mapping, scene: Scene, name: str) -> None:
        with pytest.raises(BadRequest, match="attribute of its own") as refused:
            edited(user, scene, **{NEVIS: {"properties": {name: "1"}}})
        assert refused.value.code.code == "GW111"
        assert ("employeeNumber" in refused.value.detail) is (name == "number")

    def test_a_read_only_map_is_left_alone(self, user: Mapping, scene: Scene) -> None:
        before = view(user, RECORDS, scene)
        after = {**before, NEVIS: {**before[NEVIS], "classifications": {"loginId": "x"}}}
        assert changes(user, before, after, RECORDS, scene, creating=False) == Changes()

    @pytest.mark.parametrize("value", [5, {"a": "b"}, ["a"]])
    def test_a_value_that_is_no_text_is_refused(self, user: Mapping, scene: Scene, value: Any) -> None:
        with pytest.raises(BadRequest, match="must be a string"):
            edited(user, scene, **{NEVIS: {"properties": {"room": value}}})

    def test_a_map_that_is_none_is_refused(self, user: Mapping, scene: Scene) -> None:
        with pytest.raises(BadRequest, match="must be an object"):
            edited(user, scene, **{NEVIS: {"properties": "x"}})


class TestSlots:
    def test_a_value_goes_to_the_slot_whose_constants_it_matches(self, user: Mapping, scene: Scene) -> None:
        phones = [{"type": "WORK", "value": "031 000 00 00"}, {"type": "mobile", "value": "+41791112233"}]
        assert edited(user, scene, phoneNumbers=phones).records == {"user": {("contacts", "telephone"): "0310000000"}}

    def test_a_slot_that_is_no_longer_there_is_cleared(self, user: Mapping, scene: Scene) -> None:
        changed = edited(user, scene, phoneNumbers=[{"type": "work", "value": "0310000000"}])
        assert changed.records["user"] == {("contacts", "telephone"): "0310000000", ("contacts", "mobile"): None}

    @pytest.mark.parametrize(
        "mail", [{"value": "n@x"}, {"value": "n@x", "type": "work"}, {"value": "n@x", "primary": True}]
    )
    def test_with_one_slot_the_type_need_not_be_said(self, user: Mapping, scene: Scene, mail: Any) -> None:
        assert edited(user, scene, emails=[mail]).records == {"user": {("contacts", "email"): "n@x"}}

    @pytest.mark.parametrize("phone", [{"type": "pager", "value": "0310000000"}, {"value": "0310000000"}])
    def test_a_value_without_a_place_is_refused_with_the_places_there_are(
        self, user: Mapping, scene: Scene, phone: Any
    ) -> None:
        with pytest.raises(Unsupported, match=r'phoneNumbers.*type "work" or type "mobile"') as refused:
            edited(user, scene, phoneNumbers=[phone])
        assert (refused.value.code.code, refused.value.status, refused.value.scim_type) == (
            "GW206",
            400,
            "invalidValue",
        )
        assert "0310000000" not in refused.value.detail

    def test_a_value_without_a_place_can_be_dropped_and_is_named(self, user: Mapping, scene: Scene) -> None:
        changed = edited(
            user, scene, addresses=[{"type": "home", "locality": "Bern"}, {"type": "work", "country": "ch"}]
        )
        assert changed.records == {"user": {("address", "countryCode"): "CH"}}
        assert changed.dropped == (Attr("addresses"),)

    def test_two_values_for_one_slot_are_refused(self, user: Mapping, scene: Scene) -> None:
        with pytest.raises(Unsupported, match='one place only for emails of type "work"') as refused:
            edited(user, scene, emails=[{"type": "work", "value": "a@x"}, {"value": "b@x"}])
        assert refused.value.status == 400

    @pytest.mark.parametrize("place", [{"type": "mobile"}, {}])
    def test_a_value_that_cannot_be_the_primary_one_is_not_made_it(
        self, user: Mapping, scene: Scene, place: Any
    ) -> None:
        with pytest.raises(Unsupported) as refused:
            edited(user, scene, phoneNumbers=[{"value": "+41791112233", "primary": True, **place}])
        assert (refused.value.code.code, refused.value.status) == ("GW206", 400)

    @pytest.mark.parametrize(
        "tops",
        [
            {"emails": [{"type": "work", "value": "b@example.com", "primary": False}]},
            {"phoneNumbers": [{"type": "mobile", "value": "+41791112233", "primary": False}]},
        ],
    )
    def test_saying_that_a_value_is_not_primary_is_fine_and_changes_nothing(
        self, user: Mapping, scene: Scene, tops: Any
    ) -> None:
        assert edited(user, scene, **tops) == Changes()

    def test_a_value_that_says_nothing_is_none(self, user: Mapping, scene: Scene) -> None:
        assert edited(user, scene, emails=[{"type": "work", "value": ""}]).records == {
            "user": {("contacts", "email"): None}
        }

    def test_without_a_type_the_primary_value_goes_to_the_primary_slot(
        self, make_mapping: Callable[..., Mapping], make_slots: Callable[..., SlotGroup], scene: Scene
    ) -> None:
        places = ({"type": "work", "primary": True, "value": ("u.a",)}, {"type": "home", "value": ("u.b",)})
        mails = make_mapping("U", "{u.id}", [], [make_slots("emails", *places)])
        wish = {"emails": [{"value": "x", "primary": True}, {"type": "home", "value": "y"}]}
        assert changes(mails, {}, wish, {}, scene, creating=True).records == {"u": {("a",): "x", ("b",): "y"}}

    @pytest.mark.parametrize("values", ["x", ["x"], {"value": "x"}])
    def test_values_of_another_shape_are_refused(self, user: Mapping, scene: Scene, values: Any) -> None:
        with pytest.raises(BadRequest, match="array of objects"):
            edited(user, scene, emails=values)


STAFF: Any = {"role": {"extId": "g1", "name": "Staff"}, "member": [{"userExtId": "u1"}, {"userExtId": "u2"}]}


class TestElements:
    def test_members_that_came_and_went_are_told_apart(self, group: Mapping, scene: Scene) -> None:
        before = view(group, STAFF, scene)
        after = {**before, "members": [{"value": "u2"}, {"value": "u3", "type": "User"}]}
        changed = changes(group, before, after, STAFF, scene, creating=False)
        assert changed.records == {}
        assert changed.added == {Attr("members"): ({"value": "u3", "type": "User"},)}
        assert changed.removed == {Attr("members"): ({"value": "u1", "type": "User"},)}
        assert changed.attributes == (Attr("members"),)

    def test_members_in_another_order_are_the_same(self, group: Mapping, scene: Scene) -> None:
        before = view(group, STAFF, scene)
        after = {**before, "members": before["members"][::-1]}
        assert changes(group, before, after, STAFF, scene, creating=False) == Changes()

    def test_a_member_of_another_kind_is_refused(self, group: Mapping, scene: Scene) -> None:
        with pytest.raises(BadRequest, match=r'members.type can only be "User"'):
            changes(group, {}, {"members": [{"value": "g2", "type": "Group"}]}, {}, scene, creating=True)


class TestConstants:
    def test_a_constant_takes_only_itself(self, user: Mapping, scene: Scene) -> None:
        assert edited(user, scene, manager={"value": "u2", "type": "user"}).records == {
            "properties": {("manager",): "u2"}
        }
        with pytest.raises(BadRequest, match=r'manager.type can only be "User"') as refused:
            edited(user, scene, manager={"value": "u2", "type": "Group"})
        assert refused.value.code.code == "GW111"

    def test_on_create_too(self, user: Mapping, scene: Scene) -> None:
        with pytest.raises(BadRequest, match="can only be"):
            changes(user, {}, {"manager": {"type": "Robot"}}, {}, scene, creating=True)

    @pytest.mark.parametrize("value", [False, True])
    def test_a_boolean_constant_takes_no_other(
        self, make_mapping: Callable[..., Mapping], make_leaf: Callable[..., Any], scene: Scene, value: bool
    ) -> None:
        fixed = make_mapping("U", "{u.id}", [], [make_leaf("external", says=value, type="boolean")])
        assert view(fixed, {}, scene) == {"external": value}
        assert changes(fixed, {}, {"external": value}, {}, scene, creating=True) == Changes()
        with pytest.raises(BadRequest, match="can only be"):
            changes(fixed, {}, {"external": not value}, {}, scene, creating=True)


class TestCreate:
    def test_only_what_was_sent_is_written(self, user: Mapping, scene: Scene) -> None:
        body = {"userName": "b", "active": True, "name": {"familyName": "J"}, "password": "s", "locale": "de"}
        changed = changes(user, {}, body, {}, scene, creating=True)
        assert changed.records == {
            "user": {("loginId",): "b", ("name", "familyName"): "J", ("userState",): "active"},
            "password": {("password",): "s"},
        }

    def test_immutable_values_are_written(self, credential: Mapping, scene: Scene) -> None:
        body = {"user": {"value": "u1"}, "dbPassword": "Secret", "salt": "mine"}
        changed = changes(credential, {}, body, {}, scene, creating=True).records["credential"]
        stored = {keys[-1]: value for keys, value in changed.items() if keys[0] == "properties"}
        assert changed[("userExtId",)] == "u1"
        assert Verifier(iterations=10).verify("Secret", stored)
        assert "mine" not in stored.values()


def test_writing_the_shown_verifier_back_is_no_change(credential: Mapping, scene: Scene) -> None:
    made = Verifier(iterations=10).put("Secret", None)
    records = {"credential": {"userExtId": "u1", "extId": "c1", "properties": made}}
    before = view(credential, records, scene)
    assert changes(credential, before, dict(before), records, scene, creating=False) == Changes()
    again = changes(credential, before, {**before, "dbPassword": "Secret"}, records, scene, creating=False)
    assert set(again.records["credential"]) == {("properties", name) for name in made}


def test_a_value_without_stored_form_is_refused_without_repeating_it(user: Mapping, scene: Scene) -> None:
    with pytest.raises(ScimError, match=r"phoneNumbers.value: give a phone number") as refused:
        edited(user, scene, phoneNumbers=[{"type": "work", "value": "call me"}])
    assert "call me" not in str(refused.value)
    with pytest.raises(ScimError, match="active: takes only"):
        edited(user, scene, active="perhaps")


texts = st.text("abÄ ~,/", max_size=4)
people = st.fixed_dictionaries(
    {},
    optional={
        "loginId": texts,
        "userState": st.sampled_from(["active", "disabled", "archived", "odd"]),
        "languageCode": st.sampled_from(["EN", "de", ""]),
        "name": st.fixed_dictionaries({}, optional={"firstName": texts, "familyName": texts}),
        "contacts": st.fixed_dictionaries(
            {}, optional={"email": texts, "mobile": st.text("+0 12-x", max_size=6), "telephone": texts}
        ),
        "address": st.fixed_dictionaries({}, optional={"countryCode": texts, "city": texts}),
        "properties": st.dictionaries(st.sampled_from(["number", "tags", "manager", "x", "y"]), texts | st.just("7")),
        "validity": st.fixed_dictionaries({}, optional={"to": st.sampled_from(["2030-01-01T00:00:00Z", "?"])}),
    },
)


@settings(max_examples=150, deadline=None)
@given(person=people)
def test_law_get_put_over_a_whole_mapping(user: Mapping, scene: Scene, person: Any) -> None:
    records = {"user": person, "profile": {"unitExtId": "1"}}
    shown = view(user, records, scene)
    assert changes(user, shown, copy.deepcopy(shown), records, scene, creating=False) == Changes()


@settings(max_examples=150, deadline=None)
@given(one=people, other=people)
def test_law_put_get_over_a_whole_mapping(user: Mapping, scene: Scene, one: Any, other: Any) -> None:
    records = {"user": {**copy.deepcopy(one), "extId": "u1"}, "profile": {"unitExtId": "1"}}
    other = {**copy.deepcopy(other), "extId": "u1"}
    other.get("contacts", {}).pop("mobile", None)  # what is no phone number is shown, but never written
    other.get("contacts", {}).pop("telephone", None)
    before, wish = view(user, records, scene), view(user, {"user": other, "profile": {"unitExtId": "2"}}, scene)
    changed = changes(user, before, wish, records, scene, creating=False)
    after = view(user, written(records, changed), scene)
    for resource in (after, wish):  # follows from the validity, of which a broken text is not shown but counts
        resource.get(NEVIS, {}).pop("valid", None)
    assert after == wish


def written(records: Any, changed: Changes) -> Any:
    """The records after the changes: `properties` stand in the user, `unit` in the profile."""
    after = copy.deepcopy(records)
    homes = {"user": after["user"], "unit": after["profile"], "properties": after["user"].setdefault("properties", {})}
    for name, fields in changed.records.items():
        for keys, value in fields.items():
            home = homes[name]
            for key in keys[:-1]:
                home = home.setdefault(key, {})
            home[keys[-1]] = value
    return after


def test_a_hidden_verifier_is_not_taken_for_an_absent_one(credential: Mapping, scene: Scene) -> None:
    records = {"credential": {"userExtId": "u1", "extId": "c1", "properties": {"hash": "h", "salt": "s"}}}
    hidden = replace(scene, verifiers="hide")
    before = view(credential, records, hidden)
    assert changes(credential, before, dict(before), records, hidden, creating=False) == Changes()
