"""PATCH, edit by edit: RFC 7644 section 3.5.2, the IDCS forms, and the leniencies one by one."""

import dataclasses
from typing import Any

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import IDCS, RFC, Dialect, Leniency
from gateway.scim.patch import apply, read_edits
from gateway.scim.request import Edit
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Path

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

WORK = {"value": "w@x", "type": "work", "primary": True}
HOME = {"value": "h@x", "type": "home"}
NOW: dict[str, Any] = {
    "id": "1",
    "userName": "bj",
    "displayName": "BJ",
    "employeeNumber": "e1",
    "nickNames": ["a", "b"],
    "name": {"givenName": "B", "familyName": "J"},
    "emails": [WORK, HOME],
    "addresses": [{"type": "work", "locality": "Bern", "country": "CH"}],
    "groups": [{"value": "g1"}],
    "members": [{"value": "u1"}, {"value": "u2", "display": "Two"}],
    "meta": {"created": "2020-01-01T00:00:00.000Z", "version": 3},
    NEVIS: {
        "state": "active",
        "validTo": "2030-01-01T00:00:00.000Z",
        "properties": {"a": "1", "b": "2"},
        "classifications": {"c": ["x"]},
    },
}


def op(op: str, path: str | None = None, **value: Any) -> dict[str, Any]:
    return {"op": op, **({} if path is None else {"path": path}), **value}


def patch(person: ResourceType, *operations: Any, dialect: Dialect = IDCS, now: dict[str, Any] = NOW) -> dict[str, Any]:
    edits = read_edits({"schemas": [PATCH_OP], "Operations": list(operations)}, person, dialect)
    return apply(now, edits, person, dialect.leniencies)


def refused(person: ResourceType, *operations: Any, dialect: Dialect = IDCS, now: dict[str, Any] = NOW) -> str:
    with pytest.raises(ScimError) as info:
        patch(person, *operations, dialect=dialect, now=now)
    assert info.value.status in (400, 413)
    return info.value.code.code


def without(*leniencies: Leniency) -> Dialect:
    return dataclasses.replace(IDCS, leniencies=IDCS.leniencies - frozenset(leniencies))


