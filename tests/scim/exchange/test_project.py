import dataclasses
from typing import Any

import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.finish import finish
from gateway.scim.project import bind_wanted, demand, project
from gateway.scim.query import chosen, query_parameters
from gateway.scim.request import Wanted
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BASE = "https://host/scim/v2"

EMAILS = [{"value": "w@x", "type": "work", "primary": True}, {"value": "h@x", "type": "home"}]
VIEWED: dict[str, Any] = {
    "id": "1",
    "userName": "bj",
    "displayName": "BJ",
    "active": True,
    "badge": "b",
    "password": "s3cret",
    "pin": "s3cret",
    "strange": "undeclared",
    "nickNames": ["a", "b"],
    "name": {"givenName": "B", "familyName": "J", "initials": "BJ"},
    "emails": EMAILS,
    "groups": [{"value": "g1", "$ref": "r", "display": "G"}],
    "boss": {"value": "2", "display": "Boss"},
    "meta": {"created": "2020-01-01T00:00:00.000Z", "version": 3},
    NEVIS: {"unit": "100", "state": "active", "properties": {"a": "1", "b": "2"}, "classifications": {"c": ["x"]}},
    ENTERPRISE: {"department": "D", "manager": {"value": "9", "display": "M"}},
}


def wanted(person: ResourceType, query: str = "") -> Wanted:
    names = chosen(query_parameters(query), RFC)
    return bind_wanted(names.attributes, names.excluded, names.sets, person)


def shown(person: ResourceType, query: str = "", dialect: Dialect = RFC) -> dict[str, Any]:
    return project(finish(VIEWED, person, dialect, BASE), wanted(person, query), person, dialect)


def test_by_default_what_is_returned_always_or_by_default_leaves(person: ResourceType) -> None:
    answer = shown(person)
    assert set(answer) == {
        "schemas",
        "id",
        "userName",
        "displayName",
        "active",
        "nickNames",
        "name",
        "emails",
        "boss",
        "meta",
        NEVIS,
        ENTERPRISE,
    }
    assert answer["name"] == {"givenName": "B", "familyName": "J"}
    assert answer[NEVIS] == {"state": "active", "classifications": {"c": ["x"]}}
    assert set(answer["meta"]) == {"resourceType", "created", "version", "location"}


@pytest.mark.parametrize(
    "query", ["", "attributes=password,pin", "attributeSets=all,never,request", "attributes=strange"]
)
@pytest.mark.parametrize("dialect", [IDCS, RFC])
def test_what_is_never_returned_never_leaves(person: ResourceType, query: str, dialect: Dialect) -> None:
    answer = shown(person, query, dialect)
    assert not {"password", "pin", "strange"} & set(answer)


def test_named_attributes_come_with_those_returned_always(person: ResourceType) -> None:
    answer = shown(person, "attributes=DISPLAYNAME", IDCS)
    assert answer == {"id": "1", "userName": "bj", "displayName": "BJ"}


def test_rfc_keeps_schemas_when_narrowed(person: ResourceType) -> None:
    answer = shown(person, "attributes=displayName")
    assert set(answer) == {"schemas", "id", "userName", "displayName"}
    assert answer["schemas"] == [CORE]


