import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.discovery.schemas import extension_name, resource_types, schema, schemas
from gateway.scim.schema import Attribute, ResourceType

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
Types = Mapping[str, ResourceType]
CHARACTERISTICS = {
    "name",
    "type",
    "multiValued",
    "description",
    "required",
    "canonicalValues",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
    "referenceTypes",
    "subAttributes",
}


def attribute(path: str, types: Types, dialect: Dialect = RFC, urn: str = USER) -> dict[str, Any]:
    """An attribute of a schema, a sub-attribute by its dotted name."""
    found = schema(urn, types, dialect, "https://host")
    assert found is not None
    for name in path.split("."):
        inside = found["attributes"] if "attributes" in found else found["subAttributes"]
        found = next(each for each in inside if each["name"] == name)
    return found


def names(urn: str, types: Types, dialect: Dialect) -> list[str]:
    found = schema(urn, types, dialect, "https://host")
    assert found is not None
    return [each["name"] for each in found["attributes"]]


def everything(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for each in attributes for found in (each, *everything(each.get("subAttributes", [])))]


def test_every_type_extension_and_discovery_itself_has_a_schema(types: Types) -> None:
    ids = [each["id"].removeprefix("urn:ietf:params:scim:schemas:") for each in schemas(types, RFC, "https://host")]
    assert ids == [
        "core:2.0:User",
        "extension:nevisidm:2.0:User",
        "nevisidm:2.0:Token",
        "oracle:idcs:PasswordAuthenticator",
        "core:2.0:ServiceProviderConfig",
        "core:2.0:ResourceType",
        "core:2.0:Schema",
    ]


def test_a_schema_has_its_urn_name_and_address(types: Types) -> None:
    found = schema(USER.upper(), types, RFC, "https://host/scim/v2")
    assert found is not None
    assert (found["id"], found["name"], found["description"]) == (USER, "User", "One user.")
    assert found["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:Schema"]
    assert found["meta"] == {"resourceType": "Schema", "location": f"https://host/scim/v2/Schemas/{USER}"}
    assert schema("urn:nobody", types, RFC, "https://host") is None


def test_dialect_rfc_has_the_rfcs_characteristics_only(types: Types) -> None:
    for each in schemas(types, RFC, "https://host"):
        assert set(each) <= {"schemas", "id", "name", "description", "attributes", "meta"}
        for found in everything(each["attributes"]):
            assert set(found) <= CHARACTERISTICS, each["id"]


def test_a_simple_attribute_is_told_as_it_is_declared(types: Types) -> None:
    assert attribute("userName", types) == {
        "name": "userName",
        "type": "string",
        "multiValued": False,
        "required": True,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "always",
        "uniqueness": "global",
    }
    assert attribute("emails.type", types)["canonicalValues"] == ["work", "home"]


def test_common_attributes_are_no_part_of_an_rfc_schema_but_external_id_is_always_told(types: Types) -> None:
    assert {"schemas", "id", "meta"}.isdisjoint(names(USER, types, RFC))
    assert attribute("externalId", types)["mutability"] == "readWrite"
    token = "urn:ietf:params:scim:schemas:nevisidm:2.0:Token"
    assert attribute("externalId", types, urn=token)["mutability"] == "readOnly"


def test_idcs_lists_the_common_attributes(types: Types) -> None:
    assert {"schemas", "id", "ocid", "meta"} <= set(names(USER, types, IDCS))
    assert attribute("schemas", types, IDCS)["required"] is True
    assert "externalId" not in names("urn:ietf:params:scim:schemas:nevisidm:2.0:Token", types, IDCS)


def test_a_complex_attribute_with_a_mandatory_part_is_mandatory(types: Types) -> None:
    assert attribute("name", types)["required"] is True
    assert attribute("name.familyName", types)["required"] is True
    assert attribute("emails", types)["required"] is False, "no value, no part missing"


def test_what_has_a_default_is_not_mandatory(types: Types) -> None:
    assert attribute("level", types)["required"] is False
    assert attribute("nickname", types)["required"] is False


def test_parts_of_a_read_only_attribute_are_read_only(types: Types) -> None:
    assert attribute("groups.value", types)["mutability"] == "readOnly"
    assert attribute("emails.value", types)["mutability"] == "readWrite"


def test_what_is_never_read_is_never_returned(types: Types) -> None:
    assert attribute("password", types)["returned"] == "never"
    assert attribute("pin.value", types)["returned"] == "never"


def test_references_name_resource_types_that_exist(types: Types) -> None:
    assert attribute("token.$ref", types)["referenceTypes"] == ["Token"]
    assert attribute("groups.$ref", types)["referenceTypes"] == ["uri"], "nobody mapped groups"
    assert "referenceTypes" not in attribute("userName", types)


def test_a_free_map_has_no_sub_attributes_but_those_declared(types: Types) -> None:
    free = attribute("properties", types, urn=NEVIS)
    assert free["type"] == "complex"
    assert "subAttributes" not in free
    assert free["description"] == "A free map: any name is allowed, and each holds a string."
    marks = attribute("marks", types, urn=NEVIS)
    assert [each["name"] for each in marks["subAttributes"]] == ["colour"]
    assert marks["description"] == "Marks. A free map: any name is allowed, and each holds strings."


def test_binary_values_are_case_exact(types: Types) -> None:
    assert attribute("photo", types)["caseExact"] is True
    assert "caseExact" not in attribute("level", types)


@pytest.mark.parametrize(
    ("path", "searchable"),
    [
        ("userName", True),
        ("emails.value", True),
        ("notes", False),
        ("password", False),
        ("pin.value", False),
        ("schemas", False),
        ("ocid", True),
        ("token.ocid", True),
        ("meta.created", True),
        ("meta.location", False),
    ],
)
def test_idcs_says_what_a_filter_may_name(path: str, searchable: bool, types: Types) -> None:
    assert attribute(path, types, IDCS)["idcsSearchable"] is searchable