CHANGES: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    # singular attributes
    ([op("add", "displayName", value="X")], {"displayName": "X"}),
    ([op("REPLACE", "DISPLAYNAME", value="X")], {"displayName": "X"}),
    ([op("Replace", "active", value="False")], {"active": False}),
    ([op("replace", f"{CORE}:displayName", value="X")], {"displayName": "X"}),
    ([op("remove", "displayName")], {"displayName": None}),
    ([op("replace", "displayName", value=None)], {"displayName": None}),
    ([op("add", "displayName", value=None)], {}),
    ([op("remove", "badge")], {}),
    ([op("replace", "born", value="2024-01-01T02:00:00+02:00")], {"born": "2024-01-01T00:00:00.000Z"}),
    # complex attributes: what is not mentioned stays
    ([op("replace", "name", value={"GIVENNAME": "X"})], {"name": {"givenName": "X", "familyName": "J"}}),
    ([op("add", "name", value={"givenName": "X"})], {"name": {"givenName": "X", "familyName": "J"}}),
    ([op("replace", "name", value={"givenName": None})], {"name": {"familyName": "J"}}),
    ([op("replace", "name", value={})], {}),
    ([op("replace", "name.givenName", value="X")], {"name": {"givenName": "X", "familyName": "J"}}),
    ([op("remove", "name.givenName")], {"name": {"familyName": "J"}}),
    ([op("add", "boss.display", value="X")], {"boss": {"display": "X"}}),
    ([op("replace", 'name[familyName eq "J"].givenName', value="X")], {"name": {"givenName": "X", "familyName": "J"}}),
    # multi-valued attributes of plain values
    ([op("add", "nickNames", value=["c", "A"])], {"nickNames": ["a", "b", "c"]}),
    ([op("add", "nickNames", value="c")], {"nickNames": ["a", "b", "c"]}),
    ([op("replace", "nickNames", value=["c"])], {"nickNames": ["c"]}),
    ([op("replace", "nickNames", value=[])], {"nickNames": None}),
    ([op("remove", "nickNames")], {"nickNames": None}),
    ([op("remove", 'nickNames[value eq "a"]')], {"nickNames": ["b"]}),
    ([op("replace", 'nickNames[value eq "a"]', value="z")], {"nickNames": ["z", "b"]}),
    # multi-valued attributes of complex values
    (
        [op("add", "emails", value=[{"value": "n@x", "type": "other"}])],
        {"emails": [WORK, HOME, {"value": "n@x", "type": "other"}]},
    ),
    ([op("add", "emails", value={"value": "n@x"})], {"emails": [WORK, HOME, {"value": "n@x"}]}),
    (
        [op("add", "emails", value=[{"value": "H@X", "type": "HOME"}])],
        {"emails": [WORK, {"value": "H@X", "type": "home"}]},
    ),
    ([op("add", "emails", value=[WORK])], {}),
    ([op("replace", "emails", value=[{"value": "n@x"}])], {"emails": [{"value": "n@x"}]}),
    ([op("remove", "emails")], {"emails": None}),
    ([op("remove", 'emails[type eq "home"]')], {"emails": [WORK]}),
    ([op("remove", 'emails[value ew "@x"]')], {"emails": None}),
    ([op("remove", 'emails[type eq "none"]')], {}),
    ([op("remove", 'emails[type eq "home"].value')], {"emails": [WORK]}),
    ([op("remove", 'emails[type eq "work"].primary')], {"emails": [{"value": "w@x", "type": "work"}, HOME]}),
    (
        [op("replace", 'emails[type eq "home"].value', value="n@x")],
        {"emails": [WORK, {"value": "n@x", "type": "home"}]},
    ),
    (
        [op("add", 'EMAILS[TYPE eq "home" and value sw "H"].VALUE', value="n@x")],
        {"emails": [WORK, {"value": "n@x", "type": "home"}]},
    ),
    (
        [op("replace", 'emails[type eq "home"]', value={"value": "n@x"})],
        {"emails": [WORK, {"value": "n@x", "type": "home"}]},
    ),
    ([op("replace", 'emails[value co "h"]', value={"value": "n@x"})], {"emails": [WORK, {"value": "n@x"}]}),
    ([op("add", 'emails[type eq "work"]', value={"value": "n@x"})], {"emails": [{**WORK, "value": "n@x"}, HOME]}),
    ([op("replace", 'emails[type eq "home"]', value=None)], {"emails": [WORK]}),
    ([op("replace", "emails.type", value="other")], {"emails": [{**WORK, "type": "other"}, {**HOME, "type": "other"}]}),
    ([op("remove", "addresses.country")], {"addresses": [{"type": "work", "locality": "Bern"}]}),
    (
        [op("add", "addresses", value={"type": "work", "locality": "Thun"})],
        {"addresses": [{"type": "work", "locality": "Thun", "country": "CH"}]},
    ),
    (
        [op("replace", 'addresses[type eq "work"]', value=[{"locality": "Thun"}])],
        {"addresses": [{"type": "work", "locality": "Thun"}]},
    ),
    (
        [op("add", "members", value=[{"value": "u3"}])],
        {"members": [{"value": "u1"}, {"value": "u2", "display": "Two"}, {"value": "u3"}]},
    ),
    ([op("add", "members", value=[{"value": "u2"}])], {}),
    (
        [op("add", "members", value=[{"value": "U2"}])],
        {"members": [{"value": "u1"}, {"value": "u2", "display": "Two"}, {"value": "U2"}]},
    ),
    ([op("remove", 'members[value eq "u1"]')], {"members": [{"value": "u2", "display": "Two"}]}),
    ([op("remove", 'members[value eq "stranger"]')], {}),
    # primary moves
    (
        [op("add", "emails", value={"value": "n@x", "primary": True})],
        {"emails": [{**WORK, "primary": False}, HOME, {"value": "n@x", "primary": True}]},
    ),
    (
        [op("replace", 'emails[type eq "home"].primary', value="true")],
        {"emails": [{**WORK, "primary": False}, {**HOME, "primary": True}]},
    ),
    (
        [op("add", "emails", value={**HOME, "primary": True})],
        {"emails": [{**WORK, "primary": False}, {**HOME, "primary": True}]},
    ),
    ([op("replace", "emails[primary eq true].value", value="n@x")], {"emails": [{**WORK, "value": "n@x"}, HOME]}),
    # extensions
    ([op("replace", f"{NEVIS}:unit", value="100")], {f"{NEVIS}:unit": "100"}),
    (
        [op("add", f"{ENTERPRISE}:manager.value", value="9"), op("add", f"{ENTERPRISE}:costCenter", value="c")],
        {ENTERPRISE: {"manager": {"value": "9"}, "costCenter": "c"}},
    ),
    (
        [op("replace", NEVIS, value={"unit": "100", "properties": {"c": "3"}})],
        {f"{NEVIS}:unit": "100", f"{NEVIS}:properties": {"a": "1", "b": "2", "c": "3"}},
    ),
    ([op("add", NEVIS.upper(), value={"UNIT": "100"})], {f"{NEVIS}:unit": "100"}),
    ([op("remove", NEVIS)], {NEVIS: {"state": "active"}}),
    ([op("remove", f"{NEVIS}:validTo")], {f"{NEVIS}:validTo": None}),
    ([op("replace", f"{NEVIS}:properties.a", value="9")], {f"{NEVIS}:properties": {"a": "9", "b": "2"}}),
    ([op("remove", f"{NEVIS}:properties.a")], {f"{NEVIS}:properties": {"b": "2"}}),
    ([op("add", f"{NEVIS}:properties", value={"a": None, "c": "3"})], {f"{NEVIS}:properties": {"b": "2", "c": "3"}}),
    ([op("add", f"{NEVIS}:classifications.c", value="y")], {f"{NEVIS}:classifications": {"c": ["x", "y"]}}),
    ([op("replace", f"{NEVIS}:classifications.c", value=["y"])], {f"{NEVIS}:classifications": {"c": ["y"]}}),
    # no path
    (
        [op("replace", value={"displayName": "X", "name": {"givenName": "X"}, NEVIS: {"unit": "100"}})],
        {"displayName": "X", "name": {"givenName": "X", "familyName": "J"}, f"{NEVIS}:unit": "100"},
    ),
    ([op("add", value={"nickNames": ["c"], "active": True})], {"nickNames": ["a", "b", "c"], "active": True}),
    ([op("replace", "", value={"displayName": None})], {"displayName": None}),
    ([op("replace", CORE, value={"displayName": "X"})], {"displayName": "X"}),
    ([op("replace", value={"schemas": [CORE], "displayName": "X"})], {"displayName": "X"}),
    ([op("replace", value={"id": "1", "groups": [{"VALUE": "g1", "ocid": "g1"}]})], {}),
    ([op("replace", value={"meta": {"created": "1999-01-01T00:00:00Z"}, "ocid": "x"})], {}),
    # in order
    (
        [op("replace", "displayName", value="X"), op("remove", "displayName"), op("add", "displayName", value="Y")],
        {"displayName": "Y"},
    ),
    (
        [op("remove", "name.familyName"), op("add", "name.familyName", value="X")],
        {"name": {"givenName": "B", "familyName": "X"}},
    ),
    ([op("add", "schemas", value=[NEVIS])], {}),
    ([op("replace", "employeeNumber", value="e1")], {}),
    ([op("replace", "password", value="s3cret")], {"password": "s3cret"}),
]