def test_schemas_name_only_the_extensions_that_left(person: ResourceType) -> None:
    assert shown(person)["schemas"] == [CORE, NEVIS, ENTERPRISE]
    assert shown(person, f"excludedAttributes={NEVIS}")["schemas"] == [CORE, ENTERPRISE]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("name.givenName", {"name": {"givenName": "B"}}),
        ("name.initials", {"name": {"initials": "BJ"}}),
        ("name", {"name": {"givenName": "B", "familyName": "J"}}),
        ("name,name.initials", {"name": {"givenName": "B", "familyName": "J", "initials": "BJ"}}),
        ("emails.value", {"emails": [{"value": "w@x"}, {"value": "h@x"}]}),
        ("emails.primary", {"emails": [{"primary": True}]}),
        ("badge", {"badge": "b"}),
        ("groups", {"groups": [{"value": "g1", "$ref": "r", "display": "G"}]}),
        ("groups.display", {"groups": [{"value": "g1", "display": "G"}]}),
        ("boss.display", {"boss": {"value": "2", "display": "Boss"}}),
        ("boss.value", {"boss": {"value": "2"}}),
        (f"{CORE}:displayName", {"displayName": "BJ"}),
        (f"{NEVIS}:unit", {NEVIS: {"unit": "100"}}),
        (f"{NEVIS.upper()}:PROPERTIES", {NEVIS: {"properties": {"a": "1", "b": "2"}}}),
        (f"{NEVIS}:properties.b", {NEVIS: {"properties": {"b": "2"}}}),
        (NEVIS, {NEVIS: {"state": "active", "classifications": {"c": ["x"]}}}),
        (f"{ENTERPRISE}:manager.display", {ENTERPRISE: {"manager": {"value": "9", "display": "M"}}}),
        ("meta.version", {"meta": {"version": 'W/"3"'}}),
        ("nickNames", {"nickNames": ["a", "b"]}),
        ('nickNames[value eq "a"]', {"nickNames": ["a"]}),
        ('emails[type eq "work"]', {"emails": [EMAILS[0]]}),
        ('emails[type eq "work"].value', {"emails": [{"value": "w@x"}]}),
        ('emails[type eq "work"],emails', {"emails": EMAILS}),
        ('emails[type eq "work"],emails[type eq "home"]', {"emails": EMAILS}),
        ('emails[type eq "other"]', {}),
        ("unknown,urn:strange:User,urn:strange:User:a,name.unknown,userName.x", {}),
    ],
)
def test_every_form_of_an_entry(person: ResourceType, attributes: str, expected: dict[str, Any]) -> None:
    answer = shown(person, f"attributes={attributes}", IDCS)
    always = {"id": "1", "userName": "bj"}
    if "boss" in expected:
        expected = {"boss": {"ocid": "2", **expected["boss"]}}
    if ENTERPRISE in expected:
        expected = {ENTERPRISE: {"manager": {"ocid": "9", **expected[ENTERPRISE]["manager"]}}}
    if "groups" in expected:
        expected = {"groups": [{"ocid": "g1", **expected["groups"][0]}]}
    assert answer == always | expected


def test_the_types_own_urn_stands_for_all_default_core_attributes(person: ResourceType) -> None:
    answer = shown(person, f"attributes={CORE}", IDCS)
    assert "displayName" in answer
    assert "badge" not in answer
    assert NEVIS not in answer


@pytest.mark.parametrize(
    ("sets", "present", "absent"),
    [
        ("all", {"displayName", "badge", "groups", NEVIS}, set()),
        ("default", {"displayName", "name"}, {"badge", "groups"}),
        ("request", {"badge", "groups", "id"}, {"displayName", "emails"}),
        ("always", {"id", "userName"}, {"displayName", "badge", "meta"}),
        ("never", {"id", "userName"}, {"displayName", "password", "pin"}),
        ("default,request", {"displayName", "badge"}, {"password"}),
    ],
)
def test_attribute_sets(person: ResourceType, sets: str, present: set[str], absent: set[str]) -> None:
    answer = set(shown(person, f"attributeSets={sets}", IDCS))
    assert present <= answer
    assert not absent & answer


def test_a_set_of_requested_attributes_reaches_into_default_ones(person: ResourceType) -> None:
    answer = shown(person, "attributeSets=request", IDCS)
    assert answer["name"] == {"initials": "BJ"}
    assert answer[NEVIS] == {"unit": "100", "properties": {"a": "1", "b": "2"}}


def test_attributes_and_sets_are_united(person: ResourceType) -> None:
    assert set(shown(person, "attributes=badge&attributeSets=always", IDCS)) == {"id", "userName", "badge"}


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        ("displayName", {"displayName"}),
        ("meta,emails", {"meta", "emails"}),
        (NEVIS, {NEVIS}),
        ("id,userName,schemas", set()),
    ],
)
def test_excluded_attributes_go_unless_returned_always(person: ResourceType, excluded: str, gone: set[str]) -> None:
    assert set(shown(person)) - set(shown(person, f"excludedAttributes={excluded}")) == gone


def test_excluded_sub_attributes_go_unless_returned_always(person: ResourceType) -> None:
    answer = shown(person, f"excludedAttributes=name.givenName,boss.value,boss.display,{NEVIS}:classifications.c")
    assert answer["name"] == {"familyName": "J"}
    assert answer["boss"] == {"value": "2"}
    assert answer[NEVIS] == {"state": "active"}


@pytest.mark.parametrize("entry", ["a b", "emails[", "1x", "a.b.c", "emails[startIndex=1&count=ten]", "count(*)"])
def test_an_entry_that_cannot_be_read_is_refused(person: ResourceType, entry: str) -> None:
    with pytest.raises(ScimError) as info:
        bind_wanted((entry,), (), frozenset(), person)
    assert info.value.status == 400
    assert info.value.code.code in ("GW113", "GW104")


