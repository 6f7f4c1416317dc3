"""Write plans over the shipped mappings: the smallest bodies, in order, each with what takes it back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gateway.errors import Unsupported
from gateway.mapping.load import find_mappings, load
from gateway.mapping.put import Changes
from gateway.nevisidm.template import lookup_in
from gateway.plan.create import plan_create
from gateway.plan.write import plan_delete, plan_update
from gateway.scim.tree import Attr

MAPPINGS = load(find_mappings()).by_name
USER = MAPPINGS["User"]
STORED = {
    "user": {
        "extId": "u1",
        "version": 7,
        "loginId": "bjensen",
        "name": {"firstName": "Barbara", "familyName": "Jensen"},
        "properties": {"jobTitle": "Guide"},
    },
    "properties": {"jobTitle": "Guide"},
    "profile": {"extId": "p1", "version": 2, "unitExtId": "sales"},
    "unit": {"extId": "p1", "version": 2, "unitExtId": "sales"},
}


def update(records: dict[str, Any], stored: Any = STORED) -> Any:
    return plan_update(USER, "modify", Changes(records=records), stored, {"user.extId": "u1"}, "null")


def create(name: str, records: dict[str, Any], **settings: str) -> Any:
    numbers = itertools.count(1)
    tenant = lookup_in({"client": "100", **{f"settings.{key}": value for key, value in settings.items()}})
    return plan_create(MAPPINGS[name], Changes(records=records), tenant, lambda: f"id-{next(numbers)}")


def test_nothing_changed_means_no_call() -> None:
    assert update({}).calls == ()


def test_a_nested_object_is_sent_complete_with_the_version_that_was_read() -> None:
    [call] = update({"user": {("name", "firstName"): "Babs"}}).calls
    assert call.call.body == {"name": {"firstName": "Babs", "familyName": "Jensen"}, "version": 7}


def test_the_undo_puts_back_what_was_read_and_names_no_version() -> None:
    [call] = update({"user": {("name", "firstName"): "Babs"}}).calls
    assert call.undo.body == {"name": {"firstName": "Barbara", "familyName": "Jensen"}}


def test_planning_does_not_touch_what_was_read() -> None:
    update({"user": {("name", "firstName"): "Babs"}})
    assert STORED["user"]["name"] == {"firstName": "Barbara", "familyName": "Jensen"}


@pytest.mark.parametrize(("clear", "sent"), [("null", None), ("empty", "")])
def test_clearing_is_the_installations_affair(clear: Any, sent: Any) -> None:
    plan = plan_update(
        USER, "modify", Changes(records={"properties": {("jobTitle",): None}}), STORED, {"user.extId": "u1"}, clear
    )
    assert plan.calls[0].call.body == {"jobTitle": sent}


def test_records_are_written_in_the_order_of_the_mapping() -> None:
    plan = update({"profile": {("remarks",): "x"}, "properties": {("jobTitle",): "Chief"}, "user": {("loginId",): "b"}})
    assert [call.call.name for call in plan.calls] == ["profile.update", "user.update", "properties.update"]


def test_a_link_call_carries_the_new_value_in_its_path_and_the_old_one_in_its_undo() -> None:
    plan = update({"unit": {("unitExtId",): "hr"}})
    [call] = plan.calls
    known = lookup_in({**STORED, "client": "100", **plan.bindings})
    assert call.call.body is None
    assert call.call.path.fill_path(known).endswith("/profiles/p1/unit/hr")
    assert call.undo.path.fill_path(known).endswith("/profiles/p1/unit/sales")


def test_a_password_is_changed_and_created_where_there_is_none() -> None:
    [call] = update({"password": {("password",): "s3cret"}}).calls
    assert call.call.body == {"newPassword": "s3cret"}
    assert call.instead.body == {"password": "s3cret"}
    assert call.undo is None
    assert "s3cret" not in repr(call)


def test_a_change_that_no_step_carries_is_refused() -> None:
    with pytest.raises(Unsupported, match="roles"):
        update({"roles": {("extId",): "x"}})


def test_a_change_of_list_elements_is_refused_where_the_mapping_cannot_write_them() -> None:
    with pytest.raises(Unsupported):
        plan_update(
            USER, "modify", Changes(added={Attr("groups"): ({"value": "g"},)}), STORED, {"user.extId": "u1"}, "null"
        )


def test_user_and_profile_are_created_together_with_ids_of_our_own() -> None:
    plan = create("User", {"user": {("loginId",): "b"}, "properties": {("jobTitle",): "Guide"}}, default_unit="sales")
    [call] = plan.calls
    assert call.call.body == {
        "user": {"extId": "id-1", "loginId": "b", "properties": {"jobTitle": "Guide"}},
        "profile": {"extId": "id-2", "isDefaultProfile": True, "unitExtId": "sales"},
    }
    assert call.undo.path.fill_path(lookup_in({"client": "100", **plan.bindings})) == "/core/v1/100/users/id-1"
    assert call.again.name == "user.read"
    assert call.created is None


def test_a_fill_whose_setting_is_absent_is_left_to_nevisidm() -> None:
    [call] = create("User", {"user": {("loginId",): "b"}}).calls
    assert "unitExtId" not in call.call.body["profile"]


def test_what_the_client_says_wins_over_fill() -> None:
    [call] = create("User", {"user": {("loginId",): "b"}, "unit": {("unitExtId",): "hr"}}, default_unit="sales").calls
    assert call.call.body["profile"]["unitExtId"] == "hr"


def test_profile_properties_and_password_follow_in_calls_of_their_own() -> None:
    plan = create(
        "User",
        {"user": {("loginId",): "b"}, "profileProperties": {("costCentre",): "1"}, "password": {("password",): "x"}},
    )
    assert [call.call.name for call in plan.calls[1:]] == ["profileProperties.update", "password.create"]


def test_a_value_in_the_path_is_not_sent_in_the_body() -> None:
    plan = create("UserSecurIdCredentials", {"credential": {("userExtId",): "u1", ("username",): "b"}})
    [call] = plan.calls
    assert call.call.body == {"extId": "id-1", "username": "b"}
    assert call.undo.method == "DELETE"
    assert plan.bindings["credential.userExtId"] == "u1"


def test_a_delete_is_one_call() -> None:
    [call] = plan_delete(MAPPINGS["UserSecurIdCredentials"], {"credential.userExtId": "u1"}).calls
    assert (call.call.method, call.call.name) == ("DELETE", "credential.delete")