def expected(changes: dict[str, Any]) -> dict[str, Any]:
    wish = {**NOW, NEVIS: dict(NOW[NEVIS])}
    for key, value in changes.items():
        holder, name = (wish[NEVIS], key[len(NEVIS) + 1 :]) if key.startswith(f"{NEVIS}:") else (wish, key)
        if value is None:
            del holder[name]
        else:
            holder[name] = value
    return wish


@pytest.mark.parametrize(
    ("operations", "changes"), CHANGES, ids=lambda each: str(each)[:90] if isinstance(each, list) else ""
)
def test_an_edit_changes_what_it_says_and_nothing_else(
    person: ResourceType, operations: list[dict[str, Any]], changes: dict[str, Any]
) -> None:
    before = repr(NOW)
    assert patch(person, *operations) == expected(changes)
    assert repr(NOW) == before


REFUSALS: list[tuple[list[Any], str]] = [
    ([op("move", "displayName", value="x")], "GW101"),
    ([{"path": "displayName", "value": "x"}], "GW101"),
    ([{"op": 1, "path": "displayName", "value": "x"}], "GW101"),
    (["x"], "GW101"),
    ([], "GW101"),
    ([op("add", "displayName")], "GW101"),
    ([op("replace", "displayName")], "GW101"),
    ([op("replace", value="x")], "GW101"),
    ([op("add", NEVIS, value="x")], "GW101"),
    ([op("remove")], "GW109"),
    ([op("remove", "", value={"displayName": "x"})], "GW109"),
    ([op("remove", CORE)], "GW108"),
    ([op("replace", "nobody", value="x")], "GW108"),
    ([op("replace", "name.nobody", value="x")], "GW108"),
    ([op("replace", "displayName.x", value="x")], "GW108"),
    ([op("replace", "urn:strange:User:x", value="x")], "GW108"),
    ([op("replace", "emails[", value="x")], "GW108"),
    ([op("replace", "emails[type eq]", value="x")], "GW104"),
    ([op("replace", 'emails[nobody eq "x"]', value="x")], "GW105"),
    ([op("replace", 'emails[type eq "work"].nobody', value="x")], "GW108"),
    ([{"op": "replace", "path": 5, "value": "x"}], "GW108"),
    ([op("replace", value={"nobody": 1})], "GW119"),
    ([op("replace", NEVIS, value={"nobody": 1})], "GW119"),
    ([op("replace", "name", value={"nobody": 1})], "GW119"),
    ([op("replace", "displayName", value=5)], "GW111"),
    ([op("replace", "displayName", value=["x"])], "GW111"),
    ([op("replace", "userName", value="")], "GW111"),
    ([op("replace", "active", value="maybe")], "GW111"),
    ([op("add", "emails", value="x")], "GW111"),
    ([op("add", "emails", value=[WORK, {**HOME, "primary": True}])], "GW111"),
    ([op("replace", "id", value="2")], "GW110"),
    ([op("remove", "id")], "GW110"),
    ([op("replace", "meta.created", value="2020-01-01T00:00:00Z")], "GW110"),
    ([op("replace", "ocid", value="2")], "GW110"),
    ([op("remove", "schemas")], "GW110"),
    ([op("add", "groups", value=[{"value": "g2"}])], "GW110"),
    ([op("remove", 'groups[value eq "g1"]')], "GW110"),
    ([op("replace", f"{NEVIS}:state", value="x")], "GW110"),
    ([op("replace", 'emails[type eq "work"].verified', value=True)], "GW110"),
    ([op("replace", value={"id": "2"})], "GW110"),
    ([op("replace", NEVIS, value={"state": "x"})], "GW110"),
    ([op("replace", "employeeNumber", value="e2")], "GW110"),
    ([op("remove", "employeeNumber")], "GW110"),
    ([op("replace", 'members[value eq "u1"].value', value="u9")], "GW110"),
    ([op("remove", "userName")], "GW110"),
    ([op("replace", "userName", value=None)], "GW110"),
    ([op("remove", "name.familyName")], "GW110"),
    ([op("remove", "name")], "GW110"),
    ([op("add", "emails", value=[{"type": "other"}])], "GW112"),
    ([op("add", ENTERPRISE, value={"department": "x"})], "GW112"),
    ([op("replace", 'emails[value co "none"].value', value="x")], "GW109"),
    ([op("replace", 'emails[type eq "none" or type eq "other"]', value={"value": "x"})], "GW109"),
    ([op("add", 'emails[not (type eq "work") and type ne "home"]', value={"value": "x"})], "GW109"),
    ([op("add", 'name[familyName eq "none"].givenName', value="x")], "GW109"),
    ([op("add", 'password[value eq "x"]', value="x")], "GW201"),
    ([op("add", "nickNames", value=["x"])] * 1001, "GW103"),
]


