"""What is derived and never written (mapping-format, section 3.1): types, mutability, returned, ids, meta, verbs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
MORE = "urn:example:params:scim:schemas:More"


@pytest.fixture(scope="module")
def shipped() -> Mappings:
    return load(find_mappings())


def at(kind: ResourceType, name: str, sub: str | None = None, urn: str | None = None) -> Attribute:
    found = kind.attribute(Attr(name, sub, urn))
    assert found is not None
    return found


@pytest.fixture
def person(folder: Path) -> ResourceType:
    return load(folder).by_name["Person"].type


def test_verbs_follow_from_id_search_and_operations(shipped: Mappings) -> None:
    verbs = {name: mapping.type.verbs for name, mapping in shipped.by_name.items()}
    named = {name: found for name, found in verbs.items() if not re.fullmatch(r"User\w*Credentials", name)}
    assert named == {
        **{key: {"get", "search", "create", "modify", "delete"} for key in ("ApiKey", "AuthToken", "SmtpCredential")},
        "App": {"get", "search", "create", "replace", "modify", "delete"},
        "Group": {"get", "search", "create", "replace", "modify", "delete"},
        "AppRole": {"get", "search", "create", "modify", "delete"},
        "Grant": {"get", "search", "create", "delete"},
        "User": {"get", "search", "create", "replace", "modify", "delete"},
        "PasswordAuthenticator": {"act"},
        "AuthenticationFactorsRemover": {"act"},
        "PasswordPolicy": {"get", "search"},
        "UserLockedStateChanger": {"act"},
        "UserPasswordResetter": {"act", "replace"},
        "UserPasswordChanger": {"replace"},
        "MePasswordChanger": {"replace"},
        "MyDevice": {"get", "search"},
        "UserCapabilitiesChanger": {"replace"},
        "UserStatusChanger": {"replace"},
    }
    everything = {"get", "search", "create", "replace", "modify", "delete"}
    assert {name: found for name, found in verbs.items() if name not in named and found != everything} == {
        "UserCredentials": {"get", "search"},
        "UserDbCredentials": {"get", "search", "create", "delete"},
        "UserRecoveryCodeCredentials": {"get", "search", "create", "delete"},
        "UserSecurityQuestionCredentials": {"get", "search", "replace", "modify", "delete"},
    }


def test_a_verb_before_the_endpoint_is_the_only_one(folder: Path) -> None:
    text = (folder / "Person.yaml").read_text()
    (folder / "Person.yaml").write_text(text.replace("endpoint: /People", "endpoint: PUT /PeopleChanger/{id}"))
    kind = load(folder).by_name["Person"].type
    assert (kind.endpoint, kind.verbs) == ("/PeopleChanger", {"replace"})


def test_stored_types_have_id_schemas_and_meta(person: ResourceType) -> None:
    identifier = at(person, "id")
    assert (identifier.mutability, identifier.returned, identifier.case_exact) == ("readOnly", "always", True)
    assert list(at(person, "meta").subs) == ["resourcetype", "location", "version", "created"]
    assert at(person, "meta").mutability == "readOnly"
    assert at(person, "schemas").multi_valued


def test_an_action_has_only_what_it_says(shipped: Mappings) -> None:
    kind = shipped.by_name["PasswordAuthenticator"].type
    assert "meta" not in kind.core
    assert at(kind, "id").returned == "always"
    assert at(kind, "csr").type == "boolean"
    assert at(kind, "tenantName").mutability == "readOnly"
    assert at(kind, "mappingAttributeValue").mutability == "readWrite"


@pytest.mark.parametrize(
    ("name", "sub", "mutability"),
    [
        ("userName", None, "readWrite"),
        ("name", "formatted", "readOnly"),  # from
        ("valid", None, "readOnly"),  # a lens that only reads
        ("roles", "value", "readOnly"),  # no call writes roles
        ("meta", "created", "readOnly"),
        ("password", None, "writeOnly"),
        ("emails", "value", "readWrite"),
    ],
)
def test_mutability_follows_from_what_can_be_written(
    name: str, sub: str | None, mutability: str, person: ResourceType
) -> None:
    assert at(person, name, sub).mutability == mutability


def test_a_field_that_no_body_takes_is_read_only(shipped: Mappings) -> None:
    kind = shipped.by_name["UserGenericCredentials"].type
    assert {name: at(kind, name).mutability for name in ("state", "stateChangeReason", "failedLoginCount", "createdBy")} == {
        "state": "readWrite",
        "stateChangeReason": "readOnly",
        "failedLoginCount": "readOnly",
        "createdBy": "readOnly",
    }  # fmt: skip


def test_without_operations_nothing_can_be_written(folder: Path) -> None:
    text = (folder / "Person.yaml").read_text()
    head, _, tail = text.partition("operations:")
    (folder / "Person.yaml").write_text(
        head.replace("required: true, ", "").replace(", mutability: writeOnly, secret: true", ", returned: never")
        + "errors:"
        + tail.partition("errors:")[2]
    )
    kind = load(folder).by_name["Person"].type
    assert {each.mutability for each in kind.core.values()} == {"readOnly"}
    assert kind.verbs == {"get", "search"}


def test_types_follow_from_lens_constant_and_name(person: ResourceType) -> None:
    assert at(person, "active").type == "boolean"
    assert at(person, "meta", "created").type == "dateTime"
    assert (at(person, "roles", "$ref").type, at(person, "roles", "$ref").reference_types) == ("reference", ("Roles",))
    assert at(person, "technical", None, MORE).type == "boolean"


def test_a_complex_attribute_is_what_its_parts_are(person: ResourceType, shipped: Mappings) -> None:
    name = at(person, "name")
    assert (name.type, name.mutability, name.returned, name.required) == ("complex", "readWrite", "default", False)
    user = at(shipped.by_name["UserDbCredentials"].type, "user")
    assert (user.mutability, user.returned, user.required) == ("immutable", "default", False)
    assert at(person, "roles").returned == "request"


def test_slots_make_a_multi_valued_attribute_with_types(shipped: Mappings) -> None:
    phones = at(shipped.by_name["User"].type, "phoneNumbers")
    assert phones.multi_valued
    assert phones.subs["type"].canonical == ("work", "mobile", "fax", "home", "pager", "other", "recovery")
    assert phones.composite_key == ("value", "type")
    assert at(shipped.by_name["User"].type, "addresses").composite_key == ("type",)


def test_every_slot_attribute_knows_primary_and_only_the_mapping_says_which_it_is(shipped: Mappings) -> None:
    kind = shipped.by_name["User"].type
    found = {name: at(kind, name).subs["primary"] for name in ("emails", "phoneNumbers", "addresses")}
    assert {each.type for each in found.values()} == {"boolean"}
    assert {name: each.mutability for name, each in found.items()} == {
        "emails": "readWrite",
        "phoneNumbers": "readOnly",
        "addresses": "readOnly",
    }


def test_a_free_map_takes_every_name(shipped: Mappings) -> None:
    kind = shipped.by_name["User"].type
    properties = at(kind, "properties", None, NEVIS)
    assert (properties.open, properties.open_multi, properties.returned) == (True, False, "request")
    assert at(kind, "properties", "costCentre", NEVIS).returned == "request"
    classified = at(kind, "classifications", None, NEVIS)
    assert (classified.open_multi, classified.mutability) == (True, "readOnly")


def test_what_is_secret_or_never_returned_cannot_be_filtered(shipped: Mappings, person: ResourceType) -> None:
    db = shipped.by_name["UserDbCredentials"].type
    hidden = {name for name, each in db.core.items() if not each.filterable}
    assert hidden >= {
        *("dbpassword", "salt", "mixeddbpassword", "mixedsalt", "name", "description"),
        *("lastsetdate", "expireson", "expired", "status"),
    }  # idcs/examples.md, section 2
    assert not at(db, "user", "name").filterable
    assert not at(person, "password").filterable
    assert at(person, "password").returned == "never"


def test_documented_characteristics_of_db_credentials(shipped: Mappings) -> None:
    """idcs/resources.yaml, UserDbCredentials."""
    db = shipped.by_name["UserDbCredentials"].type
    password, value = at(db, "dbPassword"), at(db, "user", "value")
    assert (password.required, password.mutability, password.min_length, password.max_length) == (
        True,
        "immutable",
        1,
        128,
    )
    assert (value.required, value.mutability, value.returned, value.case_exact, value.max_length) == (
        True,
        "immutable",
        "always",
        True,
        40,
    )
    assert [at(db, name).min_length for name in ("salt", "mixedDbPassword", "mixedSalt")] == [12, 12, 12]
    assert (at(db, "status").returned, at(db, "status").canonical) == ("never", ("ACTIVE", "INACTIVE"))
    assert (at(db, "expiresOn").type, at(db, "expiresOn").mutability) == ("dateTime", "immutable")
    assert (at(db, "description").max_length, at(db, "name").max_length) == (4000, 100)
    assert at(db, "idcsCreatedBy", "value").mutability == "readOnly"


def test_an_extension_is_required_when_one_of_its_attributes_is(folder: Path) -> None:
    text = (folder / "Person.yaml").read_text()
    (folder / "Person.yaml").write_text(
        text.replace("mutability: immutable }", "required: true, mutability: immutable }")
    )
    assert load(folder).by_name["Person"].type.required_extensions == {MORE}