def test_nothing_is_searchable_in_a_type_without_search(types: Types) -> None:
    token = "urn:ietf:params:scim:schemas:nevisidm:2.0:Token"
    assert attribute("serial", types, IDCS, token)["idcsSearchable"] is False


def test_idcs_has_lengths_defaults_and_keys(types: Types) -> None:
    assert attribute("userName", types, IDCS)["idcsMinLength"] == 1
    assert attribute("userName", types, IDCS)["idcsMaxLength"] == 300
    assert attribute("level", types, IDCS)["idcsDefaultValue"] == "1"
    check = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
    assert attribute("includeMemberships", types, IDCS, check)["idcsDefaultValue"] == "false"
    assert attribute("emails", types, IDCS)["idcsCompositeKey"] == ["value", "type"]
    assert "idcsCompositeKey" not in attribute("name", types, IDCS)


def test_idcs_says_which_types_have_a_schema(types: Types) -> None:
    found = schema(NEVIS, types, IDCS, "https://host")
    assert found is not None
    assert (found["idcsResourceTypes"], found["idcsMappable"]) == (["User"], False)


def test_a_schema_that_types_share_has_the_attributes_of_all(types: Types) -> None:
    core = {"userName": Attribute("userName"), "level": Attribute("level"), "mine": Attribute("mine")}
    mine = ResourceType(
        "Me", "/Me", USER, "", {name.lower(): each for name, each in core.items()}, {}, frozenset(("get",))
    )
    shared = {**types, "me": mine}
    found = schema(USER, shared, IDCS, "https://host")
    assert found is not None
    assert found["idcsResourceTypes"] == ["User", "Me"]
    assert attribute("level", shared)["type"] == "integer", "the first type counts"
    listed = names(USER, shared, RFC)
    assert "mine" in listed
    assert len(listed) == len(set(listed))


def test_actions_are_resource_types_for_idcs_only(types: Types) -> None:
    assert [each["name"] for each in resource_types(types, RFC, "b")] == ["User", "Token"]
    assert [each["name"] for each in resource_types(types, IDCS, "b")] == ["User", "Token", "PasswordAuthenticator"]


def test_a_resource_type_is_told_with_its_extensions(types: Types) -> None:
    first, second = resource_types(types, RFC, "https://host/scim/v2")
    assert first == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "description": "One user.",
        "endpoint": "/Users",
        "schema": USER,
        "schemaExtensions": [{"schema": NEVIS, "required": True}],
        "meta": {"resourceType": "ResourceType", "location": "https://host/scim/v2/ResourceTypes/User"},
    }
    assert second["schemaExtensions"] == []
    assert "description" not in second


def test_an_optional_extension_is_said_to_be_one(types: Types) -> None:
    optional = dataclasses.replace(types["users"], required_extensions=frozenset())
    found = resource_types({"users": optional}, RFC, "b")
    assert found[0]["schemaExtensions"] == [{"schema": NEVIS, "required": False}]


@pytest.mark.parametrize(
    ("urn", "name"),
    [
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "EnterpriseUser"),
        (NEVIS, "NevisidmUser"),
        ("urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User", "OracleIdcsUser"),
        ("urn:ietf:params:scim:schemas:extension:2.0", "Extension"),
    ],
)
def test_extensions_are_named_after_the_telling_parts_of_their_urn(urn: str, name: str) -> None:
    assert extension_name(urn) == name


@pytest.mark.parametrize("dialect", [RFC, IDCS], ids=lambda dialect: dialect.name)
def test_discovery_keeps_its_own_schemas(dialect: Dialect, types: Types) -> None:
    """What the answers carry is declared in the schemas of Schema and ResourceType."""

    def check(value: dict[str, Any], declared: list[dict[str, Any]]) -> None:
        table = {each["name"]: each for each in declared}
        for name, inner in value.items():
            if name in ("schemas", "meta") or (name == "subAttributes" and name not in table):
                continue  # the RFC's own schema of schemas ends at the second level, too
            assert name in table, name
            for each in inner if isinstance(inner, list) else [inner]:
                if isinstance(each, dict):
                    check(each, table[name].get("subAttributes", []))
        assert {name for name, each in table.items() if each["required"]} <= set(value)

    told = schemas(types, dialect, "b")
    by_name = {each["name"]: each["attributes"] for each in told}
    for each in told:
        check(each, by_name["Schema"])
    for each in resource_types(types, dialect, "b"):
        check(each, by_name["ResourceType"])


def test_what_always_has_a_value_is_required_of_resources_in_dialect_rfc_only(types: Types) -> None:
    state = Attribute("state", filled=True)
    pin = Attribute("pin", filled=True, mutability="readOnly")
    lock = Attribute("lock", "boolean", filled=True, default=False)
    room = Attribute("room", "complex", subs={"floor": Attribute("floor", filled=True), "label": Attribute("label")})
    user = dataclasses.replace(
        types["users"], core=types["users"].core | {"state": state, "pin": pin, "room": room, "lock": lock}
    )
    told = {dialect.name: schema(USER, {"users": user}, dialect, "https://host") for dialect in (RFC, IDCS)}
    required = {
        name: [each["name"] for each in everything(found["attributes"]) if each["required"]]
        for name, found in told.items()
        if found is not None
    }
    assert {"state", "room", "floor"} <= set(required[RFC.name])
    assert not {"pin", "label", "lock"} & set(required[RFC.name])
    assert not {"state", "pin", "room", "floor"} & set(required[IDCS.name])