@pytest.mark.parametrize(
    ("operations", "code"), REFUSALS, ids=lambda each: str(each)[:90] if isinstance(each, list) else each
)
def test_a_wrong_edit_is_refused_with_its_code(person: ResourceType, operations: list[Any], code: str) -> None:
    before = repr(NOW)
    assert refused(person, *operations) == code
    assert repr(NOW) == before


@pytest.mark.parametrize("value", [5, None, {}, "x"])
def test_operations_must_be_an_array(person: ResourceType, value: Any) -> None:
    with pytest.raises(ScimError) as info:
        read_edits({"schemas": [PATCH_OP], "Operations": value}, person, IDCS)
    assert info.value.code.code == "GW101"


@pytest.mark.parametrize("schemas", [None, [], [CORE]])
def test_a_patch_names_its_schema(person: ResourceType, schemas: Any) -> None:
    with pytest.raises(ScimError) as info:
        read_edits({"schemas": schemas, "Operations": [op("remove", "displayName")]}, person, IDCS)
    assert info.value.code.code == "GW101"


def test_member_names_ignore_case(person: ResourceType) -> None:
    body = {"SCHEMAS": [PATCH_OP.lower()], "operations": [{"OP": "Add", "Path": "displayName", "VALUE": "X"}]}
    assert read_edits(body, person, IDCS) == (Edit("add", Path(Attr("displayName")), "X"),)


