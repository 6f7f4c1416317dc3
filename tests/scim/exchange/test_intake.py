import dataclasses
from typing import Any

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import ALL_LENIENCIES, IDCS, RFC
from gateway.scim.intake import missing_required, read_resource, require
from gateway.scim.schema import ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STRICT = {"leniencies": frozenset[str]()}


def read(
    person: ResourceType,
    body: dict[str, Any],
    *,
    creating: bool = True,
    dialect: Any = IDCS,
    left_out: list[str] | None = None,
) -> dict[str, Any]:
    return read_resource({"schemas": [CORE], **body}, person, dialect, creating=creating, left_out=left_out)


def refused(person: ResourceType, body: dict[str, Any], **options: Any) -> ScimError:
    with pytest.raises(ScimError) as info:
        read(person, body, **options)
    assert info.value.status == 400
    return info.value


EVERYTHING = dataclasses.replace(IDCS, leniencies=ALL_LENIENCIES)


def strict() -> Any:
    return dataclasses.replace(RFC, leniencies=frozenset())


def test_names_take_their_declared_case(person: ResourceType) -> None:
    body = {
        "USERNAME": "a",
        "Name": {"FAMILYNAME": "b"},
        "emails": [{"VALUE": "c", "Type": "WORK"}],
        NEVIS.upper(): {"UNIT": "u"},
    }
    assert read(person, body) == {
        "userName": "a",
        "name": {"familyName": "b"},
        "emails": [{"value": "c", "type": "work"}],
        NEVIS: {"unit": "u"},
    }


def test_flattened_and_dotted_keys_are_nested(person: ResourceType) -> None:
    body = {
        f"{NEVIS}:unit": "100",
        f"{NEVIS.upper()}:properties.costCentre": "7",
        f"{CORE}:userName": "a",
        "name.familyName": "b",
        "name.givenName": "c",
        NEVIS: {"validTo": "2030-01-01T00:00:00Z"},
    }
    assert read(person, body) == {
        NEVIS: {"unit": "100", "properties": {"costCentre": "7"}, "validTo": "2030-01-01T00:00:00.000Z"},
        "userName": "a",
        "name": {"familyName": "b", "givenName": "c"},
    }


def test_core_attributes_may_stand_below_their_urn(person: ResourceType) -> None:
    assert read(person, {CORE: {"userName": "a"}}) == {"userName": "a"}


@pytest.mark.parametrize("said", [True, "True", "nonsense"])
def test_what_always_has_one_value_is_kept_for_the_mapping_to_refuse_another(person: ResourceType, said: Any) -> None:
    body = {"addresses": [{"type": "work", "country": "CH", "primary": said}]}
    found = read(person, body)["addresses"][0]["primary"]
    assert found == (said if said == "nonsense" else True)


def test_an_extension_may_repeat_its_schemas(person: ResourceType) -> None:
    assert read(person, {"userName": "a", NEVIS: {"schemas": [NEVIS], "unit": "7"}})[NEVIS] == {"unit": "7"}


@pytest.mark.parametrize("key", [f"{NEVIS}:unit", "name.familyName"])
def test_without_the_leniency_such_keys_are_unknown(person: ResourceType, key: str) -> None:
    assert refused(person, {key: "x"}, dialect=strict()).code.code == "GW119"


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "a", "USERNAME": "b"},
        {"name": {"familyName": "a"}, "name.familyName": "b"},
        {"name": {"familyName": "a", "FAMILYNAME": "b"}},
        {"userName": "a", f"{CORE}:userName": "a"},
        {NEVIS: {"unit": "a"}, f"{NEVIS}:unit": "a"},
    ],
)
def test_an_attribute_that_stands_twice_is_refused(person: ResourceType, body: dict[str, Any]) -> None:
    assert refused(person, body).code.code == "GW101"


@pytest.mark.parametrize(
    "body",
    [
        {"usrName": "a"},
        {"name": {"first": "a"}},
        {NEVIS: {"strange": 1}},
        {"urn:strange:User": {"a": 1}},
        {f"{NEVIS}:strange": "x"},
        {"emails": [{"valu": "x"}]},
        {"tags": ["x"]},
    ],
)
def test_unknown_attributes_are_refused(person: ResourceType, body: dict[str, Any]) -> None:
    assert refused(person, body).code.code == "GW119"
    left_out: list[str] = []
    for dialect in (IDCS, RFC, strict()):
        assert refused(person, body, dialect=dialect, left_out=left_out).code.code == "GW119"
    assert left_out == []


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"usrName": "a"}, ["usrName"]),
        ({"name": {"first": "a", "givenName": "b"}}, ["name.first"]),
        ({NEVIS: {"strange": 1}}, [f"{NEVIS}:strange"]),
        ({"urn:strange:User": {"a": 1}}, ["urn:strange:User"]),
        ({f"{NEVIS}:strange": "x"}, [f"{NEVIS}:strange"]),
        ({"emails": [{"valu": "x", "value": "y"}, {"valu": "z", "value": "q"}]}, ["emails.valu", "emails.valu"]),
        ({"schemas": [CORE, "urn:strange:User"], "tags": []}, ["urn:strange:User"]),
        ({'emails[value eq "a@x"]': "x"}, ["?"]),
    ],
)
def test_where_a_site_lets_them_they_are_left_out_and_named(
    person: ResourceType, body: dict[str, Any], names: list[str]
) -> None:
    left_out: list[str] = []
    kept = read(person, {"userName": "a", **body}, dialect=EVERYTHING, left_out=left_out)
    assert left_out == names
    assert kept["userName"] == "a"
    assert not {"usrName", "urn:strange:User", NEVIS} & kept.keys()
    assert "first" not in kept.get("name", {})