def test_too_many_entries_are_refused(person: ResourceType) -> None:
    with pytest.raises(ScimError) as info:
        bind_wanted(("x",) * 501, (), frozenset(), person)
    assert info.value.code.code == "GW113"


def test_projecting_is_pure(person: ResourceType) -> None:
    finished = finish(VIEWED, person, IDCS, BASE)
    before = repr(finished)
    project(finished, wanted(person, "attributes=emails.value"), person, IDCS)
    assert repr(finished) == before


def test_what_an_action_found_on_request_leaves(action: ResourceType) -> None:
    finished = {"schemas": [action.schema], "id": "1", "groups": [{"value": "g"}], "password": "s3cret"}
    assert project(finished, Wanted(), action, IDCS) == {
        "schemas": [action.schema],
        "id": "1",
        "groups": [{"value": "g"}],
    }
    assert project(finished, bind_wanted(["mappingAttribute"], (), frozenset(), action), action, IDCS) == {"id": "1"}


def test_demand_names_what_may_leave_and_nothing_else(person: ResourceType) -> None:
    needed = demand(wanted(person), person, IDCS)
    assert {Attr("userName"), Attr("name", "givenName"), Attr("state", urn=NEVIS)} <= needed
    assert {Attr("meta", "created"), Attr("classifications", urn=NEVIS)} <= needed
    unneeded = {
        Attr("name"),
        Attr("name", "initials"),
        Attr("badge"),
        Attr("groups"),
        Attr("password"),
        Attr("unit", urn=NEVIS),
    }
    assert not unneeded & needed


def test_demand_of_a_narrow_request_is_narrow(person: ResourceType) -> None:
    needed = demand(wanted(person, f"attributes=emails.value,{NEVIS}:properties.a,boss.display"), person, IDCS)
    assert needed == {
        Attr("id"),
        Attr("userName"),
        Attr("emails", "value"),
        Attr("boss", "value"),
        Attr("boss", "display"),
        Attr("boss", "ocid"),
        Attr("properties", "a", NEVIS),
    }


def test_demand_of_a_whole_map_names_the_map(person: ResourceType) -> None:
    needed = demand(wanted(person, f"attributes={NEVIS}:properties"), person, IDCS)
    assert {attr for attr in needed if attr.name == "properties"} == {Attr("properties", urn=NEVIS)}


def test_excluded_attributes_take_no_filter(person: ResourceType) -> None:
    with pytest.raises(ScimError) as info:
        bind_wanted(None, ('emails[type eq "work"]',), frozenset(), person)
    assert info.value.code.code == "GW113"


@pytest.mark.parametrize("entry", ['emails[type eq "work"].nobody', 'schemas[value eq "x"]', 'nobody[type eq "x"]'])
def test_filters_on_what_is_not_there_ask_for_nothing(person: ResourceType, entry: str) -> None:
    assert bind_wanted((entry,), (), frozenset(), person) == Wanted(include=())


@pytest.fixture
def vault(person: ResourceType) -> ResourceType:
    """A free map in which some names are declared, and hidden."""
    declared = [
        Attribute("hash", returned="never"),
        Attribute("code", mutability="writeOnly"),
        Attribute("rare", returned="request"),
    ]
    properties = Attribute("properties", "complex", open=True, subs={each.name: each for each in declared})
    return dataclasses.replace(person, core={**person.core, "properties": properties}, extensions={})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a": "1"}),
        ("attributes=properties", {"a": "1"}),
        ("attributes=properties,properties.rare", {"a": "1", "rare": "r"}),
        ("attributeSets=all", {"a": "1", "rare": "r"}),
        ("attributes=properties.rare,properties.hash", {"rare": "r"}),
        ("attributes=properties.hash,properties.code", None),
        ("attributes=properties&excludedAttributes=properties.a", None),
    ],
)
def test_declared_names_in_a_free_map_keep_their_characteristics(
    vault: ResourceType, query: str, expected: dict[str, str] | None
) -> None:
    resource = {"id": "1", "properties": {"a": "1", "hash": "s3cret", "code": "s3cret", "rare": "r"}}
    asked = wanted(vault, query)
    assert project(resource, asked, vault, IDCS).get("properties") == expected
    needed = {attr.sub for attr in demand(asked, vault, IDCS) if attr.name == "properties" and attr.sub}
    assert not needed & {"hash", "code"}