def test_two_values_cannot_become_primary_at_once(person: ResourceType) -> None:
    now = {"id": "1", "emails": [{"value": "1"}, {"value": "2"}]}
    assert refused(person, op("replace", "emails.primary", value=True), now=now) == "GW111"


def test_all_or_nothing(person: ResourceType) -> None:
    assert refused(person, op("replace", "displayName", value="X"), op("remove", "userName")) == "GW110"


def test_an_immutable_attribute_can_be_set_once(person: ResourceType) -> None:
    now = {key: value for key, value in NOW.items() if key != "employeeNumber"}
    assert patch(person, op("add", "employeeNumber", value="e9"), now=now)["employeeNumber"] == "e9"


def test_what_was_incomplete_before_does_not_block_an_edit(person: ResourceType) -> None:
    assert patch(person, op("add", "displayName", value="X"), now={"id": "1"}) == {"id": "1", "displayName": "X"}


def test_an_emptied_extension_is_gone(person: ResourceType) -> None:
    now = {**NOW, NEVIS: {"unit": "100"}}
    assert NEVIS not in patch(person, op("remove", f"{NEVIS}:unit"), now=now)


@pytest.mark.parametrize(
    "value", [{"displayName": "X", "id": "2", "groups": []}, {"displayName": "X", "name": {}, "meta": 5}]
)
def test_read_only_values_among_others_are_passed_over_where_the_site_wants_it(
    person: ResourceType, value: dict[str, Any]
) -> None:
    lenient = dataclasses.replace(RFC, leniencies=RFC.leniencies | {"read_only_in_patch"})
    assert patch(person, op("replace", value=value), dialect=lenient) == {**NOW, "displayName": "X"}


@pytest.mark.parametrize("dialect", [RFC, IDCS])
def test_read_only_values_among_others_may_repeat_what_is_there_and_nothing_else(
    person: ResourceType, dialect: Dialect
) -> None:
    same = {"displayName": "X", "id": NOW["id"], "meta": {"version": "9"}}
    assert patch(person, op("replace", value=same), dialect=dialect) == {**NOW, "displayName": "X"}
    assert refused(person, op("replace", value={"displayName": "X", "id": "2"}), dialect=dialect) == "GW110"


def test_rfc_refuses_a_path_to_a_read_only_attribute(person: ResourceType) -> None:
    assert refused(person, op("replace", "id", value="2"), dialect=RFC) == "GW110"