def test_a_spelling_that_the_site_does_not_take_is_not_left_out(person: ResourceType) -> None:
    only = dataclasses.replace(RFC, leniencies=frozenset(("unknown_attributes",)))
    for key in ("name.familyName", f"{NEVIS}:unit"):
        assert refused(person, {key: "x"}, dialect=only, left_out=[]).code.code == "GW119"


@pytest.mark.parametrize("schemas", [["urn:strange:User"], [7], "x", [CORE, 7]])
def test_schemas_must_name_the_type_all_the_same(person: ResourceType, schemas: Any) -> None:
    assert refused(person, {"schemas": schemas}, dialect=EVERYTHING, left_out=[]).code.code == "GW111"


def test_the_nearest_name_is_offered(person: ResourceType) -> None:
    assert '"userName"' in refused(person, {"usrName": "a"}).detail


def test_null_and_empty_are_absent(person: ResourceType) -> None:
    body = {
        "userName": None,
        "emails": [],
        "nickNames": [None],
        "name": {},
        NEVIS: {"unit": None},
        "strange": None,
        ENTERPRISE: None,
    }
    assert read(person, body) == {}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"userName": 1}, "userName"),
        ({"userName": ["a"]}, "userName"),
        ({"userName": ""}, "userName"),
        ({"userName": "x" * 21}, "userName"),
        ({"active": 1}, "active"),
        ({"active": "yes"}, "active"),
        ({"level": 1.5}, "level"),
        ({"level": True}, "level"),
        ({"level": "1"}, "level"),
        ({"level": 1e30}, "level"),
        ({"score": "1"}, "score"),
        ({"score": False}, "score"),
        ({"born": "yesterday"}, "born"),
        ({"born": "2024-02-30T00:00:00Z"}, "born"),
        ({"born": "2024-02-03"}, "born"),
        ({"born": 5}, "born"),
        ({"born": "0001-01-01T00:00:00+05:00"}, "born"),
        ({"photo": "a=b"}, "photo"),
        ({"photo": "abcde"}, "photo"),
        ({"photo": 1}, "photo"),
        ({"profileUrl": {}}, "profileUrl"),
        ({"userType": "Robot"}, "userType"),
        ({"nickNames": "a"}, "nickNames"),
        ({"nickNames": [1]}, "nickNames"),
        ({"name": "a b"}, "name"),
        ({"name": {"familyName": 1}}, "name.familyName"),
        ({"emails": {"value": "a"}}, "emails"),
        ({"emails": ["a"]}, "emails"),
        ({"emails": [{"primary": "maybe"}]}, "emails.primary"),
        ({"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": "true"}]}, "emails"),
        ({"emails.value": "a"}, "emails"),
        ({NEVIS: ["a"]}, NEVIS),
        ({NEVIS: {"properties": {"a": 1}}}, f"{NEVIS}:properties.a"),
        ({NEVIS: {"classifications": {"a": "x"}}}, f"{NEVIS}:classifications.a"),
        ({"password": "s3cret" * 10}, "password"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_the_name_of_the_attribute(
    person: ResourceType, body: dict[str, Any], name: str
) -> None:
    error = refused(person, body)
    assert (error.code.code, error.scim_type) == ("GW111", "invalidValue")
    assert error.detail.startswith(f"{name} ")
    assert "s3cret" not in error.detail


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-10-24T19:07:26.810Z", "2024-10-24T19:07:26.810Z"),
        ("2024-10-24T19:07:26Z", "2024-10-24T19:07:26.000Z"),
        ("2024-10-24T21:07:26.8109+02:00", "2024-10-24T19:07:26.810Z"),
        ("2024-10-24t19:07:26z", "2024-10-24T19:07:26.000Z"),
        ("2024-10-24T19:07:26", "2024-10-24T19:07:26.000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
    ],
)
def test_date_times_become_utc_with_milliseconds(person: ResourceType, sent: str, kept: str) -> None:
    assert read(person, {"born": sent}) == {"born": kept}


