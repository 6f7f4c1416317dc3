import pytest

from gateway.scim.dialect import IDCS, RFC
from gateway.scim.finish import etag, finish, location, server_made
from gateway.scim.schema import ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
BASE = "https://host/admin/v1"


def test_schemas_name_what_is_present(person: ResourceType) -> None:
    assert finish({"id": "1"}, person, RFC, BASE)["schemas"] == [CORE]
    assert finish({"id": "1", NEVIS: {"unit": "2"}}, person, RFC, BASE)["schemas"] == [CORE, NEVIS]
    assert finish({"id": "1", NEVIS: {}}, person, RFC, BASE)["schemas"] == [CORE]


def test_meta_gets_type_address_and_entity_tag(person: ResourceType) -> None:
    shown = finish({"id": "a/b ü~", "meta": {"created": "c", "version": 7}}, person, RFC, BASE)
    assert shown["meta"] == {
        "resourceType": "User",
        "created": "c",
        "version": 'W/"7"',
        "location": "https://host/admin/v1/Users/a%2Fb%20%C3%BC~",
    }


def test_without_version_there_is_no_tag(person: ResourceType) -> None:
    assert "version" not in finish({"id": "1"}, person, RFC, BASE)["meta"]


def test_idcs_shows_ocids_equal_to_ids_and_reference_values(person: ResourceType) -> None:
    resource = {
        "id": "1",
        "boss": {"value": "2"},
        "members": [{"value": "3"}, {"display": "x"}],
        "emails": [{"value": "m"}],
    }
    shown = finish(resource, person, IDCS, BASE)
    assert shown["ocid"] == "1"
    assert shown["boss"] == {"value": "2", "ocid": "2"}
    assert shown["members"] == [{"value": "3", "ocid": "3"}, {"display": "x"}]
    assert shown["emails"] == [{"value": "m"}]
    assert "ocid" not in finish(resource, person, RFC, BASE)


def test_references_in_extensions_get_their_ocid(person: ResourceType) -> None:
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    shown = finish({"id": "1", urn: {"manager": {"value": "2"}}}, person, IDCS, BASE)
    assert shown[urn]["manager"] == {"value": "2", "ocid": "2"}


@pytest.mark.parametrize("dialect", [IDCS, RFC])
def test_finishing_is_pure_and_finishing_twice_changes_nothing(person: ResourceType, dialect: object) -> None:
    resource = {"id": "1", "boss": {"value": "2"}, NEVIS: {"unit": "u"}, "meta": {"version": 3}}
    before = repr(resource)
    once = finish(resource, person, dialect, BASE)  # type: ignore[arg-type]
    assert repr(resource) == before
    assert finish(once, person, dialect, BASE) == once  # type: ignore[arg-type]


def test_the_answer_of_an_action_gets_its_schema_only(action: ResourceType) -> None:
    shown = finish({"id": "1", "schemas": ["x"]}, action, IDCS, BASE)
    assert shown == {"id": "1", "schemas": [action.schema]}


@pytest.mark.parametrize(("version", "tag"), [(7, 'W/"7"'), ("abc", 'W/"abc"'), ('W/"7"', 'W/"7"'), ('"7"', '"7"')])
def test_a_version_becomes_a_weak_entity_tag(version: object, tag: str) -> None:
    assert etag(version) == tag


def test_an_address_encodes_the_whole_id(person: ResourceType) -> None:
    assert location(person, BASE, "u1~c2") == f"{BASE}/Users/u1~c2"


def test_common_attributes_depend_on_the_dialect() -> None:
    assert server_made("META", RFC) == "meta"
    assert server_made("domainocid", IDCS) == "domainOcid"
    assert server_made("domainocid", RFC) is None
    assert server_made("domainocid") == "domainOcid"