class TestLeniencies:
    def test_boolean_strings(self, person: ResourceType) -> None:
        assert patch(person, op("Replace", "active", value="True"))["active"] is True
        assert refused(person, op("Replace", "active", value="True"), dialect=without("boolean_strings")) == "GW111"

    def test_dotted_keys(self, person: ResourceType) -> None:
        edit = op("replace", value={"name.givenName": "X", 'emails[type eq "home"].value': "n@x"})
        wish = patch(person, edit)
        assert wish["name"]["givenName"] == "X"
        assert wish["emails"] == [WORK, {"value": "n@x", "type": "home"}]
        assert refused(person, edit, dialect=without("dotted_keys")) == "GW119"

    def test_urn_keys(self, person: ResourceType) -> None:
        edit = op(
            "add", value={f"{NEVIS}:unit": "100", f"{ENTERPRISE}:costCenter": "c", f"{ENTERPRISE}:manager.value": "9"}
        )
        wish = patch(person, edit)
        assert wish[NEVIS]["unit"] == "100"
        assert wish[ENTERPRISE] == {"costCenter": "c", "manager": {"value": "9"}}
        assert refused(person, edit, dialect=without("urn_keys")) == "GW119"

    def test_array_on_filtered_replace(self, person: ResourceType) -> None:
        one = op("replace", 'emails[type eq "work"]', value=[{"value": "n@x"}])
        assert patch(person, one)["emails"] == [{"value": "n@x", "type": "work"}, HOME]
        assert refused(person, one, dialect=without("array_on_filtered_replace")) == "GW111"

    def test_an_array_of_two_takes_the_place_of_one(self, person: ResourceType) -> None:
        two = op("replace", 'emails[type eq "work"]', value=[{"value": "1"}, {"value": "2", "type": "other"}])
        assert patch(person, two)["emails"] == [{"value": "1", "type": "work"}, {"value": "2", "type": "other"}, HOME]

    @pytest.mark.parametrize("name", ["add", "replace"])
    def test_unmatched_path_creates(self, person: ResourceType, name: str) -> None:
        edit = op(name, 'emails[type eq "other" and primary eq false].value', value="n@x")
        assert patch(person, edit)["emails"] == [WORK, HOME, {"type": "other", "primary": False, "value": "n@x"}]
        assert refused(person, edit, dialect=without("unmatched_path_creates")) == "GW109"

    def test_an_unmatched_path_creates_a_whole_value(self, person: ResourceType) -> None:
        edit = op("replace", 'addresses[type eq "home"]', value={"locality": "Thun"})
        assert patch(person, edit)["addresses"][1] == {"type": "home", "locality": "Thun"}

    def test_an_unmatched_path_creates_the_first_value(self, person: ResourceType) -> None:
        edit = op("add", 'emails[type eq "work"].value', value="n@x")
        assert patch(person, edit, now={"id": "1"})["emails"] == [{"type": "work", "value": "n@x"}]

    def test_remove_by_value_never_empties(self, person: ResourceType) -> None:
        edit = op("Remove", "members", value=[{"$ref": None, "value": "u1"}])
        assert patch(person, edit)["members"] == [{"value": "u2", "display": "Two"}]
        assert patch(person, op("remove", "members", value=[{"value": "stranger"}])) == NOW
        assert patch(person, op("remove", "members", value=[])) == NOW
        assert refused(person, edit, dialect=without("remove_by_value")) == "GW101"

    def test_remove_by_value_by_the_parts_of_the_key(self, person: ResourceType) -> None:
        assert patch(person, op("remove", "emails", value={"value": "H@X"}))["emails"] == [WORK]
        assert patch(person, op("remove", "emails", value=[{"type": "home"}]))["emails"] == [WORK]
        assert patch(person, op("remove", "emails", value=[{"primary": True}]))["emails"] == [HOME]
        assert patch(person, op("remove", "nickNames", value=["A"]))["nickNames"] == ["b"]

    def test_remove_by_value_of_single_values(self, person: ResourceType) -> None:
        assert "displayName" not in patch(person, op("remove", "displayName", value="bj"))
        assert patch(person, op("remove", "displayName", value="other")) == NOW


def test_an_edit_without_path_can_be_applied_as_it_stands(person: ResourceType) -> None:
    edit = Edit("replace", None, {"displayName": "X", NEVIS: {"unit": "100"}})
    assert apply(NOW, (edit,), person, frozenset()) == expected({"displayName": "X", f"{NEVIS}:unit": "100"})


@pytest.mark.parametrize("edit", [Edit("replace", None, {"nobody": 1}), Edit("add", Path(Attr("nobody")), 1)])
def test_an_edit_that_was_never_read_is_our_fault(person: ResourceType, edit: Edit) -> None:
    with pytest.raises(ScimError) as info:
        apply(NOW, (edit,), person, frozenset())
    assert info.value.code.code == "GW901"


def test_errors_name_attributes_and_never_values(person: ResourceType) -> None:
    for operations, _ in REFUSALS:
        with pytest.raises(ScimError) as info:
            patch(person, *operations)
        assert "u9" not in info.value.detail
        assert "maybe" not in info.value.detail