@pytest.mark.parametrize(
    "body",
    [
        {"level": 5},
        {"score": 1.5},
        {"score": 2},
        {"photo": "YWI="},
        {"photo": "a-_b"},
        {"userType": "Employee"},
        {"profileUrl": "https://example.com"},
        {"nickNames": ["a", "b"]},
        {NEVIS: {"properties": {"Case.Kept": "x"}, "classifications": {"a": ["x", "y"]}}},
        {"boss": {"value": "7"}},
    ],
)
def test_fitting_values_stay_as_they_are(person: ResourceType, body: dict[str, Any]) -> None:
    assert read(person, body) == body


def test_whole_floats_are_integers_and_canonical_values_take_their_case(person: ResourceType) -> None:
    assert read(person, {"level": 5.0, "userType": "EMPLOYEE"}) == {"level": 5, "userType": "Employee"}


def test_types_of_multi_valued_attributes_are_suggestions(person: ResourceType) -> None:
    assert read(person, {"emails": [{"value": "a", "type": "other"}]}) == {"emails": [{"value": "a", "type": "other"}]}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("TRUE", True)])
def test_boolean_strings_are_a_leniency(person: ResourceType, text: str, value: bool) -> None:
    assert read(person, {"active": text}) == {"active": value}
    assert refused(person, {"active": text}, dialect=strict()).code.code == "GW111"


def test_read_only_values_are_dropped_on_create(person: ResourceType) -> None:
    body = {
        "id": "7",
        "groups": 5,
        NEVIS: {"state": {"odd": 1}},
        "emails": [{"value": "a", "verified": True}],
        "name": {"formatted": "x"},
    }
    assert read(person, body) == {"emails": [{"value": "a"}]}


def test_read_only_values_are_kept_on_update_for_the_comparison(person: ResourceType) -> None:
    body = {
        "id": "7",
        "groups": [{"VALUE": "g", "odd": 1}],
        NEVIS: {"state": {"odd": 1}},
        "emails": [{"value": "a", "verified": True}],
    }
    assert read(person, body, creating=False) == {**body, "groups": [{"value": "g"}]}


def test_what_a_read_showed_may_come_back(person: ResourceType) -> None:
    shown = {
        "meta": {"resourceType": "User", "version": 'W/"1"', "created": "2020-01-01T00:00:00Z"},
        "ocid": "7",
        "domainOcid": "x",
        "idcsCreatedBy": {"value": "1"},
        "boss": {"value": "7", "ocid": "7"},
    }
    assert read(person, shown, creating=False) == {"boss": {"value": "7"}}
    assert refused(person, {"ocid": "7"}, dialect=RFC).code.code == "GW119"
    assert refused(person, {"boss": {"ocid": "7"}}, dialect=RFC).code.code == "GW119"


@pytest.mark.parametrize("schemas", [[CORE], [CORE.upper(), NEVIS.lower()], [ENTERPRISE, CORE]])
def test_schemas_name_the_type_in_any_case(person: ResourceType, schemas: list[str]) -> None:
    assert read(person, {"schemas": schemas, "userName": "a"}) == {"userName": "a"}


@pytest.mark.parametrize("schemas", [[NEVIS], [CORE, "urn:strange"], CORE, [1], {}])
def test_schemas_that_do_not_are_refused(person: ResourceType, schemas: Any) -> None:
    error = refused(person, {"schemas": schemas})
    assert (error.code.code, "schemas" in error.detail) == ("GW111", True)


def test_no_schemas_is_a_missing_attribute(person: ResourceType) -> None:
    error = refused(person, {"schemas": None, "name": {"familyName": "x"}})
    assert (error.code.code, error.detail) == ("GW112", "Missing required attribute(s): schemas,userName.")


def test_missing_attributes_are_named_as_oracle_does(action: ResourceType) -> None:
    with pytest.raises(ScimError) as info:
        require({}, action)
    assert info.value.detail == "Missing required attribute(s): mappingAttributeValue,password."
    assert info.value.message_id == "error.common.validation.missingReqAttributes"


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        ({}, ("userName", "name.familyName")),
        ({"userName": "a", "name": {"givenName": "b"}}, ("name.familyName",)),
        ({"userName": "a", "name": {"familyName": "b"}}, ()),
        (
            {"userName": "a", "name": {"familyName": "b"}, "emails": [{"value": "x"}, {"type": "work"}]},
            ("emails.value",),
        ),
        (
            {"userName": "a", "name": {"familyName": "b"}, ENTERPRISE: {"department": "x"}},
            (f"{ENTERPRISE}:costCenter",),
        ),
    ],
)
def test_what_is_missing(person: ResourceType, resource: dict[str, Any], missing: tuple[str, ...]) -> None:
    assert missing_required(resource, person) == missing
