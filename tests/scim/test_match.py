"""Which resources fit: the truth table of every operator over every type and every way of being absent."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Fault
from gateway.scim.binding import bind_filter, bind_path
from gateway.scim.filter import parse_filter, parse_path
from gateway.scim.match import compile_match, compile_value_match, matches
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Compare, Present, Within

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BARBARA: dict[str, Any] = {
    "id": "Ab1",
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "userName": "BJensen",
    "active": True,
    "level": 5,
    "score": 2.5,
    "photo": "aGk=",
    "nickNames": ["Babs", "Bär"],
    "name": {"givenName": "Barbara", "familyName": 'O"Hara\\x'},
    "app": {"value": "App1"},
    "emails": [
        {"value": "bj@example.com", "type": "work", "primary": True, "since": "2011-05-13T04:42:34Z"},
        {"value": "babs@jensen.org", "type": "home", "since": "2020-01-01T00:00:00+01:00"},
    ],
    "properties": {"Room": "12", "room": "13"},
    "tags": {"color": ["red", "blue"]},
    "meta": {"created": "2020-02-29T23:30:00-01:00", "lastModified": "2020-03-01T12:00:00"},
    ENTERPRISE: {"department": "R&D", "manager": {"value": "M1"}},
}


def fits(text: str, resource: dict[str, Any], kind: ResourceType) -> bool:
    return matches(bind_filter(parse_filter(text), kind), resource, kind)


TRUE = [
    # strings, case ignored
    'userName eq "bjensen"',
    'userName sw "BJ"',
    'userName ew "NSEN"',
    'userName co "jEn"',
    'userName ne "other"',
    'userName gt "bj"',
    'userName ge "BJENSEN"',
    'userName le "bjensen"',
    'userName lt "bk"',
    # strings, case counts
    'id eq "Ab1"',
    'id ne "ab1"',
    'id lt "a"',
    'not (id sw "a")',
    # characters with a meaning elsewhere
    r'name.familyName eq "o\"hara\\X"',
    'nickNames ew "ÄR"',
    # other types
    "active eq true",
    "active ne false",
    "level ge 5 and level le 5 and level gt 4 and level lt 6",
    "score eq 2.5 and score gt 2",
    "level ne 4",
    'photo eq "aGk="',
    'photo ne "AGK="',
    # dates are moments
    'meta.created eq "2020-03-01T00:30:00Z"',
    'meta.created gt "2020-03-01T00:00:00Z"',
    'meta.created lt "2020-03-01T01:31:00+01:00"',
    'meta.lastModified eq "2020-03-01T12:00:00Z"',
    'emails.since lt "2019-12-31T23:30:00Z" and emails.since gt "2019-01-01T00:00:00Z"',
    # one value is enough
    'emails co "jensen.org"',
    'emails.type eq "home" and emails.type eq "work"',
    'nickNames eq "babs"',
    f'schemas eq "{ENTERPRISE}"',
    'schemas[value ew "core:2.0:User"]',
    'tags.color eq "blue"',
    # the same value in brackets
    'emails[type eq "work" and value co "example.com"]',
    'emails[type eq "work" and not (value co "jensen.org")]',
    "emails[not (primary pr)]",
    "emails[primary ne true]",
    'name[givenName eq "barbara" and familyName pr]',
    # presence
    "userName pr and active pr and emails pr and emails.type pr and name pr",
    f"{ENTERPRISE}:manager pr",
    "not (notthere pr)".replace("notthere", "externalId"),
    "not (name.givenName eq null)",
    # extensions and free maps
    f'{ENTERPRISE}:department eq "r&d"',
    f'{ENTERPRISE}:manager eq "M1"',
    'properties.Room eq "12" and properties.room eq "13"',
    # absent
    "externalId eq null",
    'externalId ne "x"',
    'not (externalId eq "x")',
    'not (externalId gt "")',
    # ranks
    'userName eq "x" and active eq true or level eq 5',
    'not (userName eq "x" or level eq 4)',
    'userName ne ""',
    'userName co "" and userName gt "" and userName sw ""',
]
FALSE = [
    'userName eq "bjensen "',
    'userName ne "BJENSEN"',
    'userName gt "bjensen"',
    'id eq "ab1"',
    'id co "B1"',
    'photo eq "AGK="',
    "active eq false",
    "level gt 5",
    "level lt 5",
    "score eq 2",
    'meta.created lt "2020-03-01T00:30:00Z"',
    'emails[type eq "work" and value co "jensen.org"]',
    'emails[type eq "other"]',
    'emails ne "BJ@EXAMPLE.COM"',
    'not (emails co "example.com")',
    'nickNames ne "babs"',
    'externalId eq "x"',
    'externalId co ""',
    'externalId gt ""',
    'externalId lt "zzz"',
    'externalId ge "a"',
    "externalId pr",
    'userName eq ""',
    'userName lt "" or userName le ""',
    f"{ENTERPRISE}:manager.displayName pr",
    "properties.ROOM pr",
    'properties.other eq "12"',
    'tags.color eq "green"',
    'name[givenName eq "barbara" and familyName eq "x"]',
    'userName eq "x" and (active eq true or level eq 5)',
]


@pytest.mark.parametrize("text", TRUE)
def test_what_fits(user_type: ResourceType, text: str) -> None:
    assert fits(text, BARBARA, user_type)
    assert not fits(f"not ({text})", BARBARA, user_type)


@pytest.mark.parametrize("text", FALSE)
def test_what_does_not_fit(user_type: ResourceType, text: str) -> None:
    assert not fits(text, BARBARA, user_type)
    assert fits(f"not ({text})", BARBARA, user_type)


EMPTY: list[dict[str, Any]] = [
    {},
    {"userName": None, "emails": None, "name": None},
    {"userName": "", "emails": [], "name": {}},
    {"emails": [{}], "name": {"givenName": ""}},
    {"emails": [{"value": None}, {"value": "", "type": None}], "name": {"givenName": None, "familyName": None}},
]


@pytest.mark.parametrize("resource", EMPTY)
def test_absent_null_and_empty_are_one_state(user_type: ResourceType, resource: dict[str, Any]) -> None:
    for name in ("userName", "emails", "emails.value", "name", "name.givenName"):
        assert not fits(f"{name} pr", resource, user_type)
        assert fits(f"{name} eq null", resource, user_type)
        assert not fits(f"{name} ne null", resource, user_type)
    assert fits('userName eq "" and emails.value eq ""', resource, user_type)
    for op in ("eq", "co", "sw", "ew", "gt", "ge", "lt", "le"):
        assert not fits(f'emails.value {op} "x"', resource, user_type)
    assert fits('emails.value ne "x"', resource, user_type)
    assert not fits('emails[type ne "work"]', resource, user_type)


def test_false_and_zero_are_present(user_type: ResourceType) -> None:
    assert fits(
        "active pr and level pr and emails pr", {"active": False, "level": 0, "emails": [{"primary": False}]}, user_type
    )


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ('userName eq "5"', {"userName": 5}),
        ("active eq true", {"active": "true"}),
        ("active eq true", {"active": 1}),
        ("level eq 1", {"level": True}),
        ("level lt 9", {"level": "5"}),
        ('meta.created gt "2000-01-01T00:00:00Z"', {"meta": {"created": "yesterday"}}),
        ('meta.created gt "2000-01-01T00:00:00Z"', {"meta": "2020-01-01T00:00:00Z"}),
        ('emails.value eq "x"', {"emails": ["x"]}),
        (f'{ENTERPRISE}:department eq "x"', {ENTERPRISE: "x"}),
    ],
)
def test_a_value_of_another_type_than_declared_fits_nothing(
    user_type: ResourceType, text: str, resource: dict[str, Any]
) -> None:
    assert not fits(text, resource, user_type)


def test_case_is_ignored_as_nevisidm_does_by_lower_case(user_type: ResourceType) -> None:
    assert fits('userName eq "STRASSE"', {"userName": "Strasse"}, user_type)
    assert not fits('userName eq "STRASSE"', {"userName": "straße"}, user_type)


def test_a_compiled_filter_serves_many_resources(user_type: ResourceType) -> None:
    test = compile_match(bind_filter(parse_filter('userName sw "b" and not (active eq false)'), user_type), user_type)
    people = [{"userName": "bob"}, {"userName": "bea", "active": False}, {"userName": "al"}, {"userName": "B"}]
    assert [test(person) for person in people] == [True, False, False, True]


def test_a_path_s_filter_selects_values(user_type: ResourceType) -> None:
    def chosen(text: str, values: list[Any]) -> list[Any]:
        path = bind_path(parse_path(text), user_type)
        schema = user_type.attribute(path.attr)
        assert schema is not None
        assert path.filter is not None
        return list(filter(compile_value_match(path.filter, schema), values))

    work, home = BARBARA["emails"]
    assert chosen('emails[type eq "WORK"]', [work, home]) == [work]
    assert chosen("emails[not (primary eq true)]", [work, home]) == [home]
    assert chosen('nickNames[value sw "b" and value co "ä"]', ["Babs", "Bär"]) == ["Bär"]


@pytest.mark.parametrize(
    "tree",
    [Compare(Attr("nothing"), "eq", "x"), Present(Attr("nothing")), Within(Attr("emails"), Present(Attr("nothing")))],
)
def test_a_filter_that_was_not_bound_is_our_fault(user_type: ResourceType, tree: Any) -> None:
    with pytest.raises(Fault, match="GW901"):
        compile_match(tree, user_type)
